/**
 * Writes annotations into plain Lua, at random places of every kind where the dialect takes one (`app-format.md` § 5.5).
 * What comes out means the same as what went in.
 */
import { tokenize } from '../../../src/vm/dialect/tokens.ts';
import type { Dice } from '../differential/dice.ts';

/** Tokens behind which an operand starts and no name list can stand. */
const BEFORE_OPERAND = new Set('+ * / // % .. == ~= and or not return'.split(' '));
/** Tokens that end an operand and mean nothing in a type. */
const BEHIND_OPERAND = new Set(') } ] , ; + * / // % .. == ~= and or then do end eof'.split(' '));
const STATEMENT_STARTS = new Set('local for while repeat if'.split(' '));

/** Writes a random type; `depth` bounds how deeply it nests. */
export function randomType(dice: Dice, depth = 2): string {
  const inner = (): string => randomType(dice, depth - 1);
  if (depth <= 0 || dice.chance(0.4)) return dice.pick(SIMPLE_TYPES);
  const shapes: readonly (() => string)[] = [
    () => `${postfixable(inner())}[]`,
    () => `${postfixable(inner())}?`,
    () => `${postfixable(inner())}[]?[]`,
    () => `{${inner()}}`,
    () => `{[${inner()}]: ${inner()}[]}`,
    () => `{a: ${inner()}, b?: ${inner()},\n  end: ${inner()}}`,
    () => `${inner()} | ${inner()}`,
    () => `(${inner()} & ${inner()})`,
    () => `Map<${inner()}, List<${inner()}>>`,
    () => `(${inner()}, x: ${inner()}, ...${postfixable(inner())}) -> ${inner()}`,
    () => `() -> (${inner()}, ${inner()}?)`,
    () => `fun(a: ${inner()}): ${inner()}`,
    () => `function(a: ${inner()}, b: ${inner()})`,
    () => `${postfixable(inner())}["name"]`,
    () => `{ -- why: { not\n ${inner()} --[[ : A ]]}`,
    () => `readonly {${inner()}}`,
    () => `typeof(f(x).y)`,
    () => `keyof(${inner()})`,
    () => `number @min(0) @max(10 + 1)`,
  ];
  return dice.pick(shapes)();
}

const SIMPLE_TYPES = ['T', 'a.b', 'nil', '"s"', '-1', '2.5', 'string', 'true', 'any', '{}', 'string @email'];

/** A postfix binds to the last part of a union or of an arrow: brackets keep the type whole. */
function postfixable(type: string): string {
  return /^[\w.]+$/.test(type) ? type : `(${type})`;
}

/** Annotates plain Lua. */
export function annotate(source: string, dice: Dice): string {
  const { kinds, starts, ends } = tokenize(source);
  const text = (at: number): string => source.slice(starts[at], ends[at]);
  const inserts: { readonly at: number; readonly text: string }[] = [];
  const insert = (at: number, added: string): void => void inserts.push({ at, text: added });
  const sometimes = (at: number, added: () => string): void => {
    if (dice.chance(0.5)) insert(at, added());
  };
  const type = (): string => randomType(dice);

  /** Annotates the names of a list and returns the index of what follows. */
  const names = (from: number): number => {
    let at = from;
    while (kinds[at] === 'name' || kinds[at] === '...') {
      sometimes(ends[at]!, () => `: ${type()} `);
      at++;
      if (kinds[at] !== ',') break;
      at++;
    }
    return at;
  };
  /** Annotates `(a, b, ...)` behind `function` and its name. */
  const signature = (from: number): number => {
    let at = from;
    while (kinds[at] !== '(') at++;
    sometimes(starts[at]!, () => `<T, U: ${type()}>`);
    at = names(at + 1);
    sometimes(ends[at]!, () =>
      dice.pick([`: ${type()} `, `: (${type()}, ${type()}?) `, ': (), A? ', ': A?, B[]? ']),
    );
    return at;
  };
  // A program may have a variable of that name, which plain Lua would call.
  const hasAs = kinds.some((kind, at) => kind === 'name' && text(at) === 'as');
  const cast = (): string => {
    const casts = [` :: ${type()} `, '!', ' :: any :: T[] '];
    return dice.pick(hasAs ? casts : [...casts, ` as ${type()} `, ' as T? as U ']);
  };

  for (let at = 0; kinds[at] !== 'eof'; at++) {
    const kind = kinds[at]!;
    if (STATEMENT_STARTS.has(kind) && kinds[at - 1] !== 'else') {
      sometimes(starts[at]!, () =>
        dice.pick([
          `type A = ${type()} `,
          `export type B<T, U: C> = ${type()} `,
          `interface I: J function m(a: ${type()}, b): ${type()}, nil function n() end `,
        ]),
      );
    }
    if (kind === 'local' && kinds[at + 1] === 'name') at = names(at + 1) - 1;
    else if (kind === 'for') at = names(at + 1) - 1;
    else if (kind === 'function') at = signature(at + 1);
    else if (isOperand(at)) sometimes(ends[at]!, cast);
  }

  function isOperand(at: number): boolean {
    if (!BEHIND_OPERAND.has(kinds[at + 1]!)) return false;
    switch (kinds[at]) {
      case 'number':
      case 'nil':
      case 'true':
      case 'false':
      case '...':
        return true;
      case 'string':
      case 'name':
        return BEFORE_OPERAND.has(kinds[at - 1] ?? '') && text(at) !== 'as';
      default:
        return false;
    }
  }

  let result = '';
  let kept = 0;
  for (const { at, text: added } of inserts.sort((a, b) => a.at - b.at)) {
    result += source.slice(kept, at) + added;
    kept = at;
  }
  return result + source.slice(kept);
}
