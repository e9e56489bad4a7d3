/**
 * One upgraded socket: bytes to messages, frames to bytes, and the closing handshake. Knows nothing of
 * processes. All ways an open socket ends are told to the listener exactly once; what happens on the wire
 * afterwards (answering a close, waiting for the peer, dropping it) goes on here in the background.
 *
 * Ways it ends, and why each is safe:
 *   peer sends a close frame   `onClientClose`; echoed, then FIN; destroyed after `closeTimeoutMs`
 *   peer breaks the protocol   `onViolation`; the listener closes with its code; nothing is parsed any more
 *   peer vanishes (FIN, RST)   what it sent before is parsed, at the pace of the target; then `onLost`, our FIN;
 *                              destroyed after `closeTimeoutMs`
 *   we close()                 the listener is released first: it hears nothing more
 *   we destroy()               same, without a close frame
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type AccountOptions, type ByteAccount, type Clock, Deadline } from '../../base/index.ts';
import { type FrameSink, Outbox, type SharedFrames, streamSink } from '../flow/outbox.ts';
import type { Turns } from '../flow/turns.ts';
import {
  encodeFrame,
  framePayload,
  isBinaryFrame,
  isDataFrame,
  OPCODE_CLOSE,
  OPCODE_PING,
  OPCODE_PONG,
} from './frame.ts';
import { FrameParser } from './frame-parser.ts';
import { createSender, type Extensions, type FrameSender, NO_EXTENSIONS } from './ws-package.ts';

/** What an open socket tells its owner. After any of the last three it tells nothing more. */
export interface ClientSocketListener {
  /** A whole data message. `data` may be a view into a larger buffer: copy what you keep. */
  onMessage(data: Buffer, isBinary: boolean): void;
  /** The peer's close frame; `code` is 1005 when it carried none. The echo is on its way. */
  onClientClose(code: number, reason: string): void;
  /** The peer broke a rule of RFC 6455 or a limit. The owner answers with `close(code, reason)`. */
  onViolation(code: number, reason: string): void;
  /** The socket ended without a close frame. */
  onLost(): void;
}

/** Why nothing is read at the moment; each reason is taken back for itself. */
export type PauseReason = keyof typeof PAUSES;

const PAUSES = Object.freeze({
  /** The target has not taken what it got. */
  target: 1,
  /** The target's node does not take more at the moment. */
  node: 2,
  /** The byte budget of the hub is nearly used up. */
  messages: 4,
  frames: 8,
});

/** What a client socket is made of. */
export interface ClientSocketOptions {
  /** The socket after the 101, nobody else listening on it. */
  readonly socket: Duplex & Partial<Pick<Socket, 'bytesRead' | 'setTimeout' | 'setNoDelay'>>;
  readonly clock: Clock;
  readonly extensions?: Extensions;
  readonly messageBytesMax: number;
  readonly queuedBytesMax: number;
  readonly closeTimeoutMs: number;
  /** What the connections of one hub share. */
  readonly turns: Turns;
  readonly frames: SharedFrames;
  /** Opens an account of the byte budget for this client. */
  openAccount(options: Pick<AccountOptions, 'kind' | 'holder' | 'isUnfinished'>): ByteAccount;
  /** The byte budget wants this connection to end: answer with `discardAndClose`. */
  onDrop(): void;
}

/** Frames parsed in one go; the others of the same chunk take turns with those of other clients. */
const FRAMES_AT_ONCE = 64;

/** How long a client whose bytes had to be dropped may take for those the socket has, and the close frame. */
const DISCARD_CLOSE_MS = 1_000;

const EMPTY = Buffer.alloc(0);
const PING = encodeFrame(OPCODE_PING, EMPTY);

