/** What changes of the registry mean for what runs (`app-format.md` § 8), whoever makes them. */

import { describe, expect, it } from 'vitest';
import type { Hub } from '../../src/index.ts';
import { type BootedHub, bootHub } from '../support/boot-hub.ts';
import { eventually } from '../support/eventually.ts';

const WAITS = 'return { run = function() process.events():receive() end }';

const INDEX = `version: "1.0"
namespace: app
entries:
  - name: worker
    kind: process.lua
    source: file://worker.lua
    method: run
    modules: [logger, registry]
  - name: worker.service
    kind: process.service
    process: worker
    host: pool
    lifecycle: { auto_start: true, restart: { max_delay: 10s } }
  - name: idle.service
    kind: process.service
    process: worker
    host: pool
  - name: pool
    kind: process.host
    host: { mailbox_limit: 3 }
    lifecycle: { auto_start: true }
  - name: fill
    kind: function.lua
    source: file://fill.lua
    method: handler
`;

const FILES = {
  '_index.yaml': INDEX,
  'worker.lua': WAITS,
  'fill.lua': `local function handler()
  local pid = assert(process.spawn("app:worker", "app:pool"))
  local sent = 0
  while sent < 100 and process.send(pid, "x", sent) do sent = sent + 1 end
  process.terminate(pid)
  return sent
end
return { handler = handler }`,
};

const pidOf = (hub: Hub): string | undefined =>
  hub.inspect().processes.find(({ entryId }) => entryId === 'app:worker')?.pid;
const stateOf = (hub: Hub, id: string) => hub.inspect().services.find((service) => service.id === id)?.state;

/** Writes an entry again, with other data. */
const edit = (hub: Hub, id: string, data: Record<string, unknown>): Promise<number> => {
  const entry = hub.registry.get(id)!;
  const written = { ...entry.written.data, ...data } as typeof entry.data;
  return hub.registry.apply([{ operation: 'update', entry: { id, kind: entry.kind, data: written } }]);
};
const fill = async ({ hub }: BootedHub) => hub.call({ entryId: 'app:fill' as never });

describe('an edited entry', () => {
  it('D8: mailbox_limit of a process host holds for processes from then on', async () => {
    const app = await bootHub({ files: FILES });
    const before = pidOf(app.hub);
    expect(await fill(app)).toMatchObject({ ok: true, value: 3 });
    await edit(app.hub, 'app:pool', { host: { mailbox_limit: 7 } });
    expect(await fill(app)).toMatchObject({ ok: true, value: 7 });
    expect(pidOf(app.hub)).toBe(before);
  });

  it('D9: restart settings are taken over in place; auto_start switched on starts the service', async () => {
    const { hub } = await bootHub({ files: FILES });
    const before = pidOf(hub);
    await edit(hub, 'app:worker.service', { lifecycle: { auto_start: true, restart: { max_delay: '20s' } } });
    expect([pidOf(hub), stateOf(hub, 'app:worker.service')]).toEqual([before, 'running']);
    expect(stateOf(hub, 'app:idle.service')).toBe('unknown');
    await edit(hub, 'app:idle.service', { lifecycle: { auto_start: true } });
    expect(stateOf(hub, 'app:idle.service')).toBe('running');
  });

  it('input of a process service takes a new process', async () => {
    const { hub } = await bootHub({ files: FILES });
    const before = pidOf(hub);
    await edit(hub, 'app:worker.service', { input: [1] });
    await eventually(() => {
      expect(pidOf(hub)).toBeDefined();
      expect(pidOf(hub)).not.toBe(before);
    });
  });
});

describe('code changed through the registry', () => {
  it('D18: restarts its services, without a watcher', async () => {
    const { hub } = await bootHub({ files: FILES });
    const before = pidOf(hub);
    await edit(hub, 'app:worker', { source: `${WAITS} -- again` });
    await eventually(() => {
      expect(pidOf(hub)).toBeDefined();
      expect(pidOf(hub)).not.toBe(before);
    });
  });

  it('by the very process that runs it: apply() returns, then CANCEL is read', async () => {
    const { log, hub } = await bootHub({
      files: {
        ...FILES,
        'worker.lua': `local registry, logger = require("registry"), require("logger")
local function run()
  local changes = registry.snapshot():changes()
  local entry = registry.get("app:worker")
  entry.data.source = [[${WAITS}]]
  changes:update(entry)
  local _, err = changes:apply()
  logger:info("applied", { err = tostring(err) })
  local event = process.events():receive()
  logger:info("told", { kind = tostring(event.kind) })
end
return { run = run }`,
      },
    });
    const told = () =>
      log.lines.flatMap(({ event, fields }) =>
        event === 'applied' || event === 'told' ? [[event, fields.err ?? fields.kind]] : [],
      );
    await eventually(() =>
      expect(told()).toEqual([
        ['applied', 'nil'],
        ['told', 'pid.cancel'],
      ]),
    );
    await eventually(() => expect(stateOf(hub, 'app:worker.service')).toBe('running'));
  });

  it('D10: of a change that is refused no process, no event and no service hears anything', async () => {
    const { hub, log } = await bootHub({
      files: {
        ...FILES,
        'worker.lua': `local logger = require("logger")
local function run()
  process.set_options({ upgradable = true })
  local events = process.events()
  while true do
    local event = events:receive()
    logger:info("heard", { kind = tostring(event.kind) })
    if event.kind == process.event.CANCEL then return end
  end
end
return { run = run }`,
      },
    });
    const before = pidOf(hub);
    const leave = hub.registry.subscribe({
      name: 'mine',
      async commit() {
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error('no');
      },
    });
    await expect(edit(hub, 'app:worker', { source: WAITS })).rejects.toThrow('no');
    leave();
    const heard = () => log.lines.filter(({ event }) => event === 'heard').map(({ fields }) => fields.kind);
    // What is heard of the next change comes after whatever was sent for the refused one.
    await edit(hub, 'app:worker', { source: `${WAITS} -- taken` });
    await eventually(() => expect(heard()).toEqual(['pid.outdated']));
    expect([hub.registry.version, pidOf(hub)]).toEqual([1, before]);
  });
});
