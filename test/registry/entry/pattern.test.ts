/** Patterns of people and programs (`vm.md` S4): bounded before they are compiled. */
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { PATTERN_LENGTH_MAX, PATTERN_STEPS_MAX } from '../../../src/base/index.ts';
import { compilePattern, patternSteps } from '../../../src/registry/entry/pattern.ts';

describe('compilePattern()', () => {
  it('finds what RE2 finds', () => {
    expect(compilePattern('^a+b$').isIn('aaab')).toBe(true);
    expect(compilePattern('(?i)ORDER').isIn('my order')).toBe(true);
    expect(compilePattern('a/b', { isTranslated: true }).isIn('a/b')).toBe(true);
    expect(() => compilePattern('(')).toThrow();
  });

  it.each([
    ['many repetitions', 'a{1000}'.repeat(100)],
    ['of groups', '((a{30}){30}b){30}'.repeat(20)],
    ['of classes', '[^a-z]{900}'.repeat(50)],
    ['of escapes', '\\pL{900}\\x{41}{900}'.repeat(30)],
    ['behind others', 'a{1000}?b'.repeat(50)],
    ['open ones', '(ab){999,}'.repeat(50)],
  ])('refuses what would become too large, before it does: %s', (_, pattern) => {
    expect(() => compilePattern(pattern)).toThrow(`more than ${PATTERN_STEPS_MAX} steps`);
  });

  it('refuses what is too long', () => {
    expect(() => compilePattern('a'.repeat(PATTERN_LENGTH_MAX + 1))).toThrow('longer than');
  });
});

describe('patternSteps()', () => {
  it('is never far below what a pattern becomes', () => {
    const leaf = fc.constantFrom(
      'a',
      '.',
      '[a-c]',
      '[^]x]',
      '\\d',
      '\\pL',
      '\\x{41}',
      '\\{',
      '[[:alpha:]]',
      '^',
      '\\.',
    );
    const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
      pattern: fc.array(tie('part'), { maxLength: 5 }).map((parts) => parts.join('')),
      part: fc.oneof(
        { depthSize: 'small' },
        leaf,
        tie('pattern').map((inner) => `(${inner})`),
        tie('pattern').map((inner) => `(?:${inner}|b)`),
        fc
          .tuple(leaf, fc.constantFrom('*', '+', '?', '{3}', '{2,7}', '{4,}', '{0,5}'))
          .map((pair) => pair.join('')),
        fc
          .tuple(tie('pattern'), fc.constantFrom('{3}', '{2,6}', '*'))
          .map(([inner, by]) => `(${inner})${by}`),
      ),
    }));
    fc.assert(
      fc.property(pattern, (text) => {
        let size: number;
        try {
          size = RE2JS.compile(text).programSize();
        } catch {
          return;
        }
        expect(patternSteps(text) * 3 + 10).toBeGreaterThanOrEqual(size);
      }),
      { numRuns: 500 },
    );
  });
});
