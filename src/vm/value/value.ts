/**
 * How Lua values look in JavaScript. They lie unboxed on one plain array per thread:
 *
 *   nil        `undefined`
 *   boolean    `true`, `false`
 *   integer    a number that is a safe integer (never -0); beyond 2^53 a `bigint` within 64 bits
 *   float      a number that is not integral (NaN and infinities too), else a `LuaFloat`
 *   string     a JavaScript string whose characters are the bytes (0-255)
 *   table      `Table`
 *   function   `LuaClosure`, or a JavaScript function (`HostFunction`)
 *   userdata   `Userdata`
 *   thread     `Thread`
 *
 * So `===` is raw equality for everything but integral floats, the common integer case is arithmetic on small
 * integers, and strings are hashed, compared and joined by the JavaScript engine.
 *
 * Threads are values too, so what a coroutine is made of stands here: a stack of values and a chain of frames.
 */
import type { Continuation, HostFunction, LuaState } from './api.ts';
import type { LuaFloat } from './float.ts';
import { abandoned, type Meter, release, type Ticket } from './meter.ts';
import type { Table } from './table.ts';

/** Slots of one thread's stack, as PUC's LUAI_MAXSTACK. Beyond: `stack overflow`. */
export const STACK_SLOTS_MAX = 1_000_000;
/** Host functions below each other on a stack, or in JavaScript recursion (LUAI_MAXCCALLS). Beyond: `stack overflow`. */
export const HOST_CALLS_MAX = 200;
/** Slots a host function may use without asking. */
export const HOST_STACK_MIN = 20;

/** A variable captured by closures: open while it lives in a stack slot, then closed into an array of its own. */
export class Upvalue {
  /** Where the variable lives: `slots[index]`. */
  slots: Value[];
  index: number;
  /** Next open upvalue of the thread, further down its stack. */
  next: Upvalue | null;
  constructor(slots: Value[], index: number, next: Upvalue | null) {
    this.slots = slots;
    this.index = index;
    this.next = next;
  }
}

/** How a closure finds an upvalue when it is made. */
export interface UpvalueSource {
  readonly name: string;
  readonly isLocal: boolean;
  readonly index: number;
}

/** A local variable's name and life, for error messages. */
export interface LocalVariable {
  readonly name: string;
  readonly startPc: number;
  readonly endPc: number;
}

/** A compiled function, shared by all closures and processes that run it. */
export class Proto {
  /** One word per instruction: `op | A << 8 | B << 16 | C << 24` (`compiler/opcodes.ts`). */
  code: Int32Array = new Int32Array(0);
  /** Beside each instruction: jump target, constant index, operand flags, or the slot a field was last found in. */
  wide: Int32Array = new Int32Array(0);
  /** Fengari's own encoding of each instruction, for names in error messages. */
  raw: Int32Array = new Int32Array(0);
  constants: Value[] = [];
  protos: Proto[] = [];
  upvalues: UpvalueSource[] = [];
  lines: Int32Array = new Int32Array(0);
  locals: LocalVariable[] = [];
  parameters = 0;
  isVararg = false;
  maxStack = 2;
  source = '';
  firstLine = 0;
}

/** A Lua function: code and captured variables. */
export class LuaClosure {
  readonly proto: Proto;
  readonly upvalues: Upvalue[];
  constructor(proto: Proto, upvalues: Upvalue[]) {
    this.proto = proto;
    this.upvalues = upvalues;
  }
}

/** A host object as Lua sees it. One per object (host-type.ts), so that identity is the object's. */
export class Userdata {
  readonly object: unknown;
  readonly type: UserdataType;
  constructor(object: unknown, type: UserdataType) {
    this.object = object;
    this.type = type;
  }
}

/** What the machine must know about a host type. */
export interface UserdataType {
  readonly name: string;
  readonly metatable: Table;
  readonly transfer: ((object: never) => unknown) | undefined;
  readonly plain: ((object: never) => unknown) | undefined;
}

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
  /** What a host function asked the machine to do (`SIGNAL` in `loop/calls.ts`). */
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

/** Any Lua value. */
export type Value =
  | undefined
  | boolean
  | number
  | bigint
  | string
  | LuaFloat
  | Table
  | LuaClosure
  | HostFunction
  | Userdata
  | Thread;

/** The names `type()` gives, plus `none` for an index without a value. */
export type LuaType =
  | 'nil'
  | 'boolean'
  | 'number'
  | 'string'
  | 'table'
  | 'function'
  | 'userdata'
  | 'thread'
  | 'none';

const names = new WeakMap<HostFunction, string>();

/** Gives a host function the name shown in stack traces. The first name stays. */
export function nameHostFunction(fn: HostFunction, name: string): void {
  if (!names.has(fn)) names.set(fn, name);
}

/** The name given, or ''. */
export function hostFunctionName(fn: HostFunction): string {
  return names.get(fn) ?? '';
}

let identities = 0;
const identityOf = new WeakMap<object, number>();

/** A number for an object that stays the same: the address in `table: 0x...`. */
export function addressOf(value: object): string {
  let identity = identityOf.get(value);
  if (identity === undefined) {
    identity = ++identities * 16 + 0x55000000;
    identityOf.set(value, identity);
  }
  return `0x${identity.toString(16).padStart(12, '0')}`;
}
