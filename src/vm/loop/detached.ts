/**
 * Lua values off the stack: made, read and copied without a thread. A detached value is a `Value` under an opaque
 * type; nil is `undefined`.
 */
import { HubError, JSON_VALUES_MAX, VALUE_DEPTH_MAX } from '../../base/index.ts';
import type { LuaState, LuaValue } from '../value/api.ts';
import { LuaFloat } from '../value/float.ts';
import { coerceInteger, isInteger, isNumber, toFloatValue, wrapInteger } from '../value/number.ts';
import { SHAPE, Table } from '../value/table.ts';
import { LuaClosure, type LuaType, Thread, Userdata, type Value } from '../value/value.ts';
import { charge } from './calls.ts';
import { typeName } from './metamethods.ts';
import { at, bytesOfBinary, decodeText, encodeText, latin1Of } from './stack.ts';

const seal = (value: Value): LuaValue => value as unknown as LuaValue;
const open = (value: LuaValue): Value => value as unknown as Value;

/** What making a table costs, and each field of it, in instructions. */
const NEW_TABLE_COST = 8;
const FIELD_COST = 12;

// --- making ---------------------------------------------------------------------------------------------------------

export function makeNil(): LuaValue {
  return seal(undefined);
}

export function makeBoolean(value: boolean): LuaValue {
  return seal(value);
}

/** An integer; a bigint is wrapped to 64 bits. */
export function makeInteger(value: number | bigint): LuaValue {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return seal(value + 0);
  return seal(wrapInteger(BigInt(typeof value === 'number' ? Math.trunc(value) : value)));
}

export function makeFloat(value: number): LuaValue {
  return seal(toFloatValue(value));
}

/** A string from a string of bytes. */
export function makeBinary(binary: string): LuaValue {
  return seal(binary);
}

/** A string from Unicode text. */
export function makeText(text: string): LuaValue {
  return seal(encodeText(text));
}

/** A string from bytes, copied. */
export function makeBytes(bytes: Uint8Array): LuaValue {
  return seal(latin1Of(bytes));
}

/** An empty table. */
export function makeTable(): LuaValue {
  return seal(new Table());
}

/** A table of elements 1..n; nil leaves a hole. */
export function tableFromArray(values: readonly (LuaValue | undefined)[]): LuaValue {
  charge(NEW_TABLE_COST + values.length * 2);
  const array: Value[] = [undefined];
  let holes = 0;
  for (const value of values) {
    if (value === undefined) holes++;
    array.push(open(value as LuaValue));
  }
  while (array.length > 1 && array[array.length - 1] === undefined) {
    array.pop();
    holes--;
  }
  return seal(Table.fromArray(array, holes));
}

/** A table of fields in this order; keys are binary. */
export function tableFromEntries(binaryKeys: readonly string[], values: readonly LuaValue[]): LuaValue {
  charge(NEW_TABLE_COST + binaryKeys.length * FIELD_COST);
  const table = new Table();
  for (let i = 0; i < binaryKeys.length; i++) table.set(binaryKeys[i]!, open(values[i]!));
  return seal(table);
}

/** Sets a field; the key must be neither nil nor NaN. For tables under construction. */
export function tableSet(table: LuaValue, key: LuaValue, value: LuaValue): void {
  charge(FIELD_COST);
  (open(table) as Table).set(open(key), open(value));
}

export function tableSetField(table: LuaValue, binaryName: string, value: LuaValue): void {
  (open(table) as Table).set(binaryName, open(value));
}

export function tableSetIndex(table: LuaValue, index: number, value: LuaValue): void {
  (open(table) as Table).set(index, open(value));
}

/** Says that a table was an object where it came from, and is one while it is empty (`json-and-clients.md` E1). */
export function markObject(table: LuaValue): void {
  (open(table) as Table).shape = SHAPE.emptyObject;
}

/** Names of members that were null where a table came from, as binary text. Few tables have any. */
const nullMembers = new WeakMap<Table, readonly string[]>();

/** Says that a table was an object where it came from, and which members were null there, so that they can be again. */
export function markNulls(table: LuaValue, binaryNames: readonly string[]): void {
  const raw = open(table) as Table;
  raw.shape = SHAPE.nulledObject;
  nullMembers.set(raw, binaryNames);
}

/** Says that a table was an array where it came from: holes in it are written as null (`everyday.md` § 6). */
export function markArray(table: LuaValue): void {
  (open(table) as Table).shape = SHAPE.holedArray;
}

