/** Starting and stopping a hub, in every order an embedding program may do it (`app-format.md` § 10.1). */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHub, type Hub, type HubOptions } from '../../src/index.ts';
import { writeFiles } from '../support/boot-hub.ts';
import { eventually } from '../support/eventually.ts';
import { createLogDouble } from '../support/programs.ts';

const GATEWAY = `version: "1.0"
namespace: app
entries:
  - name: gateway
    kind: http.service
    addr: 127.0.0.1:\${env:PORT|0}
    lifecycle: { auto_start: true }
  - name: api
    kind: http.router
    meta: { server: gateway }
  - name: who
    kind: function.lua
    source: file://who.lua
    method: handler
    modules: [http]
  - name: who.endpoint
    kind: http.endpoint
    method: GET
    path: /who
    func: who
`;

const WORKER = `  - name: worker
    kind: process.lua
    source: file://worker.lua
    method: run
    modules: [registry]
  - name: worker.service
    kind: process.service
    process: worker
    host: system:processes
    lifecycle: { auto_start: true }
`;

/** Registers a name, counts in it, and waits for its end. */
const WORKER_LUA = `local function run()
  process.registry.register("worker")
  process.events():receive()
end
return { run = run }`;

const whoLua = (name: string): string => `local http = require("http")
local function handler()
  local pid = process.registry.lookup("worker")
  http.response():write("${name} " .. tostring(pid ~= nil))
end
return { handler = handler }`;

/** A hub that is loaded and not started. */
async function loadHub(
  files: Readonly<Record<string, string>> = {},
  options: Partial<HubOptions> = {},
): Promise<{ hub: Hub; folder: string; log: ReturnType<typeof createLogDouble> }> {
  const folder = await mkdtemp(join(tmpdir(), 'moonhub-hub-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFiles(folder, {
    '_index.yaml': GATEWAY + WORKER,
    'who.lua': whoLua('hub'),
    'worker.lua': WORKER_LUA,
    ...files,
  });
  const log = createLogDouble();
  const hub = await createHub({ path: folder, cwd: folder, environment: {}, log: log.log, ...options });
  onTestFinished(() => hub.stop());
  return { hub, folder, log };
}

