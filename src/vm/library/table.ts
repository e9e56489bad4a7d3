/**
 * The table library (Lua 5.3 § 6.6) and `create`, `freeze`, `getn` (`errors-and-payloads.md` § 7.3). Elements are
 * read and written with metamethods, as in 5.3; writing to a frozen table raises.
 */

import { argumentError, checkFunction, checkTable, optBinary, optInteger, typeError } from '../loop/check.ts';
import { binaryOf, isIntegerValue, numberOf, tableSetIndex, valueType } from '../loop/detached.ts';
import { call, spend } from '../loop/machine.ts';
import {
  checkStack,
  freezeTable,
  getTop,
  insert,
  isFrozen,
  lessThan,
  newTable,
  pop,
  pushBinary,
  pushInteger,
  pushNil,
  pushOwned,
  pushValue,
  raise,
  rawEqual,
  setField,
  setTop,
  toBinary,
  toBoolean,
  typeOf,
  valueAt,
} from '../loop/stack.ts';
import type { HostFunction, LuaState, LuaValue } from '../value/api.ts';
import { type Integer, toInteger } from '../value/numeral.ts';
import {
  checkExactInteger,
  getIndex,
  isAbsent,
  type Library,
  lengthOf,
  pushMetafield,
  setIndex,
} from './arguments.ts';
import { checkStringBytes, refuseLongString } from './limits.ts';
import { sortItems } from './sort.ts';

/** Results one call can push (LUAI_MAXSTACK). */
const RESULTS_MAX = 1_000_000;
/** Elements handled between two looks at the budget. */
const STEPS_BATCH = 1024;
/** Elements `table.sort` accepts (INT_MAX). */
const SORTED_MAX = 0x7fffffff;

const functions: Record<string, HostFunction> = {
  concat,

  create: (L) => {
    // Sizes are hints; a hint must not allocate what the program never fills.
    optInteger(L, 1, 0);
    optInteger(L, 2, 0);
    newTable(L);
    return 1;
  },

  freeze: (L) => {
    checkTable(L, 1);
    freezeTable(L, 1);
    setTop(L, 1);
    return 1;
  },

  getn: (L) => {
    pushInteger(L, lengthOf(L, 1));
    return 1;
  },

  insert: (L) => {
    checkWritable(L, 1);
    const end = plus(lengthOf(L, 1), 1);
    switch (getTop(L)) {
      case 2:
        setIndex(L, 1, end);
        return 0;
      case 3: {
        const at = checkExactInteger(L, 2);
        if (at < 1 || at > end) argumentError(L, 2, 'position out of bounds');
        for (let to = Number(end); to > at; to--) {
          if (to % STEPS_BATCH === 0) spend(L, STEPS_BATCH);
          getIndex(L, 1, to - 1);
          setIndex(L, 1, to);
        }
        setIndex(L, 1, at);
        return 0;
      }
      default:
        return raise(L, "wrong number of arguments to 'insert'");
    }
  },

  move,

  pack: (L) => {
    const count = getTop(L);
    newTable(L, count, 1);
    insert(L, 1);
    for (let index = count; index >= 1; index--) setIndex(L, 1, index);
    pushInteger(L, count);
    setField(L, 1, 'n');
    return 1;
  },

  remove: (L) => {
    checkWritable(L, 1);
    const size = lengthOf(L, 1);
    let at: Integer = size;
    if (typeOf(L, 2) !== 'none') {
      at = checkExactInteger(L, 2);
      // With an empty table the positions 0 and 1 mean "nothing there".
      if ((size !== 0 || at !== 0) && (at < 1 || at > plus(size, 1)))
        argumentError(L, 1, 'position out of bounds');
    }
    getIndex(L, 1, at);
    let to = Number(at);
    for (; to < size; to++) {
      if (to % STEPS_BATCH === 0) spend(L, STEPS_BATCH);
      getIndex(L, 1, to + 1);
      setIndex(L, 1, to);
    }
    pushNil(L);
    setIndex(L, 1, to);
    return 1;
  },

  sort,
  unpack,
};

/** `table` */
export const tableLibrary: Library = { name: 'table', functions };

/** `table.unpack`, also the global `unpack`. */
export function unpack(L: LuaState): number {
  const first = isAbsent(L, 2) ? 1 : checkExactInteger(L, 2);
  const last = isAbsent(L, 3) ? lengthOf(L, 1) : checkExactInteger(L, 3);
  if (first > last) return 0;
  const count = BigInt(last) - BigInt(first) + 1n;
  if (count >= RESULTS_MAX - getTop(L)) return raise(L, 'too many results to unpack');
  spend(L, Number(count));
  checkStack(L, Number(count));
  for (let i = 0; i < count; i++) getIndex(L, 1, plus(first, i));
  return Number(count);
}

function plus(a: Integer, b: number): Integer {
  const sum = typeof a === 'number' ? a + b : 0;
  return typeof a === 'number' && Number.isSafeInteger(sum) ? sum : toInteger(BigInt(a) + BigInt(b));
}

/** A table, or something that behaves like one when read and written. */
function checkWritable(L: LuaState, index: number): void {
  checkAccess(L, index, ['__index', '__newindex', '__len']);
}

