/**
 * A server-sent event stream as a process (`relay.md` § 13): messages of one topic become events, and a target,
 * when there is one, hears of join, leave and heartbeats. The sibling of `Connection`: nothing comes in.
 *
 * Ways it ends: the client goes (`leave`, no last event); anything else writes a `done` event first. `#ending` is
 * set once, by whoever comes first; the next step ends the process.
 */
import type { ServerResponse } from 'node:http';
import {
  type Clock,
  formatDurationNs,
  HubError,
  type Pid,
  RELAY_STEP_MESSAGES_MAX,
  SSE_QUEUED_BYTES_MAX,
  type Timer,
} from '../../base/index.ts';
import type { ConnectionOwner } from '../../http/index.ts';
import {
  copyValue,
  encodeJson,
  type LuaValue,
  makeInteger,
  makeTable,
  makeText,
  tableFromEntries,
  tableGet,
  toText,
} from '../../lua/index.ts';
import type { Message, Outcome, ProcessContext, Program, StepResult } from '../../process/index.ts';
import { Heartbeat } from '../heartbeat.ts';
import { encodeData, jsonText, tryReadCommand, tryUnwrap, UnsendableMessage } from '../outbound.ts';
import { UNCOUNTED, UnreadCounter } from '../unread.ts';
import type { RelayContext } from '../websocket/connection.ts';
import { parseSseFields, SSE_RESERVED_TOPICS, type SseDuration, type SseFields } from './fields.ts';

/** What the handshake decided. */
export interface SseSettings {
  /** `undefined` = detached (Q4). */
  readonly target: Pid | undefined;
  readonly messageTopic: string;
  readonly heartbeatMs: number;
  readonly idleTimeoutMs: number;
  readonly hardTimeoutMs: number;
  readonly metadata: LuaValue | undefined;
}

/** Topic of forwarded messages when the handler names none. */
export const SSE_TOPIC_DEFAULT = 'sse.message';
/** Heartbeat period when the handler gives none. */
export const SSE_HEARTBEAT_MS = 30_000;

interface SseEnding {
  readonly reason: string;
  readonly isAbnormal: boolean;
}

export class SseConnection implements Program, ConnectionOwner {
  readonly entryId = 'moonhub:sse';
  readonly #relay: RelayContext;
  readonly #settings: SseSettings;
  #context!: ProcessContext;
  #response: ServerResponse | undefined;
  #target: Pid | undefined;
  #messageTopic: string;
  #metadata: LuaValue | undefined;
  #ending: SseEnding | undefined;
  #openedAtMs = 0;
  #eventCount = 0;
  readonly #heartbeat: Heartbeat;
  #unreadHeartbeat = new UnreadCounter(1, () => {});
  readonly #idle: Countdown;
  readonly #hard: Countdown;

  constructor(relay: RelayContext, settings: SseSettings) {
    this.#relay = relay;
    this.#settings = settings;
    this.#target = settings.target;
    this.#messageTopic = settings.messageTopic;
    this.#metadata = settings.metadata;
    this.#heartbeat = new Heartbeat(relay.clock, () => this.#beat());
    this.#idle = new Countdown(relay.clock, () => this.#end({ reason: 'idle timeout', isAbnormal: false }));
    this.#hard = new Countdown(relay.clock, () => this.#end({ reason: 'hard timeout', isAbnormal: false }));
  }

  get pid(): Pid {
    return this.#context.pid;
  }

  init(context: ProcessContext): void {
    this.#context = context;
    this.#relay.clientPids.add(context.pid);
  }

