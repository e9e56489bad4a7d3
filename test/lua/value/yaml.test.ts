/** YAML of programs (`modules.md` § 14, field cases H1, H2, P5): bounded, charged, in pieces, and back again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doAtOnce, HubError, YAML_COPIED_VALUES_MAX } from '../../../src/base/index.ts';
import {
  decodeYaml,
  displayOf,
  encodeYaml,
  fromHost,
  type HostValue,
  tableEntries,
  toHost,
  valueType,
} from '../../../src/lua/index.ts';
import { bootLua, resultOf } from '../../support/lua-world.ts';

const decode = (text: string): HostValue => toHost(doAtOnce(decodeYaml(text)));
const encode = (value: HostValue, order?: readonly string[]): string =>
  doAtOnce(encodeYaml(fromHost(value), order));

function errorOf(run: () => unknown): HubError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof HubError) return thrown;
    throw thrown;
  }
  throw new Error('no error');
}

/** What work costs, and its dearest piece, in instructions. */
function costOf(work: Generator<number, unknown>): { total: number; most: number } {
  let total = 0;
  let most = 0;
  doAtOnce(work, (cost) => {
    total += cost;
    most = Math.max(most, cost);
  });
  return { total, most };
}

describe('decodeYaml()', () => {
  it('says line and column of the first error, in our words (H1, H2)', () => {
    const syntax = errorOf(() => decode('a: 1\nb: [1, 2'));
    expect(syntax).toMatchObject({ code: 'MH_YAML_FAILED', kind: 'Internal' });
    expect(syntax.message).toMatch(/^Cannot decode YAML: Flow sequence .* at line 2 column \d+$/);
    const nested = errorOf(() => decode('{'.repeat(2000)));
    expect(nested).toMatchObject({ code: 'MH_YAML_LIMIT', kind: 'Invalid', details: { line: 1 } });
    expect(nested.message).toContain('nested too deeply: more than 200 levels');
  });

  it('merges mappings; own keys win, then earlier ones (P5)', () => {
    const text = 'a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc:\n  <<: [*a, *b]\n  y: 9\n';
    expect(decode(text)).toMatchObject({ c: { x: 1, y: 9, z: 2 } });
  });

  it('keeps keys of numbers and booleans what they are, and gives the others a name', () => {
    const table = doAtOnce(decodeYaml('1: a\ntrue: b\n~: c\n.nan: d\n"2": e\n'));
    expect([...tableEntries(table)].map(([key]) => [valueType(key), displayOf(key)])).toEqual([
      ['number', '1'],
      ['boolean', 'true'],
      ['string', '~'],
      ['string', '.nan'],
      ['string', '2'],
    ]);
  });

  it('copies what an alias names, and refuses one that names too much', () => {
    const table = decode('a: &a [1]\nb: *a\n') as Record<string, HostValue>;
    expect(table.a).toEqual(table.b);
    expect(table.a).not.toBe(table.b);
    const error = errorOf(() => decode(`a: &a [${'x,'.repeat(YAML_COPIED_VALUES_MAX)}]\nb: *a`));
    expect(error).toMatchObject({ code: 'MH_YAML_LIMIT' });
  });

  it('refuses a text that unfolds, before it has unfolded', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 30; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`);
    const work = decodeYaml(lines.join('\n'));
    expect(errorOf(() => doAtOnce(work))).toMatchObject({ code: 'MH_YAML_LIMIT' });
  });

  it('costs in proportion, in pieces that fit a slice', () => {
    const text = (n: number): string =>
      JSON.stringify(Array.from({ length: n }, (_, id) => ({ id, tags: ['a', 'b'] })));
    const small = costOf(decodeYaml(text(200)));
    const large = costOf(decodeYaml(text(3200)));
    expect(large.total / small.total).toBeGreaterThan(12);
    expect(large.total / small.total).toBeLessThan(20);
    expect(large.most).toBeLessThan(300_000);
  });
});

describe('encodeYaml()', () => {
  it('writes blocks with keys in the order asked for, the others sorted', () => {
    const value = { b: 1, a: [1, [2, [3]], { x: 'y', z: [] }], empty: {}, name: 'n' };
    expect(encode(value, ['name', 'b'])).toBe(
      'name: n\nb: 1\na:\n  - 1\n  - - 2\n    - - 3\n  - x: y\n    z: []\nempty: {}\n',
    );
  });

  it('writes long keys and texts of several lines so that they read back', () => {
    const value = { ['k'.repeat(2000)]: ['a\nb\n', { t: ' lead\n  x\n\n', u: 'x\n\n\n' }, [['\ny\t']]] };
    expect(decode(encode(value))).toEqual(value);
  });

  it('is undone by decodeYaml()', () => {
    const key = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('true', '1', '', '~', '<<', 'a: b'),
    );
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\t', ':', '#', '-', '"', "'", '|', '\\', '\r') }),
    );
    const scalar = fc.oneof(text, fc.integer(), fc.double({ noNaN: true }), fc.boolean());
    const { value } = fc.letrec<{ value: HostValue; list: HostValue; map: HostValue }>((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, scalar, tie('list'), tie('map')),
      list: fc.array(tie('value'), { minLength: 1, maxLength: 4 }),
      map: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 4 }), (input) => {
        const before = fromHost(input);
        const after = doAtOnce(decodeYaml(doAtOnce(encodeYaml(before))));
        expect(asNumbers(toHost(after))).toEqual(asNumbers(toHost(before)));
      }),
      { numRuns: 50 },
    );
  });

  it('refuses cycles, gaps and mixed keys', async () => {
    const source = `local yaml = require("yaml")
      local function message(t) local _, err = yaml.encode(t) return err:message() end
      function main()
        local cycle = {}
        cycle.t = cycle
        return { message(cycle), message({ nil, 2 }), message({ 1, a = 2 }) }
      end`;
    const world = bootLua({ 'app:p': { modules: ['yaml'], source } });
    expect(resultOf(await world.run('app:p'))).toEqual([
      expect.stringContaining('recursively nested'),
      expect.stringContaining('sparse array'),
      expect.stringContaining('mixed-key table'),
    ]);
  });
});

/** Integers beyond 2^53 as doubles: a number of JavaScript does not say which it was. */
function asNumbers(value: HostValue): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? Number(item) : item)),
  );
}

describe('a program that reads a long text', () => {
  const READER = `local yaml = require("yaml")
    function main(text) return #yaml.decode(text) end`;
  const TEXT = '- {a: 1, b: [x, y]}\n'.repeat(3000);

  it('shares the time with others (`vm.md` S1)', async () => {
    const world = bootLua({
      'app:reader': { modules: ['yaml'], source: READER },
      'app:other': 'function main() for i = 1, 20 do coroutine.yield() end end',
    });
    const ended: string[] = [];
    for (const id of ['app:reader', 'app:other'])
      world.system.watch(world.spawn(id, TEXT), () => ended.push(id));
    await world.clock.settle();
    expect(ended).toEqual(['app:other', 'app:reader']);
  });

  it('can be ended in the middle', async () => {
    const world = bootLua({
      'app:main': `function main(text)
        local pid = process.spawn_monitored("app:reader", "app:host", text)
        coroutine.yield()
        process.terminate(pid)
        return process.events():receive().kind
      end`,
      'app:reader': { modules: ['yaml'], source: READER },
    });
    expect(resultOf(await world.run('app:main', TEXT))).toBe('pid.exit');
  });

  it('gets a smaller bound where it cannot wait', async () => {
    const source = `local yaml = require("yaml")
      function main(text)
        local message
        table.sort({ 1, 2 }, function(a, b)
          local _, err = yaml.decode(text .. text)
          message = err:kind() .. ": " .. err:message()
          return a < b
        end)
        return message
      end`;
    const world = bootLua({ 'app:p': { modules: ['yaml'], source } });
    expect(resultOf(await world.run('app:p', TEXT))).toMatch(/^Invalid: .* longer than 65536 characters/);
  });

  it('goes on inside pcall, coroutines and at the top level of a chunk', async () => {
    const source = `local yaml = require("yaml")
      local top = #yaml.decode(string.rep("- a\\n", 1000))
      function main(text)
        local wrapped = coroutine.wrap(function() coroutine.yield(#yaml.decode(text)) return "end" end)
        local ok, n = pcall(function() return #yaml.decode(text) end)
        return { top, wrapped(), wrapped(), n }
      end`;
    const world = bootLua({ 'app:p': { modules: ['yaml'], source } });
    expect(resultOf(await world.run('app:p', TEXT))).toEqual([1000, 3000, 'end', 3000]);
  });
});