/** Somebody else listens on a free loopback port. */
async function occupyPort() {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void blocker.close());
  const address = blocker.address();
  return { blocker, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

const isOpen = async (url: string): Promise<boolean> => {
  try {
    await (await fetch(url)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
};

const urlOf = (hub: Hub): string => hub.listening()[0]!.url;
const codeOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: { code?: unknown }) => error.code,
  );

describe('Hub.start() and Hub.stop()', () => {
  it('start nothing before start(), and leave nothing after stop()', async () => {
    const { hub } = await loadHub();
    expect(hub.inspect()).toMatchObject({ processes: [], listening: [] });
    await hub.start();
    const url = urlOf(hub);
    expect(await (await fetch(`${url}/who`)).text()).toBe('hub true');
    await hub.stop();
    expect(hub.inspect()).toMatchObject({ processes: [], listening: [] });
    expect(await isOpen(url)).toBe(false);
  });

  it('start() called twice starts once', async () => {
    const { hub, log } = await loadHub();
    await Promise.all([hub.start(), hub.start()]);
    await hub.start();
    expect(hub.listening()).toHaveLength(1);
    expect(log.lines.filter(({ event }) => event === 'http server listening')).toHaveLength(1);
  });

  it('stop() called twice, or never started, resolves; start() is refused afterwards', async () => {
    const { hub } = await loadHub();
    const [first, second] = [hub.stop(), hub.stop()];
    expect(first).toBe(second);
    await first;
    expect(await codeOf(hub.start())).toBe('MH_HUB_STOPPED');
    expect(hub.inspect()).toMatchObject({ processes: [], listening: [] });
  });

  it.each([0, 1, 2, 3, 5, 8, 13, 21])(
    'stop() during start(), %i ticks in, ends with nothing running',
    async (ticks) => {
      const { hub } = await loadHub({}, { watch: true });
      const starting = hub.start().then(
        () => undefined,
        (error: { code: string }) => error.code,
      );
      for (let i = 0; i < ticks; i++) await new Promise((resolve) => setImmediate(resolve));
      await hub.stop();
      expect([undefined, 'MH_HUB_STOPPED', 'MH_SERVICE_START_FAILED']).toContain(await starting);
      expect(hub.inspect()).toMatchObject({ processes: [], listening: [] });
      expect(
        hub.inspect().services.filter(({ state }) => state === 'running' || state === 'starting'),
      ).toEqual([]);
    },
  );

  it('start() that fails stops what had started and may be tried again', async () => {
    const { blocker, port } = await occupyPort();
    const { hub } = await loadHub({}, { environment: { PORT: String(port) } });
    await expect(hub.start()).rejects.toMatchObject({
      code: 'MH_SERVICE_START_FAILED',
      message: expect.stringContaining(String(port)),
    });
    expect(hub.inspect()).toMatchObject({ processes: [], listening: [] });
    await new Promise((resolve) => blocker.close(resolve));
    await hub.start();
    expect(await (await fetch(`${urlOf(hub)}/who`)).text()).toBe('hub true');
  });

  it('a service created while the hub stops does not start', async () => {
    const { hub } = await loadHub({
      'worker.lua': `local registry = require("registry")
        local function run()
          process.events():receive()
          local changes = registry.snapshot():changes()
          changes:create({ id = "app:late", kind = "http.service", data = {
            addr = "127.0.0.1:0", lifecycle = { auto_start = true } } })
          local version, err = changes:apply()
          assert(version, tostring(err))
        end
        return { run = run }`,
    });
    await hub.start();
    await hub.stop();
    expect(hub.registry.get('app:late')).toBeDefined();
    expect(hub.inspect()).toMatchObject({ processes: [], listening: [] });
  });

  it('stop() that takes too long cuts the rest and says so (MH_HUB_STOP_TIMEOUT)', async () => {
    const { hub } = await loadHub(
      { 'worker.lua': 'return { run = function() while true do process.inbox():receive() end end }' },
      { shutdownTimeoutMs: 50 },
    );
    await hub.start();
    expect(await codeOf(hub.stop())).toBe('MH_HUB_STOP_TIMEOUT');
    expect(hub.inspect()).toMatchObject({ processes: [], listening: [] });
    // The test's own clean-up stops again and gets the same answer.
    hub.stop = async () => {};
  });

  it('D6: asked again with less time, a stop under way hurries; with more time, or none named, it does not', async () => {
    const { hub } = await loadHub(
      { 'worker.lua': 'return { run = function() while true do process.inbox():receive() end end }' },
      { shutdownTimeoutMs: 60_000 },
    );
    await hub.start();
    const stopped = codeOf(hub.stop());
    void codeOf(hub.stop({ timeoutMs: 120_000 }));
    void codeOf(hub.stop());
    await new Promise((resolve) => setImmediate(resolve));
    expect(hub.inspect().processes).toHaveLength(1);
    const hurried = codeOf(hub.stop({ timeoutMs: 0 }));
    expect(await Promise.all([stopped, hurried])).toEqual(['MH_HUB_STOP_TIMEOUT', 'MH_HUB_STOP_TIMEOUT']);
    expect(hub.inspect()).toMatchObject({ processes: [], listening: [] });
    expect(hub.inspect().services.map(({ state }) => state)).not.toContain('stopping');
    hub.stop = async () => {};
  });

  it('D5: a callback that throws, or rejects, is logged; saves are applied and stop() takes every step', async () => {
    const events: string[] = [];
    const { hub, folder, log } = await loadHub(
      {},
      {
        watch: true,
        onReload: ({ kind }) => {
          events.push(kind);
          if (events.length > 1) return Promise.reject(new Error('bug of the embedder'));
          throw new Error('bug of the embedder');
        },
      },
    );
    await hub.start();
    const url = urlOf(hub);
    for (const [count, name] of [
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ] as const) {
      await writeFiles(folder, { 'who.lua': whoLua(name) });
      await eventually(() => expect(events).toHaveLength(count));
      expect(await (await fetch(`${url}/who`)).text()).toBe(`${name} true`);
    }
    await hub.stop();
    expect(hub.inspect()).toMatchObject({ processes: [], listening: [] });
    expect(await isOpen(url)).toBe(false);
    expect(log.lines.filter(({ event }) => event === 'callback failed').map(({ fields }) => fields)).toEqual(
      events.map(() => expect.objectContaining({ callback: 'onReload', cause: 'bug of the embedder' })),
    );
  });

  it('D5: an onProblems that throws does not keep the application from loading', async () => {
    const { hub, log } = await loadHub(
      { '_index.yaml': GATEWAY.replace('version: "1.0"\n', 'version: "9"\n') },
      {
        onProblems: () => {
          throw new Error('bug of the embedder');
        },
      },
    );
    expect(hub.registry.get('app:gateway')).toBeDefined();
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        event: 'callback failed',
        fields: expect.objectContaining({ callback: 'onProblems' }),
      }),
    );
  });

  it('a reload that is applied while the hub stops leaves nothing running', async () => {
    const { hub, folder } = await loadHub({}, { watch: true });
    await hub.start();
    await writeFiles(folder, { 'worker.lua': `${WORKER_LUA} -- again`, 'who.lua': whoLua('again') });
    await hub.stop();
    expect(hub.inspect()).toMatchObject({ processes: [], listening: [] });
  });
});

