/**
 * The event bus of one node (`concurrency.md` § 10): observation, not messaging. Programs subscribe and send through
 * the `events` module; host rooms publish what they do (`registry`, `supervisor`).
 *
 * An event is matched when it is sent, so a subscription sees what comes after it, and delivered later, from the
 * clock's next turn: nobody's code and no full channel is met inside `send`. One queue for all keeps the order.
 */
import { type Clock, Deque, EVENT_BACKLOG_MAX, isolate, type Log } from '../../base/index.ts';
import { copyValue, type LuaValue, tableFromEntries } from '../../vm/index.ts';
import { fromHost, type HostValue } from '../value/values.ts';
import { compilePattern, type EventPattern } from './event-pattern.ts';

/** What is announced. */
export interface BusEvent {
  readonly system: string;
  readonly kind: string;
  readonly path: string;
  /** Owned by the event; `undefined` = none. */
  readonly data: LuaValue | undefined;
}

/** What a subscriber gets: a table `{system=, kind=, path=, data=}` of its own. */
export type EventReceiver = (event: LuaValue) => void;

interface Subscription {
  readonly system: EventPattern;
  readonly kind: EventPattern;
  readonly receive: EventReceiver;
  /** Events matched and not delivered yet. */
  pending: number;
  isOver: boolean;
}

/** Announces events to those who asked. */
export class EventBus {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #subscriptions = new Set<Subscription>();
  readonly #queue = new Deque<{ readonly subscription: Subscription; readonly event: LuaValue }>();
  #isScheduled = false;

  constructor(options: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Announces something the host did. `data` is plain data, copied. */
  publish(system: string, kind: string, path: string, data?: HostValue): void {
    if (this.#subscriptions.size === 0) return;
    this.send({ system, kind, path, data: data === undefined ? undefined : fromHost(data) });
  }

  /**
   * Announces an event. Never fails and never runs a receiver. Beyond EVENT_BACKLOG_MAX undelivered events of one
   * subscription the newest is lost and logged.
   */
  send(event: BusEvent): void {
    for (const subscription of this.#subscriptions) {
      if (!subscription.system(event.system) || !subscription.kind(event.kind)) continue;
      if (subscription.pending >= EVENT_BACKLOG_MAX) {
        this.#log.warn('event lost', { system: event.system, kind: event.kind });
        continue;
      }
      subscription.pending++;
      this.#queue.push({ subscription, event: toTable(event) });
    }
    this.#schedule();
  }

  /**
   * Asks for events sent from now on.
   * @param kind pattern; `''` = all.
   * @returns ends the subscription; nothing is received afterwards.
   */
  subscribe(system: string, kind: string, receive: EventReceiver): () => void {
    const subscription: Subscription = {
      system: compilePattern(system),
      kind: compilePattern(kind === '' ? '*' : kind),
      receive,
      pending: 0,
      isOver: false,
    };
    this.#subscriptions.add(subscription);
    return () => {
      subscription.isOver = true;
      this.#subscriptions.delete(subscription);
    };
  }

  #schedule(): void {
    if (this.#isScheduled || this.#queue.size === 0) return;
    this.#isScheduled = true;
    this.#clock.defer(() => this.#deliver());
  }

  /** Delivers what was there when it began; what receivers cause waits for the next turn. One that throws harms no other. */
  #deliver(): void {
    this.#isScheduled = false;
    for (let left = this.#queue.size; left > 0; left--) {
      const { subscription, event } = this.#queue.shift()!;
      subscription.pending--;
      if (subscription.isOver) continue;
      isolate(this.#log, 'event receiver failed', {}, () => subscription.receive(event));
    }
    this.#schedule();
  }
}

function toTable({ system, kind, path, data }: BusEvent): LuaValue {
  const keys = ['system', 'kind', 'path'];
  const values = [fromHost(system), fromHost(kind), fromHost(path)];
  if (data !== undefined) {
    keys.push('data');
    values.push(copyValue(data));
  }
  return tableFromEntries(keys, values);
}
