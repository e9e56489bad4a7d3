/** Frames as a client sees them: masked ones to send, the server's to read. For tests and benches. */

/** A client frame. `payload` as text is one byte per character. */
export function maskedFrame(
  opcode: number,
  payload: string | Uint8Array,
  options: { fin?: boolean; mask?: readonly [number, number, number, number] } = {},
): Buffer {
  const data = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : Buffer.from(payload);
  const lengthBytes = data.length < 126 ? 0 : data.length < 65_536 ? 2 : 8;
  const frame = Buffer.alloc(2 + lengthBytes + 4 + data.length);
  frame[0] = (options.fin === false ? 0 : 0x80) | opcode;
  if (lengthBytes === 0) frame[1] = 0x80 | data.length;
  else if (lengthBytes === 2) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(data.length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(data.length), 2);
  }
  const mask = options.mask ?? [0x12, 0x34, 0x56, 0x78];
  const start = 2 + lengthBytes + 4;
  frame.set(mask, start - 4);
  for (let i = 0; i < data.length; i++) frame[start + i] = data[i]! ^ mask[i & 3]!;
  return frame;
}

/** A server frame as it was read. */
export interface ServerFrame {
  readonly opcode: number;
  /** One character per byte. */
  readonly payload: string;
}

/** A server frame with everything on it. */
export interface RawFrame {
  readonly isFinal: boolean;
  /** RSV1-3, 4 = RSV1 only. */
  readonly reserved: number;
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly payload: Buffer;
  /** Length with its head. */
  readonly byteCount: number;
}

/** Splits bytes into whole frames, at most `countMax`; a cut one at the end is left out. */
export function readRawFrames(bytes: Buffer, countMax = Number.POSITIVE_INFINITY): RawFrame[] {
  const frames: RawFrame[] = [];
  for (let at = 0; at + 2 <= bytes.length && frames.length < countMax; ) {
    const short = bytes[at + 1]! & 0x7f;
    const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    if (start > bytes.length) break;
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    if (start + length > bytes.length) break;
    const first = bytes[at]!;
    frames.push({
      isFinal: first >= 0x80,
      reserved: (first >> 4) & 7,
      opcode: first & 0x0f,
      isMasked: bytes[at + 1]! >= 0x80,
      payload: bytes.subarray(start, start + length),
      byteCount: start + length - at,
    });
    at = start + length;
  }
  return frames;
}

/** The same, as opcode and text. */
export function readFrames(bytes: Buffer): ServerFrame[] {
  return readRawFrames(bytes).map(({ opcode, payload }) => ({ opcode, payload: payload.toString('latin1') }));
}
