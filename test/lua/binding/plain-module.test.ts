/** Modules of plain functions (`lua/binding/plain-module.ts`). */
import { describe, expect, it } from 'vitest';
import {
  defineObject,
  type HostValue,
  type ModuleDefinition,
  refusal,
  toLuaModule,
} from '../../../src/lua/index.ts';
import { bootLua, resultOf } from '../../support/lua-world.ts';

/** Calls `main` of a function that lists the module `m`. */
async function run(functions: ModuleDefinition['functions'], body: string): Promise<HostValue> {
  const world = worldOf(functions, body);
  return resultOf(await world.call('app:main'));
}

function worldOf(functions: ModuleDefinition['functions'], body: string) {
  const module = toLuaModule({ name: 'm', functions, constants: { LIMIT: 7, names: ['a', 'b'] } });
  const source = `local m = require("m")\nlocal function main() ${body} end`;
  return bootLua({ 'app:main': { kind: 'function.lua', source, modules: ['m'] } }, { modules: [module] });
}

describe('a plain function', () => {
  it('takes and gives plain data', async () => {
    const seen: unknown[] = [];
    const echo = (_call: unknown, ...args: unknown[]) => {
      seen.push(...args);
      return { list: [1, 2, { deep: 'ü' }], none: null, big: 2n ** 60n };
    };
    const body = `local r = m.echo(1, 2.5, "text", true, nil, {1, 2}, {a = {b = 1}})
      return {r.list[3].deep, r.none == nil, r.big == 1 << 60, m.LIMIT, m.names[2]}`;
    expect(await run({ echo }, body)).toEqual(['ü', true, true, 7, 'b']);
    expect(seen.slice(0, 4)).toEqual([1, 2.5, 'text', true]);
    expect(seen[4] ?? null).toBe(null);
    expect(seen.slice(5)).toEqual([[1, 2], { a: { b: 1 } }]);
  });

  it('gives nil for undefined, null and no result', async () => {
    const functions = { none: () => undefined, empty: () => null };
    expect(await run(functions, 'return {m.none() == nil, m.empty() == nil}')).toEqual([true, true]);
  });

  it('suspends its caller until the promise settles; others go on meanwhile', async () => {
    let answer = (_value: string): void => {};
    const wait = () => new Promise<string>((resolve) => (answer = resolve));
    const world = worldOf(
      { wait, go: () => void answer('late') },
      `local order, done = {}, channel.new(1)
       coroutine.spawn(function() done:send(m.wait()) end)
       order[1] = "meanwhile"
       m.go()
       order[2] = done:receive()
       return order`,
    );
    expect(resultOf(await world.call('app:main'))).toEqual(['meanwhile', 'late']);
  });

  it('answers nil, err for a HubError, thrown or rejected', async () => {
    const error = () => refusal({ kind: 'NotFound', message: 'Cannot find it', details: { id: 4 } });
    const functions = {
      thrown: () => {
        throw error();
      },
      rejected: () => Promise.reject(error()),
    };
    const body = `local out = {}
      for _, f in ipairs({m.thrown, m.rejected}) do
        local value, err = f()
        out[#out + 1] = {value == nil, err:kind(), err:message(), err:details().id}
      end
      return out`;
    const one = [true, 'NotFound', 'Cannot find it', 4];
    expect(await run(functions, body)).toEqual([one, one]);
  });

  it.each([
    [
      'thrown',
      () => {
        throw new TypeError('oops');
      },
    ],
    ['rejected', () => Promise.reject(new TypeError('oops'))],
  ])('ends its unit for any other error %s, past pcall, and logs it once', async (_how, broken) => {
    const world = worldOf({ broken }, 'pcall(m.broken) return 1');
    const outcome = await world.call('app:main');
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'Internal' } });
    expect(world.lines.filter(({ event }) => event === 'binding failed')).toHaveLength(1);
  });

  it('refuses functions and coroutines as arguments with an error the program can catch', async () => {
    const body = `local ok, err = pcall(m.f, print) return {ok, err:find("plain data") ~= nil}`;
    expect(await run({ f: () => 1 }, body)).toEqual([false, true]);
  });

  it('pays for what it is given: a loop over large tables ends by its budget', async () => {
    const module = toLuaModule({
      name: 'm',
      functions: { size: (_call, list) => (list as unknown[]).length },
    });
    const source = `local m = require("m")
      local function main()
        local list = {} for i = 1, 10000 do list[i] = i end
        for _ = 1, 1000 do m.size(list) end
      end`;
    const entry = { kind: 'function.lua', source, modules: ['m'] };
    const options = { modules: [module], limits: { turnInstructions: 200_000 } };
    const outcome = await bootLua({ 'app:main': entry }, options).call('app:main');
    expect(outcome).toMatchObject({ ok: false });
    expect(outcome.ok ? '' : outcome.failure.message).toContain('instruction budget exceeded');
  });
});

