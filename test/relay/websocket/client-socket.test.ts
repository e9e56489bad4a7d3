import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type AccountOptions, ByteBudget } from '../../../src/base/index.ts';
import { SharedFrames } from '../../../src/relay/flow/outbox.ts';
import { Turns } from '../../../src/relay/flow/turns.ts';
import { ClientSocket, type ClientSocketListener } from '../../../src/relay/websocket/client-socket.ts';
import { encodeFrame, OPCODE_BINARY, OPCODE_CLOSE, OPCODE_TEXT } from '../../../src/relay/websocket/frame.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { createDuplexPair } from '../duplex-pair.ts';
import { maskedFrame, readFrames } from '../wire.ts';

interface World {
  readonly socket: ClientSocket;
  /** The far end of the wire. */
  readonly peer: Duplex;
  readonly clock: FakeClock;
  /** What the listener heard, in order. */
  readonly heard: unknown[][];
  /** Everything the peer received so far. */
  received(): Buffer;
}

function openSocket(
  options: { messageBytesMax?: number; head?: Buffer; onData?: (chunk: Buffer) => void } = {},
): World {
  const [near, peer] = createDuplexPair();
  if (options.onData !== undefined) near.on('data', options.onData);
  const clock = createFakeClock();
  const heard: unknown[][] = [];
  const chunks: Buffer[] = [];
  peer.on('data', (chunk: Buffer) => chunks.push(chunk));
  const socket = new ClientSocket({
    socket: near,
    clock,
    messageBytesMax: options.messageBytesMax ?? 1024,
    queuedBytesMax: 1_000_000,
    closeTimeoutMs: 5000,
    ...sharedParts(clock),
  });
  const listener: ClientSocketListener = {
    onMessage: (data, isBinary) => heard.push(['message', data.toString('latin1'), isBinary]),
    onClientClose: (code, reason) => heard.push(['close', code, reason]),
    onViolation: (code, reason) => {
      heard.push(['violation', code, reason]);
      socket.close(code, Buffer.from(reason));
    },
    onLost: () => heard.push(['lost']),
  };
  socket.open(listener, options.head ?? Buffer.alloc(0));
  return { socket, peer, clock, heard, received: () => Buffer.concat(chunks) };
}

/** What the sockets of a hub share. */
function sharedParts(clock: FakeClock) {
  clocks.add(clock);
  const budget = new ByteBudget({ limitBytes: 1e9, clock });
  return {
    turns: new Turns(clock),
    frames: new SharedFrames(),
    openAccount: (account: Pick<AccountOptions, 'kind' | 'holder' | 'isUnfinished'>) =>
      budget.open({ ...account, owner: 'peer' }),
    onDrop: () => {},
  };
}

const clocks = new Set<FakeClock>();
afterEach(() => clocks.clear());

/** Lets the streams hand over what they hold: their hops are ticks, not time. */
const ticks = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    for (const clock of clocks) clock.flush();
  }
};

