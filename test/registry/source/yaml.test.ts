import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../../src/registry/source/yaml.ts';

describe('parseYaml()', () => {
  test('knows where every value was written', () => {
    const { value, spot, positionOf } = parseYaml('a: 1\nb:\n  - x\n  - {c: yes}\n');
    expect(value).toEqual({ a: 1, b: ['x', { c: 'yes' }] });
    const item = spot.children!.get('b')!.children!.get(1)!;
    expect(positionOf(item.offset)).toEqual({ line: 4, column: 5 });
    expect(positionOf(item.children!.get('c')!.offset)).toEqual({ line: 4, column: 9 });
  });

  test('gives frozen mappings without a prototype, so that __proto__ is a key like others', () => {
    const { value } = parseYaml('__proto__: {polluted: true}\nconstructor: 1\n');
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.isFrozen(value)).toBe(true);
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('reports a duplicate key with both places (app-format.md 1.7)', () => {
    const { value, faults, positionOf } = parseYaml('a: 1\nb: 2\na: 3\n');
    expect(value).toBeUndefined();
    expect(faults).toHaveLength(1);
    expect(faults[0]!.reason).toBe('duplicate key "a"');
    expect(positionOf(faults[0]!.earlier!)).toEqual({ line: 1, column: 1 });
    expect(positionOf(faults[0]!.offset)).toEqual({ line: 3, column: 1 });
  });

  test('shares what an alias names and merges mappings, own keys first (app-format.md 1.7)', () => {
    const { value } = parseYaml(
      'base: &base {a: 1, b: 2}\nother: &other {c: 3}\none: {<<: *base, b: 9}\ntwo: {<<: [*other, *base]}\nsame: *base\n',
    );
    expect(value).toMatchObject({ one: { a: 1, b: 9 }, two: { a: 1, b: 2, c: 3 }, same: { a: 1, b: 2 } });
  });

  test('takes a quoted "<<" for an ordinary key', () => {
    expect(parseYaml('"<<": 1').value).toEqual({ '<<': 1 });
  });

  test('keeps integers exact beyond 2^53', () => {
    expect(parseYaml('[9007199254740993, 12, 1.5, 0x10]').value).toEqual([9007199254740993n, 12, 1.5, 16]);
  });

  test('writes keys as they were written', () => {
    expect(Object.keys(parseYaml('8080: a\ntrue: b\n1.0: c\n').value as object)).toEqual([
      '8080',
      'true',
      '1.0',
    ]);
  });

  test('counts the first document only, with a warning for others (app-format.md 1.7)', () => {
    const { value, faults } = parseYaml('a: 1\n---\nb: 2\n');
    expect(value).toEqual({ a: 1 });
    expect(faults.map(({ severity }) => severity)).toEqual(['warning']);
  });

  test('refuses a document that unfolds through aliases, without unfolding it', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 30; i++)
      lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`);
    const { value, faults } = parseYaml(lines.join('\n'));
    expect(value).toBeUndefined();
    expect(faults.map(({ reason }) => reason)).toEqual(['unfolds to more than 1000000 values']);
  });

  test('refuses an alias inside the value it names, and one that names nothing', () => {
    expect(parseYaml('a: &a [*a]').faults[0]!.reason).toContain('lies inside the value it names');
    expect(parseYaml('a: *b').faults.some(({ severity }) => severity === 'error')).toBe(true);
  });

  test('refuses nesting that would exhaust the stack', () => {
    for (const depth of [1500, 20_000]) {
      const { value, faults } = parseYaml('['.repeat(depth) + ']'.repeat(depth));
      expect(value).toBeUndefined();
      expect(faults.some(({ severity }) => severity === 'error')).toBe(true);
    }
  });

  test('refuses a mapping as a key', () => {
    expect(parseYaml('? {a: 1}\n: x').faults[0]!.reason).toBe('a mapping key must be a scalar');
  });

  test('never throws, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({
        unit: fc.constantFrom('a', ':', ' ', '\n', '-', '&', '*', '[', '{', '}', '"', '|', '<<', '\t', '#'),
      }),
    );
    fc.assert(
      fc.property(text, (source) => {
        const { value, faults, positionOf } = parseYaml(source);
        expect(value === undefined).toBe(faults.some(({ severity }) => severity === 'error'));
        for (const { offset } of faults) expect(positionOf(offset).line).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  test('reads back what JSON writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (input) => {
        const text = JSON.stringify(input);
        const value = JSON.stringify(parseYaml(text).value, (_, item: unknown) =>
          typeof item === 'bigint' ? Number(item) : item,
        );
        expect(JSON.parse(value)).toEqual(JSON.parse(text));
      }),
      { numRuns: 300 },
    );
  });
});
