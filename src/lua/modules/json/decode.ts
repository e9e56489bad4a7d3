/**
 * JSON text -> Lua value (`json-and-clients.md` § 3): RFC 8259, strict. Integers keep all 64 bits, members keep
 * their order, names such as `__proto__` are data. Works on *binary* text (characters are bytes).
 */
import { isUtf8 } from 'node:buffer';
import { HubError, JSON_DEPTH_MAX } from '../../../base/index.ts';
import {
  type LuaValue,
  makeBinary,
  makeBoolean,
  makeFloat,
  makeInteger,
  makeNil,
  markObject,
  tableFromArray,
  tableFromEntries,
} from '../../engine/index.ts';

/**
 * Reads one JSON value; `null` at the top is nil.
 * @param text binary (UTF-8 bytes); bytes that are not UTF-8 read as U+FFFD.
 * @throws MH_JSON_DECODE_FAILED with line and column; MH_JSON_ARGUMENT_INVALID for the empty text.
 */
export function decodeJson(text: string): LuaValue {
  if (text === '') {
    throw new HubError('MH_JSON_ARGUMENT_INVALID', { message: 'Cannot decode JSON: empty string' });
  }
  return new Decoder(text).document() ?? makeNil();
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The engine makes long slices that keep their whole source alive; beyond this size pieces are copied out. */
const SLICED_TEXT_MAX = 4096;
const SLICE_LENGTH_MIN = 13;

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

class Decoder {
  readonly #text: string;
  /** The same bytes, for texts whose pieces must not keep the whole alive. */
  readonly #bytes: Buffer | undefined;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
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

  #value(): LuaValue | undefined {
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
        return undefined;
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
        if (this.#text.charCodeAt(this.#at) !== QUOTE) this.#fail('expected a member name in quotes');
        names.push(this.#string());
        this.#space();
        if (this.#text.charCodeAt(this.#at) !== COLON) this.#fail("expected ':' after a member name");
        this.#at++;
        this.#space();
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
    return tableFromArray(values);
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
    let at = start;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return this.#slice(start, at);
      }
      if (code === BACKSLASH) break;
      if (!(code >= 0x20)) {
        this.#at = at;
        this.#fail(at >= text.length ? 'string is not closed' : 'control character in a string');
      }
      at++;
    }
    return this.#escapedString(start, at);
  }

  #escapedString(start: number, firstEscape: number): string {
    const text = this.#text;
    let result = this.#slice(start, firstEscape);
    let at = firstEscape;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return result;
      }
      if (code === BACKSLASH) {
        this.#at = at;
        result += this.#escape();
        at = this.#at;
        continue;
      }
      const from = at;
      for (;;) {
        const plain = text.charCodeAt(at);
        if (plain === QUOTE || plain === BACKSLASH) break;
        if (!(plain >= 0x20)) {
          this.#at = at;
          this.#fail(at >= text.length ? 'string is not closed' : 'control character in a string');
        }
        at++;
      }
      result += this.#slice(from, at);
    }
  }

  /** One escape sequence, as binary text. A lone surrogate becomes U+FFFD (P4). */
  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? '';
    if (letter !== 'u') {
      const plain = ESCAPES.get(letter);
      if (plain === undefined) this.#fail('unknown escape in a string');
      this.#at += 2;
      return plain;
    }
    const unit = this.#unicodeUnit();
    if (unit < 0x80) return String.fromCharCode(unit);
    let character = String.fromCharCode(unit);
    const isHigh = unit >= 0xd800 && unit < 0xdc00;
    if (isHigh && this.#text.startsWith('\\u', this.#at)) {
      const before = this.#at;
      const low = this.#unicodeUnit();
      if (low >= 0xdc00 && low < 0xe000) character += String.fromCharCode(low);
      else this.#at = before;
    }
    return Buffer.from(character, 'utf8').toString('latin1');
  }

  #unicodeUnit(): number {
    const digits = this.#text.slice(this.#at + 2, this.#at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail('\\u needs four hexadecimal digits');
    this.#at += 6;
    return Number.parseInt(digits, 16);
  }

  #slice(start: number, end: number): string {
    if (this.#bytes !== undefined && end - start >= SLICE_LENGTH_MIN) {
      return this.#bytes.toString('latin1', start, end);
    }
    return this.#text.slice(start, end);
  }

  #number(): LuaValue {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) {
      this.#fail(this.#at >= this.#text.length ? 'text ends where a value is expected' : 'expected a value');
    }
    const text = match[0];
    if (match[1] === '') {
      const integer = toInteger(text);
      if (integer !== undefined) {
        this.#at += text.length;
        return makeInteger(integer);
      }
    }
    const float = Number(text);
    if (!Number.isFinite(float)) this.#fail('number out of range');
    this.#at += text.length;
    return makeFloat(float);
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

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** Group 1: fraction or exponent, which make a float. */
const NUMBER = /-?(?:0|[1-9]\d*)((?:\.\d+)?(?:[eE][+-]?\d+)?)/y;

/** @returns `undefined` when the digits do not fit 64 bits. */
function toInteger(digits: string): number | bigint | undefined {
  if (digits.length <= 15) return Number(digits) + 0; // -0 is the integer 0
  if (digits.length > 20) return undefined;
  const value = BigInt(digits);
  return value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
}

function toObject(names: string[], values: (LuaValue | undefined)[]): LuaValue {
  if (names.length > 1 && new Set(names).size < names.length)
    return toObject(...withoutDuplicates(names, values));
  if (values.includes(undefined)) {
    const keptNames: string[] = [];
    const keptValues: LuaValue[] = [];
    for (const [i, value] of values.entries()) {
      if (value === undefined) continue;
      keptNames.push(names[i]!);
      keptValues.push(value);
    }
    return toObject(keptNames, keptValues);
  }
  const table = tableFromEntries(names, values as LuaValue[]);
  if (names.length === 0) markObject(table);
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
