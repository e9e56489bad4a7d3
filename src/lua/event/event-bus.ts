/**
 * The event bus of one node (`concurrency.md` § 10): observation, not messaging. Programs subscribe and send through
 * the `events` module; host rooms publish what they do (`registry`, `supervisor`).
 *
 * An event is matched when it is sent, so a subscription sees what comes after it, and delivered later, from the
 * clock's next turn: nobody's code and no full channel is met inside `send`. One queue for all keeps the order.
 *
 * All subscribers share one event until each makes its table of it, which only happens when it has room. Who sends pays
 * for all these copies at once; the bus spreads them over as many turns as they take.
 */
import {
  type Clock,
  Deque,
  EVENT_BACKLOG_BYTES_MAX,
  EVENT_BACKLOG_MAX,
  EVENT_DELIVERIES_COST_MAX,
  EVENT_DELIVERIES_MAX,
  isolate,
  type Log,
} from '../../base/index.ts';
import { charge, copyCost, copyValue, type LuaValue, tableFromEntries } from '../../vm/index.ts';
import { COST } from '../binding/cost.ts';
import { fromHost, type HostValue } from '../value/values.ts';
import { compilePattern, type EventPattern } from './event-pattern.ts';
import { LossLog } from './loss-log.ts';

/** What is announced. */
export interface BusEvent {
  readonly system: string;
  readonly kind: string;
  readonly path: string;
  /** Owned by the event, shared by its receivers, never changed; `undefined` = none. */
  readonly data: LuaValue | undefined;
}

/** An event on its way. */
export interface SentEvent extends BusEvent {
  /** Memory it keeps, about. */
  readonly bytes: number;
}

/** Told of an event; makes a table of its own of it with `eventTable`. */
export type EventReceiver = (event: SentEvent) => void;

interface Subscription {
  readonly system: EventPattern;
  readonly kind: EventPattern;
  readonly receive: EventReceiver;
  /** Events matched and not delivered yet, and their bytes. */
  pending: number;
  pendingBytes: number;
  readonly lost: LossLog;
  isOver: boolean;
}

interface Delivery {
  readonly subscription: Subscription;
  readonly event: SentEvent;
  /** What its table costs. */
  readonly cost: number;
}

/** What an event without data takes, and its bytes beside its names and data. */
const NOTHING = { cost: 0, bytes: 0 } as const;
const EVENT_BYTES = 128;

/** Announces events to those who asked. */
export class EventBus {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #subscriptions = new Set<Subscription>();
  readonly #queue = new Deque<Delivery>();
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
   * subscription, or EVENT_BACKLOG_BYTES_MAX bytes of them, the newest are lost (`concurrency.md` § 10.4).
   */
  send(announced: BusEvent): void {
    const { system, kind, path, data } = announced;
    const copy = data === undefined ? NOTHING : copyCost(data);
    const cost = COST.event + copy.cost;
    const event = {
      ...announced,
      bytes: EVENT_BYTES + system.length + kind.length + path.length + copy.bytes,
    };
    charge(cost + this.#subscriptions.size * COST.eventMatch);
    for (const subscription of this.#subscriptions) {
      if (!subscription.system(system) || !subscription.kind(kind)) continue;
      if (
        subscription.pending >= EVENT_BACKLOG_MAX ||
        subscription.pendingBytes + event.bytes > EVENT_BACKLOG_BYTES_MAX
      ) {
        subscription.lost.count();
        continue;
      }
      charge(cost);
      subscription.pending++;
      subscription.pendingBytes += event.bytes;
      this.#queue.push({ subscription, event, cost });
    }
    this.#schedule();
  }

  /**
   * Asks for events sent from now on.
   * @param kind pattern; `''` = all.
   * @param lost told of events that found no room; closed with the subscription. Default: one that names the patterns.
   * @returns ends the subscription; nothing is received afterwards.
   */
  subscribe(
    system: string,
    kind: string,
    receive: EventReceiver,
    lost = new LossLog(this.#clock, this.#log, 'events lost', { system, kind }),
  ): () => void {
    const subscription: Subscription = {
      system: compilePattern(system),
      kind: compilePattern(kind === '' ? '*' : kind),
      receive,
      pending: 0,
      pendingBytes: 0,
      lost,
      isOver: false,
    };
    this.#subscriptions.add(subscription);
    return () => {
      subscription.isOver = true;
      this.#subscriptions.delete(subscription);
      lost.close();
    };
  }

  #schedule(): void {
    if (this.#isScheduled || this.#queue.size === 0) return;
    this.#isScheduled = true;
    this.#clock.defer(() => this.#deliver());
  }

  /**
   * Delivers what was there when it began, as far as one turn goes; what receivers cause waits for the next one. One that
   * throws harms no other.
   */
  #deliver(): void {
    this.#isScheduled = false;
    let cost = 0;
    for (let left = Math.min(this.#queue.size, EVENT_DELIVERIES_MAX); left > 0; left--) {
      if (cost > EVENT_DELIVERIES_COST_MAX) break;
      const delivery = this.#queue.shift()!;
      const { subscription, event } = delivery;
      subscription.pending--;
      subscription.pendingBytes -= event.bytes;
      if (subscription.isOver) continue;
      cost += delivery.cost;
      isolate(this.#log, 'event receiver failed', {}, () => subscription.receive(event));
    }
    this.#schedule();
  }
}

/** A table `{system=, kind=, path=, data=}` of the receiver's own. */
export function eventTable({ system, kind, path, data }: BusEvent): LuaValue {
  const keys = ['system', 'kind', 'path'];
  const values = [fromHost(system), fromHost(kind), fromHost(path)];
  if (data !== undefined) {
    keys.push('data');
    values.push(copyValue(data));
  }
  return tableFromEntries(keys, values);
}
