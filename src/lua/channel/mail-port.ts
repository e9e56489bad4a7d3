/**
 * Where a unit's mailbox meets its channels (`process.md` § 6): inbox, events, listeners, `subscribe`. Channels pull
 * from the mailbox's queues when a coroutine receives; `pump` serves those that already wait, in arrival order over
 * all of them.
 */
import { Heap, HubError, TOPICS_PER_PROCESS_MAX } from '../../base/index.ts';
import type { LifecycleEvent, Mailbox, MailQueue, Message, Outcome } from '../../process/index.ts';
import { charge, type LuaValue, makeNil, tableFromArray } from '../../vm/index.ts';
import { Channel, type ChannelOwner } from '../coroutine/channel.ts';
import { type Mail, tailRefusal, type UnitContext } from '../coroutine/context.ts';
import { MessageObject, messageValue } from '../message/message-object.ts';
import { unwrapReceived } from '../message/payload.ts';
import { errorValue } from '../value/error-object.ts';
import { copyValue, fromHost, isNil, makeInteger, makeText, tableFromEntries } from '../value/values.ts';
import { type MailSource, MergedMail } from './mail-feed.ts';

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

/** What the mailbox gives to one channel. */
interface Feed {
  /** What the channel pulls from: its only source, or all of them as one. */
  source: MailSource | MergedMail;
  readonly topics: string[];
  /** Sources. */
  count: number;
}

/** What a listener costs for each message that waits: it is looked at, and perhaps sorted in or out. */
const ROUTING_COST = 3;

/** The mailbox side of one unit; made when the first channel is opened. */
export class MailPort implements ChannelOwner, Mail {
  readonly #unit: UnitContext;
  readonly #mailbox: Mailbox;
  /** Channels the mailbox feeds. */
  readonly #feeds = new Map<Channel, Feed>();
  /** Channels of these for which something came while somebody waited: nobody else is looked at by `pump`. */
  readonly #served = new Set<Channel>();
  /** By topic. */
  #subscriptions: Map<string, Subscription> | undefined;
  #inbox: Channel | undefined;
  #events: Channel | undefined;

  constructor(unit: UnitContext) {
    this.#unit = unit;
    this.#mailbox = unit.context.mailbox;
  }

