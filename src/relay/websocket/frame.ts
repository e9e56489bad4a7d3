/** Server frames as bytes (RFC 6455 § 5.2): never masked, never fragmented. */

/** Frame types we write. */
export const OPCODE_TEXT = 0x1;
export const OPCODE_BINARY = 0x2;
export const OPCODE_CLOSE = 0x8;
export const OPCODE_PING = 0x9;
export const OPCODE_PONG = 0xa;

/** Bytes of the header in front of a payload of this length. */
export function frameHeaderBytes(payloadBytes: number): number {
  return payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10;
}

/** Writes the header of one whole frame at the start of `frame`. */
export function writeFrameHeader(frame: Buffer, opcode: number, payloadBytes: number): void {
  frame[0] = 0x80 | opcode;
  if (payloadBytes < 126) frame[1] = payloadBytes;
  else if (payloadBytes < 65_536) {
    frame[1] = 126;
    frame[2] = payloadBytes >> 8;
    frame[3] = payloadBytes & 0xff;
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(Math.floor(payloadBytes / 2 ** 32), 2);
    frame.writeUInt32BE(payloadBytes >>> 0, 6);
  }
}

/** One frame around a copy of the bytes. */
export function encodeFrame(opcode: number, payload: Uint8Array): Buffer {
  const headerBytes = frameHeaderBytes(payload.length);
  const frame = Buffer.allocUnsafe(headerBytes + payload.length);
  writeFrameHeader(frame, opcode, payload.length);
  frame.set(payload, headerBytes);
  return frame;
}

/** One frame around a binary string (one character per byte). */
export function encodeBinaryFrame(opcode: number, payload: string): Buffer {
  const headerBytes = frameHeaderBytes(payload.length);
  const frame = Buffer.allocUnsafe(headerBytes + payload.length);
  writeFrameHeader(frame, opcode, payload.length);
  frame.write(payload, headerBytes, 'latin1');
  return frame;
}

/** Whether a frame made here holds bytes rather than text. */
export function isBinaryFrame(frame: Buffer): boolean {
  return (frame[0]! & 0x0f) === OPCODE_BINARY;
}

/** Whether a frame made here is a message and not a control frame (RFC 6455 5.5). */
export function isDataFrame(frame: Buffer): boolean {
  return (frame[0]! & 0x08) === 0;
}

/** The payload inside a frame made here. */
export function framePayload(frame: Buffer): Buffer {
  const length = frame[1]!;
  return frame.subarray(length < 126 ? 2 : length === 126 ? 4 : 10);
}
