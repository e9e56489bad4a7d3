/**
 * A server-sent event stream (`relay.md` § 13): the wire of a client process. Messages of one topic become events; a
 * target, when there is one, hears of join, leave and heartbeats. Nothing comes in.
 *
 * A stream whose client goes has no last event; every other end writes a `done` event first (Q6).
 */
import type { ServerResponse } from 'node:http';
import { Deadline, type Pid, SSE_QUEUED_BYTES_MAX } from '../../base/index.ts';
import type { ConnectionOwner } from '../../http/index.ts';
import { encodeJson, type LuaValue, tableGet, toText } from '../../lua/index.ts';
import type { Message } from '../../process/index.ts';
import { type Client, type ClientKind, ClientProcess } from '../client/client-process.ts';
import type { RelayContext } from '../client/context.ts';
import { ENDINGS, type Ending } from '../client/ending.ts';
import type { DurationField } from '../client/fields.ts';
import { encodeData, jsonText, tryReadCommand, tryUnwrap, UnsendableMessage } from '../client/outbound.ts';
import { Outbox, streamSink } from '../flow/outbox.ts';
import { Countdown } from './countdown.ts';
import { parseSseFields, SSE_RESERVED_TOPICS } from './fields.ts';

/** What the handshake decided. */
export interface SseSettings {
  /** `undefined` = detached (Q4). */
  readonly target: Pid | undefined;
  readonly messageTopic: string;
  readonly heartbeatMs: number;
  readonly idleTimeoutMs: number;
  readonly hardTimeoutMs: number;
  readonly metadata: LuaValue | undefined;
  /** Whose bytes it holds: the address of the client. */
  readonly owner: string;
}

/** Topic of forwarded messages when the handler names none. */
export const SSE_TOPIC_DEFAULT = 'sse.message';
/** Heartbeat period when the handler gives none. */
export const SSE_HEARTBEAT_MS = 30_000;

const KIND: ClientKind = {
  entryId: 'moonhub:sse',
  joinTopic: 'sse.join',
  leaveTopic: 'sse.leave',
  heartbeatTopic: 'sse.heartbeat',
  exitValue: 'sse relay closed',
  hasCloseCodes: false,
};

const CLIENT_CLOSED: Ending = { reason: 'client closed', code: 1006, isAbnormal: false };

export class SseConnection implements Client, ConnectionOwner {
  readonly process: ClientProcess;
  readonly #relay: RelayContext;
  readonly #settings: SseSettings;
  readonly #idle: Countdown;
  readonly #hard: Countdown;
  #response: ServerResponse | undefined;
  #outbox: Outbox | undefined;
  #messageTopic: string;
  #eventCount = 0;
  /** Events waiting for `flush`: UTF-8, one character per byte. */
  #batch = '';
  /** How long a stopping stream may take to leave. */
  #deadline: Deadline | undefined;

  constructor(relay: RelayContext, settings: SseSettings) {
    // Q10: tables, whatever `wsrelay.payload` says.
    this.process = new ClientProcess(relay, KIND, { ...settings, payloadMode: 'table' }, this);
    this.#relay = relay;
    this.#settings = settings;
    this.#messageTopic = settings.messageTopic;
    this.#idle = new Countdown(relay.clock, () => this.#endWith('idle timeout'));
    this.#hard = new Countdown(relay.clock, () => this.#endWith('hard timeout'));
  }

