import { RELAY_UNREAD_BYTES_MAX } from '../../base/index.ts';
import type { Receipt } from '../../process/index.ts';

/**
 * What one target has not taken yet of one connection's messages (`relay.md` L2, B5). A transfer begins a new one:
 * the old target's backlog then no longer holds the socket.
 */
export class UnreadCounter implements Receipt {
  readonly #countMax: number;
  #onRoom: (() => void) | undefined;
  #count = 0;
  /** Bytes since the target was last up to date: an upper bound that needs no size per message. */
  #bytes = 0;

  /**
   * @param countMax messages that make it full
   * @param onRoom called whenever a message was taken and there is room again: at most half full
   */
  constructor(countMax: number, onRoom: () => void) {
    this.#countMax = countMax;
    this.#onRoom = onRoom;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  get isFull(): boolean {
    return this.#count >= this.#countMax || this.#bytes >= RELAY_UNREAD_BYTES_MAX;
  }

  /** A message of this size was delivered. */
  add(bytes: number): void {
    this.#count++;
    this.#bytes += bytes;
  }

  taken(): void {
    this.#count--;
    if (this.#count === 0) this.#bytes = 0;
    if (this.#count <= this.#countMax / 2 && !this.isFull) this.#onRoom?.();
  }

  /** The owner has moved on; later calls change nothing for it. */
  release(): void {
    this.#onRoom = undefined;
  }
}

/** For messages nobody counts but which must not be refused by a full mailbox (join, leave). */
export const UNCOUNTED: Receipt = { taken() {} };
