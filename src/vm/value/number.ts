/**
 * Lua numbers (`vm.md` X2-X4): 64-bit integers and doubles over the representation of value.ts. The interpreter
 * does small integers itself; everything here is the general case.
 */

import { LuaFloat } from './float.ts';
import { floatToText, parseNumeral } from './numeral.ts';

export type Integer = number | bigint;
export type LuaNumber = number | bigint | LuaFloat;

export const MAX_INTEGER = 9223372036854775807n;
export const MIN_INTEGER = -9223372036854775808n;

/** Canonical form of a 64-bit result: wraps around, and a number where a double holds it. */
export function wrapInteger(big: bigint): Integer {
  const wrapped = BigInt.asIntN(64, big);
  return wrapped >= -9007199254740991n && wrapped <= 9007199254740991n ? Number(wrapped) : wrapped;
}

/** A double as Lua float. */
export function toFloatValue(n: number): number | LuaFloat {
  return Number.isInteger(n) ? new LuaFloat(n) : n;
}

export function isNumber(value: unknown): value is LuaNumber {
  return typeof value === 'number' || value instanceof LuaFloat || typeof value === 'bigint';
}

export function isInteger(value: unknown): value is Integer {
  return typeof value === 'number' ? Number.isInteger(value) : typeof value === 'bigint';
}

/** The value of a number as a double (integers beyond 2^53 are rounded). */
export function toDouble(value: LuaNumber): number {
  return typeof value === 'number' ? value : value instanceof LuaFloat ? value.n : Number(value);
}

/** A number as something JavaScript compares exactly with any other: integers stay exact. */
export function toComparable(value: LuaNumber): number | bigint {
  return value instanceof LuaFloat ? value.n : value;
}

/** The integer a double stands for, if it has an exact 64-bit one. */
export function doubleToInteger(n: number): Integer | undefined {
  if (!Number.isInteger(n)) return undefined;
  if (Number.isSafeInteger(n)) return n + 0;
  return n >= -(2 ** 63) && n < 2 ** 63 ? BigInt(n) : undefined;
}

/** A number, or a string that reads as one; as C's `lua_tonumberx`. */
export function coerceNumber(value: unknown): LuaNumber | undefined {
  if (typeof value === 'string') return parseNumber(value);
  return isNumber(value) ? value : undefined;
}

/** An integer, an integral float, or a string that reads as either. */
export function coerceInteger(value: unknown): Integer | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
  if (value instanceof LuaFloat) return doubleToInteger(value.n);
  if (typeof value !== 'string') return undefined;
  const number = parseNumber(value);
  return number === undefined ? undefined : coerceInteger(number);
}

export function addIntegers(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return wrapInteger(BigInt(a) + BigInt(b));
}

export function subtractIntegers(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return wrapInteger(BigInt(a) - BigInt(b));
}

export function multiplyIntegers(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0; // + 0 turns -0 into 0
  }
  return wrapInteger(BigInt(a) * BigInt(b));
}

/** Floor division; the divisor must not be zero. */
export function divideIntegers(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    // The quotient of two safe integers may round up to an integer; the remainder tells the truth.
    const remainder = a % b;
    const quotient = (a - remainder) / b;
    return (remainder !== 0 && remainder < 0 !== b < 0 ? quotient - 1 : quotient) + 0;
  }
  const x = BigInt(a);
  const y = BigInt(b);
  const quotient = x / y;
  const remainder = x % y;
  return wrapInteger(remainder !== 0n && remainder < 0n !== y < 0n ? quotient - 1n : quotient);
}

/** Floored remainder; the divisor must not be zero. */
export function moduloIntegers(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const remainder = a % b;
    return (remainder !== 0 && remainder < 0 !== b < 0 ? remainder + b : remainder) + 0;
  }
  const y = BigInt(b);
  const remainder = BigInt(a) % y;
  return wrapInteger(remainder !== 0n && remainder < 0n !== y < 0n ? remainder + y : remainder);
}

export function moduloDoubles(a: number, b: number): number {
  const remainder = a % b;
  return remainder * b < 0 ? remainder + b : remainder;
}

/** C's pow: differs from JavaScript's for 1^NaN and (-1)^inf. */
export function powDoubles(a: number, b: number): number {
  if (a === 1 || (a === -1 && (b === Number.POSITIVE_INFINITY || b === Number.NEGATIVE_INFINITY))) return 1;
  return a ** b;
}

