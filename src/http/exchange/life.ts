/**
 * How one exchange stands. It is open until its outcome is decided; meanwhile its client may go, or somebody may take
 * it over. Both ends of an exchange share one: `Exchange` tells, `Delivery` changes it.
 */
import { isolate, type Log } from '../../base/index.ts';

/** The state of one exchange, and who waits for it to change. */
export class ExchangeLife {
  readonly #log: Log;
  readonly #path: string;
  #isClosed = false;
  #isTaken = false;
  #isGone = false;
  readonly #onGone = new Set<() => void>();
  readonly #onClose = new Set<() => void>();

  /** @param path of the request, for the log. */
  constructor(log: Log, path: string) {
    this.#log = log;
    this.#path = path;
  }

  /** Its outcome is decided. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Somebody took the socket or the response over. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** The client went before the response was complete. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Calls back when the client goes, at once when it has. @returns a way to stop waiting. */
  onGone(callback: () => void): () => void {
    if (this.#isGone) callback();
    else this.#onGone.add(callback);
    return () => this.#onGone.delete(callback);
  }

  /** Calls back when the outcome is decided, at once when it is. @returns a way to stop waiting. */
  onClose(callback: () => void): () => void {
    if (this.#isClosed) callback();
    else this.#onClose.add(callback);
    return () => this.#onClose.delete(callback);
  }

  /** Somebody took the socket or the response over. */
  take(): void {
    this.#isTaken = true;
  }

  /** The outcome is decided. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tell(this.#onClose);
  }

  /** The client went before its response was complete; whoever took the exchange over deals with that alone. */
  leave(): void {
    if (this.#isTaken) return;
    this.#isGone = true;
    this.#tell(this.#onGone);
  }

  /** Calls everybody back, whatever another one throws. */
  #tell(callbacks: Set<() => void>): void {
    const fields = { path: this.#path };
    for (const callback of callbacks) isolate(this.#log, 'request callback failed', fields, callback);
    callbacks.clear();
  }
}
