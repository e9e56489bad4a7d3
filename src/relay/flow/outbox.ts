/**
 * What waits to leave for one client. It is handed to the socket piece by piece and kept here until then: what the
 * socket has cannot be taken back, what is here can be let go, and a close frame still gets out behind it.
 *
 * The byte budget is told of what waits, and of nothing else: a client that keeps up costs it no call. A frame that
 * waits for many clients is the same memory, and charged once.
 */
import type { Writable } from 'node:stream';
import { type ByteAccount, Deque } from '../../base/index.ts';

/** Where frames go. */
export interface FrameSink {
  /** Takes one now; else it says `drained` when it does again. */
  readonly isReady: boolean;
  /** Bytes it was given that have not left the process. */
  readonly bytes: number;
  /** Whether several small frames may be given as one piece. */
  readonly takesBatches: boolean;
  write(frame: Buffer): void;
}

/** Batches up to this size leave as one buffer. */
const BATCH_BYTES_MAX = 65_536;
/** Memory of a frame beside its bytes. */
const FRAME_OVERHEAD_BYTES = 128;

/** Frames that wait for clients, each with the number of those. Shared by the connections of one hub. */
export class SharedFrames {
  readonly #holders = new Map<Buffer, number>();

  /** @returns whether it is the first to hold it. */
  hold(frame: Buffer): boolean {
    const holders = this.#holders.get(frame) ?? 0;
    this.#holders.set(frame, holders + 1);
    return holders === 0;
  }

  /** @returns whether it was the last. */
  release(frame: Buffer): boolean {
    const holders = this.#holders.get(frame)! - 1;
    if (holders === 0) this.#holders.delete(frame);
    else this.#holders.set(frame, holders);
    return holders === 0;
  }
}

/** A sink over a stream of Node: a socket, a response. */
export function streamSink(stream: Writable): FrameSink {
  return {
    takesBatches: true,
    // A write the system took at once leaves nothing behind, although the stream still asks for patience.
    get isReady() {
      return stream.writableLength === 0 || !stream.writableNeedDrain;
    },
    get bytes() {
      return stream.writableLength;
    },
    write: (frame) => void stream.write(frame),
  };
}

export class Outbox {
  readonly #sink: FrameSink;
  readonly #shared: SharedFrames;
  readonly #openAccount: () => ByteAccount;
  #account: ByteAccount | undefined;
  /** Frames of this step, not charged. The first one apart: most steps write one, and idle clients hold no array. */
  #frame: Buffer | undefined;
  #moreFrames: Buffer[] | undefined;
  #batchBytes = 0;
  /** Frames that could not leave, charged. */
  #waiting: Deque<Buffer> | undefined;
  #waitingBytes = 0;
  /** Pieces the sink has and did not send, charged. */
  #underWay: Buffer[] | undefined;
  #onEmpty: (() => void) | undefined;

  /** @param openAccount called when something has to wait, at most once. */
  constructor(sink: FrameSink, shared: SharedFrames, openAccount: () => ByteAccount) {
    this.#sink = sink;
    this.#shared = shared;
    this.#openAccount = openAccount;
  }

  /** Bytes that have not left the process. */
  get bytes(): number {
    return this.#batchBytes + this.#waitingBytes + this.#sink.bytes;
  }

