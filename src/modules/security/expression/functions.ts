/** Functions of expressions (`modules.md` § 16). All of them are pure; what they make is bounded. */
import { isMapping, type Value } from '../../../registry/index.ts';
import { EXPRESSION_RESULT_MAX, expressionInvalid } from './limits.ts';
import { compareValues, isSame, toNumberValue, toText } from './operators.ts';

/** What a function works with. */
export interface Calling {
  /** Counts steps. @throws when there were too many */
  spend(steps: number): void;
}

/** One function. */
export interface ExpressionFunction {
  readonly argumentsMin: number;
  readonly argumentsMax: number;
  /** Absent for those that take a predicate: the evaluation carries them out itself. */
  readonly call?: (args: readonly Value[], calling: Calling) => Value;
}

const PREDICATES = ['all', 'any', 'one', 'none', 'filter', 'map', 'find', 'findIndex', 'count'];

/** Whether the second argument is asked for each item of the first. */
export function isPredicateFunction(name: string): boolean {
  return PREDICATES.includes(name);
}

const one = (call: (value: Value, calling: Calling) => Value): ExpressionFunction => ({
  argumentsMin: 1,
  argumentsMax: 1,
  call: ([value], calling) => call(value!, calling),
});

const texts = (count: number, call: (...texts: string[]) => Value): ExpressionFunction => ({
  argumentsMin: count,
  argumentsMax: count,
  call: (args, { spend }) => {
    const read = args.map(toText);
    spend(read.reduce((sum, text) => sum + text.length, 0));
    return call(...read);
  },
});

const numbers = (call: (...numbers: number[]) => number): ExpressionFunction => ({
  argumentsMin: 1,
  argumentsMax: 64,
  call: (args, calling) =>
    call(...args.flatMap((arg) => (Array.isArray(arg) ? toList(arg, calling) : [arg])).map(toNumberValue)),
});

/** By name. */
export const FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  ...Object.fromEntries(PREDICATES.map((name) => [name, { argumentsMin: 2, argumentsMax: 2 }])),
  len: one((value, calling) => {
    if (typeof value === 'string') {
      calling.spend(value.length);
      return [...value].length;
    }
    return isMapping(value) ? Object.keys(value).length : toList(value, calling).length;
  }),
  upper: texts(1, (text) => text!.toUpperCase()),
  lower: texts(1, (text) => text!.toLowerCase()),
  trim: texts(1, (text) => text!.trim()),
  hasPrefix: texts(2, (text, part) => text!.startsWith(part!)),
  hasSuffix: texts(2, (text, part) => text!.endsWith(part!)),
  indexOf: texts(2, (text, part) => text!.indexOf(part!)),
  split: texts(2, (text, separator) => bounded(text!.split(separator!))),
  replace: texts(3, (text, from, to) => {
    if (from === '') return text!;
    const count = text!.split(from!).length - 1;
    if (text!.length + count * to!.length > EXPRESSION_RESULT_MAX) throw tooLong();
    return text!.split(from!).join(to!);
  }),
  join: {
    argumentsMin: 1,
    argumentsMax: 2,
    call: ([list, separator = ''], calling) => {
      const parts = toList(list!, calling).map(toText);
      const glue = toText(separator);
      const length = parts.reduce((sum, part) => sum + part.length + glue.length, 0);
      if (length > EXPRESSION_RESULT_MAX) throw tooLong();
      return parts.join(glue);
    },
  },
  abs: one((value) => Math.abs(toNumberValue(value))),
  ceil: one((value) => Math.ceil(toNumberValue(value))),
  floor: one((value) => Math.floor(toNumberValue(value))),
  round: one((value) => Math.sign(toNumberValue(value)) * Math.round(Math.abs(toNumberValue(value)))),
  int: one((value) => Math.trunc(readNumber(value))),
  float: one(readNumber),
  string: one((value) => (typeof value === 'object' ? notA(value, 'a text or a number') : String(value))),
  type: one(typeName),
  max: numbers((...all) => Math.max(...all)),
  min: numbers((...all) => Math.min(...all)),
  sum: numbers((...all) => all.reduce((sum, number) => sum + number, 0)),
  first: one((value, calling) => toList(value, calling)[0] ?? null),
  last: one((value, calling) => toList(value, calling).at(-1) ?? null),
  reverse: one((value, calling) => toList(value, calling).toReversed()),
  sort: one((value, calling) => {
    const list = toList(value, calling);
    calling.spend(list.length * Math.ceil(Math.log2(list.length + 1)));
    return list.toSorted(compareValues);
  }),
  unique: one((value, calling) => {
    const found: Value[] = [];
    for (const item of toList(value, calling)) {
      calling.spend(found.length);
      if (!found.some((other) => isSame(other, item))) found.push(item);
    }
    return found;
  }),
  flatten: one((value, calling) =>
    bounded(toList(value, calling).flatMap((item) => (Array.isArray(item) ? toList(item, calling) : [item]))),
  ),
  concat: {
    argumentsMin: 1,
    argumentsMax: 64,
    call: (lists, calling) => bounded(lists.flatMap((list) => toList(list, calling))),
  },
  keys: one((value) => Object.keys(isMapping(value) ? value : notA(value, 'a mapping'))),
  values: one((value) => Object.values(isMapping(value) ? value : notA(value, 'a mapping')) as Value[]),
};

/** The items of a list; looking at it counts. @throws when it is none */
export function toList(value: Value, { spend }: Calling): readonly Value[] {
  if (!Array.isArray(value)) return notA(value, 'a list');
  spend(value.length);
  return value as readonly Value[];
}

function bounded(list: readonly Value[]): readonly Value[] {
  if (list.length > EXPRESSION_RESULT_MAX) throw tooLong();
  return list;
}

function tooLong(): Error {
  return expressionInvalid(`a result is longer than ${EXPRESSION_RESULT_MAX}`);
}

function readNumber(value: Value): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : toNumberValue(value);
  return Number.isNaN(number) ? notA(value, 'a number') : number;
}

function notA(value: Value, expected: string): never {
  throw expressionInvalid(`expected ${expected}, got ${typeName(value)}`);
}

function typeName(value: Value): string {
  if (value === null) return 'nil';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object') return 'map';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return Number.isInteger(Number(value)) ? 'int' : 'float';
}