/**
 * Says what a table is as JSON, whatever it holds (`everyday.md` § 6); copies keep it.
 * @returns false for a table that cannot be changed.
 */
export function setShape(table: LuaValue, shape: 'object' | 'array'): boolean {
  const raw = open(table) as Table;
  if (raw.isFrozen) return false;
  raw.shape = SHAPE[shape];
  return true;
}

/** What a program said that a table is. */
export function shapeOf(table: LuaValue): 'object' | 'array' | undefined {
  const { shape } = open(table) as Table;
  if (shape < SHAPE.object) return undefined;
  return shape === SHAPE.object ? 'object' : 'array';
}

// --- reading --------------------------------------------------------------------------------------------------------

export function valueType(value: LuaValue): LuaType {
  return typeName(open(value));
}

export function isIntegerValue(value: LuaValue): boolean {
  return isInteger(open(value));
}

/** Truth: everything but nil and false. */
export function booleanOf(value: LuaValue): boolean {
  return open(value) !== undefined && open(value) !== false;
}

/** A number; integers beyond 2^53 as bigint. `undefined` for other types, strings included. */
export function numberOf(value: LuaValue): number | bigint | undefined {
  const raw = open(value);
  if (!isNumber(raw)) return undefined;
  return raw instanceof LuaFloat ? raw.n : raw;
}

/** An integer or integral float; `undefined` for anything else, strings included. */
export function integerOf(value: LuaValue): number | bigint | undefined {
  const raw = open(value);
  return isNumber(raw) ? coerceInteger(raw) : undefined;
}

/** A string as binary. */
export function binaryOf(value: LuaValue): string | undefined {
  const raw = open(value);
  return typeof raw === 'string' ? raw : undefined;
}

/** A string as text; invalid UTF-8 becomes U+FFFD. */
export function textOf(value: LuaValue): string | undefined {
  const raw = open(value);
  return typeof raw === 'string' ? decodeText(raw) : undefined;
}

/** A string as bytes, freshly made. */
export function bytesOf(value: LuaValue): Uint8Array | undefined {
  const raw = open(value);
  return typeof raw === 'string' ? bytesOfBinary(raw) : undefined;
}

/** The object of a host userdata. */
export function hostObjectOf(value: LuaValue): unknown {
  const raw = open(value);
  return raw instanceof Userdata ? raw.object : undefined;
}

/** The value that stands for a host userdata in plain data, as its type says. */
export function plainFormOf(value: LuaValue): LuaValue | undefined {
  const raw = open(value);
  return raw instanceof Userdata
    ? (raw.type.plain?.(raw.object as never) as LuaValue | undefined)
    : undefined;
}

/** Something that is `===` for the same table, function, thread or userdata. */
export function identityOf(value: LuaValue): unknown {
  return open(value);
}

/** Field of a value's metatable, raw. */
export function metaFieldOf(value: LuaValue, binaryName: string): LuaValue | undefined {
  const raw = open(value);
  const metatable =
    raw instanceof Table ? raw.metatable : raw instanceof Userdata ? raw.type.metatable : null;
  const field = metatable?.getString(binaryName);
  return field === undefined ? undefined : seal(field);
}

/** Raw read; nil for what is not there. */
export function tableGet(table: LuaValue, key: LuaValue): LuaValue {
  return seal((open(table) as Table).get(open(key)));
}

export function tableGetField(table: LuaValue, binaryName: string): LuaValue {
  return seal((open(table) as Table).getString(binaryName));
}

export function tableGetIndex(table: LuaValue, index: number): LuaValue {
  return seal((open(table) as Table).getNumber(index));
}

/** The border `#` gives, raw. */
export function tableLength(table: LuaValue): number {
  return (open(table) as Table).length();
}

/**
 * The length of a table that is an array: n when the keys are exactly 1..n, or the highest index when it was or is said to
 * be one; else -1.
 */
export function arrayLengthOf(table: LuaValue): number {
  const raw = open(table) as Table;
  if (raw.shape >= SHAPE.holedArray)
    return raw.shape === SHAPE.object ? objectLength(raw) : highestIndex(raw);
  return raw.holes === 0 && raw.dead * 2 === raw.slots.length ? raw.length() : -1;
}

function objectLength(table: Table): number {
  return table.array.length === 1 && table.dead * 2 === table.slots.length ? 0 : -1;
}

