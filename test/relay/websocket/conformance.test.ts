/**
 * The classes of the Autobahn test suite, sections 1-7, 9, 10, 12 and 13, as raw frames against one hub. Numbers are
 * those of its cases. How the suite itself is run is said in src/relay/websocket/README.md.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { bootHub } from '../../support/boot-hub.ts';
import { type RawWebSocket, rawWebSocket } from '../../support/raw-websocket.ts';
import { maskedFrame, type RawFrame } from '../wire.ts';
import { CLOSE_CASES } from './conformance/close-cases.ts';
import { createClientDeflate, OFFERS } from './conformance/deflate.ts';
import { FRAGMENT_CASES } from './conformance/fragment-cases.ts';
import { FRAME_CASES } from './conformance/frame-cases.ts';
import { BINARY, type Case, CLOSE, NORMAL_CLOSE, PONG, TEXT } from './conformance/frames.ts';
import { TEXT_CASES } from './conformance/text-cases.ts';

const APPLICATION = 'test/relay/websocket/conformance/echo';
const { wsUrl } = await bootHub({ copies: [APPLICATION], path: APPLICATION }, afterAll);

const open = (headers: Record<string, string> = {}) => rawWebSocket(`${wsUrl}/echo`, { headers });

/** A frame as a case names it. */
const shown = ({ opcode, payload }: RawFrame): [number, string] => [opcode, payload.toString('latin1')];

/** Writes in pieces of this size, each in a packet of its own as far as the system lets us. */
async function send(client: RawWebSocket, bytes: Buffer, chop: number | undefined): Promise<void> {
  if (chop === undefined) return client.send(bytes);
  for (let at = 0; at < bytes.length; at += chop) {
    client.send(bytes.subarray(at, at + chop));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Reads until as many frames came as a case expects, in any order between answers and pongs. */
async function take(client: RawWebSocket, count: number): Promise<RawFrame[]> {
  const frames: RawFrame[] = [];
  while (frames.length < count) frames.push(await client.next());
  return frames;
}

async function run({ sends, chop, echoes = [], pongs = [], closedWith }: Case): Promise<void> {
  const client = await open();
  await send(client, Buffer.concat(sends), chop);
  const frames: RawFrame[] = [];
  if (closedWith === undefined) {
    frames.push(...(await take(client, echoes.length + pongs.length)));
    client.send(NORMAL_CLOSE);
  }
  frames.push(...(await client.rest()));
  for (const frame of frames)
    expect([frame.isMasked, frame.isFinal, frame.reserved]).toEqual([false, true, 0]);
  const answers = frames.filter(({ opcode }) => opcode === TEXT || opcode === BINARY).map(shown);
  const answered = frames
    .filter(({ opcode }) => opcode === PONG)
    .map(({ payload }) => payload.toString('latin1'));
  const closes = frames.filter(({ opcode }) => opcode === CLOSE);
  // A program answers in its own time: what a violation overtakes is not written any more.
  const expected = closedWith === undefined ? echoes : echoes.slice(0, answers.length);
  expect(answers).toEqual(expected);
  expect(answered).toEqual(pongs);
  expect(frames.at(-1)?.opcode, 'the close frame is the last').toBe(CLOSE);
  expect(closes.map(({ payload }) => (payload.length < 2 ? 1005 : payload.readUInt16BE()))).toEqual([
    closedWith ?? 1000,
  ]);
}

describe.each([
  ['framing, pings, reserved bits and opcodes (1-4)', FRAME_CASES],
  ['fragmentation (5)', FRAGMENT_CASES],
  ['UTF-8 (6)', TEXT_CASES],
  ['closing (7)', CLOSE_CASES],
] as const)('%s', (_section, cases) => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => run(one));
});

