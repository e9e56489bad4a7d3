/**
 * Channels (`concurrency.md` § 3-4): how coroutines of one unit hand values to each other, and how messages, timers,
 * futures and events reach them. Values are passed as they are; a channel never leaves its unit.
 *
 * A channel gets values from three places: its buffer, waiting senders, and its source (mailbox queues, which it
 * pulls from only when somebody receives, so a message stays in the mailbox until it is taken). Waiters hang in
 * doubly linked lists, so a select that completes on one channel leaves all others in constant time.
 *
 * This file knows nothing of the Lua stack; `channel/channel-type.ts` is its Lua face.
 */
import { Deque } from '../../base/index.ts';
import { type LuaValue, makeNil } from '../../vm/index.ts';
import type { ManagedCoroutine } from './coroutine.ts';

/** A queue a channel pulls from. */
export interface ChannelSource {
  readonly size: number;
  /** Arrival number of the front; comparable between all sources of one unit. `undefined` when empty. */
  peekSequence(): number | undefined;
  /** Removes the front. Only called when `size > 0`. */
  take(): LuaValue;
}

/** Who must know that a channel was closed. */
export interface ChannelOwner {
  channelClosed(channel: Channel): void;
}

/** One coroutine waiting for one operation on one channel. Reused by its coroutine. */
export class Waiter {
  readonly coroutine: ManagedCoroutine;
  channel: Channel | undefined;
  /** Position in the select list, from 0; -1 for a plain send or receive. */
  caseIndex = -1;
  isSend = false;
  /** What it sends. */
  value: LuaValue = makeNil();
  previous: Waiter | undefined;
  next: Waiter | undefined;

  constructor(coroutine: ManagedCoroutine) {
    this.coroutine = coroutine;
  }
}

/** First come, first served. */
class WaitList {
  first: Waiter | undefined;
  #last: Waiter | undefined;

  add(waiter: Waiter): void {
    waiter.previous = this.#last;
    waiter.next = undefined;
    if (this.#last === undefined) this.first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
  }

  remove(waiter: Waiter): void {
    if (waiter.previous === undefined) this.first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.#last = waiter.previous;
    else waiter.next.previous = waiter.previous;
    waiter.previous = undefined;
    waiter.next = undefined;
  }
}

/** Waiters of a coroutine that are worth an array of just their number. */
const FEW_WAITERS = 16;

/** What a channel is for, where that matters. */
export interface ChannelOptions {
  /** Values kept while nobody receives. Default 0: sender and receiver meet. */
  readonly capacity?: number;
  /** Offers a further value when a place in the buffer became free; `undefined` = none now. */
  readonly refill?: () => { readonly value: LuaValue } | undefined;
  /** `inbox` and `events` obey the arrival rule of select (`concurrency.md` § 4.6). */
  readonly isMailbox?: boolean;
}

/** A channel of one unit. */
export class Channel {
  readonly capacity: number;
  readonly isMailbox: boolean;
  isClosed = false;
  /** The channel and its receive case as Lua sees them: made on first use and the same ever after. */
  value: LuaValue | undefined;
  receiveCase: LuaValue | undefined;
  readonly #receivers = new WaitList();
  readonly #senders = new WaitList();
  readonly #refill: (() => { readonly value: LuaValue } | undefined) | undefined;
  #buffer: Deque<LuaValue> | undefined;
  #source: ChannelSource | undefined;
  // Nearly every channel has one owner or none; further ones cost an array.
  #owner: ChannelOwner | undefined;
  #moreOwners: readonly ChannelOwner[] | undefined;

  constructor(options: ChannelOptions = {}) {
    this.capacity = options.capacity ?? 0;
    this.isMailbox = options.isMailbox ?? false;
    this.#refill = options.refill;
  }

  /** Whether a receive would not wait: a value is there, or the channel is closed. */
  get canReceive(): boolean {
    return this.hasValue || this.isClosed;
  }