  /** Adds a frame; `flush` sends it. */
  push(frame: Buffer): void {
    this.#batchBytes += frame.length;
    if (this.#frame === undefined) this.#frame = frame;
    else if (this.#moreFrames === undefined) this.#moreFrames = [this.#frame, frame];
    else this.#moreFrames.push(frame);
  }

  /** Sends what was added, as far as the sink takes it: many small frames as one piece. */
  flush(): void {
    if (this.#frame === undefined) return;
    const frames = this.#moreFrames ?? [this.#frame];
    const bytes = this.#batchBytes;
    this.#frame = undefined;
    this.#moreFrames = undefined;
    this.#batchBytes = 0;
    const isFree = this.#waiting === undefined && this.#underWay === undefined && this.#sink.isReady;
    if (!isFree || (frames.length > 1 && (bytes > BATCH_BYTES_MAX || !this.#sink.takesBatches))) {
      this.#wait(frames, bytes);
      if (isFree) this.drained();
      return;
    }
    this.#write(frames.length === 1 ? frames[0]! : Buffer.concat(frames, bytes));
    this.#tellEmpty();
  }

  /** The sink takes frames again. */
  drained(): void {
    this.#settle();
    while (this.#waiting !== undefined && this.#sink.isReady) {
      this.#settle();
      this.#write(this.#takePiece());
    }
    this.#tellEmpty();
  }

  /** Lets go of everything, for good; what the sink was given it alone holds now, and not for long. */
  discard(): void {
    const underWay = this.#underWay;
    this.#underWay = undefined;
    if (underWay !== undefined) this.#release(underWay);
    this.#frame = undefined;
    this.#moreFrames = undefined;
    this.#batchBytes = 0;
    const frames = this.#waiting;
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    if (frames !== undefined) this.#release(frames);
  }

  /** The sink is gone. */
  close(): void {
    this.discard();
    this.#account?.close();
    this.#account = undefined;
    this.#onEmpty = undefined;
  }

  /** Calls back once, when the sink was given everything. */
  whenEmpty(callback: () => void): void {
    this.#onEmpty = callback;
    this.#tellEmpty();
  }

  #tellEmpty(): void {
    if (this.#onEmpty === undefined || this.#waiting !== undefined || this.#frame !== undefined) return;
    const callback = this.#onEmpty;
    this.#onEmpty = undefined;
    callback();
  }

  /** What the sink did not send at once is charged until it is `drained`. */
  #write(piece: Buffer): void {
    this.#sink.write(piece);
    if (this.#sink.isReady) return;
    this.#underWay ??= [];
    this.#underWay.push(piece);
    this.#hold([piece]);
  }

  #settle(): void {
    const pieces = this.#underWay;
    if (pieces === undefined || !(this.#sink.isReady || this.#sink.bytes === 0)) return;
    this.#underWay = undefined;
    this.#release(pieces);
  }

  #wait(frames: readonly Buffer[], bytes: number): void {
    this.#waiting ??= new Deque();
    for (const frame of frames) this.#waiting.push(frame);
    this.#waitingBytes += bytes;
    this.#hold(frames);
  }

  /** The next frame, or several small ones as one. */
  #takePiece(): Buffer {
    const waiting = this.#waiting!;
    const frames: Buffer[] = [];
    let bytes = 0;
    do {
      const frame = waiting.shift()!;
      frames.push(frame);
      bytes += frame.length;
    } while (
      this.#sink.takesBatches &&
      waiting.size > 0 &&
      bytes + waiting.peek()!.length <= BATCH_BYTES_MAX
    );
    this.#waitingBytes -= bytes;
    if (waiting.size === 0) this.#waiting = undefined;
    this.#release(frames);
    return frames.length === 1 ? frames[0]! : Buffer.concat(frames, bytes);
  }

  /** The last thing its callers do: the budget may answer by dropping this very client. */
  #hold(frames: readonly Buffer[]): void {
    let bytes = 0;
    let charged = 0;
    for (const frame of frames) {
      const cost = frame.length + FRAME_OVERHEAD_BYTES;
      bytes += cost;
      if (this.#shared.hold(frame)) charged += cost;
    }
    this.#account ??= this.#openAccount();
    this.#account.hold(bytes, charged);
  }

  #release(frames: Iterable<Buffer>): void {
    let bytes = 0;
    let charged = 0;
    for (const frame of frames) {
      const cost = frame.length + FRAME_OVERHEAD_BYTES;
      bytes += cost;
      if (this.#shared.release(frame)) charged += cost;
    }
    this.#account!.release(bytes, charged);
  }
}
