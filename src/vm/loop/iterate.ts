/**
 * The iterators behind `pairs` and `ipairs`. They live here because the interpreter recognizes them and steps
 * through plain tables without calling.
 */
import type { HostFunction } from '../value/api.ts';
import { addIntegers, coerceInteger } from '../value/number.ts';
import { Table } from '../value/table.ts';
import type { Thread, Value } from '../value/value.ts';
import { callNow } from './calls.ts';
import { typeError } from './check.ts';
import { CALL, index, pending, runtimeError } from './metamethods.ts';

/** Lua's `next(table, key)`. */
export const next: HostFunction = (L) => {
  const thread = L as Thread;
  const table = thread.stack[thread.base];
  if (!(table instanceof Table)) return typeError(L, 1, 'table');
  const key = thread.top > thread.base + 1 ? thread.stack[thread.base + 1] : undefined;
  const position = table.positionOf(key);
  if (position < 0) runtimeError(thread, "invalid key to 'next'");
  const at = table.nextPosition(position);
  if (at === 0) {
    thread.stack[thread.top++] = undefined;
    return 1;
  }
  thread.stack[thread.top++] = table.keyAt(at);
  thread.stack[thread.top++] = table.valueAt(at);
  return 2;
};

/** The iterator `ipairs` returns; respects `__index`. */
export const ipairsStep: HostFunction = (L) => {
  const thread = L as Thread;
  const i = addIntegers(coerceInteger(thread.stack[thread.base + 1]) ?? 0, 1);
  const value = readIndex(thread, thread.stack[thread.base], i);
  if (value === undefined) {
    thread.stack[thread.top++] = undefined;
    return 1;
  }
  thread.stack[thread.top++] = i;
  thread.stack[thread.top++] = value;
  return 2;
};

/** `object[key]` for host functions; a metamethod runs now and cannot wait. */
export function readIndex(thread: Thread, object: Value, key: Value): Value {
  const value = index(thread, object, key);
  if (value !== CALL) return value;
  const func = thread.top;
  thread.stack[thread.top++] = pending.fn;
  thread.stack[thread.top++] = pending.self;
  thread.stack[thread.top++] = key;
  callNow(thread, func, 1);
  return thread.stack[--thread.top];
}
