import { describe, expect, it } from 'vitest';
import { fromHost, type HostValue } from '../../../src/lua/index.ts';
import type { Mail } from '../../../src/process/index.ts';
import { OPCODE_BINARY, OPCODE_CLOSE, OPCODE_TEXT } from '../../../src/relay/websocket/frame.ts';
import { done, fail, type ScriptedProgram } from '../../support/programs.ts';
import {
  createRelayWorld,
  formatOf,
  mailOf,
  messagesOf,
  plainValueOf,
  type RelayWorld,
  type TestClient,
} from '../relay-world.ts';

const send = (
  world: RelayWorld,
  from: ScriptedProgram,
  to: TestClient,
  topic: string,
  ...values: HostValue[]
): void => world.system.send(from.pid, to.pid, topic, values.map(fromHost));

/** Ends the program when it gets a message `stop` (normally) or `crash`. */
const MORTAL = {
  onMail: (mail: { kind: string; topic?: string }) => {
    if (mail.kind === 'message' && mail.topic === 'stop') return done();
    return mail.kind === 'message' && mail.topic === 'crash' ? fail('boom') : undefined;
  },
};

describe('WebSocketConnection in table mode', () => {
  it('joins, delivers frames with metadata, and leaves (relay.md § 5, G1)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target, { metadata: { user_id: 'é한' } });
    client.send(OPCODE_TEXT, 'hello');
    client.send(OPCODE_BINARY, '\xff\x00');
    client.send(OPCODE_CLOSE, '\x0f\xa0bye');
    await world.settle();
    const common = { client_pid: client.pid, metadata: { user_id: 'é한' } };
    expect(mailOf(target)).toEqual([
      ['ws.join', common],
      ['ws.message', { ...common, type: 'text', data: 'hello' }],
      ['ws.message', { ...common, type: 'binary', data: '\ufffd\0' }],
      ['ws.leave', { ...common, reason: 'bye', code: 4000 }],
    ]);
    expect(messagesOf(target).every((message) => message.from === client.pid)).toBe(true);
    expect(messagesOf(target).map(formatOf)).toEqual(Array(4).fill('lua/any'));
    expect(client.ended.outcome).toMatchObject({ ok: true, fields: { code: 4000, reason: 'bye' } });
    expect(world.system.isAlive(client.pid)).toBe(false);
  });

  it('gives empty metadata as an empty table (relay.md I2)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target);
    await world.settle();
    expect(mailOf(target)).toEqual([['ws.join', { client_pid: client.pid, metadata: {} }]]);
  });

  it('delivers the metadata of every message as a fresh copy (relay.md I8)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target, { metadata: { nested: { n: 1 } } });
    client.send(OPCODE_TEXT, 'a');
    await world.settle();
    const [join, message] = messagesOf(target);
    expect(join!.payloads[0]).not.toBe(message!.payloads[0]);
    expect(plainValueOf(message!)).toMatchObject({ metadata: { nested: { n: 1 } } });
  });

  it('renames only the message topic (relay.md I7)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target, { messageTopic: 'chat.line' });
    client.send(OPCODE_TEXT, 'a');
    client.send(OPCODE_CLOSE, '');
    await world.settle();
    expect(target.topics).toEqual(['ws.join', 'chat.line', 'ws.leave']);
    expect(mailOf(target)[2]![1]).toMatchObject({ reason: 'client closed', code: 1005 });
  });

  it('keeps metadata keys that name parts of JavaScript objects', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const metadata = new Map([
      ['__proto__', 'p'],
      ['constructor', 'c'],
      ['toString', 't'],
    ]);
    world.connect(target, { metadata });
    await world.settle();
    const value = mailOf(target)[0]![1] as { metadata: Record<string, string> };
    expect(Object.entries(value.metadata)).toEqual([...metadata]);
  });
});

