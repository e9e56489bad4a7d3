import { type Clock, Deque } from '../../base/index.ts';

/** How long frames are parsed before sockets and processes have their turn again, milliseconds. */
const TURN_MS = 4;

/**
 * Parsing that was broken off goes on here: clients whose bytes hold many frames take turns, a slice each, so that
 * ten thousand tiny frames of one chunk, or of a hundred clients, do not stand the others still. Shared by the
 * connections of one hub. Bound: a connection waits once.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting = new Deque<() => void>();
  #isDue = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param slice parses a few frames, and comes again when there are more. */
  add(slice: () => void): void {
    this.#waiting.push(slice);
    this.#arrange();
  }

  #arrange(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#clock.defer(() => this.#run());
  }

  #run(): void {
    this.#isDue = false;
    const endMs = this.#clock.monotonicMs() + TURN_MS;
    // Who comes again waits for the next turn, behind those that had none.
    for (let left = this.#waiting.size; left > 0; left--) {
      this.#waiting.shift()!();
      if (this.#clock.monotonicMs() > endMs) break;
    }
    if (this.#waiting.size > 0) this.#arrange();
  }
}
