/** Terminal hosts as services: a process host whose processes own standard input and output (`modules.md` § 24). */
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
