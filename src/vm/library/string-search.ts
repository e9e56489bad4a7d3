/** `string.find`, `match`, `gmatch` and `gsub`: patterns at work (Lua 5.3 § 6.4.1). */

import { argumentError, checkBinary, optInteger } from '../loop/check.ts';
import { call, spend } from '../loop/machine.ts';
import {
  checkStack,
  getTable,
  pop,
  pushBinary,
  pushFunction,
  pushInteger,
  pushNil,
  pushValue,
  raise,
  toBinary,
  toBoolean,
  typeOf,
} from '../loop/stack.ts';
import { Matcher } from '../pattern/pattern.ts';
import { compilePattern } from '../pattern/pattern-syntax.ts';
import type { LuaState } from '../value/api.ts';
import { toPosition } from './arguments.ts';
import { checkStringBytes, refuseLongString } from './limits.ts';

/** `string.find(s, pattern, init, plain)` */
export function find(L: LuaState, subject: string): number {
  return search(L, subject, true);
}

/** `string.match(s, pattern, init)` */
export function match(L: LuaState, subject: string): number {
  return search(L, subject, false);
}

function search(L: LuaState, subject: string, isFind: boolean): number {
  const source = checkBinary(L, 2);
  const init = Math.max(toPosition(optInteger(L, 3, 1), subject.length), 1);
  if (init > subject.length + 1) {
    pushNil(L);
    return 1;
  }
  if (isFind && toBoolean(L, 4)) return findText(L, subject, source, init - 1);
  const pattern = compilePattern(source);
  if (isFind && pattern.literal !== undefined) return findText(L, subject, source, init - 1);
  const matcher = new Matcher(L, subject, pattern);
  const end = matcher.find(init - 1);
  matcher.settle();
  if (end < 0) {
    pushNil(L);
    return 1;
  }
  if (!isFind) return pushCaptures(L, matcher, { start: matcher.start, end, isWholeDefault: true });
  pushInteger(L, matcher.start + 1);
  pushInteger(L, end);
  return pushCaptures(L, matcher, { start: matcher.start, end, isWholeDefault: false }) + 2;
}

/**
 * Above this product of lengths a search uses an algorithm that is linear in the worst case; the platform's is
 * faster, but takes hours for `('a'):rep(1e6)` in a long enough row of the same.
 */
const PRODUCT_MAX = 1e8;

function findText(L: LuaState, subject: string, wanted: string, from: number): number {
  spend(L, (subject.length - from) >> 4);
  const isLarge = wanted.length > 16 && wanted.length * (subject.length - from) > PRODUCT_MAX;
  const at = isLarge ? findLinear(L, subject, wanted, from) : subject.indexOf(wanted, from);
  if (at < 0) {
    pushNil(L);
    return 1;
  }
  pushInteger(L, at + 1);
  pushInteger(L, at + wanted.length);
  return 2;
}

/** Knuth, Morris, Pratt. */
function findLinear(L: LuaState, subject: string, wanted: string, from: number): number {
  if (wanted.length > subject.length - from) return -1;
  spend(L, wanted.length + subject.length - from);
  const borders = new Int32Array(wanted.length);
  for (let at = 1, border = 0; at < wanted.length; at++) {
    const code = wanted.charCodeAt(at);
    while (border > 0 && wanted.charCodeAt(border) !== code) border = borders[border - 1]!;
    if (wanted.charCodeAt(border) === code) border++;
    borders[at] = border;
  }
  for (let at = from, matched = 0; at < subject.length; at++) {
    const code = subject.charCodeAt(at);
    while (matched > 0 && wanted.charCodeAt(matched) !== code) matched = borders[matched - 1]!;
    if (wanted.charCodeAt(matched) === code) matched++;
    if (matched === wanted.length) return at - matched + 1;
  }
  return -1;
}

/** Pushes all captures; without captures the whole match, if that is the default. @returns how many. */
function pushCaptures(
  L: LuaState,
  matcher: Matcher,
  { start, end, isWholeDefault }: { start: number; end: number; isWholeDefault: boolean },
): number {
  const count = matcher.level === 0 && isWholeDefault ? 1 : matcher.level;
  checkStack(L, count);
  for (let index = 0; index < count; index++) pushCapture(L, matcher.capture(index, start, end));
  return count;
}

function pushCapture(L: LuaState, capture: string | number): void {
  if (typeof capture === 'number') pushInteger(L, capture);
  else pushBinary(L, capture);
}

