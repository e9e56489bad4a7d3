/** A terminal on Node streams: the standard streams of the host, or any others. */
import type { Readable, Writable } from 'node:stream';
import { surviveErrors } from '../../base/index.ts';
import type { Terminal } from './terminal.ts';

/** What `createStreamTerminal` takes. */
export interface StreamTerminalOptions {
  readonly input: Readable & { setRawMode?(isRaw: boolean): unknown };
  readonly output: Writable;
  readonly error: Writable;
  /** Default none. */
  readonly args?: readonly string[];
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Makes a terminal. Nothing is read from `input` before somebody asks. */
export function createStreamTerminal(options: StreamTerminalOptions): Terminal {
  const input = readerOf(options.input);
  surviveErrors(options.output);
  surviveErrors(options.error);
  return {
    args: options.args ?? [],
    write(stream, bytes) {
      const target = stream === 'output' ? options.output : options.error;
      return target.write(bytes) ? undefined : drained(target);
    },
    read: (bytesMax) => input.read(bytesMax),
    readLine: () => input.readLine(),
    async flush() {
      await Promise.all([written(options.output), written(options.error)]);
    },
    setRaw(isRaw) {
      options.input.setRawMode?.(isRaw);
    },
  };
}

const readers = new WeakMap<Readable, InputReader>();

/** One reader a stream: hubs of one program that share standard input share what arrives. */
function readerOf(source: Readable): InputReader {
  const reader = readers.get(source) ?? new InputReader(source);
  readers.set(source, reader);
  return reader;
}

/** Bytes that arrived and were not asked for yet; the stream is paused while nobody waits. */
class InputReader {
  readonly #source: Readable;
  #rest: Buffer = Buffer.alloc(0);
  /** Where `#rest` is known to hold no end of line: a long line is searched once. */
  #searched = 0;
  #isOver = false;
  /** Who waits for more. */
  #waiting: (() => void)[] = [];
  #isOpen = false;

  constructor(source: Readable) {
    this.#source = source;
  }

  async read(bytesMax: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) if (!(await this.#more())) return undefined;
    return this.#take(Math.min(bytesMax, this.#rest.length), 0);
  }

  async readLine(): Promise<Uint8Array | undefined> {
    for (;;) {
      const end = this.#rest.indexOf(NEWLINE, this.#searched);
      if (end >= 0) {
        const hasReturn = end > 0 && this.#rest[end - 1] === RETURN;
        return this.#take(hasReturn ? end - 1 : end, hasReturn ? 2 : 1);
      }
      this.#searched = this.#rest.length;
      if (await this.#more()) continue;
      return this.#rest.length === 0 ? undefined : this.#take(this.#rest.length, 0);
    }
  }

  #take(length: number, skipped: number): Uint8Array {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length + skipped);
    this.#searched = 0;
    return taken;
  }

  /** Waits for further bytes. @returns false at the end of input. */
  async #more(): Promise<boolean> {
    if (this.#isOver) return false;
    if (!this.#isOpen) this.#open();
    const arrived = new Promise<void>((resolve) => void this.#waiting.push(resolve));
    this.#source.resume();
    await arrived;
    return !this.#isOver || this.#rest.length > this.#searched;
  }

  #open(): void {
    this.#isOpen = true;
    this.#source.on('data', (chunk: Buffer | string) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
      this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
      this.#source.pause();
      this.#wakeAll();
    });
    const end = (): void => {
      this.#isOver = true;
      this.#wakeAll();
    };
    this.#source.once('end', end);
    this.#source.once('close', end);
    this.#source.once('error', end);
  }

  #wakeAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

const draining = new WeakMap<Writable, Promise<void>>();

/** Resolves when a full stream takes more, or will never. All who wait for one stream wait together. */
function drained(target: Writable): Promise<void> {
  const known = draining.get(target);
  if (known !== undefined) return known;
  const promise = new Promise<void>((resolve) => {
    const done = (): void => {
      draining.delete(target);
      target.off('drain', done);
      target.off('close', done);
      target.off('error', done);
      resolve();
    };
    target.once('drain', done);
    target.once('close', done);
    target.once('error', done);
  });
  draining.set(target, promise);
  return promise;
}

function written(target: Writable): Promise<void> {
  if (target.writableLength === 0 || target.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    target.write('', () => resolve());
  });
}
