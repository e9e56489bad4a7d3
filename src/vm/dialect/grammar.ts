/**
 * The grammar of Lua 5.3 with the dialect's additions. It reads a source from front to back and reports each
 * addition as a range of characters. Operators need no precedence here, so an expression is a flat row of
 * operands and only brackets, blocks and functions nest.
 *
 * Plain Lua stays plain where both readings are possible:
 *   `type`, `export` and `interface` begin a declaration only before another name, which no Lua statement can have;
 *   `:: name ::` is a label at the start of a line, or when a `goto` names it, or when a statement follows;
 *   `as` before a name is a cast; before `(`, `{` or a string it is one on the line of its operand, in a
 *   file that has no variable `as`.
 */
import { NotUnderstood, TokenReader } from './reader.ts';
import type { Tokens } from './tokens.ts';
import { readGenerics, readType, readTypes, startsType, type TypeContext } from './types.ts';

/** A part of the source to be blanked: from `start` up to but not including `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

const BINARY: ReadonlySet<string> = new Set('+ - * / % ^ .. == ~= // & ~ | < > and or'.split(' '));
const UNARY: ReadonlySet<string> = new Set(['not', '-', '#', '~']);
/** What a call, an index or a method call goes on with. */
const CALL_STARTS: ReadonlySet<string> = new Set('( { string . : ['.split(' '));
/** Tokens looked at to tell `y :: any :: (A) -> B` from `y ::label:: (f)()`; beyond, it is a type. */
const LOOKAHEAD_MAX = 256;
const BLOCK_END: ReadonlySet<string> = new Set(['eof', 'end', 'else', 'elseif', 'until']);

/** What `findAdditions` found. */
export interface Additions {
  /** In source order. What lies behind the first thing that is not understood is not looked at. */
  readonly ranges: readonly Range[];
  /** The addition that could not be read to its end, if that is what reading ended at. */
  readonly broken: NotUnderstood | undefined;
}

/** Reads as far as the grammar goes. */
export function findAdditions(tokens: Tokens): Additions {
  const grammar = new Grammar(tokens);
  try {
    grammar.chunk();
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
    return { ranges: grammar.additions, broken: error.addition === undefined ? undefined : error };
  }
  return { ranges: grammar.additions, broken: undefined };
}

class Grammar implements TypeContext {
  readonly reader: TokenReader;
  readonly additions: Range[] = [];
  readonly #gotoTargets: ReadonlySet<string>;
  readonly #isAsVariable: boolean;
  readonly #failedAttempts = new Set<number>();

  constructor(tokens: Tokens) {
    this.reader = new TokenReader(tokens);
    this.#gotoTargets = gotoTargets(tokens);
    this.#isAsVariable = usesAsAsVariable(tokens);
  }

  chunk(): void {
    this.#block();
    this.reader.expect('eof');
  }

  expressionList(): void {
    do this.#expression();
    while (this.reader.accept(','));
  }

  /** Trying each place once keeps nested attempts from doubling the work at every level. */
  attempt(rule: () => void): void {
    const { position } = this.reader;
    const known = this.additions.length;
    if (this.#failedAttempts.has(position)) return;
    try {
      rule();
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      this.#failedAttempts.add(position);
      this.reader.position = position;
      this.additions.length = known;
    }
  }

  #block(): void {
    while (!BLOCK_END.has(this.reader.kind())) {
      if (this.reader.accept('return')) {
        if (!BLOCK_END.has(this.reader.kind()) && this.reader.kind() !== ';') this.expressionList();
        this.reader.accept(';');
        return;
      }
      this.reader.nested(() => this.#statement());
    }
  }

  #statement(): void {
    const { reader } = this;
    switch (reader.kind()) {
      case ';':
      case 'break':
        reader.skip();
        return;
      case '::':
        reader.skip();
        reader.expect('name');
        reader.expect('::');
        return;
      case 'goto':
        reader.skip();
        reader.expect('name');
        return;
      case 'do':
        reader.skip();
        this.#blockUntil('end');
        return;
      case 'while':
        reader.skip();
        this.#expression();
        reader.expect('do');
        this.#blockUntil('end');
        return;
      case 'repeat':
        reader.skip();
        this.#blockUntil('until');
        this.#expression();
        return;
      case 'if':
        this.#if();
        return;
      case 'for':
        this.#for();
        return;
      case 'function':
        reader.skip();
        reader.expect('name');
        while (reader.accept('.') || reader.accept(':')) reader.expect('name');
        this.#functionBody();
        return;
      case 'local':
        reader.skip();
        if (!reader.accept('function')) {
          this.#local();
          return;
        }
        reader.expect('name');
        this.#functionBody();
        return;
      default:
        if (this.#startsDeclaration()) {
          this.#declaration();
          return;
        }
        if (reader.isName('interface') && reader.kind(1) === 'name') {
          this.#erase(() => this.#interface());
          return;
        }
        this.#expressionStatement();
    }
  }

