/**
 * The stack as host functions see it: Lua's C API under TypeScript names. Index 1 is the first argument, -1 the top.
 * Nothing here is checked beyond what keeps the stack whole: a wrong index is a bug of ours.
 */

import { chunkProto } from '../compiler/compile.ts';
import type { Chunk, HostFunction, LuaState, LuaValue } from '../value/api.ts';
import {
  coerceInteger,
  coerceNumber,
  isInteger as isIntegerNumber,
  isNumber,
  type LuaNumber,
  numberToString,
  toDouble,
  toFloatValue,
  wrapInteger,
} from '../value/number.ts';
import { keyFault, Table } from '../value/table.ts';
import { LuaError } from '../value/unwind.ts';
import {
  addressOf,
  growStack,
  HOST_STACK_MIN,
  LuaClosure,
  type LuaType,
  nameHostFunction,
  STACK_SLOTS_MAX,
  Thread,
  Upvalue,
  Userdata,
  type Value,
} from '../value/value.ts';
import { callNow, charge } from './calls.ts';
import { readIndex } from './iterate.ts';
import {
  CALL,
  lessThan as compareLess,
  displayType,
  pending,
  rawEquals,
  runtimeError,
  setIndex,
  typeName,
} from './metamethods.ts';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Slot of an index; may lie at or above the top (an absent argument). */
function slotOf(thread: Thread, index: number): number {
  return index > 0 ? thread.base + index - 1 : thread.top + index;
}

/** The value at an index; nil for an absent one. */
export function at(L: LuaState, index: number): Value {
  const thread = L as Thread;
  const slot = index > 0 ? thread.base + index - 1 : thread.top + index;
  return slot < thread.top ? thread.stack[slot] : undefined;
}

/** Pushes any value. */
export function push(L: LuaState, value: Value): void {
  const thread = L as Thread;
  thread.stack[thread.top++] = value;
}

// --- the stack itself -----------------------------------------------------------------------------------------------

/** Number of values, i.e. the index of the top. */
export function getTop(L: LuaState): number {
  const thread = L as Thread;
  return thread.top - thread.base;
}

/** Cuts or fills (with nil) so that `index` is the top. */
export function setTop(L: LuaState, index: number): void {
  const thread = L as Thread;
  const top = index >= 0 ? thread.base + index : thread.top + index + 1;
  if (top > thread.stack.length) growStack(thread, top);
  for (let slot = thread.top; slot < top; slot++) thread.stack[slot] = undefined;
  thread.top = top;
}

/** The same place as a positive index. */
export function absIndex(L: LuaState, index: number): number {
  return index > 0 ? index : getTop(L) + index + 1;
}

/** Pushes a copy of the value at an index. */
export function pushValue(L: LuaState, index: number): void {
  push(L, at(L, index));
}

/** Removes `count` values from the top. */
export function pop(L: LuaState, count: number): void {
  (L as Thread).top -= count;
}

/** Removes the value at an index, moving those above it down. */
export function remove(L: LuaState, index: number): void {
  const thread = L as Thread;
  const stack = thread.stack;
  const top = thread.top - 1;
  for (let slot = slotOf(thread, index); slot < top; slot++) stack[slot] = stack[slot + 1];
  thread.top = top;
}

/** Moves the top to an index, moving those above it up. */
export function insert(L: LuaState, index: number): void {
  const thread = L as Thread;
  const stack = thread.stack;
  const to = slotOf(thread, index);
  const value = stack[thread.top - 1];
  for (let slot = thread.top - 1; slot > to; slot--) stack[slot] = stack[slot - 1];
  stack[to] = value;
}

/** Moves the top into an index, overwriting it. */
export function replace(L: LuaState, index: number): void {
  const thread = L as Thread;
  const to = slotOf(thread, index);
  thread.stack[to] = thread.stack[thread.top - 1];
  thread.top--;
}

/** Copies a value into an index, overwriting it. */
export function copy(L: LuaState, from: number, to: number): void {
  const thread = L as Thread;
  thread.stack[slotOf(thread, to)] = at(L, from);
}

/** Rotates the values from an index to the top by `count` places towards the top (down when negative). */
export function rotate(L: LuaState, index: number, count: number): void {
  const thread = L as Thread;
  const from = slotOf(thread, index);
  const values = thread.stack.slice(from, thread.top);
  const size = values.length;
  for (let i = 0; i < size; i++) thread.stack[from + ((i + count + size) % size)] = values[i];
}

/** Makes room for `count` more values; raises `stack overflow` when there is none. */
export function checkStack(L: LuaState, count: number): void {
  const thread = L as Thread;
  if (thread.top + count > STACK_SLOTS_MAX) raise(L, 'stack overflow');
  if (thread.top + count + HOST_STACK_MIN > thread.stack.length)
    growStack(thread, thread.top + count + HOST_STACK_MIN);
}

