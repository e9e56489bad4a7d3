import type { ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Pid } from '../../../src/base/index.ts';
import { fromHost, type HostValue } from '../../../src/lua/index.ts';
import {
  SSE_HEARTBEAT_MS,
  SSE_TOPIC_DEFAULT,
  SseConnection,
  type SseSettings,
} from '../../../src/relay/sse/connection.ts';
import { done, fail, type ScriptedProgram } from '../../support/programs.ts';
import { createRelayWorld, mailOf, type RelayWorld } from '../relay-world.ts';

interface Stream {
  readonly pid: Pid;
  readonly connection: SseConnection;
  /** Text the client received so far. */
  text(): string;
  /** Blocks of the stream, comments included. */
  blocks(): string[];
  /** The client goes away. */
  leave(): void;
  /** From now on the client reads nothing. */
  stall(): void;
}

function openStream(
  world: RelayWorld,
  target: ScriptedProgram | undefined,
  given: Partial<SseSettings> = {},
): Stream {
  let text = '';
  let isStalled = false;
  // A stand-in with the part of a response that the connection uses: a writable stream.
  const response = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, callback) {
      text += chunk.toString('utf8');
      if (!isStalled) callback();
    },
    writev(chunks, callback) {
      for (const { chunk } of chunks) text += (chunk as Buffer).toString('utf8');
      if (!isStalled) callback();
    },
  });
  const connection = new SseConnection(world.relay, {
    target: target?.pid,
    messageTopic: SSE_TOPIC_DEFAULT,
    heartbeatMs: SSE_HEARTBEAT_MS,
    idleTimeoutMs: 0,
    hardTimeoutMs: 0,
    metadata: undefined,
    owner: '127.0.0.1',
    ...given,
  });
  const pid = world.system.spawnProgram({ hostId: 'app:gateway', program: connection.process });
  connection.open(response as unknown as ServerResponse);
  return {
    pid,
    connection,
    text: () => text,
    blocks: () => text.split('\n\n').filter((block) => block !== ''),
    leave: () => response.destroy(),
    stall: () => {
      isStalled = true;
    },
  };
}

const send = (world: RelayWorld, to: Stream, topic: string, ...values: HostValue[]): void =>
  world.system.send(undefined, to.pid, topic, values.map(fromHost));

const MORTAL = {
  onMail: (mail: { kind: string; topic?: string }) => {
    if (mail.kind === 'message' && mail.topic === 'stop') return done();
    return mail.kind === 'message' && mail.topic === 'crash' ? fail('boom') : undefined;
  },
};

describe('SseConnection with a target', () => {
  it('joins, forwards the topic, and leaves when the client goes (relay.md Q1-Q3, Q6)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const stream = openStream(world, target, { metadata: fromHost({ user: 'é' }) });
    send(world, stream, 'sse.message', 'text');
    send(world, stream, 'sse.message', { a: [1, 2] });
    send(world, stream, 'other', 'dropped');
    send(world, stream, 'sse.message');
    await world.settle();
    expect(stream.blocks()).toEqual([
      'event: sse.message\ndata: "text"',
      'event: sse.message\ndata: {"a":[1,2]}',
      'event: sse.message\ndata: null',
    ]);
    stream.leave();
    await world.settle();
    expect(mailOf(target)).toEqual([
      ['sse.join', { client_pid: stream.pid, metadata: { user: 'é' } }],
      ['sse.leave', { client_pid: stream.pid, reason: 'client closed', metadata: { user: 'é' } }],
    ]);
    expect(stream.text()).not.toContain('event: done');
    expect(world.system.isAlive(stream.pid)).toBe(false);
    expect(world.clock.timerCount).toBe(0);
  });

  it('writes text as JSON and bytes that are no text as base64 (relay.md Q2)', async () => {
    const world = createRelayWorld();
    const stream = openStream(world, world.start());
    send(world, stream, 'sse.message', 'line 1\nline "2" é');
    send(world, stream, 'sse.message', new Uint8Array([0xff, 0x00]));
    await world.settle();
    expect(stream.blocks()).toEqual([
      'event: sse.message\ndata: "line 1\\nline \\"2\\" é"',
      'event: sse.message\ndata: "/wA="',
    ]);
  });

  it('forwards every topic but the reserved ones with * and lets no topic forge a line (relay.md Q1)', async () => {
    const world = createRelayWorld();
    const stream = openStream(world, world.start(), { messageTopic: '*' });
    send(world, stream, 'news', 1);
    send(world, stream, 'sse.join', 2);
    send(world, stream, 'sse.heartbeat', 3);
    send(world, stream, 'x\ndata: forged', 4);
    send(world, stream, 'x\rid: 1', 5);
    await world.settle();
    expect(stream.blocks()).toEqual(['event: news\ndata: 1']);
    expect(world.lines.filter((line) => line.level === 'warn')).toHaveLength(2);
  });

  it('ends with done when the target ends (relay.md Q3, Q6)', async () => {
    const world = createRelayWorld();
    const target = world.start(MORTAL);
    const stream = openStream(world, target);
    world.system.send(undefined, target.pid, 'crash', []);
    await world.settle();
    expect(stream.blocks()).toEqual(['event: done\ndata: {"reason":"target process exited"}']);
  });

  it('sends heartbeats to both sides (relay.md Q5)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const stream = openStream(world, target);
    send(world, stream, 'sse.message', 1);
    await world.settle();
    await world.clock.advanceAndSettle(30_000);
    expect(stream.blocks()).toEqual(['event: sse.message\ndata: 1', ': ping']);
    expect(mailOf(target).at(-1)).toEqual([
      'sse.heartbeat',
      { client_pid: stream.pid, uptime: '30s', message_count: 1, metadata: {} },
    ]);
  });
});

