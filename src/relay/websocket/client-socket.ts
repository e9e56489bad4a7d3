/**
 * One upgraded socket: bytes to messages, frames to bytes, and the closing handshake. Knows nothing of
 * processes. All ways an open socket ends are told to the listener exactly once; what happens on the wire
 * afterwards (answering a close, waiting for the peer, dropping it) goes on here in the background.
 *
 * Ways it ends, and why each is safe:
 *   peer sends a close frame   `onClientClose`; echoed, then FIN; destroyed after `closeTimeoutMs`
 *   peer breaks the protocol   `onViolation`; the listener closes with its code; nothing is parsed any more
 *   peer vanishes (FIN, RST)   `onLost`; destroyed
 *   we close()                 the listener is released first: it hears nothing more
 *   we destroy()               same, without a close frame
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, Deadline, RELAY_FRAGMENTS_MAX } from '../../base/index.ts';
import { encodeFrame, framePayload, isBinaryFrame, OPCODE_CLOSE, OPCODE_PING, OPCODE_PONG } from './frame.ts';
import {
  createReceiver,
  createSender,
  type Extensions,
  type FrameReceiver,
  type FrameSender,
  NO_EXTENSIONS,
  toViolation,
} from './ws-package.ts';

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

/** What a client socket is made of. */
export interface ClientSocketOptions {
  /** The socket after the 101, nobody else listening on it. */
  readonly socket: Duplex & Partial<Pick<Socket, 'bytesRead' | 'setTimeout' | 'setNoDelay'>>;
  readonly clock: Clock;
  readonly extensions?: Extensions;
  readonly messageBytesMax: number;
  readonly queuedBytesMax: number;
  readonly closeTimeoutMs: number;
}

/** Batches up to this size leave as one buffer; larger ones as one vectored write. */
const BATCH_BYTES_MAX = 65_536;

const EMPTY = Buffer.alloc(0);

export class ClientSocket {
  readonly #socket: ClientSocketOptions['socket'];
  readonly #options: ClientSocketOptions;
  readonly #receiver: FrameReceiver;
  /** Only with extensions; else frames go to the socket as they are. */
  readonly #sender: FrameSender | undefined;
  #listener: ClientSocketListener | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  /** How long a closing socket may stay; idle sockets hold none. */
  #deadline: Deadline | undefined;
  /** Frames waiting for `flush`. The first one apart: most batches are one frame, and idle sockets hold no array. */
  #frame: Buffer | undefined;
  #moreFrames: Buffer[] | undefined;
  #batchBytes = 0;
  /** Bytes handed to the sender that have not left it. */
  #senderBytes = 0;
  #isPaused = false;
  #pauseCount = 0;
  /** Ours alone to take off: others may listen on the socket too. */
  #onData: ((chunk: Buffer) => void) | undefined;

