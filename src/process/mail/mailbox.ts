/**
 * One mailbox per process: what arrived and was not taken yet, and who may take it (`process.md` § 6).
 *
 * A message lies in exactly one queue: its topic's listener when there is one, the waiting queue otherwise.
 * `process.inbox()` is nothing but the right to take from the waiting queue, so subscribing late loses
 * nothing, and a later `listen` can still take over what nobody took. Each queue is sorted by arrival because
 * the sequence number only grows; moving messages between queues is a filter or a merge. `@` topics never
 * get in: `ProcessSystem.send` refuses them.
 */
import { Deque, MAILBOX_EVENTS_MAX, type Pid } from '../../base/index.ts';
import type { LifecycleEvent, Mail, Message, Receipt } from './message.ts';

/** A reader's end of a queue. A closed one is empty for ever. */
export interface MailQueue<T> {
  /** Items that can be taken now. */
  readonly size: number;
  /** Arrival number of the front, comparable between all queues of one mailbox; `undefined` when empty. */
  peekSequence(): number | undefined;
  /** Removes and returns the front. */
  take(): T | undefined;
  /** Called whenever there is a front that `take` did not bring up: the first of an empty queue, or an older one. */
  onFront: (() => void) | undefined;
}

/** The one who is told that something arrived. */
export interface MailboxOwner {
  wake(): void;
}

/** Above this a drained queue gives its ring buffer back: a burst must not cost memory for ever. */
const KEPT_CAPACITY = 1024;

/** What arrived for one process. */
export class Mailbox {
  /** Messages without receipt held at most; events are exempt too (`process.md` § 5.7). */
  readonly limit: number;
  readonly #owner: MailboxOwner;
  readonly #shared: Counters = { sequence: 0, messages: 0, receipted: 0 };
  // All lazily made: most of 100,000 idle processes own at most one queue.
  #waiting: MessageQueue | undefined;
  #listeners: Map<string, MessageQueue> | undefined;
  #events: EventQueue | undefined;
  #isClosed = false;

  constructor(owner: MailboxOwner, limit: number) {
    this.#owner = owner;
    this.limit = limit;
  }

  /** Messages not taken yet, wherever they are routed. */
  get messageCount(): number {
    return this.#shared.messages;
  }

  /** Those of them that no listener claims. */
  get unclaimedCount(): number {
    return this.#waiting?.size ?? 0;
  }

  /** Lifecycle events not taken yet. */
  get eventCount(): number {
    return this.#events?.size ?? 0;
  }

  /** Messages without receipt that still fit. */
  get room(): number {
    return this.#isClosed ? 0 : this.limit - (this.#shared.messages - this.#shared.receipted);
  }

