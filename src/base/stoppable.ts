/**
 * Stopping, the same everywhere: it is asked for with a time, what is not done by then is cut, and who asks again
 * with less time hurries it.
 */
import type { Clock, Timer } from './clock.ts';

/** Something that can be stopped. */
export interface Stoppable {
  /**
   * Resolves when it has stopped. What is not done after `timeoutMs` milliseconds is cut; 0 = now. May be asked
   * again: the nearest end counts, so less time hurries and more time changes nothing.
   */
  stop(timeoutMs: number): Promise<void>;
}

/** The end of somebody's patience. It can be moved closer, never away. */
export class Deadline {
  readonly #clock: Clock;
  readonly #onReached: () => void;
  #timer: Timer | undefined;
  #atMs = Number.POSITIVE_INFINITY;

  /** @param onReached called once, unless `cancel` comes first. */
  constructor(clock: Clock, onReached: () => void) {
    this.#clock = clock;
    this.#onReached = onReached;
  }

  /** Milliseconds until it is reached; infinite while none is set. */
  get leftMs(): number {
    return Math.max(0, this.#atMs - this.#clock.monotonicMs());
  }

  /** It is reached in `ms` milliseconds at the latest; 0 = before this returns. */
  within(ms: number): void {
    const atMs = this.#clock.monotonicMs() + ms;
    if (atMs >= this.#atMs) return;
    this.#timer?.cancel();
    this.#atMs = atMs;
    if (ms > 0) this.#timer = this.#clock.setTimer(ms, this.#onReached);
    else this.#onReached();
  }

  /** What had to be done is done: it will not be reached any more. */
  cancel(): void {
    this.#timer?.cancel();
    this.#atMs = Number.NEGATIVE_INFINITY;
  }
}