/** Left shift by `by` (right when negative), logical, 64 bits. */
export function shiftInteger(value: Integer, by: Integer): Integer {
  if (by <= -64 || by >= 64) return 0;
  const bits = BigInt.asUintN(64, BigInt(value));
  const distance = BigInt(by);
  return wrapInteger(distance >= 0n ? bits << distance : bits >> -distance);
}

/** Arithmetic operators by the number the compiler uses for them (`LUA_OPADD`...). */
export const OPERATORS = {
  add: 0,
  sub: 1,
  mul: 2,
  mod: 3,
  pow: 4,
  div: 5,
  idiv: 6,
  band: 7,
  bor: 8,
  bxor: 9,
  shl: 10,
  shr: 11,
  unm: 12,
  bnot: 13,
} as const;

/** Thrown value of integer division by zero; the caller knows where it happened. */
export class DivisionByZero {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/**
 * Does an arithmetic or bit operation on any two values.
 * @returns `undefined` when an operand is no number (or has no integer form, for bit operators).
 * @throws DivisionByZero for `n // 0` and `n % 0` on integers.
 */
export function arithmetic(operator: number, a: unknown, b: unknown): LuaNumber | undefined {
  if (operator >= OPERATORS.band && operator !== OPERATORS.unm) {
    const x = coerceInteger(a);
    const y = coerceInteger(b);
    return x === undefined || y === undefined ? undefined : bitOperation(operator, x, y);
  }
  const x = coerceNumber(a);
  const y = coerceNumber(b);
  if (x === undefined || y === undefined) return undefined;
  // Arithmetic on strings is arithmetic on floats (Lua 5.3); only bit operators keep their integers.
  const isText = typeof a === 'string' || typeof b === 'string';
  const isExact = operator !== OPERATORS.div && operator !== OPERATORS.pow && !isText;
  if (isExact && isInteger(x) && isInteger(y)) return integerOperation(operator, x, y);
  if (operator === OPERATORS.unm) return negateFloat(x);
  return toFloatValue(floatOperation(operator, toDouble(x), toDouble(y)));
}

function negateFloat(value: LuaNumber): LuaNumber {
  const n = toDouble(value);
  // The machine's NaN prints `-nan`; its negation is the boxed one, which prints `nan`.
  if (Number.isNaN(n)) return value instanceof LuaFloat ? n : new LuaFloat(n);
  return toFloatValue(-n);
}

function integerOperation(operator: number, a: Integer, b: Integer): Integer {
  switch (operator) {
    case OPERATORS.add:
      return addIntegers(a, b);
    case OPERATORS.sub:
      return subtractIntegers(a, b);
    case OPERATORS.mul:
      return multiplyIntegers(a, b);
    case OPERATORS.mod:
      if (b === 0) throw new DivisionByZero("attempt to perform 'n%0'");
      return moduloIntegers(a, b);
    case OPERATORS.idiv:
      if (b === 0) throw new DivisionByZero('attempt to divide by zero');
      return divideIntegers(a, b);
    default:
      return subtractIntegers(0, a);
  }
}

function floatOperation(operator: number, a: number, b: number): number {
  switch (operator) {
    case OPERATORS.add:
      return a + b;
    case OPERATORS.sub:
      return a - b;
    case OPERATORS.mul:
      return a * b;
    case OPERATORS.mod:
      return moduloDoubles(a, b);
    case OPERATORS.pow:
      return powDoubles(a, b);
    case OPERATORS.div:
      return a / b;
    default:
      return Math.floor(a / b);
  }
}

function bitOperation(operator: number, a: Integer, b: Integer): Integer {
  switch (operator) {
    case OPERATORS.band:
      return wrapInteger(BigInt(a) & BigInt(b));
    case OPERATORS.bor:
      return wrapInteger(BigInt(a) | BigInt(b));
    case OPERATORS.bxor:
      return wrapInteger(BigInt(a) ^ BigInt(b));
    case OPERATORS.shl:
      return shiftInteger(a, b);
    case OPERATORS.shr:
      return shiftInteger(a, -b);
    default:
      return wrapInteger(~BigInt(a));
  }
}

/** Reads a numeral as Lua's `tonumber(s)` does; `undefined` when it is none. */
export function parseNumber(text: string): LuaNumber | undefined {
  const numeral = parseNumeral(text);
  if (numeral === undefined) return undefined;
  return numeral.isFloat ? toFloatValue(numeral.value as number) : numeral.value;
}

/** A number as `tostring` and `..` write it. */
export function numberToString(value: LuaNumber): string {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof LuaFloat) return Number.isNaN(value.n) ? 'nan' : floatToText(value.n);
  if (Number.isInteger(value)) return String(value);
  return Number.isNaN(value) ? '-nan' : floatToText(value);
}
