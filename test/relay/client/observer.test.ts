import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../../../src/base/index.ts';
import { fromHost } from '../../../src/lua/index.ts';
import { ProcessSystem } from '../../../src/process/index.ts';
import { createRelay, type RelayObserver } from '../../../src/relay/index.ts';
import { OPCODE_BINARY, OPCODE_CLOSE, OPCODE_TEXT } from '../../../src/relay/websocket/frame.ts';
import { createMachine } from '../../../src/vm/index.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { bootHttp } from '../../support/http-world.ts';
import { createLogDouble, ProgramTable, ScriptedProgram } from '../../support/programs.ts';
import { refusedBy, wsClient } from '../../support/ws-client.ts';
import { createRelayWorld } from '../relay-world.ts';
import { until } from '../until.ts';

/** An observer that remembers what it was told, bytes as text. */
function createObserver(): { observer: RelayObserver; seen: unknown[][] } {
  const seen: unknown[][] = [];
  const text = (data: Uint8Array): string => Buffer.from(data).toString('latin1');
  return {
    seen,
    observer: {
      opened: (connection) => seen.push(['opened', connection]),
      received: (pid, data, isBinary) => seen.push(['received', pid, text(data), isBinary]),
      sent: (pid, data, isBinary) => seen.push(['sent', pid, text(data), isBinary]),
      closed: (pid, ending) => seen.push(['closed', pid, ending.reason, ending.code]),
      refused: (request, refusal) => seen.push(['refused', request, refusal]),
    },
  };
}

describe('ObserverSlot', () => {
  it('tells of data frames both ways and of the end, in their order', async () => {
    const world = createRelayWorld();
    const { observer, seen } = createObserver();
    world.relay.slot.observe(observer);
    const client = world.connect(world.start());
    client.send(OPCODE_TEXT, 'in');
    client.send(OPCODE_BINARY, '\xff');
    client.send(0x9, 'a ping is no message');
    await world.settle();
    for (const value of ['out', { type: 'binary', data: new Uint8Array([0xfe]) }]) {
      world.system.send(undefined, client.pid, 'ws.send', [fromHost(value)]);
    }
    await world.settle();
    client.send(OPCODE_CLOSE, '\x0f\xa0bye');
    await world.settle();
    expect(seen).toEqual([
      ['received', client.pid, 'in', false],
      ['received', client.pid, '\xff', true],
      ['sent', client.pid, 'out', false],
      ['sent', client.pid, '\xfe', true],
      ['closed', client.pid, 'bye', 4000],
    ]);
  });

  it('tells nothing any more once observing was stopped, and has room for the next', async () => {
    const world = createRelayWorld();
    const first = createObserver();
    const second = createObserver();
    const stop = world.relay.slot.observe(first.observer);
    expect(() => world.relay.slot.observe(second.observer)).toThrow('one observer');
    stop();
    world.relay.slot.observe(second.observer);
    stop(); // of the first: the second stays
    const client = world.connect(world.start());
    client.send(OPCODE_TEXT, 'x');
    await world.settle();
    expect(first.seen).toEqual([]);
    expect(second.seen).toEqual([['received', client.pid, 'x', false]]);
  });

  it.each(['received', 'sent', 'closed'] as const)(
    'takes an observer off whose %s throws, and lets the connection live',
    async (hook) => {
      const world = createRelayWorld();
      let calls = 0;
      world.relay.slot.observe({
        [hook]: () => {
          calls++;
          throw new Error('broken');
        },
      });
      const target = world.start();
      const client = world.connect(target);
      for (const text of ['a', 'b']) {
        client.send(OPCODE_TEXT, text);
        world.system.send(undefined, client.pid, 'ws.send', [fromHost(text)]);
      }
      await world.settle();
      client.send(OPCODE_CLOSE, '');
      await world.settle();
      expect(target.topics).toEqual(['ws.join', 'ws.message', 'ws.message', 'ws.leave']);
      expect(client.frames().map(({ payload }) => payload)).toEqual(['a', 'b', '']);
      expect(client.ended.outcome).toMatchObject({ ok: true });
      expect(calls).toBe(1);
      expect(world.lines).toMatchObject([{ level: 'error', event: 'relay observer failed' }]);
    },
  );
});