  /** The response is ours and its head is on the wire: joins or introduces itself, then waits for messages. */
  open(response: ServerResponse): void {
    this.#response = response;
    response.on('error', () => {}); // `close` follows and is handled
    const outbox = new Outbox(streamSink(response), this.#relay.frames, () =>
      this.#relay.budget.open({
        kind: 'events to clients',
        owner: this.#settings.owner,
        holder: { drop: () => this.#drop() },
      }),
    );
    this.#outbox = outbox;
    response.on('drain', () => outbox.drained());
    response.once('close', () => {
      outbox.close();
      this.process.end(CLIENT_CLOSED);
    });
    if (!this.process.open()) {
      this.process.end(ENDINGS.targetFailed);
      return;
    }
    if (this.process.target === undefined) this.#introduce();
    this.#idle.start(this.#settings.idleTimeoutMs);
    this.#hard.start(this.#settings.hardTimeoutMs);
  }

  /** The server stops (L9). Asking again with less time hurries. */
  async stop(timeoutMs: number): Promise<void> {
    const response = this.#response;
    this.process.end(ENDINGS.serverShutdown);
    if (response === undefined || response.closed) return;
    this.#deadline ??= new Deadline(this.#relay.clock, () => response.destroy());
    this.#deadline.within(timeoutMs);
    await new Promise<void>((resolve) => response.once('close', () => resolve()));
    this.#deadline.cancel();
  }

  // What the process tells.

  get messageCount(): number {
    return this.#eventCount;
  }

  receive(message: Message): void {
    const payloads = message.payloads as readonly LuaValue[]; // the Lua room makes all payloads
    switch (message.topic) {
      case 'sse.close':
        this.#endWith(closeReason(payloads[0]));
        break;
      case 'sse.control':
        this.#control(message, payloads[0]);
        break;
      default:
        if (!this.#isForwarded(message.topic)) break; // Q1
        for (let i = 0; i < Math.max(1, payloads.length) && !this.process.isEnding; i++) {
          this.#forward(message, payloads[i]);
        }
    }
  }

  flush(): void {
    if (this.#batch === '') return;
    this.#outbox!.push(Buffer.from(this.#batch, 'latin1'));
    this.#batch = '';
    this.#outbox!.flush();
  }

  /** Q5: a comment, so that proxies see traffic; they do while bytes wait, and a deaf client gets no more of them. */
  beat(): void {
    if (this.#outbox!.bytes > 0) return;
    this.#batch += ': ping\n\n';
    this.flush();
  }

  end(ending: Ending): void {
    this.#idle.stop();
    this.#hard.stop();
    const response = this.#response;
    if (response === undefined || response.closed || response.destroyed) return;
    if (ending === ENDINGS.slowClient || ending === ENDINGS.overloaded) {
      response.destroy(); // it does not read: a last event would only wait behind the others
      return;
    }
    this.#addEvent('done', `{"reason":${jsonText(ending.reason)}}`); // Q6
    this.flush();
    this.#outbox!.whenEmpty(() => response.end());
  }

  /** The byte budget needs what waits here. A stream that ends already, and is not fetched, has had its time. */
  #drop(): void {
    this.#outbox!.discard();
    if (this.process.isEnding) this.#response?.destroy();
    else this.process.end(ENDINGS.overloaded);
  }

  #isForwarded(topic: string): boolean {
    if (this.#messageTopic !== '*') return topic === this.#messageTopic;
    return !SSE_RESERVED_TOPICS.has(topic);
  }

  #forward(message: Message, payload: LuaValue | undefined): void {
    const data = encodeData(payload);
    if (typeof data !== 'string') this.process.warn('relay message dropped', message, data.cause);
    else if (/[\r\n\0]/.test(message.topic)) {
      // The topic is a line of the event: a line break in it would let a sender forge fields.
      this.process.warn('relay message dropped', message, 'the topic holds a line break');
    } else if (this.#outbox!.bytes + this.#batch.length > SSE_QUEUED_BYTES_MAX) {
      this.process.end(ENDINGS.slowClient); // L5
    } else {
      this.#addEvent(message.topic, data);
      this.#eventCount++;
      this.#idle.restart(); // Q7
    }
  }

  /** Q8, Q9. */
  #control(message: Message, payload: LuaValue | undefined): void {
    const fields = this.process.readControl(message, payload, parseSseFields);
    if (fields === undefined || !this.process.retarget(message, fields, 'join first')) return;
    if (fields.messageTopic !== undefined) this.#messageTopic = fields.messageTopic || SSE_TOPIC_DEFAULT;
    this.#applyDuration(message, fields.heartbeatMs, SSE_HEARTBEAT_MS, this.process.heartbeat);
    this.#applyDuration(message, fields.idleTimeoutMs, 0, this.#idle);
    this.#applyDuration(message, fields.hardTimeoutMs, 0, this.#hard);
  }

  #applyDuration(
    message: Message,
    given: DurationField,
    defaultMs: number,
    timer: { start(ms: number): void },
  ): void {
    if (given === 'invalid') this.process.warn('relay duration ignored', message, 'it is no duration');
    else if (given !== undefined) timer.start(given === 'default' ? defaultMs : given);
  }

  /** Q4: a detached stream tells its client how it can be reached. */
  #introduce(): void {
    const { metadata } = this.#settings;
    const member = metadata === undefined ? '' : `,"metadata":${encodeJson(metadata)}`;
    const topic = jsonText(this.#messageTopic);
    this.#addEvent('ready', `{"stream_pid":${jsonText(this.process.pid)},"message_topic":${topic}${member}}`);
    this.flush();
  }

  /** Q2. `data` is JSON in UTF-8 bytes and therefore one line. */
  #addEvent(name: string, data: string): void {
    const line = Buffer.from(name, 'utf8').toString('latin1');
    const event = `event: ${line}\ndata: ${data}\n\n`;
    this.#batch += event;
    this.#relay.slot.observer?.sent(this.process.pid, Buffer.from(event, 'latin1'), false);
  }

  #endWith(reason: string): void {
    this.process.end({ reason, code: 1000, isAbnormal: false });
  }
}

function reasonField(value: LuaValue | undefined): string {
  return toText(tableGet(value, 'reason')) ?? '';
}

/** The reason of `sse.close`: its text, the field `reason` of a table or JSON object, or the default. */
function closeReason(payload: LuaValue | undefined): string {
  const value = payload === undefined ? undefined : tryUnwrap(payload);
  if (value === undefined || value instanceof UnsendableMessage) return 'closed by server';
  const object = tryReadCommand(value);
  return (object === undefined ? toText(value) : reasonField(object)) || 'closed by server';
}