function checkAccess(L: LuaState, index: number, needed: readonly string[]): void {
  if (typeOf(L, index) === 'table') {
    if (needed.includes('__newindex') && isFrozen(L, index)) raise(L, 'attempt to modify a readonly table');
    return;
  }
  for (const name of needed) {
    if (!pushMetafield(L, index, name)) typeError(L, index, 'table');
    pop(L, 1);
  }
}

function concat(L: LuaState): number {
  checkAccess(L, 1, ['__index', '__len']);
  const size = lengthOf(L, 1);
  const separator = optBinary(L, 2, '');
  const first = isAbsent(L, 3) ? 1 : checkExactInteger(L, 3);
  const last = isAbsent(L, 4) ? size : checkExactInteger(L, 4);
  let made = '';
  let steps = 0;
  for (let at = first; at <= last; at = plus(at, 1)) {
    if (++steps % STEPS_BATCH === 0) spend(L, STEPS_BATCH);
    const type = getIndex(L, 1, at);
    if (type !== 'string' && type !== 'number')
      raise(L, `invalid value (${type}) at index ${at} in table for 'concat'`);
    made += toBinary(L, -1)!;
    pop(L, 1);
    if (at === last) break;
    made += separator;
    refuseLongString(L, made.length);
  }
  spend(L, steps % STEPS_BATCH);
  checkStringBytes(L, made.length);
  pushBinary(L, made);
  return 1;
}

function move(L: LuaState): number {
  const first = checkExactInteger(L, 2);
  const last = checkExactInteger(L, 3);
  const to = checkExactInteger(L, 4);
  const target = isAbsent(L, 5) ? 1 : 5;
  checkAccess(L, 1, ['__index']);
  checkAccess(L, target, ['__newindex']);
  if (last >= first) {
    const count = BigInt(last) - BigInt(first) + 1n;
    if (!(first > 0 || BigInt(last) < 2n ** 63n - 1n + BigInt(first)))
      argumentError(L, 3, 'too many elements to move');
    if (BigInt(to) > 2n ** 63n - count) argumentError(L, 4, 'destination wrap around');
    const isForward = to > last || to <= first || (target !== 1 && !rawEqual(L, 1, target));
    for (let step = 0; step < count; step++) {
      if (step % STEPS_BATCH === 0) spend(L, STEPS_BATCH);
      const offset = isForward ? step : Number(count) - 1 - step;
      getIndex(L, 1, plus(first, offset));
      setIndex(L, target, plus(to, offset));
    }
  }
  pushValue(L, target);
  return 1;
}

function sort(L: LuaState): number {
  checkWritable(L, 1);
  const size = lengthOf(L, 1);
  if (size < 2) return 0;
  if (size >= SORTED_MAX) argumentError(L, 1, 'array too big');
  if (!isAbsent(L, 2)) checkFunction(L, 2);
  setTop(L, 2);
  const items: LuaValue[] = [];
  for (let at = 1; at <= size; at++) {
    if (at % STEPS_BATCH === 0) spend(L, STEPS_BATCH);
    getIndex(L, 1, at);
    items.push(valueAt(L, -1));
    pop(L, 1);
  }
  const hasOrder = typeOf(L, 2) === 'function';
  const table = valueAt(L, 1);
  try {
    if (hasOrder || !sortPlain(L, items)) {
      const fail = (): never => raise(L, 'invalid order function for sorting');
      sortItems(items, hasOrder ? orderedBy(L) : (a, b) => lessThan(L, a, b), fail);
    }
  } catch (thrown) {
    // Also after an error in the comparison the table holds all its elements, as far as they were sorted. The
    // stack belongs to the failed comparison now, so this goes past it.
    if (valueType(table) === 'table') {
      for (let at = 0; at < items.length; at++) tableSetIndex(table, at + 1, items[at]!);
    }
    throw thrown;
  }
  for (let at = 1; at <= size; at++) {
    pushOwned(L, items[at - 1]!);
    setIndex(L, 1, at);
  }
  return 0;
}

function orderedBy(L: LuaState): (a: LuaValue, b: LuaValue) => boolean {
  return (a, b) => {
    pushValue(L, 2);
    pushOwned(L, a);
    pushOwned(L, b);
    call(L, 2, 1);
    const isBefore = toBoolean(L, -1);
    pop(L, 1);
    return isBefore;
  };
}

/** Elements that only have one order need no particular algorithm. @returns false when they may have several. */
function sortPlain(L: LuaState, items: LuaValue[]): boolean {
  const type = valueType(items[0]!);
  if (type !== 'number' && type !== 'string') return false;
  // 1 and 1.0 are equal but not the same, so floats and integers do not mix here; NaN has no place at all.
  const isInteger = type === 'number' && isIntegerValue(items[0]!);
  for (const item of items) {
    if (valueType(item) !== type) return false;
    if (type === 'string') continue;
    if (isIntegerValue(item) !== isInteger || Number.isNaN(Number(numberOf(item)))) return false;
  }
  spend(L, Math.ceil((items.length * Math.log2(items.length)) / 4));
  const keys = items.map((item) => (type === 'string' ? binaryOf(item)! : numberOf(item)!));
  const order = keys.map((_, at) => at);
  order.sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0));
  const sorted = order.map((at) => items[at]!);
  for (let at = 0; at < items.length; at++) items[at] = sorted[at]!;
  return true;
}
