import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PatternIndex } from '../../../src/http/routes/pattern-index.ts';
import { parseRoutePattern, relatePatterns } from '../../../src/http/routes/route-pattern.ts';

const path = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '{x}'), { maxLength: 4 }), fc.constantFrom('', '/', '/{r...}'))
  .map(([parts, end]) => `/${parts.map((part, i) => (part === '{x}' ? `{x${i}}` : part)).join('/')}${end}`)
  .map((text) => parseRoutePattern('/', text.replace('//', '/')));

test('PatternIndex.overlapping() finds exactly the patterns that are not disjoint', () => {
  fc.assert(
    fc.property(fc.array(path, { maxLength: 12 }), path, (patterns, wanted) => {
      const index = new PatternIndex<number>();
      patterns.forEach((pattern, i) => {
        index.add(pattern, i);
      });
      const expected = patterns.flatMap((pattern, i) =>
        relatePatterns(pattern, wanted) === 'disjoint' ? [] : [i],
      );
      expect(index.overlapping(wanted).sort((a, b) => a - b)).toEqual(expected);
    }),
  );
});
