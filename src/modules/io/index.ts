/** The terminal of a hub: the `io` module. */
import type { EntryLookup } from '../../registry/index.ts';
import { createIoModule } from './lua.ts';
import { type TerminalStreams, Terminals } from './terminals.ts';

export { createStreamTerminal, type StreamTerminalOptions } from './stream-terminal.ts';
export type { Terminal } from './terminal.ts';
export type { TerminalStreams } from './terminals.ts';

/** What it uses of a hub. */
export interface IoPorts {
  entries(): EntryLookup;
  readonly unstable: { readonly terminal: TerminalStreams };
}

/** Opens it. */
export const ioExtension = {
  name: 'io',
  open({ entries, unstable }: IoPorts) {
    const terminals = new Terminals({ entries, streams: unstable.terminal });
    return { unstable_bindings: [createIoModule((unit) => terminals.of(unit))] };
  },
};
