/**
 * The string library (Lua 5.3 § 6.4, `errors-and-payloads.md` § 7.2). Strings are binary: one character per byte.
 * Sizes are checked before anything is made (`vm.md` S5).
 */

import {
  argumentError,
  checkBinary,
  checkInteger,
  checkNumber,
  isHostObject,
  optInteger,
} from '../loop/check.ts';
import { spend } from '../loop/machine.ts';
import {
  checkStack,
  isInteger,
  pushBinary,
  pushFloat,
  pushInteger,
  pushNil,
  raise,
  toBinary,
  typeOf,
} from '../loop/stack.ts';
import type { HostFunction, LuaState } from '../value/api.ts';
import type { HostType } from '../value/host-type.ts';
import { formatHex, toInteger } from '../value/numeral.ts';
import { checkExactInteger, displayOf, type Library, toPosition } from './arguments.ts';
import {
  formatCharacter,
  formatFloat,
  formatInteger,
  formatText,
  measureQuoted,
  quote,
  readDirective,
} from './format.ts';
import { checkStringBytes, refuseLongString } from './limits.ts';
import { PackReader, packFloat, packInteger, unpackFloat, unpackInteger } from './pack.ts';
import { find, gmatch, gsub, match } from './string-search.ts';

/** What escaping one character in `%q` costs, in instructions of a program. */
const INSTRUCTIONS_PER_ESCAPE = 20;

/** Reads argument 1, the string a function works on. */
export type Subject = (L: LuaState) => string;

/**
 * @param textTypes host types whose objects stand for their `tostring` as the subject: error objects
 * (`errors-and-payloads.md` § 1.3).
 */
export function stringLibrary(textTypes: readonly HostType[]): Library {
  const subject: Subject = (L) => {
    if (typeOf(L, 1) === 'userdata' && textTypes.some((type) => isHostObject(L, 1, type)))
      return displayOf(L, 1);
    return checkBinary(L, 1);
  };
  const functions: Record<string, HostFunction> = {
    byte: (L) => byte(L, subject(L)),
    char,
    find: (L) => find(L, subject(L)),
    format,
    gmatch: (L) => gmatch(L, subject(L)),
    gsub: (L) => gsub(L, subject(L)),
    len: (L) => result(L, subject(L).length),
    lower: (L) => changed(L, lower(subject(L))),
    match: (L) => match(L, subject(L)),
    pack,
    packsize,
    rep: (L) => rep(L, subject(L)),
    reverse: (L) => changed(L, Buffer.from(subject(L), 'latin1').reverse().toString('latin1')),
    sub: (L) => sub(L, subject(L)),
    unpack,
    upper: (L) => changed(L, upper(subject(L))),
  };
  return { name: 'string', functions };
}

function result(L: LuaState, value: number): number {
  pushInteger(L, value);
  return 1;
}

function changed(L: LuaState, text: string): number {
  spend(L, text.length >> 4);
  pushBinary(L, text);
  return 1;
}

const BEYOND_ASCII = /[\x80-\xff]/;

