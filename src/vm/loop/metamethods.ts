/**
 * Metamethods and the operations that may need one: indexing, comparing, arithmetic. The functions here never call
 * Lua: they give a value, or say (`CALL`) that `pending.fn` must be called with `pending.self`, so that the
 * interpreter can do it without JavaScript recursion and host functions can do it with.
 */

import { OP } from '../compiler/opcodes.ts';
import { LuaFloat } from '../value/float.ts';
import {
  arithmetic,
  coerceInteger,
  coerceNumber,
  DivisionByZero,
  isNumber,
  toComparable,
} from '../value/number.ts';
import { keyFault, Table } from '../value/table.ts';
import { LuaError } from '../value/unwind.ts';
import { LuaClosure, type LuaType, Thread, Userdata, type Value } from '../value/value.ts';
import { currentLine, operandInfo, rawOperands, upvalueInfo } from './debug.ts';

/** Metamethod names; the index is the bit in `Table.absent`. */
export const EVENT = {
  index: 0,
  newindex: 1,
  len: 2,
  eq: 3,
  call: 4,
  concat: 5,
  lt: 6,
  le: 7,
  /** Arithmetic events follow in the order of `OPERATORS`. */
  add: 8,
} as const;

const EVENT_NAMES = [
  '__index',
  '__newindex',
  '__len',
  '__eq',
  '__call',
  '__concat',
  '__lt',
  '__le',
  '__add',
  '__sub',
  '__mul',
  '__mod',
  '__pow',
  '__div',
  '__idiv',
  '__band',
  '__bor',
  '__bxor',
  '__shl',
  '__shr',
  '__unm',
  '__bnot',
] as const;

/** The answer of an operation that needs a metamethod called. */
export const CALL: unique symbol = Symbol('call the metamethod');

/** What to call, and on which object, after an answer of `CALL`. */
export const pending: { fn: Value; self: Value } = { fn: undefined, self: undefined };

/** Elements of an `__index` chain, as PUC's MAXTAGLOOP. */
const CHAIN_MAX = 2000;

/** A metamethod of a metatable, its absence remembered. */
export function metamethod(metatable: Table | null, event: number): Value {
  if (metatable === null || (metatable.absent & (1 << event)) !== 0) return undefined;
  const method = metatable.getString(EVENT_NAMES[event]!);
  if (method === undefined) metatable.absent |= 1 << event;
  return method;
}

/** The metatable of any value. */
export function metatableOf(thread: Thread, value: Value): Table | null {
  if (value instanceof Table) return value.metatable;
  if (value instanceof Userdata) return value.type.metatable;
  return typeof value === 'string' ? thread.machine.stringMetatable : null;
}

/** `type(value)`. */
export function typeName(value: Value): LuaType {
  switch (typeof value) {
    case 'undefined':
      return 'nil';
    case 'boolean':
      return 'boolean';
    case 'number':
    case 'bigint':
      return 'number';
    case 'string':
      return 'string';
    case 'function':
      return 'function';
    default:
      if (value instanceof Table) return 'table';
      if (value instanceof LuaClosure) return 'function';
      if (value instanceof LuaFloat) return 'number';
      return value instanceof Thread ? 'thread' : 'userdata';
  }
}

/** The type for messages: `__name` of the metatable where it is a string. */
export function displayType(value: Value): string {
  if (value instanceof Userdata) return value.type.name;
  if (value instanceof Table && value.metatable !== null) {
    const name = value.metatable.getString('__name');
    if (typeof name === 'string') return name;
  }
  return typeName(value);
}

/** Raises a Lua error; the position of the running Lua function is put before the text. */
export function runtimeError(thread: Thread, text: string): never {
  const frame = thread.frame;
  const position = frame.closure === null ? '' : `${frame.closure.proto.source}:${currentLine(frame)}: `;
  throw new LuaError(position + text);
}

/** Raw equality. */
export function rawEquals(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a instanceof LuaFloat) return isNumber(b) && equalsFloat(a.n, toComparable(b));
  return b instanceof LuaFloat && isNumber(a) && equalsFloat(b.n, toComparable(a));
}

function equalsFloat(n: number, other: number | bigint): boolean {
  if (typeof other === 'number') return n === other;
  return Number.isInteger(n) && BigInt(n) === other;
}

