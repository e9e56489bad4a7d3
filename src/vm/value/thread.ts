/**
 * What a coroutine is made of: a stack of values, a chain of frames, and the meter of the unit it belongs to.
 */
import type { Continuation, HostFunction, LuaState } from '../api.ts';
import type { Table } from './table.ts';
import type { LuaClosure, Upvalue, Value } from './value.ts';

/** Lua frames of one thread (`vm.md` S3 call_depth). Beyond: `stack overflow`. */
export const FRAMES_MAX = 200_000;
/** Slots of one thread's stack, as PUC's LUAI_MAXSTACK. Beyond: `stack overflow`. */
export const STACK_SLOTS_MAX = 1_000_000;
/** Host functions below each other on a stack, or in JavaScript recursion (LUAI_MAXCCALLS). Beyond: `stack overflow`. */
export const HOST_CALLS_MAX = 200;
/** Slots a host function may use without asking. */
export const HOST_STACK_MIN = 20;

/** Longest string by default (`vm.md` S3 string_bytes). Beyond: a catchable error. */
export const STRING_BYTES_MAX = 64 * 1024 * 1024;

/** Coroutines of one program by default (`vm.md` S3 coroutines). Beyond: a catchable error. */
export const COROUTINES_MAX = 10_000;

/** Frame flags. */
export const FRAME = {
  /** `execute` was entered for this frame and returns when it does. */
  fresh: 1,
  /** Called for a metamethod: the instruction of the caller must be finished with the result. */
  meta: 2,
  /** A host frame whose running call is protected: errors go to its continuation. */
  guarded: 4,
  /** First frame of a coroutine. */
  base: 8,
  /** `__le` answered by `not __lt(b, a)`. */
  negate: 16,
  /** A host frame that waits for a coroutine it resumed. */
  resuming: 32,
  /** The frame took over its caller's place (tail call). */
  tail: 64,
} as const;

/** One activation. Frames are reused: `next` of a frame is the one its last callee used. */
export class Frame {
  readonly previous: Frame | null;
  next: Frame | null = null;
  /** Distance from the bottom of the chain. */
  readonly depth: number;
  /** Stack index of the function; results go there. */
  func = 0;
  /** Stack index of the first register or argument. */
  base = 0;
  /** Stack index after the last register (Lua frames). */
  top = 0;
  /** Next instruction. */
  pc = 0;
  /** Results wanted by the caller; -1 = all. */
  wanted = 0;
  flags = 0;
  /** Host frames at or below this one: PUC's C levels. */
  level = 0;
  /** The Lua function, or null in host frames. */
  closure: LuaClosure | null = null;
  host: HostFunction | null = null;
  continuation: Continuation | undefined = undefined;
  context: unknown = undefined;
  /** Stack index of the function a guarded call runs, and of the message handler (0 = none). */
  guardedFunc = 0;
  handler = 0;

  constructor(previous: Frame | null) {
    this.previous = previous;
    this.depth = previous === null ? 0 : previous.depth + 1;
  }
}

/**
 * How many instructions a unit may run. Shared by all its threads; loops and calls subtract from `fuel`.
 */
export interface Meter {
  /** Instructions per slice (`vm.md` S1). */
  readonly slice: number;
  /** Instructions since the owner last set this to 0. */
  used: number;
  /** `used` beyond this kills the unit; 0 = no limit. */
  limit: number;
  /** Longest string a program may make, in bytes. */
  readonly stringBytesMax: number;
  /** Set by the owner at any time: the unit stops at its next check. */
  killed: boolean;
  /** Coroutines a program may have that have not ended. */
  readonly coroutinesMax: number;
  /** Lua calls that may be open in one coroutine. */
  readonly framesMax: number;
  /** Coroutines that have not ended. Internal. */
  coroutines: number;
  /** What is left of the grant. Internal. */
  fuel: number;
  /** The last grant. Internal. */
  grant: number;
}

