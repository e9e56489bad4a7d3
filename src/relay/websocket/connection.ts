/**
 * A WebSocket connection (`relay.md` § 4-11): the wire of a client process.
 *
 * Two inputs meet here. Frames come from the socket and leave at once, as messages to the target. Messages for the
 * client come from the mailbox, and what one step of the process writes leaves in one go.
 */
import type { Duplex } from 'node:stream';
import type { Pid, Timer } from '../../base/index.ts';
import type { ConnectionOwner } from '../../http/index.ts';
import type { LuaValue } from '../../lua/index.ts';
import type { Message } from '../../process/index.ts';
import { type Client, type ClientKind, ClientProcess } from '../client/client-process.ts';
import type { RelayContext } from '../client/context.ts';
import { ENDINGS, type Ending } from '../client/ending.ts';
import { UnsendableMessage } from '../client/outbound.ts';
import { UnreadCounter } from '../flow/unread.ts';
import { ClientSocket, type ClientSocketListener } from './client-socket.ts';
import { cutReason, parseCloseRequest } from './close.ts';
import { parseWebSocketFields } from './fields.ts';
import { framePayload, isBinaryFrame } from './frame.ts';
import type { FrameEncoder } from './frame-encoder.ts';
import { Liveness, phaseOf } from './liveness.ts';
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
  /** Whose bytes it holds: the address of the client. */
  readonly owner: string;
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

/** How long a message waits before its target's node is asked again. */
const CONGESTION_RETRY_MS = 50;

/** A message that its target's node did not take yet. */
interface HeldMessage {
  readonly topic: string;
  readonly payload: LuaValue;
  readonly bytes: number;
}

export class WebSocketConnection implements Client, ClientSocketListener, ConnectionOwner {
  readonly process: ClientProcess;
  readonly #relay: RelayContext;
  readonly #settings: WebSocketSettings;
  #socket: ClientSocket | undefined;
  #liveness: Liveness | undefined;
  #messageTopic: string;
  #messageCount = 0;
  #unread: UnreadCounter;
  #held: HeldMessage | undefined;
  #retryTimer: Timer | undefined;

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
      turns: this.#relay.turns,
      frames: this.#relay.frames,
      openAccount: (account) => this.#relay.budget.open({ ...account, owner: this.#settings.owner }),
      onDrop: () => this.#drop(),
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
    if (options.pingIntervalMs > 0) this.#liveness.start(options.pingIntervalMs, phaseOf(this.process.pid));
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
      this.#deliver({
        topic: this.#messageTopic,
        payload: this.process.payloads.message(data, isBinary),
        bytes: data.length + this.process.payloads.metadataBytes,
      });
    } catch (error) {
      this.process.fail(error);
    }
  }

  #deliver(message: HeldMessage): void {
    const unread = this.#unread;
    switch (this.process.deliver(message.topic, message.payload, unread)) {
      case 'delivered':
        unread.add(message.bytes); // may pause or end this connection (L8)
        if (unread.isFull) this.#socket!.pause('target'); // L2
        break;
      case 'congested':
        // G2: it waits here, and what follows it in the socket.
        this.#held = message;
        this.#socket!.pause('node');
        this.#retryTimer = this.#relay.clock.setTimer(CONGESTION_RETRY_MS, () => this.#retry());
        break;
      case 'gone': // its exit event follows
    }
  }

  /** The node of the target took no more when the last message came. */
  #retry(): void {
    const held = this.#held;
    this.#held = undefined;
    this.#retryTimer = undefined;
    if (held === undefined || this.process.isEnding) return;
    this.#deliver(held);
    if (this.#held === undefined) this.#socket!.resume('node');
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
    this.#retryTimer?.cancel();
    this.#unread.release();
    this.#settings.onEnd();
    const reason = cutReason(ending.clientReason ?? ending.reason);
    // One that was lost says goodbye itself: what was written for it still leaves (L11).
    if (ending === ENDINGS.connectionLost) return;
    if (ending.code === 1006) this.#socket?.destroy();
    else if (ending === ENDINGS.overloaded) this.#socket?.discardAndClose(ending.code, reason);
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
      this.#socket!.resume('target');
      this.#socket!.resume('messages');
    }
    if (fields.heartbeatMs === 'invalid') {
      this.process.warn('relay heartbeat ignored', message, 'it is no duration');
    } else if (fields.heartbeatMs !== undefined) this.process.heartbeat.start(fields.heartbeatMs);
  }

  /**
   * The byte budget chose this connection. What of it waits in the mailbox of the target is taken back: it is what the
   * budget needs, and a client that is told to try again later cannot count on it.
   */
  #drop(): void {
    this.process.withdraw(this.#unread);
    this.process.end(ENDINGS.overloaded);
  }

  #countUnread(): UnreadCounter {
    const { unreadMessagesMax, inboundBytesMax } = this.#settings.options;
    const limits = { messagesMax: unreadMessagesMax, bytesMax: inboundBytesMax };
    const sink = this.process.target;
    return new UnreadCounter(
      limits,
      () => this.#socket?.resume('target'),
      () =>
        this.#relay.budget.open({
          kind: 'messages from clients',
          owner: this.#settings.owner,
          ...(sink === undefined ? {} : { sink }),
          holder: {
            pause: () => this.#socket?.pause('messages'),
            resume: () => this.#socket?.resume('messages'),
            drop: () => this.#drop(),
          },
        }),
    );
  }
}