  /** Serves waiting receivers with what has arrived, oldest first over all channels. */
  pump(): void {
    if (this.#served.size === 0) return;
    const channels = [...this.#served];
    this.#served.clear();
    if (channels.length === 1) {
      const [channel] = channels;
      while (isDeliverable(channel!)) channel!.deliver();
      return;
    }
    const next = new Heap<{ channel: Channel; sequence: number }>((a, b) => a.sequence < b.sequence);
    const enter = (channel: Channel): void => {
      if (isDeliverable(channel)) next.push({ channel, sequence: channel.firstSequence! });
    };
    for (const channel of channels) enter(channel);
    for (let found = next.shift(); found !== undefined; found = next.shift()) {
      // A select that was answered waits nowhere else any more.
      if (isDeliverable(found.channel)) found.channel.deliver();
      enter(found.channel);
    }
  }

  /** The channel of everything no listener claims; the same until it is closed. */
  inbox(): Channel {
    if (this.#inbox !== undefined) return this.#inbox;
    this.#inbox = new Channel(MAILBOX_CHANNEL);
    this.#feed(this.#inbox, new MessageSource(this.#mailbox.openInbox(), true));
    return this.#inbox;
  }

  /** The channel of lifecycle events; the same until it is closed. */
  events(): Channel {
    if (this.#events !== undefined) return this.#events;
    this.#events = new Channel(MAILBOX_CHANNEL);
    this.#feed(this.#events, new EventSource(this.#mailbox.openEvents()));
    return this.#events;
  }

  /**
   * The channel of one topic.
   * @param asMessages yield Message objects; once true it stays so.
   * @throws MH_PROCESS_TOPICS_FULL beyond TOPICS_PER_PROCESS_MAX
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
   * @throws MH_LUA_TOPIC_TAKEN when the topic has another channel; MH_PROCESS_TOPICS_FULL beyond TOPICS_PER_PROCESS_MAX
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
    if (!this.#feeds.has(channel)) return false;
    channel.close();
    return true;
  }

  /** @internal a channel tells that it was closed, by whomever. */
  channelClosed(channel: Channel): void {
    const feed = this.#feeds.get(channel);
    if (feed === undefined) return;
    this.#feeds.delete(channel);
    this.#served.delete(channel);
    this.#unit.subscriptions -= feed.count;
    channel.detach(channel.capacity);
    if (channel === this.#inbox) {
      this.#inbox = undefined;
      this.#mailbox.closeInbox();
    } else if (channel === this.#events) {
      this.#events = undefined;
      this.#mailbox.closeEvents();
    }
    // Also inbox and events may have topics: `subscribe` takes any channel.
    for (const topic of feed.topics) {
      const { source } = this.#subscriptions!.get(topic)!;
      if (source.size > 0) charge((source.size + this.#mailbox.unclaimedCount) * ROUTING_COST);
      this.#subscriptions!.delete(topic);
      this.#mailbox.unlisten(topic);
    }
    this.pump();
  }

  /** Main of a function call returned: subscriptions end with it (`process.md` § 14.5). */
  closeAll(): void {
    for (const channel of [...this.#feeds.keys()]) channel.close();
  }

  #subscribe(topic: string, channel: Channel, asMessages: boolean): void {
    this.#subscriptions ??= new Map();
    if (this.#subscriptions.size >= TOPICS_PER_PROCESS_MAX) {
      throw new HubError('MH_PROCESS_TOPICS_FULL', {
        message: `Cannot listen to '${topic}': a process listens to ${TOPICS_PER_PROCESS_MAX} topics at most`,
        hint: 'Read the inbox, whose messages say their topic, or end listeners that are done with process.unlisten.',
      });
    }
    charge(this.#mailbox.unclaimedCount * ROUTING_COST);
    const source = new MessageSource(this.#mailbox.listen(topic), asMessages);
    this.#subscriptions.set(topic, { channel, source });
    this.#feed(channel, source).topics.push(topic);
    this.pump();
  }

  #feed(channel: Channel, source: MailSource): Feed {
    this.#unit.subscriptions++;
    let feed = this.#feeds.get(channel);
    if (feed === undefined) {
      feed = { source, topics: [], count: 1 };
      this.#feeds.set(channel, feed);
      channel.ownedBy(this);
      source.onFront = () => this.#arrived(channel);
    } else {
      feed.count++;
      const merged = feed.source instanceof MergedMail ? feed.source : this.#merge(channel, feed.source);
      feed.source = merged;
      this.#join(channel, merged, source);
    }
    channel.attach(feed.source);
    this.#arrived(channel);
    return feed;
  }

  #merge(channel: Channel, only: MailSource): MergedMail {
    const merged = new MergedMail();
    this.#join(channel, merged, only);
    return merged;
  }

  #join(channel: Channel, merged: MergedMail, source: MailSource): void {
    merged.note(source);
    source.onFront = () => {
      merged.note(source);
      this.#arrived(channel);
    };
  }

  /** Who does not wait yet takes for itself when it comes. */
  #arrived(channel: Channel): void {
    if (channel.isAwaited) this.#served.add(channel);
  }
}

function isDeliverable(channel: Channel): boolean {
  return channel.isAwaited && channel.firstSequence !== undefined;
}

/** The mail port of a unit. @throws MH_LUA_CALL_ENDED in the background tail of a function call */
export function mailOf(unit: UnitContext): MailPort {
  if (unit.isInTail) throw tailRefusal('receive messages');
  if (unit.mail instanceof MailPort) return unit.mail;
  const port = new MailPort(unit);
  unit.mail = port;
  return port;
}

class MessageSource implements MailSource {
  asMessages: boolean;
  readonly #queue: MailQueue<Message>;

  constructor(queue: MailQueue<Message>, asMessages: boolean) {
    this.#queue = queue;
    this.asMessages = asMessages;
  }

  set onFront(tell: () => void) {
    this.#queue.onFront = tell;
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

class EventSource implements MailSource {
  readonly #queue: MailQueue<LifecycleEvent>;

  constructor(queue: MailQueue<LifecycleEvent>) {
    this.#queue = queue;
  }

  set onFront(tell: () => void) {
    this.#queue.onFront = tell;
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