/** Looked for among the slots, too; -1 with any other key, or beyond what is worth writing. */
function highestIndex({ array, slots }: Table): number {
  let highest = array.length - 1;
  charge(slots.length);
  for (let i = 0; i < slots.length; i += 2) {
    const key = slots[i];
    if (slots[i + 1] === undefined) continue;
    if (typeof key !== 'number' || !Number.isInteger(key) || key < 1 || key > JSON_VALUES_MAX) return -1;
    if (key > highest) highest = key;
  }
  return highest;
}

/** Visits every pair in the order of `pairs`. */
export function eachEntry(table: LuaValue, visit: (key: LuaValue, value: LuaValue) => void): void {
  const raw = open(table) as Table;
  for (let i = raw.nextPosition(0); i !== 0; i = raw.nextPosition(i))
    visit(seal(raw.keyAt(i)), seal(raw.valueAt(i)));
}

/** Every pair in the order of `pairs`. */
export function* tableEntries(table: LuaValue): IterableIterator<[LuaValue, LuaValue]> {
  const raw = open(table) as Table;
  for (let i = raw.nextPosition(0); i !== 0; i = raw.nextPosition(i))
    yield [seal(raw.keyAt(i)), seal(raw.valueAt(i))];
}

/** Whether an empty table is an object. */
export function isMarkedObject(table: LuaValue): boolean {
  const { shape } = open(table) as Table;
  return shape === SHAPE.emptyObject || shape === SHAPE.nulledObject || shape === SHAPE.object;
}

/** Names of members that were null where the table came from and have no value now, as binary text. */
export function nullsOf(table: LuaValue): readonly string[] {
  const raw = open(table) as Table;
  if (raw.shape !== SHAPE.nulledObject) return NO_NAMES;
  return nullMembers.get(raw)!.filter((name) => raw.get(name) === undefined);
}

const NO_NAMES: readonly string[] = Object.freeze([]);

// --- copying --------------------------------------------------------------------------------------------------------

/**
 * A deep copy by the rules of `errors-and-payloads.md` § 5: cycles and shared tables are kept, metatables dropped,
 * userdata become what their type's `transfer` says, else nil. Charged to the program that runs.
 * @throws HubError MH_LUA_VALUE_NOT_COPYABLE (a function or thread in it), MH_LUA_VALUE_TOO_DEEP
 */
export function copyValue(value: LuaValue): LuaValue {
  const raw = open(value);
  if (typeof raw !== 'object' && typeof raw !== 'function') return value;
  return seal(new Copier().run(raw));
}

/** What a copy of a value takes; see `copyValue`. */
export interface CopyCost {
  /** Instructions. */
  readonly cost: number;
  /** Memory it keeps, about: shared strings are counted as often as they are named. */
  readonly bytes: number;
}

/** What a copy of a value would take, its size included. */
export function copyCost(value: LuaValue): CopyCost {
  const seen = new Set<Table>();
  const rest: Value[] = [open(value)];
  let cost = 0;
  let bytes = 0;
  for (let raw = rest.pop(); raw !== undefined; raw = rest.pop()) {
    if (typeof raw === 'string') bytes += raw.length;
    if (!(raw instanceof Table) || seen.has(raw)) continue;
    seen.add(raw);
    cost += costOf(raw);
    bytes += TABLE_BYTES + (raw.array.length + raw.slots.length) * SLOT_BYTES;
    for (const item of raw.array) if (typeof item === 'object' || typeof item === 'string') rest.push(item);
    for (const item of raw.slots) if (typeof item === 'object' || typeof item === 'string') rest.push(item);
  }
  return { cost, bytes };
}

/** Memory of an empty table, and of each of its slots. */
const TABLE_BYTES = 128;
const SLOT_BYTES = 8;

/** A copied table costs about as much as so many copied values. */
const TABLE_COST = 16;

function costOf(table: Table): number {
  return TABLE_COST + table.array.length + table.slots.length;
}

/**
 * As `copyValue`, of the value at an index.
 * @param noteDropped told the type of the first userdata that cannot travel.
 */
export function copyOut(
  L: LuaState,
  index: number,
  noteDropped?: (L: LuaState, typeName: string) => void,
): LuaValue {
  const value = at(L, index);
  if (typeof value !== 'object' && typeof value !== 'function') return seal(value);
  const copier = new Copier();
  const copy = copier.run(value);
  if (copier.dropped !== undefined) noteDropped?.(L, copier.dropped);
  return seal(copy);
}

class Copier {
  #cost = 0;
  /** Type of the first userdata that became nil. */
  dropped: string | undefined;
  /** The outermost table and its copy. */
  #root: Table | undefined;
  #rootCopy: Table | undefined;
  /** Tables copied already; made when the first nested table is met. */
  #seen: Map<Table, Table> | undefined;
  readonly #path: Value[] = [];

