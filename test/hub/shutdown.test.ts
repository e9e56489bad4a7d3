/** The order in which a hub stops, seen over real sockets (`app-format.md` § 10, `relay.md` L9, L10). */
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { rawClient } from '../support/http-world.ts';
import { refusedBy, wsClient } from '../support/ws-client.ts';
import { APPLICATION, boot, CONNECT, codeOf, load } from './stop-world.ts';

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

  it('a command on the terminal nobody declares is cancelled like a service, and no other one begins', async () => {
    const world = await boot();
    const { ended } = world.hub.runCommand({ entryId: 'app:command', args: [] });
    await eventually(() => expect(world.isAlive('command')).toBe(true));
    const stopped = world.hub.stop();
    expect(() => world.hub.runCommand({ entryId: 'app:command', args: [] })).toThrow(/stopped/);
    await eventually(() => expect(world.events()).toContain('room cancel'));
    world.ports.send('room', 'finish');
    await stopped;
    expect(await ended).toEqual({ ok: true, value: 'pid.cancel' });
  });

  it('a process that spawns, sends and calls while everything stops harms nobody', async () => {
    const world = await boot({
      'room.lua': `local funcs = require("funcs")
        local function main(role)
          if role then
            while true do
              process.send("room", "noise", {})
              process.spawn("app:room", "app:processes", "more")
              funcs.new():call("app:called", 1)
            end
          end
          process.registry.register("room")
          for i = 1, 3 do process.spawn("app:room", "app:processes", "more") end
          process.events():receive()
        end
        return { main = main }`,
      'called.lua': 'return { handler = function() return 1 end }',
      '_index.yaml': APPLICATION['_index.yaml'].replace('"modules":["logger"]', '"modules":["funcs"]'),
    });
    const client = await wsClient(`${world.wsUrl}/ws`);
    const stopped = codeOf(world.hub.stop({ timeoutMs: 1_000 }));
    expect(await client.closed).toEqual({ code: 1001, reason: 'server shutdown' });
    await stopped;
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

describe('one http.service that is deleted', () => {
  it('refuses, tells its clients while their target lives, and nobody else notices (relay.md L9)', async () => {
    const world = await boot();
    const client = await wsClient(`${world.wsUrl}/ws`);
    const refused = refusedBy(`${world.wsUrl}/ws?wait=1`);
    await eventually(() => expect(world.isAlive('waiting')).toBe(true));
    const asking = await rawClient(world.port);
    asking.send('GET /none HTTP/1.1\r\nHost: h\r\n\r\n');
    await asking.until('404');
    const mine = ({ id, kind }: { id: string; kind: string }): boolean =>
      id.startsWith('app:') && /^http\./.test(kind);
    await world.hub.registry.apply(
      world.hub.registry
        .all()
        .filter(mine)
        .map(({ id }) => ({ operation: 'delete' as const, id })),
    );
    expect(await client.closed).toEqual({ code: 1001, reason: 'server shutdown' });
    await eventually(() => expect(world.events()).toContain('room ws.leave server shutdown'));
    // One handler still runs, so open connections are still there to be refused.
    asking.send('GET /none HTTP/1.1\r\nHost: h\r\n\r\n');
    expect(await asking.closed()).toMatch(/HTTP\/1.1 503 .*server is shutting down\n/s);
    await expect(rawClient(world.port)).rejects.toThrow('ECONNREFUSED');
    world.ports.send('waiting', 'go');
    expect(await refused).toMatchObject({ status: 503 });
    expect([world.isAlive('room'), world.events().includes('room cancel')]).toEqual([true, false]);
  });
});

describe('a service that is restarted', () => {
  it('takes the connections of its children along with 1012, and leaves those of others alone', async () => {
    const world = await boot({
      'room.lua': `local function child(name)
          return function()
            process.registry.register(name)
          end
        end
        local function main(role)
          if role == nil then
            process.registry.register("room")
            local names = { "linked", "watching" }
            for _, name in ipairs(names) do
              process.spawn("app:room", "app:processes", name)
            end
            process.events():receive()
            error("not ended well")
          end
          process.registry.register(role)
          local parent = process.registry.lookup("room")
          if role == "linked" then process.link(parent) else process.monitor(parent) end
          process.events():receive()
        end
        return { main = main }`,
      'connect.lua': CONNECT.replace('target_pid = "room"', 'target_pid = req:query("to")'),
    });
    for (const name of ['linked', 'watching']) await eventually(() => expect(world.isAlive(name)).toBe(true));
    const clients = await Promise.all(
      ['room', 'linked', 'watching'].map((name) => wsClient(`${world.wsUrl}/ws?to=${name}`)),
    );
    const { id, kind, meta, data } = world.hub.registry.get('app:room.service')!;
    await world.hub.registry.apply([
      { operation: 'update', entry: { id, kind, meta, data: { ...data, input: [] } } },
    ]);
    for (const { closed } of clients) expect(await closed).toEqual({ code: 1012, reason: 'service restart' });
  });

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