describe('ClientSocket', () => {
  it('delivers text and binary messages in wire order, empty ones included (relay.md G2, I4)', async () => {
    const world = openSocket();
    world.peer.write(maskedFrame(OPCODE_TEXT, 'a'));
    world.peer.write(Buffer.concat([maskedFrame(OPCODE_BINARY, '\xff\x00'), maskedFrame(OPCODE_TEXT, '')]));
    await ticks();
    expect(world.heard).toEqual([
      ['message', 'a', false],
      ['message', '\xff\x00', true],
      ['message', '', false],
    ]);
  });

  it('delivers what came in the same packet as the request first (relay.md H12)', async () => {
    const world = openSocket({ head: maskedFrame(OPCODE_TEXT, 'early') });
    world.peer.write(maskedFrame(OPCODE_TEXT, 'late'));
    await ticks();
    expect(world.heard).toEqual([
      ['message', 'early', false],
      ['message', 'late', false],
    ]);
  });

  it('gives the same messages however the wire cuts them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string({ maxLength: 200 }), fc.boolean()), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
        async (messages, cuts) => {
          const world = openSocket();
          const bytes = Buffer.concat(
            messages.map(([text, isBinary]) =>
              maskedFrame(isBinary ? OPCODE_BINARY : OPCODE_TEXT, Buffer.from(text)),
            ),
          );
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = cuts[i % cuts.length]!;
            world.peer.write(bytes.subarray(at, at + size));
            at += size;
          }
          await ticks();
          expect(world.heard).toEqual(
            messages.map(([text, isBinary]) => ['message', Buffer.from(text).toString('latin1'), isBinary]),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('takes only its own listener off a socket it stops parsing (D12)', async () => {
    const seen: string[] = [];
    const world = openSocket({ onData: (chunk) => seen.push(chunk.toString('latin1')) });
    world.peer.write(maskedFrame(OPCODE_CLOSE, ''));
    await ticks();
    world.peer.write('behind');
    await ticks();
    expect(seen.at(-1)).toBe('behind');
  });

  it('joins fragments, with a ping between them', async () => {
    const world = openSocket();
    world.peer.write(
      Buffer.concat([
        maskedFrame(OPCODE_TEXT, 'fr', { fin: false }),
        maskedFrame(0x9, 'p'),
        maskedFrame(0x0, 'ag', { fin: false }),
        maskedFrame(0x0, 'ment'),
      ]),
    );
    await ticks();
    expect(world.heard).toEqual([['message', 'fragment', false]]);
    expect(readFrames(world.received())).toEqual([{ opcode: 0xa, payload: 'p' }]);
  });

  it('sends a batch as it was written, in order', async () => {
    const world = openSocket();
    for (const text of ['1', '2', '3']) world.socket.write(encodeFrame(OPCODE_TEXT, Buffer.from(text)));
    world.socket.write(encodeFrame(OPCODE_BINARY, Buffer.alloc(70_000, 'x')));
    expect(world.socket.queuedBytes).toBeGreaterThan(70_000);
    world.socket.flush();
    await ticks();
    const frames = readFrames(world.received());
    expect(frames.map((frame) => frame.payload.length)).toEqual([1, 1, 1, 70_000]);
    expect(world.socket.queuedBytes).toBe(0);
  });

  it('echoes the code of a close frame and ends the connection (relay.md § 7)', async () => {
    const world = openSocket();
    world.peer.write(maskedFrame(OPCODE_CLOSE, '\x0f\xa0bye'));
    await ticks();
    expect(world.heard).toEqual([['close', 4000, 'bye']]);
    expect(readFrames(world.received())).toEqual([{ opcode: OPCODE_CLOSE, payload: '\x0f\xa0' }]);
    expect(world.peer.readableEnded).toBe(true);
  });

  it('reports 1005 for a close frame without a code', async () => {
    const world = openSocket();
    world.peer.write(maskedFrame(OPCODE_CLOSE, ''));
    await ticks();
    expect(world.heard).toEqual([['close', 1005, '']]);
    expect(readFrames(world.received())).toEqual([{ opcode: OPCODE_CLOSE, payload: '' }]);
  });

  it('delivers nothing that follows a close frame', async () => {
    const world = openSocket();
    world.peer.write(
      Buffer.concat([
        maskedFrame(OPCODE_TEXT, 'before'),
        maskedFrame(OPCODE_CLOSE, ''),
        maskedFrame(OPCODE_TEXT, 'after'),
      ]),
    );
    world.peer.write(maskedFrame(OPCODE_TEXT, 'later'));
    await ticks();
    expect(world.heard).toEqual([
      ['message', 'before', false],
      ['close', 1005, ''],
    ]);
  });

  it('tells that the peer vanished, once, on FIN and on a broken socket', async () => {
    for (const vanish of [(peer: Duplex) => peer.end(), (peer: Duplex) => peer.destroy()]) {
      const world = openSocket();
      vanish(world.peer);
      await ticks();
      expect(world.heard).toEqual([['lost']]);
    }
  });

  it('tells that the peer vanished before it was opened', async () => {
    for (const vanish of [(near: Duplex) => near.resume().end(), (near: Duplex) => near.destroy()]) {
      const [near, peer] = createDuplexPair();
      peer.end();
      vanish(near);
      await ticks();
      const heard: string[] = [];
      const clock = createFakeClock();
      const socket = new ClientSocket({
        socket: near,
        clock,
        ...sharedParts(clock),
        messageBytesMax: 1,
        queuedBytesMax: 1,
        closeTimeoutMs: 1,
      });
      const note = (what: string) => () => void heard.push(what);
      const listener = {
        onMessage: note('message'),
        onClientClose: note('close'),
        onViolation: note('violation'),
      };
      socket.open({ ...listener, onLost: note('lost') }, Buffer.alloc(0));
      await ticks();
      expect(heard).toEqual(['lost']);
    }
  });

  it('delivers messages that arrived before the socket broke while paused (relay.md G3)', async () => {
    const world = openSocket();
    world.socket.pause('target');
    world.peer.write(maskedFrame(OPCODE_TEXT, 'kept'));
    await ticks();
    expect(world.heard).toEqual([]);
    world.peer.destroy();
    await ticks();
    expect(world.heard).toEqual([['message', 'kept', false], ['lost']]);
  });

  it('finishes its own close when the peer answers, and hears nothing in between (relay.md G6)', async () => {
    const world = openSocket();
    world.socket.write(encodeFrame(OPCODE_TEXT, Buffer.from('last')));
    world.socket.close(1000, Buffer.from('done'));
    world.peer.write(maskedFrame(OPCODE_TEXT, 'ignored'));
    await ticks();
    expect(readFrames(world.received())).toEqual([
      { opcode: OPCODE_TEXT, payload: 'last' },
      { opcode: OPCODE_CLOSE, payload: '\x03\xe8done' },
    ]);
    expect(world.peer.readableEnded).toBe(false);
    world.peer.write(maskedFrame(OPCODE_CLOSE, '\x03\xe8'));
    world.peer.end();
    await world.socket.whenClosed();
    expect(world.heard).toEqual([]);
    expect(world.clock.timerCount).toBe(0);
  });

  it('drops the socket when the peer does not answer the close in time', async () => {
    const world = openSocket();
    world.socket.close(1000, Buffer.alloc(0));
    world.clock.advance(4999);
    await ticks();
    expect(world.peer.destroyed).toBe(false);
    world.clock.advance(1);
    await ticks();
    expect(world.peer.destroyed).toBe(true);
  });

  it('does not wait for the close frame of a peer that went away instead', async () => {
    const world = openSocket();
    world.socket.close(1000, Buffer.alloc(0));
    await ticks();
    world.peer.end();
    await world.socket.whenClosed();
    expect(world.clock.timerCount).toBe(0);
  });

  it('closes a paused connection all the same', async () => {
    const world = openSocket();
    world.socket.pause('target');
    world.peer.write(maskedFrame(OPCODE_TEXT, 'unread'));
    world.socket.close(1000, Buffer.alloc(0));
    world.peer.write(maskedFrame(OPCODE_CLOSE, '\x03\xe8'));
    world.peer.end();
    await ticks();
    await world.socket.whenClosed();
  });

  it('closeNow() drops the socket once the frame is out', async () => {
    const world = openSocket();
    world.socket.closeNow(1001, Buffer.from('terminated'));
    await world.socket.whenClosed();
    expect(readFrames(world.received())).toEqual([{ opcode: OPCODE_CLOSE, payload: '\x03\xe9terminated' }]);
  });
});

describe('ClientSocket under attack', () => {
  it.each([
    ['an unmasked frame', Buffer.from([0x81, 0x01, 0x61])],
    ['a reserved bit', maskedFrame(0x41, 'a')],
    ['a reserved opcode', maskedFrame(0x3, 'a')],
    ['a continuation of nothing', maskedFrame(0x0, 'a')],
    [
      'a new message inside fragments',
      Buffer.concat([maskedFrame(1, 'a', { fin: false }), maskedFrame(1, 'b')]),
    ],
    ['a fragmented ping', maskedFrame(0x9, 'a', { fin: false })],
    ['a ping of 126 bytes', maskedFrame(0x9, 'x'.repeat(126))],
    ['a close code nobody may send', maskedFrame(OPCODE_CLOSE, '\x03\xed')],
    ['a close frame of one byte', maskedFrame(OPCODE_CLOSE, '\x03')],
  ])('closes with 1002 on %s', async (_name, bytes) => {
    const world = openSocket();
    world.peer.write(Buffer.concat([maskedFrame(OPCODE_TEXT, 'good'), bytes]));
    await ticks();
    expect(world.heard).toEqual([
      ['message', 'good', false],
      ['violation', 1002, 'protocol error'],
    ]);
    expect(readFrames(world.received())).toEqual([
      { opcode: OPCODE_CLOSE, payload: '\x03\xeaprotocol error' },
    ]);
    expect(world.peer.readableEnded).toBe(true);
  });

  it.each([
    ['an overlong form', '\xc0\xaf'],
    ['a surrogate', '\xed\xa0\x80'],
    ['a cut sequence', '\xe2\x82'],
  ])('closes with 1007 on text with %s', async (_name, payload) => {
    const world = openSocket();
    world.peer.write(maskedFrame(OPCODE_TEXT, payload));
    await ticks();
    expect(world.heard).toEqual([['violation', 1007, 'invalid utf-8']]);
  });

  it('accepts a message of exactly the limit and closes with 1009 on one byte more (relay.md L1)', async () => {
    const world = openSocket({ messageBytesMax: 10 });
    world.peer.write(maskedFrame(OPCODE_TEXT, 'x'.repeat(10)));
    world.peer.write(maskedFrame(OPCODE_TEXT, 'x'.repeat(11)));
    await ticks();
    expect(world.heard).toEqual([
      ['message', 'x'.repeat(10), false],
      ['violation', 1009, 'message too big'],
    ]);
  });

  it('counts fragments by their sum (relay.md L1)', async () => {
    const world = openSocket({ messageBytesMax: 10 });
    world.peer.write(maskedFrame(OPCODE_TEXT, 'x'.repeat(6), { fin: false }));
    world.peer.write(maskedFrame(0x0, 'x'.repeat(6)));
    await ticks();
    expect(world.heard).toEqual([['violation', 1009, 'message too big']]);
  });

  it('refuses a length of 2^63 without allocating it', async () => {
    const world = openSocket();
    world.peer.write(Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
    await ticks();
    expect(world.heard).toEqual([['violation', 1009, 'message too big']]);
  });

  it('bounds the empty fragments of one message', async () => {
    const world = openSocket();
    world.peer.write(maskedFrame(OPCODE_TEXT, '', { fin: false }));
    world.peer.write(
      Buffer.concat(Array.from({ length: 20_000 }, () => maskedFrame(0x0, '', { fin: false }))),
    );
    await ticks();
    expect(world.heard).toEqual([['violation', 1009, 'message too big']]);
  });

  it('ends in one of its known ways on any bytes at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const world = openSocket();
        world.peer.write(bytes);
        world.peer.end();
        await ticks();
        const ends = world.heard.filter(([kind]) => kind !== 'message');
        expect(ends).toHaveLength(1);
      }),
      { numRuns: 50 },
    );
  });
});
