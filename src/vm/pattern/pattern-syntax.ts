/**
 * Lua patterns, compiled once into a row of items: character classes become tables of 256 bits, so a step of
 * the matcher is one lookup. Mistakes in a pattern become items too, because Lua reports them only when
 * matching gets there.
 */

/** What an item does. Plain numbers: the matcher switches on them for every step. */
export const DONE = 0;
export const CHARACTER = 1;
export const CLASS = 2;
/** Class with `*` (as many as possible). */
export const MANY = 3;
/** Class with `+`. */
export const SOME = 4;
/** Class with `-` (as few as possible). */
export const FEW = 5;
/** Class with `?`. */
export const MAYBE = 6;
export const OPEN = 7;
/** `()`. */
export const POSITION = 8;
export const CLOSE = 9;
/** `$` at the end of the pattern. */
export const END = 10;
/** `%bxy`. */
export const BALANCE = 11;
/** `%f[set]`. */
export const FRONTIER = 12;
/** `%1`. */
export const BACK = 13;
export const MISTAKE = 14;

/** One step of a pattern. */
export class Item {
  readonly op: number;
  /** 1 for every byte of the class. */
  readonly set: Uint8Array;
  /** The character; the opening one of BALANCE; the capture number of BACK, counted from 0. */
  readonly code: number;
  /** The closing character of BALANCE. */
  readonly closing: number;
  /** Text of a MISTAKE. */
  readonly message: string;

  constructor(op: number, set: Uint8Array, code = 0, closing = 0, message = '') {
    this.op = op;
    this.set = set;
    this.code = code;
    this.closing = closing;
    this.message = message;
  }
}

/** A compiled pattern. */
export interface Pattern {
  /** Ends with DONE or a MISTAKE. */
  readonly items: readonly Item[];
  /** Begins with `^` (which is left out of the items). */
  readonly isAnchored: boolean;
  /** The text to look for when nothing in the pattern is special. */
  readonly literal: string | undefined;
}