describe('WebSocketConnection in json and raw mode', () => {
  it('sends document 004 its JSON strings (relay.md § 5, I1, I3)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target, {
      options: { 'wsrelay.payload': 'json' },
      metadata: { a: 1 },
      heartbeatMs: 1000,
    });
    client.send(OPCODE_TEXT, '{"x":1}');
    client.send(OPCODE_BINARY, 'bytes');
    await world.settle();
    await world.clock.advanceAndSettle(1000);
    client.send(OPCODE_CLOSE, '\x03\xe8');
    await world.settle();
    const pid = JSON.stringify(client.pid);
    expect(mailOf(target)).toEqual([
      ['ws.join', `{"ClientPID":${pid},"Metadata":{"a":1}}`],
      ['ws.message', '{"x":1}'],
      ['ws.message', 'bytes'],
      ['ws.heartbeat', `{"ClientPID":${pid},"Uptime":"1s","MessageCount":2,"Metadata":{"a":1}}`],
      ['ws.leave', `{"ClientPID":${pid},"Metadata":{"a":1},"Reason":"client closed","Code":1000}`],
    ]);
    expect(messagesOf(target).map(formatOf)).toEqual([
      'text/plain',
      'text/plain',
      'application/octet-stream',
      'text/plain',
      'text/plain',
    ]);
  });

  it('omits empty metadata (relay.md I2)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target, { options: { 'wsrelay.payload': 'json' } });
    await world.settle();
    expect(mailOf(target)).toEqual([['ws.join', `{"ClientPID":${JSON.stringify(client.pid)}}`]]);
  });

  it('sends tables tagged json/plain in raw mode (relay.md § 5, I3)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target, { options: { 'wsrelay.payload': 'raw' }, metadata: { a: 1 } });
    client.send(OPCODE_TEXT, 'frame');
    client.send(OPCODE_CLOSE, '');
    await world.settle();
    expect(mailOf(target)).toEqual([
      ['ws.join', { client_pid: client.pid, metadata: { a: 1 } }],
      ['ws.message', 'frame'],
      ['ws.leave', { client_pid: client.pid, metadata: { a: 1 }, reason: 'client closed', code: 1005 }],
    ]);
    expect(messagesOf(target).map(formatOf)).toEqual(['json/plain', 'text/plain', 'json/plain']);
  });
});

describe('WebSocketConnection outbound', () => {
  it('writes frames in the order one sender issued them, the close last (relay.md G4, § 8)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target);
    send(world, target, client, 'ws.send', { type: 'text', data: 'é' });
    send(world, target, client, 'ws.send', { type: 'binary', data: new Uint8Array([255, 0]) });
    send(world, target, client, 'ws.send', 'plain');
    send(world, target, client, 'chat', { from: 'ann', n: 1 });
    send(world, target, client, 'ws.close', { code: 4001, reason: 'bye' });
    send(world, target, client, 'ws.send', 'too late');
    await world.settle();
    expect(client.frames()).toEqual([
      { opcode: OPCODE_TEXT, payload: 'Ã©' },
      { opcode: OPCODE_BINARY, payload: '\xff\x00' },
      { opcode: OPCODE_TEXT, payload: 'plain' },
      { opcode: OPCODE_TEXT, payload: '{"topic":"chat","data":{"from":"ann","n":1}}' },
      { opcode: OPCODE_CLOSE, payload: '\x0f\xa1bye' },
    ]);
    expect(mailOf(target).at(-1)).toEqual([
      'ws.leave',
      { client_pid: client.pid, metadata: {}, reason: 'bye', code: 4001 },
    ]);
  });

  it('handles several payloads as several messages, and none as null (relay.md S3)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target);
    send(world, target, client, 'n', 1, 2);
    send(world, target, client, 'none');
    send(world, target, client, 'ws.send', 'a', 'b');
    await world.settle();
    expect(client.frames().map((frame) => frame.payload)).toEqual([
      '{"topic":"n","data":1}',
      '{"topic":"n","data":2}',
      '{"topic":"none","data":null}',
      'a',
      'b',
    ]);
  });

  it('drops what cannot be sent with one warning and stays open (relay.md S2)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target);
    send(world, target, client, 'ws.send', { type: 'TEXT', data: 'a' });
    send(world, target, client, 'ws.send', { type: 'text' });
    send(world, target, client, 'ws.send', { data: new Uint8Array([0xff]) });
    send(world, target, client, 'ws.send', { type: 'binary', data: { a: 1 } });
    send(world, target, client, 'ws.send');
    send(world, target, client, 'ws.send', 'still here');
    await world.settle();
    expect(client.frames().map((frame) => frame.payload)).toEqual(['still here']);
    const warnings = world.lines.filter((line) => line.level === 'warn');
    expect(warnings).toHaveLength(5);
    expect(warnings[0]!.fields).toMatchObject({ pid: client.pid, from: target.pid });
  });

  it('closes with 1011 and a warning when the code is not allowed (relay.md S6)', async () => {
    for (const code of [999, 1005, 1015, 5000, 1000.5, '1e3', true] as HostValue[]) {
      const world = createRelayWorld();
      const target = world.start();
      const client = world.connect(target);
      send(world, target, client, 'ws.close', { code, reason: 'r' });
      await world.settle();
      expect(client.frames()).toEqual([{ opcode: OPCODE_CLOSE, payload: '\x03\xf3r' }]);
      expect(world.lines.filter((line) => line.level === 'warn')).toHaveLength(1);
    }
  });

  it('cuts a long reason in the frame and tells the target all of it (relay.md T2)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target);
    send(world, target, client, 'ws.close', 'x'.repeat(200));
    await world.settle();
    expect(client.frames()[0]!.payload).toHaveLength(125);
    expect(mailOf(target).at(-1)![1]).toMatchObject({ reason: 'x'.repeat(200) });
  });

  it('closes a client that does not read with 1013 (relay.md L5)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target, { options: { 'wsrelay.send.limit': '1000' } });
    for (let i = 0; i < 5; i++) send(world, target, client, 'ws.send', 'x'.repeat(600));
    world.clock.flush();
    await world.settle();
    expect(client.frames().map(({ opcode, payload }) => [opcode, payload.length])).toEqual([
      [OPCODE_TEXT, 600],
      [OPCODE_TEXT, 600],
      [OPCODE_CLOSE, 13],
    ]);
    expect(client.ended.outcome).toMatchObject({
      ok: false,
      failure: { kind: 'Unavailable', message: 'slow client' },
    });
  });

  it('sends one message larger than the limit when the queue is empty (relay.md L5, S8)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target, { options: { 'wsrelay.send.limit': '10' } });
    send(world, target, client, 'ws.send', 'x'.repeat(100_000));
    await world.settle();
    expect(client.frames()[0]!.payload).toHaveLength(100_000);
  });
});

