import type { Clock, Timer } from '../../base/index.ts';

/** A timeout that can be set, restarted and switched off. */
export class Countdown {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #ms = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, onEnd: () => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  /** `0` = off. */
  start(ms: number): void {
    this.#ms = ms;
    this.restart();
  }

  restart(): void {
    this.stop();
    if (this.#ms > 0) this.#timer = this.#clock.setTimer(this.#ms, this.#onEnd);
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
