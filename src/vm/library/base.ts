/**
 * The basic functions (Lua 5.3 § 6.1, `errors-and-payloads.md` § 3 and § 7). Whatever calls back into Lua does so
 * with a continuation, so that code inside `pcall`, `xpcall` and `__pairs` can wait for the host. A kill passes
 * through all of them: it is no Lua error (`vm.md` S2).
 */

import {
  argumentError,
  checkAny,
  checkFunction,
  checkInteger,
  checkTable,
  optInteger,
  typeError,
} from '../loop/check.ts';
import { ipairsStep as ipairsIterator, next as nextFunction } from '../loop/iterate.ts';
import { callK, pcallK, where } from '../loop/machine.ts';
import {
  getMetatable,
  getTop,
  insert,
  isFrozen,
  isInteger,
  pushBinary,
  pushBoolean,
  pushFunction,
  pushInteger,
  pushNil,
  pushValue,
  raise,
  raiseValue,
  rawEqual,
  rawGet,
  rawLength,
  rawSet,
  remove,
  rotate,
  setMetatable,
  setTop,
  toBinary,
  toBoolean,
  toInteger,
  typeOf,
} from '../loop/stack.ts';
import type { HostFunction, LuaState } from '../value/api.ts';
import { parseNumeral, toInteger as wrapInteger } from '../value/numeral.ts';
import { isAbsent, pushDisplay, pushMetafield, pushNumeral } from './arguments.ts';

/** The global functions, except `print` and `require`: those are of programs, not of the machine. */
export const baseFunctions: Readonly<Record<string, HostFunction>> = {
  assert: (L) => {
    if (toBoolean(L, 1)) return getTop(L);
    checkAny(L, 1);
    remove(L, 1);
    pushBinary(L, 'assertion failed!');
    setTop(L, 1);
    return raiseValue(L);
  },

  error: (L) => {
    const level = optInteger(L, 2, 1);
    setTop(L, 1);
    if (typeOf(L, 1) === 'string' && level > 0) {
      pushBinary(L, Buffer.from(where(L, level), 'utf8').toString('latin1') + toBinary(L, 1)!);
    }
    return raiseValue(L);
  },

  getmetatable: (L) => {
    checkAny(L, 1);
    if (pushMetafield(L, 1, '__metatable')) return 1;
    if (!getMetatable(L, 1)) pushNil(L);
    return 1;
  },

  ipairs: (L) => {
    checkAny(L, 1);
    pushFunction(L, ipairsIterator, 'for iterator');
    pushValue(L, 1);
    pushInteger(L, 0);
    return 3;
  },

  next: nextFunction,

  pairs: (L) => {
    checkAny(L, 1);
    if (!pushMetafield(L, 1, '__pairs')) {
      pushFunction(L, nextFunction, 'next');
      pushValue(L, 1);
      pushNil(L);
      return 3;
    }
    pushValue(L, 1);
    return callK(L, 1, 3, () => 3);
  },

  pcall: (L) => {
    checkAny(L, 1);
    pushBoolean(L, true); // becomes the first result
    insert(L, 1);
    return pcallK(L, getTop(L) - 2, -1, 0, finishProtected, 0);
  },

  xpcall: (L) => {
    const top = getTop(L);
    checkFunction(L, 2);
    pushBoolean(L, true);
    pushValue(L, 1);
    rotate(L, 3, 2); // function, handler, true, function, arguments...
    return pcallK(L, top - 2, -1, 2, finishProtected, 2);
  },

  rawequal: (L) => {
    checkAny(L, 1);
    checkAny(L, 2);
    pushBoolean(L, rawEqual(L, 1, 2));
    return 1;
  },

  rawget: (L) => {
    checkTable(L, 1);
    checkAny(L, 2);
    setTop(L, 2);
    rawGet(L, 1);
    return 1;
  },

  rawlen: (L) => {
    const type = typeOf(L, 1);
    if (type !== 'table' && type !== 'string') argumentError(L, 1, 'table or string expected');
    pushInteger(L, type === 'string' ? toBinary(L, 1)!.length : rawLength(L, 1));
    return 1;
  },

  rawset: (L) => {
    checkTable(L, 1);
    checkAny(L, 2);
    checkAny(L, 3);
    refuseFrozen(L, 1);
    setTop(L, 3);
    rawSet(L, 1);
    return 1;
  },

  select: (L) => {
    const top = getTop(L);
    if (typeOf(L, 1) === 'string' && toBinary(L, 1) === '#') {
      pushInteger(L, top - 1);
      return 1;
    }
    const first = checkInteger(L, 1);
    const from = first < 0 ? top + first : Math.min(first, top);
    if (from < 1) argumentError(L, 1, 'index out of range');
    return top - from;
  },

  setmetatable: (L) => {
    checkTable(L, 1);
    const type = typeOf(L, 2);
    if (type !== 'nil' && type !== 'table') argumentError(L, 2, 'nil or table expected');
    if (pushMetafield(L, 1, '__metatable')) raise(L, 'cannot change a protected metatable');
    refuseFrozen(L, 1);
    setTop(L, 2);
    setMetatable(L, 1);
    return 1;
  },

  tonumber: (L) => {
    if (isAbsent(L, 2)) {
      checkAny(L, 1);
      if (typeOf(L, 1) === 'number') setTop(L, 1);
      else pushNumeral(L, typeOf(L, 1) === 'string' ? parseNumeral(toBinary(L, 1)!) : undefined);
      return 1;
    }
    const base = checkInteger(L, 2);
    if (typeOf(L, 1) !== 'string') typeError(L, 1, 'string');
    if (base < 2 || base > 36) argumentError(L, 2, 'base out of range');
    const value = parseInBase(toBinary(L, 1)!, base);
    if (value === undefined) pushNil(L);
    else pushInteger(L, wrapInteger(value));
    return 1;
  },

  tostring: (L) => {
    checkAny(L, 1);
    pushDisplay(L, 1);
    return 1;
  },

  type: (L) => {
    const type = typeOf(L, 1);
    if (type === 'none') argumentError(L, 1, 'value expected');
    pushBinary(L, type);
    return 1;
  },
};

