/** The order in which a hub stops, seen over real sockets (`app-format.md` § 10, `relay.md` L9). */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Contribution,
  createHub,
  type ExtensionPorts,
  type Hub,
  type HubOptions,
} from '../../src/index.ts';
import { writeFiles } from '../support/boot-hub.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { rawClient } from '../support/http-world.ts';
import { createLogDouble } from '../support/programs.ts';
import { refusedBy, wsClient } from '../support/ws-client.ts';

/** Says what it reads to the log. After its CANCEL it goes on until it is told `finish`: a service that takes long. */
const ROOM = `
local logger = require("logger")
local function main()
    process.registry.register("room")
    local inbox, events = process.inbox(), process.events()
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == events then
            logger:info("room cancel")
        else
            local msg = got.value
            if msg:topic() == "finish" then return end
            local data = msg:payload():data()
            logger:info("room " .. msg:topic(), { reason = data.reason, text = data.data })
        end
    end
end
return { main = main }`;

/** Hands the connection to the room; with \`?wait\` only once somebody has sent it a word. */
const CONNECT = `
local http = require("http")
local json = require("json")
local function handler()
    local req, res = http.request(), http.response()
    if req:query("wait") then
        process.registry.register("waiting")
        process.inbox():receive()
    end
    if req:query("plain") then return res:write("done") end
    res:set_header(req:query("sse") and "X-SSE-Relay" or "X-WS-Relay", json.encode({ target_pid = "room" }))
end
return { handler = handler }`;

const CALLED = `local function handler()
    process.registry.register("called")
    return process.inbox():receive():topic()
end
return { handler = handler }`;

const APPLICATION = {
  '_index.yaml': gatewayYaml({
    router: { post_middleware: ['sse_relay', 'websocket_relay'] },
    routes: { 'GET /ws': 'connect' },
    entries: [
      { name: 'room', kind: 'process.lua', source: 'file://room.lua', method: 'main', modules: ['logger'] },
      {
        name: 'room.service',
        kind: 'process.service',
        process: 'room',
        host: 'processes',
        lifecycle: { auto_start: true },
      },
      { name: 'called', kind: 'function.lua', source: 'file://called.lua', method: 'handler' },
    ],
  }),
  'room.lua': ROOM,
  'connect.lua': CONNECT,
  'called.lua': CALLED,
};

interface World {
  readonly hub: Hub;
  readonly ports: ExtensionPorts;
  readonly url: string;
  readonly wsUrl: string;
  readonly port: number;
  /** What was logged, as \`event\` or, for the room's lines, \`event reason\`. */
  events(): string[];
  isAlive(name: string): boolean;
}

async function load(
  files: Readonly<Record<string, string>>,
  contribution: Contribution = {},
  options: Partial<HubOptions> = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'moonhub-stop-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFiles(folder, files);
  const log = createLogDouble();
  let ports: ExtensionPorts | undefined;
  const probe = {
    name: 'probe',
    open(given: ExtensionPorts) {
      ports = given;
      return contribution;
    },
  };
  const environment = { PORT: '0' };
  const hub = await createHub({
    path: folder,
    cwd: folder,
    environment,
    log: log.log,
    extensions: [probe],
    ...options,
  });
  onTestFinished(() => hub.stop({ timeoutMs: 0 }).catch(() => {}));
  return { hub, log, ports: ports! };
}

async function boot(
  files: Readonly<Record<string, string>> = {},
  contribution?: Contribution,
): Promise<World> {
  const { hub, log, ports } = await load({ ...APPLICATION, ...files }, contribution);
  await hub.start();
  const { url, port } = hub.listening()[0]!;
  const isAlive = (name: string): boolean =>
    hub.inspect().processes.some(({ names }) => names.includes(name));
  await eventually(() => expect(isAlive('room')).toBe(true));
  return {
    hub,
    ports,
    url,
    wsUrl: url.replace('http:', 'ws:'),
    port,
    events: () =>
      log.lines.map(({ event, fields }) => [event, fields.reason, fields.text].filter(Boolean).join(' ')),
    isAlive,
  };
}