/** `a == b`, or CALL. */
export function equals(thread: Thread, a: Value, b: Value): boolean | typeof CALL {
  if (rawEquals(a, b)) return true;
  if (!(a instanceof Table && b instanceof Table) && !(a instanceof Userdata && b instanceof Userdata))
    return false;
  let method = metamethod(metatableOf(thread, a), EVENT.eq);
  if (method === undefined) method = metamethod(metatableOf(thread, b), EVENT.eq);
  if (method === undefined) return false;
  pending.fn = method;
  return CALL;
}

/** `a < b`, or CALL. */
export function lessThan(thread: Thread, a: Value, b: Value): boolean | typeof CALL {
  if (typeof a === 'string' && typeof b === 'string') return a < b;
  if (isNumber(a) && isNumber(b)) return toComparable(a) < toComparable(b);
  if (!findBinary(thread, a, b, EVENT.lt)) throw compareError(thread, a, b);
  return CALL;
}

/**
 * `a <= b`, or CALL; `isNegated` is set when the metamethod to call is `__lt` with the operands exchanged, whose
 * answer must be inverted.
 */
export function lessOrEqual(thread: Thread, a: Value, b: Value): boolean | typeof CALL {
  if (typeof a === 'string' && typeof b === 'string') return a <= b;
  if (isNumber(a) && isNumber(b)) return toComparable(a) <= toComparable(b);
  if (findBinary(thread, a, b, EVENT.le)) {
    negation.isNegated = false;
    return CALL;
  }
  if (!findBinary(thread, b, a, EVENT.lt)) throw compareError(thread, a, b);
  negation.isNegated = true;
  return CALL;
}

export const negation = { isNegated: false };

function compareError(thread: Thread, a: Value, b: Value): never {
  const left = displayType(a);
  const right = displayType(b);
  if (left === right) runtimeError(thread, `attempt to compare two ${left} values`);
  runtimeError(thread, `attempt to compare ${left} with ${right}`);
}

function findBinary(thread: Thread, a: Value, b: Value, event: number): boolean {
  let method = metamethod(metatableOf(thread, a), event);
  if (method === undefined) method = metamethod(metatableOf(thread, b), event);
  pending.fn = method;
  return method !== undefined;
}

/** An arithmetic operation (`OPERATORS`), or CALL. */
export function operate(thread: Thread, operator: number, a: Value, b: Value): Value | typeof CALL {
  let result: Value;
  try {
    result = arithmetic(operator, a, b);
  } catch (thrown) {
    if (thrown instanceof DivisionByZero) runtimeError(thread, thrown.message);
    throw thrown;
  }
  if (result !== undefined) return result;
  if (findBinary(thread, a, b, EVENT.add + operator)) return CALL;
  return operandError(thread, operator, a, b);
}

const FIRST_BIT_OPERATOR = 7;
const UNM_OPERATOR = 12;

function operandError(thread: Thread, operator: number, a: Value, b: Value): never {
  const isBitwise = operator >= FIRST_BIT_OPERATOR && operator !== UNM_OPERATOR;
  const bothNumbers = coerceNumber(a) !== undefined && coerceNumber(b) !== undefined;
  if (isBitwise && bothNumbers) {
    const isFirst = coerceInteger(a) === undefined;
    runtimeError(thread, `number${operandName(thread, isFirst)} has no integer representation`);
  }
  const isFirst = coerceNumber(a) === undefined;
  const verb = isBitwise ? 'perform bitwise operation on' : 'perform arithmetic on';
  runtimeError(
    thread,
    `attempt to ${verb} a ${displayType(isFirst ? a : b)} value${operandName(thread, isFirst)}`,
  );
}

function operandName(thread: Thread, isFirst: boolean): string {
  const frame = thread.frame;
  if (frame.closure === null) return '';
  const { b, c } = rawOperands(frame);
  const op = frame.closure.proto.raw[Math.max(0, frame.pc - 1)]! & 63;
  const isUnary = op === OP.UNM || op === OP.BNOT || op === OP.LEN;
  return operandInfo(frame, isFirst || isUnary ? b : c);
}

