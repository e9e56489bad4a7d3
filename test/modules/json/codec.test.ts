import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { doAtOnce, JSON_VALUES_MAX } from '../../../src/base/index.ts';
import { decodeJson, decodeJsonInPieces } from '../../../src/lua/value/json-decode.ts';
import { encodeJson } from '../../../src/lua/value/json-encode.ts';
import { JSON_NULL } from '../../../src/lua/value/json-null.ts';
import { copyValue, fromHost, type HostValue, toHost } from '../../../src/lua/value/values.ts';
import {
  createMachine,
  eachEntry,
  isIntegerValue,
  type LuaValue,
  makeBinary,
  makeBoolean,
  makeFloat,
  makeInteger,
  makeTable,
  tableFromArray,
  tableFromEntries,
  tableSet,
  tableSetField,
  tableSetIndex,
  valueType,
} from '../../../src/vm/index.ts';

beforeAll(() => {
  createMachine();
});

const binary = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const encode = (value: HostValue): string => encodeJson(fromHost(value));
const roundTrip = (text: string): string => encodeJson(decodeJson(text));

function codeOf(run: () => unknown): unknown {
  try {
    run();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe('encodeJson()', () => {
  it.each<[HostValue, string]>([
    [null, 'null'],
    [true, 'true'],
    [42, '42'],
    [0.1, '0.1'],
    [3.14, '3.14'],
    [99.5, '99.5'],
    [3e9, '3000000000'],
    [2 ** 53, '9007199254740992'],
    [1e15, '1000000000000000'],
    [1e21, '1e+21'],
    [1e-7, '1e-7'],
    [1234567890.12345, '1234567890.12345'],
    [Number.NaN, 'null'],
    [Number.POSITIVE_INFINITY, 'null'],
    [[], '[]'],
    [[1, 2, 3], '[1,2,3]'],
    [{ a: [] }, '{"a":[]}'],
    [{ b: 1, a: 2 }, '{"b":1,"a":2}'],
    ['a"b\\c\n\r\t\b\f/<>&', '"a\\"b\\\\c\\n\\r\\t\\b\\f/<>&"'],
  ])('%j gives %s (json-and-clients.md § 2.1)', (value, expected) => {
    expect(encode(value)).toBe(expected);
  });

  it('writes floats with integral value and -0.0 without a point (N2)', () => {
    expect(encodeJson(makeFloat(42))).toBe('42');
    expect(encodeJson(makeFloat(-0))).toBe('0');
  });

  it('escapes control bytes only, and passes UTF-8 (Q1)', () => {
    expect(encode('a\0b\x7f/<é>')).toBe(`"a\\u0000b\x7f/<${binary('é')}>"`);
  });

  it.each([
    ['\xff', '\ufffd'],
    ['a\xc0\xafb', 'a\ufffd\ufffdb'],
    ['\xe2\x82', '\ufffd'],
    ['\xed\xa0\x80', '\ufffd\ufffd\ufffd'],
    ['\xf0\x9f\x98\x80', '😀'],
  ])('replaces what is not UTF-8 in %j (Q2)', (bytes, text) => {
    expect(encodeJson(makeBinary(bytes))).toBe(binary(`"${text}"`));
  });

  it.each<[string, [LuaValueMaker, LuaValueMaker][], string]>([
    ['zero key', [[() => makeInteger(0), () => makeBinary('a')]], '{"0":"a"}'],
    ['fractional key', [[() => makeFloat(1.5), () => makeInteger(1)]], '{"1.5":1}'],
    ['boolean keys', [[() => makeBoolean(true), () => makeInteger(1)]], '{"true":1}'],
    ['table keys only', [[() => makeTable(), () => makeInteger(1)]], '{}'],
  ])('table with %s (§ 2.2)', (_, entries, expected) => {
    const table = makeTable();
    for (const [key, value] of entries) tableSet(table, key(), value());
    expect(encodeJson(table)).toBe(expected);
  });

  it('refuses gaps and mixed keys (§ 2.2)', () => {
    const gap = makeTable();
    tableSetIndex(gap, 1, makeInteger(1));
    tableSetIndex(gap, 3, makeInteger(3));
    expect(codeOf(() => encodeJson(gap))).toMatchObject({
      kind: 'Internal',
      message: expect.stringContaining('sparse array'),
    });
    const mixed = tableFromArray([makeInteger(1)]);
    tableSetField(mixed, 'x', makeInteger(2));
    expect(codeOf(() => encodeJson(mixed))).toMatchObject({
      kind: 'Internal',
      message: expect.stringContaining('mixed-key table'),
    });
  });

  it('encodes a shared table twice and refuses a cycle (K2)', () => {
    const shared = tableFromArray([makeInteger(1)]);
    expect(encodeJson(tableFromArray([shared, shared]))).toBe('[[1],[1]]');
    const cycle = makeTable();
    tableSetField(cycle, 'self', tableFromArray([cycle]));
    expect(codeOf(() => encodeJson(cycle))).toMatchObject({
      kind: 'Internal',
      message: expect.stringContaining('recursively nested'),
    });
  });

  it('bounds what shared tables multiply to', () => {
    let value = makeBinary('x'.repeat(1000));
    for (let i = 0; i < 60; i++) value = tableFromArray([value, value]);
    expect(codeOf(() => encodeJson(value))).toMatchObject({ code: 'MH_JSON_ENCODE_FAILED' });
  });

  it('accepts 128 levels and refuses 129, as does decodeJson() (D1)', () => {
    const nested = (depth: number): LuaValue => {
      let value = makeTable();
      for (let i = 1; i < depth; i++) value = tableFromArray([value]);
      return value;
    };
    const text = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(encodeJson(nested(128))).toBe(text(128));
    expect(roundTrip(text(128))).toBe(text(128));
    const tooDeep = { kind: 'Internal', message: expect.stringContaining('maximum nesting depth') };
    expect(codeOf(() => encodeJson(nested(129)))).toMatchObject(tooDeep);
    expect(codeOf(() => decodeJson(text(129)))).toMatchObject(tooDeep);
    expect(codeOf(() => decodeJson('['.repeat(1_000_000)))).toMatchObject(tooDeep);
  });
});

type LuaValueMaker = () => LuaValue;

describe('decodeJson()', () => {
  it('refuses a text of more than JSON_VALUES_MAX values: short texts can stand for gigabytes (vm.md S5)', () => {
    const arrayOf = (count: number): string => `[${'0,'.repeat(count - 1)}0]`;
    expect(() => decodeJson(arrayOf(JSON_VALUES_MAX - 1))).not.toThrow();
    expect(codeOf(() => decodeJson(arrayOf(JSON_VALUES_MAX)))).toMatchObject({
      code: 'MH_JSON_DECODE_FAILED',
      message: expect.stringContaining('more than 1000000 values'),
    });
  });

  it.each([
    ['null', null],
    ['true', true],
    ['5', 5],
    ['"x"', 'x'],
    [' \t\r\n[1, 2.5 , "a"]\n', [1, 2.5, 'a']],
    ['{"a":{"b":[]}}', { a: { b: Object.create(null) } }],
    ['"\\u0041\\/\\n"', 'A/\n'],
    ['"\\uD83D\\uDE00"', '😀'],
    ['"\\uD83D"', '\ufffd'],
    ['"\\uD83D\\u0041"', '\ufffdA'],
    ['"\\uDE00x"', '\ufffdx'],
    ['"\\u0000"', '\0'],
    ['-0', 0],
    ['1e3', 1000],
  ])('%s', (text, expected) => {
    expect(toHost(decodeJson(text))).toEqual(expected);
  });

  it('tells integers from floats (§ 3)', () => {
    expect(isIntegerValue(decodeJson('1'))).toBe(true);
    expect(isIntegerValue(decodeJson('1.0'))).toBe(false);
    expect(isIntegerValue(decodeJson('1e3'))).toBe(false);
    expect(isIntegerValue(decodeJson('9223372036854775808'))).toBe(false);
  });

  it.each([
    '',
    ' ',
    '{',
    '[1,]',
    '[,1]',
    '{"a":1,}',
    '{"a"}',
    '{a:1}',
    "{'a':1}",
    '01',
    '1.',
    '.5',
    '+1',
    '-',
    '1e',
    'NaN',
    'Infinity',
    'nul',
    'truex',
    '{"a":1} x',
    '[1] 2',
    '"abc',
    '"\x01"',
    '"\\x"',
    '"\\u12g4"',
    '\xef\xbb\xbf1',
    '//1',
    '1 // c',
    '\u00a01',
    '1e400',
    '-1e400',
  ])('refuses %j (P1)', (text) => {
    expect(codeOf(() => decodeJson(text))).toMatchObject({
      kind: text === '' ? 'Invalid' : 'Internal',
      message: expect.stringMatching(text === '' ? /empty string/ : /decode failed/),
    });
  });

  it('says where the text is wrong', () => {
    expect(codeOf(() => decodeJson('{\n  "a": 1,\n  b: 2}'))).toMatchObject({
      message: expect.stringContaining('line 3 column 3'),
    });
    expect(codeOf(() => decodeJson('1e400'))).toMatchObject({
      message: expect.stringContaining('number out of range'),
    });
  });

  it('lets the last of equal members win, at its own position (P3)', () => {
    expect(roundTrip('{"a":1,"b":2,"a":3}')).toBe('{"b":2,"a":3}');
    expect(roundTrip('{"a":1,"a":null}')).toBe('{"a":null}');
    expect(roundTrip('{"a":null,"a":1}')).toBe('{"a":1}');
  });

  it('leaves out null members, and writes them again where no value came to be; null items are holes', () => {
    expect(toHost(decodeJson('{"a":null,"b":1}'))).toEqual({ b: 1 });
    expect(roundTrip('{"a":null,"b":1,"c":{"d":null}}')).toBe('{"b":1,"c":{"d":null},"a":null}');
    const long = `{"a":null,"b":"${'x'.repeat(100_000)}","c":{"d":null}}`;
    expect(JSON.parse(roundTrip(long))).toEqual(JSON.parse(long));
    expect(encodeJson(copyValue(decodeJson('{"a":null}')))).toBe('{"a":null}');
    expect(toHost(decodeJson('[1,null,3]'))).toEqual([1, null, 3]);
    expect(roundTrip('[1,null,3]')).toBe('[1,null,3]');
  });

  it('treats names that mean something to the host as data (P5)', () => {
    const text = '{"__proto__":1,"constructor":{"__index":2},"1":3}';
    expect(roundTrip(text)).toBe(text);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    eachEntry(decodeJson('{"1":2}'), (key) => expect(valueType(key)).toBe('string'));
  });

  it('remembers that an empty table was an object, also in a copy (E1)', () => {
    expect(roundTrip('{}')).toBe('{}');
    expect(roundTrip('[]')).toBe('[]');
    expect(roundTrip('{"a":{},"b":[]}')).toBe('{"a":{},"b":[]}');
    expect(encodeJson(copyValue(decodeJson('[{},[]]')))).toBe('[{},[]]');
  });

  it('repairs strings that are not UTF-8 (P4)', () => {
    expect(toHost(decodeJson('"a\xffb\\n\xe2\x82"'))).toBe('a\ufffdb\n\ufffd');
  });

  it('keeps strings of a large text apart from it', () => {
    const long = 'abcdefghijklmnopqrstuvwxyz'.repeat(10);
    const text = JSON.stringify(Array.from({ length: 100 }, (_, i) => `${long}${i}`));
    expect(roundTrip(text)).toBe(text);
  });

  it('reads and writes ten mebibytes and a million items without quadratic cost (P9)', () => {
    const string = JSON.stringify('x\n'.repeat(5 * 1024 * 1024));
    expect(roundTrip(string)).toBe(string);
    const numbers = JSON.stringify(Array.from({ length: 100_000 }, (_, i) => i));
    expect(roundTrip(numbers)).toBe(numbers);
  });
});

describe('encodeJson() and decodeJson()', () => {
  const json = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.boolean(),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
      fc.string({ unit: 'binary' }),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 5, noNullPrototype: true }),
    ),
  })).value;

  it('agree with the platform in both directions (P8)', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = JSON.stringify(value);
        expect(JSON.parse(Buffer.from(roundTrip(binary(text)), 'latin1').toString('utf8'))).toEqual(
          JSON.parse(text),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('accept exactly the texts the platform accepts, and fail no other way', () => {
    const fragment = fc.constantFrom(
      ...'[]{},:"\\ntrue01.5e-+ \u00e9/*'.split(''),
      'null',
      'true',
      '"a"',
      '\\u0041',
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        const thrown = codeOf(() => decodeJson(binary(text)));
        if (isJson) expect(thrown).toBeUndefined();
        else expect(thrown).toMatchObject({ name: 'HubError' });
      }),
      { numRuns: 3000 },
    );
  });

  it('make valid JSON of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = Buffer.from(encodeJson(makeBinary(Buffer.from(bytes).toString('latin1'))), 'latin1');
        expect(JSON.parse(text.toString('utf8'))).toBe(Buffer.from(bytes).toString('utf8'));
      }),
    );
  });
});

