/** `require("io")`: the terminal of a terminal process (`modules.md` § 24). */
import { HubError } from '../../base/index.ts';
import {
  checkCanWait,
  defineModule,
  fromHost,
  type LuaModule,
  suspendOn,
  type UnitContext,
  unitOf,
} from '../../lua/index.ts';
import {
  argumentError,
  checkBytes,
  getTop,
  isYieldable,
  type LuaState,
  optInteger,
  pushBoolean,
  pushBytes,
  pushNil,
  pushOwned,
  toBoolean,
  toBytes,
  toDisplay,
  typeOf,
} from '../../vm/index.ts';
import type { Terminal } from './terminal.ts';

const READ_BYTES = 1024;
const READ_BYTES_MAX = 16 * 1024 * 1024;
const NEWLINE = Buffer.from('\n');
const TAB = Buffer.from('\t');

/**
 * Makes the `io` module.
 * @param terminalOf the terminal a program owns; `undefined` outside a terminal host.
 */
export function createIoModule(terminalOf: (unit: UnitContext) => Terminal | undefined): LuaModule {
  const terminalAt = (L: LuaState): Terminal => {
    const terminal = terminalOf(unitOf(L));
    if (terminal !== undefined) return terminal;
    throw new HubError('MH_IO_NO_TERMINAL', {
      message: 'Cannot use the terminal: the program does not run in a terminal host',
      hint: 'Start it with `moonhub run -x`, or write with print or the logger.',
    });
  };
  return defineModule({
    name: 'io',
    reach: {
      write: 'acts',
      print: 'acts',
      eprint: 'acts',
      read: 'depends',
      readline: 'depends',
      raw: 'acts',
      args: 'depends',
    },
    functions: {
      write(L) {
        const pieces: Uint8Array[] = [];
        for (let i = 1; i <= getTop(L); i++) pieces.push(checkBytes(L, i));
        return write(L, terminalAt(L), 'output', pieces);
      },
      print: (L) => write(L, terminalAt(L), 'output', line(L)),
      eprint: (L) => write(L, terminalAt(L), 'error', line(L)),
      read(L) {
        const bytesMax = optInteger(L, 1, READ_BYTES);
        if (bytesMax < 1) argumentError(L, 1, 'number of bytes must be positive');
        return pushRead(L, () => terminalAt(L).read(Math.min(bytesMax, READ_BYTES_MAX)));
      },
      readline: (L) => pushRead(L, () => terminalAt(L).readLine()),
      flush: (L) => suspendOn(L, terminalAt(L).flush(), pushTrue),
      raw(L) {
        const type = typeOf(L, 1);
        const isRaw = type === 'none' || type === 'nil' || toBoolean(L, 1);
        const unit = unitOf(L);
        const terminal = terminalAt(L);
        unit.local(RawMode, () => new RawMode(unit, terminal)).change(isRaw);
        return pushTrue(L);
      },
      args(L) {
        pushOwned(L, fromHost(terminalOf(unitOf(L))?.args ?? []));
        return 1;
      },
    },
  });
}

/** Counts who wants raw input; the terminal is itself again when the last one is gone or the program ends. */
class RawMode {
  readonly #terminal: Terminal;
  #wishes = 0;

  constructor(unit: UnitContext, terminal: Terminal) {
    this.#terminal = terminal;
    unit.onClose(() => {
      if (this.#wishes > 0) terminal.setRaw(false);
    });
  }

  change(isRaw: boolean): void {
    const before = this.#wishes;
    this.#wishes = Math.max(0, before + (isRaw ? 1 : -1));
    if (before === 0 && this.#wishes === 1) this.#terminal.setRaw(true);
    if (before === 1 && this.#wishes === 0) this.#terminal.setRaw(false);
  }
}

/** Arguments as text with tabs between and a newline behind. */
function line(L: LuaState): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let i = 1; i <= getTop(L); i++) {
    if (i > 1) pieces.push(TAB);
    pieces.push(typeOf(L, i) === 'string' ? toBytes(L, i)! : Buffer.from(toDisplay(L, i), 'utf8'));
  }
  pieces.push(NEWLINE);
  return pieces;
}

/** Writes in one piece. A full stream makes the program wait, where it can. */
function write(
  L: LuaState,
  terminal: Terminal,
  stream: 'output' | 'error',
  pieces: readonly Uint8Array[],
): number {
  const pending = terminal.write(stream, Buffer.concat(pieces));
  if (pending !== undefined && isYieldable(L) && !unitOf(L).isLoading) return suspendOn(L, pending, pushTrue);
  return pushTrue(L);
}

function pushTrue(L: LuaState): number {
  pushBoolean(L, true);
  return 1;
}

function pushRead(L: LuaState, read: () => Promise<Uint8Array | undefined>): number {
  checkCanWait(L); // before anything is taken from the input
  return suspendOn(L, read(), (inner, value) => {
    if (value === undefined) pushNil(inner);
    else pushBytes(inner, value);
    return 1;
  });
}
