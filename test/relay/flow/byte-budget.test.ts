/** Connections against the byte budget of their hub (`relay.md` L8, L11), on wires and a clock that stands still. */
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../../../src/base/index.ts';
import { fromHost } from '../../../src/lua/index.ts';
import { Outbox, SharedFrames, streamSink } from '../../../src/relay/flow/outbox.ts';
import { OPCODE_CLOSE, OPCODE_TEXT } from '../../../src/relay/websocket/frame.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createRelayWorld, mailOf, type RelayWorld, type TestClient } from '../relay-world.ts';
import { maskedFrame } from '../wire.ts';

/** A target that takes nothing until it is told to. */
function startDeaf(world: RelayWorld) {
  let isReading = false;
  const target = world.start({
    step: (self) => {
      const mail = isReading ? self.context.mailbox.takeNext() : undefined;
      if (mail !== undefined) self.received.push(mail);
      return { kind: mail === undefined ? 'waiting' : 'ready' };
    },
  });
  const listen = async (): Promise<void> => {
    isReading = true;
    target.context.wake();
    await world.settle();
  };
  return { target, listen };
}

const textOf = (client: TestClient): string[] => client.frames().map(({ payload }) => payload.slice(2));

describe('a connection and the byte budget', () => {
  it('holds no more than wsrelay.inbound.limit unread, and one message', async () => {
    const world = createRelayWorld();
    const { target, listen } = startDeaf(world);
    const client = world.connect(target, { options: { 'wsrelay.inbound.limit': '10000' } });
    for (let i = 0; i < 20; i++) client.send(OPCODE_TEXT, 'x'.repeat(3_000));
    await world.settle();
    expect(target.context.mailbox.messageCount).toBe(1 + 4);
    expect(world.relay.budget.inspect().bytesByKind['messages from clients']).toBeLessThan(14_000);
    await listen();
    expect(target.topics.filter((topic) => topic === 'ws.message')).toHaveLength(20);
    expect(world.relay.budget.usedBytes).toBe(0);
  });

  it('charges what every message costs beside its bytes: empty frames and copied metadata', async () => {
    const world = createRelayWorld();
    const { target } = startDeaf(world);
    const client = world.connect(target, { metadata: { note: 'n'.repeat(10_000) } });
    for (let i = 0; i < 10; i++) client.send(OPCODE_TEXT, '');
    await world.settle();
    expect(world.relay.budget.usedBytes).toBeGreaterThan(10 * 10_000);
  });

  it('goes on charging messages of a client that went, until they are taken', async () => {
    const world = createRelayWorld();
    const { target, listen } = startDeaf(world);
    const client = world.connect(target);
    client.send(OPCODE_TEXT, 'x'.repeat(50_000));
    client.send(OPCODE_CLOSE, '');
    await world.settle();
    expect(world.system.isAlive(client.pid)).toBe(false);
    expect(world.relay.budget.usedBytes).toBeGreaterThan(50_000);
    await listen();
    expect(target.topics).toEqual(['ws.join', 'ws.message', 'ws.leave']);
    expect(world.relay.budget.inspect()).toMatchObject({ usedBytes: 0, accounts: 0 });
  });

  it('forgets what waits when the target ends', async () => {
    const world = createRelayWorld();
    const { target } = startDeaf(world);
    const client = world.connect(target);
    client.send(OPCODE_TEXT, 'x'.repeat(50_000));
    await world.settle();
    world.system.terminate(target.pid);
    client.wire.end();
    await world.settle();
    expect(world.relay.budget.inspect()).toMatchObject({ usedBytes: 0, accounts: 0 });
  });

  it('pauses the greedy and closes the worst with 1013, while one beside them is answered', async () => {
    const world = createRelayWorld({ budgetBytes: 400_000 });
    const { target } = startDeaf(world);
    const echo = world.start();
    const greedy = Array.from({ length: 8 }, (_, i) => world.connect(target, { owner: `192.0.2.${i + 10}` }));
    const modest = world.connect(echo);
    for (let round = 0; round < 10; round++) {
      for (const client of greedy) client.send(OPCODE_TEXT, 'x'.repeat(20_000));
      modest.send(OPCODE_TEXT, `${round}`);
      await world.settle();
      expect(world.relay.budget.usedBytes).toBeLessThanOrEqual(400_000);
    }
    await world.clock.advanceAndSettle(8_000);
    const codes = greedy.flatMap((client) => textOf(client));
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.length).toBeLessThan(8);
    expect(new Set(codes)).toEqual(new Set(['overloaded']));
    expect(greedy.flatMap(({ ended }) => ended.outcome ?? [])).toContainEqual(
      expect.objectContaining({ fields: { code: 1013, reason: 'overloaded' } }),
    );
    expect(mailOf(echo).filter(([topic]) => topic === 'ws.message')).toHaveLength(10);
    expect(world.system.isAlive(modest.pid)).toBe(true);
  });

  it('takes back what a dropped client left, and its target hears of the leave', async () => {
    const world = createRelayWorld({ budgetBytes: 100_000 });
    const { target, listen } = startDeaf(world);
    const client = world.connect(target);
    const later = world.connect(target, { owner: '192.0.2.99' });
    client.send(OPCODE_TEXT, 'x'.repeat(60_000));
    await world.settle();
    await world.clock.advanceAndSettle(1_000);
    later.send(OPCODE_TEXT, 'y'.repeat(60_000));
    await world.settle();
    expect([textOf(client), textOf(later)]).toEqual([['overloaded'], []]);
    expect(world.relay.budget.usedBytes).toBeLessThan(61_000);
    await listen();
    expect(mailOf(target).map(([topic]) => topic)).toEqual(['ws.join', 'ws.join', 'ws.message', 'ws.leave']);
  });

  it('finishes half a message of a paused client when there is room again', async () => {
    const world = createRelayWorld({ budgetBytes: 100_000 });
    const { target, listen } = startDeaf(world);
    const client = world.connect(target);
    const other = world.connect(target, { owner: '192.0.2.99' });
    other.send(OPCODE_TEXT, 'y'.repeat(70_000));
    await world.settle();
    const frame = maskedFrame(OPCODE_TEXT, 'x'.repeat(12_000));
    for (let at = 0; at < frame.length; at += 4_000) {
      client.wire.write(frame.subarray(at, at + 4_000));
      await world.settle();
    }
    await listen();
    await world.clock.advanceAndSettle(3_000);
    await world.settle();
    expect(target.topics.filter((topic) => topic === 'ws.message')).toHaveLength(2);
  });

  it('delivers what came before a FIN at the pace of its target, then the leave (L11)', async () => {
    const world = createRelayWorld();
    const { target, listen } = startDeaf(world);
    const frames = Array.from({ length: 2_000 }, (_, i) => maskedFrame(OPCODE_TEXT, `${i}`));
    const head = Buffer.concat(frames.slice(0, 1_000));
    const client = world.connect(target, { head });
    client.wire.end(Buffer.concat(frames.slice(1_000)));
    await world.settle();
    expect(target.context.mailbox.messageCount).toBe(1 + 256);
    expect(world.system.isAlive(client.pid)).toBe(true);
    while (!target.topics.includes('ws.leave')) await listen();
    const data = mailOf(target).map(([topic, value]) =>
      topic === 'ws.message' ? (value as { data: string }).data : topic,
    );
    expect(data).toEqual(['ws.join', ...frames.map((_, i) => `${i}`), 'ws.leave']);
  });

  it('keeps a message that the node of its target does not take yet, and pauses the socket (G2)', async () => {
    const world = createRelayWorld({ node: { name: 'here', incarnation: 1 } });
    let isCongested = true;
    const posted: string[] = [];
    world.system.attachNode({
      name: 'far',
      post: (signal) => {
        if (signal.kind !== 'message') return 'held';
        if (isCongested && signal.topic === 'ws.message') return 'congested';
        posted.push(signal.topic);
        return 'held';
      },
    });
    const target = world.start();
    Object.defineProperty(target, 'pid', { value: '{far@app:processes|0x00001}' });
    const client = world.connect(target);
    client.send(OPCODE_TEXT, 'first');
    client.send(OPCODE_TEXT, 'second');
    await world.settle();
    expect(posted).toEqual(['ws.join']);
    isCongested = false;
    await world.clock.advanceAndSettle(1_000);
    await world.settle();
    expect(posted).toEqual(['ws.join', 'ws.message', 'ws.message']);
  });
});

