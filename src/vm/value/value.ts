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
 */
import type { HostFunction } from '../api.ts';
import type { Table } from './table.ts';
import type { Thread } from './thread.ts';

/** A float with an integral value (`2.0`, `-0.0`, `1e300`), or the positive NaN that `-(0/0)` prints as `nan`. */
export class LuaFloat {
  readonly n: number;
  constructor(n: number) {
    this.n = n;
  }
}

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
  /** One word per instruction: `op | A << 8 | B << 16 | C << 24` (see opcodes.ts). */
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