/** Only ASCII letters change; JavaScript would also change (and lengthen) bytes beyond. */
function upper(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text.toUpperCase();
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

function lower(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function sub(L: LuaState, text: string): number {
  const { length } = text;
  const first = toPosition(checkInteger(L, 2), length);
  const last = toPosition(optInteger(L, 3, -1), length);
  pushBinary(L, text.slice(first < 1 ? 0 : first - 1, last));
  return 1;
}

function byte(L: LuaState, text: string): number {
  const first = toPosition(optInteger(L, 2, 1), text.length);
  const last = Math.min(toPosition(optInteger(L, 3, first), text.length), text.length);
  const from = Math.max(first, 1);
  if (from > last) return 0;
  checkStack(L, last - from + 1);
  for (let at = from - 1; at < last; at++) pushInteger(L, text.charCodeAt(at));
  return last - from + 1;
}

function char(L: LuaState): number {
  let text = '';
  for (let index = 1; typeOf(L, index) !== 'none'; index++) {
    const code = checkInteger(L, index);
    if (code < 0 || code > 255) argumentError(L, index, 'value out of range');
    text += String.fromCharCode(code);
  }
  pushBinary(L, text);
  return 1;
}

function rep(L: LuaState, text: string): number {
  const count = checkInteger(L, 2);
  const separator = typeOf(L, 3) === 'none' || typeOf(L, 3) === 'nil' ? '' : checkBinary(L, 3);
  if (count <= 0) pushBinary(L, '');
  else {
    checkStringBytes(L, text.length * count + separator.length * (count - 1));
    pushBinary(L, separator === '' ? text.repeat(count) : (text + separator).repeat(count - 1) + text);
  }
  return 1;
}

function format(L: LuaState): number {
  const source = checkBinary(L, 1);
  let made = '';
  let argument = 1;
  let at = 0;
  for (;;) {
    const percent = source.indexOf('%', at);
    if (percent < 0) break;
    made += source.slice(at, percent);
    if (source[percent + 1] === '%') {
      made += '%';
      at = percent + 2;
      continue;
    }
    argument++;
    const directive = readDirective(source, percent + 1);
    if (typeof directive === 'string') return raise(L, directive);
    if (typeOf(L, argument) === 'none') argumentError(L, argument, 'no value');
    at = directive.end;
    switch (directive.conversion) {
      case 'c':
        made += formatCharacter(Number(BigInt(checkExactInteger(L, argument)) & 255n), directive);
        break;
      case 'd':
      case 'i':
      case 'o':
      case 'u':
      case 'x':
      case 'X':
        made += formatInteger(checkExactInteger(L, argument), directive);
        break;
      case 'a':
      case 'A':
      case 'e':
      case 'E':
      case 'f':
      case 'g':
      case 'G':
        made += formatFloat(checkNumber(L, argument), directive, isPositiveNan(L, argument));
        break;
      case 'q':
        made += literal(L, argument);
        break;
      case 's': {
        const text = displayOf(L, argument);
        if (directive.isPlain) made += text;
        else {
          if (text.includes('\0')) argumentError(L, argument, 'string contains zeros');
          made +=
            directive.precision === undefined && text.length >= 100 ? text : formatText(text, directive);
        }
        break;
      }
      default: {
        const option = source.slice(percent, at).replace(/[^ -~]/g, (c) => `<\\${c.charCodeAt(0)}>`);
        raise(L, `invalid option '%${directive.conversion === '' ? '<\\0>' : option.at(-1)}' to 'format'`);
      }
    }
    refuseLongString(L, made.length);
  }
  made += source.slice(at);
  checkStringBytes(L, made.length);
  pushBinary(L, made);
  return 1;
}

/** The one NaN that prints without a sign: what `-(0/0)` gives. */
function isPositiveNan(L: LuaState, index: number): boolean {
  return Number.isNaN(checkNumber(L, index)) && toBinary(L, index) === 'nan';
}

/** `%q`: a literal the compiler reads back as the same value. */
function literal(L: LuaState, index: number): string {
  switch (typeOf(L, index)) {
    case 'string': {
      const text = toBinary(L, index)!;
      const { length, escapes } = measureQuoted(text);
      checkStringBytes(L, length);
      spend(L, escapes * INSTRUCTIONS_PER_ESCAPE);
      return quote(text);
    }
    case 'number':
      if (!isInteger(L, index)) return formatHex(checkNumber(L, index), undefined);
      return toBinary(L, index) === '-9223372036854775808' ? '0x8000000000000000' : toBinary(L, index)!;
    case 'nil':
    case 'boolean':
      return displayOf(L, index);
    default:
      return argumentError(L, index, 'value has no literal form');
  }
}

function pack(L: LuaState): number {
  const reader = new PackReader(L, checkBinary(L, 1));
  pushNil(L); // what a missing argument reads as, in PUC too
  let made = '';
  let argument = 1;
  while (reader.hasMore) {
    const { kind, size, padding } = reader.next(made.length);
    made += '\0'.repeat(padding);
    if (kind === 'int' || kind === 'uint') {
      const value = checkExactInteger(L, ++argument);
      if (size < 8) checkPackRange(L, argument, { value, size, isSigned: kind === 'int' });
      const extended = kind === 'uint' && value < 0 ? BigInt.asUintN(64, BigInt(value)) : value;
      made += packInteger(extended, size, reader.isLittle);
    } else if (kind === 'float') {
      const value = checkNumber(L, ++argument);
      made += packFloat(value, {
        size,
        isLittle: reader.isLittle,
        isPositiveNan: isPositiveNan(L, argument),
      });
    } else if (kind === 'char') {
      const text = checkBinary(L, ++argument);
      if (text.length > size) argumentError(L, argument, 'string longer than given size');
      refuseLongString(L, made.length + size);
      made += text.padEnd(size, '\0');
    } else if (kind === 'string') {
      const text = checkBinary(L, ++argument);
      if (size < 8 && text.length >= 256 ** size)
        argumentError(L, argument, 'string length does not fit in given size');
      made += packInteger(text.length, size, reader.isLittle) + text;
    } else if (kind === 'zero') {
      const text = checkBinary(L, ++argument);
      if (text.includes('\0')) argumentError(L, argument, 'string contains zeros');
      made += `${text}\0`;
    } else if (kind === 'padding') made += '\0';
    refuseLongString(L, made.length);
  }
  checkStringBytes(L, made.length);
  pushBinary(L, made);
  return 1;
}

function checkPackRange(
  L: LuaState,
  index: number,
  { value, size, isSigned }: { value: number | bigint; size: number; isSigned: boolean },
): void {
  const range = 2 ** (size * 8);
  if (isSigned && (value < -range / 2 || value >= range / 2)) argumentError(L, index, 'integer overflow');
  if (!isSigned && (value < 0 || value >= range)) argumentError(L, index, 'unsigned overflow');
}

function packsize(L: LuaState): number {
  const reader = new PackReader(L, checkBinary(L, 1));
  let total = 0;
  while (reader.hasMore) {
    const { kind, size, padding } = reader.next(total);
    if (kind === 'string' || kind === 'zero') argumentError(L, 1, 'variable-length format');
    total += padding + size;
    if (!Number.isSafeInteger(total)) argumentError(L, 1, 'format result too large');
  }
  return result(L, total);
}

function unpack(L: LuaState): number {
  const reader = new PackReader(L, checkBinary(L, 1));
  const data = checkBinary(L, 2);
  let at = toPosition(optInteger(L, 3, 1), data.length) - 1;
  if (at < 0 || at > data.length) argumentError(L, 3, 'initial position out of string');
  let count = 0;
  const need = (bytes: number): void => {
    if (bytes > data.length - at) argumentError(L, 2, 'data string too short');
  };
  while (reader.hasMore) {
    const { kind, size, padding } = reader.next(at);
    need(padding + size);
    at += padding;
    checkStack(L, 2);
    if (kind === 'int' || kind === 'uint') {
      const value = unpackInteger(data, at, size, { isLittle: reader.isLittle, isSigned: kind === 'int' });
      if (value === undefined) return raise(L, `${size}-byte integer does not fit into Lua Integer`);
      pushInteger(L, toInteger(value));
      count++;
    } else if (kind === 'float') {
      pushFloat(L, unpackFloat(data, at, size, reader.isLittle));
      count++;
    } else if (kind === 'char') {
      pushBinary(L, data.slice(at, at + size));
      count++;
    } else if (kind === 'string') {
      const length = Number(
        unpackInteger(data, at, size, { isLittle: reader.isLittle, isSigned: false }) ?? 2n ** 64n,
      );
      need(size + length);
      pushBinary(L, data.slice(at + size, at + size + length));
      at += length;
      count++;
    } else if (kind === 'zero') {
      const zero = data.indexOf('\0', at);
      // PUC reads on to the terminator every C string has.
      const end = zero < 0 ? data.length : zero;
      pushBinary(L, data.slice(at, end));
      at = end + 1;
      count++;
    }
    at += size;
  }
  pushInteger(L, at + 1);
  return count + 1;
}
