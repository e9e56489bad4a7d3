import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LuaFloat } from '../../../src/vm/value/float.ts';
import { arithmetic, coerceInteger, numberToString, OPERATORS } from '../../../src/vm/value/number.ts';

/** The canonical form: a number while a double is exact. */
const canonical = (big: bigint) => {
  const wrapped = BigInt.asIntN(64, big);
  return wrapped >= -(2n ** 53n - 1n) && wrapped <= 2n ** 53n - 1n ? Number(wrapped) : wrapped;
};
const edges = [0n, 1n, -1n, 2n ** 31n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)];
const integers = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(...edges),
    fc.integer().map(BigInt),
  )
  .map((big) => ({ big, value: canonical(big) }));

const floorDivide = (a: bigint, b: bigint) => {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
};

describe('integers (vm.md X2)', () => {
  const laws: [string, number, (a: bigint, b: bigint) => bigint][] = [
    ['+', OPERATORS.add, (a, b) => a + b],
    ['-', OPERATORS.sub, (a, b) => a - b],
    ['*', OPERATORS.mul, (a, b) => a * b],
    ['&', OPERATORS.band, (a, b) => a & b],
    ['|', OPERATORS.bor, (a, b) => a | b],
    ['~', OPERATORS.bxor, (a, b) => a ^ b],
  ];
  it.each(laws)('a %s b wraps at 64 bits and is canonical', (_name, operator, model) => {
    fc.assert(
      fc.property(integers, integers, (a, b) => {
        expect(arithmetic(operator, a.value, b.value)).toBe(canonical(model(a.big, b.big)));
      }),
    );
  });

  it('a // b and a % b floor, and b * (a // b) + a % b is a', () => {
    fc.assert(
      fc.property(integers, integers, (a, b) => {
        fc.pre(b.big !== 0n);
        const quotient = floorDivide(a.big, b.big);
        expect(arithmetic(OPERATORS.idiv, a.value, b.value)).toBe(canonical(quotient));
        expect(arithmetic(OPERATORS.mod, a.value, b.value)).toBe(canonical(a.big - quotient * b.big));
      }),
    );
  });

  it('shifts are logical, and right is left of the negative', () => {
    fc.assert(
      fc.property(integers, fc.integer({ min: -70, max: 70 }), (a, by) => {
        const bits = BigInt.asUintN(64, a.big);
        const left = by >= 0 ? bits << BigInt(by) : bits >> BigInt(-by);
        const expected = Math.abs(by) >= 64 ? 0 : canonical(left);
        expect(arithmetic(OPERATORS.shl, a.value, by)).toBe(expected);
        expect(arithmetic(OPERATORS.shr, a.value, -by)).toBe(expected);
      }),
    );
  });

  it('never make a negative zero', () => {
    expect(Object.is(arithmetic(OPERATORS.mul, 0, -5), 0)).toBe(true);
    expect(Object.is(arithmetic(OPERATORS.mod, -4, 2), 0)).toBe(true);
    expect(Object.is(arithmetic(OPERATORS.unm, 0, 0), 0)).toBe(true);
  });
});

describe('floats (vm.md X3, X4)', () => {
  it('stay floats when they are integral', () => {
    expect(arithmetic(OPERATORS.add, 0.5, 0.5)).toEqual(new LuaFloat(1));
    expect(arithmetic(OPERATORS.div, 4, 2)).toEqual(new LuaFloat(2));
    expect(arithmetic(OPERATORS.pow, 2, 2)).toEqual(new LuaFloat(4));
  });

  it.each([
    [new LuaFloat(2), '2.0'],
    [new LuaFloat(-0), '-0.0'],
    [new LuaFloat(1e15), '1e+15'],
    [new LuaFloat(2 ** 53), '9.007199254741e+15'],
    [0.1, '0.1'],
    [1e-7, '1e-07'],
    [Number.NaN, '-nan'],
    [new LuaFloat(Number.NaN), 'nan'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [9223372036854775807n, '9223372036854775807'],
  ])('numberToString(%o) is %s', (value, text) => {
    expect(numberToString(value)).toBe(text);
  });

  it('are integers for whoever wants one only when they are exact', () => {
    expect(coerceInteger(new LuaFloat(3))).toBe(3);
    expect(coerceInteger(3.5)).toBe(undefined);
    expect(coerceInteger(new LuaFloat(2 ** 63))).toBe(undefined);
    expect(coerceInteger(new LuaFloat(-(2 ** 63)))).toBe(-(2n ** 63n));
    expect(coerceInteger('0x10')).toBe(16);
  });
});