describe('SseConnection without a target', () => {
  it('introduces itself first (relay.md Q4)', async () => {
    const world = createRelayWorld();
    const stream = openStream(world, undefined, { metadata: fromHost({ a: 1 }) });
    send(world, stream, 'sse.message', 1);
    await world.settle();
    const pid = JSON.stringify(stream.pid);
    expect(stream.blocks()).toEqual([
      `event: ready\ndata: {"stream_pid":${pid},"message_topic":"sse.message","metadata":{"a":1}}`,
      'event: sse.message\ndata: 1',
    ]);
  });
});

describe('SseConnection ends', () => {
  it.each([
    ['sse.close', [], 'closed by server'],
    ['sse.close', ['enough'], 'enough'],
    ['sse.close', [{ reason: 'over' }], 'over'],
    ['sse.close', ['{"reason":"json"}'], 'json'],
  ] as [string, HostValue[], string][])('with done on %s %j (relay.md Q6)', async (topic, values, reason) => {
    const world = createRelayWorld();
    const target = world.start();
    const stream = openStream(world, target);
    send(world, stream, topic, ...values);
    await world.settle();
    expect(stream.blocks()).toEqual([`event: done\ndata: {"reason":"${reason}"}`]);
    expect(mailOf(target).at(-1)![1]).toMatchObject({ reason });
  });

  it('after the idle timeout, which events restart and heartbeats do not (relay.md Q7)', async () => {
    const world = createRelayWorld();
    const stream = openStream(world, undefined, { idleTimeoutMs: 40_000, heartbeatMs: 30_000 });
    await world.clock.advanceAndSettle(39_000);
    send(world, stream, 'sse.message', 1);
    await world.settle();
    await world.clock.advanceAndSettle(39_999);
    expect(stream.text()).not.toContain('done');
    await world.clock.advanceAndSettle(1);
    expect(stream.blocks().at(-1)).toBe('event: done\ndata: {"reason":"idle timeout"}');
  });

  it('after the hard timeout, whatever happens (relay.md Q7)', async () => {
    const world = createRelayWorld();
    const stream = openStream(world, undefined, { hardTimeoutMs: 1000 });
    await world.clock.advanceAndSettle(999);
    send(world, stream, 'sse.message', 1);
    await world.settle();
    await world.clock.advanceAndSettle(1);
    expect(stream.blocks().at(-1)).toBe('event: done\ndata: {"reason":"hard timeout"}');
  });

  it('at the nearest end when the server asks twice and the client reads nothing (D6)', async () => {
    const world = createRelayWorld();
    const stream = openStream(world, undefined);
    stream.stall();
    send(world, stream, 'sse.message', 'stuck');
    await world.settle();
    let isStopped = false;
    const stops = [stream.connection.stop(3000), stream.connection.stop(4000), stream.connection.stop(100)];
    void Promise.all(stops).then(() => {
      isStopped = true;
    });
    await world.clock.advanceAndSettle(99);
    await world.settle();
    expect(isStopped).toBe(false);
    await world.clock.advanceAndSettle(1);
    await Promise.all(stops);
    expect(world.clock.timerCount).toBe(0);
  });

  it('with done on cancel, terminate and server shutdown; monitors see how (relay.md Q6, Q10)', async () => {
    for (const [end, reason, isNormal] of [
      [(world: RelayWorld, stream: Stream) => world.system.cancel('', stream.pid), 'cancelled', true],
      [(world: RelayWorld, stream: Stream) => world.system.terminate(stream.pid), 'terminated', false],
      [(_world: RelayWorld, stream: Stream) => void stream.connection.stop(1000), 'server shutdown', true],
    ] as const) {
      const world = createRelayWorld();
      const watcher = world.start();
      const stream = openStream(world, world.start());
      world.system.monitor(watcher.pid, stream.pid);
      end(world, stream);
      await world.settle();
      expect(stream.blocks()).toEqual([`event: done\ndata: {"reason":"${reason}"}`]);
      expect(watcher.received).toMatchObject([{ kind: 'exit', outcome: { ok: isNormal } }]);
    }
  });

  it('with done when its target is restarted, also one it was linked to; a detached one goes on (relay.md L10)', async () => {
    const world = createRelayWorld();
    const [target, other] = [world.start(), world.start()];
    const [stream, linked, detached] = [
      openStream(world, target),
      openStream(world, undefined),
      openStream(world, undefined),
    ];
    world.system.link(other.pid, linked.pid);
    for (const { pid } of [target, other]) {
      world.system.expectEnd(pid, 'restart');
      world.system.terminate(pid);
    }
    await world.settle();
    const done = 'event: done\ndata: {"reason":"service restart"}';
    expect([stream.blocks(), linked.blocks().slice(1)]).toEqual([[done], [done]]);
    expect(detached.blocks()).toHaveLength(1);
  });

  it('drops a client that does not read (relay.md L5)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const stream = openStream(world, target);
    stream.stall();
    for (let i = 0; i < 6; i++) {
      send(world, stream, 'sse.message', 'x'.repeat(1_000_000));
      await world.settle();
    }
    expect(mailOf(target).at(-1)![1]).toMatchObject({ reason: 'slow client' });
    expect(world.system.isAlive(stream.pid)).toBe(false);
  });
});

