/** Long top levels (D1): they run in slices, whoever starts them pays, and `process.spawn` keeps its promises. */
import { describe, expect, it } from 'vitest';
import {
  LOAD_AT_ONCE_INSTRUCTIONS_MAX,
  LOAD_INSTRUCTIONS_MAX,
  SPAWN_DEPTH_MAX,
} from '../../../src/base/index.ts';
import { bootLua, HOST, type LuaEntry, type LuaWorldOptions, resultOf } from '../../support/lua-world.ts';

/** Slices so short that a small loop needs many. */
const SLICE = 1000;

/** A top level of some twenty slices. */
const LONG = 'local x = 0 for i = 1, 10000 do x = x + i end';

const ENDLESS = '\nwhile true do end\nfunction main() end';

function boot(entries: Readonly<Record<string, LuaEntry | string>>, options: LuaWorldOptions = {}) {
  return bootLua(entries, { ...options, limits: { slice: SLICE } });
}

/** A process that does `body`, where `spawn(id)` starts a process and `t` is what `main` returns. */
function parent(body: string, entry: Partial<LuaEntry> = {}): LuaEntry {
  const source = `local t = {}
    local function spawn(id, ...) return process.spawn(id, "${HOST}", ...) end
    function main() ${body} return t end`;
  return { source, ...entry };
}

