/**
 * A channel of things that must not be lost because a reader is slow: what its buffer does not hold waits behind it,
 * as it came, and becomes a value when there is room. For subscriptions: it ends with its program's main.
 */
import { Deque, EVENT_BACKLOG_BYTES_MAX, EVENT_BACKLOG_MAX } from '../../base/index.ts';
import type { LuaValue } from '../../vm/index.ts';
import type { UnitContext } from '../coroutine/context.ts';
import { createHostChannel, type HostChannel } from './host-channel.ts';

/** What `BacklogChannel` takes. */
export interface BacklogOptions<T> {
  /** Values the channel itself keeps. */
  readonly capacity: number;
  /** Makes the value a program reads; called once per item, when there is room for it. */
  readonly toValue: (item: T) => LuaValue;
  /** Ends what feeds it; runs once. */
  readonly onClose: () => void;
}

/** See the head of the file. */
export class BacklogChannel<T> {
  readonly output: HostChannel;
  readonly #toValue: (item: T) => LuaValue;
  readonly #waiting = new Deque<{ readonly item: T; readonly bytes: number }>();
  #bytes = 0;

  /** @throws MH_LUA_CALL_ENDED in the background tail of a function call */
  constructor(unit: UnitContext, { capacity, toValue, onClose }: BacklogOptions<T>) {
    this.#toValue = toValue;
    this.output = createHostChannel(unit, {
      capacity,
      endsWithMain: true,
      refill: () => {
        const next = this.#waiting.shift();
        if (next === undefined) return undefined;
        this.#bytes -= next.bytes;
        return { value: toValue(next.item) };
      },
      onClose,
    });
  }

  /**
   * Hands an item on, or keeps it.
   * @param bytes what it keeps in memory while it waits
   * @returns false when EVENT_BACKLOG_MAX items or EVENT_BACKLOG_BYTES_MAX bytes wait already: this one is lost.
   */
  offer(item: T, bytes = 0): boolean {
    if (this.#waiting.size === 0 && this.output.channel.canSend) {
      this.output.offer(this.#toValue(item));
      return true;
    }
    if (this.#waiting.size >= EVENT_BACKLOG_MAX || this.#bytes + bytes > EVENT_BACKLOG_BYTES_MAX)
      return false;
    this.#waiting.push({ item, bytes });
    this.#bytes += bytes;
    return true;
  }

  /** Forgets what waits behind the buffer. */
  discard(): void {
    this.#waiting.clear();
    this.#bytes = 0;
  }
}
