/** Cuts a stream into lines, words, bytes or characters (`http.md` 5.4). */
import { HubError, SCANNER_TOKEN_BYTES_MAX } from '../../base/index.ts';
import type { ByteStream } from './byte-stream.ts';

/** What a scanner cuts into. */
export const SPLITS = ['lines', 'words', 'bytes', 'runes'] as const;

/** One of SPLITS. */
export type Split = (typeof SPLITS)[number];

/** How many bytes to step over, and which of them are the token. */
interface Cut {
  readonly skip: number;
  readonly token: Buffer;
}

/** Tokens of a stream. */
export class Scanner {
  readonly #stream: ByteStream;
  readonly #cut: (data: Buffer, isLast: boolean) => Cut | undefined;
  #data: Buffer = Buffer.alloc(0);
  #isLast = false;
  #token: Buffer = Buffer.alloc(0);
  #error: HubError | undefined;

  constructor(stream: ByteStream, split: Split) {
    this.#stream = stream;
    this.#cut = { lines: cutLine, words: cutWord, bytes: cutByte, runes: cutRune }[split];
  }

  /** The latest token; empty before the first and after the last. */
  get token(): Buffer {
    return this.#token;
  }

  /** What ended the scan, other than the end of the stream. */
  get error(): HubError | undefined {
    return this.#error;
  }

  /** Moves to the next token. @returns false at the end; rejects once with what went wrong. */
  async scan(): Promise<boolean> {
    for (;;) {
      const cut = this.#cut(this.#data, this.#isLast);
      if (cut !== undefined) {
        this.#data = this.#data.subarray(cut.skip);
        this.#token = cut.token;
        return true;
      }
      if (this.#isLast || this.#error !== undefined) {
        this.#token = Buffer.alloc(0);
        return false;
      }
      await this.#fill();
    }
  }

  async #fill(): Promise<void> {
    try {
      if (this.#data.length > SCANNER_TOKEN_BYTES_MAX) {
        throw new HubError('MH_HTTP_STREAM_FAILED', {
          message: `Cannot scan: a token is longer than ${SCANNER_TOKEN_BYTES_MAX} bytes`,
        });
      }
      const piece = await this.#stream.read(0);
      if (piece === undefined) this.#isLast = true;
      else this.#data = this.#data.length === 0 ? piece : Buffer.concat([this.#data, piece]);
    } catch (error) {
      if (error instanceof HubError) this.#error = error;
      throw error;
    }
  }
}

function cutLine(data: Buffer, isLast: boolean): Cut | undefined {
  const newline = data.indexOf(10);
  if (newline < 0)
    return isLast && data.length > 0 ? { skip: data.length, token: withoutReturn(data) } : undefined;
  return { skip: newline + 1, token: withoutReturn(data.subarray(0, newline)) };
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === 13 ? line.subarray(0, -1) : line;
}

function cutWord(data: Buffer, isLast: boolean): Cut | undefined {
  let start = 0;
  while (start < data.length && isSpace(data[start]!)) start++;
  let end = start;
  while (end < data.length && !isSpace(data[end]!)) end++;
  if (start === data.length || (end === data.length && !isLast)) return undefined;
  return { skip: end, token: data.subarray(start, end) };
}

function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

function cutByte(data: Buffer): Cut | undefined {
  return data.length === 0 ? undefined : { skip: 1, token: data.subarray(0, 1) };
}

/** A malformed byte is a character of its own, U+FFFD. */
function cutRune(data: Buffer, isLast: boolean): Cut | undefined {
  const first = data[0];
  if (first === undefined) return undefined;
  const size =
    first < 0x80
      ? 1
      : first >= 0xc2 && first < 0xe0
        ? 2
        : first >= 0xe0 && first < 0xf0
          ? 3
          : first >= 0xf0 && first < 0xf5
            ? 4
            : 0;
  const rest = data.subarray(1, size);
  const isWellFormed = size > 0 && rest.every((byte) => byte >= 0x80 && byte < 0xc0);
  if (isWellFormed && data.length < size && !isLast) return undefined;
  if (!isWellFormed || data.length < size) return { skip: 1, token: Buffer.from('\ufffd') };
  return { skip: size, token: data.subarray(0, size) };
}
