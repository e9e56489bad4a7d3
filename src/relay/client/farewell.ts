/**
 * The end of all connections at a stop (`relay.md` L9). Each tells its target, and the targets get to read it before
 * anybody cancels them: `drain` waits for that.
 *
 * Ways a wait ends: no connection is left and every leave was taken, or discarded with its mailbox; the targets that owe
 * one have read nothing at all for FAREWELL_STILL_MS, because they never look into their inbox or wait for something
 * else: what comes after the leaves comes after them in the mailbox too.
 */
import type { Clock, Pid, Timer } from '../../base/index.ts';
import type { ProcessSystem, Receipt } from '../../process/index.ts';

/** How long nothing may move before nobody is waited for any more, and how often that is looked at. */
const FAREWELL_STILL_MS = 1_000;
const LOOK_AGAIN_MS = 100;

/** See the head of the file. One per relay. */
export class Farewell {
  readonly #clock: Clock;
  readonly #system: Pick<ProcessSystem, 'unreadOf'>;
  /** Live connections. */
  readonly #clients: ReadonlySet<Pid>;
  /** Leaves that were not taken, by target. */
  readonly #unread = new Map<Pid, number>();
  #drained: Promise<void> | undefined;
  #resolve: (() => void) | undefined;
  #timer: Timer | undefined;

  constructor(parts: {
    readonly clock: Clock;
    readonly system: Pick<ProcessSystem, 'unreadOf'>;
    readonly clientPids: ReadonlySet<Pid>;
  }) {
    this.#clock = parts.clock;
    this.#system = parts.system;
    this.#clients = parts.clientPids;
  }

  /** Counts the leave a target is about to get; `taken` also takes back one that could not be delivered. */
  leaveTo(target: Pid): Receipt {
    this.#unread.set(target, (this.#unread.get(target) ?? 0) + 1);
    return {
      taken: () => {
        const left = this.#unread.get(target)! - 1;
        if (left > 0) this.#unread.set(target, left);
        else this.#unread.delete(target);
        this.look();
      },
    };
  }

  /** Waits for the end of all connections and for those they served. */
  drain(): Promise<void> {
    this.#drained ??= new Promise((resolve) => {
      this.#resolve = resolve;
      this.#watch(Number.POSITIVE_INFINITY, 0);
      this.look();
    });
    return this.#drained;
  }

  /** To be called when a connection is gone. */
  look(): void {
    if (this.#resolve !== undefined && this.#clients.size === 0 && this.#unread.size === 0) this.#finish();
  }

  /** Looks every now and then whether anything has moved since. */
  #watch(before: number, stillMs: number): void {
    this.#timer = this.#clock.setTimer(LOOK_AGAIN_MS, () => {
      const left = this.#left();
      const nextStillMs = left < before ? 0 : stillMs + LOOK_AGAIN_MS;
      if (nextStillMs >= FAREWELL_STILL_MS) this.#finish();
      else this.#watch(left, nextStillMs);
    });
  }

  /** Connections, and whatever the targets that owe a read have in their mailboxes. */
  #left(): number {
    let left = this.#clients.size;
    for (const target of this.#unread.keys()) left += this.#system.unreadOf(target);
    return left;
  }

  #finish(): void {
    this.#timer?.cancel();
    this.#resolve?.();
    this.#resolve = undefined;
  }
}
