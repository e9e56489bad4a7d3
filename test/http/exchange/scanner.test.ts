/** Scanners of streams (`http.md` 5.4): what they cut does not depend on the pieces, and neither does what it takes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteStream } from '../../../src/http/exchange/byte-stream.ts';
import { Scanner, SPLITS, type Split } from '../../../src/http/exchange/scanner.ts';

/** A stream that arrives in these pieces. */
function streamOf(pieces: readonly Buffer[]): ByteStream {
  let at = 0;
  return { read: async () => pieces[at++] } as unknown as ByteStream;
}

async function tokensOf(pieces: readonly Buffer[], split: Split): Promise<string[]> {
  const scanner = new Scanner(streamOf(pieces), split);
  const tokens: string[] = [];
  while (await scanner.scan()) tokens.push(scanner.token.toString('latin1'));
  return tokens;
}

describe('Scanner', () => {
  it.each([...SPLITS])('cuts %s wherever the pieces end', async (split) => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'bc', ' ', '\n', '\r\n', '\t', 'é', '€', '\u{1f600}'),
    });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(4)), async (input, sizes) => {
        const bytes = Buffer.from(input, 'utf8');
        const pieces: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = 1 + (sizes[i % Math.max(1, sizes.length)] ?? 0);
          pieces.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(await tokensOf(pieces, split)).toEqual(await tokensOf([bytes], split));
      }),
    );
  });

  it('keeps a token that was read when more arrives', async () => {
    const scanner = new Scanner(streamOf(['one\ntw', 'o\nthree'].map((text) => Buffer.from(text))), 'lines');
    await scanner.scan();
    const first = scanner.token;
    await scanner.scan();
    expect([first, scanner.token].map(String)).toEqual(['one', 'two']);
  });

  it.each(['words', 'lines'] as const)(
    'looks at each byte of a long token once, in pieces of one byte: %s',
    async (split) => {
      const byte = Buffer.from('x');
      const space = Buffer.from(' ');
      // 80 billion bytes would be copied, and looked at, if each piece began anew.
      const pieces = [...Array<Buffer>(200_000).fill(space), ...Array<Buffer>(400_000).fill(byte)];
      const tokens = await tokensOf(pieces, split);
      expect(tokens.map(({ length }) => length)).toEqual([split === 'words' ? 400_000 : 600_000]);
    },
  );
});