describe('Hub.listening()', () => {
  it('D17: tells where a server really is, and which address of an edit it could not take', async () => {
    const { port } = await occupyPort();
    const { hub } = await loadHub();
    await hub.start();
    const before = hub.listening()[0]!;
    const entry = hub.registry.get('app:gateway')!;
    const address = `127.0.0.1:${port}`;
    const data = { ...entry.data, addr: address };
    await hub.registry.apply([
      { operation: 'update', entry: { id: entry.id, kind: entry.kind, meta: entry.meta, data } },
    ]);
    expect(hub.listening()).toEqual([
      { ...before, wanted: { address, reason: expect.stringContaining(address) } },
    ]);
    expect(await isOpen(before.url)).toBe(true);
  });
});

describe('HubOptions.cwd', () => {
  it('D11: is where a relative directory starts, whatever that of Node.js is', async () => {
    const files = '  - name: files\n    kind: fs.directory\n    directory: ./www\n';
    const mount = '  - name: mount\n    kind: http.static\n    path: /\n    fs: files\n';
    const { folder: app } = await loadHub({ '_index.yaml': GATEWAY });
    const folder = await mkdtemp(join(tmpdir(), 'moonhub-cwd-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFiles(folder, { 'www/page.txt': 'served' });
    await writeFiles(app, { '_index.yaml': GATEWAY + files + mount });
    const hub = await createHub({ path: app, cwd: folder, environment: {}, log: createLogDouble().log });
    onTestFinished(() => hub.stop());
    await hub.start();
    expect(await (await fetch(`${urlOf(hub)}/page.txt`)).text()).toBe('served');
  });
});

describe('two hubs in one program', () => {
  it('do not know of each other: names, processes, stops', async () => {
    const one = await loadHub({ 'who.lua': whoLua('one') });
    const two = await loadHub({ '_index.yaml': GATEWAY, 'who.lua': whoLua('two') });
    await Promise.all([one.hub.start(), two.hub.start()]);
    expect(await (await fetch(`${urlOf(one.hub)}/who`)).text()).toBe('one true');
    expect(await (await fetch(`${urlOf(two.hub)}/who`)).text()).toBe('two false');
    await one.hub.stop();
    expect(await (await fetch(`${urlOf(two.hub)}/who`)).text()).toBe('two false');
  });
});
