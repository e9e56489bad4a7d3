/** Hot reload from the outside: files change, a running hub follows (`app-format.md` 8.6-8.7, 12.6). */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReloadEvent } from '../../src/index.ts';
import { formatProblem } from '../../src/registry/index.ts';
import { type BootedHub, bootHub, writeFiles } from '../support/boot-hub.ts';
import { eventually } from '../support/eventually.ts';
import { wsClient } from '../support/ws-client.ts';

const INDEX = `
version: "1.0"
namespace: app
entries:
  - name: gateway
    kind: http.service
    addr: 127.0.0.1:0
    lifecycle: { auto_start: true }
  - name: api
    kind: http.router
    meta: { server: gateway }
    post_middleware: [websocket_relay]
  - name: words
    kind: library.lua
    source: file://words.lua
  - name: greet
    kind: function.lua
    source: file://greet.lua
    method: handler
    modules: [http, time]
    imports: { words: words }
  - name: greet.endpoint
    kind: http.endpoint
    method: GET
    path: /greet
    func: greet
  - name: room
    kind: process.lua
    source: file://room.lua
    method: run
  - name: room.service
    kind: process.service
    process: room
    host: system:processes
    lifecycle: { auto_start: true }
  - name: connect
    kind: function.lua
    source: file://connect.lua
    method: handler
    modules: [http, json]
  - name: connect.endpoint
    kind: http.endpoint
    method: GET
    path: /connect
    func: connect
`;

const greet = (text: string): string => `
local http = require("http")
local words = require("words")
local function handler()
  http.response():write(${text} .. words.name)
end
return { handler = handler }
`;

const room = (name: string): string => `
local function run()
  process.registry.register("room")
  local inbox = process.inbox()
  local events = process.events()
  while true do
    local r = channel.select{ inbox:case_receive(), events:case_receive() }
    if r.channel == events then return end
    if r.value:topic() == "ws.message" then
      process.send(r.value:from(), "ws.send", "${name}: " .. r.value:payload():data().data)
    end
  end
end
return { run = run }
`;

const FILES = {
  '_index.yaml': INDEX,
  'words.lua': 'return { name = "world" }',
  'greet.lua': greet('"hello "'),
  'room.lua': room('first'),
  'connect.lua': `
local http, json = require("http"), require("json")
local function handler()
  http.response():set_header("X-WS-Relay", json.encode{ target_pid = process.registry.lookup("room") })
end
return { handler = handler }
`,
};

