/**
 * The dialect: Lua 5.3 with type annotations, which are erased before a source is compiled (`app-format.md` § 5.5,
 * `vm.md` § 6). Types have no effect at run time, so nothing is checked and nothing is translated: every character of
 * an addition becomes a blank, and errors keep their line and column. What the grammar does not understand is left to
 * the compiler, which then reports it.
 */
import { compile, LuaSyntaxError } from '../compiler/compile.ts';
import type { Chunk } from '../value/api.ts';
import { type Additions, findAdditions, type Range } from './grammar.ts';
import { type Tokens, tokenize } from './tokens.ts';

export { type Tokens, tokenize } from './tokens.ts';

/** A source, compiled. */
export interface CompiledSource {
  readonly chunk: Chunk;
  /** What was compiled: plain Lua 5.3 of the same length, with the same line breaks. */
  readonly text: string;
}

/**
 * Compiles a source of the dialect. What compiles only as plain Lua is plain Lua.
 * @param chunkName shown in messages as it is.
 * @throws LuaSyntaxError at the place in `source`; a type that cannot be read is said to be one.
 */
export function compileSource(source: string, chunkName: string): CompiledSource {
  const tokens = tokenize(source);
  const additions = findAdditions(tokens);
  const text = blank(source, additions.ranges);
  try {
    return { chunk: compile(text, chunkName), text };
  } catch (error) {
    if (!(error instanceof LuaSyntaxError)) throw error;
    const chunk = text === source ? undefined : tryCompile(source, chunkName);
    if (chunk !== undefined) return { chunk, text: source };
    throw brokenType(tokens, additions, error, chunkName) ?? error;
  }
}

/**
 * Turns dialect source into plain Lua 5.3 of the same length, with the same line breaks.
 * Plain Lua comes back identical. Linear in the length; never throws.
 */
export function eraseTypes(source: string): string {
  return blank(source, findAdditions(tokenize(source)).ranges);
}

/** Inner ranges (a cast inside a validator) come before the outer ones and overlap them. */
function blank(source: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return source;
  const pieces: string[] = [];
  let kept = 0;
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    if (range.end <= kept) continue;
    pieces.push(
      source.slice(kept, range.start),
      source.slice(range.start, range.end).replace(/[^\r\n]/g, ' '),
    );
    kept = range.end;
  }
  pieces.push(source.slice(kept));
  return pieces.join('');
}

function tryCompile(source: string, chunkName: string): Chunk | undefined {
  try {
    return compile(source, chunkName);
  } catch (error) {
    if (error instanceof LuaSyntaxError) return undefined;
    throw error;
  }
}

/** The mistake inside a type, unless the compiler stumbled over something before it. */
function brokenType(
  { source, kinds, starts, ends }: Tokens,
  { broken }: Additions,
  error: LuaSyntaxError,
  chunkName: string,
): LuaSyntaxError | undefined {
  if (broken?.addition === undefined || error.line < lineAt(source, broken.addition)) return undefined;
  const { position, expected } = broken;
  const start = starts[position]!;
  const line = lineAt(source, start);
  const found = kinds[position] === 'eof' ? '<eof>' : `'${source.slice(start, ends[position])}'`;
  const reason =
    expected === undefined ? `unexpected type near ${found}` : `${named(expected)} expected near ${found}`;
  const column = start - source.lastIndexOf('\n', start - 1);
  return new LuaSyntaxError(`${chunkName}:${line}: ${reason}`, line, reason, column);
}

/** What was looked for, as PUC writes it. */
function named(expected: string): string {
  if (expected === 'type') return 'type';
  return expected === 'name' ? '<name>' : `'${expected}'`;
}

/** The line of an offset, from 1. */
function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf('\n'); at >= 0 && at < offset; at = source.indexOf('\n', at + 1)) line++;
  return line;
}
