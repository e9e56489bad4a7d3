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

/** Splits bytes into whole server frames; a cut one at the end is left out. */
export function readFrames(bytes: Buffer): ServerFrame[] {
  const frames: ServerFrame[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
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
    frames.push({ opcode: bytes[at]! & 0x0f, payload: bytes.toString('latin1', start, start + length) });
    at = start + length;
  }
  return frames;
}