describe('sizes and numbers (9, 10)', () => {
  const body = (size: number): string => 'Hello, moonhub! '.repeat(size / 16);

  it.each([65_536, 262_144, 1_048_576, 4_194_304])('9.1, 9.2 a message of %d bytes', async (size) => {
    const client = await open();
    client.send(maskedFrame(BINARY, body(size)));
    expect((await client.next()).payload.length).toBe(size);
  });

  it.each([64, 1024, 65_536, 1_048_576])(
    '9.3, 9.4 a message of 1 MiB in fragments of %d bytes',
    async (size) => {
      const client = await open();
      const text = body(1_048_576);
      const frames = Array.from({ length: text.length / size }, (_, index) =>
        maskedFrame(index === 0 ? TEXT : 0, text.slice(index * size, (index + 1) * size), {
          fin: (index + 1) * size === text.length,
        }),
      );
      client.send(Buffer.concat(frames));
      expect((await client.next()).payload.toString()).toBe(text);
    },
  );

  it.each([64, 512, 2048])('9.5, 9.6 a message of 256 KiB in packets of %d bytes', async (chop) => {
    const client = await open();
    const text = body(262_144);
    await send(client, maskedFrame(TEXT, text), chop);
    expect((await client.next()).payload.toString()).toBe(text);
  });

  it.each([0, 16, 64, 256, 1024, 4096])(
    '9.7, 9.8 a hundred messages of %d bytes, one after the other',
    async (size) => {
      const client = await open();
      for (let i = 0; i < 100; i++) {
        client.send(maskedFrame(i % 2 === 0 ? TEXT : BINARY, body(size)));
        expect(shown(await client.next())).toEqual([i % 2 === 0 ? TEXT : BINARY, body(size)]);
      }
    },
  );

  it('10.1.1 a message of 65,536 bytes in fragments of 1,300', async () => {
    const client = await open();
    const text = body(65_536);
    for (let at = 0; at < text.length; at += 1300) {
      client.send(
        maskedFrame(at === 0 ? TEXT : 0, text.slice(at, at + 1300), { fin: at + 1300 >= text.length }),
      );
    }
    expect((await client.next()).payload.toString()).toBe(text);
  });
});

describe('permessage-deflate (12, 13)', () => {
  it.each(OFFERS)('agrees to the offer $offer and keeps it', async ({ offer, agreed }) => {
    const client = await open({ 'Sec-WebSocket-Extensions': offer });
    const header = /\r\nSec-WebSocket-Extensions: (.*)\r\n/i.exec(client.head)?.[1];
    if (agreed === undefined) {
      expect(header).toBeUndefined();
      client.send(maskedFrame(TEXT, 'plain'));
      expect(shown(await client.next())).toEqual([TEXT, 'plain']);
      return;
    }
    expect(header).toMatch(agreed);
    const deflate = createClientDeflate(header!);
    for (const [index, size] of [
      0, 16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072,
    ].entries()) {
      const text = JSON.stringify(
        Array.from({ length: size >> 4 }, (_, at) => ({ id: at * index, say: 'moon' })),
      ).slice(0, size);
      client.send(...(await deflate.frames(text, index % 3)));
      const answer = await client.next();
      expect(answer.opcode).toBe(TEXT);
      expect(
        (answer.reserved === 4 ? await deflate.inflate(answer.payload) : answer.payload).toString(),
      ).toBe(text);
    }
  });

  it('refuses a compressed frame where nothing was agreed, and one that is compressed in its middle', async () => {
    const plain = await open();
    plain.send(maskedFrame(0x40 | TEXT, 'x'));
    expect(await plain.closeCode()).toBe(1002);
    const agreed = await open({ 'Sec-WebSocket-Extensions': 'permessage-deflate' });
    agreed.send(maskedFrame(TEXT, 'a', { fin: false }), maskedFrame(0x40, 'b'));
    expect(await agreed.closeCode()).toBe(1002);
    const control = await open({ 'Sec-WebSocket-Extensions': 'permessage-deflate' });
    control.send(maskedFrame(0x40 | 9, 'p'));
    expect(await control.closeCode()).toBe(1002);
  });
});
