/**
 * How one exchange stands. It is open until its outcome is decided; meanwhile its client may go, or somebody may take
 * it over. Both ends of an exchange share one: `Exchange` tells, `Delivery` changes it.
 */
import {
  type AccountOptions,
  type ByteAccount,
  type ByteBudget,
  type ByteHolder,
  isolate,
  type Log,
} from '../../base/index.ts';

/** An account of the byte budget for something that waits with a request. */
export interface ExchangeAccount extends Pick<AccountOptions, 'kind' | 'isUnfinished'> {
  /** How reading for it is stopped; absent = it is not. */
  readonly reader?: Pick<ByteHolder, 'pause' | 'resume'>;
}

/** The state of one exchange, and who waits for it to change. */
export class ExchangeLife {
  readonly #log: Log;
  readonly #path: string;
  #isClosed = false;
  #isTaken = false;
  #isGone = false;
  readonly #onGone = new Set<() => void>();
  readonly #onClose = new Set<() => void>();
  readonly #onOverload = new Set<() => void>();
  readonly #budget: ByteBudget;
  /** What is held for this request; most hold nothing worth an account. */
  #accounts: ByteAccount[] | undefined;
  #isOverloaded = false;

  /** @param path of the request, for the log. */
  constructor(log: Log, path: string, budget: ByteBudget) {
    this.#log = log;
    this.#path = path;
    this.#budget = budget;
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

  /** The byte budget chose this request: its client is told to come again, or cut off where that cannot be said. */
  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  /** Calls back when that happens, at once when it has. @returns a way to stop waiting. */
  onOverload(callback: () => void): () => void {
    if (this.#isOverloaded) callback();
    else this.#onOverload.add(callback);
    return () => this.#onOverload.delete(callback);
  }

  /**
   * Opens an account for what is held for this request; closed with `release` at the latest.
   */
  openAccount(options: ExchangeAccount, owner: string): ByteAccount {
    const { kind, isUnfinished = false, reader } = options;
    const holder: ByteHolder = { ...reader, drop: () => this.#overload() };
    const account = this.#budget.open({ kind, owner, isUnfinished, holder });
    this.#accounts ??= [];
    this.#accounts.push(account);
    return account;
  }

  /** Nothing is held for it any more. Idempotent. */
  release(): void {
    const accounts = this.#accounts;
    this.#accounts = undefined;
    for (const account of accounts ?? []) account.close();
  }

  /** What it holds goes with it, a moment later. */
  #overload(): void {
    this.#isOverloaded = true;
    this.release();
    this.#tell(this.#onOverload);
  }

  /** Somebody took the socket or the response over. */
  take(): void {
    this.#isTaken = true;
    this.release();
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