describe('a hub that watches its files', () => {
  it('uses a saved function and a saved library in the next call', async () => {
    const app = await bootWatching();
    expect(await text(app, '/greet')).toBe('hello world');
    await app.save({ 'greet.lua': greet('"good day "') });
    expect(await text(app, '/greet')).toBe('good day world');
    const event = await app.save({ 'words.lua': 'return { name = "moon" }' });
    expect(await text(app, '/greet')).toBe('good day moon');
    expect(event).toMatchObject({
      kind: 'applied',
      affected: expect.arrayContaining([{ id: 'app:greet', via: 'app:words' }]),
    });
  });

  it('restarts a supervised service whose code changed and leaves sockets of others alone', async () => {
    const app = await bootWatching();
    const client = await wsClient(`${app.wsUrl}/connect`);
    client.send('a');
    expect(await client.next()).toBe('first: a');
    await app.save({ 'greet.lua': greet('"good day "') });
    client.send('b');
    expect(await client.next()).toBe('first: b');
    await app.save({ 'room.lua': room('second') });
    expect(await client.closed).toEqual({ code: 1012, reason: 'service restart' });
    const again = await reconnect(`${app.wsUrl}/connect`);
    again.send('c');
    expect(await again.next()).toBe('second: c');
  });

  it('refuses a hub that would not load before anything is touched: its sockets never notice (H7)', async () => {
    const app = await bootWatching();
    const client = await wsClient(`${app.wsUrl}/connect`);
    const pid = app.hub.inspect().processes.find(({ entryId }) => entryId === 'app:room')?.pid;
    const good = room('second');
    const bad: [string, RegExp, number][] = [
      [`local x = nil\nx.y = 1\n${good}`, /attempt to index a nil value/, 2],
      [`\n\nlocal json = require("json")\n${good}`, /module 'json' not found.*does not list it/, 3],
      [`while true do end\n${good}`, /instruction budget exceeded/, 1],
      [`error("\\27[2J\\7 gone")\n${good}`, /gone/, 1],
    ];
    for (const [source, reason, line] of bad) {
      const event = await app.save({ 'room.lua': source });
      expect(event).toMatchObject({
        kind: 'rejected',
        error: undefined,
        refused: ['app:room'],
        problems: [{ severity: 'error', entryId: 'app:room', position: { file: 'room.lua', line } }],
      });
      const { problems } = event as Extract<ReloadEvent, { kind: 'rejected' }>;
      expect(problems[0]!.reason).toMatch(reason);
      expect(formatProblem(problems[0]!)).not.toContain('\u001b');
    }
    const renamed = await app.save({ 'room.lua': good.replace('{ run = run }', '{ go = run }') });
    expect(renamed).toMatchObject({ kind: 'rejected', problems: [{ field: 'method' }] });
    const emptied = await app.save({ '_index.yaml': '# nothing\n' });
    expect(emptied).toMatchObject({
      kind: 'rejected',
      problems: [{ position: { file: '_index.yaml', line: 1 } }],
    });
    client.send('still');
    expect(await client.next()).toBe('first: still');
    expect(app.hub.inspect().processes.find(({ entryId }) => entryId === 'app:room')?.pid).toBe(pid);
    expect(await app.save({ '_index.yaml': INDEX, 'room.lua': good })).toMatchObject({
      kind: 'applied',
      isRecovery: true,
    });
  });

  it('does not count restarts of its own against the limits of a service (8.7)', async () => {
    const app = await bootWatching({
      '_index.yaml': INDEX.replace(
        'lifecycle: { auto_start: true }\n  - name: connect',
        'lifecycle: { auto_start: true, restart: { max_attempts: 1 } }\n  - name: connect',
      ),
    });
    for (const name of ['second', 'third', 'fourth']) {
      await app.save({ 'room.lua': room(name) });
      const client = await eventually(() => wsClient(`${app.wsUrl}/connect`));
      client.send('a');
      expect(await client.next()).toMatch(/: a$/);
    }
    await eventually(() => expect(stateOf(app, 'app:room.service')).toBe('running'));
  });

  it('changes nothing when a file does not compile, and says where (file:line:column, source, caret)', async () => {
    const app = await bootWatching();
    const event = await app.save({ 'greet.lua': 'local function handler()\n  return = 1\nend\n' });
    expect(event).toMatchObject({
      kind: 'rejected',
      problems: [{ severity: 'error', entryId: 'app:greet', position: { file: 'greet.lua', line: 2 } }],
    });
    expect(await text(app, '/greet')).toBe('hello world');
    const repaired = await app.save({ 'greet.lua': greet('"well again, "') });
    expect(repaired.kind).toBe('applied');
    expect(await text(app, '/greet')).toBe('well again, world');
  });

  it('changes nothing when the definition is wrong, whatever else was saved with it', async () => {
    const app = await bootWatching();
    const event = await app.save({
      '_index.yaml': INDEX.replace('func: greet', 'func: gret'),
      'greet.lua': greet('"never "'),
    });
    expect(event).toMatchObject({
      kind: 'rejected',
      problems: [
        { entryId: 'app:greet.endpoint', field: 'func', hint: expect.stringContaining('app:greet') },
      ],
    });
    expect(await text(app, '/greet')).toBe('hello world');
  });

  it('swaps routes: a new endpoint answers, a removed one is gone, open sockets stay', async () => {
    const app = await bootWatching();
    const client = await wsClient(`${app.wsUrl}/connect`);
    await app.save({ '_index.yaml': INDEX.replace('path: /greet', 'path: /hello') });
    expect((await fetch(`${app.url}/greet`)).status).toBe(404);
    expect(await text(app, '/hello')).toBe('hello world');
    client.send('still');
    expect(await client.next()).toBe('first: still');
  });

  it('starts a service that was added and stops one that was removed', async () => {
    const app = await bootWatching();
    const added = `${INDEX}
  - name: second.service
    kind: process.service
    process: idle
    host: system:processes
    lifecycle: { auto_start: true }
  - name: idle
    kind: process.lua
    source: |
      return { run = function() process.events():receive() end }
    method: run
`;
    await app.save({ '_index.yaml': added });
    expect(stateOf(app, 'app:second.service')).toBe('running');
    await app.save({ '_index.yaml': INDEX });
    // Nobody is made to wait for what stops: it might be the one who asked.
    await eventually(() => expect(stateOf(app, 'app:second.service')).toBeUndefined());
    expect(app.hub.inspect().processes.filter(({ entryId }) => entryId === 'app:idle')).toEqual([]);
  });
});

type Watching = BootedHub & { save(files: Record<string, string>): Promise<ReloadEvent> };

/** Boots the application; `save` writes files and resolves with what the hub made of them. */
async function bootWatching(more: Record<string, string> = {}): Promise<Watching> {
  let tell: ((event: ReloadEvent) => void) | undefined;
  const app = await bootHub({
    files: { ...FILES, ...more },
    watch: true,
    onReload: (event) => tell?.(event),
  });
  return {
    ...app,
    async save(files) {
      const event = new Promise<ReloadEvent>((resolve) => {
        tell = resolve;
      });
      await writeFiles(join(app.folder), files);
      return event;
    },
  };
}

async function text(app: BootedHub, path: string): Promise<string> {
  return (await fetch(app.url + path)).text();
}

function stateOf(app: BootedHub, id: string): string | undefined {
  return app.hub.inspect().services.find((service) => service.id === id)?.state;
}

/** Connects again once the new process has registered its name. */
async function reconnect(url: string) {
  for (;;) {
    const client = await wsClient(url).catch((error: unknown) => {
      if (error instanceof Error) throw error;
      return undefined;
    });
    if (client !== undefined) return client;
  }
}
