/** What the operators of expressions do with values. Anything they are not made for is a mistake, never `false`. */
import {
  compilePattern as compile,
  equalValues,
  isMapping,
  type Pattern,
  type Value,
} from '../../../registry/index.ts';
import { EXPRESSION_PATTERN_MAX, EXPRESSION_RESULT_MAX, expressionInvalid } from './limits.ts';

/** A number as one; integers beyond 2^53 lose digits here, and only here. @throws when it is none */
export function toNumberValue(value: Value): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  throw mismatch('a number', value);
}

/** @throws when it is no text */
export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  throw mismatch('a text', value);
}

/** @throws when it is neither true nor false */
export function toTruth(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  throw mismatch('true or false', value);
}

/** Numbers of any kind by their amount, else by content. */
export function isSame(left: Value, right: Value): boolean {
  const isNumeric = (value: Value): value is number | bigint =>
    typeof value === 'number' || typeof value === 'bigint';
  // biome-ignore lint/suspicious/noDoubleEquals: the same amount as integer and as float is one number.
  return isNumeric(left) && isNumeric(right) ? left == right : equalValues(left, right);
}

/** Below 0, 0 or above 0. @throws unless both are numbers or both texts */
export function compareValues(left: Value, right: Value): number {
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  return toNumberValue(left) - toNumberValue(right);
}

/** Adds numbers, joins texts; never one to the other. */
export function add(left: Value, right: Value): Value {
  if (typeof left !== 'string' || typeof right !== 'string')
    return toNumberValue(left) + toNumberValue(right);
  if (left.length + right.length <= EXPRESSION_RESULT_MAX) return left + right;
  throw expressionInvalid(`a text is longer than ${EXPRESSION_RESULT_MAX} characters`);
}

/** The rest of a division of whole numbers. */
export function remainder(left: Value, right: Value): number {
  const [dividend, divisor] = [toNumberValue(left), toNumberValue(right)];
  if (!Number.isInteger(dividend) || !Number.isInteger(divisor) || divisor === 0)
    throw expressionInvalid(`cannot take ${dividend} % ${divisor}`);
  return dividend % divisor;
}

/** An item of a list, or a key of a mapping. */
export function isIn(item: Value, container: Value, spend: (steps: number) => void): boolean {
  if (Array.isArray(container)) {
    spend(container.length);
    return (container as readonly Value[]).some((other) => isSame(other, item));
  }
  if (isMapping(container)) return typeof item === 'string' && Object.hasOwn(container, item);
  throw mismatch('a list or a mapping', container);
}

/** RE2: linear in the text. */
export function matchesPattern(text: string, pattern: string, spend: (steps: number) => void): boolean {
  const program = compilePattern(pattern);
  spend(program.size + ((text.length * (1 + (program.size >> 4))) >> 3));
  return program.isIn(text);
}

/** @throws when it cannot be compiled */
export function compilePattern(pattern: string): Pattern {
  if (pattern.length > EXPRESSION_PATTERN_MAX)
    throw expressionInvalid(`a pattern has ${EXPRESSION_PATTERN_MAX} characters at most`);
  try {
    return compile(pattern);
  } catch (cause) {
    throw expressionInvalid(`a pattern cannot be used: ${(cause as Error).message}`);
  }
}

/** Of a value an operator is not made for. */
export function mismatch(expected: string, value: Value): Error {
  const got = value === null ? 'nil' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  return expressionInvalid(`expected ${expected}, got ${got}`);
}
