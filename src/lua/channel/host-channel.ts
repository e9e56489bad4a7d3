/** Channels the host feeds: timers, futures, event bus, outbound sockets. */

import type { LuaValue } from '../../vm/index.ts';
import { Channel, type ChannelOwner } from '../coroutine/channel.ts';
import { tailRefusal, type UnitContext } from '../coroutine/context.ts';

/** Options of a host-fed channel. */
export interface HostChannelOptions {
  /** Values kept while nobody receives. Default 1. */
  readonly capacity?: number;
  /**
   * Releases what feeds the channel. Runs once: when Lua or the host closes the channel, or when the unit ends.
   */
  readonly onClose?: () => void;
  /** Asked for a value whenever a buffer place becomes free; for modules that keep a backlog. */
  readonly refill?: () => { readonly value: LuaValue } | undefined;
  /** Closed when main of a function call returns, as subscriptions are; timers go on. Default false. */
  readonly endsWithMain?: boolean;
}

/** A channel that counts as something to wait for until it is closed. */
export class HostChannel implements ChannelOwner {
  readonly channel: Channel;
  readonly #unit: UnitContext;
  readonly #onClose: (() => void) | undefined;
  readonly #withdraw: () => void;
  #isReleased = false;

  constructor(unit: UnitContext, options: HostChannelOptions) {
    this.#unit = unit;
    this.#onClose = options.onClose;
    this.channel = new Channel({
      capacity: options.capacity ?? 1,
      ...(options.refill === undefined ? {} : { refill: options.refill }),
    });
    this.channel.ownedBy(this);
    unit.subscriptions++;
    this.#withdraw =
      options.endsWithMain === true ? unit.onMainEnd(() => this.close()) : unit.onClose(() => this.close());
  }

  /**
   * Delivers a value.
   * @returns false when the buffer is full or the channel is closed; nothing was delivered then.
   */
  offer(value: LuaValue): boolean {
    if (this.channel.isClosed || !this.channel.canSend) return false;
    this.channel.give(value);
    return true;
  }

  /** Closes the channel: waiters get `nil, false`, buffered values stay readable. Idempotent. */
  close(): void {
    this.channel.close();
  }

  /** @internal the channel tells that it was closed. */
  channelClosed(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#withdraw();
    this.#unit.subscriptions--;
    this.#onClose?.();
  }
}

/**
 * Makes a host-fed channel; push it to Lua with `pushChannel(L, hostChannel.channel)`.
 * @throws MH_LUA_CALL_ENDED for a unit that has ended, and for one that ends with main in the background tail of a
 *   function call
 */
export function createHostChannel(unit: UnitContext, options: HostChannelOptions = {}): HostChannel {
  // What feeds it would never be told to stop: the unit's releases have run.
  if (unit.isClosed || (options.endsWithMain === true && unit.isInTail)) throw tailRefusal('subscribe');
  return new HostChannel(unit, options);
}
