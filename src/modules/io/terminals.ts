/** Who owns the terminal: processes on a terminal host, one standard input and output per hub (`modules.md` § 24). */
import type { UnitContext } from '../../lua/index.ts';
import type { EntryLookup } from '../../registry/index.ts';
import { IMPLICIT_TERMINAL, TerminalArguments } from '../../service/index.ts';
import { createStreamTerminal, type StreamTerminalOptions } from './stream-terminal.ts';
import type { Terminal } from './terminal.ts';

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

  #open(): Terminal {
    this.#terminal ??= createStreamTerminal(this.#streams);
    return this.#terminal;
  }
}
