/**
 * The text of an `env.storage.file`: lines `KEY=VALUE` with comments (`app-format.md` § 5.4), as Node.js reads them
 * (`util.parseEnv`). What is written is read again before it counts, so that nothing but the one variable changes.
 */
import { parseEnv } from 'node:util';

/** The variables in the text; of several lines with one key the last counts. */
export function parseVariables(text: string): Map<string, string> {
  // Without a line break behind it, a comment in the last line would be taken for a key.
  const found = parseEnv(`${text.replace(/^\uFEFF/, '')}\n`);
  return new Map(Object.entries(found).map(([key, value]) => [key.trim(), value ?? '']));
}

/**
 * The text with one variable written: in its line, whose comment is kept, or in a new last line.
 * @returns `undefined` when the value cannot be written in one line and read back.
 */
export function writeVariable(text: string, key: string, value: string): string | undefined {
  if (/[\r\n\0]/.test(value + key)) return undefined;
  const wanted = parseVariables(text).set(key, value);
  const lines = text.split('\n');
  // The last line with the key is the one that is read; it may be the text of another value.
  const places = lines.flatMap((line, at) => (keyOf(line) === key ? [at] : [])).slice(-PLACES_MAX);
  for (const at of [...places.reverse(), undefined]) {
    const comments = at === undefined ? [''] : [commentOf(lines[at]!), ''];
    for (const comment of comments) {
      for (const quote of QUOTES) {
        const written = putLine(lines, at, `${key}=${quote}${value}${quote}${comment}`);
        if (isSame(parseVariables(written), wanted)) return written;
      }
    }
  }
  return undefined;
}

/** In the order of preference. */
const QUOTES = ['', '"', "'", '`'];

/** Lines with one key that are tried. */
const PLACES_MAX = 4;

/** @param at the line to replace; `undefined` adds one at the end. */
function putLine(lines: readonly string[], at: number | undefined, line: string): string {
  if (at !== undefined) return lines.with(at, lines[at]!.endsWith('\r') ? `${line}\r` : line).join('\n');
  const rest = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  return [...rest, line, ''].join('\n');
}

function keyOf(line: string): string {
  return line
    .slice(0, Math.max(0, line.indexOf('=')))
    .trim()
    .replace(/^export\s/, '')
    .trimStart();
}

/** From the blanks before `#` on; a `#` inside quotes is none. */
function commentOf(line: string): string {
  const value = line.slice(line.indexOf('=') + 1).trimStart();
  const quote = QUOTES.includes(value.charAt(0)) ? value.charAt(0) : '';
  const end = quote === '' ? 0 : Math.max(0, value.indexOf(quote, 1));
  const hash = value.indexOf('#', end);
  return hash < 0 ? '' : ` ${value.slice(hash).trimEnd()}`;
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
