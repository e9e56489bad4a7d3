/** Text of an expression -> tokens (`modules.md` § 16). */
import { expressionInvalid } from './limits.ts';

/** One token. `text` of a string is its content; `at` counts from 0. */
export interface Token {
  readonly kind: 'number' | 'string' | 'name' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

/** Longest first: the first that fits is taken. */
const SIGNS = [
  ...['==', '!=', '<=', '>=', '&&', '||', '??', '?.', '..', '**'],
  ...['+', '-', '*', '/', '%', '^', '<', '>', '!', '?', ':', '.', ',', ';', '|', '='],
  ...['(', ')', '[', ']', '{', '}', '#'],
];

const SPACE = /[ \t\r\n]+/y;
const NUMBER = /0[xX][0-9a-fA-F]+|(?:\d+(?:\.(?!\.)\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_$][A-Za-z0-9_$]*/y;

/** @throws MH_SECURITY_ARGUMENT_INVALID naming the column */
export function readTokens(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  while (at < source.length) {
    const space = take(SPACE);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const token = readToken(source, at, take);
    tokens.push(token.token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', at });
  return tokens;
}

function readToken(
  source: string,
  at: number,
  take: (pattern: RegExp) => string | undefined,
): { token: Token; end: number } {
  const letter = source[at]!;
  if (letter === '"' || letter === "'" || letter === '`') {
    const { text, end } = readString(source, at, letter);
    return { token: { kind: 'string', text, at }, end };
  }
  const number = take(NUMBER);
  if (number !== undefined) return { token: { kind: 'number', text: number, at }, end: at + number.length };
  const name = take(NAME);
  if (name !== undefined) return { token: { kind: 'name', text: name, at }, end: at + name.length };
  const sign = SIGNS.find((one) => source.startsWith(one, at));
  if (sign === undefined) throw expressionInvalid(`unexpected '${letter}' at column ${at + 1}`);
  return { token: { kind: 'sign', text: sign, at }, end: at + sign.length };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0' };

/** Between back-quotes nothing is escaped. */
function readString(source: string, start: number, quote: string): { text: string; end: number } {
  let text = '';
  for (let at = start + 1; at < source.length; at++) {
    const letter = source[at]!;
    if (letter === quote) return { text, end: at + 1 };
    if (letter !== '\\' || quote === '`') {
      text += letter;
      continue;
    }
    const escaped = source[++at] ?? '';
    const digits = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(source.slice(at, at + 5));
    if (digits !== null) {
      text += String.fromCharCode(Number.parseInt(digits[1] ?? digits[2]!, 16));
      at += digits[0].length - 1;
    } else if (/[A-Za-z0-9]/.test(escaped) && !Object.hasOwn(ESCAPES, escaped)) {
      throw expressionInvalid(`unknown escape '\\${escaped}' at column ${at}`);
    } else {
      text += ESCAPES[escaped] ?? escaped;
    }
  }
  throw expressionInvalid(`the string at column ${start + 1} does not end`);
}