  #blockUntil(closing: string): void {
    this.#block();
    this.reader.expect(closing);
  }

  #if(): void {
    const { reader } = this;
    do {
      reader.skip();
      this.#expression();
      reader.expect('then');
      this.#block();
    } while (reader.kind() === 'elseif');
    if (reader.accept('else')) this.#block();
    reader.expect('end');
  }

  #for(): void {
    const { reader } = this;
    reader.skip();
    this.#typedNames();
    if (!reader.accept('=')) reader.expect('in');
    this.expressionList();
    reader.expect('do');
    this.#blockUntil('end');
  }

  #local(): void {
    this.#typedNames();
    if (this.reader.accept('=')) this.expressionList();
  }

  #typedNames(): void {
    do {
      this.reader.expect('name');
      this.#annotation();
    } while (this.reader.accept(','));
  }

  /** `: T`, if it is there. */
  #annotation(): void {
    if (this.reader.kind() !== ':') return;
    this.#erase(() => {
      this.reader.skip();
      readType(this);
    });
  }

  #startsDeclaration(): boolean {
    const { reader } = this;
    const at = reader.isName('export') && reader.isName('type', 1) ? 1 : 0;
    return reader.isName('type', at) && reader.kind(at + 1) === 'name';
  }

  #declaration(): void {
    const { reader } = this;
    this.#erase(() => {
      if (reader.isName('export')) reader.skip();
      reader.skip(2);
      if (reader.kind() === '<') readGenerics(this);
      reader.expect('=');
      readType(this);
    });
  }

  /** `interface Name<T>: Parent function method(a: A): R ... end`. */
  #interface(): void {
    const { reader } = this;
    reader.skip(2);
    if (reader.kind() === '<') readGenerics(this);
    if (reader.accept(':')) readTypes(this);
    while (reader.accept('function')) {
      reader.expect('name');
      this.#signature();
    }
    reader.expect('end');
  }

  /** A call or an assignment. */
  #expressionStatement(): void {
    const { reader } = this;
    const isCall = this.#suffixed();
    if (reader.kind() !== '=' && reader.kind() !== ',') {
      if (!isCall) throw new NotUnderstood(reader.position);
      return;
    }
    while (reader.accept(',')) this.#suffixed();
    reader.expect('=');
    this.expressionList();
  }

  #functionBody(): void {
    this.#signature();
    this.#blockUntil('end');
  }

  /** `<T>(a: A, b?: B, ...: C): R, S?`. */
  #signature(): void {
    const { reader } = this;
    if (reader.kind() === '<') this.#erase(() => readGenerics(this));
    reader.expect('(');
    if (!reader.accept(')')) {
      do {
        if (!reader.accept('...')) reader.expect('name');
        const behind = reader.kind(1);
        if (reader.kind() === '?' && (behind === ':' || behind === ',' || behind === ')'))
          this.#erase(() => reader.skip());
        this.#annotation();
      } while (reader.accept(','));
      reader.expect(')');
    }
    if (reader.kind() !== ':') return;
    this.#erase(() => {
      reader.skip();
      readTypes(this);
    });
  }

  #expression(): void {
    this.reader.nested(() => {
      do {
        while (UNARY.has(this.reader.kind())) this.reader.skip();
        this.#operand();
        this.#casts();
      } while (this.#binaryOperator());
    });
  }

  #binaryOperator(): boolean {
    const { reader } = this;
    const kind = reader.kind();
    if (!BINARY.has(kind)) return false;
    reader.skip();
    // `<<`, `<=`, `>>` and `>=` arrive in two pieces.
    if ((kind === '<' || kind === '>') && reader.touches && (reader.kind() === kind || reader.kind() === '='))
      reader.skip();
    return true;
  }

  #operand(): void {
    const { reader } = this;
    switch (reader.kind()) {
      case 'number':
      case 'string':
      case 'nil':
      case 'true':
      case 'false':
      case '...':
        reader.skip();
        return;
      case '{':
        this.#table();
        return;
      case 'function':
        reader.skip();
        this.#functionBody();
        return;
      default:
        this.#suffixed();
    }
  }

  /** `:: T`, `as T` and `!` behind an operand, in any number. */
  #casts(): void {
    const { reader } = this;
    for (;;) {
      if (reader.kind() === '!') this.#erase(() => reader.skip());
      else if (this.#startsCast()) {
        this.#erase(() => {
          reader.skip();
          readType(this, true);
        });
      } else return;
    }
  }

  #startsCast(): boolean {
    const { reader } = this;
    if (reader.kind() === '::') return startsType(reader.kind(1)) && !this.#startsLabel();
    if (!reader.isName('as')) return false;
    const next = reader.kind(1);
    if (next === 'name' || next === 'nil' || next === 'true' || next === 'false' || next === 'number')
      return true;
    // A keyword that starts a type also starts a statement, a bracket or a string also makes a call.
    return startsType(next) && !reader.isOnNewLine && !this.#isAsVariable;
  }

  #startsLabel(): boolean {
    const { reader } = this;
    if (reader.kind(1) !== 'name' || reader.kind(2) !== '::') return false;
    if (reader.isOnNewLine || this.#gotoTargets.has(reader.text(1))) return true;
    return !startsType(reader.kind(3)) || this.#startsStatement(3);
  }

  /** Can what lies `ahead`, where a type could start, only be a call, an assignment or a function? */
  #startsStatement(ahead: number): boolean {
    const { reader } = this;
    if (reader.kind(ahead) === 'function') return reader.kind(ahead + 1) === 'name';
    if (reader.kind(ahead) === '(') return !this.#isTypeInBrackets(ahead);
    if (reader.kind(ahead) !== 'name') return false;
    let at = ahead + 1;
    while (reader.kind(at) === '.' && reader.kind(at + 1) === 'name') at += 2;
    const next = reader.kind(at);
    return next === '(' || next === '{' || next === 'string' || next === '=' || next === ':';
  }

  /** A bracketed type goes on as one, or ends where a bracketed expression cannot: before what is no call. */
  #isTypeInBrackets(ahead: number): boolean {
    const { reader } = this;
    let depth = 0;
    for (let at = ahead; at < ahead + LOOKAHEAD_MAX; at++) {
      const kind = reader.kind(at);
      if (kind === '(') depth++;
      else if (kind === ')') depth--;
      if (depth === 0) return !CALL_STARTS.has(reader.kind(at + 1));
    }
    return true;
  }

  #table(): void {
    const { reader } = this;
    reader.expect('{');
    while (reader.kind() !== '}') {
      if (reader.accept('[')) {
        this.#expression();
        reader.expect(']');
        reader.expect('=');
      } else if (reader.kind() === 'name' && reader.kind(1) === '=') reader.skip(2);
      this.#expression();
      if (!reader.accept(',') && !reader.accept(';')) break;
    }
    reader.expect('}');
  }

  /** A name or a bracketed expression with what hangs behind it. @returns whether it ends in a call. */
  #suffixed(): boolean {
    const { reader } = this;
    if (reader.accept('(')) {
      this.#expression();
      reader.expect(')');
    } else reader.expect('name');
    let isCall = false;
    for (;;) {
      switch (reader.kind()) {
        case '.':
          reader.skip();
          reader.expect('name');
          isCall = false;
          break;
        case '[':
          reader.skip();
          this.#expression();
          reader.expect(']');
          isCall = false;
          break;
        case ':':
          reader.skip();
          reader.expect('name');
          this.#callArguments();
          isCall = true;
          break;
        case '(':
        case '{':
        case 'string':
          this.#callArguments();
          isCall = true;
          break;
        case '!': // `value!.field`, `value!:method()`
          this.#erase(() => reader.skip());
          break;
        default:
          return isCall;
      }
    }
  }

  #callArguments(): void {
    const { reader } = this;
    if (reader.accept('string')) return;
    if (reader.kind() === '{') {
      reader.nested(() => this.#table());
      return;
    }
    reader.expect('(');
    if (reader.kind() !== ')') this.expressionList();
    reader.expect(')');
  }

  /** Runs a rule and reports what it read as an addition. Nothing is reported when the rule does not match. */
  #erase(rule: () => void): void {
    const { start } = this.reader;
    try {
      rule();
    } catch (error) {
      if (error instanceof NotUnderstood) error.addition = start;
      throw error;
    }
    this.additions.push({ start, end: this.reader.end });
  }
}

function gotoTargets(tokens: Tokens): Set<string> {
  const targets = new Set<string>();
  for (let i = 0; i + 1 < tokens.kinds.length; i++) {
    if (tokens.kinds[i] === 'goto')
      targets.add(tokens.source.slice(tokens.starts[i + 1], tokens.ends[i + 1]));
  }
  return targets;
}

/** Does `as` stand anywhere an operand could not be followed by a cast? */
function usesAsAsVariable(tokens: Tokens): boolean {
  const isOperandEnd = /^(?:name|number|string|nil|true|false|end|[)\]}!?]|\.\.\.)$/;
  for (let i = 0; i < tokens.kinds.length; i++) {
    if (tokens.kinds[i] !== 'name' || tokens.ends[i]! - tokens.starts[i]! !== 2) continue;
    if (!tokens.source.startsWith('as', tokens.starts[i])) continue;
    const before = i === 0 ? ';' : tokens.kinds[i - 1]!;
    if (before !== '.' && before !== ':' && !isOperandEnd.test(before)) return true;
    const after = tokens.kinds[i + 1];
    if (after === '=' || after === ',' || after === '.' || after === '[') return true;
  }
  return false;
}