  /** Whether a value can be taken now. */
  get hasValue(): boolean {
    if (this.#buffer !== undefined && this.#buffer.size > 0) return true;
    if (this.#senders.first !== undefined) return true;
    return this.#source !== undefined && this.#source.size > 0;
  }

  /** Whether a send would not wait. A closed channel counts: the send fails at once. */
  get canSend(): boolean {
    return this.isClosed || this.#receivers.first !== undefined || (this.#buffer?.size ?? 0) < this.capacity;
  }

  /** Whether somebody waits for a value. */
  get isAwaited(): boolean {
    return this.#receivers.first !== undefined;
  }

  /** Arrival number of what `take` would return, for channels fed by mail. */
  get firstSequence(): number | undefined {
    return this.#source?.peekSequence();
  }

  /** Takes the next value. Only when `hasValue`. */
  take(): LuaValue {
    const buffer = this.#buffer;
    if (buffer !== undefined && buffer.size > 0) {
      const value = buffer.shift() as LuaValue;
      this.#fill();
      return value;
    }
    const sender = this.#senders.first;
    if (sender !== undefined) {
      const { value } = sender;
      complete(sender, makeNil(), true);
      return value;
    }
    return this.#source!.take();
  }

  /** Hands over a value. Only when `canSend` and not closed. */
  give(value: LuaValue): void {
    const receiver = this.#receivers.first;
    if (receiver !== undefined) {
      complete(receiver, value, true);
      return;
    }
    this.#buffer ??= new Deque();
    this.#buffer.push(value);
  }

  /** Gives the next value of the source to the one who waits longest. Only when `isAwaited` and there is one. */
  deliver(): void {
    complete(this.#receivers.first!, this.#source!.take(), true);
  }

  /** Sets what to pull from. */
  attach(source: ChannelSource): void {
    this.#source = source;
  }

  /**
   * Stops pulling.
   * @param keep the buffer is filled from the source up to this many values first (`process.md` § 6.8).
   */
  detach(keep: number): void {
    const source = this.#source;
    this.#source = undefined;
    while (source !== undefined && (this.#buffer?.size ?? 0) < keep && source.size > 0) {
      this.#buffer ??= new Deque();
      this.#buffer.push(source.take());
    }
  }

  /** Tells `owner` once, when the channel is closed by anyone. */
  ownedBy(owner: ChannelOwner): void {
    if (this.#owner === undefined) this.#owner = owner;
    else this.#moreOwners = (this.#moreOwners ?? []).concat(owner);
  }

  /**
   * Closes it. Waiting senders end first, then waiting receivers, each in wait order; buffered values stay readable.
   * @returns true when somebody was woken.
   */
  close(): boolean {
    if (this.isClosed) return false;
    this.isClosed = true;
    this.#owner?.channelClosed(this);
    for (const owner of this.#moreOwners ?? []) owner.channelClosed(this);
    let isWoken = false;
    for (let waiter = this.#senders.first; waiter !== undefined; waiter = this.#senders.first) {
      complete(waiter, makeNil(), false);
      isWoken = true;
    }
    for (let waiter = this.#receivers.first; waiter !== undefined; waiter = this.#receivers.first) {
      complete(waiter, makeNil(), false);
      isWoken = true;
    }
    return isWoken;
  }

  /** Lets a coroutine wait here, beside the channels it waits on already. */
  enlist(coroutine: ManagedCoroutine, caseIndex: number, isSend: boolean, value: LuaValue): void {
    const at = coroutine.waiterCount++;
    let waiter = coroutine.waiters[at];
    if (waiter === undefined) {
      waiter = new Waiter(coroutine);
      // concat makes an array of just this size; push would keep room for sixteen more per coroutine.
      if (at < FEW_WAITERS) coroutine.waiters = coroutine.waiters.concat(waiter);
      else coroutine.waiters.push(waiter);
    }
    waiter.channel = this;
    waiter.caseIndex = caseIndex;
    waiter.isSend = isSend;
    waiter.value = value;
    coroutine.isWaiting = true;
    if (isSend) this.#senders.add(waiter);
    else this.#receivers.add(waiter);
  }

  /** @internal for `complete`. */
  remove(waiter: Waiter): void {
    if (waiter.isSend) this.#senders.remove(waiter);
    else this.#receivers.remove(waiter);
  }

  /** A buffer place became free: the first waiting sender's value moves up (`concurrency.md` § 3.3). */
  #fill(): void {
    const sender = this.#senders.first;
    if (sender !== undefined) {
      this.#buffer!.push(sender.value);
      complete(sender, makeNil(), true);
      return;
    }
    const more = this.#refill?.();
    if (more !== undefined) this.#buffer!.push(more.value);
  }
}

/** A case of a select; immutable, usable in several selects. */
export class SelectCase {
  readonly channel: Channel;
  readonly isSend: boolean;
  readonly value: LuaValue;

  constructor(channel: Channel, isSend: boolean, value: LuaValue) {
    this.channel = channel;
    this.isSend = isSend;
    this.value = value;
  }
}

/**
 * Which case can complete at once: the first ready one in list order, except that of inbox and events the one whose
 * front arrived first goes first when nothing else is ready (`concurrency.md` § 4.4-4.6). -1 = none.
 */
export function firstReady(cases: readonly SelectCase[], count: number): number {
  let first = -1;
  let oldestMail = -1;
  for (let i = 0; i < count; i++) {
    const { channel, isSend } = cases[i]!;
    if (isSend ? !channel.canSend : !channel.canReceive) continue;
    if (first < 0) first = i;
    const isMail = !isSend && channel.isMailbox && channel.hasValue;
    if (!isMail) return first;
    if (oldestMail < 0 || channel.firstSequence! < cases[oldestMail]!.channel.firstSequence!) oldestMail = i;
  }
  return oldestMail;
}

/** Ends the wait of the waiter's coroutine with this operation; all its other waits end without a trace. */
function complete(waiter: Waiter, value: LuaValue, isOk: boolean): void {
  const { coroutine } = waiter;
  coroutine.completed = waiter;
  coroutine.received = value;
  coroutine.isOk = isOk;
  for (let i = 0; i < coroutine.waiterCount; i++) {
    const other = coroutine.waiters[i]!;
    other.channel!.remove(other);
  }
  coroutine.waiterCount = 0;
  coroutine.owner.makeReady(coroutine);
}
