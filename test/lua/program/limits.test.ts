/** What one program may use, and that nobody else notices (`vm.md` S1-S3, S8). */
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../support/fake-clock.ts';
import { bootLua, type LuaWorld, resultOf } from '../../support/lua-world.ts';

/** A world whose clock moves on by a millisecond whenever it is read: turns end. */
function bootTicking(entries: Parameters<typeof bootLua>[0]): LuaWorld {
  let nowMs = 0;
  return bootLua(entries, { clock: { ...createFakeClock(), monotonicMs: () => nowMs++ } });
}

const BUSY = 'local function main() while true do end end';

describe('a busy program', () => {
  it('slows others down and nothing else: both make progress', () => {
    const world = bootTicking({
      'app:busy': BUSY,
      'app:calm': 'local function main() local n = 0 for i = 1, 1000 do n = n + i end return n end',
    });
    world.spawn('app:busy');
    const seen = world.watch(world.spawn('app:calm'));
    for (let i = 0; i < 10 && seen.outcome === undefined; i++) world.clock.turn();
    expect(resultOf(seen.outcome!)).toBe(500_500);
  });

  it.each([
    ['in pcall', 'local function main() while true do pcall(function() while true do end end) end end'],
    ['in a coroutine', 'local function main() coroutine.wrap(function() while true do end end)() end'],
    ['by yielding', 'local function main() while true do coroutine.yield() end end'],
    [
      'by passing a value around',
      `local function main()
         local ch = channel.new()
         coroutine.spawn(function() while true do ch:send(1) end end)
         while true do ch:receive() end
       end`,
    ],
  ])('is killed beyond its budget %s', async (_, source) => {
    const world = bootLua({ 'app:busy': { source, limits: { turn_instructions: 300_000 } } });
    const outcome = await world.run('app:busy');
    expect(outcome.ok || outcome.failure.message).toMatch(/instruction budget exceeded/);
  });

  it('has a new budget whenever it has waited', async () => {
    const source = `local function main()
      local inbox = process.inbox()
      for i = 1, 20 do
        for _ = 1, 20000 do end
        process.send(process.pid(), "t", i)
        coroutine.yield()
        time.sleep("1ms")
        inbox:receive()
      end
      return "done"
    end`;
    const world = bootLua({
      'app:main': { source, modules: ['time'], limits: { turn_instructions: 200_000 } },
    });
    expect(resultOf(await world.run('app:main'))).toBe('done');
  });

  it('can be terminated between two slices', () => {
    const world = bootTicking({ 'app:busy': BUSY });
    const pid = world.spawn('app:busy');
    const seen = world.watch(pid);
    world.clock.turn();
    world.clock.turn();
    world.system.terminate(pid);
    expect(seen.outcome).toMatchObject({ ok: false, failure: { message: 'process terminated' } });
  });
});

describe('limits of an entry', () => {
  it('bound strings and coroutines with errors that can be caught', async () => {
    const source = `local function main()
      local ok, text = pcall(string.rep, "x", 1001)
      local gate = channel.new()
      local n = 0
      while pcall(coroutine.spawn, function() gate:receive() end) do n = n + 1 end
      return { ok, n, #string.rep("x", 1000) }
    end`;
    const world = bootLua({ 'app:main': { source, limits: { string_bytes: 1000, coroutines: 5 } } });
    expect(resultOf(await world.run('app:main'))).toEqual([false, 4, 1000]);
  });

  it('bound the depth of calls with an error that can be caught (vm.md S3, S6)', async () => {
    const source = `local function down(n) if n == 0 then return 0 end return 1 + down(n - 1) end
    local function main()
      local ok, text = pcall(down, 100)
      return { down(40), ok, text:match("stack overflow") }
    end`;
    const world = bootLua({ 'app:main': { source, limits: { call_depth: 50 } } });
    expect(resultOf(await world.run('app:main'))).toEqual([40, false, 'stack overflow']);
  });
});

describe('a value that cannot leave its process', () => {
  it('becomes nil, with a debug line for who looks for it (errors-and-payloads.md 5)', async () => {
    const source = `local function main()
      process.send(process.pid(), "t", { a = 1, c = channel.new() })
      local got = process.inbox():receive():payload():data()
      return { got.a, got.c == nil }
    end`;
    const world = bootLua({ 'app:main': { source } });
    expect(resultOf(await world.run('app:main'))).toEqual([1, true]);
    expect(world.lines).toContainEqual(
      expect.objectContaining({ level: 'debug', event: 'value cannot leave its process' }),
    );
  });
});

describe('terminate', () => {
  it('runs no more code of its target, whatever catches errors there (vm.md S2)', async () => {
    const world = bootLua({
      'app:victim': `local function main(pid)
        while true do
          xpcall(function()
            coroutine.wrap(function() pcall(channel.receive or function() process.inbox():receive() end) end)()
          end, function() end)
          process.send(pid, "alive")
        end
      end`,
      'app:main': `local function main()
        local pid = process.spawn_monitored("app:victim", "app:host", process.pid())
        process.inbox()
        coroutine.yield()
        process.terminate(pid)
        local err = process.events():receive().result.error
        return tostring(err), nil
      end`,
    });
    expect(resultOf(await world.run('app:main'))).toBe('process terminated');
    expect(world.system.processCount).toBe(0);
  });
});

describe('print', () => {
  it('writes one info record with pid and location (errors-and-payloads.md § 8)', async () => {
    const world = bootLua({
      'app:main':
        'print("top")\nlocal function main()\n  print("a", 1, {})\n  print()\n  print(errors.new("e"), nil, true, 1.0)\nend',
    });
    const pid = world.spawn('app:main');
    world.clock.flush();
    const records = world.lines.filter(({ fields }) => 'location' in fields);
    expect(records.map(({ level, fields }) => [level, fields])).toEqual(
      [1, 3, 4, 5].map((line) => ['info', { pid, location: `app:main:${line}` }]),
    );
    expect(records.map(({ event }) => event)).toEqual([
      'top',
      expect.stringMatching(/^a 1 table: 0x/),
      '',
      'e nil true 1.0',
    ]);
  });
});
