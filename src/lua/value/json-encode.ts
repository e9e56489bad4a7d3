/**
 * Lua value -> JSON text (`json-and-clients.md` § 2). Texts are *binary*: a JavaScript string whose characters
 * are the bytes of UTF-8, the cheapest form on the Lua side.
 */
import { isUtf8 } from 'node:buffer';
import { HubError, JSON_DEPTH_MAX, JSON_TEXT_BYTES_MAX, JSON_VALUES_MAX } from '../../base/index.ts';
import {
  arrayLengthOf,
  binaryOf,
  booleanOf,
  charge,
  eachEntry,
  hostObjectOf,
  identityOf,
  isMarkedObject,
  type LuaValue,
  metaFieldOf,
  nullsOf,
  numberOf,
  plainFormOf,
  shapeOf,
  tableGetIndex,
  valueType,
} from '../../vm/index.ts';

/**
 * Writes a value as JSON. Object members come in `pairs` order.
 * A byte costs what an instruction costs: long texts use up the slice of their program.
 * @returns binary text (UTF-8 bytes), always valid UTF-8.
 * @throws MH_JSON_ENCODE_FAILED for cycles, sparse arrays, mixed keys, and beyond depth or size limits;
 *   MH_JSON_KEY_INVALID for a `json.array` with other keys
 */
export function encodeJson(value: LuaValue): string {
  const encoder = new Encoder();
  try {
    encoder.value(value);
    return encoder.text;
  } finally {
    charge(encoder.text.length + encoder.entries * ENTRY_COST);
  }
}

/** What an entry of a table costs beside its text, in instructions. */
const ENTRY_COST = 4;

class Encoder {
  /** What has been written. Appending builds a rope: linear however long it gets. */
  text = '';
  /** Tables being written, outermost first: at most `JSON_DEPTH_MAX`, so a scan beats a set. */
  readonly #ancestors: unknown[] = [];
  /** Entries looked at. Shared subtables can make a small value huge; dropped members cost time but no text. */
  entries = 0;

  value(value: LuaValue): void {
    switch (valueType(value)) {
      case 'string':
        this.text += quote(binaryOf(value)!);
        return;
      case 'number':
        this.text += numberText(numberOf(value)!);
        return;
      case 'boolean':
        this.text += booleanOf(value) ? 'true' : 'false';
        return;
      case 'table':
        this.#table(value);
        return;
      case 'userdata':
        this.#hostObject(value);
        return;
      default:
        this.text += 'null';
    }
  }

  #hostObject(value: LuaValue): void {
    const plain = plainFormOf(value);
    if (plain === undefined) {
      this.text += 'null';
      return;
    }
    this.#enter(hostObjectOf(value));
    this.value(plain);
    this.#ancestors.pop();
  }

  #table(table: LuaValue): void {
    const length = arrayLengthOf(table);
    if (length === 0) {
      // An empty table is nested too, but it cannot hold an ancestor.
      if (this.#ancestors.length >= JSON_DEPTH_MAX) throw tooDeep();
      if (isEmptyObject(table)) this.#nulls(table, '{');
      else this.text += '[]';
      return;
    }
    this.#enter(identityOf(table));
    if (length > 0) this.#array(table, length);
    else this.#object(table);
    this.#ancestors.pop();
  }

  /** Goes one level down. @param identity by which a cycle is recognised */
  #enter(identity: unknown): void {
    if (this.#ancestors.includes(identity)) throw failed('table is recursively nested');
    if (this.#ancestors.length >= JSON_DEPTH_MAX) throw tooDeep();
    this.#ancestors.push(identity);
  }

  #array(table: LuaValue, length: number): void {
    this.text += '[';
    for (let i = 1; i <= length; i++) {
      if (i > 1) this.text += ',';
      this.value(tableGetIndex(table, i));
      this.#count();
    }
    this.text += ']';
  }

  #object(table: LuaValue): void {
    const shape = shapeOf(table);
    if (shape === 'array') throw wrongKey(table);
    const isObject = shape === 'object';
    let separator: '{' | ',' = '{';
    eachEntry(table, (key, value) => {
      const name = keyText(key, table, isObject);
      this.#count();
      if (name === undefined) return;
      this.text += `${separator}${name}:`;
      this.value(value);
      separator = ',';
    });
    this.#nulls(table, separator);
  }

  /** Members that were null where the object came from, and its end. */
  #nulls(table: LuaValue, first: '{' | ','): void {
    let separator = first;
    for (const name of nullsOf(table)) {
      this.#count();
      this.text += `${separator}${quote(name)}:null`;
      separator = ',';
    }
    this.text += separator === '{' ? '{}' : '}';
  }

  #count(): void {
    this.entries++;
    if (this.text.length > JSON_TEXT_BYTES_MAX || this.entries > JSON_TEXT_BYTES_MAX) {
      throw failed(`text is larger than ${JSON_TEXT_BYTES_MAX} bytes`);
    }
  }
}