/** Moves the top `count` values to another thread. */
export function xmove(from: LuaState, to: LuaState, count: number): void {
  if (from === to) return;
  checkStack(to, count);
  const source = from as Thread;
  const start = source.top - count;
  for (let i = 0; i < count; i++) {
    push(to, source.stack[start + i]);
    source.stack[start + i] = undefined;
  }
  source.top = start;
}

// --- reading --------------------------------------------------------------------------------------------------------

/** Type of the value at an index; `none` beyond the top. */
export function typeOf(L: LuaState, index: number): LuaType {
  const thread = L as Thread;
  const slot = slotOf(thread, index);
  return slot < thread.top ? typeName(thread.stack[slot]) : 'none';
}

/** A number of integer subtype? */
export function isInteger(L: LuaState, index: number): boolean {
  return isIntegerNumber(at(L, index));
}

/** Truth: everything but nil and false. */
export function toBoolean(L: LuaState, index: number): boolean {
  const value = at(L, index);
  return value !== undefined && value !== false;
}

/** An integer, integral float or numeric string; a bigint beyond 2^53; `undefined` for anything else. */
export function toInteger(L: LuaState, index: number): number | bigint | undefined {
  return coerceInteger(at(L, index));
}

/** A number or numeric string as a double. */
export function toNumber(L: LuaState, index: number): number | undefined {
  const number = coerceNumber(at(L, index));
  return number === undefined ? undefined : toDouble(number);
}

/** A string or number as binary. The value on the stack stays what it is. */
export function toBinary(L: LuaState, index: number): string | undefined {
  const value = at(L, index);
  if (typeof value === 'string') return value;
  return isNumber(value) ? numberToString(value) : undefined;
}

/** A string or number as bytes, freshly made. */
export function toBytes(L: LuaState, index: number): Uint8Array | undefined {
  const binary = toBinary(L, index);
  return binary === undefined ? undefined : bytesOfBinary(binary);
}

/** A string or number as text; invalid UTF-8 becomes U+FFFD. */
export function toText(L: LuaState, index: number): string | undefined {
  const binary = toBinary(L, index);
  return binary === undefined ? undefined : decodeText(binary);
}

/** The object of a host userdata. */
export function toHostObject(L: LuaState, index: number): unknown {
  const value = at(L, index);
  return value instanceof Userdata ? value.object : undefined;
}

/** The thread at an index. */
export function toThread(L: LuaState, index: number): LuaState | undefined {
  const value = at(L, index);
  return value instanceof Thread ? value : undefined;
}

/** What `tostring` gives, as text; honours `__tostring` and `__name`. */
export function toDisplay(L: LuaState, index: number): string {
  return decodeText(displayBinary(L as Thread, at(L, index)));
}

function displayBinary(thread: Thread, value: Value): string {
  const metatable =
    value instanceof Table ? value.metatable : value instanceof Userdata ? value.type.metatable : null;
  const method = metatable === null ? undefined : metatable.getString('__tostring');
  if (method !== undefined) {
    const func = thread.top;
    push(thread, method);
    push(thread, value);
    callNow(thread, func, 1);
    const text = thread.stack[--thread.top];
    if (typeof text !== 'string') {
      if (isNumber(text)) return numberToString(text);
      raise(thread, "'__tostring' must return a string");
    }
    return text;
  }
  switch (typeof value) {
    case 'undefined':
      return 'nil';
    case 'string':
      return value;
    case 'boolean':
      return String(value);
    default:
      if (isNumber(value)) return numberToString(value);
      if (typeof value === 'function') return `function: builtin: ${addressOf(value)}`;
      return `${displayType(value)}: ${addressOf(value as object)}`;
  }
}

// --- pushing --------------------------------------------------------------------------------------------------------

export function pushNil(L: LuaState): void {
  push(L, undefined);
}

export function pushBoolean(L: LuaState, value: boolean): void {
  push(L, value);
}

/** Pushes an integer; a bigint is wrapped to 64 bits, a number that is no safe integer is rounded into range. */
export function pushInteger(L: LuaState, value: number | bigint): void {
  if (typeof value === 'number' && Number.isSafeInteger(value)) push(L, value + 0);
  else push(L, wrapInteger(BigInt(typeof value === 'number' ? Math.trunc(value) : value)));
}

export function pushFloat(L: LuaState, value: number): void {
  push(L, toFloatValue(value));
}

/** Pushes a safe integer as integer, anything else as float (`concurrency.md` § 8.2). */
export function pushNumber(L: LuaState, value: number): void {
  push(L, Number.isSafeInteger(value) && !Object.is(value, -0) ? value : toFloatValue(value));
}

/** Pushes a string whose characters are bytes. */
export function pushBinary(L: LuaState, binary: string): void {
  push(L, binary);
}

