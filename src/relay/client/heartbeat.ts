import type { Clock, Timer } from '../../base/index.ts';

/** A periodic call that keeps its rhythm: beats missed while the machine was busy are left out, not made up for. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #beat: () => void;
  #intervalMs = 0;
  #dueMs = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, beat: () => void) {
    this.#clock = clock;
    this.#beat = beat;
  }

  /**
   * Starts over: the first beat comes one full interval from now. `0` stops.
   * @param earlyMs less than an interval: how much earlier the first beat comes, and with it all others
   */
  start(intervalMs: number, earlyMs = 0): void {
    this.stop();
    this.#intervalMs = intervalMs;
    this.#dueMs = this.#clock.monotonicMs() - earlyMs;
    if (intervalMs > 0) this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const nowMs = this.#clock.monotonicMs();
    const steps = Math.max(1, Math.ceil((nowMs - this.#dueMs) / this.#intervalMs));
    this.#dueMs += steps * this.#intervalMs;
    this.#timer = this.#clock.setTimer(this.#dueMs - nowMs, () => {
      this.#arm();
      this.#beat();
    });
  }
}