  /** The response is ours and its head is on the wire: joins or introduces itself, then waits for messages. */
  open(response: ServerResponse): void {
    const { system, clock } = this.#relay;
    this.#response = response;
    this.#openedAtMs = clock.monotonicMs();
    system.setOptions(this.pid, { trapLinks: true });
    response.on('error', () => {}); // `close` follows and is handled
    response.once('close', () => this.#end({ reason: 'client closed', isAbnormal: false }));
    if (this.#target === undefined) this.#introduce();
    else if (!this.#tryJoin(this.#target)) {
      this.#target = undefined;
      this.#end({ reason: 'target process exited', isAbnormal: false });
      return;
    }
    this.#heartbeat.start(this.#settings.heartbeatMs);
    this.#idle.start(this.#settings.idleTimeoutMs);
    this.#hard.start(this.#settings.hardTimeoutMs);
  }

  step(): StepResult {
    const { mailbox } = this.#context;
    this.#response?.cork();
    try {
      for (let handled = 0; this.#ending === undefined; handled++) {
        if (handled === RELAY_STEP_MESSAGES_MAX) return { kind: 'ready' };
        const mail = mailbox.takeNext();
        if (mail === undefined) return { kind: 'waiting' };
        switch (mail.kind) {
          case 'message': // from any process (P2)
            this.#handleMessage(mail);
            break;
          case 'exit': // of the target; late ones of an earlier target mean nothing (T1)
            if (mail.from !== this.#target) break;
            this.#target = undefined;
            this.#end({ reason: 'target process exited', isAbnormal: false });
            break;
          case 'linkDown': // a linked process failed (P5)
            this.#end({ reason: 'linked process failed', isAbnormal: true });
            break;
          case 'cancel': // process.cancel(stream_pid) (P6)
            this.#end({ reason: mail.reason || 'cancelled', isAbnormal: false });
            break;
          case 'outdated': // a stream runs no code of the application
            break;
          default: {
            const impossible: never = mail;
            return impossible;
          }
        }
      }
    } catch (error) {
      this.#relay.log.error('relay connection failed', { pid: this.pid, error });
      this.#end({ reason: 'internal error', isAbnormal: true });
    } finally {
      this.#response?.uncork();
    }
    return { kind: 'done', outcome: toOutcome(this.#ending!), tail: false };
  }

  close(): void {
    if (this.#ending === undefined) this.#end({ reason: 'terminated', isAbnormal: true });
    this.#relay.clientPids.delete(this.pid);
  }

  async stop(timeoutMs: number): Promise<void> {
    const response = this.#response;
    this.#end({ reason: 'server shutdown', isAbnormal: false });
    if (response === undefined || response.closed) return;
    const timer = this.#relay.clock.setTimer(timeoutMs, () => response.destroy());
    await new Promise<void>((resolve) => response.once('close', () => resolve()));
    timer.cancel();
  }

  #handleMessage(message: Message): void {
    const payloads = message.payloads as readonly LuaValue[]; // the Lua room makes all payloads
    switch (message.topic) {
      case 'sse.close':
        this.#end({ reason: closeReason(payloads[0]), isAbnormal: false });
        break;
      case 'sse.control':
        this.#control(message, payloads[0]);
        break;
      default:
        if (!this.#isForwarded(message.topic)) break; // Q1
        for (let i = 0; i < Math.max(1, payloads.length); i++) this.#forward(message, payloads[i]);
    }
  }

  #isForwarded(topic: string): boolean {
    if (this.#messageTopic !== '*') return topic === this.#messageTopic;
    return !SSE_RESERVED_TOPICS.has(topic);
  }

  #forward(message: Message, payload: LuaValue | undefined): void {
    const data = encodeData(payload);
    if (typeof data !== 'string') this.#warn('relay message dropped', message, data.cause);
    else if (/[\r\n\0]/.test(message.topic)) {
      // The topic is a line of the event: a line break in it would let a sender forge fields.
      this.#warn('relay message dropped', message, 'the topic holds a line break');
    } else if (this.#response!.writableLength > SSE_QUEUED_BYTES_MAX) {
      this.#end({ reason: 'slow client', isAbnormal: true }); // L5
    } else {
      this.#writeEvent(message.topic, data);
      this.#eventCount++;
      this.#idle.restart(); // Q7
    }
  }

  // Control and transfer (Q8, Q9).

  #control(message: Message, payload: LuaValue | undefined): void {
    const command = tryReadCommand(payload);
    const parsed = command === undefined ? undefined : parseSseFields(command);
    if (parsed === undefined || !parsed.ok) {
      this.#warn(
        'relay control ignored',
        message,
        parsed?.cause ?? 'it is neither a table nor a JSON object',
      );
      return;
    }
    const { fields } = parsed;
    if (!this.#retarget(message, fields)) return;
    this.#applyDuration(message, fields.heartbeatMs, SSE_HEARTBEAT_MS, this.#heartbeat);
    this.#applyDuration(message, fields.idleTimeoutMs, 0, this.#idle);
    this.#applyDuration(message, fields.hardTimeoutMs, 0, this.#hard);
  }

  /** Applies target, topic and metadata, all or nothing. @returns whether they were applied. */
  #retarget(message: Message, fields: SseFields): boolean {
    const oldTarget = this.#target;
    const oldMetadata = this.#metadata;
    let target = oldTarget;
    if (fields.target === '') target = undefined;
    else if (fields.target !== undefined) {
      target = this.#tryResolve(message, fields.target);
      if (target === undefined) return false;
    }
    this.#metadata = fields.metadata ?? oldMetadata;
    if (target !== undefined && target !== oldTarget && !this.#tryJoin(target)) {
      this.#metadata = oldMetadata;
      this.#warn('relay control ignored', message, 'the target is gone');
      return false;
    }
    if (fields.messageTopic !== undefined) this.#messageTopic = fields.messageTopic || SSE_TOPIC_DEFAULT;
    if (target === oldTarget) return true;
    this.#target = target;
    this.#unreadHeartbeat = new UnreadCounter(1, () => {});
    if (oldTarget !== undefined) {
      this.#relay.system.unmonitor(this.pid, oldTarget);
      this.#tell(oldTarget, 'sse.leave', { reason: makeText('transferred') }, oldMetadata);
    }
    return true;
  }

  #applyDuration(
    message: Message,
    given: SseDuration,
    defaultMs: number,
    timer: { start(ms: number): void },
  ): void {
    if (given === 'invalid') this.#warn('relay duration ignored', message, 'it is no duration');
    else if (given !== undefined) timer.start(given === 'default' ? defaultMs : given);
  }

  #tryResolve(message: Message, destination: string): Pid | undefined {
    try {
      const pid = this.#relay.system.resolve(destination);
      if (!this.#relay.clientPids.has(pid)) return pid;
      this.#warn('relay control ignored', message, 'the target is a client connection');
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.#warn('relay control ignored', message, error.message);
    }
    return undefined;
  }

  /** Monitors a target and joins it (Q3, Q9). @returns false when it is gone. */
  #tryJoin(target: Pid): boolean {
    try {
      this.#relay.system.monitor(this.pid, target);
    } catch (error) {
      if (error instanceof HubError) return false;
      throw error;
    }
    this.#tell(target, 'sse.join', {}, this.#metadata);
    return true;
  }

  // What goes out.

  /** Q4: a detached stream tells its client how it can be reached. */
  #introduce(): void {
    const metadata = this.#metadata === undefined ? '' : `,"metadata":${encodeJson(this.#metadata)}`;
    const topic = jsonText(this.#messageTopic);
    this.#writeEvent('ready', `{"stream_pid":${jsonText(this.pid)},"message_topic":${topic}${metadata}}`);
  }

  /** Q5. */
  #beat(): void {
    this.#response!.write(': ping\n\n');
    const unread = this.#unreadHeartbeat;
    if (this.#target === undefined || !unread.isEmpty) return;
    const uptimeMs = Math.round(this.#relay.clock.monotonicMs() - this.#openedAtMs);
    const fields = {
      uptime: makeText(formatDurationNs(uptimeMs * 1e6)),
      message_count: makeInteger(this.#eventCount),
    };
    if (this.#tell(this.#target, 'sse.heartbeat', fields, this.#metadata, unread)) unread.add(0);
  }

  /** Q2. `data` is JSON in UTF-8 bytes and therefore one line. */
  #writeEvent(name: string, data: string): void {
    const line = Buffer.from(name, 'utf8').toString('latin1');
    this.#response!.write(`event: ${line}\ndata: ${data}\n\n`, 'latin1');
  }

  #tell(
    target: Pid,
    topic: string,
    fields: Readonly<Record<string, LuaValue>>,
    metadata: LuaValue | undefined,
    receipt = UNCOUNTED,
  ): boolean {
    const payload = tableFromEntries(
      ['client_pid', ...Object.keys(fields), 'metadata'],
      [
        makeText(this.pid),
        ...Object.values(fields),
        metadata === undefined ? makeTable() : copyValue(metadata),
      ],
    );
    try {
      this.#relay.system.send(this.pid, target, topic, [payload], receipt);
      return true;
    } catch (error) {
      if (error instanceof HubError) return false; // gone; its exit event follows
      throw error;
    }
  }

  #end(ending: SseEnding): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#heartbeat.stop();
    this.#idle.stop();
    this.#hard.stop();
    if (this.#target !== undefined) {
      this.#tell(this.#target, 'sse.leave', { reason: makeText(ending.reason) }, this.#metadata);
    }
    const response = this.#response;
    if (ending.reason === 'slow client') response?.destroy();
    else if (response !== undefined && !response.closed && !response.destroyed) {
      this.#writeEvent('done', `{"reason":${jsonText(ending.reason)}}`); // Q6
      response.end();
    }
    this.#context.wake();
  }

  #warn(event: string, message: Message, cause: string): void {
    this.#relay.log.warn(event, { pid: this.pid, from: message.from, topic: message.topic, cause });
  }
}

/** A timeout that can be set, restarted and switched off. */
class Countdown {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #ms = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, onEnd: () => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  /** `0` = off. */
  start(ms: number): void {
    this.#ms = ms;
    this.restart();
  }

  restart(): void {
    this.stop();
    if (this.#ms > 0) this.#timer = this.#clock.setTimer(this.#ms, this.#onEnd);
  }

  stop(): void {
    this.#timer?.cancel();
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

function toOutcome({ reason, isAbnormal }: SseEnding): Outcome {
  const fields = { reason };
  if (!isAbnormal) return { ok: true, value: makeText('sse relay closed'), fields };
  return { ok: false, failure: { kind: 'Unavailable', message: reason, retryable: false }, fields };
}
