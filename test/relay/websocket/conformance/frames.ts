/** What a conformance case is made of. */
import { maskedFrame } from '../../wire.ts';

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** Bytes that are sent, and what has to come back. The client closes with 1000 unless the server has to. */
export interface Case {
  /** The numbers of Autobahn, and what it does. */
  readonly name: string;
  readonly sends: readonly Buffer[];
  /** Sent in packets of this size. Default: all at once. */
  readonly chop?: number;
  /** Messages that come back, as opcode and bytes. */
  readonly echoes?: readonly (readonly [opcode: number, payload: string])[];
  readonly pongs?: readonly string[];
  /** Code the server closes with. Default: it answers the client's 1000. */
  readonly closedWith?: number;
}

/** A part of a message. */
export const part = (opcode: number, payload: string): Buffer => maskedFrame(opcode, payload, { fin: false });

/** A frame with reserved bits, 4 = RSV1. */
export const reserved = (bits: number, opcode: number, payload: string): Buffer =>
  maskedFrame((bits << 4) | opcode, payload);

export const NORMAL_CLOSE = maskedFrame(CLOSE, '\x03\xe8');

/** Text as UTF-8 bytes, one character each. */
export const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

/** One message, cut into frames of one byte. */
export function byteByByte(opcode: number, payload: string): Buffer[] {
  return [...payload].map((byte, index) =>
    maskedFrame(index === 0 ? opcode : CONTINUATION, byte, { fin: index === payload.length - 1 }),
  );
}