describe('process.spawn of a long top level', () => {
  it('returns when the chunk has run and before main runs (process.md 2.3, 2.6)', async () => {
    const world = boot({
      'app:parent': parent(`
        process.registry.register("parent")
        t[1] = spawn("app:child")
        local inbox = process.inbox()
        while true do
          local r = channel.select{ inbox:case_receive(), default = true }
          if r.default then break end
          t[#t + 1] = r.value:topic()
        end
        t[#t + 1] = inbox:receive():topic()`),
      'app:child': `${LONG} process.send("parent", "loaded")
        function main() process.send("parent", "main") end`,
    });
    expect(resultOf(await world.run('app:parent'))).toEqual([expect.any(String), 'loaded', 'main']);
  });

  it('lets others run meanwhile, one slice each', () => {
    const world = boot({
      'app:parent': parent('spawn("app:child")'),
      'app:child': `${LONG} function main() end`,
      'app:busy': 'function main() while true do end end',
    });
    world.spawn('app:busy');
    world.spawn('app:parent');
    world.clock.turn();
    const isLoading = () => world.system.inspect().some(({ state }) => state === 'starting');
    expect(isLoading()).toBe(true);
    let turns = 0;
    while (isLoading()) {
      world.clock.turn();
      turns++;
    }
    expect(turns).toBeGreaterThan(10);
  });

  it('does not let other coroutines of its caller run (process.md 4)', async () => {
    const world = boot({
      'app:parent': parent(`
        local gate = channel.new(1)
        coroutine.spawn(function() gate:receive() t[#t + 1] = "other" end)
        gate:send(true)
        assert(spawn("app:child"))
        t[#t + 1] = "spawned"
        coroutine.yield()`),
      'app:child': `${LONG} function main() end`,
    });
    expect(resultOf(await world.run('app:parent'))).toEqual(['spawned', 'other']);
  });

  it.each([
    ['raises', `${LONG}\nerror("boom")`, /Cannot load 'app:child': app:child:2: boom/],
    ['blocks', `${LONG}\nchannel.new():receive()`, /attempt to yield from outside a coroutine/],
    ['never ends', ENDLESS, /Cannot load 'app:child': app:child:2: instruction budget exceeded/],
    ['has no method', LONG, /method "main" not found in module/],
    ['ends itself', `${LONG} process.terminate(process.pid())`, /it ended while its top level ran/],
  ])('gives nil and an error, and no EXIT, when it %s (process.md 2.4)', async (_, source, text) => {
    const world = bootLua(
      {
        'app:parent': parent(`
          local pid, err = process.spawn_linked_monitored("app:child", "${HOST}")
          t[1], t[2] = pid == nil, tostring(err)
          local r = channel.select{ process.events():case_receive(), default = true }
          t[3] = r.default`),
        'app:child': source,
      },
      // Longer slices than elsewhere here: one of them has 20 million instructions to go.
      { limits: { slice: 10_000 } },
    );
    const outcome = await world.run('app:parent');
    expect(resultOf(outcome)).toEqual([true, expect.stringMatching(text), true]);
    expect(world.system.processCount).toBe(0);
  });

  it('works in pcall, in coroutines of the program, and in a function that returns what it gives', async () => {
    const world = boot({
      'app:parent': parent(`
        local function tail() return spawn("app:child") end
        local ok, pid = pcall(spawn, "app:child")
        t[1], t[2] = ok, process.monitor(pid)
        t[3] = process.monitor(coroutine.wrap(function() coroutine.yield(1) return (tail()) end)() and tail())`),
      'app:child': `${LONG} function main() process.inbox():receive() end`,
    });
    expect(resultOf(await world.run('app:parent'))).toEqual([true, true, true]);
  });

  it('may stand at a top level, which waits for it and goes on in slices', async () => {
    const world = boot({
      'app:outer': parent('t[1] = process.exec("app:middle", "app:host")'),
      'app:middle': `${LONG} local pid = assert(process.spawn("app:inner", "${HOST}")) ${LONG}
        function main() return process.monitor(pid) end`,
      'app:inner': `${LONG} function main() process.inbox():receive() end`,
    });
    expect(resultOf(await world.run('app:outer'))).toEqual([true]);
  });

  it('is refused too deep inside each other, and the innermost alone fails', async () => {
    const world = boot({
      'app:parent': parent('t[1] = spawn("app:nest") ~= nil'),
      'app:nest': `${LONG} local pid, err = process.spawn("app:nest", "${HOST}")
        if err then process.send("probe", tostring(err)) end
        function main() process.inbox():receive() end`,
      'app:probe': `function main()
        process.registry.register("probe") return process.inbox():receive():topic() end`,
    });
    const probe = world.watch(world.spawn('app:probe'));
    world.clock.flush();
    expect(resultOf(await world.run('app:parent'))).toEqual([true]);
    await world.clock.settle();
    expect(probe.outcome).toMatchObject({ ok: true });
    expect(resultOf(probe.outcome!)).toMatch(/each inside the top level of the other/);
    expect(world.system.processCount).toBe(SPAWN_DEPTH_MAX);
  });

  it('is over at once where the caller cannot wait, or fails when it is long', async () => {
    const at = (rounds: number) =>
      `for i = 1, ${rounds} do end function main() process.inbox():receive() end`;
    const world = boot({
      'app:parent': parent(`
        for _, id in ipairs{ "app:short", "app:long" } do
          table.sort({ 1, 2 }, function(a, b)
            local pid, err = spawn(id)
            t[#t + 1] = err and tostring(err) or process.monitor(pid)
            return a < b
          end)
        end`),
      'app:short': at(LOAD_AT_ONCE_INSTRUCTIONS_MAX / 10),
      'app:long': `\n${at(2 * LOAD_AT_ONCE_INSTRUCTIONS_MAX)}`,
    });
    expect(resultOf(await world.run('app:parent'))).toEqual([
      true,
      expect.stringMatching(/Cannot load 'app:long': app:long:2: instruction budget exceeded/),
    ]);
  });

  it('is over at once in the __tostring of an error nobody catches', async () => {
    const world = boot({
      'app:parent': `function main()
        error(setmetatable({}, { __tostring = function()
          return process.spawn("app:child", "${HOST}") and "started"
        end }))
      end`,
      'app:child': `${LONG} function main() process.inbox():receive() end`,
    });
    expect(await world.run('app:parent')).toMatchObject({
      ok: false,
      failure: { message: 'started' },
    });
    expect(world.system.processCount).toBe(1);
  });

  it('is paid for by whoever starts it, as far as it runs inside the call', async () => {
    const cheap = bootLua({
      'app:parent': parent('for i = 1, 20 do assert(spawn("app:child")) end', {
        limits: { turn_instructions: 500_000 },
      }),
      'app:child': 'for i = 1, 30000 do end function main() end',
    });
    const outcome = await cheap.run('app:parent');
    expect(outcome.ok || outcome.failure.message).toMatch(/instruction budget exceeded/);
  });

  it('goes on when its caller ends, and takes what is linked down with it', async () => {
    const world = boot({
      'app:parent': 'function main(link) process[link]("app:child", "app:host") end',
      'app:child': `${LONG} process.send("probe", process.pid()) function main() process.inbox():receive() end`,
    });
    for (const [link, isAlive] of [
      ['spawn', true],
      ['spawn_linked', false],
    ] as const) {
      const pid = world.spawn('app:parent', link);
      world.clock.turn();
      const child = world.system.inspect().find(({ state }) => state === 'starting')!;
      world.system.terminate(pid);
      await world.clock.settle();
      expect([link, world.system.isAlive(child.pid)]).toEqual([link, isAlive]);
    }
  });
});

