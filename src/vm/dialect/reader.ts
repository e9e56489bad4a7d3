/** A place in a token list that a grammar moves forward. */
import type { TokenKind, Tokens } from './tokens.ts';

/**
 * Thrown where the grammar ends. Of Lua itself the compiler reads the same text afterwards and says what is wrong in
 * its own words; only inside an addition are these words the program's author's.
 */
export class NotUnderstood extends Error {
  /** Index of the token that does not fit. */
  readonly position: number;
  /** What was looked for; `undefined` when it is nested too deeply or ambiguous. */
  readonly expected: string | undefined;
  /** Where the addition begins that ends here, an offset; `undefined` outside of one. */
  addition: number | undefined;

  constructor(position: number, expected?: string) {
    super();
    this.position = position;
    this.expected = expected;
  }
}

/**
 * How deep statements, expressions and types may nest. The compiler's own limit is 200 (LUAI_MAXCCALLS), so
 * everything that compiles fits, and nothing hostile reaches the end of the JavaScript stack.
 */
const NESTING_MAX = 250;

/** Reads tokens one by one; `position` may be set back to try another reading. */
export class TokenReader {
  readonly tokens: Tokens;
  /** Index of the token to be read next. */
  position = 0;
  #depth = 0;

  constructor(tokens: Tokens) {
    this.tokens = tokens;
  }

  /** Kind of the next token, or of one `ahead` of it. */
  kind(ahead = 0): TokenKind {
    return this.tokens.kinds[this.position + ahead] ?? 'eof';
  }

  /** Text of the next token, or of one `ahead` of it. */
  text(ahead = 0): string {
    const index = Math.min(this.position + ahead, this.tokens.kinds.length - 1);
    return this.tokens.source.slice(this.tokens.starts[index], this.tokens.ends[index]);
  }

  /** Offset where the next token starts. */
  get start(): number {
    return this.tokens.starts[this.position]!;
  }

  /** Offset where the last read token ended. */
  get end(): number {
    return this.position === 0 ? 0 : this.tokens.ends[this.position - 1]!;
  }

  /** Is the next token the name `word`? */
  isName(word: string, ahead = 0): boolean {
    return this.kind(ahead) === 'name' && this.text(ahead) === word;
  }

  /** Does the next token directly touch the one before it? */
  get touches(): boolean {
    return this.start === this.end;
  }

  /** Is there a line break between the last read token and the next one? */
  get isOnNewLine(): boolean {
    const gap = this.tokens.source.slice(this.end, this.start);
    return gap.includes('\n') || gap.includes('\r');
  }

  skip(count = 1): void {
    this.position += count;
  }

  /** Reads the next token if it is of this kind. */
  accept(kind: TokenKind): boolean {
    if (this.kind() !== kind) return false;
    this.position++;
    return true;
  }

  /** Reads the next token, which must be of this kind. @throws NotUnderstood */
  expect(kind: TokenKind): void {
    if (!this.accept(kind)) throw new NotUnderstood(this.position, kind);
  }

  /** Runs a grammar rule one level deeper. @throws NotUnderstood beyond NESTING_MAX */
  nested(rule: () => void): void {
    if (this.#depth >= NESTING_MAX) throw new NotUnderstood(this.position);
    this.#depth++;
    try {
      rule();
    } finally {
      this.#depth--;
    }
  }
}
