/**
 * Matches Lua patterns on binary strings, with PUC's semantics and errors. Every step counts against the
 * instruction budget of the running program (`vm.md` S4), nesting is bounded as in PUC (S6).
 */

import { spend } from '../loop/machine.ts';
import { raise } from '../loop/stack.ts';
import type { LuaState } from '../value/api.ts';
import {
  BACK,
  BALANCE,
  CHARACTER,
  CLASS,
  CLOSE,
  DONE,
  END,
  FEW,
  FRONTIER,
  type Item,
  MANY,
  MAYBE,
  MISTAKE,
  OPEN,
  type Pattern,
  POSITION,
  SOME,
} from './pattern-syntax.ts';

/** Captures of one pattern (LUA_MAXCAPTURES). */
const CAPTURES_MAX = 32;
/** Nested calls of the matcher (MAXCCALLS). */
const DEPTH_MAX = 200;
/** Steps counted here before they are handed to the meter. */
const STEPS_BATCH = 20_000;
/**
 * Steps of one search, beside SEARCH_STEPS_PER_BYTE of its subject: a search cannot be suspended, so it must not hold
 * the others for longer than a few slices (`vm.md` S4). Beyond: a Lua error.
 */
const SEARCH_STEPS_MAX = 10_000_000;
const SEARCH_STEPS_PER_BYTE = 20;

/** Length of a capture that is still open. */
const UNFINISHED = -1;
/** Length of a position capture. */
const IS_POSITION = -2;

/** One subject being matched against one pattern. */
export class Matcher {
  readonly subject: string;
  readonly pattern: Pattern;
  /** Number of captures of the last match. */
  level = 0;
  /** Where the last successful `find` began. */
  start = 0;
  readonly #L: LuaState;
  readonly #items: readonly Item[];
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  #depth = 0;
  #steps = 0;
  /** Handed to the meter since this search began. */
  #settledSteps = 0;

  constructor(L: LuaState, subject: string, pattern: Pattern) {
    this.#L = L;
    this.subject = subject;
    this.pattern = pattern;
    this.#items = pattern.items;
  }

  /** Matches exactly at `at`. @returns the end of the match, or -1. */
  matchAt(at: number): number {
    this.#settledSteps = 0;
    return this.#attempt(at);
  }