/** `object[key]`, or CALL. */
export function index(thread: Thread, object: Value, key: Value): Value | typeof CALL {
  let at = object;
  for (let i = 0; i < CHAIN_MAX; i++) {
    let method: Value;
    if (at instanceof Table) {
      const value = at.get(key);
      if (value !== undefined) return value;
      method = metamethod(at.metatable, EVENT.index);
      if (method === undefined) return undefined;
    } else {
      method = metamethod(metatableOf(thread, at), EVENT.index);
      if (method === undefined) indexError(thread, at, i === 0);
    }
    if (typeof method === 'function' || method instanceof LuaClosure) {
      pending.fn = method;
      pending.self = at;
      return CALL;
    }
    at = method;
  }
  runtimeError(thread, "'__index' chain too long; possible loop");
}

/** `object[key] = value`, or CALL. */
export function setIndex(thread: Thread, object: Value, key: Value, value: Value): undefined | typeof CALL {
  let at = object;
  for (let i = 0; i < CHAIN_MAX; i++) {
    let method: Value;
    if (at instanceof Table) {
      const isNew = at.get(key) === undefined;
      method = isNew ? metamethod(at.metatable, EVENT.newindex) : undefined;
      if (method === undefined) {
        if (at.isFrozen) runtimeError(thread, 'attempt to modify a readonly table');
        const fault = isNew ? keyFault(key) : undefined;
        if (fault !== undefined) runtimeError(thread, fault);
        at.set(key, value);
        return undefined;
      }
    } else {
      method = metamethod(metatableOf(thread, at), EVENT.newindex);
      if (method === undefined) indexError(thread, at, i === 0);
    }
    if (typeof method === 'function' || method instanceof LuaClosure) {
      pending.fn = method;
      pending.self = at;
      return CALL;
    }
    at = method;
  }
  runtimeError(thread, "'__newindex' chain too long; possible loop");
}

function indexError(thread: Thread, object: Value, isOperand: boolean): never {
  const frame = thread.frame;
  let name = '';
  if (isOperand && frame.closure !== null) {
    const { a, b } = rawOperands(frame);
    const op = frame.closure.proto.raw[Math.max(0, frame.pc - 1)]! & 63;
    if (op === OP.GETTABUP) name = upvalueInfo(frame, b);
    else if (op === OP.SETTABUP) name = upvalueInfo(frame, a);
    else if (op === OP.SETTABLE) name = operandInfo(frame, a);
    else if (op === OP.GETTABLE || op === OP.SELF) name = operandInfo(frame, b);
  }
  runtimeError(thread, `attempt to index a ${displayType(object)} value${name}`);
}

/** `#value`, or CALL. */
export function lengthOf(thread: Thread, value: Value): Value | typeof CALL {
  if (typeof value === 'string') return value.length;
  const method = metamethod(metatableOf(thread, value), EVENT.len);
  if (method !== undefined) {
    pending.fn = method;
    return CALL;
  }
  if (value instanceof Table) return value.length();
  runtimeError(thread, `attempt to get length of a ${displayType(value)} value${operandName(thread, true)}`);
}

/** Raises `attempt to call a nil value (global 'f')`; `func` is the stack index of the value. */
export function callError(thread: Thread, value: Value, func: number): never {
  const frame = thread.frame;
  let name = '';
  if (frame.closure !== null) {
    const op = frame.closure.proto.raw[Math.max(0, frame.pc - 1)]! & 63;
    const register = func - frame.base;
    if (op === OP.TFORCALL) name = '';
    else if (register >= 0 && func < frame.top) name = operandInfo(frame, register);
  }
  runtimeError(thread, `attempt to call a ${displayType(value)} value${name}`);
}

/** Raises the error of `..`; registers count from the frame's base. */
export function concatError(thread: Thread, a: Value, b: Value, registerOfA: number): never {
  const isSecond = typeof a === 'string' || isNumber(a);
  const value = isSecond ? b : a;
  const frame = thread.frame;
  const name = frame.closure === null ? '' : operandInfo(frame, isSecond ? registerOfA + 1 : registerOfA);
  runtimeError(thread, `attempt to concatenate a ${displayType(value)} value${name}`);
}

/** Finds `__concat` of two operands. */
export function findConcat(thread: Thread, a: Value, b: Value): boolean {
  return findBinary(thread, a, b, EVENT.concat);
}
