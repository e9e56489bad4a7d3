/** A moment that can come closer, and never goes back. */
import type { Clock, Timer } from '../base/index.ts';

/** See the head of the file. */
export class Deadline {
  /** Resolves when the moment has passed, unless it was withdrawn. */
  readonly passed: Promise<void>;
  readonly #clock: Clock;
  #pass: () => void = () => {};
  #timer: Timer | undefined;
  #atMs = Number.POSITIVE_INFINITY;

  /** Far away at first. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.passed = new Promise((resolve) => {
      this.#pass = resolve;
    });
  }

  /** Moves it to `delayMs` from now; one that is nearer already stays. Holds Node.js until it has passed. */
  within(delayMs: number): void {
    const atMs = this.#clock.monotonicMs() + delayMs;
    if (!(atMs < this.#atMs)) return;
    this.#atMs = atMs;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(delayMs, this.#pass, { keepAlive: true });
  }

  /** It is not needed any more. */
  withdraw(): void {
    this.#timer?.cancel();
    this.#atMs = Number.NEGATIVE_INFINITY;
  }
}
