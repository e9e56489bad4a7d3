import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeValue, forEachString, toMutable } from '../../../src/registry/entry/value.ts';
import { equalValues, getAt, setAt, toMapping, toValue } from '../../../src/registry/index.ts';

const key = fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString', '0'), fc.string());
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false),
    fc.double(),
    fc.bigInt(),
    fc.string(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
}));

describe('toValue()', () => {
  test('copies, freezes, and is equal to its source', () => {
    fc.assert(
      fc.property(anyValue, (input) => {
        const value = toValue(input);
        expect(equalValues(value, toValue(structuredClone(input)))).toBe(true);
        expect(toValue(value)).toBe(value);
        expect(equalValues(toValue(toMutable(value)), value)).toBe(true);
      }),
    );
  });

  test.each([
    ['a function', () => {}],
    ['a symbol', Symbol('x')],
    ['a class instance', new Date(0)],
    ['a function inside', { a: [() => {}] }],
  ])('refuses %s', (_, input) => {
    expect(() => toValue(input)).toThrow(expect.objectContaining({ code: 'MH_REGISTRY_VALUE_INVALID' }));
  });

  test('refuses a cycle', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(() => toValue(cycle)).toThrow(expect.objectContaining({ code: 'MH_REGISTRY_VALUE_INVALID' }));
  });

  test('leaves out undefined keys and does not set a prototype', () => {
    const value = toMapping(JSON.parse('{"__proto__": {"polluted": 1}, "a": null}'));
    expect(Object.keys(value)).toEqual(['__proto__', 'a']);
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.keys(toMapping({ a: undefined, b: 1 }))).toEqual(['b']);
  });
});

describe('setAt() and getAt()', () => {
  test('write what is read, and leave the original alone', () => {
    const path = fc.array(fc.oneof(key, fc.nat(3)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyValue, path, anyValue, (input, steps, replacement) => {
        const value = toValue(input);
        const before = JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item));
        const changed = setAt(value, steps, toValue(replacement));
        expect(equalValues(getAt(changed, steps), toValue(replacement))).toBe(true);
        const after = JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item));
        expect(after).toBe(before);
      }),
    );
  });

  test('append to a list at its end', () => {
    expect(setAt(toValue({ a: [1] }), ['a', 1], 2)).toEqual({ a: [1, 2] });
  });
});

test('forEachString() visits all strings with paths that getAt() understands', () => {
  fc.assert(
    fc.property(anyValue, (input) => {
      const value = toValue(input);
      forEachString(value, (text, path) => expect(getAt(value, path)).toBe(text));
    }),
  );
});

test('describeValue() is short and on one line', () => {
  expect(describeValue('a\nb')).toBe('"a\\nb"');
  expect(describeValue('x'.repeat(1000)).length).toBeLessThan(70);
  expect([null, undefined, [], [1], {}, 3, 3n, true].map(describeValue)).toEqual([
    'null',
    'nothing',
    'an empty list',
    'a list',
    'a mapping',
    'number 3',
    'number 3',
    'boolean true',
  ]);
});