  /**
   * Puts a message in and wakes the owner. Messages of one sender stay in order.
   * @param receipt exempts the message from the limit: its sender bounds itself.
   * @returns false when the box is full or closed; nothing was delivered then, and the receipt stays silent.
   */
  push(
    from: Pid | undefined,
    topic: string,
    payloads: readonly unknown[],
    receipt: Receipt | undefined,
  ): boolean {
    const shared = this.#shared;
    if (this.#isClosed) return false;
    if (receipt !== undefined) shared.receipted++;
    else if (shared.messages - shared.receipted >= this.limit) return false;
    shared.messages++;
    const queue = this.#listeners?.get(topic) ?? this.#waitingQueue();
    queue.items.push({ kind: 'message', sequence: ++shared.sequence, from, topic, payloads, receipt });
    const { size } = queue.items;
    if (size > queue.peak) queue.peak = size;
    if (size === 1) queue.onFront?.();
    this.#owner.wake();
    return true;
  }

  /**
   * Puts an event in and wakes the owner. A pending `outdated` takes over the sources of a new one (§ 7.4).
   * @returns false when MAILBOX_EVENTS_MAX are unread, or the box is closed; the event is lost then.
   */
  pushEvent(event: LifecycleEvent): boolean {
    if (this.#isClosed) return false;
    const queue = this.#eventQueue();
    const pending = event.kind === 'outdated' ? queue.find('outdated') : undefined;
    if (pending !== undefined) pending.event = mergeSources(pending.event, event);
    else if (queue.size < MAILBOX_EVENTS_MAX) queue.push({ sequence: ++this.#shared.sequence, event });
    else return false;
    this.#owner.wake();
    return true;
  }

  /** Whether an event of this kind was not taken yet. */
  hasEvent(kind: LifecycleEvent['kind']): boolean {
    return (this.#events?.countOf(kind) ?? 0) > 0;
  }

  /** The messages no listener claims, oldest first. The same queue until `closeInbox`. */
  openInbox(): MailQueue<Message> {
    return this.#waitingQueue();
  }

  /** Takes the right to read from the inbox's reader; the messages stay. */
  closeInbox(): void {
    if (this.#waiting === undefined) return;
    const next = new MessageQueue(this.#shared);
    next.adopt(this.#waiting);
    this.#waiting = next;
  }

  /** The lifecycle events, oldest first. The same queue until `closeEvents`. */
  openEvents(): MailQueue<LifecycleEvent> {
    return this.#eventQueue();
  }

  /** Takes the right to read from the events' reader; the events stay. */
  closeEvents(): void {
    if (this.#events === undefined) return;
    const next = new EventQueue();
    next.adopt(this.#events);
    this.#events = next;
  }

  /** The messages of one topic, beginning with those that already wait. The same queue until `unlisten`. */
  listen(topic: string): MailQueue<Message> {
    this.#listeners ??= new Map();
    let queue = this.#listeners.get(topic);
    if (queue !== undefined) return queue;
    queue = new MessageQueue(this.#shared);
    this.#listeners.set(topic, queue);
    if (this.#waiting !== undefined && this.#waiting.items.size > 0)
      this.#moveTopic(topic, this.#waiting, queue);
    return queue;
  }

  /** Ends `listen`; what was not taken goes back among the waiting ones in arrival order. */
  unlisten(topic: string): void {
    const queue = this.#listeners?.get(topic);
    if (queue === undefined) return;
    this.#listeners!.delete(topic);
    if (queue.items.size > 0) this.#waitingQueue().adopt(queue);
  }

  /** Ends every subscription and keeps every message: an upgraded program begins anew (`process.md` § 12.4). */
  unsubscribeAll(): void {
    if (this.#listeners !== undefined) for (const topic of [...this.#listeners.keys()]) this.unlisten(topic);
    this.closeInbox();
    this.closeEvents();
  }

  /** Drops pending `outdated` events: code that was just loaded anew is not outdated. */
  dropOutdated(): void {
    this.#events?.drop('outdated');
  }

  /**
   * The oldest message or event, for programs that read everything in arrival order. Listeners' messages are
   * set aside for their listeners.
   */
  takeNext(): Mail | undefined {
    const message = this.#waiting?.peekSequence();
    const event = this.#events?.peekSequence();
    if (message === undefined) return event === undefined ? undefined : this.#events!.take();
    if (event === undefined || message < event) return this.#waiting!.take();
    return this.#events!.take();
  }

  /** The messages not taken yet, by queue; nothing is taken. */
  *unread(): Iterable<Message> {
    for (const queue of this.#listeners?.values() ?? []) yield* queue.items;
    if (this.#waiting !== undefined) yield* this.#waiting.items;
  }

  /** Discards the messages that carry a receipt; it is told of each. Looks through everything that waits. */
  withdraw(receipt: Receipt): void {
    const queues = [...(this.#listeners?.values() ?? [])];
    if (this.#waiting !== undefined) queues.push(this.#waiting);
    for (const queue of queues) queue.withdraw(receipt);
  }

  /** Discards everything, for good; each message's receipt is told (`process.md` § 2). */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const queues = [...(this.#listeners?.values() ?? [])];
    if (this.#waiting !== undefined) queues.push(this.#waiting);
    this.#events?.adopt(new EventQueue());
    this.#listeners = undefined;
    for (const queue of queues) while (queue.take() !== undefined);
  }

  #waitingQueue(): MessageQueue {
    this.#waiting ??= new MessageQueue(this.#shared);
    return this.#waiting;
  }

  #eventQueue(): EventQueue {
    this.#events ??= new EventQueue();
    return this.#events;
  }

  /** Most listeners find nothing or everything: only what is in between is sorted out. */
  #moveTopic(topic: string, source: MessageQueue, target: MessageQueue): void {
    let count = 0;
    for (const message of source.items) if (message.topic === topic) count++;
    if (count === 0) return;
    if (count === source.items.size) {
      target.adopt(source);
      return;
    }
    const kept = new Deque<Message>();
    for (const message of source.items) (message.topic === topic ? target.items : kept).push(message);
    source.items = kept;
    source.onFront?.();
  }
}

/** What the queues of one mailbox share. */
interface Counters {
  /** Number of the latest arrival. */
  sequence: number;
  /** Messages held, those with receipt included. */
  messages: number;
  receipted: number;
}

class MessageQueue implements MailQueue<Message> {
  items = new Deque<Message>();
  peak = 0;
  onFront: (() => void) | undefined;
  readonly #shared: Counters;

  constructor(shared: Counters) {
    this.#shared = shared;
  }

  get size(): number {
    return this.items.size;
  }

  peekSequence(): number | undefined {
    return this.items.peek()?.sequence;
  }

  take(): Message | undefined {
    const message = this.items.shift();
    if (message === undefined) return undefined;
    this.#shared.messages--;
    if (this.peak > KEPT_CAPACITY && this.items.size === 0) {
      this.items.clear();
      this.peak = 0;
    }
    if (message.receipt !== undefined) {
      this.#shared.receipted--;
      message.receipt.taken();
    }
    return message;
  }

  withdraw(receipt: Receipt): void {
    const kept = new Deque<Message>();
    let count = 0;
    for (const message of this.items) {
      if (message.receipt === receipt) count++;
      else kept.push(message);
    }
    if (count === 0) return;
    this.items = kept;
    this.#shared.messages -= count;
    this.#shared.receipted -= count;
    for (; count > 0; count--) receipt.taken();
  }

  /** Takes over the items of another queue of this mailbox, in arrival order; the other is left empty. */
  adopt(other: MessageQueue): void {
    this.items = this.items.size === 0 ? other.items : mergeByArrival(this.items, other.items);
    this.peak = Math.max(this.peak, other.peak, this.items.size);
    other.items = new Deque();
    if (this.items.size > 0) this.onFront?.();
  }
}

interface EventCell {
  readonly sequence: number;
  event: LifecycleEvent;
}

class EventQueue implements MailQueue<LifecycleEvent> {
  onFront: (() => void) | undefined;
  #items = new Deque<EventCell>();
  /** How many of each kind, so that asking for one does not search (§ 8.8 asks at every change of options). */
  #counts = noEvents();

  get size(): number {
    return this.#items.size;
  }

  peekSequence(): number | undefined {
    return this.#items.peek()?.sequence;
  }

  countOf(kind: LifecycleEvent['kind']): number {
    return this.#counts[kind];
  }

  push(cell: EventCell): void {
    this.#items.push(cell);
    this.#counts[cell.event.kind]++;
    if (this.#items.size === 1) this.onFront?.();
  }

  take(): LifecycleEvent | undefined {
    const event = this.#items.shift()?.event;
    if (event !== undefined) this.#counts[event.kind]--;
    return event;
  }

  find(kind: LifecycleEvent['kind']): EventCell | undefined {
    if (this.countOf(kind) > 0) for (const cell of this.#items) if (cell.event.kind === kind) return cell;
    return undefined;
  }

  drop(kind: LifecycleEvent['kind']): void {
    if (this.countOf(kind) === 0) return;
    const cells = [...this.#items].filter(({ event }) => event.kind !== kind);
    this.#items.clear();
    this.#counts = noEvents();
    for (const cell of cells) this.push(cell);
  }

  /** Takes over the content of another queue, forgetting its own; the other is left empty. */
  adopt(other: EventQueue): void {
    this.#items = other.#items;
    this.#counts = other.#counts;
    other.#items = new Deque();
    other.#counts = noEvents();
  }
}

function noEvents(): Record<LifecycleEvent['kind'], number> {
  return { cancel: 0, exit: 0, linkDown: 0, outdated: 0 };
}

function mergeByArrival(left: Deque<Message>, right: Deque<Message>): Deque<Message> {
  const merged = new Deque<Message>();
  for (;;) {
    const a = left.peek();
    const b = right.peek();
    if (a === undefined && b === undefined) return merged;
    const isLeftOlder = b === undefined || (a !== undefined && a.sequence < b.sequence);
    merged.push((isLeftOlder ? left : right).shift()!);
  }
}

function mergeSources(pending: LifecycleEvent, newer: LifecycleEvent): LifecycleEvent {
  if (pending.kind !== 'outdated' || newer.kind !== 'outdated') return pending;
  return { ...pending, sources: [...new Set([...pending.sources, ...newer.sources])] };
}
