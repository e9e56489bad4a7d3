/** Terminal hosts as services: a process host whose processes own standard input and output (`modules.md` § 24). */
import { HubError } from '../base/index.ts';
import type { EntryLookup } from '../registry/index.ts';
import { createHostRunner, type HostSystem } from './process-host.ts';
import type { RunnableKind } from './runnable-kind.ts';

/** The terminal host that exists without being declared (`app-format.md` § 5.3). */
export const IMPLICIT_TERMINAL = 'system:terminal';

/** The kind `terminal.host`. */
export function terminalHostKind({ system }: { readonly system: HostSystem }): RunnableKind {
  return {
    kind: 'terminal.host',
    summary: 'Runs one process at a time that owns standard input and output.',
    hasLifecycle: true,
    schema: { type: 'object', properties: { hide_logs: { type: 'boolean' } } },
    run: (entry) => createHostRunner(system, entry),
  };
}

/**
 * The host for a command that names none: the only declared one, else the implicit one.
 * @throws MH_HUB_TERMINAL_AMBIGUOUS
 */
export function defaultTerminalHost(entries: EntryLookup): string {
  const declared = entries.ofKind('terminal.host');
  if (declared.length > 1) {
    throw new HubError('MH_HUB_TERMINAL_AMBIGUOUS', {
      message: `Cannot choose a terminal host: there are ${declared.length}`,
      hint: `Name one of ${declared.map(({ id }) => id).join(', ')} with --host.`,
    });
  }
  return declared[0]?.id ?? IMPLICIT_TERMINAL;
}

/** Attached to a command process: its words from the command line. */
export class TerminalArguments {
  readonly args: readonly string[];

  constructor(args: readonly string[]) {
    this.args = args;
  }
}
