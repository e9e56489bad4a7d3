/**
 * Client frames as messages (RFC 6455 § 5). Our own and not the parser of `ws`, because of what it holds: that one
 * keeps every piece of an unfinished frame and every fragment of an unfinished message as a view into the chunk it
 * came in, a hundred bytes and more for one; and it cannot stop inside a chunk, which is a thousand messages after
 * their target had enough.
 *
 * What is held here is one chunk, from the place where parsing stopped, and one buffer that grows with what really
 * came of a message (`relay.md` L1: bytes bound a message, the number of its fragments costs nothing that stays).
 */
import { isUtf8 } from 'node:buffer';
import { ByteCollector } from '../../base/index.ts';
import { OPCODE_BINARY, OPCODE_CLOSE, OPCODE_PING, OPCODE_PONG, OPCODE_TEXT } from './frame.ts';
import { checkText } from './text-check.ts';
import type { Deflate } from './ws-package.ts';

/** What comes out, in wire order. */
export interface FrameListener {
  /** A whole data message. `data` may be a view into a larger buffer: copy what you keep. */
  onMessage(data: Buffer, isBinary: boolean): void;
  onPing(data: Buffer): void;
  /** `code` is 1005 when the frame carried none. Nothing is parsed after it. */
  onClose(code: number, reason: string): void;
  /** The peer broke a rule of RFC 6455 or a limit: close code and reason (`relay.md` § 7). Nothing is parsed after it. */
  onViolation(code: number, reason: string): void;
  /** A message was inflated: go on with `parse`. */
  onInflated(): void;
}

/** Where parsing stopped. */
export type ParseState =
  /** Everything was used: give more bytes. */
  | 'hungry'
  /** `framesMax` were parsed, or the listener called `stop`: call again. */
  | 'stopped'
  /** A message is being inflated: wait for `onInflated`. */
  | 'inflating'
  /** After a close frame or a violation: give nothing more. */
  | 'ended';

const OPCODE_CONTINUATION = 0x0;
const NOTHING = Buffer.alloc(0);
const HEADER_BYTES_MAX = 14;
/** RFC 6455 5.5. */
const CONTROL_BYTES_MAX = 125;

export class FrameParser {
  readonly #listener: FrameListener;
  readonly #messageBytesMax: number;
  readonly #deflate: Deflate | undefined;
  #chunk: Buffer = NOTHING;
  #at = 0;
  /** A frame header that a chunk cut. */
  #header: Buffer | undefined;
  #headerBytes = 0;
  // The frame whose payload is being read; `#left` bytes of it are still to come.
  #isInPayload = false;
  #isFinal = false;
  #opcode = 0;
  #length = 0;
  #left = 0;
  #mask = 0;
  // The message under way; opcode 0 = none.
  #messageOpcode = 0;
  #isCompressed = false;
  readonly #assembly: ByteCollector;
  /** Of a text, those known to be one. */
  #checkedBytes = 0;
  #emptyFragments = 0;
  /** A control frame may stand between fragments, so it has a place of its own. */
  #control: Buffer = NOTHING;
  #isStopped = false;
  #isInflating = false;
  #isEnded = false;

  constructor(listener: FrameListener, options: { messageBytesMax: number; deflate?: Deflate | undefined }) {
    this.#listener = listener;
    this.#messageBytesMax = options.messageBytesMax;
    this.#assembly = new ByteCollector(options.messageBytesMax);
    this.#deflate = options.deflate;
  }

  /** Bytes of memory held: what is not parsed yet, and the message under way. */
  get heldBytes(): number {
    return this.#chunk.length + this.#assembly.heldBytes;
  }

  /** What it will hold when the frame at hand is here. */
  get expectedBytes(): number {
    return this.#assembly.length + this.#left;
  }

  /** The rest of a chunk, or of a message. */
  get hasUnparsed(): boolean {
    return this.#at < this.#chunk.length || this.#isInflating;
  }

  /** Gives the next bytes, which are the parser's from here on. Only when it is hungry. */
  push(chunk: Buffer): void {
    this.#chunk =
      this.#at === this.#chunk.length ? chunk : Buffer.concat([this.#chunk.subarray(this.#at), chunk]);
    this.#at = 0;
  }

  /** For the listener: `parse` returns after the frame at hand. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Nothing will be asked any more: lets go of everything. */
  end(): void {
    this.#isEnded = true;
    this.#chunk = NOTHING;
    this.#at = 0;
    this.#assembly.take();
    this.#control = NOTHING;
  }

