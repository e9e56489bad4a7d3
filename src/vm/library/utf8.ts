/** The utf8 library (Lua 5.3 § 6.5) on binary strings. */

import { argumentError, checkBinary, checkInteger, optInteger } from '../loop/check.ts';
import { spend } from '../loop/machine.ts';
import {
  checkStack,
  getTop,
  pushBinary,
  pushFunction,
  pushInteger,
  pushNil,
  pushValue,
  raise,
} from '../loop/stack.ts';
import type { HostFunction } from '../value/api.ts';
import { type Library, toPosition } from './arguments.ts';
import { checkStringBytes } from './limits.ts';

const CODE_MAX = 0x10ffff;

/** Smallest code that needs as many continuation bytes. */
const CODE_MIN = [0, 0x80, 0x800, 0x10000];

const isContinuation = (code: number): boolean => (code & 0xc0) === 0x80;

/** Reads one character. @returns code and length in bytes, `undefined` when the bytes are not valid. */
function decode(text: string, at: number): { code: number; size: number } | undefined {
  const first = text.charCodeAt(at);
  if (first < 0x80) return { code: first, size: 1 };
  const more = first >= 0xf0 ? (first < 0xf8 ? 3 : -1) : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : -1;
  if (more < 0) return undefined;
  let code = first & (0x3f >> more);
  for (let i = 1; i <= more; i++) {
    const next = text.charCodeAt(at + i);
    if (!isContinuation(next)) return undefined;
    code = (code << 6) | (next & 0x3f);
  }
  return code < CODE_MIN[more]! || code > CODE_MAX ? undefined : { code, size: more + 1 };
}

function encode(code: number): string {
  if (code < 0x80) return String.fromCharCode(code);
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
  if (code < 0x10000)
    return String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  return String.fromCharCode(
    0xf0 | (code >> 18),
    0x80 | ((code >> 12) & 0x3f),
    0x80 | ((code >> 6) & 0x3f),
    0x80 | (code & 0x3f),
  );
}

/** The step of `utf8.codes`. */
const codesIterator: HostFunction = (L) => {
  const text = checkBinary(L, 1);
  let at = checkInteger(L, 2) - 1;
  if (at < 0) at = 0;
  else if (at < text.length) {
    at++;
    while (isContinuation(text.charCodeAt(at))) at++;
  }
  if (at >= text.length) return 0;
  const character = decode(text, at);
  if (character === undefined || isContinuation(text.charCodeAt(at + character.size)))
    return raise(L, 'invalid UTF-8 code');
  pushInteger(L, at + 1);
  pushInteger(L, character.code);
  return 2;
};

const functions: Record<string, HostFunction> = {
  char: (L) => {
    const count = getTop(L);
    let text = '';
    for (let index = 1; index <= count; index++) {
      const code = checkInteger(L, index);
      if (code < 0 || code > CODE_MAX) argumentError(L, index, 'value out of range');
      text += encode(code);
    }
    checkStringBytes(L, text.length);
    pushBinary(L, text);
    return 1;
  },

  codepoint: (L) => {
    const text = checkBinary(L, 1);
    const from = toPosition(optInteger(L, 2, 1), text.length);
    const to = toPosition(optInteger(L, 3, from), text.length);
    if (from < 1) argumentError(L, 2, 'out of range');
    if (to > text.length) argumentError(L, 3, 'out of range');
    if (from > to) return 0;
    checkStack(L, to - from + 1);
    let count = 0;
    for (let at = from - 1; at < to; count++) {
      const character = decode(text, at);
      if (character === undefined) return raise(L, 'invalid UTF-8 code');
      pushInteger(L, character.code);
      at += character.size;
    }
    return count;
  },

  codes: (L) => {
    checkBinary(L, 1);
    pushFunction(L, codesIterator, 'for iterator');
    pushValue(L, 1);
    pushInteger(L, 0);
    return 3;
  },

  len: (L) => {
    const text = checkBinary(L, 1);
    let at = toPosition(optInteger(L, 2, 1), text.length);
    const last = toPosition(optInteger(L, 3, -1), text.length) - 1;
    if (at < 1 || at > text.length + 1) argumentError(L, 2, 'initial position out of string');
    if (last >= text.length) argumentError(L, 3, 'final position out of string');
    at--;
    spend(L, Math.max(0, last - at) >> 2);
    let count = 0;
    for (; at <= last; count++) {
      const character = decode(text, at);
      if (character === undefined) {
        pushNil(L);
        pushInteger(L, at + 1);
        return 2;
      }
      at += character.size;
    }
    pushInteger(L, count);
    return 1;
  },

  offset: (L) => {
    const text = checkBinary(L, 1);
    const { length } = text;
    let steps = checkInteger(L, 2);
    let at = toPosition(optInteger(L, 3, steps >= 0 ? 1 : length + 1), length) - 1;
    if (at < 0 || at > length) argumentError(L, 3, 'position out of range');
    const continues = (): boolean => isContinuation(text.charCodeAt(at));
    spend(L, Math.min(Math.abs(steps), length) >> 1);
    if (steps === 0) {
      while (at > 0 && continues()) at--;
    } else {
      if (continues()) raise(L, 'initial position is a continuation byte');
      if (steps < 0) {
        while (steps < 0 && at > 0) {
          do at--;
          while (at > 0 && continues());
          steps++;
        }
      } else {
        steps--;
        while (steps > 0 && at < length) {
          do at++;
          while (continues());
          steps--;
        }
      }
    }
    if (steps === 0) pushInteger(L, at + 1);
    else pushNil(L);
    return 1;
  },
};

/** `utf8` */
export const utf8Library: Library = {
  name: 'utf8',
  functions,
  constants: { charpattern: (L) => pushBinary(L, '[\0-\x7F\xC2-\xF4][\x80-\xBF]*') },
};
