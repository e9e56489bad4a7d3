import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import {
  encodeBinaryFrame,
  encodeFrame,
  framePayload,
  OPCODE_BINARY,
  OPCODE_TEXT,
} from '../../../src/relay/websocket/frame.ts';

interface Reference {
  readonly Sender: { frame(data: Buffer, options: object): Buffer[] };
}

const reference = (opcode: number, payload: Uint8Array): Buffer =>
  Buffer.concat(
    (ws as unknown as Reference).Sender.frame(Buffer.from(payload), {
      fin: true,
      opcode,
      mask: false,
      readOnly: true,
      rsv1: false,
    }),
  );

describe('encodeFrame()', () => {
  it('writes the bytes ws writes, for any payload', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(OPCODE_TEXT, OPCODE_BINARY),
        (payload, opcode) => {
          expect(encodeFrame(opcode, payload)).toEqual(reference(opcode, payload));
        },
      ),
    );
  });

  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 100_000])(
    'writes the bytes ws writes at length %d',
    (length) => {
      const payload = Buffer.alloc(length, 'x');
      expect(encodeFrame(OPCODE_BINARY, payload).equals(reference(OPCODE_BINARY, payload))).toBe(true);
    },
  );
});

describe('encodeBinaryFrame()', () => {
  it('writes one byte per character', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const binary = Buffer.from(bytes).toString('latin1');
        expect(encodeBinaryFrame(OPCODE_TEXT, binary)).toEqual(encodeFrame(OPCODE_TEXT, bytes));
      }),
    );
  });
});

describe('framePayload()', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536])('gives back %d bytes', (length) => {
    const payload = Buffer.alloc(length, 7);
    expect(framePayload(encodeFrame(OPCODE_BINARY, payload)).equals(payload)).toBe(true);
  });
});
