import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  copyValue,
  createPayload,
  displayOf,
  fromBytes,
  fromHost,
  type HostValue,
  isNil,
  makeText,
  tableFromEntries,
  tableGet,
  toArray,
  toBinary,
  toBoolean,
  toBytes,
  toHost,
  toInteger,
  toNumber,
  toText,
  unwrapPayload,
  valueType,
} from '../../../src/lua/index.ts';
import { tableSetField } from '../../../src/vm/index.ts';
import { bootLua } from '../../support/lua-world.ts';

// Values are made by a machine; any world brings one.
bootLua({});

/** Plain data that a round trip through Lua keeps: objects with keys, arrays without holes. */
const plain = fc.letrec<{ value: HostValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'grapheme' }),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }).filter((n) => !Number.isInteger(n)),
    fc.boolean(),
    fc.array(tie('value'), { minLength: 1, maxLength: 5 }),
    fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => !/^\d+$/.test(key)),
      tie('value'),
      { minKeys: 1, maxKeys: 5 },
    ),
  ),
})).value;

describe('fromHost(), toHost()', () => {
  it('give back what went in', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(toHost(fromHost(value))).toEqual(value);
        expect(toHost(copyValue(fromHost(value)))).toEqual(value);
      }),
    );
  });

  it('keep any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(Buffer.from(toBytes(fromBytes(bytes))!).equals(bytes)).toBe(true);
        expect(Buffer.from(toBinary(fromBytes(bytes))!, 'latin1').equals(bytes)).toBe(true);
      }),
    );
  });

  it('leave out absent values and keep data named like members of objects', () => {
    const table = fromHost({ a: null, b: undefined, ['__proto__']: 1, constructor: 2 });
    expect(Object.keys(toHost(table) as object).sort()).toEqual(['__proto__', 'constructor'].sort());
    expect(toNumber(tableGet(table, 'constructor'))).toBe(2);
  });

  it('refuse a table that contains itself, nests too deep or grows without bound', () => {
    const outer = tableFromEntries(['a'], [makeText('x')]);
    tableSetField(outer, 'self', outer);
    expect(() => toHost(outer)).toThrow(/contains itself/);
    let deep = makeText('x');
    for (let i = 0; i < 1001; i++) deep = tableFromEntries(['a'], [deep]);
    expect(() => toHost(deep)).toThrow(/nests deeper/);
    let wide = makeText('x');
    for (let i = 0; i < 40; i++) wide = tableFromEntries(['a', 'b'], [wide, wide]);
    expect(() => toHost(wide)).toThrow(/more than/);
  });
});

describe('readers of values', () => {
  it('answer undefined for other types', () => {
    const table = fromHost({ s: 'x', n: 1.5, b: false, i: 7, list: ['a', 'b'] });
    expect(toText(tableGet(table, 's'))).toBe('x');
    expect(toText(tableGet(table, 'n'))).toBeUndefined();
    expect(toNumber(tableGet(table, 'n'))).toBe(1.5);
    expect(toNumber(tableGet(table, 's'))).toBeUndefined();
    expect(toBoolean(tableGet(table, 'b'))).toBe(false);
    expect(toBoolean(tableGet(table, 'i'))).toBeUndefined();
    expect(toInteger(tableGet(table, 'i'))).toBe(7);
    expect(toInteger(tableGet(table, 'n'))).toBeUndefined();
    expect(toArray(tableGet(table, 'list')!)?.map(toText)).toEqual(['a', 'b']);
    expect(toArray(table)).toBeUndefined();
    expect(tableGet(table, 'nothing')).toBeUndefined();
    expect(tableGet(tableGet(table, 's'), 'x')).toBeUndefined();
    expect(isNil(undefined)).toBe(true);
    expect(isNil(fromHost(null))).toBe(true);
    expect(valueType(fromHost(1n << 62n))).toBe('number');
  });

  it('displayOf() prints as tostring does', () => {
    expect(displayOf(fromHost(3))).toBe('3');
    expect(displayOf(fromHost(0.1))).toBe('0.1');
    expect(displayOf(fromHost(1e100))).toBe('1e+100');
    expect(displayOf(fromHost(true))).toBe('true');
    expect(displayOf(fromHost('é'))).toBe('Ã©');
    expect(displayOf(fromHost(null))).toBe('nil');
  });

  it('unwrapPayload() decodes a payload and leaves anything else alone', () => {
    expect(toHost(unwrapPayload(createPayload('json/plain', makeText('{"a":[1]}'))))).toEqual({ a: [1] });
    expect(toText(unwrapPayload(createPayload('text/plain', makeText('t'))))).toBe('t');
    expect(toText(unwrapPayload(makeText('t')))).toBe('t');
    expect(() => unwrapPayload(createPayload('json/plain', makeText('{')))).toThrow(/Cannot decode JSON/);
  });
});