  /** Parses at most so many frames. */
  parse(framesMax: number): ParseState {
    this.#isStopped = false;
    for (let frames = 0; ; ) {
      if (this.#isEnded) return 'ended';
      if (this.#isInflating) return 'inflating';
      if (frames === framesMax || this.#isStopped) {
        this.#freeChunk();
        return 'stopped';
      }
      if (!this.#isInPayload && !this.#readHeader()) return this.#starve();
      if (this.#isEnded) return 'ended';
      if (!this.#readPayload()) return this.#starve();
      frames++;
    }
  }

  /** A chunk that is used up would only pin its memory. */
  #freeChunk(): void {
    if (this.#at < this.#chunk.length) return;
    this.#chunk = NOTHING;
    this.#at = 0;
  }

  /** The chunk is used up. */
  #starve(): ParseState {
    this.#freeChunk();
    return this.#isEnded ? 'ended' : 'hungry';
  }

  /** @returns whether a whole header was read, or the peer broke a rule in it. */
  #readHeader(): boolean {
    const chunk = this.#chunk;
    if (this.#headerBytes === 0) {
      const needed = headerBytes(chunk, this.#at);
      if (needed !== undefined && this.#at + needed <= chunk.length) {
        const at = this.#at;
        this.#at += needed;
        this.#begin(chunk, at);
        return true;
      }
    }
    // Byte by byte: it comes to this once in a chunk.
    this.#header ??= Buffer.alloc(HEADER_BYTES_MAX);
    const header = this.#header;
    while (this.#at < chunk.length) {
      header[this.#headerBytes++] = chunk[this.#at++]!;
      // What its first two bytes rule out is said then, not when a client cares to send the rest.
      const isRefused = this.#headerBytes === 2 && !this.#mayBegin(header[0]!, header[1]!);
      if (!isRefused && this.#headerBytes !== headerBytes(header.subarray(0, this.#headerBytes), 0)) continue;
      this.#headerBytes = 0;
      this.#header = undefined;
      this.#begin(header, 0);
      return true;
    }
    return false;
  }

  /** RFC 6455 5.2: takes a whole header, or ends with what is wrong with it, before any byte of its payload. */
  #begin(bytes: Buffer, at: number): void {
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    if (!this.#mayBegin(first, second)) {
      this.#violate(1002, 'protocol error');
      return;
    }
    const opcode = first & 0x0f;
    const short = second & 0x7f;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : readLength(bytes, at + 2);
    if (opcode >= OPCODE_CLOSE) this.#control = length === 0 ? NOTHING : Buffer.allocUnsafe(length);
    else {
      if (opcode !== OPCODE_CONTINUATION) {
        this.#messageOpcode = opcode;
        this.#isCompressed = (first & 0x40) !== 0;
      }
      if (!this.#hasRoomFor(length)) {
        this.#violate(1009, 'message too big');
        return;
      }
    }
    this.#isInPayload = true;
    this.#isFinal = (first & 0x80) !== 0;
    this.#opcode = opcode;
    this.#length = length;
    this.#left = length;
    this.#mask = bytes.readUInt32BE(at + (short < 126 ? 2 : short === 126 ? 4 : 10));
  }

  /** Whether a header may begin like this. Reserved bits, and a client that does not mask (5.1), may not. */
  #mayBegin(first: number, second: number): boolean {
    const isFinal = (first & 0x80) !== 0;
    const isCompressed = (first & 0x40) !== 0;
    const isMasked = (second & 0x80) !== 0;
    if ((first & 0x30) !== 0 || !isMasked) return false;
    return this.#isExpected(first & 0x0f, isFinal, isCompressed, second & 0x7f);
  }

  /** Whether a frame may come now (RFC 6455 5.4, 5.5; RFC 7692 6: the first frame says whether a message is compressed). */
  #isExpected(opcode: number, isFinal: boolean, isCompressed: boolean, shortLength: number): boolean {
    switch (opcode) {
      case OPCODE_CONTINUATION:
        return this.#messageOpcode !== 0 && !isCompressed;
      case OPCODE_TEXT:
      case OPCODE_BINARY:
        return this.#messageOpcode === 0 && (!isCompressed || this.#deflate !== undefined);
      case OPCODE_CLOSE:
      case OPCODE_PING:
      case OPCODE_PONG:
        return isFinal && !isCompressed && shortLength <= CONTROL_BYTES_MAX;
      default:
        return false;
    }
  }

  /** L1. Empty fragments hold nothing, but they may not go on for ever: as many as a message may have bytes. */
  #hasRoomFor(length: number): boolean {
    if (length === 0) return ++this.#emptyFragments <= this.#messageBytesMax;
    // Deflate makes what it cannot compress a little longer; what counts is the size it comes to.
    const slack = this.#isCompressed ? (this.#messageBytesMax >>> 10) + 1024 : 0;
    return this.#assembly.length + length <= this.#messageBytesMax + slack;
  }

  /** @returns whether the payload is complete. */
  #readPayload(): boolean {
    const { length } = this.#chunk;
    const available = Math.min(this.#left, length - this.#at);
    const start = this.#at;
    const end = start + available;
    unmask(this.#chunk, start, end, this.#mask, (this.#length - this.#left) & 3);
    this.#at = end;
    const isWhole = available === this.#length;
    this.#left -= available;
    const piece = this.#chunk.subarray(start, end);
    if (this.#opcode >= OPCODE_CLOSE) {
      if (available > 0) this.#control.set(piece, this.#length - this.#left - available);
      if (this.#left > 0) return false;
      this.#isInPayload = false;
      this.#finishControl();
      return true;
    }
    if (isWhole && this.#isFinal && this.#assembly.length === 0) {
      this.#isInPayload = false;
      this.#finishMessage(piece);
      return true;
    }
    // A frame that is mostly here gets its room at once; others pay as they come, whatever they announce.
    this.#assembly.append(piece, available * 2 >= this.#length ? this.#left : 0);
    if (this.#messageOpcode === OPCODE_TEXT && !this.#isCompressed && !this.#isTextSoFar()) {
      this.#violate(1007, 'invalid utf-8');
      return true;
    }
    if (this.#left > 0) return false;
    this.#isInPayload = false;
    if (this.#isFinal) this.#finishMessage(this.#assembly.take());
    return true;
  }

  /** RFC 6455 8.1, at the first wrong byte. */
  #isTextSoFar(): boolean {
    const checked = checkText(this.#assembly.collected, this.#checkedBytes, this.#assembly.length);
    if (checked === undefined) return false;
    this.#checkedBytes = checked;
    return true;
  }

  #finishMessage(data: Buffer): void {
    const isBinary = this.#messageOpcode === OPCODE_BINARY;
    const isCompressed = this.#isCompressed;
    this.#messageOpcode = 0;
    this.#isCompressed = false;
    this.#emptyFragments = 0;
    this.#checkedBytes = 0;
    if (!isCompressed) {
      this.#deliver(data, isBinary);
      return;
    }
    this.#isInflating = true;
    this.#deflate!.decompress(data, true, (error, inflated) => {
      this.#isInflating = false;
      if (this.#isEnded) return;
      if (error == null) this.#deliver(inflated!, isBinary);
      else if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#violate(1009, 'message too big');
      else this.#violate(1002, 'protocol error');
      this.#listener.onInflated();
    });
  }

  #deliver(data: Buffer, isBinary: boolean): void {
    if (!isBinary && !isUtf8(data)) this.#violate(1007, 'invalid utf-8');
    else this.#listener.onMessage(data, isBinary);
  }

  #finishControl(): void {
    const data = this.#control;
    this.#control = NOTHING;
    if (this.#opcode === OPCODE_PING) this.#listener.onPing(data);
    else if (this.#opcode === OPCODE_CLOSE) this.#finishClose(data);
  }

  /** RFC 6455 5.5.1, 7.4. */
  #finishClose(data: Buffer): void {
    const code = data.length < 2 ? 1005 : data.readUInt16BE(0);
    const reason = data.subarray(2);
    if (data.length === 1 || (data.length > 1 && !isCloseCodeValid(code)))
      this.#violate(1002, 'protocol error');
    else if (!isUtf8(reason)) this.#violate(1007, 'invalid utf-8');
    else {
      this.end();
      this.#listener.onClose(code, reason.toString('utf8'));
    }
  }

  #violate(code: number, reason: string): void {
    this.end();
    this.#listener.onViolation(code, reason);
  }
}

/** Bytes of the header that begins at `at`; `undefined` while its first two bytes are not there. */
function headerBytes(bytes: Uint8Array, at: number): number | undefined {
  const second = bytes[at + 1];
  if (second === undefined) return undefined;
  if ((second & 0x80) === 0) return 2; // without a mask: refused, whatever its length
  const short = second & 0x7f;
  return (short < 126 ? 2 : short === 126 ? 4 : 10) + 4;
}

/** 64 bits; what no number can hold is beyond every limit all the same. */
function readLength(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}

/** RFC 6455 5.3, in place. `phase`: how many bytes of this payload came before, modulo 4. */
function unmask(bytes: Buffer, start: number, end: number, mask: number, phase: number): void {
  if (mask === 0) return;
  const keys = [mask >>> 24, (mask >>> 16) & 0xff, (mask >>> 8) & 0xff, mask & 0xff];
  const a = keys[phase & 3]!;
  const b = keys[(phase + 1) & 3]!;
  const c = keys[(phase + 2) & 3]!;
  const d = keys[(phase + 3) & 3]!;
  let i = start;
  for (const last = end - 3; i < last; i += 4) {
    bytes[i]! ^= a;
    bytes[i + 1]! ^= b;
    bytes[i + 2]! ^= c;
    bytes[i + 3]! ^= d;
  }
  if (i < end) bytes[i]! ^= a;
  if (i + 1 < end) bytes[i + 1]! ^= b;
  if (i + 2 < end) bytes[i + 2]! ^= c;
}

/** Codes a peer may send: those of the registry that are no local ones (RFC 6455 7.4.1), and 3000-4999 (7.4.2). */
function isCloseCodeValid(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}
