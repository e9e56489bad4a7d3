/** Arguments of host functions: checked as luaL_check* do, with their messages. */
import type { LuaState } from '../value/api.ts';
import { type HostType, typeOfHost } from '../value/host-type.ts';
import { coerceInteger, coerceNumber, isNumber, numberToString, toDouble } from '../value/number.ts';
import { Table } from '../value/table.ts';
import type { Thread } from '../value/value.ts';
import { hostFunctionName, Userdata } from '../value/value.ts';
import { functionName } from './debug.ts';
import { displayType } from './metamethods.ts';
import { at, bytesOfBinary, decodeText, raise, typeOf } from './stack.ts';

/** Raises `bad argument #n to 'f' (message)`. For methods the object is not counted. */
export function argumentError(L: LuaState, index: number, message: string): never {
  const { frame } = L as Thread;
  const called = functionName(frame);
  let number = index;
  if (called?.kind === 'method') {
    number--;
    if (number === 0) raise(L, `calling '${called.name}' on bad self (${message})`);
  }
  const name = called?.name ?? (frame.host === null ? '' : hostFunctionName(frame.host));
  return raise(L, `bad argument #${number} to '${name === '' ? '?' : name}' (${message})`);
}

/** Raises `bad argument #n to 'f' (x expected, got y)`. */
export function typeError(L: LuaState, index: number, expected: string): never {
  const got = typeOf(L, index) === 'none' ? 'no value' : displayType(at(L, index));
  return argumentError(L, index, `${expected} expected, got ${got}`);
}

/** A string (or number) as binary. */
export function checkBinary(L: LuaState, index: number): string {
  const value = at(L, index);
  if (typeof value === 'string') return value;
  return isNumber(value) ? numberToString(value) : typeError(L, index, 'string');
}

/** A string (or number) as text; invalid UTF-8 becomes U+FFFD. */
export function checkText(L: LuaState, index: number): string {
  return decodeText(checkBinary(L, index));
}

/** A string (or number) as bytes, freshly made. */
export function checkBytes(L: LuaState, index: number): Uint8Array {
  return bytesOfBinary(checkBinary(L, index));
}

/** An integer, rounded to a double beyond 2^53; floats must be integral. */
export function checkInteger(L: LuaState, index: number): number {
  const value = at(L, index);
  const integer = coerceInteger(value);
  if (integer !== undefined) return Number(integer);
  if (coerceNumber(value) !== undefined)
    return argumentError(L, index, 'number has no integer representation');
  return typeError(L, index, 'number');
}

/** A number as a double. */
export function checkNumber(L: LuaState, index: number): number {
  const number = coerceNumber(at(L, index));
  return number === undefined ? typeError(L, index, 'number') : toDouble(number);
}

export function checkTable(L: LuaState, index: number): void {
  if (!(at(L, index) instanceof Table)) typeError(L, index, 'table');
}

export function checkFunction(L: LuaState, index: number): void {
  if (typeOf(L, index) !== 'function') typeError(L, index, 'function');
}

/** Any value, nil included, but not nothing. */
export function checkAny(L: LuaState, index: number): void {
  if (typeOf(L, index) === 'none') argumentError(L, index, 'value expected');
}

/** The object of a userdata of this type. */
export function checkHostObject<T>(L: LuaState, index: number, type: HostType<T>): T {
  const value = at(L, index);
  return value instanceof Userdata && value.type === typeOfHost(type)
    ? (value.object as T)
    : typeError(L, index, type.name);
}

/** Whether the value at an index is a userdata of this type. */
export function isHostObject<T>(L: LuaState, index: number, type: HostType<T>): boolean {
  const value = at(L, index);
  return value instanceof Userdata && value.type === typeOfHost(type);
}

function isAbsent(L: LuaState, index: number): boolean {
  return at(L, index) === undefined;
}

/** The `opt` variants give `fallback` for nil and for an absent argument. */
export function optBinary<D>(L: LuaState, index: number, fallback: D): string | D {
  return isAbsent(L, index) ? fallback : checkBinary(L, index);
}

export function optText<D>(L: LuaState, index: number, fallback: D): string | D {
  return isAbsent(L, index) ? fallback : checkText(L, index);
}

export function optBytes<D>(L: LuaState, index: number, fallback: D): Uint8Array | D {
  return isAbsent(L, index) ? fallback : checkBytes(L, index);
}

export function optInteger<D>(L: LuaState, index: number, fallback: D): number | D {
  return isAbsent(L, index) ? fallback : checkInteger(L, index);
}

export function optNumber<D>(L: LuaState, index: number, fallback: D): number | D {
  return isAbsent(L, index) ? fallback : checkNumber(L, index);
}

export function optHostObject<T, D>(L: LuaState, index: number, type: HostType<T>, fallback: D): T | D {
  return isAbsent(L, index) ? fallback : checkHostObject(L, index, type);
}
