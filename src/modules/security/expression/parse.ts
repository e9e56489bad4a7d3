/**
 * Tokens -> a tree (`modules.md` § 16), by precedence climbing. Names and functions are judged here, so that an
 * expression with a mistake is refused when it is written and not when it is asked.
 */
import { FUNCTIONS, isPredicateFunction } from './functions.ts';
import { EXPRESSION_DEPTH_MAX, EXPRESSION_TEXT_MAX, expressionInvalid } from './limits.ts';
import { readTokens, type Token } from './tokens.ts';

/** An expression that was read. */
export type Node =
  | { readonly kind: 'literal'; readonly value: null | boolean | number | string }
  | { readonly kind: 'variable'; readonly name: string }
  /** `#`: the item a predicate is asked about. */
  | { readonly kind: 'item' }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'mapping'; readonly pairs: readonly (readonly [key: string, value: Node])[] }
  | { readonly kind: 'unary'; readonly operator: '-' | '+' | 'not'; readonly operand: Node }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'conditional'; readonly test: Node; readonly yes: Node; readonly no: Node }
  | { readonly kind: 'member'; readonly object: Node; readonly key: Node; readonly isOptional: boolean }
  | {
      readonly kind: 'slice';
      readonly object: Node;
      readonly from: Node | undefined;
      readonly to: Node | undefined;
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] }
  | { readonly kind: 'let'; readonly name: string; readonly value: Node; readonly body: Node };

/** Operators between two operands; `not` before one of the words is the unary operator around it. */
export type BinaryOperator = keyof typeof PRECEDENCE;

/** Higher binds tighter. Those of one level go from left to right, `**` from right to left. */
const PRECEDENCE = {
  or: 10,
  and: 15,
  '==': 20,
  '!=': 20,
  '<': 20,
  '<=': 20,
  '>': 20,
  '>=': 20,
  in: 20,
  contains: 20,
  startsWith: 20,
  endsWith: 20,
  matches: 20,
  '..': 25,
  '+': 30,
  '-': 30,
  '*': 60,
  '/': 60,
  '%': 60,
  '**': 100,
  '??': 500,
} as const;

const NEGATABLE: readonly string[] = ['in', 'contains', 'startsWith', 'endsWith', 'matches'];
const SYNONYMS: Readonly<Record<string, BinaryOperator>> = { '&&': 'and', '||': 'or', '^': '**' };
const NOT_PRECEDENCE = 50;
const SIGN_PRECEDENCE = 90;
const WORDS: Readonly<Record<string, null | boolean>> = { true: true, false: false, nil: null, null: null };
const RESERVED = new Set(['and', 'or', 'not', 'let', 'true', 'false', 'nil', 'null', ...NEGATABLE]);

/**
 * Reads an expression.
 * @param variables names it may use.
 * @throws MH_SECURITY_ARGUMENT_INVALID saying what is wrong and where
 */
