/** Who owns the terminal: processes on a terminal host, one standard input and output per hub (`modules.md` § 24). */
import { HubError } from '../base/index.ts';
import type { UnitContext } from '../lua/index.ts';
import { createStreamTerminal, type StreamTerminalOptions, type Terminal } from '../modules/index.ts';
import type { EntryLookup } from '../registry/index.ts';
import { IMPLICIT_TERMINAL } from '../service/index.ts';

/** Streams behind the terminal. */
export type TerminalStreams = Omit<StreamTerminalOptions, 'args'>;

/** The terminal of a hub. */
export class Terminals {
  readonly #entries: () => EntryLookup;
  readonly #streams: TerminalStreams;
  /** Made when first needed: a server without terminal programs never touches standard input. */
  #terminal: Terminal | undefined;

  constructor(options: { readonly entries: () => EntryLookup; readonly streams: TerminalStreams }) {
    this.#entries = options.entries;
    this.#streams = options.streams;
  }

  /** The terminal of a program; `undefined` outside a terminal host. */
  of(unit: UnitContext): Terminal | undefined {
    const { role, hostId } = unit.context;
    const isHere = hostId === IMPLICIT_TERMINAL || this.#entries().get(hostId)?.kind === 'terminal.host';
    if (role !== 'process' || !isHere) return undefined;
    return unit.attachment instanceof TerminalArguments
      ? { ...this.#open(), args: unit.attachment.args }
      : this.#open();
  }

  /**
   * The host for a command that names none: the only declared one, else the implicit one.
   * @throws MH_HUB_TERMINAL_AMBIGUOUS
   */
  defaultHost(): string {
    const declared = this.#entries().ofKind('terminal.host');
    if (declared.length > 1) {
      throw new HubError('MH_HUB_TERMINAL_AMBIGUOUS', {
        message: `Cannot choose a terminal host: there are ${declared.length}`,
        hint: `Name one of ${declared.map(({ id }) => id).join(', ')} with --host.`,
      });
    }
    return declared[0]?.id ?? IMPLICIT_TERMINAL;
  }

  #open(): Terminal {
    this.#terminal ??= createStreamTerminal(this.#streams);
    return this.#terminal;
  }
}

/** Attached to a command process: its words from the command line. */
export class TerminalArguments {
  readonly args: readonly string[];

  constructor(args: readonly string[]) {
    this.args = args;
  }
}
