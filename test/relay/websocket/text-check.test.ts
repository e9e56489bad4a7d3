import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkText } from '../../../src/relay/websocket/text-check.ts';

/** Checks bytes as they come in pieces. @returns how many were taken for text before the first wrong one */
function checkInPieces(
  bytes: Buffer,
  cuts: readonly number[],
): { checked: number; brokenAt: number | undefined } {
  let checked = 0;
  for (let to = 0, i = 0; to < bytes.length; i++) {
    to = Math.min(bytes.length, to + cuts[i % cuts.length]!);
    const next = checkText(bytes, checked, to);
    if (next === undefined) return { checked, brokenAt: to };
    checked = next;
  }
  return { checked, brokenAt: undefined };
}

describe('checkText()', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 });

  it('takes exactly the texts, wherever they are cut (RFC 6455 8.1)', () => {
    const mixed = fc.array(
      fc.oneof(
        fc.string({ unit: 'grapheme' }).map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 3 }),
      ),
    );
    fc.assert(
      fc.property(mixed, cuts, (parts, pieces) => {
        const bytes = Buffer.concat(parts);
        const { checked, brokenAt } = checkInPieces(bytes, pieces);
        expect(brokenAt === undefined && checked === bytes.length).toBe(isUtf8(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['an overlong form', 'c0', 1],
    ['an overlong form of three bytes', 'e09f', 2],
    ['an overlong form of four bytes', 'f08f', 2],
    ['a surrogate', 'eda0', 2],
    ['a character beyond U+10FFFF', 'f490', 2],
    ['a byte that begins nothing', 'f5', 1],
    ['a continuation of nothing', '80', 1],
    ['a character that is broken off', 'e282ff', 3],
  ])('sees %s at its first wrong byte', (_what, hex, brokenAt) => {
    expect(checkInPieces(Buffer.from(`61${hex}`, 'hex'), [1])).toEqual({
      checked: 1,
      brokenAt: 1 + brokenAt,
    });
  });
});
