/** The one reader of YAML (`app-format.md` 1.7, `modules.md` § 14): in pieces, bounded, ended by its first error. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Composer, Parser, stringify } from 'yaml';
import { doAtOnce, YAML_DEPTH_MAX } from '../../../src/base/index.ts';
import { parseYaml } from '../../../src/registry/source/yaml.ts';
import { readYaml, type YamlLimits } from '../../../src/registry/yaml/read.ts';
import type { YamlBuilder } from '../../../src/registry/yaml/tree.ts';

/** Takes what it gets and makes nothing. */
const NOTHING: YamlBuilder<undefined> = {
  scalar: () => undefined,
  key: (_, text) => text,
  list: () => ({ add: () => undefined, close: () => undefined }),
  mapping: () => ({ set: () => undefined, close: () => undefined }),
  again: () => undefined,
};

const FIRST_ERROR: YamlLimits = { errors: 1, lexemes: 1_000_000 };

/** Steps of each piece of work, and the first fault. */
function read(text: string): { steps: number[]; total: number; reason: string | undefined } {
  const steps: number[] = [];
  const { faults } = doAtOnce(readYaml(text, NOTHING, FIRST_ERROR), (cost) => steps.push(cost));
  return { steps, total: steps.reduce((sum, n) => sum + n, 0), reason: faults[0]?.reason };
}

/** Constructs that cost a reader more than they cost whoever writes them, each with how it grows. */
const REPEATED: Readonly<Record<string, (n: number) => string>> = {
  anchors: (n) => '&a '.repeat(n),
  tags: (n) => '!a '.repeat(n),
  aliases: (n) => '*a '.repeat(n),
  'flow openers': (n) => '{'.repeat(n),
  'sequence openers': (n) => '['.repeat(n),
  'closers without openers': (n) => ']'.repeat(n),
  'block openers': (n) => '- '.repeat(n),
  'explicit keys': (n) => '? '.repeat(n),
  'colons behind each other': (n) => ': '.repeat(n),
  commas: (n) => `[${','.repeat(n)}]`,
  'values without commas': (n) => `[${'"a" '.repeat(n)}]`,
  'duplicate keys': (n) => 'a: 1\n'.repeat(n),
  'wrong indentation': (n) => '   a: 1\n b: 2\n'.repeat(n),
  'sequences among keys': (n) => 'a: 1\n- b\n'.repeat(n),
  'unknown directives': (n) => '%x\n'.repeat(n),
  documents: (n) => 'a\n---\n'.repeat(n),
  comments: (n) => `a: 1\n${'# c\n'.repeat(n)}b: 2`,
  'block scalar lines': (n) => `a: |\n${'  x\n'.repeat(n)}`,
  'plain scalar lines': (n) => `a:\n${'  b\n'.repeat(n)}`,
  'long keys': (n) => `${'k'.repeat(n)}: 1`,
  tabs: (n) => '\ta\n'.repeat(n),
  'anchors in items': (n) => '- &a\n'.repeat(n),
  'merges of one mapping': (n) => `a: &a {x: 1}\nb: {${'<<: *a, '.repeat(n)}}`,
  'pairs in a sequence': (n) => `[${'a: 1, '.repeat(n)}]`,
};

describe('readYaml()', () => {
  test.each(Object.entries(REPEATED))(
    'takes steps in proportion to the text, in small pieces: %s',
    (_, text) => {
      const small = read(text(500));
      const large = read(text(4000));
      expect(large.total).toBeLessThan(small.total * 9 + 500);
      expect(Math.max(0, ...large.steps)).toBeLessThan(2500);
    },
  );

  test('ends at the first error when nobody wants more (H1)', () => {
    const { faults, positionOf } = doAtOnce(readYaml('&a '.repeat(20_000), NOTHING, FIRST_ERROR));
    expect(faults).toHaveLength(1);
    expect(faults[0]!.reason).toBe('A node can have at most one anchor');
    expect(positionOf(faults[0]!.offset)).toEqual({ line: 1, column: 4 });
  });

  test('judges nesting before anything recurses into it (H2)', () => {
    for (const opener of ['{', '[', '- ', '? ', 'a: [', '- [']) {
      const { reason, total } = read(opener.repeat(50_000));
      expect(reason).toBe(`nested too deeply: more than ${YAML_DEPTH_MAX} levels`);
      expect(total).toBeLessThan(5000);
    }
    expect(read('['.repeat(YAML_DEPTH_MAX) + ']'.repeat(YAML_DEPTH_MAX)).reason).toBeUndefined();
    const deeper = YAML_DEPTH_MAX + 2;
    expect(read('['.repeat(deeper) + ']'.repeat(deeper)).reason).toContain('nested');
  });

  test('bounds what the package does in one go: digits of a number, lines of a text', () => {
    expect(read('1'.repeat(100_000)).reason).toBe('a number of more than 4096 digits');
    expect(read(`"${'1'.repeat(100_000)}"`).reason).toBeUndefined();
    expect(read(`a: |\n${'  x\n'.repeat(70_000)}`).reason).toBe('a text of more than 65536 lines');
  });

  test('bounds lexemes, which are what the memory goes into', () => {
    const { faults } = doAtOnce(readYaml('- a\n'.repeat(1000), NOTHING, { errors: 1, lexemes: 1000 }));
    expect(faults).toMatchObject([{ reason: 'more than 1000 lexemes', isLimit: true }]);
  });

  test('counts what merge keys copy, chained ones too', () => {
    const links = Array.from({ length: 3000 }, (_, i) => `a${i + 1}: &a${i + 1} {<<: *a${i}, k${i}: 1}`);
    expect(read(`a0: &a0 {k: 1}\n${links.join('\n')}`).reason).toBe('unfolds to more than 1000000 values');
  });

  test('gives in pieces what the package gives in one, values and errors', () => {
    const marks = fc.constantFrom(
      '&a ',
      '*a',
      '!t ',
      ': ',
      '- ',
      '? ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '\n',
      '\n  ',
      '# c\n',
      '"',
      '\t',
    );
    const value = fc.array(fc.jsonValue({ maxDepth: 4 }), { minLength: 30, maxLength: 120 });
    const edits = fc.array(fc.record({ at: fc.nat(), mark: marks, cut: fc.nat(2) }), { maxLength: 2 });
    fc.assert(
      fc.property(value, fc.boolean(), edits, (input, isBlock, changes) => {
        let text = isBlock ? stringify(input, { lineWidth: 0 }) : JSON.stringify(input);
        for (const { at, mark, cut } of changes) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + mark + text.slice(place + cut);
        }
        const ours = parseYaml(text);
        const options = { uniqueKeys: false, prettyErrors: false, intAsBigInt: true };
        const [whole] = [...new Composer(options).compose(new Parser().parse(text))];
        const errors = ours.faults.filter(
          ({ severity, reason }) => severity === 'error' && !OURS.test(reason),
        );
        expect(errors.length > 0).toBe((whole?.errors.length ?? 0) > 0);
        if (changes.length === 0) expect(comparable(ours.value)).toBe(comparable(input));
      }),
      { numRuns: 60 },
    );
  });
});

/** Errors the package leaves to us. */
const OURS = /duplicate key|must be a scalar|names no earlier|inside the value|merge key|not a mapping/;

function comparable(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? Number(item) : item));
}
