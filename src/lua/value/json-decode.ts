/**
 * JSON text -> Lua value (`json-and-clients.md` § 3): RFC 8259, strict. Integers keep all 64 bits, members keep
 * their order, names such as `__proto__` are data. Works on *binary* text (characters are bytes).
 */
import { isUtf8 } from 'node:buffer';
import { HubError, JSON_DEPTH_MAX, JSON_VALUES_MAX, type Pieces } from '../../base/index.ts';
import {
  charge,
  type LuaValue,
  makeBinary,
  makeBoolean,
  makeFloat,
  makeInteger,
  makeNil,
  makeTable,
  markArray,
  markNulls,
  markObject,
  tableFromArray,
  tableFromEntries,
  tableSetField,
} from '../../vm/index.ts';

/**
 * Reads one JSON value; `null` at the top is nil. A byte costs what an instruction costs.
 * @param text binary (UTF-8 bytes); bytes that are not UTF-8 read as U+FFFD.
 * @param nullValue what `null` is in place of nil: `json.null`, for programs that ask for it
 * @throws MH_JSON_DECODE_FAILED with line and column; MH_JSON_ARGUMENT_INVALID for the empty text.
 */
export function decodeJson(text: string, nullValue?: LuaValue): LuaValue {
  if (text === '') {
    throw new HubError('MH_JSON_ARGUMENT_INVALID', { message: 'Cannot decode JSON: empty string' });
  }
  charge(text.length);
  return new Decoder(text, nullValue).document() ?? makeNil();
}

/**
 * As `decodeJson`, for texts that may be long: in pieces. Yields what each has cost, in instructions.
 * @throws as `decodeJson`
 */
export function* decodeJsonInPieces(text: string, nullValue?: LuaValue): Pieces<LuaValue> {
  if (text.length <= LENGTH_AT_ONCE) return decodeJson(text, nullValue);
  return (yield* new Decoder(text, nullValue).pieces()) ?? makeNil();
}

/** Bytes read in one go: about a millisecond. */
const LENGTH_AT_ONCE = 65_536;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const LETTER_U = 0x75;
const MINUS = 0x2d;

/** The engine makes long slices that keep their whole source alive; beyond this size pieces are copied out. */
const SLICED_TEXT_MAX = 4096;
const SLICE_LENGTH_MIN = 13;

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
/** With sign. */
const INT64_DIGITS_MAX = 20;

class Decoder {
  readonly #text: string;
  /** The same bytes, for texts whose pieces must not keep the whole alive. */
  readonly #bytes: Buffer | undefined;
  readonly #null: LuaValue | undefined;
  #at = 0;
  #depth = 0;
  #count = 0;

  constructor(text: string, nullValue: LuaValue | undefined) {
    this.#null = nullValue;
    const bytes = Buffer.from(text, 'latin1');
    if (isUtf8(bytes)) {
      this.#text = text;
      this.#bytes = text.length > SLICED_TEXT_MAX ? bytes : undefined;
    } else {
      // Delimiters are ASCII, so repairing the whole text repairs each string on its own.
      const repaired = Buffer.from(bytes.toString('utf8'), 'utf8');
      this.#text = repaired.toString('latin1');
      this.#bytes = this.#text.length > SLICED_TEXT_MAX ? repaired : undefined;
    }
  }

  /** @returns `undefined` for `null`. */
  document(): LuaValue | undefined {
    this.#space();
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail('unexpected text after the value');
    return value;
  }

  /** As `document`, without recursion: what is open stands on a stack of its own. */
  *pieces(): Pieces<LuaValue | undefined> {
    const open: Open[] = [];
    let paid = 0;
    this.#space();
    for (;;) {
      if (this.#at - paid > LENGTH_AT_ONCE) {
        yield this.#at - paid;
        paid = this.#at;
      }
      const opened = this.#open();
      if (opened !== undefined) open.push(opened);
      let value = opened === undefined ? this.#value() : undefined;
      let inner = open.at(-1);
      if (opened === undefined && inner !== undefined) this.#add(inner, value);
      // What ends with this value, from the inside out.
      while (inner !== undefined && this.#isOver(inner, inner === opened)) {
        value = this.#close(inner);
        open.pop();
        inner = open.at(-1);
        if (inner !== undefined) this.#add(inner, value);
      }
      if (inner !== undefined) {
        if (inner.table !== undefined) inner.name = this.#name();
        continue;
      }
      this.#space();
      if (this.#at < this.#text.length) this.#fail('unexpected text after the value');
      yield this.#at - paid;
      return value;
    }
  }

  /** Begins an object or an array, if one begins here. */
  #open(): Open | undefined {
    const code = this.#text.charCodeAt(this.#at);
    if (code !== OPEN_BRACE && code !== OPEN_BRACKET) return undefined;
    this.#countValue();
    this.#enter();
    const table = code === OPEN_BRACE ? makeTable() : undefined;
    if (table !== undefined) markObject(table);
    return { table, items: [], nulls: [], name: '' };
  }