describe('SseConnection control', () => {
  it('joins the new target before the old one gets its leave (relay.md Q9)', async () => {
    const world = createRelayWorld();
    const order: string[] = [];
    const note = (name: string) => ({
      onMail: (mail: { kind: string; topic?: string }) => {
        if (mail.kind === 'message') order.push(`${name} ${mail.topic}`);
        return undefined;
      },
    });
    const first = world.start(note('first'));
    const second = world.start(note('second'));
    const stream = openStream(world, first, { metadata: fromHost({ v: 1 }) });
    await world.settle();
    send(world, stream, 'sse.control', { target_pid: second.pid, metadata: { v: 2 }, message_topic: 'news' });
    await world.settle();
    expect(order).toEqual(['first sse.join', 'second sse.join', 'first sse.leave']);
    expect(mailOf(first).at(-1)![1]).toEqual({
      client_pid: stream.pid,
      reason: 'transferred',
      metadata: { v: 1 },
    });
    expect(mailOf(second)[0]![1]).toEqual({ client_pid: stream.pid, metadata: { v: 2 } });
    send(world, stream, 'news', 1);
    await world.settle();
    expect(stream.blocks()).toEqual(['event: news\ndata: 1']);
  });

  it('detaches with an empty target and takes defaults for empty fields (relay.md Q8)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const stream = openStream(world, target, { messageTopic: 'news', heartbeatMs: 0, idleTimeoutMs: 5000 });
    send(world, stream, 'sse.control', {
      target_pid: '',
      message_topic: '',
      heartbeat_interval: '',
      idle_timeout: '',
    });
    await world.settle();
    expect(mailOf(target).at(-1)![1]).toMatchObject({ reason: 'transferred' });
    await world.clock.advanceAndSettle(30_000);
    expect(stream.blocks()).toEqual([': ping']);
    send(world, stream, 'sse.message', 1);
    await world.settle();
    expect(stream.blocks().at(-1)).toBe('event: sse.message\ndata: 1');
  });

  it('ignores bad durations and applies the rest; a bad target changes nothing (relay.md Q8, Q9)', async () => {
    const world = createRelayWorld();
    const target = world.start();
    const stream = openStream(world, target);
    send(world, stream, 'sse.control', { idle_timeout: 'soon', hard_timeout: -1, message_topic: 'news' });
    send(world, stream, 'sse.control', { target_pid: 'nobody', message_topic: 'lost' });
    send(world, stream, 'sse.control', { target_pid: stream.pid, message_topic: 'lost' });
    send(world, stream, 'sse.control', { message_topic: 'sse.join' });
    send(world, stream, 'news', 1);
    send(world, stream, 'lost', 2);
    await world.settle();
    expect(stream.blocks()).toEqual(['event: news\ndata: 1']);
    expect(world.lines.filter((line) => line.level === 'warn')).toHaveLength(5);
  });
});