it('tableFromEntries() keeps the order json needs', () => {
  expect(encodeJson(tableFromEntries(['z', 'a'], [makeInteger(1), makeInteger(2)]))).toBe('{"z":1,"a":2}');
});

describe('json.null (everyday.md § 6)', () => {
  it('is null in plain data, so in what hub.call gives', () => {
    const value = decodeJson('{"a":null,"l":[null,1,null]}', JSON_NULL);
    expect(toHost(value)).toEqual({ a: null, l: [null, 1, null] });
    expect(toHost(JSON_NULL)).toBeNull();
  });

  it('stays the same value in copies, which is how it gets into other programs', () => {
    expect(copyValue(JSON_NULL)).toBe(JSON_NULL);
    expect(encodeJson(copyValue(decodeJson('[null,{"a":null}]', JSON_NULL)))).toBe('[null,{"a":null}]');
  });

  it('makes every JSON text come back as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = Buffer.from(JSON.stringify(value), 'utf8').toString('latin1');
        expect(JSON.parse(encodeJson(decodeJson(text, JSON_NULL)))).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe('decodeJsonInPieces()', () => {
  const inPieces = (text: string, pieces: number[] = []): LuaValue =>
    doAtOnce(decodeJsonInPieces(text), (cost) => pieces.push(cost));

  it('reads long texts as decodeJson() does, errors and their places included', () => {
    const marks = fc.constantFrom('[', ']', '{', '}', ',', ':', '"', '1', ' ', 'null', '\\');
    const edits = fc.array(fc.record({ at: fc.nat(), mark: marks, cut: fc.nat(2) }), { maxLength: 2 });
    fc.assert(
      fc.property(fc.jsonValue(), edits, fc.boolean(), (value, changes, isObject) => {
        const filling = Array.from({ length: 3000 }, (_, i) => ({ id: i, tags: ['a', 'b'], a: null }));
        let text = JSON.stringify(isObject ? { filling, value, a: 1 } : [value, ...filling]);
        text = Buffer.from(text, 'utf8').toString('latin1');
        for (const { at, mark, cut } of changes) {
          const place = at % text.length;
          text = text.slice(0, place) + mark + text.slice(place + cut);
        }
        const result = (run: () => LuaValue): unknown => {
          try {
            return encodeJson(run());
          } catch (thrown) {
            return (thrown as Error).message;
          }
        };
        expect(text.length).toBeGreaterThan(70_000);
        expect(result(() => inPieces(text))).toBe(result(() => decodeJson(text)));
      }),
      { numRuns: 60 },
    );
  });

  it('yields what it has cost, piece by piece', () => {
    const pieces: number[] = [];
    inPieces(JSON.stringify(Array(200_000).fill({})), pieces);
    expect(Math.max(...pieces)).toBeLessThan(70_000);
    expect(pieces.length).toBeGreaterThan(8);
    expect(() => inPieces('['.repeat(100_000))).toThrow('maximum nesting depth');
  });

  it('lets the last of equal members win, at its own position (P3)', () => {
    const text = `{"a":1,"b":2,"a":3,"c":null,"c":4,"b":null,"x":"${'x'.repeat(70_000)}"}`;
    expect(encodeJson(inPieces(text)).slice(0, 14)).toBe('{"a":3,"c":4,"');
  });
});