  #attempt(at: number): number {
    this.level = 0;
    this.#depth = 0;
    return this.#match(at, 0);
  }

  /** Looks for the first match at or behind `from`; `start` says where. @returns its end, or -1. */
  find(from: number): number {
    if (this.pattern.isAnchored) {
      this.start = from;
      return this.matchAt(from);
    }
    this.#settledSteps = 0;
    const { subject } = this;
    const first = this.#items[0]!;
    const last = subject.length;
    for (let at = from; at <= last; at++) {
      // Jumping to the first character that can begin a match is most of the work of most searches.
      if (first.op === CHARACTER) {
        const found = subject.indexOf(String.fromCharCode(first.code), at);
        this.#count((found < 0 ? last : found) - at);
        if (found < 0) return -1;
        at = found;
      } else if (first.op === CLASS || first.op === SOME) {
        const begin = at;
        while (at < last && first.set[subject.charCodeAt(at)] === 0) at++;
        this.#count(at - begin);
        if (at === last) return -1;
      }
      const end = this.#attempt(at);
      if (end >= 0) {
        this.start = at;
        return end;
      }
    }
    return -1;
  }

  /** Hands the steps not yet counted to the meter. Call when done with the matcher. */
  settle(): void {
    const steps = this.#steps;
    this.#steps = 0;
    if (steps === 0) return;
    spend(this.#L, steps);
    this.#settledSteps += steps;
    if (this.#settledSteps > SEARCH_STEPS_MAX + this.subject.length * SEARCH_STEPS_PER_BYTE) {
      raise(this.#L, 'pattern too complex: too many steps for one search');
    }
  }

  /**
   * A capture of the match from `start` to `end`: the text, or the position as a number.
   * Capture 0 of a pattern without captures is the whole match.
   */
  capture(index: number, start: number, end: number): string | number {
    if (index >= this.level) {
      if (index !== 0) return raise(this.#L, `invalid capture index %${index + 1}`);
      return this.subject.slice(start, end);
    }
    const length = this.#lengths[index]!;
    const from = this.#starts[index]!;
    if (length === IS_POSITION) return from + 1;
    if (length === UNFINISHED) return raise(this.#L, 'unfinished capture');
    return this.subject.slice(from, from + length);
  }

  #count(steps: number): void {
    this.#steps += steps;
    if (this.#steps >= STEPS_BATCH) this.settle();
  }

  #match(from: number, first: number): number {
    if (this.#depth++ >= DEPTH_MAX) raise(this.#L, 'pattern too complex');
    const end = this.#walk(from, first);
    this.#depth--;
    return end;
  }

  #walk(from: number, first: number): number {
    const { subject } = this;
    const items = this.#items;
    let at = from;
    for (let index = first; ; index++) {
      const item = items[index]!;
      if (++this.#steps >= STEPS_BATCH) this.settle();
      switch (item.op) {
        case DONE:
          return at;
        case CHARACTER:
          if (subject.charCodeAt(at) !== item.code) return -1;
          at++;
          break;
        case CLASS:
          if (at >= subject.length || item.set[subject.charCodeAt(at)] === 0) return -1;
          at++;
          break;
        case MANY:
          return this.#many(at, item, index + 1);
        case SOME:
          if (at >= subject.length || item.set[subject.charCodeAt(at)] === 0) return -1;
          return this.#many(at, item, index + 1, at + 1);
        case FEW:
          return this.#few(at, item, index + 1);
        case MAYBE:
          if (at < subject.length && item.set[subject.charCodeAt(at)] === 1) {
            const end = this.#match(at + 1, index + 1);
            if (end >= 0) return end;
          }
          break;
        case OPEN:
          return this.#open(at, UNFINISHED, index + 1);
        case POSITION:
          return this.#open(at, IS_POSITION, index + 1);
        case CLOSE:
          return this.#close(at, index + 1);
        case END:
          return at === subject.length ? at : -1;
        case BALANCE:
          at = this.#balance(at, item);
          if (at < 0) return -1;
          break;
        case FRONTIER: {
          const before = at === 0 ? 0 : subject.charCodeAt(at - 1);
          const here = at === subject.length ? 0 : subject.charCodeAt(at);
          if (item.set[before] === 1 || item.set[here] === 0) return -1;
          break;
        }
        case BACK:
          at = this.#back(at, item.code);
          if (at < 0) return -1;
          break;
        case MISTAKE:
          return raise(this.#L, item.message);
      }
    }
  }

  /** As many of the class as possible, then fewer. `least` is the earliest end. */
  #many(from: number, item: Item, next: number, least = from): number {
    const { subject } = this;
    const { set } = item;
    const last = subject.length;
    let at = least;
    while (at < last && set[subject.charCodeAt(at)] === 1) at++;
    this.#count(at - from);
    const following = this.#items[next]!;
    if (following.op === DONE) return at;
    for (; at >= least; at--) {
      if (following.op === CHARACTER && subject.charCodeAt(at) !== following.code) {
        this.#steps++;
        continue;
      }
      const end = this.#match(at, next);
      if (end >= 0) return end;
    }
    return -1;
  }

  #few(from: number, item: Item, next: number): number {
    const { subject } = this;
    const { set } = item;
    const following = this.#items[next]!;
    for (let at = from; ; at++) {
      if (following.op !== CHARACTER || subject.charCodeAt(at) === following.code) {
        const end = this.#match(at, next);
        if (end >= 0) return end;
      } else this.#count(1);
      if (at >= subject.length || set[subject.charCodeAt(at)] === 0) return -1;
    }
  }

  #open(at: number, length: number, next: number): number {
    if (this.level >= CAPTURES_MAX) raise(this.#L, 'too many captures');
    this.#starts[this.level] = at;
    this.#lengths[this.level] = length;
    this.level++;
    const end = this.#match(at, next);
    if (end < 0) this.level--;
    return end;
  }

  #close(at: number, next: number): number {
    let open = this.level - 1;
    while (open >= 0 && this.#lengths[open] !== UNFINISHED) open--;
    if (open < 0) raise(this.#L, 'invalid pattern capture');
    this.#lengths[open] = at - this.#starts[open]!;
    const end = this.#match(at, next);
    if (end < 0) this.#lengths[open] = UNFINISHED;
    return end;
  }

  #balance(from: number, item: Item): number {
    const { subject } = this;
    if (subject.charCodeAt(from) !== item.code) return -1;
    let depth = 1;
    for (let at = from + 1; at < subject.length; at++) {
      const code = subject.charCodeAt(at);
      if (code === item.closing) {
        if (--depth === 0) {
          this.#count(at - from);
          return at + 1;
        }
      } else if (code === item.code) depth++;
    }
    this.#count(subject.length - from);
    return -1;
  }

  #back(at: number, index: number): number {
    if (index < 0 || index >= this.level || this.#lengths[index] === UNFINISHED)
      raise(this.#L, `invalid capture index %${index + 1}`);
    const length = this.#lengths[index]!;
    if (length === IS_POSITION) return -1;
    const from = this.#starts[index]!;
    this.#count(length);
    return this.subject.startsWith(this.subject.slice(from, from + length), at) ? at + length : -1;
  }
}
