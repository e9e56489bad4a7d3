import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STANDARD_EXTENSIONS } from '../../../src/hub/standard-extensions.ts';
import { MODULE_FACTS } from '../../../src/modules/system/catalog.ts';
import { type BootedHub, bootHub } from '../../support/boot-hub.ts';
import { testLuaFolder } from '../../support/lua-scripts.ts';

testLuaFolder(import.meta.dirname);

const FILES = {
  '_index.yaml': `
version: "1.0"
namespace: app
entries:
  - { name: host, kind: process.host, lifecycle: { auto_start: true } }
  - { name: ask, kind: function.lua, source: file://ask.lua, method: main, modules: [system, json] }
  - { name: end, kind: function.lua, source: file://end.lua, method: main, modules: [system] }
  - { name: holder, kind: process.lua, source: file://holder.lua, method: main, modules: [system] }
  - { name: locks, kind: function.lua, source: file://locks.lua, method: main, modules: [system, time] }
  - { name: deny, kind: security.policy, policy: { actions: "system.*", resources: "*", effect: deny }, groups: [none] }
  - { name: denied, kind: function.lua, source: file://denied.lua, method: main, modules: [system], security: { actor: { id: nobody }, groups: ["app:none"] } }
`,
  'ask.lua':
    'local system = require("system")\nlocal function main(path, ...) local f = system for part in path:gmatch("[%w_]+") do f = f[part] end local v, err = f(...) if v == nil then return { kind = err:kind() } end return v end\nreturn { main = main }',
  'end.lua':
    'local system = require("system")\nreturn { main = function() local _, err = system.exit(256) assert(err:kind() == "Invalid") assert(system.exit(7)) assert(system.exit(8)) return "returned" end }',
  'holder.lua':
    'local system = require("system")\nreturn { main = function(name, to) assert(system.lock.acquire(name)) assert(system.lock.acquire(name)) process.send(to, "held", true) process.inbox():receive() end }',
  'locks.lua': `
local system, time = require("system"), require("time")
return { main = function()
  local held = process.listen("held")
  local pid = assert(process.spawn("app:holder", "app:host", "l", process.pid()))
  held:receive()
  local ok, err = system.lock.acquire("l")
  assert(ok == false and err:kind() == errors.ALREADY_EXISTS and err:retryable())
  assert(system.lock.release("l") == false)
  local rows = assert(system.hosts.processes("app:host"))
  assert(#rows == 1 and rows[1].pid == pid and rows[1].source == "app:holder" and rows[1].parent == process.pid())
  assert(rows[1].steps > 0 and math.type(rows[1].started_at) == "integer" and rows[1].actor_id == "")
  assert(process.terminate(pid))
  while system.lock.acquire("l") == false do time.sleep("1ms") end
  assert(system.lock.release("l") == true and system.lock.release("l") == false)
  return true
end }`,
  'denied.lua':
    'local system = require("system")\nreturn { main = function() local kinds = {} for i, f in ipairs{ system.exit, system.modules, system.hosts.list, system.gc.collect, system.node.id } do local v, err = f() kinds[i] = v == nil and err:kind() end local v, err = system.lock.acquire("x") kinds[#kinds + 1] = v == nil and err:kind() return kinds end }',
};

describe('system (modules.md § 22)', () => {
  let booted: BootedHub;
  const exits: number[] = [];
  const cleanUps: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    booted = await bootHub(
      { files: FILES, nodeName: 'alpha', onExit: (code) => exits.push(code) },
      (cleanUp) => void cleanUps.push(cleanUp),
    );
  });
  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });
  const call = async (entryId: string, ...args: string[]) => {
    const result = await booted.hub.call({ entryId, args });
    return result.ok ? result.value : result.failure;
  };
  const ask = (...args: string[]) => call('app:ask', ...args);

  it('knows the node by its name, and no other', async () => {
    expect(await ask('node.id')).toBe('alpha');
    expect(await ask('node.addr')).toEqual({ kind: 'Unavailable' });
    expect(await ask('node.role')).toBe('non-member');
    expect(await ask('cluster.members')).toEqual([{ id: 'alpha', is_local: true }]);
  });

  it('shows hosts and services as they are', async () => {
    // Beside the declared one, that of processes nobody gave a host.
    expect(await ask('hosts.list')).toEqual([
      { id: 'app:host', workers: 1, processes: 0, executed: 0, stolen: 0, queue_depth: 0 },
      { id: 'system:processes', workers: 1, processes: 0, executed: 0, stolen: 0, queue_depth: 0 },
    ]);
    expect(await ask('supervisor.state', 'app:host')).toMatchObject({
      id: 'app:host',
      status: 'running',
      desired: 'running',
      retry_count: 0,
      details: '',
    });
    expect(await ask('supervisor.states')).toContainEqual(await ask('supervisor.state', 'app:host'));
    expect(await ask('supervisor.state', 'app:none')).toEqual({ kind: 'NotFound' });
    expect(await ask('hosts.processes', 'app:ask')).toEqual({ kind: 'NotFound' });
  });

  it('knows where it runs', async () => {
    expect(await ask('process.pid')).toBe(process.pid);
    expect(await ask('process.cwd')).toBe(booted.folder);
  });

  it('frees a lock when its holder ends', async () => {
    expect(await call('app:locks')).toBe(true);
  });

  it('refuses with INVALID (0.8)', async () => {
    expect(await call('app:denied')).toEqual(Array(6).fill('Invalid'));
  });

  it('lists every module with what it is for', async () => {
    const names = STANDARD_EXTENSIONS.flatMap(({ modules = [] }) => modules);
    expect(names.filter((name) => !MODULE_FACTS.has(name))).toEqual([]);
    const listed = (await ask('modules')) as { name: string; description: string; class: string[] }[];
    expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    expect(
      listed.filter(({ name }) => names.includes(name)).every(({ description }) => description !== ''),
    ).toBe(true);
  });

  it('exits gracefully with the first code: who asked returns first', async () => {
    expect(await call('app:end')).toBe('returned');
    expect(exits).toEqual([7]);
    await booted.hub.stop();
    await expect(booted.hub.call({ entryId: 'app:ask' })).rejects.toMatchObject({ code: 'MH_HUB_STOPPED' });
  });
});