describe('Outbox', () => {
  /** A stream that holds everything it is given until it is told to let go. */
  function createOutbox(limitBytes = 1e9) {
    const written: Buffer[] = [];
    const held: (() => void)[] = [];
    const stream = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, callback) {
        written.push(chunk);
        held.push(callback);
      },
    });
    const budget = new ByteBudget({ limitBytes, clock: createFakeClock() });
    let drops = 0;
    const drop = (): void => {
      drops++;
      outbox.discard();
    };
    const outbox: Outbox = new Outbox(streamSink(stream), new SharedFrames(), () =>
      budget.open({ kind: 'out', owner: 'peer', holder: { drop } }),
    );
    stream.on('drain', () => outbox.drained());
    const letGo = async (): Promise<void> => {
      for (let release = held.shift(); release !== undefined; release = held.shift()) {
        release();
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    return { outbox, budget, written, letGo, drops: () => drops };
  }

  it('hands pieces over in order, and is charged only for what waits', async () => {
    const { outbox, budget, written, letGo } = createOutbox();
    for (let i = 0; i < 100; i++) {
      outbox.push(Buffer.alloc(10_000, i));
      outbox.flush();
    }
    expect(outbox.bytes).toBe(1_000_000);
    expect(budget.usedBytes).toBeGreaterThanOrEqual(980_000);
    await letGo();
    expect(outbox.bytes).toBe(0);
    expect(budget.usedBytes).toBe(0);
    const all = Buffer.concat(written);
    expect(all.length).toBe(1_000_000);
    expect(Array.from({ length: 100 }, (_, i) => all[i * 10_000])).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  it('lets go of what the stream does not have, and says when it has given everything', async () => {
    const { outbox, budget, letGo, drops } = createOutbox(500_000);
    for (let i = 0; i < 100; i++) {
      outbox.push(Buffer.alloc(10_000));
      outbox.flush();
    }
    expect(drops()).toBe(1);
    expect(outbox.bytes).toBeLessThan(600_000);
    let isEmpty = false;
    outbox.whenEmpty(() => {
      isEmpty = true;
    });
    await letGo();
    expect(isEmpty).toBe(true);
    outbox.close();
    expect(budget.inspect()).toMatchObject({ usedBytes: 0, accounts: 0 });
  });

  it('charges a frame that waits for many clients once', () => {
    const shared = new SharedFrames();
    const budget = new ByteBudget({ limitBytes: 1e9, clock: createFakeClock() });
    const frame = Buffer.alloc(100_000);
    const open = () => budget.open({ kind: 'out', owner: 'peer', holder: {} });
    const boxes = Array.from({ length: 50 }, () => {
      const stream = new Duplex({ read() {}, write() {} });
      return new Outbox(streamSink(stream), shared, open);
    });
    for (const box of boxes) {
      box.push(frame);
      box.flush();
    }
    expect(budget.usedBytes).toBeLessThan(110_000);
    for (const box of boxes) box.close();
    expect(budget.usedBytes).toBe(0);
  });
});

describe('readers that never read', () => {
  it('are closed when what waits for them fills the budget; one that reads gets everything', async () => {
    const world = createRelayWorld({ budgetBytes: 1_000_000 });
    const target = world.start();
    const reader = world.connect(target, { owner: '192.0.2.50' });
    const deaf = Array.from({ length: 10 }, () => world.connect(target));
    for (const client of deaf) client.stall();
    for (let round = 0; round < 30; round++) {
      for (const client of [reader, ...deaf]) {
        if (world.system.isAlive(client.pid)) {
          world.system.send(target.pid, client.pid, 'news', [
            fromHost(`${round} ${client.pid} ${'n'.repeat(10_000)}`),
          ]);
        }
      }
      await world.settle();
      expect(world.relay.budget.usedBytes).toBeLessThanOrEqual(1_000_000);
    }
    expect(reader.frames()).toHaveLength(30);
    const ended = deaf.flatMap(({ ended: { outcome } }) => outcome ?? []);
    expect(ended.length).toBeGreaterThan(0);
    for (const outcome of ended) expect(outcome.fields).toEqual({ code: 1013, reason: 'overloaded' });
  });
});