export function parseExpression(source: string, variables: readonly string[]): Node {
  if (source.length > EXPRESSION_TEXT_MAX)
    throw expressionInvalid(`it has ${source.length} characters, ${EXPRESSION_TEXT_MAX} are allowed`);
  return new Parser(readTokens(source), variables).parse();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #names: string[];
  #at = 0;
  #depth = 0;
  /** How many predicates stand around this place. */
  #predicates = 0;

  constructor(tokens: readonly Token[], variables: readonly string[]) {
    this.#tokens = tokens;
    this.#names = [...variables];
  }

  parse(): Node {
    if (this.#tokens.length === 1) throw expressionInvalid('it is empty');
    const node = this.#sequence();
    if (this.#token.kind !== 'end') throw this.#unexpected();
    return node;
  }

  get #token(): Token {
    return this.#tokens[this.#at]!;
  }

  /** `let x = …; …`, else one expression with its pipes. */
  #sequence(): Node {
    if (!this.#takeName('let')) return this.#piped();
    const name = this.#nameOf('a name after let');
    this.#expect('=');
    const value = this.#piped();
    this.#expect(';');
    this.#names.push(name);
    const body = this.#deeper(() => this.#sequence());
    this.#names.pop();
    return { kind: 'let', name, value, body };
  }

  /** `x | f(y)` is `f(x, y)`. */
  #piped(): Node {
    let node = this.#conditional();
    for (let count = 0; this.#take('|'); count++) {
      this.#assertChain(count);
      node = this.#call(this.#nameOf('a function after |'), [node]);
    }
    return node;
  }

  #conditional(): Node {
    return this.#deeper(() => {
      const test = this.#binary(0);
      if (!this.#take('?')) return test;
      const yes = this.#conditional();
      this.#expect(':');
      return { kind: 'conditional', test, yes, no: this.#conditional() };
    });
  }

  #binary(precedenceMin: number): Node {
    let left = this.#unary();
    for (let count = 0; ; count++) {
      const start = this.#at;
      const isNegated = this.#token.text === 'not' && NEGATABLE.includes(this.#tokens[start + 1]?.text ?? '');
      if (isNegated) this.#at++;
      const operator = this.#operator();
      if (operator === undefined || PRECEDENCE[operator] < precedenceMin) {
        this.#at = start;
        return left;
      }
      this.#assertChain(count);
      this.#at++;
      const isRightFirst = operator === '**';
      const right = this.#deeper(() => this.#binary(PRECEDENCE[operator] + (isRightFirst ? 0 : 1)));
      left = { kind: 'binary', operator, left, right };
      if (isNegated) left = { kind: 'unary', operator: 'not', operand: left };
    }
  }

  #operator(): BinaryOperator | undefined {
    const { kind, text } = this.#token;
    if (kind !== 'sign' && kind !== 'name') return undefined;
    if (Object.hasOwn(SYNONYMS, text)) return SYNONYMS[text];
    return Object.hasOwn(PRECEDENCE, text) ? (text as BinaryOperator) : undefined;
  }

  #unary(): Node {
    if (this.#take('!') || this.#takeName('not')) {
      return { kind: 'unary', operator: 'not', operand: this.#deeper(() => this.#binary(NOT_PRECEDENCE)) };
    }
    for (const operator of ['-', '+'] as const) {
      if (this.#take(operator))
        return { kind: 'unary', operator, operand: this.#deeper(() => this.#binary(SIGN_PRECEDENCE)) };
    }
    return this.#members(this.#primary());
  }

  /** `.name`, `?.name`, `[index]`, `[from:to]` behind a value. */
  #members(object: Node): Node {
    let node = object;
    for (let count = 0; ; count++) {
      this.#assertChain(count);
      if (this.#take('.')) node = { kind: 'member', object: node, key: this.#field(), isOptional: false };
      else if (this.#take('?.'))
        node = { kind: 'member', object: node, key: this.#field(), isOptional: true };
      else if (this.#take('[')) node = this.#bracket(node);
      else return node;
    }
  }

  #field(): Node {
    return { kind: 'literal', value: this.#nameOf('the name of a field') };
  }

  #bracket(object: Node): Node {
    const from = this.#token.text === ':' ? undefined : this.#piped();
    if (this.#take(':')) {
      const to = this.#token.text === ']' ? undefined : this.#piped();
      this.#expect(']');
      return { kind: 'slice', object, from, to };
    }
    this.#expect(']');
    return { kind: 'member', object, key: from!, isOptional: false };
  }

  #primary(): Node {
    const token = this.#token;
    this.#at++;
    if (token.kind === 'number') return { kind: 'literal', value: Number(token.text) };
    if (token.kind === 'string') return { kind: 'literal', value: token.text };
    if (token.kind === 'name') return this.#named(token);
    if (token.kind === 'sign') {
      if (token.text === '(') {
        const node = this.#deeper(() => this.#sequence());
        this.#expect(')');
        return node;
      }
      if (token.text === '[') return { kind: 'list', items: this.#items(']') };
      if (token.text === '{') return this.#mapping();
      if (token.text === '#' && this.#predicates > 0) return { kind: 'item' };
      // In a predicate `.field` is short for `#.field`.
      if (token.text === '.' && this.#predicates > 0)
        return { kind: 'member', object: { kind: 'item' }, key: this.#field(), isOptional: false };
    }
    this.#at--;
    throw this.#unexpected();
  }

  #named({ text, at }: Token): Node {
    if (Object.hasOwn(WORDS, text)) return { kind: 'literal', value: WORDS[text]! };
    if (this.#token.text === '(' && this.#token.kind === 'sign') return this.#call(text, []);
    if (RESERVED.has(text)) throw expressionInvalid(`unexpected '${text}' at column ${at + 1}`);
    if (this.#names.includes(text)) return { kind: 'variable', name: text };
    throw expressionInvalid(`unknown name '${text}' at column ${at + 1}`);
  }

  #call(name: string, first: readonly Node[]): Node {
    if (!Object.hasOwn(FUNCTIONS, name)) throw expressionInvalid(`there is no function '${name}'`);
    const { argumentsMin, argumentsMax } = FUNCTIONS[name]!;
    this.#expect('(');
    const args = [...first, ...this.#items(')', isPredicateFunction(name) ? 1 - first.length : undefined)];
    if (args.length < argumentsMin || args.length > argumentsMax)
      throw expressionInvalid(`'${name}' does not take ${args.length} arguments`);
    return { kind: 'call', name, args };
  }

  /** @param predicateIndex which of them is a predicate, with or without braces. */
  #items(closing: string, predicateIndex?: number): Node[] {
    const items: Node[] = [];
    while (!this.#take(closing)) {
      if (items.length > 0) this.#expect(',');
      if (items.length > 0 && this.#take(closing)) break;
      items.push(this.#deeper(() => (items.length === predicateIndex ? this.#predicate() : this.#piped())));
    }
    return items;
  }

  #predicate(): Node {
    this.#predicates++;
    const hasBraces = this.#take('{');
    const node = this.#sequence();
    if (hasBraces) this.#expect('}');
    this.#predicates--;
    return node;
  }

  #mapping(): Node {
    const pairs: [string, Node][] = [];
    while (!this.#take('}')) {
      if (pairs.length > 0) this.#expect(',');
      const { kind, text } = this.#token;
      if (kind !== 'name' && kind !== 'string' && kind !== 'number') throw this.#unexpected();
      this.#at++;
      this.#expect(':');
      pairs.push([text, this.#deeper(() => this.#piped())]);
    }
    return { kind: 'mapping', pairs };
  }

  #deeper<T>(read: () => T): T {
    if (++this.#depth > EXPRESSION_DEPTH_MAX) throw tooDeep();
    const node = read();
    this.#depth--;
    return node;
  }

  /** A row of operators becomes a tree as deep as it is long. */
  #assertChain(count: number): void {
    if (count > EXPRESSION_DEPTH_MAX) throw tooDeep();
  }

  #take(sign: string): boolean {
    const { kind, text } = this.#token;
    if (kind !== 'sign' || text !== sign) return false;
    this.#at++;
    return true;
  }

  #takeName(name: string): boolean {
    const { kind, text } = this.#token;
    if (kind !== 'name' || text !== name) return false;
    this.#at++;
    return true;
  }

  #nameOf(what: string): string {
    const { kind, text, at } = this.#token;
    if (kind !== 'name') throw expressionInvalid(`expected ${what} at column ${at + 1}`);
    this.#at++;
    return text;
  }

  #expect(sign: string): void {
    if (this.#take(sign)) return;
    throw expressionInvalid(`expected '${sign}' at column ${this.#token.at + 1}`);
  }

  #unexpected(): Error {
    const { kind, text, at } = this.#token;
    return expressionInvalid(
      kind === 'end' ? 'it ends too early' : `unexpected '${text}' at column ${at + 1}`,
    );
  }
}

function tooDeep(): Error {
  return expressionInvalid(`it is nested deeper than ${EXPRESSION_DEPTH_MAX} levels`);
}