/** A table decoded from `{}` stays an object; `__jsontype` decides for others (E1, E2). */
function isEmptyObject(table: LuaValue): boolean {
  const type = metaFieldOf(table, '__jsontype');
  if (type !== undefined && valueType(type) === 'string') {
    const text = binaryOf(type);
    if (text === 'object') return true;
    if (text === 'array') return false;
  }
  return isMarkedObject(table);
}

/** The quoted member name, or `undefined` for keys that JSON cannot have (§ 2.2). */
function keyText(key: LuaValue, table: LuaValue, isObject: boolean): string | undefined {
  switch (valueType(key)) {
    case 'string':
      return quote(binaryOf(key)!);
    case 'boolean':
      return booleanOf(key) ? '"true"' : '"false"';
    case 'number': {
      const number = numberOf(key)!;
      if (!isObject && isArrayIndex(number)) throw notAnArray(table);
      return `"${Number.isFinite(number) || typeof number === 'bigint' ? numberText(number) : infinityText(number)}"`;
    }
    default:
      return undefined;
  }
}

function isArrayIndex(key: number | bigint): boolean {
  return key > 0 && (typeof key === 'bigint' || Number.isInteger(key));
}

/** A table that is said to be an array has a key that no array has. */
function wrongKey(table: LuaValue): HubError {
  let wrong: string | undefined;
  eachEntry(table, (key) => {
    const number = valueType(key) === 'number' ? numberOf(key)! : 0;
    if (isArrayIndex(number) && number <= JSON_VALUES_MAX) return;
    wrong ??=
      valueType(key) === 'string'
        ? `"${binaryOf(key)!.slice(0, SHOWN_KEY_MAX)}"`
        : String(numberOf(key) ?? valueType(key));
  });
  return new HubError('MH_JSON_KEY_INVALID', {
    message: `Cannot encode as JSON: an array made with json.array has the key ${wrong}`,
    hint: `Use the keys 1 to ${JSON_VALUES_MAX}, or json.object.`,
  });
}

/** Bytes of a key that a message repeats. */
const SHOWN_KEY_MAX = 100;

function infinityText(value: number): string {
  return value > 0 ? 'inf' : '-inf';
}

function notAnArray(table: LuaValue): HubError {
  let isMixed = false;
  eachEntry(table, (key) => {
    const isIndex = valueType(key) === 'number' && isArrayIndex(numberOf(key)!);
    isMixed ||= !isIndex;
  });
  return isMixed
    ? failed('mixed-key table: integer keys beside other keys', 'Use string keys, or keys 1 to n only.')
    : failed('sparse array: integer keys are not 1 to n', 'Fill the gaps, or use string keys.');
}

/** Shortest digits that read back to the same number; JSON knows no NaN and no infinities. */
function numberText(value: number | bigint): string {
  if (typeof value === 'bigint') return value.toString();
  return Number.isFinite(value) ? String(value) : 'null';
}

/** Anything but printable ASCII without quote and backslash needs a closer look. */
const NEEDS_CARE = /[^ !#-[\]-~]/;
const NOT_ASCII = /[^\0-\x7f]/;

/** Quotes binary text (Q1, Q2). */
function quote(binary: string): string {
  if (!NEEDS_CARE.test(binary)) return `"${binary}"`;
  return JSON.stringify(NOT_ASCII.test(binary) ? toValidUtf8(binary) : binary);
}

/** Replaces each maximal bad part by U+FFFD; returns valid text unchanged. */
export function toValidUtf8(binary: string): string {
  const bytes = Buffer.from(binary, 'latin1');
  return isUtf8(bytes) ? binary : Buffer.from(bytes.toString('utf8'), 'utf8').toString('latin1');
}

function tooDeep(): HubError {
  return failed(`maximum nesting depth of ${JSON_DEPTH_MAX} exceeded`);
}

function failed(fact: string, hint?: string): HubError {
  return new HubError('MH_JSON_ENCODE_FAILED', {
    message: `Cannot encode as JSON: ${fact}`,
    ...(hint === undefined ? {} : { hint }),
  });
}
