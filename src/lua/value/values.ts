/**
 * Lua values for code without a Lua stack: making them from plain data, reading them, turning them back.
 * Edge rooms read message payloads with these. A value in transit is never changed; a receiver that wants its own
 * takes a `copyValue`.
 *
 * Text is Unicode on the host side and UTF-8 on the Lua side; `Uint8Array` is any bytes. A detached nil may be
 * JavaScript's `undefined`: ask `isNil`.
 */
import { HubError, PLAIN_PARTS_MAX, VALUE_DEPTH_MAX } from '../../base/index.ts';
import {
  arrayLengthOf,
  binaryOf,
  booleanOf,
  bytesOf,
  charge,
  copyValue,
  eachEntry,
  floatToText,
  hostObjectOf,
  identityOf,
  integerOf,
  isIntegerValue,
  type LuaType,
  type LuaValue,
  makeBinary,
  makeBoolean,
  makeBytes,
  makeFloat,
  makeInteger,
  makeNil,
  makeTable,
  makeText,
  markArray,
  markObject,
  numberOf,
  tableEntries,
  tableFromArray,
  tableFromEntries,
  tableGetField,
  tableGetIndex,
  tableSet,
  textOf,
  valueType,
} from '../../vm/index.ts';

export {
  copyValue,
  eachEntry,
  hostObjectOf,
  type LuaType,
  type LuaValue,
  makeBinary,
  makeInteger,
  makeTable,
  makeText,
  tableEntries,
  tableFromArray,
  tableFromEntries,
  valueType,
};

/** Plain data that becomes a Lua value. `undefined` and `null` are nil; as a table value they leave no key. */
export type HostValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly HostValue[]
  | ReadonlyMap<HostValue, HostValue>
  | { readonly [key: string]: HostValue };

/** Lua's nil, detached. */
export const nilValue: () => LuaValue = makeNil;

/**
 * Plain data to a Lua value. Integral numbers a double holds exactly and bigints of 64 bits become integers, other
 * numbers floats (`concurrency.md` § 8.2). Arrays start at 1.
 */
export function fromHost(value: HostValue): LuaValue {
  if (value === null || value === undefined) return makeNil();
  switch (typeof value) {
    case 'boolean':
      return makeBoolean(value);
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? makeInteger(value) : makeFloat(value);
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? makeInteger(value) : makeFloat(Number(value));
    case 'string':
      return makeText(value);
    default:
      return value instanceof Uint8Array ? makeBytes(value) : fromCollection(value);
  }
}

/** Bytes to a Lua string, copied. */
export function fromBytes(bytes: Uint8Array): LuaValue {
  return makeBytes(bytes);
}

/**
 * A Lua value as plain data: strings as text, tables with keys 1..n as arrays, others as objects without prototype
 * whose keys are text; an empty table is an object. Functions, threads and userdata become null. Shared tables are
 * repeated.
 * @throws MH_LUA_VALUE_NOT_PLAIN for a table that contains itself, nests deeper than VALUE_DEPTH_MAX or becomes more
 *   than PLAIN_PARTS_MAX parts.
 */
export function toHost(value: LuaValue): HostValue {
  const reader = new PlainReader();
  try {
    return reader.read(value);
  } finally {
    charge(reader.parts * PLAIN_PART_COST);
  }
}

/** What a value costs that becomes plain data, in instructions. */
const PLAIN_PART_COST = 40;

/** One conversion to plain data; counts so that a small value cannot become a huge one. */
class PlainReader {
  readonly #enclosing = new Set<unknown>();
  parts = 0;

  read(value: LuaValue): HostValue {
    if (++this.parts > PLAIN_PARTS_MAX) throw notPlain(`it has more than ${PLAIN_PARTS_MAX} parts`);
    switch (valueType(value)) {
      case 'boolean':
        return booleanOf(value);
      case 'number':
        return numberOf(value);
      case 'string':
        return textOf(value);
      case 'table':
        return this.#readTable(value);
      default:
        return null;
    }
  }

