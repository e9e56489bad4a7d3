/**
 * Erases the type annotations of the dialect before a source is compiled (`app-format.md` § 5.5, `vm.md` § 6).
 * Types have no effect at run time, so nothing is checked and nothing is translated: every character of an
 * addition becomes a blank, and errors keep their line and column. What the grammar does not understand is
 * left to the compiler, which then reports it.
 */
import { findAdditions, type Range } from './grammar.ts';
import { tokenize } from './tokens.ts';

export { type Tokens, tokenize } from './tokens.ts';

/**
 * Turns dialect source into plain Lua 5.3 of the same length, with the same line breaks.
 * Plain Lua comes back identical. Linear in the length; never throws.
 */
export function eraseTypes(source: string): string {
  const additions = findAdditions(tokenize(source));
  if (additions.length === 0) return source;
  return blank(source, additions);
}

/** Inner ranges (a cast inside a validator) come before the outer ones and overlap them. */
function blank(source: string, ranges: readonly Range[]): string {
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