/** Pushes Unicode text as UTF-8. */
export function pushText(L: LuaState, text: string): void {
  push(L, encodeText(text));
}

/** Pushes a copy of bytes. */
export function pushBytes(L: LuaState, bytes: Uint8Array): void {
  push(L, latin1Of(bytes));
}

/** Pushes a host function; `name` is shown in traces. The same function is one Lua value wherever it is pushed. */
export function pushFunction(L: LuaState, fn: HostFunction, name: string): void {
  nameHostFunction(fn, name);
  push(L, fn);
}

export function pushThread(L: LuaState, thread: LuaState): void {
  push(L, thread as Thread);
}

/** Pushes any detached value as it is, without a copy. */
export function pushOwned(L: LuaState, value: LuaValue): void {
  push(L, value as unknown as Value);
}

/** The live value at an index, without a copy: for values that stay inside one unit. */
export function valueAt(L: LuaState, index: number): LuaValue {
  return at(L, index) as unknown as LuaValue;
}

/** Pushes the function of a chunk with the table at `environment` as its `_ENV`. */
export function pushChunk(L: LuaState, chunk: Chunk, environment: number): void {
  const proto = chunkProto(chunk);
  push(L, new LuaClosure(proto, [new Upvalue([at(L, environment)], 0, null)]));
}

// --- tables ---------------------------------------------------------------------------------------------------------

/** Pushes an empty table. The sizes are hints. */
export function newTable(L: LuaState, _elements = 0, _fields = 0): void {
  push(L, new Table());
}

/** Replaces the key on top by `value[key]`, metamethods included. @returns the type of the result */
export function getTable(L: LuaState, index: number): LuaType {
  const thread = L as Thread;
  const object = at(L, index);
  const value = readIndex(thread, object, thread.stack[--thread.top]);
  push(L, value);
  return typeName(value);
}

/** `value[key] = top`, the key below it; pops both. Metamethods included. */
export function setTable(L: LuaState, index: number): void {
  const thread = L as Thread;
  const object = at(L, index);
  const value = thread.stack[thread.top - 1];
  const key = thread.stack[thread.top - 2];
  thread.top -= 2;
  assign(thread, object, key, value);
}

function assign(thread: Thread, object: Value, key: Value, value: Value): void {
  if (setIndex(thread, object, key, value) !== CALL) return;
  const func = thread.top;
  push(thread, pending.fn);
  push(thread, pending.self);
  push(thread, key);
  push(thread, value);
  callNow(thread, func, 0);
}

/** Pushes `value[name]`, metamethods included. @returns its type */
export function getField(L: LuaState, index: number, name: string): LuaType {
  const value = readIndex(L as Thread, at(L, index), name);
  push(L, value);
  return typeName(value);
}

/** `value[name] = top`; pops it. Metamethods included. */
export function setField(L: LuaState, index: number, name: string): void {
  const thread = L as Thread;
  const object = at(L, index);
  assign(thread, object, name, thread.stack[--thread.top]);
}

function tableAt(L: LuaState, index: number): Table {
  const value = at(L, index);
  return value instanceof Table ? value : raise(L, `table expected, got ${typeName(value)}`);
}

/** As `getTable` without metamethods. */
export function rawGet(L: LuaState, index: number): LuaType {
  const thread = L as Thread;
  const table = tableAt(L, index);
  const value = table.get(thread.stack[--thread.top]);
  push(L, value);
  return typeName(value);
}

/** As `setTable` without metamethods; raises on read-only tables and on keys that are nil or NaN. */
export function rawSet(L: LuaState, index: number): void {
  const thread = L as Thread;
  const table = tableAt(L, index);
  const value = thread.stack[thread.top - 1];
  const key = thread.stack[thread.top - 2];
  thread.top -= 2;
  rawAssign(thread, table, key, value);
}

function rawAssign(thread: Thread, table: Table, key: Value, value: Value): void {
  if (table.isFrozen) runtimeError(thread, 'attempt to modify a readonly table');
  const fault = keyFault(key);
  if (fault !== undefined) runtimeError(thread, fault);
  table.set(key, value);
}

/** Pushes element `key` without metamethods. @returns its type */
export function rawGetIndex(L: LuaState, index: number, key: number): LuaType {
  const value = tableAt(L, index).getNumber(key);
  push(L, value);
  return typeName(value);
}

/** Sets element `key` to the top without metamethods; pops it. */
export function rawSetIndex(L: LuaState, index: number, key: number): void {
  const thread = L as Thread;
  const table = tableAt(L, index);
  rawAssign(thread, table, key, thread.stack[--thread.top]);
}

/** Length without metamethods: a border of a table, bytes of a string. */
export function rawLength(L: LuaState, index: number): number {
  const value = at(L, index);
  if (value instanceof Table) return value.length();
  return typeof value === 'string' ? value.length : 0;
}

