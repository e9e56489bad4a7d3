/** What the words of a source say without running it. Built on tokens: comments and strings never count. */
import { type Tokens, tokenize } from '../../vm/index.ts';

/** A `require` of a name that is written there. */
export interface WrittenRequire {
  readonly name: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
}

/** Words of one source. */
export interface SourceWords {
  /** Every name in it. */
  readonly names: ReadonlySet<string>;
  /** In their order; those inside a `pcall(...)` may fail, so they are left out. */
  readonly requires: readonly WrittenRequire[];
}

/** Reads them. Linear in the length; never throws. */
export function readWords(source: string): SourceWords {
  const tokens = tokenize(source);
  const names = new Set<string>();
  const requires: WrittenRequire[] = [];
  /** Brackets open since the outermost `pcall`; 0 = not inside one. */
  let guarded = 0;
  const lines = new LineCounter(source);
  for (let i = 0; i < tokens.kinds.length; i++) {
    const kind = tokens.kinds[i];
    if (guarded > 0) guarded += kind === '(' ? 1 : kind === ')' ? -1 : 0;
    if (kind !== 'name') continue;
    const word = textOf(tokens, i);
    names.add(word);
    if (guarded === 0 && (word === 'pcall' || word === 'xpcall') && tokens.kinds[i + 1] === '(') {
      guarded = 1;
      i++;
    } else if (guarded === 0 && word === 'require') {
      const name = requiredName(tokens, i);
      if (name !== undefined) requires.push({ name, ...lines.placeOf(tokens.starts[i]!) });
    }
  }
  return { names, requires };
}

/** `require "x"` or `require("x")`; a field or a method of that name is somebody else's. */
function requiredName(tokens: Tokens, at: number): string | undefined {
  const before = tokens.kinds[at - 1];
  if (before === '.' || before === ':' || before === 'function') return undefined;
  const isCall = tokens.kinds[at + 1] === '(';
  const argument = at + (isCall ? 2 : 1);
  if (tokens.kinds[argument] !== 'string') return undefined;
  if (isCall && tokens.kinds[argument + 1] !== ')') return undefined;
  // Quoted and without escapes; what is written otherwise is found when it runs.
  return /^(["'])([\w.@:/-]+)\1$/.exec(textOf(tokens, argument))?.[2];
}

function textOf(tokens: Tokens, index: number): string {
  return tokens.source.slice(tokens.starts[index], tokens.ends[index]);
}

/** Lines and columns of offsets that only grow: the source is walked once. */
class LineCounter {
  readonly #source: string;
  #line = 1;
  /** Where the line begins. */
  #begin = 0;

  constructor(source: string) {
    this.#source = source;
  }

  placeOf(offset: number): { line: number; column: number } {
    for (;;) {
      const end = this.#source.indexOf('\n', this.#begin);
      if (end < 0 || end >= offset) return { line: this.#line, column: offset - this.#begin + 1 };
      this.#line++;
      this.#begin = end + 1;
    }
  }
}