describe('other ways to start a long top level', () => {
  const FUNCTION = { kind: 'function.lua', modules: ['funcs'] };

  it.each([
    ['process.exec', `process.exec("app:child", "${HOST}")`, 'process.lua'],
    ['funcs.call', 'funcs.call("app:child")', 'function.lua'],
    [
      'funcs.async',
      '(function() local f = funcs.async("app:child") f:response():receive() return f:result() end)()',
      'function.lua',
    ],
  ])('%s gives the result, or why there is none', async (_, expression, kind) => {
    const source = (last: string) => ({ kind, source: `${LONG}\n${last} function main() return 7 end` });
    const body = `local funcs = require("funcs")
      local value, err = ${expression}
      t[1] = err and tostring(err) or tostring(value and (type(value) == "number" and value or value:data()))`;
    const run = async (last: string) => {
      const world = boot({ 'app:parent': parent(body, { modules: ['funcs'] }), 'app:child': source(last) });
      return resultOf(await world.run('app:parent'));
    };
    expect(await run('')).toEqual(['7']);
    expect(await run('error("boom")')).toEqual([expect.stringMatching(/Cannot load 'app:child'.*:2: boom/)]);
  });

  it('funcs.async holds nobody: the caller goes on at once, and gets every result', async () => {
    const world = boot({
      'app:parent': parent(
        `local funcs, futures = require("funcs"), {}
         for i = 1, 10 do futures[i] = funcs.async("app:child", i) end
         for i = 1, 10 do t[i] = futures[i]:response():receive():data() end`,
        { modules: ['funcs'] },
      ),
      'app:child': { ...FUNCTION, source: `${LONG} function main(i) return i * i end` },
    });
    expect(resultOf(await world.run('app:parent'))).toEqual([1, 4, 9, 16, 25, 36, 49, 64, 81, 100]);
  });

  it('a call whose caller ends while its function loads is aborted there (process.md 14.3)', () => {
    const world = boot({
      'app:parent': parent('require("funcs").call("app:child")', { modules: ['funcs'] }),
      'app:child': { ...FUNCTION, source: `${LONG} function main() end` },
    });
    const pid = world.spawn('app:parent');
    world.clock.turn();
    expect(world.system.inspect()).toMatchObject([{ pid }, { entryId: 'app:child', state: 'starting' }]);
    world.system.terminate(pid);
    expect(world.system.processCount).toBe(0);
  });

  it('an upgrade to it keeps mailbox and PID, and fails with the process (process.md 12)', async () => {
    const world = boot({
      'app:old': 'function main(id) process.inbox():receive() process.upgrade(id) end',
      'app:good': `${LONG} function main() return process.inbox():receive():topic() end`,
      'app:bad': `${LONG}\nerror("boom")`,
    });
    const good = world.watch(world.spawn('app:old', 'app:good'));
    const bad = world.watch(world.spawn('app:old', 'app:bad'));
    for (const { pid } of world.system.inspect())
      for (const topic of ['go', 'later']) world.system.send(undefined, pid, topic, []);
    await world.clock.settle();
    expect(resultOf(good.outcome!)).toBe('later');
    expect(bad.outcome).toMatchObject({
      ok: false,
      failure: { message: expect.stringMatching(/^upgrade: Cannot load 'app:bad': app:bad:2: boom/) },
    });
  });

  it('libraries count: the budget is for the load as a whole', async () => {
    const most = `for i = 1, ${0.6 * LOAD_INSTRUCTIONS_MAX} do end return {}`;
    const world = bootLua({
      'app:parent': parent('t[1] = tostring(select(2, spawn("app:child")))'),
      'app:child': { source: 'function main() end', imports: { a: 'app:a', b: 'app:b' } },
      'app:a': { kind: 'library.lua', source: most },
      'app:b': { kind: 'library.lua', source: `\n${most}` },
    });
    expect(resultOf(await world.run('app:parent'))).toEqual([
      expect.stringMatching(/Cannot load 'app:b': app:b:2: instruction budget exceeded/),
    ]);
  });
});
