/** What feeds one channel from the mailbox: a queue, or several as one, oldest first. */
import { Heap } from '../../base/index.ts';
import type { LuaValue } from '../../vm/index.ts';
import type { ChannelSource } from '../coroutine/channel.ts';

/** A queue of the mailbox, as a channel sees it. */
export interface MailSource extends ChannelSource {
  /** What to tell whenever there is a front that `take` did not bring up. */
  set onFront(tell: () => void);
}

/** The front of a queue as it was. */
interface Front {
  readonly source: MailSource;
  readonly sequence: number;
}

/**
 * Several queues as one. The heap holds each front there ever was; one that is not the front any more is passed over, and
 * a queue tells when it has a new one.
 */
export class MergedMail implements ChannelSource {
  readonly #fronts = new Heap<Front>((a, b) => a.sequence < b.sequence);

  /** A queue comes in, or may have a new front. */
  note(source: MailSource): void {
    const sequence = source.peekSequence();
    if (sequence !== undefined) this.#fronts.push({ source, sequence });
  }

  /** Whether there is one, and how many at least. */
  get size(): number {
    return this.#first()?.source.size ?? 0;
  }

  peekSequence(): number | undefined {
    return this.#first()?.sequence;
  }

  take(): LuaValue {
    const { source } = this.#first()!;
    this.#fronts.shift();
    const value = source.take();
    this.note(source);
    return value;
  }

  #first(): Front | undefined {
    for (let front = this.#fronts.peek(); front !== undefined; front = this.#fronts.peek()) {
      if (front.source.peekSequence() === front.sequence) return front;
      this.#fronts.shift();
    }
    return undefined;
  }
}