/** Moves time in small steps: what one of them sets off is over before the next. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    await clock.advanceAndSettle(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: { code?: unknown }) => error.code,
  );

const UPGRADE =
  'GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

describe('Hub.stop()', () => {
  it('H4: refuses first, then tells every client while its target lives, then stops services (relay.md L9)', async () => {
    const world = await boot();
    const sockets = await Promise.all(Array.from({ length: 5 }, () => wsClient(`${world.wsUrl}/ws`)));
    const stream = await fetch(`${world.url}/ws?sse=1`);
    const [asking, offering, idle] = [
      await rawClient(world.port),
      await rawClient(world.port),
      await rawClient(world.port),
    ];
    asking.send('GET /none HTTP/1.1\r\nHost: h\r\n\r\n');
    await asking.until('404');
    const stopped = world.hub.stop();
    asking.send('GET /ws?plain=1 HTTP/1.1\r\nHost: h\r\n\r\n');
    offering.send(UPGRADE);
    for (const { closed } of sockets) expect(await closed).toEqual({ code: 1001, reason: 'server shutdown' });
    expect(await stream.text()).toMatch(/event: done\ndata: \{"reason":"server shutdown"\}\n\n$/);
    for (const client of [asking, offering]) {
      const text = await client.closed();
      expect(text.slice(text.lastIndexOf('HTTP/1.1'))).toMatch(
        /^HTTP\/1.1 503 .*Connection: close\r\n.*server is shutting down\n/s,
      );
    }
    await eventually(() => expect(world.events()).toContain('room cancel'));
    // The room has not ended yet, so its server still has the connection of somebody who said nothing.
    expect(world.isAlive('room')).toBe(true);
    await expect(rawClient(world.port)).rejects.toThrow('ECONNREFUSED');
    idle.send(UPGRADE);
    expect(await idle.closed()).toMatch(/^HTTP\/1.1 503 /);
    expect(world.hub.inspect().stopping).toMatchObject({ stage: 'services', services: ['app:room.service'] });
    world.ports.send('room', 'finish');
    await stopped;
    const events = world.events().filter((event) => event.startsWith('room'));
    expect(events.slice(-7)).toEqual([
      ...Array(5).fill('room ws.leave server shutdown'),
      'room sse.leave server shutdown',
      'room cancel',
    ]);
    expect(world.hub.inspect()).toMatchObject({ processes: [], listening: [] });
  });

  it('D7: a handler that waits before its 101 gets its 503, and holds the services until then', async () => {
    const world = await boot();
    const refused = refusedBy(`${world.wsUrl}/ws?wait=1`);
    await eventually(() => expect(world.isAlive('waiting')).toBe(true));
    const stopped = world.hub.stop();
    expect(world.hub.inspect().stopping).toMatchObject({ stage: 'drain', work: { requests: 1 } });
    world.ports.send('waiting', 'go');
    expect(await refused).toMatchObject({ status: 503, body: 'server is shutting down\n' });
    world.ports.send('room', 'finish');
    await stopped;
  });

  it('frames that arrive right at the stop come before the leave, or not at all, and in order (G3)', async () => {
    const world = await boot();
    const client = await wsClient(`${world.wsUrl}/ws`);
    for (let i = 1; i <= 1_000; i++) client.send(`${i}`);
    await eventually(() => expect(world.events()).toContain('room ws.message 1'));
    const stopped = world.hub.stop();
    expect(await client.closed).toEqual({ code: 1001, reason: 'server shutdown' });
    world.ports.send('room', 'finish');
    await stopped;
    const events = world.events().filter((event) => /^room ws/.test(event));
    const count = events.filter((event) => event.startsWith('room ws.message')).length;
    const messages = Array.from({ length: count }, (_, index) => `room ws.message ${index + 1}`);
    expect(events).toEqual(['room ws.join', ...messages, 'room ws.leave server shutdown']);
  });

  it('lets calls and requests under way end before services stop, and takes no new ones', async () => {
    const world = await boot();
    const called = world.hub.call({ entryId: 'app:called' });
    const answer = fetch(`${world.url}/ws?wait=1&plain=1`);
    for (const name of ['called', 'waiting']) await eventually(() => expect(world.isAlive(name)).toBe(true));
    const stopped = world.hub.stop();
    expect(await codeOf(world.hub.call({ entryId: 'app:called' }))).toBe('MH_HUB_STOPPED');
    expect(world.hub.inspect().stopping?.work).toEqual({ requests: 1, calls: 1 });
    world.ports.send('called', 'well done');
    world.ports.send('waiting', 'go');
    expect(await called).toEqual({ ok: true, value: 'well done' });
    expect(await (await answer).text()).toBe('done');
    expect(world.events()).not.toContain('room cancel');
    world.ports.send('room', 'finish');
    await stopped;
  });

  it('D6: less time hurries every stage; clients are told all the same', async () => {
    const world = await boot();
    const client = await wsClient(`${world.wsUrl}/ws`);
    const broken = fetch(`${world.url}/ws?wait=1&plain=1`).catch(() => 'cut');
    await eventually(() => expect(world.isAlive('waiting')).toBe(true));
    const stopped = codeOf(world.hub.stop());
    expect(await client.closed).toEqual({ code: 1001, reason: 'server shutdown' });
    expect(world.hub.inspect().stopping?.stage).toBe('drain');
    expect(await codeOf(world.hub.stop({ timeoutMs: 100 }))).toBe('MH_HUB_STOP_TIMEOUT');
    expect(await stopped).toBe('MH_HUB_STOP_TIMEOUT');
    // The request took half of the time; the services had the other half.
    expect(world.events()).toContain('room cancel');
    expect(await broken).toBe('cut');
    expect(world.hub.inspect()).toMatchObject({ processes: [], listening: [] });
  });

  it('during a start that takes long: what serves already goes the same way', async () => {
    let started = (): void => {};
    const kind = {
      kind: 'app.slow',
      summary: 'Starts when it is told to.',
      hasLifecycle: true,
      schema: { type: 'object' },
      run: () => ({
        start: () =>
          new Promise<void>((resolve) => {
            started = resolve;
          }),
        stop: () => {},
        update: () => 'followed' as const,
      }),
    };
    const slow =
      '  - name: slow\n    kind: app.slow\n    lifecycle: { auto_start: true, requires: [room.service] }\n';
    const { hub, ports, log } = await load(
      { ...APPLICATION, '_index.yaml': `${APPLICATION['_index.yaml']}${slow}` },
      { kinds: [kind] },
    );
    const starting = codeOf(hub.start());
    await eventually(() => expect(hub.listening()).toHaveLength(1));
    await eventually(() => expect(hub.inspect().processes.flatMap(({ names }) => names)).toContain('room'));
    const client = await wsClient(`${hub.listening()[0]!.url.replace('http:', 'ws:')}/ws`);
    const stopped = hub.stop();
    expect(await client.closed).toEqual({ code: 1001, reason: 'server shutdown' });
    await eventually(() => expect(hub.inspect().stopping?.services).toContain('app:slow'));
    started();
    const said = (): string[] =>
      log.lines.map(({ event }) => event).filter((event) => event.startsWith('room'));
    await eventually(() => expect(said()).toEqual(['room ws.join', 'room ws.leave', 'room cancel']));
    ports.send('room', 'finish');
    await stopped;
    expect(await starting).toBeOneOf(['MH_SERVICE_START_FAILED', 'MH_HUB_STOPPED']);
    expect(hub.inspect()).toMatchObject({ processes: [], listening: [] });
  });
});

describe('a service that is restarted', () => {
  it('H5: closes its connections with 1012 and counts what it left unread (relay.md L10)', async () => {
    const world = await boot({
      'room.lua': `local function main()
          process.registry.register("room")
          process.events():receive()
        end
        return { main = main }`,
    });
    const client = await wsClient(`${world.wsUrl}/ws`);
    const stream = await fetch(`${world.url}/ws?sse=1`);
    const { id, kind, meta, data } = world.hub.registry.get('app:room.service')!;
    await world.hub.registry.apply([
      { operation: 'update', entry: { id, kind, meta, data: { ...data, input: [1] } } },
    ]);
    expect(await client.closed).toEqual({ code: 1012, reason: 'service restart' });
    expect(await stream.text()).toMatch(/event: done\ndata: \{"reason":"service restart"\}\n\n$/);
    expect(world.events()).toContain('unread messages lost');
    await eventually(() => expect(world.isAlive('room')).toBe(true));
  });

  it('one that is deleted closes them with 1001, and one that returns by itself with 1000', async () => {
    const world = await boot();
    const client = await wsClient(`${world.wsUrl}/ws`);
    const applied = world.hub.registry.apply([{ operation: 'delete', id: 'app:room.service' }]);
    await eventually(() => expect(world.events()).toContain('room cancel'));
    world.ports.send('room', 'finish');
    await applied;
    expect(await client.closed).toEqual({ code: 1001, reason: 'service stopped' });
    const other = await boot();
    const last = await wsClient(`${other.wsUrl}/ws`);
    other.ports.send('room', 'finish');
    expect(await last.closed).toEqual({ code: 1000, reason: 'target process exited' });
  });
});

describe('extensions at a stop', () => {
  const EMPTY = { '_index.yaml': 'version: "1.0"\nnamespace: app\nentries: []\n' };

  it('refuse and drain before services stop, close after them, whatever one of them throws', async () => {
    const order: string[] = [];
    const bug = (what: string) => (): never => {
      order.push(what);
      throw new Error('bug of the embedder');
    };
    const kind = {
      kind: 'app.thing',
      summary: 'Anything.',
      hasLifecycle: true,
      schema: { type: 'object' },
      run: () => ({
        start: () => {},
        stop: bug('stop'),
        kill: bug('kill'),
        update: () => 'followed' as const,
      }),
    };
    const { hub, log } = await load(
      {
        '_index.yaml': `${EMPTY['_index.yaml'].replace(' []', '')}  - name: thing\n    kind: app.thing\n    lifecycle: { auto_start: true }\n`,
      },
      {
        kinds: [kind],
        refuse: bug('refuse'),
        drain: () => Promise.reject(bug('drain')()),
        work: bug('work'),
        close: bug('close'),
      },
    );
    await hub.start();
    await hub.stop();
    expect(order).toEqual(['refuse', 'drain', 'stop', 'kill', 'close']);
    const { level, fields } = log.lines.find(({ event }) => event === 'extension does not refuse')!;
    expect([level, fields]).toEqual([
      'error',
      expect.objectContaining({ extension: 'probe', cause: 'bug of the embedder' }),
    ]);
  });

  it('one that never closes is told to do it at once after ten seconds, and left behind after one more', async () => {
    const told: unknown[] = [];
    const clock = createFakeClock();
    const { hub, log } = await load(
      EMPTY,
      {
        close(options) {
          told.push(options);
          return new Promise(() => {});
        },
      },
      { clock },
    );
    await hub.start();
    const stopped = hub.stop();
    await pass(clock, 9_900);
    expect(told).toEqual([{}]);
    await pass(clock, 1_400);
    await stopped;
    expect(told).toEqual([{}, { timeoutMs: 0 }]);
    expect(log.lines.map(({ event }) => event)).toContain('stop goes on without waiting');
    expect(clock.timerCount).toBe(0);
  });

  it('a drain that never ends takes half of the time, a close that never ends the rest', async () => {
    const clock = createFakeClock();
    const order: string[] = [];
    const never = (what: string) => (): Promise<never> => {
      order.push(`${what} ${clock.monotonicMs()}`);
      return new Promise(() => {});
    };
    const { hub } = await load(EMPTY, { drain: never('drain'), close: never('close') }, { clock });
    await hub.start();
    const stopped = codeOf(hub.stop({ timeoutMs: 4_000 }));
    await pass(clock, 10_000);
    expect(await stopped).toBe('MH_HUB_STOP_TIMEOUT');
    expect(order).toEqual(['drain 0', 'close 2000', 'close 4000']);
    expect(clock.timerCount).toBe(0);
  });
});

describe('HubOptions.onStopProgress', () => {
  const EMPTY = { '_index.yaml': 'version: "1.0"\nnamespace: app\nentries: []\n' };

  it('M6: is told after a second who is waited for, and again when that changes; the log by default', async () => {
    const told: unknown[] = [];
    for (const onStopProgress of [(progress: unknown) => void told.push(progress), undefined]) {
      const clock = createFakeClock();
      let things = 2;
      let end = (): void => {};
      const contribution: Contribution = {
        work: () => ({ things, others: 0 }),
        drain: () =>
          new Promise((resolve) => {
            end = resolve;
          }),
      };
      const { hub, log } = await load(EMPTY, contribution, { clock, onStopProgress });
      await hub.start();
      const stopped = hub.stop();
      await pass(clock, 900);
      expect(told).toEqual([]);
      await pass(clock, 2_100);
      things = 1;
      await pass(clock, 2_000);
      end();
      await stopped;
      const lines = log.lines.filter(({ event }) => event === 'still stopping').map(({ fields }) => fields);
      const common = { stage: 'drain', services: [] };
      const facts = [
        [1_000, 2],
        [4_000, 1],
      ];
      if (onStopProgress === undefined) {
        expect(lines).toEqual(facts.map(([elapsedMs, count]) => ({ ...common, things: count, elapsedMs })));
      } else {
        expect(told.splice(0)).toEqual(
          facts.map(([elapsedMs, count]) => ({ ...common, work: { things: count }, elapsedMs })),
        );
        expect(lines).toEqual([]);
      }
      expect(hub.inspect().stopping).toBeUndefined();
    }
  });
});
