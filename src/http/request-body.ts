/** The body of one request: read whole, or handed out as a stream, never both (`http.md` 5.1). */
import type { IncomingMessage } from 'node:http';
import { type Clock, HubError, REQUEST_DRAIN_BYTES_MAX } from '../base/index.ts';

/** Bounds of reading a whole body. */
export interface BodyLimits {
  readonly bytesMax: number;
  readonly timeoutMs: number;
}

/** What is left of a body. */
export class RequestBody {
  readonly #raw: IncomingMessage;
  readonly #clock: Clock;
  /** Announced bytes; -1 unknown, 0 none. */
  readonly #length: number;
  #whole: Promise<Buffer> | undefined;
  #isTaken = false;
  #isOver = false;
  #isDrainedOut = false;
  #isAnswered = false;

  constructor(raw: IncomingMessage, clock: Clock, length: number) {
    this.#raw = raw;
    this.#clock = clock;
    this.#length = length;
    if (length === 0) this.#whole = Promise.resolve(Buffer.alloc(0));
    raw.once('end', () => {
      this.#isOver = true;
    });
  }

  /**
   * The whole body. May be repeated; the bytes are read once, under the limits of the first call.
   * Rejects with MH_HTTP_BODY_TOO_LARGE, MH_HTTP_BODY_FAILED, MH_HTTP_BODY_CONSUMED.
   */
  async readWhole(limits: BodyLimits): Promise<Buffer> {
    if (this.#length > limits.bytesMax) throw tooLarge(limits.bytesMax);
    if (this.#isTaken) throw consumed();
    this.#whole ??= this.#collect(limits);
    const whole = await this.#whole;
    if (whole.length > limits.bytesMax) throw tooLarge(limits.bytesMax);
    return whole;
  }

  /**
   * The body as it arrives. Only once, and not after the body was read whole.
   * @throws MH_HTTP_BODY_TOO_LARGE (by the announced length), MH_HTTP_BODY_CONSUMED
   */
  take(bytesMax: number): IncomingMessage {
    if (this.#length > bytesMax) throw tooLarge(bytesMax);
    if (this.#isTaken || (this.#whole !== undefined && this.#length !== 0)) throw consumed();
    this.#isTaken = true;
    return this.#raw;
  }

  /** Whether the body is (being) read whole. */
  get isRead(): boolean {
    return this.#whole !== undefined;
  }

  /** Whether the connection must be closed after the response: more is unread than is worth reading (C12). */
  get isTooLongToDrain(): boolean {
    return !this.#isOver && this.#length > REQUEST_DRAIN_BYTES_MAX;
  }

  /**
   * Reads and throws away what nobody read, so that the connection can serve its next request (C12). Must begin
   * before the response ends: Node would read without bound from there on.
   */
  drain(): void {
    const raw = this.#raw;
    if (this.#isOver || this.#length === 0 || raw.destroyed) return;
    let drained = 0;
    raw.removeAllListeners('data');
    raw.on('error', () => {}); // The client left in the middle; nobody is waiting for these bytes.
    raw.on('data', (chunk: Buffer) => {
      drained += chunk.length;
      if (drained <= REQUEST_DRAIN_BYTES_MAX) return;
      raw.pause();
      this.#isDrainedOut = true;
      if (this.#isAnswered) raw.destroy();
    });
    raw.resume();
  }

  /** The response was sent: a connection whose body is too long to drain is closed now. */
  answered(): void {
    this.#isAnswered = true;
    if (this.#isDrainedOut) this.#raw.destroy();
  }

  #collect({ bytesMax, timeoutMs }: BodyLimits): Promise<Buffer> {
    const raw = this.#raw;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const settle = (error: HubError | undefined): void => {
        timer.cancel();
        raw.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
        if (error === undefined) resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size));
        else {
          raw.pause();
          raw.on('error', () => {});
          reject(error);
        }
      };
      const onData = (chunk: Buffer): void => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > bytesMax) settle(tooLarge(bytesMax));
      };
      const onEnd = (): void => settle(undefined);
      const onError = (error: Error): void => settle(readFailed(error.message, error));
      const onClose = (): void => settle(readFailed('the client is gone'));
      const timer = this.#clock.setTimer(timeoutMs, () => settle(readFailed('it took too long')));
      raw.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
      if (raw.destroyed) onClose();
    });
  }
}

/** @param bytesMax the limit that was hit. */
export function tooLarge(bytesMax: number): HubError {
  return new HubError('MH_HTTP_BODY_TOO_LARGE', {
    message: 'request body too large',
    details: { max_body: bytesMax },
  });
}

function consumed(): HubError {
  return new HubError('MH_HTTP_BODY_CONSUMED', { message: 'request body already consumed' });
}

function readFailed(fact: string, cause?: unknown): HubError {
  return new HubError('MH_HTTP_BODY_FAILED', { message: `failed to read body: ${fact}`, cause });
}
