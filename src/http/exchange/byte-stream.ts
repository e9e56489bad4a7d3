/**
 * Bytes that are read piece by piece: a request body as it arrives, an uploaded file in memory or on disk.
 * Reads of one stream happen one after another, however many coroutines ask (`http.md` 5.4).
 */
import type { FileHandle } from 'node:fs/promises';
import { HubError, STREAM_READ_BYTES } from '../../base/index.ts';
import type { NextPiece } from './request-body.ts';

/** Where the bytes of a stream come from. */
export interface ByteSource {
  /** -1 = unknown. */
  readonly size: number;
  readonly isSeekable: boolean;
  /** At most `bytesMax` bytes at a position; `undefined` = no more. Called for one piece at a time. */
  readAt(position: number, bytesMax: number): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

/** What a seek is relative to. */
export type SeekOrigin = 'set' | 'cur' | 'end';

/** What `stat` tells. */
export interface StreamFacts {
  readonly size: number;
  readonly position: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly seekable: boolean;
}

/** A stream of bytes with a position. */
export class ByteStream {
  readonly #source: ByteSource;
  #position = 0;
  #isClosed = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** @throws MH_HTTP_STREAM_FAILED after `close` */
  assertOpen(): void {
    if (this.#isClosed) throw streamFailed('stream is closed');
  }

  /** At most `bytesMax` bytes, 0 = STREAM_READ_BYTES; `undefined` at the end. */
  read(bytesMax: number): Promise<Buffer | undefined> {
    return this.#inTurn(async () => {
      const piece = await this.#source.readAt(this.#position, bytesMax === 0 ? STREAM_READ_BYTES : bytesMax);
      this.#position += piece?.length ?? 0;
      return piece;
    });
  }

  /** @returns the new position. */
  seek(origin: SeekOrigin, offset: number): Promise<number> {
    return this.#inTurn(async () => {
      if (!this.#source.isSeekable) throw streamFailed('stream is not seekable');
      const base = { set: 0, cur: this.#position, end: this.#source.size }[origin];
      if (base + offset < 0) throw streamFailed(`cannot seek before the start, got ${base + offset}`);
      this.#position = base + offset;
      return this.#position;
    });
  }

  stat(): StreamFacts {
    this.assertOpen();
    const { size, isSeekable } = this.#source;
    return { size, position: this.#position, readable: true, writable: false, seekable: isSeekable };
  }

  /** Releases the source. May be repeated. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#source.close();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      this.assertOpen();
      return work();
    });
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** A source over bytes in memory. */
export function memorySource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    isSeekable: true,
    readAt: async (position, bytesMax) =>
      position >= bytes.length ? undefined : bytes.subarray(position, position + bytesMax),
    close: async () => {},
  };
}

/** A source over a file that this source closes. */
export function fileSource(file: FileHandle, size: number): ByteSource {
  return {
    size,
    isSeekable: true,
    async readAt(position, bytesMax) {
      const { bytesRead, buffer } = await file.read(
        Buffer.alloc(Math.min(bytesMax, size)),
        0,
        undefined,
        position,
      );
      return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
    },
    close: () => file.close(),
  };
}

/** A source over a request body as it arrives; not seekable. */
export function arrivingSource(nextPiece: NextPiece, size: number): ByteSource {
  let left: Buffer | undefined;
  return {
    size,
    isSeekable: false,
    async readAt(_position, bytesMax) {
      left ??= await nextPiece();
      if (left === undefined) return undefined;
      const piece = left.subarray(0, bytesMax);
      left = left.length > bytesMax ? left.subarray(bytesMax) : undefined;
      return piece;
    },
    close: async () => {},
  };
}

function streamFailed(fact: string): HubError {
  return new HubError('MH_HTTP_STREAM_FAILED', { message: fact });
}