/** A meter; without options slices are 100,000 instructions long, strings 64 MiB, and there is no limit. */
export function createMeter(
  options: {
    slice?: number;
    limit?: number;
    stringBytesMax?: number;
    coroutinesMax?: number;
    framesMax?: number;
  } = {},
): Meter {
  return {
    slice: options.slice ?? 100_000,
    stringBytesMax: options.stringBytesMax ?? STRING_BYTES_MAX,
    coroutinesMax: options.coroutinesMax ?? COROUTINES_MAX,
    framesMax: options.framesMax ?? FRAMES_MAX,
    coroutines: 0,
    used: 0,
    limit: options.limit ?? 0,
    killed: false,
    fuel: 0,
    grant: 0,
  };
}

export type ThreadStatus =
  /** Nothing has run yet. */
  | 'fresh'
  /** Yielded, or (managed) waits for the host. */
  | 'suspended'
  | 'running'
  /** Waits for a coroutine it resumed. */
  | 'normal'
  /** Its function returned; the host may put another one on a thread of its own. */
  | 'done'
  /** Failed. */
  | 'dead';

/** What all threads of a machine share. */
export interface MachineState {
  /** Metatable of all strings. */
  stringMetatable: Table | null;
}

/** A coroutine counted towards its program's limit. */
interface Ticket {
  readonly meter: Meter;
  isCounted: boolean;
}

function release(ticket: Ticket): void {
  if (!ticket.isCounted) return;
  ticket.isCounted = false;
  ticket.meter.coroutines--;
}

/** Coroutines that nobody refers to any more will never end; they stop counting when they are collected. */
const abandoned = new FinalizationRegistry<Ticket>(release);

let threads = 0;

/** A literal, so that copies have no holes and no spare capacity. */
// biome-ignore format: one line
const EMPTY_STACK: Value[] = [undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined];

/** A coroutine: the main one of a unit, one it spawned, or one its program made. */
export class Thread implements LuaState {
  unit: unknown;
  readonly machine: MachineState;
  readonly meter: Meter;
  readonly serial: number;
  stack: Value[];
  /** First free slot. */
  top = 1;
  /** First argument of the running host function. */
  base = 1;
  frame: Frame;
  openUpvalues: Upvalue | null = null;
  status: ThreadStatus = 'fresh';
  /** Who resumed this coroutine from Lua. */
  resumer: Thread | null = null;
  /** In a managed coroutine that is suspended: the innermost coroutine, where it goes on. */
  innermost: Thread | null = null;
  /** Host calls on this thread that a yield cannot cross. */
  boundaries = 0;
  /** Resumed by the host only. */
  isHostOwned = false;
  /** What a host function asked the machine to do (see execute.ts). */
  requestFunc = 0;
  requestWanted = 0;
  requestThread: Thread | null = null;

  private ticket: Ticket | null = null;
  /** Extra depth while an error handler runs, so that it can report a stack overflow. */
  reserve = 0;

  constructor(machine: MachineState, unit: unknown, meter: Meter) {
    this.machine = machine;
    this.unit = unit;
    this.meter = meter;
    this.serial = ++threads;
    this.stack = EMPTY_STACK.slice();
    this.frame = new Frame(null);
    this.frame.base = 1;
  }

  /** Counts this coroutine towards the program's limit until it ends or is garbage. */
  count(): void {
    this.ticket = { meter: this.meter, isCounted: true };
    this.meter.coroutines++;
    abandoned.register(this, this.ticket);
  }

  /** The coroutine has ended. */
  end(status: 'done' | 'dead'): void {
    this.status = status;
    if (this.ticket !== null) release(this.ticket);
  }
}

/** Makes sure that slots below `size` exist; the stack has no holes. */
export function growStack(thread: Thread, size: number): void {
  const stack = thread.stack;
  let length = stack.length;
  const wanted = size + (size >> 1) + HOST_STACK_MIN;
  while (length++ < wanted) stack.push(undefined);
}

/** A Lua error on its way to a handler. Not an `Error`: making one must be cheap. */
export class LuaError {
  readonly value: Value;
  /** Whether a message handler has already seen it. */
  isHandled = false;
  constructor(value: Value) {
    this.value = value;
  }
}

/** The end of a unit: no Lua code sees it (`vm.md` S2). */
export class Kill {
  readonly reason: 'killed' | 'budget';
  constructor(reason: 'killed' | 'budget') {
    this.reason = reason;
  }
}