/** Equality without metamethods. */
export function rawEqual(L: LuaState, a: number, b: number): boolean {
  return rawEquals(at(L, a), at(L, b));
}

/** What a host function pays for looking at one pair of a table, in instructions. */
const NEXT_COST = 6;

/** Replaces the key on top by the next key and value of a table; pops the key and gives false at the end. */
export function next(L: LuaState, index: number): boolean {
  const thread = L as Thread;
  thread.meter.fuel -= NEXT_COST;
  const table = tableAt(L, index);
  const position = table.positionOf(thread.stack[--thread.top]);
  if (position < 0) runtimeError(thread, "invalid key to 'next'");
  const found = table.nextPosition(position);
  if (found === 0) return false;
  push(L, table.keyAt(found));
  push(L, table.valueAt(found));
  return true;
}

/** Sets the metatable of the table at an index (or, for a string, that of all strings) to the top; pops it. */
export function setMetatable(L: LuaState, index: number): void {
  const thread = L as Thread;
  const value = at(L, index);
  const metatable = thread.stack[--thread.top];
  const table = metatable instanceof Table ? metatable : null;
  if (value instanceof Table) value.metatable = table;
  else if (typeof value === 'string') thread.machine.stringMetatable = table;
}

/** Pushes the metatable of the value at an index, or nothing. @returns whether it did */
export function getMetatable(L: LuaState, index: number): boolean {
  const value = at(L, index);
  let metatable: Table | null = null;
  if (value instanceof Table) metatable = value.metatable;
  else if (value instanceof Userdata) metatable = value.type.metatable;
  else if (typeof value === 'string') metatable = (L as Thread).machine.stringMetatable;
  if (metatable === null) return false;
  push(L, metatable);
  return true;
}

/** Makes the table at an index read-only: writes raise `attempt to modify a readonly table`. */
export function freezeTable(L: LuaState, index: number): void {
  tableAt(L, index).isFrozen = true;
}

/** Whether the value at an index is a read-only table. */
export function isFrozen(L: LuaState, index: number): boolean {
  const value = at(L, index);
  return value instanceof Table && value.isFrozen;
}

/** `a < b` on detached values, metamethods included; raises as the operator does. */
export function lessThan(L: LuaState, a: LuaValue, b: LuaValue): boolean {
  const thread = L as Thread;
  const answer = compareLess(thread, a as unknown as Value, b as unknown as Value);
  if (answer !== CALL) return answer;
  const func = thread.top;
  push(L, pending.fn);
  pushOwned(L, a);
  pushOwned(L, b);
  callNow(thread, func, 1);
  const value = thread.stack[--thread.top];
  return value !== undefined && value !== false;
}

// --- text -----------------------------------------------------------------------------------------------------------

/** Binary to text; invalid UTF-8 becomes U+FFFD. */
export function decodeText(binary: string): string {
  charge(binary.length >> BYTES_PER_INSTRUCTION_BITS);
  return isAscii(binary) ? binary : utf8.decode(Buffer.from(binary, 'latin1'));
}

/** Text to binary: its UTF-8 bytes. */
export function encodeText(text: string): string {
  charge(text.length >> BYTES_PER_INSTRUCTION_BITS);
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** Binary to bytes, freshly made. */
export function bytesOfBinary(binary: string): Uint8Array {
  charge(binary.length >> BYTES_PER_INSTRUCTION_BITS);
  return Buffer.from(binary, 'latin1');
}

/** Bytes to binary. */
export function latin1Of(bytes: Uint8Array): string {
  charge(bytes.length >> BYTES_PER_INSTRUCTION_BITS);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** Sixteen bytes are looked at or copied in the time of an instruction. */
const BYTES_PER_INSTRUCTION_BITS = 4;

const NOT_ASCII = /[^\0-\x7f]/;

function isAscii(text: string): boolean {
  if (text.length > 32) return !NOT_ASCII.test(text);
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

// --- raising --------------------------------------------------------------------------------------------------------

/** Raises an error with a text, the position of the calling Lua function in front. */
export function raise(L: LuaState, message: string): never {
  const thread = L as Thread;
  const caller = thread.frame.closure === null ? thread.frame.previous : thread.frame;
  throw new LuaError(positionOf(caller) + encodeText(message));
}

function positionOf(frame: Thread['frame'] | null): string {
  if (frame === null || frame.closure === null) return '';
  const proto = frame.closure.proto;
  return `${proto.source}:${proto.lines[Math.max(0, frame.pc - 1)] ?? proto.firstLine}: `;
}

/** Raises the value on top. */
export function raiseValue(L: LuaState): never {
  const thread = L as Thread;
  throw new LuaError(thread.stack[thread.top - 1]);
}

export type { LuaNumber };