describe('WebSocketConnection ends', () => {
  it('closes with 1000 when the target returns, after its last words (relay.md G5, § 7)', async () => {
    const world = createRelayWorld();
    const target = world.start(MORTAL);
    const client = world.connect(target);
    send(world, target, client, 'ws.send', 'last words');
    world.system.send(undefined, target.pid, 'stop', []);
    await world.settle();
    expect(client.frames()).toEqual([
      { opcode: OPCODE_TEXT, payload: 'last words' },
      { opcode: OPCODE_CLOSE, payload: '\x03\xe8target process exited' },
    ]);
    expect(target.topics).not.toContain('ws.leave');
    expect(client.ended.outcome).toMatchObject({
      ok: true,
      fields: { code: 1000, reason: 'target process exited' },
    });
  });

  it('closes with 1011 when the target crashes or is terminated', async () => {
    for (const how of ['crash', 'terminate']) {
      const world = createRelayWorld();
      const target = world.start(MORTAL);
      const client = world.connect(target);
      if (how === 'crash') world.system.send(undefined, target.pid, 'crash', []);
      else world.system.terminate(target.pid);
      await world.settle();
      expect(client.frames()).toEqual([{ opcode: OPCODE_CLOSE, payload: '\x03\xf3target process exited' }]);
    }
  });

  it('counts a lost socket as abnormal: monitors get an error, links fail (relay.md P4, P5)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const friend = world.start();
    const watcher = world.start();
    const client = world.connect(target);
    world.system.link(friend.pid, client.pid);
    world.system.monitor(watcher.pid, client.pid);
    await world.settle();
    client.wire.destroy();
    await world.settle();
    expect(mailOf(target).at(-1)).toEqual([
      'ws.leave',
      { client_pid: client.pid, metadata: {}, reason: 'connection lost', code: 1006 },
    ]);
    expect(world.system.isAlive(friend.pid)).toBe(false);
    expect(watcher.received).toMatchObject([
      {
        kind: 'exit',
        from: client.pid,
        outcome: {
          ok: false,
          failure: { kind: 'Unavailable', message: 'connection lost' },
          fields: { code: 1006, reason: 'connection lost' },
        },
      },
    ]);
  });

  it('closes with 1011 when a linked process fails, and lives when it ends normally (relay.md P5)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const calm = world.start(MORTAL);
    const wild = world.start(MORTAL);
    const client = world.connect(target);
    world.system.link(calm.pid, client.pid);
    world.system.link(wild.pid, client.pid);
    world.system.send(undefined, calm.pid, 'stop', []);
    await world.settle();
    expect(world.system.isAlive(client.pid)).toBe(true);
    world.system.send(undefined, wild.pid, 'crash', []);
    await world.settle();
    expect(client.frames()).toEqual([{ opcode: OPCODE_CLOSE, payload: '\x03\xf3linked process failed' }]);
    expect(mailOf(target).at(-1)![1]).toMatchObject({ reason: 'linked process failed', code: 1011 });
  });

  it('answers cancel with 1000 and terminate with 1001 at once (relay.md P6)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const first = world.connect(target);
    const second = world.connect(target);
    const third = world.connect(target);
    world.system.cancel(target.pid, first.pid, 'enough');
    world.system.cancel(target.pid, second.pid);
    world.system.terminate(third.pid);
    await world.settle();
    expect(first.frames()).toEqual([{ opcode: OPCODE_CLOSE, payload: '\x03\xe8enough' }]);
    expect(second.frames()).toEqual([{ opcode: OPCODE_CLOSE, payload: '\x03\xe8cancelled' }]);
    expect(third.frames()).toEqual([{ opcode: OPCODE_CLOSE, payload: '\x03\xe9terminated' }]);
    expect(third.wire.destroyed).toBe(true);
    expect(third.ended.outcome).toMatchObject({ ok: false, failure: { message: 'process terminated' } });
    const leaves = mailOf(target).filter(([topic]) => topic === 'ws.leave');
    expect(leaves.map(([, value]) => (value as { reason: string }).reason).sort()).toEqual([
      'cancelled',
      'enough',
      'terminated',
    ]);
  });

  it('closes with 1001 when the server stops and waits for the client, within bounds (relay.md L9)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target);
    const stopped = client.connection.stop(3000);
    await world.settle();
    expect(client.frames()).toEqual([{ opcode: OPCODE_CLOSE, payload: '\x03\xe9server shutdown' }]);
    expect(mailOf(target).at(-1)![1]).toMatchObject({ reason: 'server shutdown', code: 1001 });
    await world.clock.advanceAndSettle(3000);
    await stopped;
    expect(client.wire.destroyed).toBe(true);
  });

  it.each([
    ['restart', '\x03\xf4service restart'],
    ['stop', '\x03\xe9service stopped'],
  ] as const)('follows a target that was ended on purpose: %s (relay.md L10)', async (purpose, payload) => {
    const world = createRelayWorld();
    const program = { onMail: ({ kind }: Mail) => (kind === 'cancel' ? done() : undefined) };
    const [first, second] = [world.start(program), world.start(program)];
    const direct = world.connect(first);
    const transferred = world.connect(second);
    send(world, second, transferred, 'ws.control', { target_pid: first.pid });
    await world.settle();
    for (const { pid } of [first, second]) world.system.expectEnd(pid, purpose);
    world.system.cancel('', second.pid);
    await world.settle();
    expect([...direct.frames(), ...transferred.frames()]).toEqual([]);
    world.system.cancel('', first.pid);
    await world.settle();
    for (const client of [direct, transferred]) {
      expect(client.frames()).toEqual([{ opcode: OPCODE_CLOSE, payload }]);
      expect(client.ended.outcome).toMatchObject({
        ok: true,
        fields: { code: purpose === 'restart' ? 1012 : 1001, reason: payload.slice(2) },
      });
    }
  });

  it('follows a linked process that had to be killed for a restart (relay.md P5, L10)', async () => {
    const world = createRelayWorld();
    const [target, other] = [world.start(), world.start()];
    const client = world.connect(target);
    world.system.link(other.pid, client.pid);
    world.system.expectEnd(other.pid, 'restart');
    world.system.terminate(other.pid);
    await world.settle();
    expect(client.frames()).toEqual([{ opcode: OPCODE_CLOSE, payload: '\x03\xf4service restart' }]);
    expect(mailOf(target).at(-1)![1]).toMatchObject({ reason: 'service restart', code: 1012 });
  });

  it('is destroyed at the nearest end when the server asks twice (D6)', async () => {
    const world = createRelayWorld();
    const client = world.connect(world.start());
    const stops = [client.connection.stop(3000), client.connection.stop(4000), client.connection.stop(100)];
    await world.clock.advanceAndSettle(99);
    expect(client.wire.destroyed).toBe(false);
    await world.clock.advanceAndSettle(1);
    await Promise.all(stops);
    expect(client.wire.destroyed).toBe(true);
    expect(world.clock.timerCount).toBe(0);
  });

  it('frees its name and takes no more messages (relay.md P2, P7)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target);
    world.system.names.register('ann', client.pid);
    send(world, target, client, 'ws.close');
    await world.settle();
    expect(client.frames()).toEqual([
      { opcode: OPCODE_CLOSE, payload: '\x03\xe8Connection closed by server' },
    ]);
    expect(() => world.system.names.lookup('ann')).toThrow();
    expect(() => send(world, target, client, 'ws.send', 'x')).toThrow(/not found/);
  });

  it('lets its target live on, uncancelled (relay.md D7)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target);
    client.wire.destroy();
    await world.settle();
    expect(world.system.isAlive(target.pid)).toBe(true);
    expect(target.events).toEqual([]);
  });

  it('leaves no timer behind', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target, { heartbeatMs: 1000 });
    expect(world.clock.timerCount).toBeGreaterThan(0);
    client.send(OPCODE_CLOSE, '');
    client.wire.end();
    await world.settle();
    expect(world.clock.timerCount).toBe(0);
  });

  it('delivers every message that came before the close frame, then the leave (relay.md G3)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target, { options: { 'wsrelay.mailbox.limit': '2' } });
    for (let i = 0; i < 50; i++) client.send(OPCODE_TEXT, `m${i}`);
    client.send(OPCODE_CLOSE, '');
    while (!target.topics.includes('ws.leave')) await world.settle();
    const data = mailOf(target).map(([topic, value]) =>
      topic === 'ws.message' ? (value as { data: string }).data : topic,
    );
    expect(data).toEqual(['ws.join', ...Array.from({ length: 50 }, (_, i) => `m${i}`), 'ws.leave']);
  });
});