  #readTable(table: LuaValue): HostValue {
    const identity = identityOf(table);
    if (this.#enclosing.has(identity)) throw notPlain('the table contains itself');
    if (this.#enclosing.size >= VALUE_DEPTH_MAX)
      throw notPlain(`it nests deeper than ${VALUE_DEPTH_MAX} tables`);
    this.#enclosing.add(identity);
    const items = toArray(table);
    let plain: HostValue;
    if (items !== undefined && items.length > 0) plain = items.map((item) => this.read(item));
    else {
      const object = Object.create(null) as Record<string, HostValue>;
      eachEntry(table, (key, item) => {
        object[keyText(key)] = this.read(item);
      });
      plain = object;
    }
    this.#enclosing.delete(identity);
    return plain;
  }
}

function notPlain(fact: string): HubError {
  return new HubError('MH_LUA_VALUE_NOT_PLAIN', { message: `Cannot turn into plain data: ${fact}` });
}

/** Field of a table by text key; `undefined` when nil or when `value` is no table. */
export function tableGet(value: LuaValue | undefined, key: string): LuaValue | undefined {
  if (value === undefined || valueType(value) !== 'table') return undefined;
  const found = tableGetField(value, binaryText(key));
  return valueType(found) === 'nil' ? undefined : found;
}

/** Field of a table by binary key (each character one byte): cheaper than `tableGet`. */
export function tableGetBinary(value: LuaValue | undefined, key: string): LuaValue | undefined {
  if (value === undefined || valueType(value) !== 'table') return undefined;
  const found = tableGetField(value, key);
  return valueType(found) === 'nil' ? undefined : found;
}

/** The items 1..n of a table whose keys are exactly that; `undefined` otherwise. */
export function toArray(value: LuaValue): LuaValue[] | undefined {
  if (valueType(value) !== 'table') return undefined;
  const length = arrayLengthOf(value);
  charge(length);
  return length < 0 ? undefined : Array.from({ length }, (_, i) => tableGetIndex(value, i + 1));
}

/** Bytes of a string, not to be changed; `undefined` for other types. */
export function toBytes(value: LuaValue | undefined): Uint8Array | undefined {
  return value === undefined || valueType(value) !== 'string' ? undefined : bytesOf(value);
}

/** A string as binary, each character one byte; `undefined` for other types. */
export function toBinary(value: LuaValue | undefined): string | undefined {
  return value === undefined || valueType(value) !== 'string' ? undefined : binaryOf(value);
}

/** A string as text (invalid UTF-8 becomes U+FFFD); `undefined` for other types. */
export function toText(value: LuaValue | undefined): string | undefined {
  return value === undefined || valueType(value) !== 'string' ? undefined : textOf(value);
}

/** A number as a double; `undefined` for other types, numeric strings included. */
export function toNumber(value: LuaValue | undefined): number | undefined {
  if (value === undefined || valueType(value) !== 'number') return undefined;
  const number = numberOf(value);
  return number === undefined ? undefined : Number(number);
}

/** A number with an exact integer value; `undefined` otherwise. */
export function toInteger(value: LuaValue | undefined): number | bigint | undefined {
  return value === undefined || valueType(value) !== 'number' ? undefined : integerOf(value);
}

/** A boolean; `undefined` for other types. */
export function toBoolean(value: LuaValue | undefined): boolean | undefined {
  return value !== undefined && valueType(value) === 'boolean' ? booleanOf(value) : undefined;
}

/** What Lua's `tostring` gives for a string, number, boolean or nil, as binary; the type name for anything else. */
export function displayOf(value: LuaValue): string {
  switch (valueType(value)) {
    case 'string':
      return binaryOf(value)!;
    case 'number':
      return isIntegerValue(value) ? String(integerOf(value)) : floatToText(Number(numberOf(value)));
    case 'boolean':
      return String(booleanOf(value));
    default:
      return valueType(value);
  }
}

/** Whether there is no value. */
export function isNil(value: LuaValue | undefined): boolean {
  return value === undefined || valueType(value) === 'nil';
}

function fromCollection(
  value: readonly HostValue[] | ReadonlyMap<HostValue, HostValue> | { readonly [key: string]: HostValue },
): LuaValue {
  if (Array.isArray(value)) {
    const table = tableFromArray((value as readonly HostValue[]).map(fromHost));
    if (value.length > 0) markArray(table);
    return table;
  }
  if (value instanceof Map) {
    const table = makeTable();
    for (const [key, item] of value as ReadonlyMap<HostValue, HostValue>) {
      if (item !== null && item !== undefined) tableSet(table, fromHost(key), fromHost(item));
    }
    return table;
  }
  const record = value as { readonly [key: string]: HostValue };
  const keys = Object.keys(record).filter((key) => record[key] !== null && record[key] !== undefined);
  const table = tableFromEntries(
    keys.map(binaryText),
    keys.map((key) => fromHost(record[key])),
  );
  // An empty record stays an object when it is written as JSON (json-and-clients.md E1).
  if (keys.length === 0) markObject(table);
  return table;
}

function keyText(key: LuaValue): string {
  switch (valueType(key)) {
    case 'string':
      return textOf(key)!;
    case 'number':
      return String(numberOf(key));
    case 'boolean':
      return String(booleanOf(key));
    default:
      return valueType(key);
  }
}

function binaryText(text: string): string {
  // ASCII, the usual key, is its own binary spelling.
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return Buffer.from(text, 'utf8').toString('latin1');
  }
  return text;
}
