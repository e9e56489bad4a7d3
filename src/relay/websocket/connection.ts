/**
 * A WebSocket connection (`relay.md` § 4-11): the wire of a client process.
 *
 * Two inputs meet here. Frames come from the socket and leave at once, as messages to the target. Messages for the
 * client come from the mailbox, and what one step of the process writes leaves in one go.
 */
import type { Duplex } from 'node:stream';
import type { Pid } from '../../base/index.ts';
import type { ConnectionOwner } from '../../http/index.ts';
import type { LuaValue } from '../../lua/index.ts';
import type { Message } from '../../process/index.ts';
import { type Client, type ClientKind, ClientProcess } from '../client/client-process.ts';
import type { RelayContext } from '../client/context.ts';
import { ENDINGS, type Ending } from '../client/ending.ts';
import { UnsendableMessage } from '../client/outbound.ts';
import { UnreadCounter } from '../client/unread.ts';
import { ClientSocket, type ClientSocketListener } from './client-socket.ts';
import { cutReason, parseCloseRequest } from './close.ts';
import { parseWebSocketFields } from './fields.ts';
import { framePayload, isBinaryFrame } from './frame.ts';
import type { FrameEncoder } from './frame-encoder.ts';
import { Liveness } from './liveness.ts';
import type { RelayOptions } from './options.ts';
import type { Extensions } from './ws-package.ts';

/** What the handshake decided. */
export interface WebSocketSettings {
  readonly options: RelayOptions;
  readonly encoder: FrameEncoder;
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

const KIND: ClientKind = {
  entryId: 'moonhub:websocket',
  joinTopic: 'ws.join',
  leaveTopic: 'ws.leave',
  heartbeatTopic: 'ws.heartbeat',
  exitValue: 'websocket connection closed',
  hasCloseCodes: true,
};

export class WebSocketConnection implements Client, ClientSocketListener, ConnectionOwner {
  readonly process: ClientProcess;
  readonly #relay: RelayContext;
  readonly #settings: WebSocketSettings;
  #socket: ClientSocket | undefined;
  #liveness: Liveness | undefined;
  #messageTopic: string;
  #messageCount = 0;
  #unread: UnreadCounter;

  constructor(relay: RelayContext, settings: WebSocketSettings) {
    const { payloadMode } = settings.options;
    this.process = new ClientProcess(relay, KIND, { ...settings, payloadMode }, this);
    this.#relay = relay;
    this.#settings = settings;
    this.#messageTopic = settings.messageTopic;
    this.#unread = this.#countUnread();
  }

