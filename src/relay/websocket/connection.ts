/**
 * A WebSocket connection as a process: the program behind a client PID (`relay.md` § 4-11).
 *
 * Two inputs meet here. Frames come from the socket and leave at once, as messages to the target. Messages and
 * events for the client wait in the mailbox and are handled in arrival order by `step`, which writes all their
 * frames in one go.
 *
 * Ways it ends (`relay.md` § 7), and why each is safe:
 *   socket says so     client close, violation, loss: `#end` from the socket's callback; the leave goes out
 *                      then, the PID ends in the next step
 *   mailbox says so    ws.close, cancel, target exit, link: `#end` inside `step`
 *   system says so     terminate: `close()` without a `done` before it
 *   server says so     `stop()`: as the socket
 * `#ending` is set by the first of them and never changes; the others then find nothing to do.
 */
import type { Duplex } from 'node:stream';
import {
  type Clock,
  formatDurationNs,
  HubError,
  type Log,
  type Pid,
  RELAY_STEP_MESSAGES_MAX,
} from '../../base/index.ts';
import type { ConnectionOwner } from '../../http/index.ts';
import { type LuaValue, makeText } from '../../lua/index.ts';
import type {
  Message,
  Outcome,
  ProcessContext,
  ProcessSystem,
  Program,
  Receipt,
  StepResult,
} from '../../process/index.ts';
import { parseRelayFields, type RelayFields } from '../fields.ts';
import { Heartbeat } from '../heartbeat.ts';
import { InboundPayloads } from '../inbound.ts';
import { type FrameEncoder, parseCloseRequest, tryReadCommand, UnsendableMessage } from '../outbound.ts';
import { UNCOUNTED, UnreadCounter } from '../unread.ts';
import { ClientSocket, type ClientSocketListener } from './client-socket.ts';
import { cutReason, type Ending } from './close.ts';
import { Liveness } from './liveness.ts';
import type { RelayOptions } from './options.ts';
import type { Extensions } from './ws-package.ts';

/** What the connections of one hub share. */
export interface RelayContext {
  readonly system: ProcessSystem;
  readonly clock: Clock;
  readonly log: Log;
  readonly encoder: FrameEncoder;
  /** PIDs of all live relay connections, WebSocket and SSE: none of them may be a target. */
  readonly clientPids: Set<Pid>;
}

/** What the handshake decided. */
export interface ConnectionSettings {
  readonly options: RelayOptions;
  readonly target: Pid;
  readonly messageTopic: string;
  /** `0` = off. */
  readonly heartbeatMs: number;
  readonly metadata: LuaValue | undefined;
  /** Called once when the connection leaves the open state. */
  readonly onEnd: () => void;
}

/** Topic of client messages when the handler names none. */
export const MESSAGE_TOPIC_DEFAULT = 'ws.message';

const WAITING: StepResult = { kind: 'waiting' };
const READY: StepResult = { kind: 'ready' };

export class WebSocketConnection implements Program, ClientSocketListener, ConnectionOwner {
  readonly entryId = 'moonhub:websocket';
  readonly #relay: RelayContext;
  readonly #settings: ConnectionSettings;
  #context!: ProcessContext;
  #payloads!: InboundPayloads;
  #socket: ClientSocket | undefined;
  #target: Pid;
  #messageTopic: string;
  #unread: UnreadCounter;
  #ending: Ending | undefined;
  #openedAtMs = 0;
  #messageCount = 0;
  readonly #heartbeat: Heartbeat;
  #unreadHeartbeat: UnreadCounter;
  #liveness: Liveness | undefined;

  constructor(relay: RelayContext, settings: ConnectionSettings) {
    this.#relay = relay;
    this.#settings = settings;
    this.#target = settings.target;
    this.#messageTopic = settings.messageTopic;
    this.#unread = this.#countUnread();
    this.#unreadHeartbeat = new UnreadCounter(1, () => {});
    this.#heartbeat = new Heartbeat(relay.clock, () => this.#beat());
  }

