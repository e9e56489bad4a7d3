/** Arguments of library functions, where the facade's checks say less than the library needs. */

import { checkInteger } from '../loop/check.ts';
import { call } from '../loop/machine.ts';
import {
  absIndex,
  getField,
  getMetatable,
  getTable,
  insert,
  newTable,
  pop,
  pushBinary,
  pushFloat,
  pushFunction,
  pushInteger,
  pushNil,
  pushText,
  pushValue,
  raise,
  rawLength,
  remove,
  setField,
  setTable,
  toBinary,
  toDisplay,
  toInteger,
  typeOf,
} from '../loop/stack.ts';
import type { HostFunction, LuaState } from '../value/api.ts';
import { floatToInteger, type Integer, type Numeral } from '../value/numeral.ts';
import type { LuaType } from '../value/value.ts';

/** A 64-bit integer argument, exact. @throws (Lua) as luaL_checkinteger */
export function checkExactInteger(L: LuaState, index: number): Integer {
  return toInteger(L, index) ?? checkInteger(L, index);
}

/** Pushes a float as the integer it stands for, if there is one. */
export function pushFloored(L: LuaState, value: number): void {
  const integer = floatToInteger(value);
  if (integer === undefined) pushFloat(L, value);
  else pushInteger(L, integer);
}

/** Pushes what a numeral stands for; nil for none. */
export function pushNumeral(L: LuaState, numeral: Numeral | undefined): void {
  if (numeral === undefined) pushNil(L);
  else if (numeral.isFloat) pushFloat(L, numeral.value as number);
  else pushInteger(L, numeral.value);
}

/** Pushes `value[key]`, metamethods included. @returns its type */
export function getIndex(L: LuaState, index: number, key: Integer): LuaType {
  const at = absIndex(L, index);
  pushInteger(L, key);
  return getTable(L, at);
}

/** Sets `value[key]` to the top of the stack, metamethods included, and pops it. */
export function setIndex(L: LuaState, index: number, key: Integer): void {
  const at = absIndex(L, index);
  pushInteger(L, key);
  insert(L, -2);
  setTable(L, at);
}

/** Is the argument absent or nil? */
export function isAbsent(L: LuaState, index: number): boolean {
  const type = typeOf(L, index);
  return type === 'none' || type === 'nil';
}

/** Turns a position counted from 1, or from the end when negative, into one counted from 1. */
export function toPosition(position: number, length: number): number {
  if (position >= 0) return position;
  return -position > length ? 0 : length + position + 1;
}

/** What `#` gives (luaL_len). @throws (Lua) when `__len` gives no integer */
export function lengthOf(L: LuaState, index: number): Integer {
  if (typeOf(L, index) === 'string') return toBinary(L, index)!.length;
  if (!pushMetafield(L, index, '__len')) {
    const type = typeOf(L, index);
    if (type !== 'table') raise(L, `attempt to get length of a ${type === 'none' ? 'nil' : type} value`);
    return rawLength(L, index);
  }
  pushValue(L, index < 0 ? index - 1 : index);
  call(L, 1, 1);
  const length = toInteger(L, -1);
  pop(L, 1);
  return length ?? raise(L, 'object length is not an integer');
}

/** Pushes what `tostring` gives for the value at `index` (luaL_tolstring). @returns it as a binary string. */
export function pushDisplay(L: LuaState, index: number): string {
  const type = typeOf(L, index);
  const text = type === 'string' || type === 'number' ? toBinary(L, index)! : undefined;
  if (text !== undefined) {
    pushBinary(L, text);
    return text;
  }
  if (pushMetafield(L, index, '__tostring')) {
    pushValue(L, index < 0 ? index - 1 : index);
    call(L, 1, 1);
    const made = toBinary(L, -1);
    return made ?? raise(L, "'__tostring' must return a string");
  }
  pushText(L, toDisplay(L, index));
  return toBinary(L, -1)!;
}

/** What `tostring` gives for the value at `index`, as a binary string; the stack stays as it is. */
export function displayOf(L: LuaState, index: number): string {
  const text = pushDisplay(L, index);
  pop(L, 1);
  return text;
}

/** Pushes a field of the metatable of the value at `index`, or nothing. @returns whether it did. */
export function pushMetafield(L: LuaState, index: number, name: string): boolean {
  if (!getMetatable(L, index)) return false;
  if (getField(L, -1, name) === 'nil') {
    pop(L, 2);
    return false;
  }
  remove(L, -2);
  return true;
}

/** A library: its functions by name, constants as functions that push them. */
export interface Library {
  readonly name: string;
  readonly functions: Readonly<Record<string, HostFunction>>;
  readonly constants?: Readonly<Record<string, (L: LuaState) => void>>;
}

/** Pushes a library as a table. */
export function pushLibrary(L: LuaState, library: Library): void {
  newTable(L);
  for (const [name, run] of Object.entries(library.functions)) {
    pushFunction(L, run, `${library.name}.${name}`);
    setField(L, -2, name);
  }
  for (const [name, push] of Object.entries(library.constants ?? {})) {
    push(L);
    setField(L, -2, name);
  }
}
