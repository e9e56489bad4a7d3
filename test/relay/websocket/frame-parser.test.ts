import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPCODE_BINARY, OPCODE_CLOSE, OPCODE_PING, OPCODE_TEXT } from '../../../src/relay/websocket/frame.ts';
import { type FrameListener, FrameParser } from '../../../src/relay/websocket/frame-parser.ts';
import { maskedFrame } from '../wire.ts';

function createParser(messageBytesMax = 1024) {
  const heard: unknown[][] = [];
  const listener: FrameListener = {
    onMessage: (data, isBinary) => heard.push([isBinary ? 'binary' : 'text', data.toString('latin1')]),
    onPing: (data) => heard.push(['ping', data.toString('latin1')]),
    onClose: (code, reason) => heard.push(['close', code, reason]),
    onViolation: (code, reason) => heard.push(['violation', code, reason]),
    onInflated: () => {},
  };
  return { parser: new FrameParser(listener, { messageBytesMax }), heard };
}

/** A message in fragments of one size; the last one may be empty. */
function fragments(payload: string, size: number): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const opcode = at === 0 ? OPCODE_TEXT : 0;
    frames.push(maskedFrame(opcode, payload.slice(at, at + size), { fin: at + size >= payload.length }));
  }
  return Buffer.concat(frames);
}

describe('FrameParser', () => {
  it('accepts a message of exactly the limit in fragments of one byte, holding no more than its bytes (L11)', () => {
    const { parser, heard } = createParser(65_536);
    const bytes = fragments('x'.repeat(65_536), 1);
    let heldMax = 0;
    for (let at = 0; at < bytes.length; at += 16_384) {
      // A copy, as sockets give: what was parsed may not keep it.
      parser.push(Buffer.from(bytes.subarray(at, at + 16_384)));
      expect(parser.parse(Number.POSITIVE_INFINITY)).toBe('hungry');
      heldMax = Math.max(heldMax, parser.heldBytes);
    }
    expect(heard).toEqual([['text', 'x'.repeat(65_536)]]);
    expect(heldMax).toBeLessThanOrEqual(2 * 65_536);
    expect(parser.heldBytes).toBe(0);
  });

  it('grows with what came of a frame, not with what its header announces', () => {
    const { parser } = createParser(100_000_000);
    const header = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 5, 0, 0, 0, 1, 2, 3, 4]);
    parser.push(Buffer.concat([header, Buffer.alloc(10)]));
    expect(parser.parse(10)).toBe('hungry');
    expect(parser.heldBytes).toBeLessThanOrEqual(1024);
  });

  it('holds one buffer for a frame that trickles in byte by byte', () => {
    const { parser, heard } = createParser(10_000);
    for (const byte of maskedFrame(OPCODE_BINARY, 'y'.repeat(10_000))) {
      parser.push(Buffer.from([byte]));
      parser.parse(10);
      expect(parser.heldBytes).toBeLessThanOrEqual(20_000);
    }
    expect(heard).toEqual([['binary', 'y'.repeat(10_000)]]);
  });

  it('stops after so many frames, and where its listener says so, and goes on from there', () => {
    const { parser, heard } = createParser();
    parser.push(Buffer.concat(['a', 'b', 'c', 'd'].map((text) => maskedFrame(OPCODE_TEXT, text))));
    expect(parser.parse(3)).toBe('stopped');
    expect(heard).toHaveLength(3);
    expect(parser.hasUnparsed).toBe(true);
    expect(parser.parse(3)).toBe('hungry');
    expect(heard.map(([, text]) => text)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('takes an empty fragment for nothing, but not without end', () => {
    const { parser, heard } = createParser(10);
    const full = [maskedFrame(OPCODE_TEXT, 'x'.repeat(10), { fin: false }), maskedFrame(0, '')];
    parser.push(Buffer.concat(full));
    parser.parse(100);
    expect(heard).toEqual([['text', 'x'.repeat(10)]]);
    parser.push(maskedFrame(OPCODE_TEXT, '', { fin: false }));
    parser.parse(100);
    parser.push(Buffer.concat(Array.from({ length: 10 }, () => maskedFrame(0, '', { fin: false }))));
    expect(parser.parse(100)).toBe('ended');
    expect(heard.at(-1)).toEqual(['violation', 1009, 'message too big']);
  });

  it('answers pings between the fragments of a message, at any place of it', () => {
    const { parser, heard } = createParser();
    parser.push(
      Buffer.concat([
        maskedFrame(OPCODE_TEXT, 'a', { fin: false }),
        maskedFrame(OPCODE_PING, '1'),
        maskedFrame(0, '', { fin: false }),
        maskedFrame(OPCODE_PING, ''),
        maskedFrame(0, 'b'),
      ]),
    );
    parser.parse(100);
    expect(heard).toEqual([
      ['ping', '1'],
      ['ping', ''],
      ['text', 'ab'],
    ]);
  });

  it('unmasks with any mask, wherever a chunk ends (RFC 6455 5.3)', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.tuple(byte, byte, byte, byte),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }),
        (payload, mask, cuts) => {
          const { parser, heard } = createParser();
          const bytes = maskedFrame(OPCODE_BINARY, payload, { mask });
          for (let at = 0, i = 0; at < bytes.length; i++) {
            parser.push(Buffer.from(bytes.subarray(at, at + cuts[i % cuts.length]!)));
            at += cuts[i % cuts.length]!;
            parser.parse(100);
          }
          expect(heard).toEqual([['binary', Buffer.from(payload).toString('latin1')]]);
        },
      ),
    );
  });

  it.each([
    ['reserved bits', [0xb1, 0xff]],
    ['a reserved opcode', [0x83, 0xff]],
    ['no mask', [0x82, 0x7f]],
    ['a ping of more than 125 bytes', [0x89, 0xfe]],
    ['a continuation of nothing', [0x80, 0xff]],
  ])('refuses %s at the second byte, whatever its header has still to say', (_what, bytes) => {
    const { parser, heard } = createParser();
    for (const byte of bytes) {
      parser.push(Buffer.from([byte]));
      parser.parse(1);
    }
    expect(heard).toEqual([['violation', 1002, 'protocol error']]);
  });

  it('refuses a text at its first wrong byte, in a frame or a fragment that goes on (RFC 6455 8.1)', () => {
    const wrong = maskedFrame(OPCODE_TEXT, 'κ\xff and much more'.repeat(10));
    for (const bytes of [wrong.subarray(0, 30), maskedFrame(OPCODE_TEXT, 'a\xff', { fin: false })]) {
      const { parser, heard } = createParser();
      parser.push(Buffer.from(bytes));
      expect(parser.parse(10)).toBe('ended');
      expect(heard).toEqual([['violation', 1007, 'invalid utf-8']]);
    }
  });

  it('parses nothing behind a close frame', () => {
    const { parser, heard } = createParser();
    parser.push(Buffer.concat([maskedFrame(OPCODE_CLOSE, '\x03\xe8'), maskedFrame(OPCODE_TEXT, 'late')]));
    expect(parser.parse(100)).toBe('ended');
    expect(heard).toEqual([['close', 1000, '']]);
    expect(parser.heldBytes).toBe(0);
  });
});