describe('WebSocketConnection backpressure and liveness', () => {
  it('pauses the socket at the limit and resumes at half (relay.md L2)', async () => {
    const world = createRelayWorld();
    let isReading = false;
    const target = world.start({
      step: (self) => {
        if (!isReading) return { kind: 'waiting' };
        const mail = self.context.mailbox.takeNext();
        if (mail !== undefined) self.received.push(mail);
        return { kind: mail === undefined ? 'waiting' : 'ready' };
      },
    });
    const client = world.connect(target, { options: { 'wsrelay.mailbox.limit': '4' } });
    for (let i = 0; i < 20; i++) {
      client.send(OPCODE_TEXT, `m${i}`);
      await world.settle();
    }
    expect(target.context.mailbox.messageCount).toBeLessThan(8);
    isReading = true;
    target.context.wake();
    await world.settle();
    expect(target.topics.filter((topic) => topic === 'ws.message')).toHaveLength(20);
  });

  it('pauses for bytes as well as for messages, until all of them are read', async () => {
    const world = createRelayWorld();
    let isReading = false;
    const target = world.start({
      step: (self) => {
        const mail = isReading ? self.context.mailbox.takeNext() : undefined;
        if (mail !== undefined) self.received.push(mail);
        return { kind: mail === undefined ? 'waiting' : 'ready' };
      },
    });
    const client = world.connect(target, { options: { 'wsrelay.max.message.size': '10000000' } });
    for (let i = 0; i < 5; i++) {
      client.send(OPCODE_BINARY, Buffer.alloc(8_000_000));
      await world.settle();
    }
    expect(target.context.mailbox.messageCount).toBeLessThanOrEqual(4); // the join and at most three of them
    isReading = true;
    target.context.wake();
    while (target.topics.filter((topic) => topic === 'ws.message').length < 5) await world.settle();
  });

  it('drops a peer that answers no ping in time (relay.md L6)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target);
    await world.clock.advanceAndSettle(30_000);
    await world.settle();
    expect(client.frames()[0]).toEqual({ opcode: 0x9, payload: '' });
    await world.clock.advanceAndSettle(10_000);
    await world.settle();
    expect(mailOf(target).at(-1)![1]).toMatchObject({ reason: 'ping timeout', code: 1006 });
    expect(client.wire.destroyed).toBe(true);
  });

  it('pings but concludes nothing while paused (relay.md L4, L6)', async () => {
    const world = createRelayWorld();
    const target = world.start({ step: () => ({ kind: 'waiting' }) });
    const client = world.connect(target, { options: { 'wsrelay.mailbox.limit': '1' } });
    client.send(OPCODE_TEXT, 'a');
    await world.settle();
    await world.clock.advanceAndSettle(120_000);
    await world.settle();
    expect(client.frames()).toEqual(Array.from({ length: 4 }, () => ({ opcode: 0x9, payload: '' })));
    expect(world.system.isAlive(client.pid)).toBe(true);
  });
});

