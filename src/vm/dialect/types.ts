/**
 * The grammar of types (`app-format.md` § 5.5). Reads over a type and remembers nothing: who called knows
 * where it started.
 *
 *   types   = type { "," type }
 *   type    = ["|" | "&"] part { ("|" | "&") part }
 *   part    = primary { "?" | "[" [type] "]" | "@" name ["(" expressions ")"] }
 *   primary = name {"." name} ["<" types ">"] | literal | record | pack ["->" type] | generics pack "->" type
 *           | ("function" | "fun") [pack [":" type]] | "asserts" name ["is" type] | "interface" record
 *   pack    = "(" [name ["?"] ":"] type ... ")"
 *   record  = "{" { "[" type "]" ":" type | name ["?"] ":" type | type } "}"
 */
import { NotUnderstood, type TokenReader } from './reader.ts';

/** What the type grammar needs from the grammar of expressions: arguments of validators, `typeof(x)`. */
export interface TypeContext {
  readonly reader: TokenReader;
  /** Reads `a, b, c`. */
  expressionList(): void;
  /** Runs a rule; when it does not match, goes back and remembers not to try it at this place again. */
  attempt(rule: () => void): void;
}

/** Tokens a type can start with. */
const TYPE_STARTS: ReadonlySet<string> = new Set(
  'name string number nil true false function { ( < - ... | &'.split(' '),
);

/** Tokens that only an operand can start with. */
const OPERAND_STARTS: ReadonlySet<string> = new Set('name string number nil true false { ( # not'.split(' '));

/** May a type start with a token of this kind? */
export function startsType(kind: string): boolean {
  return TYPE_STARTS.has(kind);
}

/**
 * Reads one type.
 * @param inExpression the type of a cast: a `<` behind its name may also be a comparison, so it only opens
 * type arguments when they are closed again.
 * @throws NotUnderstood
 */
export function readType(context: TypeContext, inExpression = false): void {
  const { reader } = context;
  reader.nested(() => {
    if (reader.kind() === '|' || reader.kind() === '&') reader.skip();
    do readPart(context, inExpression);
    while (reader.accept('|') || reader.accept('&'));
  });
}

/** Reads `A, B?`: the results of a function. @throws NotUnderstood */
export function readTypes(context: TypeContext): void {
  do readType(context);
  while (context.reader.accept(','));
}

/** Reads `<T, U: Constraint = Default, V...>`. */
export function readGenerics(context: TypeContext): void {
  const { reader } = context;
  reader.expect('<');
  do {
    reader.expect('name');
    reader.accept('...');
    if (reader.accept(':')) readType(context);
    if (reader.accept('=')) readType(context);
  } while (reader.accept(','));
  reader.expect('>');
}

function readPart(context: TypeContext, inExpression: boolean): void {
  const { reader } = context;
  readPrimary(context, inExpression);
  for (;;) {
    if (reader.accept('?')) continue;
    if (reader.accept('[')) {
      if (reader.kind() !== ']') readType(context);
      reader.expect(']');
      continue;
    }
    if (!reader.accept('@')) return;
    reader.expect('name');
    if (reader.kind() === '(' && reader.touches) readArguments(context);
  }
}

function readPrimary(context: TypeContext, inExpression: boolean): void {
  const { reader } = context;
  switch (reader.kind()) {
    case 'name':
      readNamed(context, inExpression);
      return;
    case '-': // a negative number literal
      reader.skip();
      reader.expect('number');
      return;
    case 'string':
    case 'number':
    case 'nil':
    case 'true':
    case 'false':
      reader.skip();
      return;
    case 'function':
      reader.skip();
      readSignature(context);
      return;
    case '{':
      readRecord(context);
      return;
    case '<':
      readGenerics(context);
      readPack(context);
      reader.expect('->');
      readType(context, inExpression);
      return;
    case '(':
      readPack(context);
      if (reader.accept('->')) readType(context, inExpression);
      return;
    case '...': // a variadic tail, `...T`
      reader.skip();
      if (startsType(reader.kind()) && reader.touches) readType(context, inExpression);
      return;
    default:
      throw new NotUnderstood(reader.position, 'type');
  }
}