  /** The 101 is on the wire: joins the target, then reads (H12). */
  open(socket: Duplex, head: Buffer, extensions: Extensions): void {
    const { options } = this.#settings;
    const { clock } = this.#relay;
    this.#socket = new ClientSocket({
      socket,
      clock,
      extensions,
      messageBytesMax: options.messageBytesMax,
      queuedBytesMax: options.queuedBytesMax,
      closeTimeoutMs: options.closeTimeoutMs,
    });
    const hasJoined = this.process.open();
    this.#socket.open(this, head);
    if (!hasJoined) {
      this.process.end(ENDINGS.targetFailed);
      return;
    }
    this.#liveness = new Liveness({
      clock,
      socket: this.#socket,
      timeoutMs: options.pingTimeoutMs,
      onSilence: () => this.process.end(ENDINGS.pingTimeout),
    });
    if (options.pingIntervalMs > 0) this.#liveness.start(options.pingIntervalMs);
  }

  /** The server stops (L9). Asking again with less time hurries. */
  async stop(timeoutMs: number): Promise<void> {
    this.process.end(ENDINGS.serverShutdown);
    this.#socket?.limitClosing(timeoutMs);
    await this.#socket?.whenClosed();
  }

  // What the socket tells.

  onMessage(data: Buffer, isBinary: boolean): void {
    try {
      this.#messageCount++;
      this.#relay.slot.observer?.received(this.process.pid, data, isBinary);
      const unread = this.#unread;
      const payload = this.process.payloads.message(data, isBinary);
      if (!this.process.deliver(this.#messageTopic, payload, unread)) return;
      unread.add(data.length);
      if (unread.isFull) this.#socket!.pause(); // L2
    } catch (error) {
      this.process.fail(error);
    }
  }

  onClientClose(code: number, reason: string): void {
    this.process.end({ reason: reason || 'client closed', code, isAbnormal: false });
  }

  onViolation(code: number, reason: string): void {
    this.process.end({ reason, code, isAbnormal: true });
  }

  onLost(): void {
    this.process.end(ENDINGS.connectionLost);
  }

  // What the process tells.

  get messageCount(): number {
    return this.#messageCount;
  }

  receive(message: Message): void {
    const payloads = message.payloads as readonly LuaValue[]; // the Lua room makes all payloads
    const times = Math.max(1, payloads.length);
    for (let i = 0; i < times && !this.process.isEnding; i++) {
      switch (message.topic) {
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
          this.#write(message, this.#settings.encoder.encodeWrapped(message.topic, payloads[i]));
      }
    }
  }

  flush(): void {
    this.#socket?.flush();
  }

  /** The client sees pings only, on their own schedule (B6). */
  beat(): void {}

  end(ending: Ending): void {
    this.#liveness?.stop();
    this.#unread.release();
    this.#settings.onEnd();
    const reason = cutReason(ending.clientReason ?? ending.reason);
    if (ending.code === 1006) this.#socket?.destroy();
    else if (ending === ENDINGS.terminated) this.#socket?.closeNow(ending.code, reason);
    else this.#socket?.close(ending.code, reason);
  }

  #send(message: Message, payload: LuaValue | undefined): void {
    if (payload === undefined) this.#write(message, new UnsendableMessage('ws.send carries no payload'));
    else this.#write(message, this.#settings.encoder.encodeSend(payload));
  }

  #write(message: Message, frame: Buffer | UnsendableMessage): void {
    if (frame instanceof UnsendableMessage) {
      this.process.warn('relay message dropped', message, frame.cause);
    } else if (this.#socket!.queuedBytes > this.#settings.options.queuedBytesMax) {
      this.process.end(ENDINGS.slowClient); // L5
    } else {
      this.#socket!.write(frame);
      this.#relay.slot.observer?.sent(this.process.pid, framePayload(frame), isBinaryFrame(frame));
    }
  }

  #closeOnRequest(message: Message, payload: LuaValue | undefined): void {
    const { code, reason, fault } = parseCloseRequest(payload);
    if (fault !== undefined) this.process.warn('relay close request is wrong', message, fault);
    const isGiven = payload !== undefined && reason !== '';
    this.process.end({
      reason: isGiven ? reason : 'closed by server',
      code,
      isAbnormal: false,
      clientReason: reason,
    });
  }

  /** § 10. */
  #control(message: Message, payload: LuaValue | undefined): void {
    const fields = this.process.readControl(message, payload, parseWebSocketFields);
    if (fields === undefined) return;
    const old = this.process.target;
    if (!this.process.retarget(message, fields, 'leave first')) return;
    if (fields.messageTopic !== undefined) this.#messageTopic = fields.messageTopic;
    if (this.process.target !== old) {
      // What the old target has not read holds the socket no longer.
      this.#unread.release();
      this.#unread = this.#countUnread();
      if (this.#socket!.isPaused) this.#socket!.resume();
    }
    if (fields.heartbeatMs === 'invalid') {
      this.process.warn('relay heartbeat ignored', message, 'it is no duration');
    } else if (fields.heartbeatMs !== undefined) this.process.heartbeat.start(fields.heartbeatMs);
  }

  #countUnread(): UnreadCounter {
    return new UnreadCounter(this.#settings.options.unreadMessagesMax, () => {
      if (this.#socket?.isPaused === true) this.#socket.resume();
    });
  }
}