/** `string.gmatch(s, pattern)` */
export function gmatch(L: LuaState, subject: string): number {
  const pattern = compilePattern(checkBinary(L, 2), false);
  let at = 0;
  let lastEnd = -1;
  pushFunction(
    L,
    (inner) => {
      const matcher = new Matcher(inner, subject, pattern);
      for (let from = at; from <= subject.length; ) {
        const end = matcher.find(from);
        if (end < 0) break;
        if (end !== lastEnd) {
          at = end;
          lastEnd = end;
          matcher.settle();
          return pushCaptures(inner, matcher, { start: matcher.start, end, isWholeDefault: true });
        }
        from = matcher.start + 1;
      }
      at = subject.length + 1;
      matcher.settle();
      return 0;
    },
    'for iterator',
  );
  return 1;
}

/** `string.gsub(s, pattern, replacement, n)` */
export function gsub(L: LuaState, subject: string): number {
  const source = checkBinary(L, 2);
  const type = typeOf(L, 3);
  if (type !== 'string' && type !== 'number' && type !== 'table' && type !== 'function')
    argumentError(L, 3, 'string/function/table expected');
  const most = optInteger(L, 4, subject.length + 1);
  const pattern = compilePattern(source);
  const matcher = new Matcher(L, subject, pattern);
  const replacement =
    type === 'string' || type === 'number' ? new Replacement(L, toBinary(L, 3)!) : undefined;
  let made = '';
  let kept = 0; // everything before is in `made`
  let from = 0;
  let lastEnd = -1;
  let count = 0;
  while (count < most) {
    const end = matcher.find(from);
    if (end < 0) break;
    const { start } = matcher;
    if (end === lastEnd) {
      // An empty match right behind the last one does not count.
      from = start + 1;
      if (from > subject.length || pattern.isAnchored) break;
      continue;
    }
    count++;
    const value = replacement?.apply(matcher, start, end) ?? replaceWith(L, type, matcher, start, end);
    made += subject.slice(kept, start) + value;
    refuseLongString(L, made.length);
    kept = end;
    lastEnd = end;
    from = end;
    if (pattern.isAnchored) break;
  }
  matcher.settle();
  made += subject.slice(kept);
  checkStringBytes(L, made.length);
  pushBinary(L, count === 0 ? subject : made);
  pushInteger(L, count);
  return 2;
}

/** The value of a function or table for one match; the match itself when that is false or nil. */
function replaceWith(L: LuaState, type: string, matcher: Matcher, start: number, end: number): string {
  if (type === 'function') {
    pushValue(L, 3);
    call(L, pushCaptures(L, matcher, { start, end, isWholeDefault: true }), 1);
  } else {
    pushCapture(L, matcher.capture(0, start, end));
    getTable(L, 3);
  }
  const isText = typeOf(L, -1) === 'string' || typeOf(L, -1) === 'number';
  if (!isText && toBoolean(L, -1)) raise(L, `invalid replacement value (a ${typeOf(L, -1)})`);
  const value = isText ? toBinary(L, -1)! : matcher.subject.slice(start, end);
  pop(L, 1);
  return value;
}

/** A replacement text, cut at its `%`. */
class Replacement {
  readonly #L: LuaState;
  /** Literal pieces and capture numbers (0 = the match) in turn. */
  readonly #parts: readonly (string | number)[];

  constructor(L: LuaState, text: string) {
    this.#L = L;
    this.#parts = text.includes('%') ? this.#cut(text) : [text];
  }

  apply(matcher: Matcher, start: number, end: number): string {
    const parts = this.#parts;
    if (parts.length === 1 && typeof parts[0] === 'string') return parts[0];
    let made = '';
    for (const part of parts) {
      if (typeof part === 'string') made += part;
      else if (part === 0) made += matcher.subject.slice(start, end);
      else if (part < 0) raise(this.#L, "invalid use of '%' in replacement string");
      else made += matcher.capture(part - 1, start, end);
      refuseLongString(this.#L, made.length);
    }
    return made;
  }

  /** A wrong `%` becomes -1: as in PUC it only matters when there is a match. */
  #cut(text: string): (string | number)[] {
    const parts: (string | number)[] = [];
    let at = 0;
    for (;;) {
      const percent = text.indexOf('%', at);
      if (percent < 0) break;
      const code = text.charCodeAt(percent + 1);
      parts.push(text.slice(at, code === 37 ? percent + 1 : percent));
      if (code >= 48 && code <= 57) parts.push(code - 48);
      else if (code !== 37) parts.push(-1);
      at = percent + 2;
    }
    parts.push(text.slice(at));
    return parts;
  }
}
