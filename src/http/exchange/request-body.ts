/**
 * The body of one request: read whole or handed out piece by piece, never both (`http.md` 5.1). The one place that
 * listens to the node request for its bytes, so that it can tell its readers when there will be no more.
 *
 * A body can be read until the response is decided. Whoever is still reading then gets an error, never a part that
 * looks like the whole; what nobody read is thrown away, so that the connection can serve its next request (C12).
 */
import type { IncomingMessage } from 'node:http';
import {
  type ByteAccount,
  ByteCollector,
  type ByteHolder,
  type Clock,
  HubError,
  REQUEST_DRAIN_BYTES_MAX,
} from '../../base/index.ts';

/** Bounds of reading a body. */
export interface BodyLimits {
  readonly bytesMax: number;
  /** Longest time for a whole body; of one handed out, longest wait for its next piece. */
  readonly timeoutMs: number;
}

/**
 * Gives the next bytes of a body; `undefined` = that was all. One call at a time.
 * Rejects with MH_HTTP_BODY_TOO_LARGE, MH_HTTP_BODY_FAILED.
 */
export type NextPiece = () => Promise<Buffer | undefined>;

/** Opens an account of the byte budget for a body that is read whole. */
type OpenAccount = (reader: Pick<ByteHolder, 'pause' | 'resume'>) => ByteAccount;

/** What is left of a body. */
export class RequestBody {
  readonly #raw: IncomingMessage;
  readonly #clock: Clock;
  /** Announced bytes; -1 unknown, 0 none. */
  readonly #length: number;
  #whole: Promise<Buffer> | undefined;
  #isTaken = false;
  #isClosed = false;
  /** Ends the wait for a piece that is under way. */
  #interrupt: ((error: HubError) => void) | undefined;
  /** The byte budget wants no more for the moment. */
  #isPaused = false;
  /** Looks for the piece that is waited for. */
  #look: (() => void) | undefined;
  readonly #openAccount: OpenAccount;
  #isDrainedOut = false;
  #isAnswered = false;

  constructor(raw: IncomingMessage, clock: Clock, length: number, openAccount: OpenAccount) {
    this.#openAccount = openAccount;
    this.#raw = raw;
    this.#clock = clock;
    this.#length = length;
    if (length === 0) this.#whole = Promise.resolve(Buffer.alloc(0));
    // A client that leaves between two reads is an error nobody waits for; the next read finds the request destroyed.
    else raw.on('error', ignore);
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
  take({ bytesMax, timeoutMs }: BodyLimits): NextPiece {
    if (this.#length > bytesMax) throw tooLarge(bytesMax);
    if (this.#isTaken || (this.#whole !== undefined && this.#length !== 0)) throw consumed();
    this.#isTaken = true;
    let size = 0;
    return async () => {
      const piece = await this.#next(timeoutMs);
      size += piece?.length ?? 0;
      if (size > bytesMax) throw tooLarge(bytesMax);
      return piece;
    };
  }

  /** Whether the body is (being) read whole. */
  get isRead(): boolean {
    return this.#whole !== undefined;
  }

  /** Whether the connection must be closed after the response: more is unread than is worth reading (C12). */
  get isTooLongToDrain(): boolean {
    return !this.#raw.readableEnded && this.#length > REQUEST_DRAIN_BYTES_MAX;
  }

  /**
   * The response is decided: readers get an error, the rest is read and thrown away (C12). Must be called before
   * the response ends: Node would read without bound from there on.
   */
  close(): void {
    const raw = this.#raw;
    if (this.#isClosed || this.#length === 0 || raw.readableEnded || raw.destroyed) return;
    this.#isClosed = true;
    this.#interrupt?.(answeredAlready());
    let drained = 0;
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

  async #collect({ bytesMax, timeoutMs }: BodyLimits): Promise<Buffer> {
    const endMs = this.#clock.monotonicMs() + timeoutMs;
    const first = await this.#next(timeoutMs);
    if (first === undefined) return Buffer.alloc(0);
    if (first.length > bytesMax) throw tooLarge(bytesMax);
    if (first.length === this.#length) return first; // the usual one: here with its head
    const collector = new ByteCollector(this.#length >= 0 ? this.#length : bytesMax);
    const account = this.#openAccount({ pause: () => this.#pause(), resume: () => this.#resume() });
    if (this.#length > 0) account.expect(this.#length);
    for (let piece: Buffer | undefined = first; piece !== undefined; ) {
      if (collector.length + piece.length > bytesMax) throw tooLarge(bytesMax);
      collector.append(piece);
      account.set(collector.heldBytes); // stays charged until the request is over
      piece = await this.#next(endMs - this.#clock.monotonicMs());
    }
    return collector.take();
  }

  #pause(): void {
    this.#isPaused = true;
  }

  #resume(): void {
    this.#isPaused = false;
    this.#look?.();
  }

  #next(timeoutMs: number): Promise<Buffer | undefined> {
    const raw = this.#raw;
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(answeredAlready());
        return;
      }
      const settle = (finish: () => void): void => {
        timer.cancel();
        this.#interrupt = undefined;
        this.#look = undefined;
        raw.off('readable', look).off('end', onEnd).off('error', onError).off('close', onClose);
        finish();
      };
      const look = (): void => {
        // What is not read stays in the socket, and then with the client.
        if (this.#isPaused && !raw.readableEnded) return;
        const piece = raw.read() as Buffer | null;
        if (piece !== null) settle(() => resolve(piece));
        else if (raw.readableEnded) onEnd();
      };
      const fail = (error: HubError): void => settle(() => reject(error));
      const onEnd = (): void => settle(() => resolve(undefined));
      const onError = (error: Error): void => fail(readFailed(error.message, error));
      const onClose = (): void => (raw.readableEnded ? onEnd() : fail(readFailed('the client is gone')));
      const timer = this.#clock.setTimer(timeoutMs, () => fail(readFailed('it took too long')));
      this.#interrupt = fail;
      this.#look = look;
      raw.on('readable', look).on('end', onEnd).on('error', onError).on('close', onClose);
      if (raw.destroyed) onClose();
      else look();
    });
  }
}

/** For an event that needs a listener and interests nobody. */
function ignore(): void {}

/** @param bytesMax the limit that was hit. */
function tooLarge(bytesMax: number): HubError {
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

function answeredAlready(): HubError {
  return readFailed('the response was sent already');
}
