/** Cuts a stream into lines, words, bytes or characters (`http.md` 5.4). */
import { HubError, SCANNER_TOKEN_BYTES_MAX } from '../../base/index.ts';
import type { ByteStream } from './byte-stream.ts';

/** What a scanner cuts into. */
export const SPLITS = ['lines', 'words', 'bytes', 'runes'] as const;

/** One of SPLITS. */
export type Split = (typeof SPLITS)[number];

/** How many bytes to step over, and which of them are the token, if they are more than what stands before one. */
interface Cut {
  readonly skip: number;
  readonly token?: Buffer;
}

/** Finds the next token of `data`, whose first `seen` bytes had none. */
type Cutter = (data: Buffer, isLast: boolean, seen: number) => Cut | undefined;

/** Tokens of a stream. */
export class Scanner {
  readonly #stream: ByteStream;
  readonly #cut: Cutter;
  /** What was read and not cut yet is `#buffer` from `#start` to `#end`. */
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** Whether `#buffer` was made here: a piece that was read is not written to. */
  #isOwn = false;
  /** Bytes of it that were searched in vain: pieces may be of one byte each. */
  #seen = 0;
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
      const data = this.#buffer.subarray(this.#start, this.#end);
      const cut = this.#cut(data, this.#isLast, this.#seen);
      if (cut !== undefined) {
        this.#start += cut.skip;
        this.#seen = 0;
        if (cut.token === undefined) continue;
        // A piece that comes later may take the place of this one.
        this.#token = Buffer.from(cut.token);
        return true;
      }
      this.#seen = data.length;
      if (this.#isLast || this.#error !== undefined) {
        this.#token = Buffer.alloc(0);
        return false;
      }
      await this.#fill();
    }
  }

  async #fill(): Promise<void> {
    try {
      if (this.#end - this.#start > SCANNER_TOKEN_BYTES_MAX) {
        throw new HubError('MH_HTTP_STREAM_FAILED', {
          message: `Cannot scan: a token is longer than ${SCANNER_TOKEN_BYTES_MAX} bytes`,
        });
      }
      const piece = await this.#stream.read(0);
      if (piece === undefined) this.#isLast = true;
      else this.#append(piece);
    } catch (error) {
      if (error instanceof HubError) this.#error = error;
      throw error;
    }
  }

  /** Behind what is there; the buffer grows by doubling, and what was cut makes room. */
  #append(piece: Buffer): void {
    const length = this.#end - this.#start;
    if (length === 0) {
      this.#buffer = piece;
      this.#start = 0;
      this.#end = piece.length;
      this.#isOwn = false;
      return;
    }
    if (!this.#isOwn || this.#end + piece.length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(2 * (length + piece.length));
      this.#buffer.copy(larger, 0, this.#start, this.#end);
      this.#buffer = larger;
      this.#isOwn = true;
      this.#start = 0;
      this.#end = length;
    }
    piece.copy(this.#buffer, this.#end);
    this.#end += piece.length;
  }
}

function cutLine(data: Buffer, isLast: boolean, seen: number): Cut | undefined {
  const newline = data.indexOf(10, seen);
  if (newline < 0)
    return isLast && data.length > 0 ? { skip: data.length, token: withoutReturn(data) } : undefined;
  return { skip: newline + 1, token: withoutReturn(data.subarray(0, newline)) };
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === 13 ? line.subarray(0, -1) : line;
}

function cutWord(data: Buffer, isLast: boolean, seen: number): Cut | undefined {
  let start = 0;
  while (start < data.length && isSpace(data[start]!)) start++;
  if (start > 0) return { skip: start };
  let end = seen;
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
