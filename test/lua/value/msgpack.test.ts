import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMsgpack } from '../../../src/lua/value/msgpack.ts';

describe('decodeMsgpack()', () => {
  it('reads whatever the encoder writes, and the same with its end cut off never', () => {
    const values = fc.oneof(
      fc
        .anything({
          maxDepth: 4,
          withBigInt: false,
          withDate: true,
          withTypedArray: false,
          withNullPrototype: false,
        })
        .map((value) => {
          try {
            return JSON.parse(JSON.stringify(value)) as unknown;
          } catch {
            return null;
          }
        }),
      fc.uint8Array({ maxLength: 70_000 }),
      fc.string({ maxLength: 70_000 }),
      fc.double(),
      fc.date({ noInvalidDate: true }),
      fc.array(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), { maxLength: 70_000, size: 'max' }),
    );
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode(value ?? null);
        expect(encode(decodeMsgpack(bytes), { useBigInt64: true }).length).toBeGreaterThan(0);
        if (bytes.length > 1) expect(() => decodeMsgpack(bytes.subarray(0, -1))).toThrow();
      }),
      { numRuns: 60 },
    );
  });

  it('reads every header there is', () => {
    const headers = [0xc0, 0xc2, 0xc3, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3];
    const sizes = [0, 0, 0, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8];
    headers.forEach((head, i) => {
      const bytes = Uint8Array.of(0x92, head, ...new Array<number>(sizes[i]!).fill(0), 0x07);
      expect((decodeMsgpack(bytes) as unknown[])[1], head.toString(16)).toBe(7);
    });
    const filled: [number[], number][] = [
      [[0xc4, 1], 1],
      [[0xc5, 0, 1], 1],
      [[0xc6, 0, 0, 0, 1], 1],
      [[0xc7, 1, 5], 1],
      [[0xc8, 0, 1, 5], 1],
      [[0xc9, 0, 0, 0, 1, 5], 1],
      [[0xd4, 5], 1],
      [[0xd5, 5], 2],
      [[0xd6, 5], 4],
      [[0xd7, 5], 8],
      [[0xd8, 5], 16],
      [[0xa1], 1],
      [[0xd9, 1], 1],
      [[0xda, 0, 1], 1],
      [[0xdb, 0, 0, 0, 1], 1],
      [[0x91], 1],
      [[0xdc, 0, 1], 1],
      [[0xdd, 0, 0, 0, 1], 1],
      [[0x81, 0xa0], 1],
      [[0xde, 0, 1, 0xa0], 1],
      [[0xdf, 0, 0, 0, 1, 0xa0], 1],
    ];
    for (const [head, size] of filled) {
      const bytes = Uint8Array.of(0x92, ...head, ...new Array<number>(size).fill(0x20), 0x07);
      expect((decodeMsgpack(bytes) as unknown[])[1], head.map((byte) => byte.toString(16)).join(' ')).toBe(7);
    }
  });

  it.each([
    ['a claim of four billion items', [0xdd, 0xff, 0xff, 0xff, 0xff, 1], 'cut short'],
    ['a claim of four billion pairs', [0xdf, 0xff, 0xff, 0xff, 0xff, 1], 'cut short'],
    ['nested claims', Array.from({ length: 5000 }, () => [0xdc, 0x10, 0x00]).flat(), 'deeper'],
    ['a deep tower', new Array<number>(100_000).fill(0x91), 'deeper'],
    ['nothing', [], 'cut short'],
    [
      'a million and one values',
      [0xdd, 0, 0x0f, 0x42, 0x40, ...new Array<number>(1_000_000).fill(1)],
      'more than',
    ],
  ])('refuses %s before it reserves anything', (_what, bytes, reason) => {
    expect(() => decodeMsgpack(Uint8Array.from(bytes))).toThrow(reason);
  });

  it('never fails otherwise than with an Error on garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeMsgpack(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 500 },
    );
  });
});