  /** Copies the outermost value. */
  run(value: Value): Value {
    try {
      return this.copy(value, 0);
    } finally {
      charge(this.#cost);
    }
  }

  copy(value: Value, depth: number): Value {
    if (typeof value === 'function' || value instanceof LuaClosure) throw this.#refusal('function');
    if (!(value instanceof Table)) {
      if (value instanceof Userdata) return this.#transfer(value);
      if (value instanceof Thread) throw this.#refusal('thread');
      return value;
    }
    const known = this.#seen === undefined ? this.#knownRoot(value) : this.#seen.get(value);
    if (known !== undefined) return known;
    if (depth >= VALUE_DEPTH_MAX) throw tooDeep();
    const copy = new Table();
    copy.shape = value.shape;
    if (value.shape === SHAPE.nulledObject) nullMembers.set(copy, nullMembers.get(value)!);
    this.#remember(value, copy);
    this.#cost += costOf(value);
    this.#copyArray(value, copy, depth);
    this.#copySlots(value, copy, depth);
    return copy;
  }

  #transfer(userdata: Userdata): Value {
    const moved = transfer(userdata);
    if (moved === undefined) this.dropped ??= userdata.type.name;
    return moved;
  }

  #knownRoot(value: Table): Table | undefined {
    return value === this.#root ? this.#rootCopy : undefined;
  }

  /** Most messages are one flat table: only a second one is worth a map. */
  #remember(value: Table, copy: Table): void {
    if (this.#root === undefined) {
      this.#root = value;
      this.#rootCopy = copy;
      return;
    }
    this.#seen ??= new Map([[this.#root, this.#rootCopy!]]);
    this.#seen.set(value, copy);
  }

  #copyArray(from: Table, to: Table, depth: number): void {
    const source = from.array;
    if (source.length === 1) return;
    const array: Value[] = [undefined];
    let holes = 0;
    for (let i = 1; i < source.length; i++) {
      const value = this.#copyItem(i, source[i], depth);
      if (value === undefined) holes++;
      array.push(value);
    }
    while (array.length > 1 && array[array.length - 1] === undefined) {
      array.pop();
      holes--;
    }
    if (array.length === 1) return;
    to.array = array;
    to.holes = holes;
  }

  #copySlots(from: Table, to: Table, depth: number): void {
    const slots = from.slots;
    if (slots.length === 0) return;
    if (from.dead === 0 && isFlat(slots)) {
      to.adoptSlots(slots.slice());
      return;
    }
    for (let i = 0; i < slots.length; i += 2) {
      const value = slots[i + 1];
      if (value === undefined) continue;
      const key = typeof slots[i] === 'object' ? this.#copyItem(slots[i], slots[i], depth) : slots[i];
      if (typeof key === 'function') throw this.#refusal('function');
      if (key === undefined) continue;
      const copied = this.#copyItem(key, value, depth);
      if (copied !== undefined) to.set(key, copied);
    }
  }

  #copyItem(key: Value, value: Value, depth: number): Value {
    if (typeof value !== 'object' && typeof value !== 'function') return value;
    this.#path.push(key);
    const copy = this.copy(value, depth + 1);
    this.#path.pop();
    return copy;
  }

  #refusal(kind: string): HubError {
    const path = this.#path.map(pathPart).join('').replace(/^\./, '');
    const place = path === '' ? 'it' : `'${path}'`;
    return new HubError('MH_LUA_VALUE_NOT_COPYABLE', {
      message: `Cannot copy a value: ${place} is a ${kind}`,
      hint: 'Send plain data: strings, numbers, booleans and tables of these.',
    });
  }
}

/** No tables, functions or userdata among keys and values. */
function isFlat(slots: readonly Value[]): boolean {
  for (const item of slots) if (typeof item === 'object' || typeof item === 'function') return false;
  return true;
}

function transfer(userdata: Userdata): Value {
  const convert = userdata.type.transfer as ((object: unknown) => Value) | undefined;
  return convert === undefined ? undefined : convert(userdata.object);
}

function pathPart(key: Value): string {
  if (typeof key === 'string') return `.${decodeText(key)}`;
  return typeof key === 'object' ? '[table]' : `[${String(key)}]`;
}

function tooDeep(): HubError {
  return new HubError('MH_LUA_VALUE_TOO_DEEP', {
    message: `Cannot copy a value: it nests deeper than ${VALUE_DEPTH_MAX} tables`,
  });
}
