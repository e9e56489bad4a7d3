import { type Clock, Deque } from '../../base/index.ts';

/** How long frames are parsed before sockets and processes have their turn again, milliseconds. */
const TURN_MS = 4;

/** Bytes that large chunks may bring in one turn of the event loop. Beyond: they wait for the next one. */
const TURN_BYTES = 1_048_576;

/** Smaller chunks are not counted: a turn of the loop brings few of them. */
const LARGE_CHUNK_BYTES = 16_384;

/**
 * Parsing that was broken off goes on here: clients whose bytes hold many frames take turns, a slice each, so that
 * ten thousand tiny frames of one chunk, or of a hundred clients, do not stand the others still. The same for clients
 * that send much: the loop would read two megabytes of each socket before anything else. Shared by the connections of
 * one hub. Bound: a connection waits once.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting = new Deque<() => void>();
  #isDue = false;
  /** Of large chunks, in this turn of the event loop. */
  #turnBytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param slice parses a few frames, and comes again when there are more. */
  add(slice: () => void): void {
    this.#waiting.push(slice);
    this.#arrange();
  }

  /** A socket brought a chunk. @returns false when it should stop reading and `add` what it has. */
  admits(bytes: number): boolean {
    if (bytes < LARGE_CHUNK_BYTES) return true;
    if (this.#turnBytes === 0) {
      this.#clock.defer(() => {
        this.#turnBytes = 0;
      });
    }
    this.#turnBytes += bytes;
    return this.#turnBytes <= TURN_BYTES;
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
