import type { Receipt } from '../process/index.ts';

/**
 * Counts what a target has not taken yet from its mailbox (`relay.md` L2, B5). One per connection and target:
 * after a transfer the old target's backlog no longer holds the socket.
 */
export class UnreadCounter implements Receipt {
  count = 0;
  #onTaken: ((count: number) => void) | undefined;

  /** @param onTaken told the new count whenever a message was taken */
  constructor(onTaken: (count: number) => void) {
    this.#onTaken = onTaken;
  }

  taken(): void {
    this.count--;
    this.#onTaken?.(this.count);
  }

  /** The owner has moved on; later calls change nothing for it. */
  release(): void {
    this.#onTaken = undefined;
  }
}

/** For messages nobody counts but which must not be refused by a full mailbox (join, leave). */
export const UNCOUNTED: Receipt = { taken() {} };