  get pid(): Pid {
    return this.#context.pid;
  }

  init(context: ProcessContext): void {
    this.#context = context;
    this.#payloads = new InboundPayloads(this.#settings.options.payloadMode, context.pid);
    this.#payloads.setMetadata(this.#settings.metadata);
    this.#relay.clientPids.add(context.pid);
  }

  /** The 101 is on the wire: monitors the target, joins, then reads (H12). */
  open(socket: Duplex, head: Buffer, extensions: Extensions): void {
    const { options } = this.#settings;
    const { clock, system } = this.#relay;
    // Links do not kill a connection: it closes with a code its client can read (P5).
    system.setOptions(this.pid, { trapLinks: true });
    this.#socket = new ClientSocket({
      socket,
      clock,
      extensions,
      messageBytesMax: options.messageBytesMax,
      queuedBytesMax: options.queuedBytesMax,
      closeTimeoutMs: options.closeTimeoutMs,
    });
    this.#openedAtMs = clock.monotonicMs();
    try {
      system.monitor(this.pid, this.#target);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.#socket.open(this, head);
      this.#targetExited(false);
      return;
    }
    this.#deliver('ws.join', this.#payloads.join(), UNCOUNTED);
    this.#heartbeat.start(this.#settings.heartbeatMs);
    this.#liveness = new Liveness({
      clock,
      socket: this.#socket,
      timeoutMs: options.pingTimeoutMs,
      onSilence: () => this.#end({ reason: 'ping timeout', code: 1006, isAbnormal: true }),
    });
    if (options.pingIntervalMs > 0) this.#liveness.start(options.pingIntervalMs);
    this.#socket.open(this, head);
  }

  step(): StepResult {
    const { mailbox } = this.#context;
    try {
      for (let handled = 0; this.#ending === undefined; handled++) {
        if (handled === RELAY_STEP_MESSAGES_MAX) {
          this.#socket?.flush();
          return READY;
        }
        const mail = mailbox.takeNext();
        if (mail === undefined) {
          this.#socket?.flush();
          return WAITING;
        }
        switch (mail.kind) {
          case 'message': // from any process, not only the target (P2)
            this.#handleMessage(mail);
            break;
          case 'exit': // of the target; late ones of an earlier target mean nothing (T1)
            if (mail.from === this.#target) this.#targetExited(mail.outcome.ok);
            break;
          case 'linkDown': // a linked process failed (P5)
            this.#end({ reason: 'linked process failed', code: 1011, isAbnormal: true });
            break;
          case 'cancel': // process.cancel(client_pid) (P6)
            this.#end({ reason: mail.reason || 'cancelled', code: 1000, isAbnormal: false });
            break;
          case 'outdated': // code of the application changed; a connection runs none
            break;
          default: {
            const impossible: never = mail;
            return impossible;
          }
        }
      }
    } catch (error) {
      this.#fail(error);
    }
    return { kind: 'done', outcome: toOutcome(this.#ending!), tail: false };
  }

  /** The process ended: after `done`, or because it was terminated (P6). */
  close(): void {
    if (this.#ending === undefined) {
      const ending: Ending = { reason: 'terminated', code: 1001, isAbnormal: true };
      this.#leaveOpenState(ending);
      this.#deliver('ws.leave', this.#payloads.leave(ending.reason, ending.code), UNCOUNTED);
      this.#socket?.closeNow(1001, cutReason(ending.reason));
    }
    this.#relay.clientPids.delete(this.pid);
  }

  /** The server stops (L9). */
  async stop(timeoutMs: number): Promise<void> {
    this.#end({ reason: 'server shutdown', code: 1001, isAbnormal: false });
    this.#socket?.limitClosing(Math.min(timeoutMs, this.#settings.options.closeTimeoutMs));
    await this.#socket?.whenClosed();
  }

  // What the socket tells.

  onMessage(data: Buffer, isBinary: boolean): void {
    try {
      this.#messageCount++;
      const unread = this.#unread;
      if (!this.#deliver(this.#messageTopic, this.#payloads.message(data, isBinary), unread)) return;
      unread.add(data.length);
      if (unread.isFull) this.#socket!.pause(); // L2
    } catch (error) {
      this.#fail(error);
    }
  }

  onClientClose(code: number, reason: string): void {
    this.#end({ reason: reason || 'client closed', code, isAbnormal: false });
  }

  onViolation(code: number, reason: string): void {
    this.#end({ reason, code, isAbnormal: true });
  }

  onLost(): void {
    this.#end({ reason: 'connection lost', code: 1006, isAbnormal: true });
  }

  // What processes send.

  #handleMessage(message: Message): void {
    const { topic } = message;
    const payloads = message.payloads as readonly LuaValue[]; // the Lua room makes all payloads
    const times = Math.max(1, payloads.length);
    for (let i = 0; i < times && this.#ending === undefined; i++) {
      switch (topic) {
        case 'ws.send':
          this.#send(message, payloads[i]);
          break;
        case 'ws.close':
          this.#closeOnRequest(message, payloads[i]);
          break;
        case 'ws.control':
          this.#control(message, payloads[i]);
          break;
        default:
          this.#write(message, this.#relay.encoder.encodeWrapped(topic, payloads[i]));
      }
    }
  }

  #send(message: Message, payload: LuaValue | undefined): void {
    if (payload === undefined) this.#write(message, new UnsendableMessage('ws.send carries no payload'));
    else this.#write(message, this.#relay.encoder.encodeSend(payload));
  }

  #write(message: Message, frame: Buffer | UnsendableMessage): void {
    if (frame instanceof UnsendableMessage) {
      this.#warn('relay message dropped', message, frame.cause);
    } else if (this.#socket!.queuedBytes > this.#settings.options.queuedBytesMax) {
      this.#end({ reason: 'slow client', code: 1013, isAbnormal: true }); // L5
    } else this.#socket!.write(frame);
  }

  #closeOnRequest(message: Message, payload: LuaValue | undefined): void {
    const request = parseCloseRequest(payload);
    if (request.fault !== undefined) this.#warn('relay close request is wrong', message, request.fault);
    const isGiven = payload !== undefined && request.reason !== '';
    this.#end(
      { reason: isGiven ? request.reason : 'closed by server', code: request.code, isAbnormal: false },
      request.reason,
    );
  }

  // Control and transfer (§ 10).

  #control(message: Message, payload: LuaValue | undefined): void {
    const command = tryReadCommand(payload);
    if (command === undefined) {
      this.#warn('relay control ignored', message, 'it is neither a table nor a JSON object');
      return;
    }
    const parsed = parseRelayFields(command);
    if (!parsed.ok) {
      this.#warn('relay control ignored', message, parsed.cause);
      return;
    }
    const { fields } = parsed;
    if (!this.#retarget(message, fields)) return;
    if (fields.heartbeatMs === 'invalid') this.#warn('relay heartbeat ignored', message, 'it is no duration');
    else if (fields.heartbeatMs !== undefined) this.#heartbeat.start(fields.heartbeatMs);
  }

  /** Applies target, topic and metadata, all or nothing (X2). @returns whether they were applied. */
  #retarget(message: Message, fields: RelayFields): boolean {
    const { system } = this.#relay;
    const old = this.#target;
    const next = fields.target === undefined ? old : this.#tryMonitor(message, fields.target);
    if (next === undefined) return false;
    if (next !== old) {
      this.#deliver('ws.leave', this.#payloads.leave('transferred', undefined), UNCOUNTED); // X6: old metadata
    }
    if (fields.messageTopic !== undefined) this.#messageTopic = fields.messageTopic;
    if (fields.metadata !== undefined) this.#payloads.setMetadata(fields.metadata);
    if (next === old) return true; // X5
    this.#target = next;
    this.#unread.release();
    this.#unread = this.#countUnread();
    this.#unreadHeartbeat = new UnreadCounter(1, () => {});
    this.#deliver('ws.join', this.#payloads.join(), UNCOUNTED);
    system.unmonitor(this.pid, old);
    if (this.#socket!.isPaused) this.#socket!.resume();
    return true;
  }

  /** The live process behind a destination, monitored; `undefined` (and a warning) when it cannot be a target. */
  #tryMonitor(message: Message, destination: string): Pid | undefined {
    const { system, clientPids } = this.#relay;
    try {
      const pid = system.resolve(destination);
      if (clientPids.has(pid)) {
        this.#warn('relay control ignored', message, 'the target is a client connection');
        return undefined;
      }
      if (pid !== this.#target) system.monitor(this.pid, pid);
      return pid;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.#warn('relay control ignored', message, error.message);
      return undefined;
    }
  }

  /** § 9. Skipped while the target has not taken the last one (B5). */
  #beat(): void {
    const unread = this.#unreadHeartbeat;
    if (!unread.isEmpty) return;
    const uptimeMs = Math.round(this.#relay.clock.monotonicMs() - this.#openedAtMs);
    const payload = this.#payloads.heartbeat(formatDurationNs(uptimeMs * 1e6), this.#messageCount);
    if (this.#deliver('ws.heartbeat', payload, unread)) unread.add(0);
  }

  // The end.

  #targetExited(isNormal: boolean): void {
    const code = isNormal ? 1000 : 1011;
    this.#end({ reason: 'target process exited', code, isAbnormal: false }, undefined, true);
  }

  #fail(error: unknown): void {
    this.#relay.log.error('relay connection failed', { pid: this.pid, error });
    this.#end({ reason: 'internal error', code: 1011, isAbnormal: true });
  }

  /**
   * Leaves the open state: tells the target, closes the socket, and lets the next step end the process (G6).
   * @param frameReason text for the close frame when it differs from the ending's
   */
  #end(ending: Ending, frameReason = ending.reason, isTargetGone = false): void {
    if (this.#ending !== undefined) return;
    this.#leaveOpenState(ending);
    if (!isTargetGone) this.#deliver('ws.leave', this.#payloads.leave(ending.reason, ending.code), UNCOUNTED);
    if (ending.code === 1006) this.#socket!.destroy();
    else this.#socket!.close(ending.code!, cutReason(frameReason));
    this.#context.wake();
  }

  #leaveOpenState(ending: Ending): void {
    this.#ending = ending;
    this.#heartbeat.stop();
    this.#liveness?.stop();
    this.#unread.release();
    this.#settings.onEnd();
  }

  // Small things.

  /** Puts a message into the target's mailbox. @returns false when the target is gone; its exit event follows. */
  #deliver(topic: string, payload: LuaValue, receipt: Receipt): boolean {
    try {
      this.#relay.system.send(this.pid, this.#target, topic, [payload], receipt);
      return true;
    } catch (error) {
      if (error instanceof HubError) return false;
      throw error;
    }
  }

  #countUnread(): UnreadCounter {
    return new UnreadCounter(this.#settings.options.unreadMessagesMax, () => {
      if (this.#socket?.isPaused === true) this.#socket.resume();
    });
  }

  #warn(event: string, message: Message, cause: string): void {
    this.#relay.log.warn(event, { pid: this.pid, from: message.from, topic: message.topic, cause });
  }
}

/** What monitors of the client PID see (P4). */
function toOutcome({ reason, code, isAbnormal }: Ending): Outcome {
  const fields = { code: code!, reason };
  if (!isAbnormal) return { ok: true, value: makeText('websocket connection closed'), fields };
  return { ok: false, failure: { kind: 'Unavailable', message: reason, retryable: false }, fields };
}