  #add(open: Open, value: LuaValue | undefined): void {
    const { table, name, items, nulls } = open;
    if (table === undefined) {
      items.push(value);
      return;
    }
    charge(MEMBER_COST);
    // The last of equal members wins, at its own position (P3).
    tableSetField(table, name, makeNil());
    if (value !== undefined) tableSetField(table, name, value);
    else if (nulls.push(name) === 1) markNulls(table, nulls);
  }

  /** Steps over the comma or the end behind a value, or the end of what is empty. */
  #isOver({ table }: Open, isNew: boolean): boolean {
    this.#space();
    const code = this.#text.charCodeAt(this.#at);
    if (code === (table === undefined ? CLOSE_BRACKET : CLOSE_BRACE)) {
      this.#at++;
      this.#depth--;
      return true;
    }
    if (isNew) return false;
    if (code !== COMMA)
      this.#fail(
        `expected ',' or '${table === undefined ? ']' : '}'}' in an ${table === undefined ? 'array' : 'object'}`,
      );
    this.#at++;
    this.#space();
    return false;
  }

  #close({ table, items }: Open): LuaValue {
    return table ?? toArrayTable(items);
  }

  /** A member name and its colon. */
  #name(): string {
    if (this.#text.charCodeAt(this.#at) !== QUOTE) this.#fail('expected a member name in quotes');
    const name = this.#string();
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== COLON) this.#fail("expected ':' after a member name");
    this.#at++;
    this.#space();
    return name;
  }

  #countValue(): void {
    if (++this.#count > JSON_VALUES_MAX) this.#fail(`more than ${JSON_VALUES_MAX} values`);
  }

  #value(): LuaValue | undefined {
    this.#countValue();
    const code = this.#text.charCodeAt(this.#at);
    switch (code) {
      case QUOTE:
        return makeBinary(this.#string());
      case OPEN_BRACE:
        return this.#object();
      case OPEN_BRACKET:
        return this.#array();
      case 0x74:
        this.#word('true');
        return makeBoolean(true);
      case 0x66:
        this.#word('false');
        return makeBoolean(false);
      case 0x6e:
        this.#word('null');
        return this.#null;
      default:
        return this.#number();
    }
  }

  #object(): LuaValue {
    this.#enter();
    const names: string[] = [];
    const values: (LuaValue | undefined)[] = [];
    this.#space();
    if (this.#text.charCodeAt(this.#at) === CLOSE_BRACE) this.#at++;
    else {
      for (;;) {
        names.push(this.#name());
        values.push(this.#value());
        this.#space();
        const code = this.#text.charCodeAt(this.#at);
        if (code === CLOSE_BRACE) break;
        if (code !== COMMA) this.#fail("expected ',' or '}' in an object");
        this.#at++;
        this.#space();
      }
      this.#at++;
    }
    this.#depth--;
    return toObject(names, values);
  }

  #array(): LuaValue {
    this.#enter();
    const values: (LuaValue | undefined)[] = [];
    this.#space();
    if (this.#text.charCodeAt(this.#at) === CLOSE_BRACKET) this.#at++;
    else {
      for (;;) {
        values.push(this.#value());
        this.#space();
        const code = this.#text.charCodeAt(this.#at);
        if (code === CLOSE_BRACKET) break;
        if (code !== COMMA) this.#fail("expected ',' or ']' in an array");
        this.#at++;
        this.#space();
      }
      this.#at++;
    }
    this.#depth--;
    return toArrayTable(values);
  }

  #enter(): void {
    if (this.#depth >= JSON_DEPTH_MAX) this.#fail(`maximum nesting depth of ${JSON_DEPTH_MAX} exceeded`);
    this.#depth++;
    this.#at++;
  }

  /** The text between quotes, escapes resolved; the position moves behind the closing quote. */
  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    for (let at = start; ; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return this.#slice(start, at);
      }
      if (code === BACKSLASH) return this.#escapedString(start, at);
      if (!(code >= 0x20)) this.#failInString(at);
    }
  }

  /** The platform resolves escapes, and refuses wrong ones, faster than we could. */
  #escapedString(start: number, firstEscape: number): string {
    const text = this.#text;
    let end = firstEscape;
    let hasUnicode = false;
    for (let code = BACKSLASH; code !== QUOTE; code = text.charCodeAt(end)) {
      if (code === BACKSLASH) {
        hasUnicode ||= text.charCodeAt(end + 1) === LETTER_U;
        end += 2;
      } else if (code >= 0x20) end++;
      else this.#failInString(end);
    }
    const token = text.slice(start - 1, end + 1);
    let result: string;
    try {
      // With \u in it the token must be Unicode; a lone surrogate becomes U+FFFD on the way back (P4).
      result = hasUnicode
        ? Buffer.from(JSON.parse(Buffer.from(token, 'latin1').toString('utf8')), 'utf8').toString('latin1')
        : JSON.parse(token);
    } catch {
      this.#fail('unknown escape in a string');
    }
    this.#at = end + 1;
    return result;
  }

  #failInString(at: number): never {
    this.#at = at;
    return this.#fail(at >= this.#text.length ? 'string is not closed' : 'control character in a string');
  }

  #slice(start: number, end: number): string {
    if (this.#bytes !== undefined && end - start >= SLICE_LENGTH_MIN) {
      return this.#bytes.toString('latin1', start, end);
    }
    return this.#text.slice(start, end);
  }

  #number(): LuaValue {
    const integer = this.#shortInteger();
    if (integer !== undefined) return makeInteger(integer);
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) {
      this.#fail(this.#at >= this.#text.length ? 'text ends where a value is expected' : 'expected a value');
    }
    const value = toNumber(match[0], match[1] === '');
    if (value === undefined) this.#fail('number out of range');
    this.#at += match[0].length;
    return value;
  }

  /** Most numbers: digits without fraction and exponent that a double holds. Moves only when it finds one. */
  #shortInteger(): number | undefined {
    const text = this.#text;
    const isNegative = text.charCodeAt(this.#at) === MINUS;
    const start = isNegative ? this.#at + 1 : this.#at;
    let value = 0;
    let at = start;
    for (; ; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    const length = at - start;
    if (length === 0 || length > 15) return undefined;
    if (length > 1 && text.charCodeAt(start) === 0x30) return undefined;
    const next = text.charCodeAt(at);
    if (next === 0x2e || next === 0x65 || next === 0x45) return undefined;
    this.#at = at;
    return isNegative ? 0 - value : value; // -0 is the integer 0
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('expected a value');
    this.#at += word.length;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #fail(fact: string): never {
    const before = this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    const column = this.#at - before.lastIndexOf('\n');
    throw new HubError('MH_JSON_DECODE_FAILED', {
      message: `decode failed: ${fact} at line ${line} column ${column}`,
      details: { line, column, offset: this.#at },
    });
  }
}

/** Group 1: fraction or exponent, which make a float. */
const NUMBER = /-?(?:0|[1-9]\d*)((?:\.\d+)?(?:[eE][+-]?\d+)?)/y;

/** @returns `undefined` when the number is beyond every double. */
function toNumber(text: string, isInteger: boolean): LuaValue | undefined {
  if (isInteger && text.length <= INT64_DIGITS_MAX) {
    const value = BigInt(text);
    if (value >= INT64_MIN && value <= INT64_MAX) return makeInteger(value);
  }
  const float = Number(text);
  return Number.isFinite(float) ? makeFloat(float) : undefined;
}

/** An object or array that is being read in pieces. */
interface Open {
  /** Of an object. */
  readonly table: LuaValue | undefined;
  /** Of an array. */
  readonly items: (LuaValue | undefined)[];
  /** Names of members that were null. */
  readonly nulls: string[];
  /** Of the member whose value comes next. */
  name: string;
}

/** What a member costs that is set by itself. */
const MEMBER_COST = 12;

function toArrayTable(values: (LuaValue | undefined)[]): LuaValue {
  const table = tableFromArray(values);
  if (values.length > 0) markArray(table);
  return table;
}

function toObject(names: string[], values: (LuaValue | undefined)[]): LuaValue {
  if (names.length > 1 && new Set(names).size < names.length)
    return toObject(...withoutDuplicates(names, values));
  if (values.includes(undefined)) {
    const nulls = names.filter((_, i) => values[i] === undefined);
    const keptNames = names.filter((_, i) => values[i] !== undefined);
    const table = toObject(
      keptNames,
      values.filter((value) => value !== undefined),
    );
    markNulls(table, nulls);
    return table;
  }
  const table = tableFromEntries(names, values as LuaValue[]);
  markObject(table);
  return table;
}

/** The last of equal members wins, at its own position (P3). */
function withoutDuplicates(
  names: readonly string[],
  values: readonly (LuaValue | undefined)[],
): [string[], (LuaValue | undefined)[]] {
  const members = new Map<string, LuaValue | undefined>();
  for (const [i, name] of names.entries()) {
    members.delete(name);
    members.set(name, values[i]);
  }
  return [[...members.keys()], [...members.values()]];
}