describe('WebSocketConnection heartbeat', () => {
  it('beats one interval after the join, with uptime and message count (relay.md B2-B4)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target, { heartbeatMs: 45_200, options: { 'wsrelay.ping.interval': '0' } });
    client.send(OPCODE_TEXT, 'a');
    client.send(0x9, 'ping');
    await world.settle();
    await world.clock.advanceAndSettle(90_400);
    const beats = mailOf(target).filter(([topic]) => topic === 'ws.heartbeat');
    expect(beats.map(([, value]) => value)).toEqual([
      { client_pid: client.pid, uptime: '45.2s', message_count: 1, metadata: {} },
      { client_pid: client.pid, uptime: '1m30.4s', message_count: 1, metadata: {} },
    ]);
  });

  it('is off in table mode unless asked for (relay.md B1)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    world.connect(target, { options: { 'wsrelay.ping.interval': '0' } });
    expect(world.clock.timerCount).toBe(0);
  });

  it('skips a beat while the last one is unread (relay.md B5)', async () => {
    const world = createRelayWorld();
    const target = world.start({ step: () => ({ kind: 'waiting' }) });
    world.connect(target, { heartbeatMs: 1000, options: { 'wsrelay.ping.interval': '0' } });
    await world.clock.advanceAndSettle(10_000);
    expect(target.context.mailbox.messageCount).toBe(2); // the join and one heartbeat
  });
});