/** The casts of published programs: check, and give the value back (`errors-and-payloads.md` § 7.8). */
export const castFunctions: Readonly<Record<string, HostFunction>> = {
  boolean: (L) => cast(L, 'boolean', typeOf(L, 1) === 'boolean'),
  number: (L) => cast(L, 'number', typeOf(L, 1) === 'number'),
  integer: (L) => {
    const value = typeOf(L, 1) === 'number' ? toInteger(L, 1) : undefined;
    cast(L, 'integer', value !== undefined);
    if (!isInteger(L, 1)) pushInteger(L, value!);
    return 1;
  },
};

/** `string(v)`: the string table is callable, so the value is argument 2. */
export const castString: HostFunction = (L) => {
  remove(L, 1);
  return cast(L, 'string', typeOf(L, 1) === 'string');
};

function cast(L: LuaState, expected: string, isFine: boolean): number {
  const type = typeOf(L, 1);
  if (!isFine) raise(L, `expected ${expected}, got ${type === 'none' ? 'no value' : type}`);
  setTop(L, 1);
  return 1;
}

function refuseFrozen(L: LuaState, index: number): void {
  if (isFrozen(L, index)) raise(L, 'attempt to modify a readonly table');
}

/** `context` = values below the results that are not returned. */
function finishProtected(L: LuaState, status: number, context: unknown): number {
  if (status === 0) return getTop(L) - (context as number);
  pushBoolean(L, false);
  pushValue(L, -2);
  return 2;
}

/** Digits of any base with white space around them; longer than 64 bits wraps. */
function parseInBase(text: string, base: number): bigint | undefined {
  const found = /^[ \f\n\r\t\v]*(-?)([0-9A-Za-z]+)[ \f\n\r\t\v]*$/.exec(text);
  if (found === null) return undefined;
  const digits = found[2]!.toLowerCase();
  let value = 0n;
  for (let at = 0; at < digits.length; at++) {
    const code = digits.charCodeAt(at);
    const digit = code <= 57 ? code - 48 : code - 87;
    if (digit >= base) return undefined;
    value = BigInt.asUintN(64, value * BigInt(base) + BigInt(digit));
  }
  return found[1] === '-' ? -value : value;
}
