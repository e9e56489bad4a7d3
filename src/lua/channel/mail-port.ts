/**
 * Where a unit's mailbox meets its channels (`process.md` § 6): inbox, events, listeners, `subscribe`. Channels pull
 * from the mailbox's queues when a coroutine receives; `pump` serves those that already wait, in arrival order over
 * all of them.
 */
import { HubError } from '../../base/index.ts';
import type { LifecycleEvent, Mailbox, MailQueue, Message, Outcome } from '../../process/index.ts';
import { type LuaValue, makeNil, tableFromArray } from '../../vm/index.ts';
import { Channel, type ChannelOwner, type ChannelSource } from '../coroutine/channel.ts';
import { type Mail, tailRefusal, type UnitContext } from '../coroutine/context.ts';
import { MessageObject, messageValue } from '../message/message-object.ts';
import { unwrapReceived } from '../message/payload.ts';
import { errorValue } from '../value/error-object.ts';
import { copyValue, fromHost, isNil, makeInteger, makeText, tableFromEntries } from '../value/values.ts';

/** One value of a listener moves on to its channel; it stays readable after the end (`process.md` § 6.3, 6.8). */
const LISTEN_CHANNEL = { capacity: 1 };

/** Inbox and events: unbuffered, and ordered among each other by arrival. */
const MAILBOX_CHANNEL = { isMailbox: true };

/** Kinds of lifecycle events as programs see them (`process.event.*`). */
export const EVENT_KINDS: Readonly<Record<'CANCEL' | 'EXIT' | 'LINK_DOWN' | 'OUTDATED', string>> = {
  CANCEL: 'pid.cancel',
  EXIT: 'pid.exit',
  LINK_DOWN: 'pid.link.down',
  OUTDATED: 'pid.outdated',
};

interface Subscription {
  readonly channel: Channel;
  readonly source: MessageSource;
}

/** The mailbox side of one unit; made when the first channel is opened. */
export class MailPort implements ChannelOwner, Mail {
  readonly #unit: UnitContext;
  readonly #mailbox: Mailbox;
  /** Channels the mailbox feeds, each once per source. */
  #fed: readonly Channel[] = [];
  /** By topic. */
  #subscriptions: Map<string, Subscription> | undefined;
  #inbox: Channel | undefined;
  #inboxSource: ChannelSource | undefined;
  #events: Channel | undefined;
  #eventSource: ChannelSource | undefined;

  constructor(unit: UnitContext) {
    this.#unit = unit;
    this.#mailbox = unit.context.mailbox;
  }

  /** Serves waiting receivers with what has arrived. */
  pump(): void {
    for (;;) {
      let next: Channel | undefined;
      let sequence = Number.POSITIVE_INFINITY;
      for (const channel of this.#fed) {
        if (!channel.isAwaited) continue;
        const first = channel.firstSequence;
        if (first !== undefined && first < sequence) {
          sequence = first;
          next = channel;
        }
      }
      if (next === undefined) return;
      next.deliver();
    }
  }

  /** The channel of everything no listener claims; the same until it is closed. */
  inbox(): Channel {
    if (this.#inbox !== undefined) return this.#inbox;
    this.#inboxSource = new MessageSource(this.#mailbox.openInbox(), true);
    this.#inbox = new Channel(MAILBOX_CHANNEL);
    this.#feed(this.#inbox, this.#inboxSource);
    return this.#inbox;
  }

  /** The channel of lifecycle events; the same until it is closed. */
  events(): Channel {
    if (this.#events !== undefined) return this.#events;
    this.#eventSource = new EventSource(this.#mailbox.openEvents());
    this.#events = new Channel(MAILBOX_CHANNEL);
    this.#feed(this.#events, this.#eventSource);
    return this.#events;
  }

  /**
   * The channel of one topic.
   * @param asMessages yield Message objects; once true it stays so.
   */
  listen(topic: string, asMessages: boolean): Channel {
    const open = this.#subscriptions?.get(topic);
    if (open !== undefined) {
      if (asMessages) open.source.asMessages = true;
      return open.channel;
    }
    const channel = new Channel(LISTEN_CHANNEL);
    this.#subscribe(topic, channel, asMessages);
    return channel;
  }

  /**
   * Routes a topic into a channel of the program.
   * @throws MH_LUA_TOPIC_TAKEN when the topic has another channel.
   */
  subscribe(topic: string, channel: Channel): void {
    if (channel.isClosed) {
      throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
        message: `Cannot subscribe to '${topic}': the channel is closed`,
      });
    }
    const open = this.#subscriptions?.get(topic);
    if (open?.channel === channel) return;
    if (open !== undefined) {
      throw new HubError('MH_LUA_TOPIC_TAKEN', {
        message: `Cannot subscribe to '${topic}': another channel receives this topic`,
        hint: 'Unsubscribe the other channel first, or receive from it.',
      });
    }
    this.#subscribe(topic, channel, false);
  }