describe('the call of a plain function', () => {
  it('says who calls', async () => {
    const who = (call: { pid: string; entryId: string }) => [call.entryId, call.pid.startsWith('{app:main|')];
    expect(await run({ who }, 'return m.who()')).toEqual(['app:main', true]);
  });

  it('aborts its signal and runs its releases when the caller ends first', async () => {
    const told: string[] = [];
    const wait: ModuleDefinition['functions'][string] = (call) => {
      call.signal.addEventListener('abort', () => told.push('aborted'));
      call.onClose(() => told.push('closed'));
      return new Promise(() => {});
    };
    const module = toLuaModule({ name: 'm', functions: { wait } });
    const source = 'local m = require("m") local function main() m.wait() end';
    const world = bootLua({ 'app:main': { source, modules: ['m'] } }, { modules: [module] });
    const pid = world.spawn('app:main');
    await world.clock.settle();
    expect(told).toEqual([]);
    world.system.terminate(pid);
    expect(told.sort()).toEqual(['aborted', 'closed']);
  });

  it('cannot be used to charge once the function has returned', async () => {
    let seen: unknown;
    const later: ModuleDefinition['functions'][string] = async (call) => {
      await Promise.resolve();
      try {
        call.spend(1);
      } catch (thrown) {
        seen = thrown;
      }
      return null;
    };
    await run({ later }, 'm.later() return 1');
    expect(seen).toMatchObject({ code: 'MH_EXTENSION_CALL_OVER' });
  });

  it('charges what a function spends', async () => {
    const module = toLuaModule({
      name: 'm',
      functions: {
        work: (call) => {
          call.spend(2_000_000);
          return null;
        },
      },
    });
    const source = 'local m = require("m") local function main() m.work() m.work() return 1 end';
    const options = { modules: [module], limits: { turnInstructions: 1_000_000 } };
    const world = bootLua({ 'app:main': { kind: 'function.lua', source, modules: ['m'] } }, options);
    expect(await world.call('app:main')).toMatchObject({ ok: false });
  });
});

describe('a host object', () => {
  class Counter {
    count = 0;
  }
  const counters = defineObject<Counter>({
    name: 'counter',
    methods: {
      add: (_call, counter, by) => {
        counter.count += Number(by ?? 1);
        return counter.count;
      },
      later: async (_call, counter) => counter.count,
    },
    tostring: (counter) => `counter of ${counter.count}`,
  });
  const functions: ModuleDefinition['functions'] = {
    new: () => counters.wrap(new Counter()),
    read: (_call, counter) => counters.read(counter)?.count ?? -1,
  };

  it('has methods, a text, and comes back as itself', async () => {
    const body = `local c = m.new() c:add() c:add(4)
      return {c:later(), tostring(c), m.read(c), m.read(1), type(c)}`;
    expect(await run(functions, body)).toEqual([5, 'counter of 5', 5, -1, 'userdata']);
  });

  it('refuses a wrong self by name', async () => {
    const body = `local c = m.new() local ok, err = pcall(c.add, {}) return {ok, err:find("counter expected") ~= nil}`;
    expect(await run(functions, body)).toEqual([false, true]);
  });

  it('stays in its process: in a message it is nil', async () => {
    const body = `local inbox = process.inbox()
      process.send(process.pid(), "t", {c = m.new(), n = 1})
      local got = inbox:receive():payload():data()
      return {got.c == nil, got.n}`;
    expect(await run(functions, body)).toEqual([true, 1]);
  });
});
