/** `${…}` inside entry data (`app-format.md` § 4.2). */
import type { Mapping, Value } from '../entry/entry.ts';
import { forEachString, type Path, setAt } from '../entry/value.ts';

/** A variable as placeholders see it. */
export interface Variable {
  /** `undefined` or `''` = unset. The variable's own default is applied already. */
  readonly value: string | undefined;
  /** ID of the declaring entry; `undefined` for a plain variable of the operating system. */
  readonly entryId: string | undefined;
}

/** Reads a variable by public name or entry ID. */
export type ReadVariable = (name: string) => Variable;

/** One placeholder that could not be filled. */
export interface PlaceholderFault {
  readonly path: Path;
  readonly reason: string;
}

/** Data with its placeholders filled. */
export interface Filled {
  readonly data: Mapping;
  /** IDs of the variables used. */
  readonly variables: ReadonlySet<string>;
  readonly faults: readonly PlaceholderFault[];
}

/**
 * Fills the placeholders of all strings in `data`. What a variable holds is not searched again.
 * @param isExempt paths left alone: program text is not configuration.
 */
export function fillPlaceholders(
  data: Mapping,
  readVariable: ReadVariable,
  isExempt: (path: Path) => boolean,
): Filled {
  const variables = new Set<string>();
  const faults: PlaceholderFault[] = [];
  let filled: Value = data;
  const read = (name: string): string | undefined => {
    const variable = readVariable(name);
    if (variable.entryId !== undefined) variables.add(variable.entryId);
    return variable.value === '' ? undefined : variable.value;
  };
  forEachString(data, (text, path) => {
    if (!text.includes('${') || isExempt(path)) return;
    const result = fill(text, read);
    if (typeof result === 'object') faults.push({ path, reason: `variable "${result.missing}" is not set` });
    else if (result !== text) filled = setAt(filled, path, result);
  });
  return { data: filled as Mapping, variables, faults };
}

function fill(
  text: string,
  read: (name: string) => string | undefined,
): string | number | boolean | { readonly missing: string } {
  const pieces = splitText(text);
  const [only] = pieces;
  if (pieces.length === 1 && typeof only === 'object') {
    const { name, fallback } = only;
    const value = read(name);
    if (fallback === undefined) return value ?? { missing: name };
    // A whole value takes the type of its default: `${env:PORT|8080}` is a number.
    const ownDefault = coerceText(fallback);
    if (value === undefined) return ownDefault;
    const coerced = coerceText(value);
    return typeof coerced === typeof ownDefault ? coerced : value;
  }
  let filled = '';
  for (const piece of pieces) {
    const value = typeof piece === 'string' ? piece : (read(piece.name) ?? piece.fallback);
    if (value === undefined) return { missing: (piece as Placeholder).name };
    filled += value;
  }
  return filled;
}

interface Placeholder {
  readonly name: string;
  readonly fallback: string | undefined;
}

/** After `${env:`: a public name or an entry ID. */
const MARKED_NAME = /[A-Za-z0-9_.-]+(?::(?!-)[A-Za-z0-9_.-]+)?/y;

/** After `${`: without a mark only names that look like variables count, and only with a default. */
const BARE_NAME = /[A-Z_][A-Z0-9_]*/y;

/** Plain text and placeholders, in order. One pass: a closing brace is looked for once. */
function splitText(text: string): (string | Placeholder)[] {
  const pieces: (string | Placeholder)[] = [];
  let plain = '';
  let done = 0;
  let close = -1;
  for (let at = text.indexOf('${'); at >= 0; at = text.indexOf('${', at)) {
    if (close < at) close = text.indexOf('}', at);
    if (text[at - 1] === '$' && at > done) {
      // `$${` is a literal `${`.
      plain += `${text.slice(done, at - 1)}\${`;
      done = at + 2;
      at += 2;
      continue;
    }
    const placeholder = close < 0 ? undefined : readPlaceholder(text, at + 2, close);
    if (placeholder === undefined) {
      at += 2;
      continue;
    }
    plain += text.slice(done, at);
    if (plain !== '') pieces.push(plain);
    plain = '';
    pieces.push(placeholder);
    done = close + 1;
    at = done;
  }
  plain += text.slice(done);
  if (plain !== '' || pieces.length === 0) pieces.push(plain);
  return pieces;
}

/** What stands between `${` and `}`; `undefined` when it is not a placeholder. */
function readPlaceholder(text: string, start: number, close: number): Placeholder | undefined {
  const isMarked = text.startsWith('env:', start);
  const nameStart = isMarked ? start + 4 : start;
  const pattern = isMarked ? MARKED_NAME : BARE_NAME;
  pattern.lastIndex = nameStart;
  const name = pattern.exec(text)?.[0];
  if (name === undefined) return undefined;
  const end = nameStart + name.length;
  if (end === close) return isMarked ? { name, fallback: undefined } : undefined;
  if (text[end] === '|') return { name, fallback: text.slice(end + 1, close) };
  if (text.startsWith(':-', end)) return { name, fallback: text.slice(end + 2, close) };
  return undefined;
}

/** Text from a command line or a variable as the value it looks like: `true`/`false`, a number, else text. */
export function coerceText(text: string): string | number | boolean {
  if (text === 'true') return true;
  if (text === 'false') return false;
  // Leading zeros and a plus sign are how people write identifiers, not numbers.
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) {
    const number = Number(text);
    if (Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number))) return number;
  }
  return text;
}
