import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createPayload, fromHost, type HostValue, makeBinary } from '../../../src/lua/index.ts';
import { UnsendableMessage } from '../../../src/relay/client/outbound.ts';
import { FrameEncoder } from '../../../src/relay/websocket/frame-encoder.ts';
import { createMachine } from '../../../src/vm/index.ts';
import { readFrames } from '../wire.ts';

beforeAll(() => void createMachine()); // values need one

const textOf = (frame: Buffer | UnsendableMessage): string =>
  frame instanceof UnsendableMessage ? `refused: ${frame.cause}` : readFrames(frame)[0]!.payload;
const sent = (value: HostValue): string => textOf(new FrameEncoder().encodeSend(fromHost(value)));
const wrapped = (topic: string, value: HostValue): string =>
  textOf(new FrameEncoder().encodeWrapped(topic, fromHost(value)));

describe('FrameEncoder.encodeSend()', () => {
  it.each([
    [{ data: 'a' }, 'a'],
    [{ type: 'text', data: 42 }, '42'],
    [{ data: 1.5 }, '1.5'],
    [{ data: true }, 'true'],
    [{ data: { a: [1] } }, '{"a":[1]}'],
    [{ type: 'binary', data: 7 }, '7'],
    ['', ''],
  ] as [HostValue, string][])('writes %j as %s (relay.md S1)', (value, text) => {
    expect(sent(value)).toBe(text);
  });

  it.each([
    [{ type: 'Text', data: 'a' }],
    [{ type: 'binary', data: {} }],
    [{ type: 5, data: 'a' }],
    [{}],
    [5],
    [true],
    [null],
    [new Uint8Array([0xc0, 0xaf])],
  ] as [HostValue][])('refuses %j (relay.md S2)', (value) => {
    expect(sent(value)).toMatch(/^refused: /);
  });

  it('sends exactly the bytes of any valid text, again and again (relay.md § 8)', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }), (texts) => {
        const encoder = new FrameEncoder();
        for (const text of [...texts, ...texts]) {
          const bytes = Buffer.from(text, 'utf8').toString('latin1');
          expect(textOf(encoder.encodeSend(fromHost({ type: 'text', data: text })))).toBe(bytes);
          expect(
            readFrames(encoder.encodeSend(fromHost({ type: 'binary', data: text })) as Buffer)[0],
          ).toEqual({
            opcode: 2,
            payload: bytes,
          });
        }
      }),
    );
  });

  it('encodes a broadcast once: the same bytes for the same string', () => {
    const encoder = new FrameEncoder();
    const first = encoder.encodeSend(fromHost({ data: 'to all' }));
    expect(encoder.encodeSend(fromHost({ data: 'to all' }))).toBe(first);
    expect(encoder.encodeSend(fromHost({ type: 'binary', data: 'to all' }))).not.toBe(first);
  });

  it('unwraps payload objects and refuses those that lie about their format', () => {
    const encoder = new FrameEncoder();
    expect(textOf(encoder.encodeSend(createPayload('json/plain', makeBinary('{"data":"x"}'))))).toBe('x');
    expect(textOf(encoder.encodeSend(createPayload('json/plain', makeBinary('{broken'))))).toMatch(
      /^refused/,
    );
  });
});

describe('FrameEncoder.encodeWrapped()', () => {
  it.each([
    ['chat', { from: 'a' }, '{"topic":"chat","data":{"from":"a"}}'],
    ['chat', 'plain', '{"topic":"chat","data":"plain"}'],
    ['chat', '{"json":"stays text"}', '{"topic":"chat","data":"{\\"json\\":\\"stays text\\"}"}'],
    ['chat', null, '{"topic":"chat","data":null}'],
    ['chat', new Uint8Array([0xff]), '{"topic":"chat","data":"/w=="}'],
    ['ws.message', 1, '{"topic":"ws.message","data":1}'],
    ['"quoted"\n', 1, '{"topic":"\\"quoted\\"\\n","data":1}'],
  ] as [string, HostValue, string][])('wraps %s %j (relay.md S3-S5)', (topic, value, text) => {
    expect(wrapped(topic, value)).toBe(text);
  });

  it('refuses tables JSON has no form for (relay.md S4)', () => {
    const mixed = new Map<HostValue, HostValue>([
      [1, 'a'],
      ['k', 'b'],
    ]);
    expect(wrapped('t', mixed)).toMatch(/^refused: /);
    const sparse = new Map<HostValue, HostValue>([[3, 'a']]);
    expect(wrapped('t', sparse)).toMatch(/^refused: /);
  });
});