describe('WebSocketConnection transfer', () => {
  it('leaves the old target with the old metadata and joins the new one with the new (relay.md X6, X7)', async () => {
    const world = createRelayWorld();
    const first = world.start();
    const second = world.start();
    const client = world.connect(first, { metadata: { v: 1 } });
    client.send(OPCODE_TEXT, 'one');
    await world.settle();
    send(world, first, client, 'ws.control', {
      target_pid: second.pid,
      message_topic: 'ws.new_topic',
      metadata: { v: 2 },
    });
    await world.settle();
    client.send(OPCODE_TEXT, 'two');
    await world.settle();
    expect(mailOf(first)).toEqual([
      ['ws.join', { client_pid: client.pid, metadata: { v: 1 } }],
      ['ws.message', { client_pid: client.pid, type: 'text', data: 'one', metadata: { v: 1 } }],
      ['ws.leave', { client_pid: client.pid, reason: 'transferred', metadata: { v: 1 } }],
    ]);
    expect(mailOf(second)).toEqual([
      ['ws.join', { client_pid: client.pid, metadata: { v: 2 } }],
      ['ws.new_topic', { client_pid: client.pid, type: 'text', data: 'two', metadata: { v: 2 } }],
    ]);
  });

  it('takes a JSON string as document 004 sends it (relay.md X1, D6)', async () => {
    const world = createRelayWorld();
    const first = world.start();
    const second = world.start();
    const client = world.connect(first);
    send(world, second, client, 'ws.control', JSON.stringify({ target_pid: second.pid }));
    await world.settle();
    expect(second.topics).toEqual(['ws.join']);
  });

  it('survives the exit of the old target right after the command, and follows the new one (relay.md X8, T1)', async () => {
    const world = createRelayWorld();
    const first = world.start(MORTAL);
    const second = world.start(MORTAL);
    const client = world.connect(first);
    await world.settle();
    send(world, first, client, 'ws.control', { target_pid: second.pid });
    world.system.send(undefined, first.pid, 'crash', []);
    await world.settle();
    expect(world.system.isAlive(client.pid)).toBe(true);
    world.system.send(undefined, second.pid, 'stop', []);
    await world.settle();
    expect(client.frames()).toEqual([{ opcode: OPCODE_CLOSE, payload: '\x03\xe8target process exited' }]);
  });

  it('changes nothing when any part of the command is wrong (relay.md X2)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const dead = world.start(MORTAL);
    const client = world.connect(target, { metadata: { v: 1 } });
    const other = world.connect(target);
    world.system.send(undefined, dead.pid, 'stop', []);
    await world.settle();
    const good = { message_topic: 'renamed', metadata: { v: 2 } };
    const live = world.start();
    const commands: HostValue[] = [
      { ...good, target_pid: 'nobody' },
      { ...good, target_pid: '{broken' },
      { ...good, target_pid: '{other@app:host|0x00001}' },
      { ...good, target_pid: dead.pid },
      { ...good, target_pid: other.pid },
      { ...good, target_pid: client.pid },
      { ...good, target_pid: 5 },
      { ...good, target_pid: live.pid, message_topic: '@inbox' },
      { ...good, target_pid: live.pid, message_topic: 'ws.join' },
      { ...good, target_pid: live.pid, metadata: 'text' },
      { ...good, target_pid: live.pid, metadata: [1, 2] },
      'no json',
      '[1]',
      7,
    ];
    for (const command of commands) send(world, target, client, 'ws.control', command);
    send(world, target, client, 'ws.control');
    client.send(OPCODE_TEXT, 'same as ever');
    await world.settle();
    expect(mailOf(target).at(-1)).toEqual([
      'ws.message',
      { client_pid: client.pid, type: 'text', data: 'same as ever', metadata: { v: 1 } },
    ]);
    expect(live.topics).toEqual([]);
    expect(world.lines.filter((line) => line.level === 'warn')).toHaveLength(commands.length + 1);
  });

  it('applies the other fields when the target stays the same (relay.md X4, X5)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    world.system.names.register('hub', target.pid);
    const client = world.connect(target, { metadata: { v: 1 } });
    send(world, target, client, 'ws.control', { target_pid: 'hub', message_topic: 'b', metadata: {} });
    await world.settle();
    client.send(OPCODE_TEXT, 'x');
    await world.settle();
    expect(target.topics).toEqual(['ws.join', 'b']);
    expect(mailOf(target)[1]![1]).toMatchObject({ metadata: { v: 1 } });
  });

  it('restarts, stops and keeps the heartbeat as told (relay.md X3)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const client = world.connect(target, { heartbeatMs: 1000, options: { 'wsrelay.ping.interval': '0' } });
    const beats = (): number => target.topics.filter((topic) => topic === 'ws.heartbeat').length;
    send(world, target, client, 'ws.control', { heartbeat_interval: 'soon', message_topic: 'b' });
    await world.settle();
    await world.clock.advanceAndSettle(1000);
    expect(beats()).toBe(1);
    send(world, target, client, 'ws.control', { heartbeat_interval: '250ms' });
    await world.settle();
    await world.clock.advanceAndSettle(1000);
    expect(beats()).toBe(5);
    send(world, target, client, 'ws.control', { heartbeat_interval: '0' });
    await world.settle();
    await world.clock.advanceAndSettle(5000);
    expect(beats()).toBe(5);
  });

  it('lets the old target go on sending (relay.md X9)', async () => {
    const world = createRelayWorld();
    const first = world.start();
    const second = world.start();
    const client = world.connect(first);
    send(world, first, client, 'ws.control', { target_pid: second.pid });
    send(world, first, client, 'ws.send', 'still allowed');
    await world.settle();
    expect(client.frames()).toEqual([{ opcode: OPCODE_TEXT, payload: 'still allowed' }]);
  });

  it('resumes a socket the old target had paused', async () => {
    const world = createRelayWorld();
    const lazy = world.start({ step: () => ({ kind: 'waiting' }) });
    const second = world.start();
    const client = world.connect(lazy, { options: { 'wsrelay.mailbox.limit': '1' } });
    client.send(OPCODE_TEXT, 'a');
    await world.settle();
    client.send(OPCODE_TEXT, 'b');
    await world.settle();
    send(world, second, client, 'ws.control', { target_pid: second.pid });
    await world.settle();
    expect(second.topics).toEqual(['ws.join', 'ws.message']);
  });
});