  constructor(options: ClientSocketOptions) {
    const extensions = options.extensions ?? NO_EXTENSIONS;
    this.#options = options;
    this.#socket = options.socket;
    this.#receiver = createReceiver({
      extensions,
      messageBytesMax: options.messageBytesMax,
      fragmentsMax: RELAY_FRAGMENTS_MAX,
    });
    if (extensions !== NO_EXTENSIONS) this.#sender = createSender(options.socket, extensions);
  }

  /**
   * Starts reading. Bytes that came with the request are parsed first, after this call returned (H12).
   * @param head bytes the HTTP parser had read beyond the request
   */
  open(listener: ClientSocketListener, head: Buffer): void {
    this.#listener = listener;
    const receiver = this.#receiver;
    receiver.on('message', (data: Buffer, isBinary: boolean) => this.#listener?.onMessage(data, isBinary));
    receiver.on('ping', (data: Buffer) => this.#pong(data));
    receiver.on('conclude', (code: number, reason: Buffer) => this.#concluded(code, reason));
    receiver.on('error', (error: Error) => this.#violated(error));
    receiver.on('finish', () => this.#finished());
    const socket = this.#socket;
    socket.setTimeout?.(0); // L7: timeouts of the HTTP server ended with the 101
    socket.setNoDelay?.(true);
    socket.on('error', () => {}); // `close` follows and is handled
    socket.on('end', () => receiver.end());
    socket.on('close', () => this.#closed());
    // A peer that went while the handler ran has said so already, and will not again.
    if (socket.closed) process.nextTick(() => this.#closed());
    else if (socket.readableEnded) receiver.end();
    else if (head.length > 0) socket.unshift(head);
    if (this.#sender === undefined) this.#onData = (chunk) => void receiver.write(chunk);
    else {
      // Inflating takes time: hold the socket while the parser is busy.
      receiver.on('drain', () => this.#isPaused || socket.resume());
      this.#onData = (chunk) => void (receiver.write(chunk) || socket.pause());
    }
    socket.on('data', this.#onData);
  }

  /** Bytes received so far, for liveness. */
  get bytesRead(): number {
    return this.#socket.bytesRead ?? 0;
  }

  /** Bytes written that have not left the process. */
  get queuedBytes(): number {
    return this.#socket.writableLength + this.#batchBytes + this.#senderBytes;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** How often the socket was paused: tells whether a stretch of time was free of pauses. */
  get pauseCount(): number {
    return this.#pauseCount;
  }

  /** Stops reading; what the parser holds already is still delivered. */
  pause(): void {
    this.#isPaused = true;
    this.#pauseCount++;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** Adds one frame made by `encodeFrame` to the batch; `flush()` sends it. */
  write(frame: Buffer): void {
    if (this.#state !== 'open') return;
    if (this.#sender !== undefined) {
      this.#writeCompressed(this.#sender, frame);
      return;
    }
    this.#batchBytes += frame.length;
    if (this.#frame === undefined) this.#frame = frame;
    else if (this.#moreFrames === undefined) this.#moreFrames = [this.#frame, frame];
    else this.#moreFrames.push(frame);
  }

  /** Sends the batch: one system call for many frames. */
  flush(): void {
    if (this.#frame === undefined) return;
    const batch = this.#moreFrames;
    if (batch === undefined) this.#socket.write(this.#frame);
    else if (this.#batchBytes <= BATCH_BYTES_MAX) this.#socket.write(Buffer.concat(batch, this.#batchBytes));
    else {
      this.#socket.cork();
      for (const frame of batch) this.#socket.write(frame);
      this.#socket.uncork();
    }
    this.#frame = undefined;
    this.#moreFrames = undefined;
    this.#batchBytes = 0;
  }

  ping(): void {
    if (this.#sender !== undefined) this.#sender.ping(EMPTY, false);
    else this.#socket.write(encodeFrame(OPCODE_PING, EMPTY));
  }

  /** Closes with a frame and lets the handshake finish in the background. The listener hears nothing more. */
  close(code: number, reason: Buffer): void {
    this.#listener = undefined;
    if (this.#state !== 'open') return;
    this.flush();
    this.#state = 'closing';
    this.#sendClose(code, reason, { isLast: this.#receiver.destroyed || this.#receiver.writableEnded });
    // The peer's close frame may sit behind data nobody reads while paused.
    if (this.#isPaused) this.resume();
    this.#closeWithin(this.#options.closeTimeoutMs);
  }

  /** Closes with a frame and drops the socket once that frame is out; the peer is not waited for. */
  closeNow(code: number, reason: Buffer): void {
    this.#listener = undefined;
    if (this.#state !== 'open') return;
    this.flush();
    this.#state = 'closing';
    this.#sendClose(code, reason, { isLast: true });
    this.#socket.once('finish', () => this.#socket.destroy());
    this.#closeWithin(this.#options.closeTimeoutMs);
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

  #writeCompressed(sender: FrameSender, frame: Buffer): void {
    const payload = framePayload(frame);
    this.#senderBytes += payload.length;
    sender.send(payload, { binary: isBinaryFrame(frame), compress: true, fin: true, mask: false }, () => {
      this.#senderBytes -= payload.length;
    });
  }

  #pong(data: Buffer): void {
    // A peer that floods pings without reading gets no pong: RFC 6455 5.5.3 asks only for the latest.
    if (this.#state !== 'open' || this.queuedBytes > this.#options.queuedBytesMax) return;
    if (this.#sender !== undefined) this.#sender.pong(data, false);
    else this.#socket.write(encodeFrame(OPCODE_PONG, data));
  }

  /** The peer's close frame arrived. */
  #concluded(code: number, reason: Buffer): void {
    if (this.#state === 'open') {
      const listener = this.#listener;
      this.#listener = undefined;
      this.#state = 'closing';
      this.flush();
      // RFC 6455 5.5.1: echo the code; 7.1.1: the server closes the TCP connection first.
      this.#sendClose(code === 1005 ? undefined : code, EMPTY, { isLast: true });
      this.#closeWithin(this.#options.closeTimeoutMs);
      listener?.onClientClose(code, reason.toString('utf8'));
    } else this.#socket.end();
    this.#stopParsing();
  }

  /** What follows is no frame for us; it is read away so that the peer's FIN is seen. */
  #stopParsing(): void {
    this.#isPaused = false;
    if (this.#onData !== undefined) this.#socket.off('data', this.#onData);
    this.#socket.resume();
  }

  #violated(error: Error): void {
    this.#stopParsing();
    const listener = this.#listener;
    this.#listener = undefined;
    if (this.#state === 'open' && listener !== undefined) {
      const violation = toViolation(error);
      listener.onViolation(violation.code, violation.reason);
    } else this.#socket.end();
  }

  /** The parser has seen everything: after the peer's close frame, FIN, or the end of the socket. */
  #finished(): void {
    this.#socket.end(); // nothing more will come; a half-open socket would wait for ever
    if (this.#state !== 'open') return;
    const listener = this.#listener;
    this.#listener = undefined;
    this.#state = 'closing';
    this.#closeWithin(this.#options.closeTimeoutMs);
    listener?.onLost();
  }

  #closed(): void {
    // A socket that broke while paused still holds bytes that arrived before (G3).
    const rest: Buffer | null = this.#state === 'open' ? this.#socket.read() : null;
    if (rest !== null && !this.#receiver.destroyed) this.#receiver.write(rest);
    for (const deflate of Object.values(this.#options.extensions ?? NO_EXTENSIONS)) deflate.cleanup();
    if (!this.#receiver.destroyed) this.#receiver.end();
    this.#finished();
    this.#deadline?.cancel();
    this.#state = 'closed';
  }

  /** Writes a close frame behind everything written before; `isLast` ends our side of the socket after it. */
  #sendClose(code: number | undefined, reason: Buffer, { isLast }: { isLast: boolean }): void {
    if (this.#sender !== undefined) {
      // Earlier messages may still be in the compressor.
      this.#sender.close(code, reason, false, () => isLast && this.#socket.end());
      return;
    }
    const payload = Buffer.allocUnsafe(code === undefined ? 0 : 2 + reason.length);
    if (code !== undefined) {
      payload.writeUInt16BE(code, 0);
      payload.set(reason, 2);
    }
    this.#socket.write(encodeFrame(OPCODE_CLOSE, payload));
    if (isLast) this.#socket.end();
  }

  #closeWithin(timeoutMs: number): void {
    this.#deadline ??= new Deadline(this.#options.clock, () => this.#socket.destroy());
    this.#deadline.within(timeoutMs);
  }
}
