/**
 * Cuts Lua source into tokens that remember where they were. The eraser needs positions and shapes, not
 * values, so a name, a number or a string is only its extent. One pass, no regular expression that could
 * backtrack, no recursion: hostile input costs its length.
 */

/** `name`, `number`, `string`, `eof`, `unknown` (no Lua token starts here), a keyword or a punctuation mark. */
export type TokenKind = string;

/** A whole source as tokens in three parallel arrays; the last one is `eof`. */
export interface Tokens {
  readonly source: string;
  readonly kinds: readonly TokenKind[];
  /** Offset of the first character. */
  readonly starts: readonly number[];
  /** Offset behind the last character. */
  readonly ends: readonly number[];
}

const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'and break do else elseif end false for function goto if in local nil not or repeat return then true ' +
    'until while'
  ).split(' '),
);

/**
 * Marks of more than one character, longest first. `<` and `>` stay single, because `Map<string, List<T>>=`
 * closes two brackets; the expression parser joins `<<`, `>>`, `<=` and `>=` itself.
 */
const LONG_MARKS = ['...', '..', '==', '~=', '//', '::', '->'];
const SHORT_MARKS = '+-*/%^#&~|<>=(){}[];:,.?!@';

/** Cuts `source`. Never throws: what is no token becomes `unknown`, an unclosed string or comment too. */
export function tokenize(source: string): Tokens {
  const kinds: TokenKind[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  let at = source.startsWith('#') ? endOfLine(source, 0) : 0;
  for (;;) {
    at = skipBlank(source, at);
    const kind = at >= source.length ? 'eof' : kindAt(source, at);
    const end = kind === 'unknown' || kind === 'eof' ? source.length : endOfToken(source, at, kind);
    kinds.push(end < 0 ? 'unknown' : kind);
    starts.push(at);
    ends.push(end < 0 ? source.length : end);
    if (kind === 'eof') return { source, kinds, starts, ends };
    at = ends.at(-1)!;
  }
}

/** Skips white space and comments; stops at the end of the source when a long comment is not closed. */
function skipBlank(source: string, from: number): number {
  let at = from;
  for (;;) {
    while (isBlank(source.charCodeAt(at))) at++;
    if (source.charCodeAt(at) !== 45 || source.charCodeAt(at + 1) !== 45) return at;
    const closed = endOfLongBracket(source, at + 2);
    at = closed === undefined ? endOfLine(source, at) : closed < 0 ? source.length : closed;
  }
}

function kindAt(source: string, at: number): TokenKind {
  const code = source.charCodeAt(at);
  if (isNameStart(code)) {
    const word = source.slice(at, endOfName(source, at));
    return KEYWORDS.has(word) ? word : 'name';
  }
  if (isDigit(code) || (code === 46 && isDigit(source.charCodeAt(at + 1)))) return 'number';
  if (code === 34 || code === 39) return 'string';
  if (code === 91 && endOfLongBracket(source, at) !== undefined) return 'string';
  // `!=` belongs to other languages; read as "not nil, then assign" it would hide the mistake.
  if (code === 33 && source.charCodeAt(at + 1) === 61 && source.charCodeAt(at + 2) !== 61) return 'unknown';
  for (const mark of LONG_MARKS) if (source.startsWith(mark, at)) return mark;
  const mark = source.charAt(at);
  return SHORT_MARKS.includes(mark) ? mark : 'unknown';
}

/** Offset behind the token, or -1 when it is not closed. */
function endOfToken(source: string, at: number, kind: TokenKind): number {
  if (kind === 'name') return endOfName(source, at);
  if (kind === 'number') return endOfNumber(source, at);
  if (kind === 'string') return endOfLongBracket(source, at) ?? endOfQuoted(source, at);
  return at + kind.length;
}

function endOfName(source: string, from: number): number {
  let at = from;
  while (isNameStart(source.charCodeAt(at)) || isDigit(source.charCodeAt(at))) at++;
  return at;
}

/** Takes what PUC's `read_numeral` takes; whether it is a well-formed number is for the compiler to say. */
function endOfNumber(source: string, from: number): number {
  const isHex = /^0[xX]/.test(source.slice(from, from + 2));
  const exponent = isHex ? 112 : 101;
  let at = isHex ? from + 2 : from;
  for (;;) {
    const code = source.charCodeAt(at);
    if ((code | 32) === exponent) {
      at++;
      const sign = source.charCodeAt(at);
      if (sign === 43 || sign === 45) at++;
    } else if (isHexDigit(code) || code === 46) at++;
    else return at;
  }
}

function endOfQuoted(source: string, from: number): number {
  const quote = source.charCodeAt(from);
  for (let at = from + 1; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code === 10 || code === 13) return -1;
    if (code !== 92) continue;
    at++;
    // An escaped line break may be two characters; `\z` skips all white space that follows.
    const escaped = source.charCodeAt(at);
    const next = source.charCodeAt(at + 1);
    if ((escaped === 13 && next === 10) || (escaped === 10 && next === 13)) at++;
    else if (escaped === 122) while (isBlank(source.charCodeAt(at + 1))) at++;
  }
  return -1;
}

/** Offset behind `[==[ ... ]==]` at `at`, -1 when it is not closed, `undefined` when none starts here. */
function endOfLongBracket(source: string, at: number): number | undefined {
  if (source.charCodeAt(at) !== 91) return undefined;
  let open = at + 1;
  while (source.charCodeAt(open) === 61) open++;
  if (source.charCodeAt(open) !== 91) return undefined;
  const closing = `]${'='.repeat(open - at - 1)}]`;
  const found = source.indexOf(closing, open + 1);
  return found < 0 ? -1 : found + closing.length;
}

function endOfLine(source: string, from: number): number {
  let at = from;
  while (at < source.length && source.charCodeAt(at) !== 10 && source.charCodeAt(at) !== 13) at++;
  return at;
}

const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isHexDigit = (code: number): boolean =>
  isDigit(code) || ((code | 32) >= 97 && (code | 32) <= 102 && code > 64);
const isNameStart = (code: number): boolean =>
  code === 95 || ((code | 32) >= 97 && (code | 32) <= 122 && code > 64);