  /** Ends what feeds a channel and closes it. @returns false when the mailbox does not feed it. */
  unlisten(channel: Channel): boolean {
    if (!this.#fed.includes(channel)) return false;
    channel.close();
    return true;
  }

  /** @internal a channel tells that it was closed, by whomever. */
  channelClosed(channel: Channel): void {
    if (channel === this.#inbox) {
      this.#inbox = undefined;
      this.#starve(channel, this.#inboxSource!, 0);
      this.#mailbox.closeInbox();
    } else if (channel === this.#events) {
      this.#events = undefined;
      this.#starve(channel, this.#eventSource!, 0);
      this.#mailbox.closeEvents();
    }
    // Also inbox and events may have topics: `subscribe` takes any channel.
    for (const [topic, subscription] of this.#subscriptions ?? []) {
      if (subscription.channel !== channel) continue;
      this.#subscriptions!.delete(topic);
      this.#starve(channel, subscription.source, channel.capacity);
      this.#mailbox.unlisten(topic);
    }
    this.pump();
  }

  /** Main of a function call returned: subscriptions end with it (`process.md` § 14.5). */
  closeAll(): void {
    for (const channel of this.#fed) channel.close();
  }

  #subscribe(topic: string, channel: Channel, asMessages: boolean): void {
    const source = new MessageSource(this.#mailbox.listen(topic), asMessages);
    this.#subscriptions ??= new Map();
    this.#subscriptions.set(topic, { channel, source });
    this.#feed(channel, source);
    this.pump();
  }

  #feed(channel: Channel, source: ChannelSource): void {
    channel.attach(source);
    if (!this.#fed.includes(channel)) channel.ownedBy(this);
    this.#fed = this.#fed.concat(channel);
    this.#unit.subscriptions++;
  }

  #starve(channel: Channel, source: ChannelSource, keep: number): void {
    channel.detach(source, keep);
    const at = this.#fed.indexOf(channel);
    this.#fed = this.#fed.toSpliced(at, 1);
    this.#unit.subscriptions--;
  }
}

/** The mail port of a unit. @throws MH_LUA_CALL_ENDED in the background tail of a function call */
export function mailOf(unit: UnitContext): MailPort {
  if (unit.isInTail) throw tailRefusal('receive messages');
  if (unit.mail instanceof MailPort) return unit.mail;
  const port = new MailPort(unit);
  unit.mail = port;
  return port;
}

class MessageSource implements ChannelSource {
  asMessages: boolean;
  readonly #queue: MailQueue<Message>;

  constructor(queue: MailQueue<Message>, asMessages: boolean) {
    this.#queue = queue;
    this.asMessages = asMessages;
  }

  get size(): number {
    return this.#queue.size;
  }

  peekSequence(): number | undefined {
    return this.#queue.peekSequence();
  }

  take(): LuaValue {
    const message = this.#queue.take()!;
    const payloads = message.payloads as readonly LuaValue[];
    if (this.asMessages)
      return messageValue(new MessageObject(message.from, undefined, message.topic, payloads));
    if (payloads.length === 0) return makeNil();
    return payloads.length === 1
      ? unwrapReceived(payloads[0]!)
      : tableFromArray(payloads.map(unwrapReceived));
  }
}

class EventSource implements ChannelSource {
  readonly #queue: MailQueue<LifecycleEvent>;

  constructor(queue: MailQueue<LifecycleEvent>) {
    this.#queue = queue;
  }

  get size(): number {
    return this.#queue.size;
  }

  peekSequence(): number | undefined {
    return this.#queue.peekSequence();
  }

  take(): LuaValue {
    return eventValue(this.#queue.take()!);
  }
}

/** A lifecycle event as the table programs read (`process.md` § 7). */
function eventValue(event: LifecycleEvent): LuaValue {
  const from = makeText(event.from);
  const at = makeInteger(event.at);
  switch (event.kind) {
    case 'cancel':
      return tableFromEntries(
        ['kind', 'from', 'at', 'reason'],
        [makeText(EVENT_KINDS.CANCEL), from, at, makeText(event.reason)],
      );
    case 'exit':
    case 'linkDown': {
      const kind = makeText(event.kind === 'exit' ? EVENT_KINDS.EXIT : EVENT_KINDS.LINK_DOWN);
      return tableFromEntries(['kind', 'from', 'at', 'result'], [kind, from, at, resultValue(event.outcome)]);
    }
    case 'outdated':
      return tableFromEntries(
        ['kind', 'from', 'at', 'sources'],
        [makeText(EVENT_KINDS.OUTDATED), from, at, fromHost(event.sources)],
      );
    default: {
      const impossible: never = event;
      return impossible;
    }
  }
}

/** `{value=}` or `{error=}`, copied for this receiver, with the further fields a connection adds. */
function resultValue(outcome: Outcome): LuaValue {
  const keys: string[] = [];
  const values: LuaValue[] = [];
  if (!outcome.ok) {
    keys.push('error');
    values.push(errorValue(outcome.failure));
  } else if (!isNil(outcome.value as LuaValue | undefined)) {
    keys.push('value');
    values.push(copyValue(unwrapReceived(outcome.value as LuaValue)));
  }
  for (const [key, value] of Object.entries(outcome.fields ?? {})) {
    keys.push(key);
    values.push(fromHost(value));
  }
  return tableFromEntries(keys, values);
}