/** Reads `(a: A): R` behind `function` or `fun`. On a line of its own a bracket begins a statement. */
function readSignature(context: TypeContext): void {
  const { reader } = context;
  if (reader.kind() !== '(' || reader.isOnNewLine) return;
  readPack(context);
  if (reader.accept(':')) readType(context);
}

function readNamed(context: TypeContext, inExpression: boolean): void {
  const { reader } = context;
  const word = reader.text();
  reader.skip();
  if (word === 'typeof' && reader.kind() === '(' && reader.touches) {
    readArguments(context);
    return;
  }
  if (word === 'fun') {
    readSignature(context);
    return;
  }
  if (word === 'asserts' && reader.kind() === 'name' && !reader.isOnNewLine) {
    reader.skip();
    if (!reader.isName('is')) return;
    reader.skip();
    readType(context, inExpression);
    return;
  }
  if (word === 'interface' && reader.kind() === '{') {
    readRecord(context);
    return;
  }
  if ((word === 'keyof' || word === 'readonly') && !reader.isOnNewLine) {
    const isOperator = reader.kind() === 'name' || reader.kind() === '{' || reader.kind() === '(';
    if (isOperator) {
      readPrimary(context, inExpression);
      return;
    }
  }
  while (reader.kind() === '.' && reader.kind(1) === 'name') reader.skip(2);
  if (reader.accept('...')) return; // a type pack, `T...`
  if (reader.kind() !== '<') return;
  if (!inExpression) readTypeArguments(context);
  else {
    context.attempt(() => {
      readTypeArguments(context);
      // `f(x :: A < b, c > d)`: what a comparison goes on with cannot follow a type.
      if (OPERAND_STARTS.has(reader.kind()) && !reader.isOnNewLine) throw new NotUnderstood(reader.position);
    });
  }
}

function readTypeArguments(context: TypeContext): void {
  const { reader } = context;
  reader.expect('<');
  readTypes(context);
  reader.expect('>');
}

/** `(A, name: B, optional?: C, ...D)`: parameters or several results. */
function readPack(context: TypeContext): void {
  const { reader } = context;
  reader.expect('(');
  while (reader.kind() !== ')') {
    if (reader.kind() === '...' && reader.kind(1) === ':') reader.skip(2);
    else readFieldName(reader);
    readType(context);
    if (!reader.accept(',')) break;
  }
  reader.expect(')');
}

function readRecord(context: TypeContext): void {
  const { reader } = context;
  reader.expect('{');
  while (reader.kind() !== '}') {
    if (reader.isName('readonly') && startsField(reader, 1)) reader.skip();
    if (reader.accept('[')) {
      readType(context);
      reader.expect(']');
      reader.accept('?');
      reader.expect(':');
    } else readFieldName(reader);
    readType(context);
    if (!reader.accept(',') && !reader.accept(';')) break;
  }
  reader.expect('}');
}

/** Reads `name:` or `name?:` when that is what comes. Any word is a field name, also a keyword. */
function readFieldName(reader: TokenReader): void {
  if (!startsField(reader, 0)) return;
  reader.skip();
  reader.accept('?');
  reader.expect(':');
}

function startsField(reader: TokenReader, ahead: number): boolean {
  const kind = reader.kind(ahead);
  if (kind === '[') return ahead > 0;
  if (kind !== 'string' && !/^[a-z]/.test(kind)) return false;
  const next = reader.kind(ahead + 1);
  return next === ':' || (next === '?' && reader.kind(ahead + 2) === ':');
}

function readArguments(context: TypeContext): void {
  context.reader.expect('(');
  if (context.reader.kind() !== ')') context.expressionList();
  context.reader.expect(')');
}
