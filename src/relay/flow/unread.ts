import { type ByteAccount, Deque } from '../../base/index.ts';
import type { Receipt } from '../../process/index.ts';

/** Memory of a message beside its bytes: the message, its payload, its place in the mailbox. */
export const MESSAGE_OVERHEAD_BYTES = 256;

/** Bounds of what one target may leave unread of one connection's messages. */
export interface UnreadLimits {
  readonly messagesMax: number;
  /** Bytes, MESSAGE_OVERHEAD_BYTES for every message among them. */
  readonly bytesMax: number;
}

/**
 * What one target has not taken yet of one connection's messages (`relay.md` L2, L8, B5). A transfer begins a new
 * one: the old target's backlog then no longer holds the socket.
 *
 * It may outlive its connection: messages of a client that went still lie in the mailbox, and are charged until they
 * are taken. Else whoever comes back again and again would fill it for nothing.
 */
export class UnreadCounter implements Receipt {
  readonly #limits: UnreadLimits;
  readonly #openAccount: (() => ByteAccount) | undefined;
  #onRoom: (() => void) | undefined;
  #account: ByteAccount | undefined;
  #bytes = 0;
  readonly #sizes = new Deque<number>();

  /**
   * @param onRoom called whenever a message was taken and there is room again: at most half full
   * @param openAccount called with the first message; default: none is kept
   */
  constructor(limits: UnreadLimits, onRoom: () => void, openAccount?: () => ByteAccount) {
    this.#limits = limits;
    this.#onRoom = onRoom;
    this.#openAccount = openAccount;
  }

  get isEmpty(): boolean {
    return this.#sizes.size === 0;
  }

  get isFull(): boolean {
    return this.#sizes.size >= this.#limits.messagesMax || this.#bytes >= this.#limits.bytesMax;
  }

  /** A message of this size was delivered. The byte budget may pause or end the connection before this returns. */
  add(bytes: number): void {
    const size = bytes + MESSAGE_OVERHEAD_BYTES;
    this.#sizes.push(size);
    this.#bytes += size;
    this.#account ??= this.#openAccount?.();
    this.#account?.hold(size);
  }

  taken(): void {
    // Targets that listen to several topics take them in another order; the sum comes out right all the same.
    const size = this.#sizes.shift()!;
    this.#bytes -= size;
    this.#account?.release(size);
    if (this.#onRoom === undefined) this.#closeIfDone();
    else if (this.#sizes.size <= this.#limits.messagesMax / 2 && this.#bytes <= this.#limits.bytesMax / 2)
      this.#onRoom();
  }

  /** The owner has moved on or ended; what was not taken stays charged. */
  release(): void {
    this.#onRoom = undefined;
    this.#account?.abandon();
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#sizes.size === 0) this.#account?.close();
  }
}

/** For messages nobody counts but which must not be refused by a full mailbox (join, leave). */
export const UNCOUNTED: Receipt = { taken() {} };