export class ClientSocket {
  readonly #socket: ClientSocketOptions['socket'];
  readonly #options: ClientSocketOptions;
  readonly #parser: FrameParser;
  /** Only with extensions; else frames go to the socket as they are. */
  readonly #sender: FrameSender | undefined;
  readonly #outbox: Outbox;
  #listener: ClientSocketListener | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  /** How long a closing socket may stay; idle sockets hold none. */
  #deadline: Deadline | undefined;
  /** What the parser holds. Opened once it holds something between two chunks. */
  #heldAccount: ByteAccount | undefined;
  /** Bits of PAUSES. */
  #pauses = 0;
  #pauseCount = 0;
  /** The peer sends nothing more: FIN, or a broken socket. What it sent before is still parsed. */
  #isPeerDone = false;
  #isSocketGone = false;
  /** The parser has seen a close frame, a violation or the end. */
  #isParserDone = false;
  #isParsing = false;
  #isTurnAsked = false;
  /** Pongs of one slice leave in one write. */
  #pongs: Buffer[] | undefined;
  #pongBytes = 0;
  /** Ours alone to take off: others may listen on the socket too. */
  readonly #onData = (chunk: Buffer): void => {
    this.#parser.push(chunk);
    if (this.#options.turns.admits(chunk.length)) {
      this.#parse();
      return;
    }
    this.#socket.pause();
    this.#askTurn();
    this.#report();
  };

  constructor(options: ClientSocketOptions) {
    const { socket, extensions = NO_EXTENSIONS } = options;
    this.#options = options;
    this.#socket = socket;
    this.#parser = new FrameParser(
      {
        onMessage: (data, isBinary) => this.#listener?.onMessage(data, isBinary),
        onPing: (data) => this.#pong(data),
        onClose: (code, reason) => this.#concluded(code, reason),
        onViolation: (code, reason) => this.#violated(code, reason),
        onInflated: () => this.#parse(),
      },
      { messageBytesMax: options.messageBytesMax, deflate: Object.values(extensions)[0] },
    );
    if (extensions !== NO_EXTENSIONS) this.#sender = createSender(socket, extensions);
    const sink = this.#sender === undefined ? streamSink(socket) : this.#compressingSink(this.#sender);
    const holder = { drop: () => this.#drop() };
    this.#outbox = new Outbox(sink, options.frames, () =>
      options.openAccount({ kind: 'frames to clients', holder }),
    );
  }

  /**
   * Starts reading. Bytes that came with the request are parsed first, after this call returned (H12).
   * @param head bytes the HTTP parser had read beyond the request
   */
  open(listener: ClientSocketListener, head: Buffer): void {
    this.#listener = listener;
    const socket = this.#socket;
    socket.setTimeout?.(0); // L7: timeouts of the HTTP server ended with the 101
    socket.setNoDelay?.(true);
    socket.on('error', () => {}); // `close` follows and is handled
    socket.on('end', () => this.#peerIsDone());
    socket.on('close', () => this.#closed());
    socket.on('drain', () => this.#sender === undefined && this.#outbox.drained());
    if (head.length > 0) this.#parser.push(head);
    socket.pause();
    socket.on('data', this.#onData);
    // A peer that went while the handler ran has said so already, and will not again (L11).
    if (socket.readableEnded) this.#isPeerDone = true;
    if (socket.closed) process.nextTick(() => this.#closed());
    else this.#askTurn();
  }

  /** Bytes received so far, for liveness. */
  get bytesRead(): number {
    return this.#socket.bytesRead ?? 0;
  }

  /** Bytes written that have not left the process. */
  get queuedBytes(): number {
    return this.#outbox.bytes;
  }

  get isPaused(): boolean {
    return this.#pauses !== 0;
  }

  /** How often the socket was paused: tells whether a stretch of time was free of pauses. */
  get pauseCount(): number {
    return this.#pauseCount;
  }

  /** Stops reading, after the message at hand. Further bytes stay where they are: here less than a chunk. */
  pause(reason: PauseReason): void {
    if ((this.#pauses & PAUSES[reason]) !== 0) return;
    this.#pauses |= PAUSES[reason];
    this.#pauseCount++;
    this.#parser.stop();
    this.#socket.pause();
  }

  /** Goes on, in a later turn, when no other reason is left. */
  resume(reason: PauseReason): void {
    if ((this.#pauses & PAUSES[reason]) === 0) return;
    this.#pauses &= ~PAUSES[reason];
    if (this.#pauses === 0) this.#askTurn();
  }

  /** Adds one frame made by `encodeFrame` to the batch; `flush()` sends it. */
  write(frame: Buffer): void {
    if (this.#state === 'open') this.#outbox.push(frame);
  }

  /** Sends the batch: one system call for many frames. */
  flush(): void {
    this.#outbox.flush();
  }

  ping(): void {
    if (this.#sender !== undefined) this.#sender.ping(EMPTY, false);
    else this.#socket.write(PING);
  }

  /** Closes with a frame and lets the handshake finish in the background. The listener hears nothing more. */
  close(code: number, reason: Buffer): void {
    this.#listener = undefined;
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#sendClose(code, reason, { isLast: this.#isParserDone || this.#isPeerDone });
    this.#readToTheEnd();
    this.#closeWithin(this.#options.closeTimeoutMs);
  }

  /** Closes with a frame and drops the socket once that frame is out; the peer is not waited for. */
  closeNow(code: number, reason: Buffer): void {
    this.#listener = undefined;
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#sendClose(code, reason, { isLast: true });
    this.#socket.once('finish', () => this.#socket.destroy());
    this.#closeWithin(this.#options.closeTimeoutMs);
  }

  /**
   * Lets go of everything held here, then closes as `closeNow`. What the socket has been given cannot be taken back;
   * the close frame goes behind it, and has DISCARD_CLOSE_MS for it.
   */
  discardAndClose(code: number, reason: Buffer): void {
    this.#outbox.discard();
    this.#isParserDone = true;
    this.#stopParsing();
    this.closeNow(code, reason);
    this.#heldAccount?.set(0);
    this.limitClosing(DISCARD_CLOSE_MS);
  }

  /** Drops the socket without a close frame. The listener hears nothing more. */
  destroy(): void {
    this.#listener = undefined;
    this.#socket.destroy();
  }

  /** Gives a closing socket at most this long from now; less time hurries, more changes nothing. */
  limitClosing(timeoutMs: number): void {
    if (this.#state === 'closing') this.#closeWithin(timeoutMs);
  }

  /** Resolves when the socket is gone. */
  whenClosed(): Promise<void> {
    if (this.#socket.closed) return Promise.resolve();
    return new Promise((resolve) => this.#socket.once('close', () => resolve()));
  }

  /** One message at a time: what the sender has cannot be taken back. */
  #compressingSink(sender: FrameSender): FrameSink {
    let bytes = 0;
    return {
      takesBatches: false,
      get isReady() {
        return bytes === 0;
      },
      get bytes() {
        return bytes;
      },
      write: (frame) => {
        bytes = frame.length;
        const done = (): void => {
          bytes = 0;
          this.#outbox.drained();
        };
        const payload = framePayload(frame);
        const options = { binary: isBinaryFrame(frame), compress: true, fin: true, mask: false };
        if (isDataFrame(frame)) sender.send(payload, options, done);
        else this.#socket.write(frame, done);
      },
    };
  }

  /** Parses a slice; what is left takes its turn. */
  #parse(): void {
    if (this.#isParsing || this.#isParserDone || this.#isTurnAsked) return;
    this.#isParsing = true;
    const state = this.#parser.parse(FRAMES_AT_ONCE);
    this.#isParsing = false;
    this.#flushPongs();
    if (state === 'ended') this.#isParserDone = true;
    else if (state === 'stopped') this.#rest();
    else if (state === 'inflating') this.#socket.pause();
    else if (this.#isPeerDone) this.#finished();
    else if (this.#pauses === 0) this.#socket.resume();
    if (this.#isParserDone && this.#isSocketGone) this.#cleanUp();
    else this.#report();
  }

  /** The parser stopped inside a chunk: because it was told to, or because others have their turn. */
  #rest(): void {
    this.#socket.pause();
    // Of a socket that broke nothing more comes, so nothing is gained by holding what did (G3).
    if (this.#pauses === 0 || this.#isSocketGone) this.#askTurn();
  }

  #askTurn(): void {
    if (this.#isTurnAsked) return;
    this.#isTurnAsked = true;
    this.#options.turns.add(() => {
      this.#isTurnAsked = false;
      if (this.#pauses === 0 || this.#isSocketGone) this.#parse();
    });
  }

  /** Tells the byte budget what the parser holds. Between chunks of small messages that is nothing. */
  #report(): void {
    const held = this.#isParserDone ? 0 : this.#parser.heldBytes;
    if (this.#heldAccount === undefined) {
      if (held === 0 || this.#isSocketGone) return;
      this.#heldAccount = this.#options.openAccount({
        kind: 'frames from clients',
        isUnfinished: true,
        holder: {
          pause: () => this.pause('frames'),
          resume: () => this.resume('frames'),
          drop: () => this.#drop(),
        },
      });
    }
    this.#heldAccount.expect(this.#parser.expectedBytes);
    this.#heldAccount.set(held);
  }

  /** The byte budget needs what is held here: an open connection closes, a closing one has had its time. */
  #drop(): void {
    if (this.#state === 'open') {
      this.#options.onDrop();
      return;
    }
    this.#outbox.discard();
    this.#heldAccount?.set(0);
    this.#socket.destroy();
  }

  #pong(data: Buffer): void {
    // A peer that floods pings without reading gets no pong: RFC 6455 5.5.3 asks only for the latest.
    if (this.#state !== 'open' || this.queuedBytes + this.#pongBytes > this.#options.queuedBytesMax) return;
    if (this.#sender !== undefined) {
      this.#sender.pong(data, false);
      return;
    }
    const pong = encodeFrame(OPCODE_PONG, data);
    this.#pongs ??= [];
    this.#pongs.push(pong);
    this.#pongBytes += pong.length;
  }

  #flushPongs(): void {
    if (this.#pongs === undefined) return;
    const pongs = Buffer.concat(this.#pongs, this.#pongBytes);
    this.#pongs = undefined;
    this.#pongBytes = 0;
    if (this.#state === 'open') this.#socket.write(pongs);
  }

  /** The peer's close frame arrived. */
  #concluded(code: number, reason: string): void {
    this.#isParserDone = true;
    if (this.#state === 'open') {
      const listener = this.#listener;
      this.#listener = undefined;
      this.#flushPongs();
      this.#state = 'closing';
      // RFC 6455 5.5.1: echo the code; 7.1.1: the server closes the TCP connection first.
      this.#sendClose(code === 1005 ? undefined : code, EMPTY, { isLast: true });
      this.#closeWithin(this.#options.closeTimeoutMs);
      listener?.onClientClose(code, reason);
    } else this.#socket.end();
    this.#stopParsing();
  }

  /** What follows is no frame for us; it is read away so that the peer's FIN is seen. */
  #stopParsing(): void {
    this.#pauses = 0;
    this.#parser.end();
    this.#socket.off('data', this.#onData);
    this.#socket.resume();
  }

  /** The peer's close frame may sit behind data nobody reads while paused. */
  #readToTheEnd(): void {
    this.#pauses = 0;
    if (!this.#isParserDone && !this.#isParsing) this.#askTurn();
  }

  #violated(code: number, reason: string): void {
    this.#isParserDone = true;
    this.#stopParsing();
    const listener = this.#listener;
    this.#listener = undefined;
    if (this.#state === 'open' && listener !== undefined) listener.onViolation(code, reason);
    else this.#socket.end();
  }

  /** FIN. What is parsed is still delivered, at the pace of the target (L11). */
  #peerIsDone(): void {
    this.#isPeerDone = true;
    if (!this.#parser.hasUnparsed && !this.#isParsing) this.#finished();
  }

  /**
   * The parser has seen everything: after the peer's close frame, FIN, or the end of the socket. WebSocket knows no
   * half of a connection (RFC 6455 7.1.5: TCP closed without a close frame is 1006), so a peer that ended its side
   * gets what was written for it by now, then our FIN.
   */
  #finished(): void {
    this.#isParserDone = true;
    this.#parser.end();
    this.flush();
    this.#outbox.whenEmpty(() => this.#socket.end());
    if (this.#state !== 'open') return;
    const listener = this.#listener;
    this.#listener = undefined;
    this.#state = 'closing';
    this.#closeWithin(this.#options.closeTimeoutMs);
    listener?.onLost();
  }

  /** A socket that broke still holds bytes that arrived before (G3): less than two chunks, parsed in slices. */
  #closed(): void {
    if (this.#isSocketGone) return;
    this.#isSocketGone = true;
    this.#isPeerDone = true;
    const rest: Buffer | null = this.#state === 'open' ? this.#socket.read() : null;
    if (rest !== null && !this.#isParserDone) this.#parser.push(rest);
    this.#outbox.close();
    if (this.#state === 'open' && !this.#isParserDone && this.#parser.hasUnparsed) this.#askTurn();
    else this.#cleanUp();
  }

  #cleanUp(): void {
    if (!this.#isParserDone) this.#finished();
    for (const deflate of Object.values(this.#options.extensions ?? NO_EXTENSIONS)) deflate.cleanup();
    this.#heldAccount?.close();
    this.#heldAccount = undefined;
    this.#deadline?.cancel();
    this.#state = 'closed';
  }

  /** Writes a close frame behind everything written before; `isLast` ends our side of the socket after it. */
  #sendClose(code: number | undefined, reason: Buffer, { isLast }: { isLast: boolean }): void {
    const payload = Buffer.allocUnsafe(code === undefined ? 0 : 2 + reason.length);
    if (code !== undefined) {
      payload.writeUInt16BE(code, 0);
      payload.set(reason, 2);
    }
    this.#outbox.push(encodeFrame(OPCODE_CLOSE, payload));
    this.flush();
    if (isLast) this.#outbox.whenEmpty(() => this.#socket.end());
  }

  #closeWithin(timeoutMs: number): void {
    this.#deadline ??= new Deadline(this.#options.clock, () => this.#socket.destroy());
    this.#deadline.within(timeoutMs);
  }
}