const SPECIALS = /[\^$*+?.([%-]/;
const ESCAPE = 37;

/** Patterns kept compiled. Beyond: all are forgotten and compiled anew when used. */
const CACHE_PATTERNS_MAX = 1000;
/** Longest pattern kept. Beyond: compiled for every use. */
const CACHED_PATTERN_BYTES_MAX = 500;

const cached = new Map<string, Pattern>();
const cachedUnanchored = new Map<string, Pattern>();

/**
 * Compiles a pattern, or finds it compiled.
 * @param hasAnchor whether a leading `^` is special (it is not in `gmatch`).
 */
export function compilePattern(source: string, hasAnchor = true): Pattern {
  const cache = hasAnchor ? cached : cachedUnanchored;
  const known = cache.get(source);
  if (known !== undefined) return known;
  const isAnchored = hasAnchor && source.charCodeAt(0) === 94;
  const pattern: Pattern = {
    items: readItems(source, isAnchored ? 1 : 0),
    isAnchored,
    literal: SPECIALS.test(source) ? undefined : source,
  };
  if (source.length <= CACHED_PATTERN_BYTES_MAX) {
    if (cache.size >= CACHE_PATTERNS_MAX) cache.clear();
    cache.set(source, pattern);
  }
  return pattern;
}

function readItems(source: string, from: number): Item[] {
  const items: Item[] = [];
  let at = from;
  while (at < source.length) {
    at = readItem(source, at, items);
    if (at < 0) return items;
  }
  items.push(new Item(DONE, NOTHING));
  return items;
}

/** Appends one item. @returns where the next one starts, -1 behind a mistake. */
function readItem(source: string, at: number, items: Item[]): number {
  const code = source.charCodeAt(at);
  const next = source.charCodeAt(at + 1);
  if (code === 40) {
    items.push(new Item(next === 41 ? POSITION : OPEN, NOTHING));
    return at + (next === 41 ? 2 : 1);
  }
  if (code === 41) {
    items.push(new Item(CLOSE, NOTHING));
    return at + 1;
  }
  if (code === 36 && at + 1 === source.length) {
    items.push(new Item(END, NOTHING));
    return at + 1;
  }
  if (code === ESCAPE) {
    if (next === 98) return readBalance(source, at, items);
    if (next === 102) return readFrontier(source, at, items);
    if (next >= 48 && next <= 57) {
      items.push(new Item(BACK, NOTHING, next - 49));
      return at + 2;
    }
  }
  return readSingle(source, at, items);
}

function readBalance(source: string, at: number, items: Item[]): number {
  if (at + 3 >= source.length) return mistake(items, "malformed pattern (missing arguments to '%b')");
  items.push(new Item(BALANCE, NOTHING, source.charCodeAt(at + 2), source.charCodeAt(at + 3)));
  return at + 4;
}

function readFrontier(source: string, at: number, items: Item[]): number {
  if (source.charCodeAt(at + 2) !== 91) return mistake(items, "missing '[' after '%f' in pattern");
  const end = endOfClass(source, at + 2);
  if (end < 0) return mistake(items, CLASS_MISTAKES[-end]!);
  items.push(new Item(FRONTIER, bracketClass(source, at + 2, end - 1)));
  return end;
}

function readSingle(source: string, at: number, items: Item[]): number {
  const end = endOfClass(source, at);
  if (end < 0) return mistake(items, CLASS_MISTAKES[-end]!);
  const code = source.charCodeAt(at);
  const suffix = SUFFIXES.get(source.charCodeAt(end));
  if (suffix === undefined && end === at + 1 && code !== 46) {
    items.push(new Item(CHARACTER, NOTHING, code));
    return end;
  }
  items.push(new Item(suffix ?? CLASS, classAt(source, at, end)));
  return suffix === undefined ? end : end + 1;
}

function mistake(items: Item[], message: string): number {
  items.push(new Item(MISTAKE, NOTHING, 0, 0, message));
  return -1;
}

const SUFFIXES: ReadonlyMap<number, number> = new Map([
  [42, MANY],
  [43, SOME],
  [45, FEW],
  [63, MAYBE],
]);

const CLASS_MISTAKES: readonly string[] = [
  '',
  "malformed pattern (ends with '%')",
  "malformed pattern (missing ']')",
];

/** Offset behind the single-character class at `at`; -1 or -2 (CLASS_MISTAKES) when it is not closed. */
function endOfClass(source: string, from: number): number {
  const code = source.charCodeAt(from);
  let at = from + 1;
  if (code === ESCAPE) return at >= source.length ? -1 : at + 1;
  if (code !== 91) return at;
  if (source.charCodeAt(at) === 94) at++;
  // The first character is taken as it is, so that `[]]` holds a bracket.
  do {
    if (at >= source.length) return -2;
    if (source.charCodeAt(at++) === ESCAPE && at < source.length) at++;
  } while (source.charCodeAt(at) !== 93);
  return at + 1;
}

function classAt(source: string, at: number, end: number): Uint8Array {
  const code = source.charCodeAt(at);
  if (code === 46) return EVERYTHING;
  if (code === ESCAPE) return letterClass(source.charCodeAt(at + 1));
  if (code === 91) return bracketClass(source, at, end - 1);
  return singleton(code);
}

function bracketClass(source: string, from: number, closing: number): Uint8Array {
  const set = new Uint8Array(256);
  const isNegated = source.charCodeAt(from + 1) === 94;
  for (let at = isNegated ? from + 2 : from + 1; at < closing; at++) {
    const code = source.charCodeAt(at);
    if (code === ESCAPE) {
      const named = letterClass(source.charCodeAt(++at));
      for (let i = 0; i < 256; i++) set[i]! |= named[i]!;
    } else if (source.charCodeAt(at + 1) === 45 && at + 2 < closing) {
      set.fill(1, code, source.charCodeAt(at + 2) + 1);
      at += 2;
    } else set[code] = 1;
  }
  if (isNegated) for (let i = 0; i < 256; i++) set[i]! ^= 1;
  return set;
}

const singletons: (Uint8Array | undefined)[] = new Array(256).fill(undefined);

function singleton(code: number): Uint8Array {
  let set = singletons[code];
  if (set === undefined) {
    set = new Uint8Array(256);
    set[code] = 1;
    singletons[code] = set;
  }
  return set;
}

const NOTHING = new Uint8Array(256);
const EVERYTHING = new Uint8Array(256).fill(1);

/** Classes of the "C" locale by letter; the upper-case letter is the complement. */
const NAMED: Readonly<Record<string, RegExp>> = {
  a: /[A-Za-z]/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the class of control characters
  c: /[\0-\x1f\x7f]/,
  d: /[0-9]/,
  g: /[!-~]/,
  l: /[a-z]/,
  p: /[!-/:-@[-`{-~]/,
  s: /[ \t-\r]/,
  u: /[A-Z]/,
  w: /[A-Za-z0-9]/,
  x: /[A-Fa-f0-9]/,
  z: /\0/,
};

const letterClasses = new Map<number, Uint8Array>();
for (const [letter, test] of Object.entries(NAMED)) {
  const set = Uint8Array.from({ length: 256 }, (_, code) => (test.test(String.fromCharCode(code)) ? 1 : 0));
  letterClasses.set(letter.charCodeAt(0), set);
  letterClasses.set(
    letter.toUpperCase().charCodeAt(0),
    set.map((bit) => bit ^ 1),
  );
}

function letterClass(code: number): Uint8Array {
  return letterClasses.get(code) ?? singleton(code);
}