describe('createRelay().observe()', () => {
  /** A relay behind a real server, whose handler asks for a connection to one target. */
  async function bootRelay() {
    createMachine(); // values need one
    const clock = { ...createFakeClock(), defer: (callback: () => void) => void setImmediate(callback) };
    const { log } = createLogDouble();
    const budget = new ByteBudget({ limitBytes: 1e9, clock });
    const system = new ProcessSystem({ clock, log, source: new ProgramTable() });
    const target = new ScriptedProgram();
    system.spawnProgram({ hostId: 'test:host', program: target });
    const { middleware, observe } = createRelay({ system, clock, log, budget });
    const world = await bootHttp({
      middleware,
      router: { post_middleware: ['websocket_relay', 'sse_relay'] },
      routes: {
        'GET /socket': ({ request, response }) => {
          const to = request.query.find(([name]) => name === 'to')?.[1] ?? target.pid;
          response.setHeader('X-WS-Relay', JSON.stringify({ target_pid: to }));
          return undefined;
        },
        'GET /stream': ({ response }) => {
          response.setHeader('X-SSE-Relay', '{}');
          return undefined;
        },
      },
    });
    const { observer, seen } = createObserver();
    observe(observer);
    return { port: await world.listen(), system, target, seen };
  }

  const request = (path: string, endpoint: string | undefined): object => ({
    path,
    remoteAddress: expect.stringContaining('127.0.0.1'),
    server: 'app:gateway',
    router: 'app:api',
    endpoint,
  });

  it('tells of a WebSocket with its PID, its route and its target before anything else', async () => {
    const { port, target, seen } = await bootRelay();
    const client = await wsClient(`ws://127.0.0.1:${port}/socket`);
    client.send('hello');
    await until(() => seen.length === 2);
    const pid = (seen[0]![1] as { pid: string }).pid;
    expect(seen).toEqual([
      [
        'opened',
        {
          ...request('/socket', 'app:f0.endpoint'),
          pid,
          entryId: 'moonhub:websocket',
          target: target.pid,
        },
      ],
      ['received', pid, 'hello', false],
    ]);
  });

  it('tells of an event stream, its events and its end', async () => {
    const { port, system, seen } = await bootRelay();
    const response = await fetch(`http://127.0.0.1:${port}/stream`);
    const { pid } = seen[0]![1] as { pid: string };
    system.send(undefined, pid, 'sse.message', [fromHost('é')]);
    system.send(undefined, pid, 'sse.close', []);
    await response.text();
    expect(seen).toEqual([
      [
        'opened',
        { ...request('/stream', 'app:f1.endpoint'), pid, entryId: 'moonhub:sse', target: undefined },
      ],
      ['sent', pid, expect.stringMatching(/^event: ready\ndata: /), false],
      ['sent', pid, 'event: sse.message\ndata: "Ã©"\n\n', false],
      ['sent', pid, 'event: done\ndata: {"reason":"closed by server"}\n\n', false],
      ['closed', pid, 'closed by server', 1000],
    ]);
  });

  it('tells of requests refused before and after their handler', async () => {
    const { port, seen } = await bootRelay();
    await refusedBy(`ws://127.0.0.1:${port}/socket`, { origin: 'https://evil.test' });
    await refusedBy(`ws://127.0.0.1:${port}/socket?to=nobody`);
    expect(seen).toMatchObject([
      ['refused', request('/socket', 'app:f0.endpoint'), { status: 403 }],
      ['refused', request('/socket', 'app:f0.endpoint'), { status: 503, cause: expect.any(String) }],
    ]);
  });
});
