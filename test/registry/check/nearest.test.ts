import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findNearest } from '../../../src/registry/index.ts';

describe('findNearest()', () => {
  test.each([
    ['function.lau', ['function.lua', 'process.lua'], 'function.lua'],
    ['get_usr', ['get_user', 'set_user'], 'get_user'],
    ['GTE', ['GET', 'POST'], 'GET'],
    ['ab', ['cd'], undefined],
    ['completely', ['different', 'words'], undefined],
    ['x', [], undefined],
  ])('of %s among %j is %s', (word, candidates, nearest) => {
    expect(findNearest(word, candidates)).toBe(nearest);
  });

  test('is the word itself when it is a candidate', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 30 }),
        fc.array(fc.string({ maxLength: 30 })),
        (word, others) => {
          expect(findNearest(word, [...others, word])?.toLowerCase()).toBe(word.toLowerCase());
        },
      ),
    );
  });

  test('does not spend time on words of hostile length', () => {
    expect(findNearest('x'.repeat(1e6), ['y'.repeat(1e6)])).toBeUndefined();
  });
});
