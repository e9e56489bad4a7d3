import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  floatToInteger,
  floatToText,
  formatExponent,
  formatFixed,
  formatGeneral,
  formatHex,
  parseNumeral,
  toInteger,
} from '../../../src/vm/value/numeral.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe('floatToText() vm.md X4', () => {
  it.each([
    [0.1, '0.1'],
    [2 ** 53, '9.007199254741e+15'],
    [1e15, '1e+15'],
    [1e14, '1e+14'],
    [99999999999999, '99999999999999.0'],
    [12345678901234.5, '12345678901234.0'],
    [-0, '-0.0'],
    [1e-7, '1e-07'],
    [Number.NaN, '-nan'],
    [Number.NEGATIVE_INFINITY, '-inf'],
  ])('writes %d as %s', (value, text) => {
    expect(floatToText(value)).toBe(text);
  });

  it('keeps fourteen digits: reading the text back is off by less than a unit of the last one', () => {
    fc.assert(
      fc.property(finite, (value) => {
        const back = Number(floatToText(value));
        expect(Math.abs(back - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-13);
      }),
    );
  });
});

describe('formatFixed(), formatExponent(), formatGeneral(), formatHex()', () => {
  it('round a tie to even where JavaScript rounds it up', () => {
    expect([0.5, 1.5, 2.5, 3.5].map((value) => formatFixed(value, 0))).toEqual(['0', '2', '2', '4']);
    expect(formatFixed(0.125, 2)).toBe('0.12');
    expect(formatExponent(2.5, 0)).toBe('2e+00');
    expect(formatGeneral(25, 1)).toBe('2e+01');
    expect(formatHex(1.96875, 1)).toBe('0x2.0p+0');
  });

  it('read back as the same number when there are enough digits', () => {
    fc.assert(
      fc.property(finite, (value) => {
        expect(Number(formatExponent(value, 16))).toBe(value);
        expect(Number(formatGeneral(value, 17))).toBe(value);
        expect(parseNumeral(formatHex(value, undefined))).toEqual({ isFloat: true, value });
      }),
    );
  });
});

describe('parseNumeral()', () => {
  it('gives integers back through their text, at any size', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
        expect(parseNumeral(String(value))).toEqual({ isFloat: false, value: toInteger(value) });
      }),
    );
  });

  it('turns decimals beyond 64 bits into floats and wraps hexadecimals (concurrency.md § 8.1)', () => {
    expect(parseNumeral('9223372036854775808')).toEqual({ isFloat: true, value: 2 ** 63 });
    expect(parseNumeral('0xffffffffffffffff')).toEqual({ isFloat: false, value: -1 });
    expect(parseNumeral('0x1ffffffffffffffff')).toEqual({ isFloat: false, value: -1 });
  });

  it('answers in linear time when a long text is no numeral', () => {
    for (const text of ['1'.repeat(1e6), ' '.repeat(1e6), `0x${'f'.repeat(1e6)}`]) {
      expect(parseNumeral(`${text}?`)).toBeUndefined();
    }
  });
});

describe('floatToInteger()', () => {
  it('is exact, and undefined for what no 64-bit integer is', () => {
    expect([3, -0, 2 ** 62, -(2 ** 63)].map(floatToInteger)).toEqual([3, 0, 2n ** 62n, -(2n ** 63n)]);
    expect([0.5, 2 ** 63, Number.NaN, Number.POSITIVE_INFINITY].map(floatToInteger)).toEqual(
      Array(4).fill(undefined),
    );
  });
});
