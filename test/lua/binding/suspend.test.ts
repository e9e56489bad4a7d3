/** What modules of other rooms build on: waiting, host channels, faults, the end of a unit. */
import { describe, expect, it } from 'vitest';
import { HubError } from '../../../src/base/index.ts';
import {
  createHostChannel,
  defineModule,
  defineType,
  fromHost,
  type HostChannel,
  type LuaModule,
  pushChannel,
  type Resume,
  suspend,
  suspendOn,
  type UnitContext,
  unitOf,
} from '../../../src/lua/index.ts';
import { pushBoolean, pushHostObject, pushInteger, pushText } from '../../../src/vm/index.ts';
import { bootLua, resultOf } from '../../support/lua-world.ts';

/** A module whose waits are answered by the test. */
function createProbe(): {
  module: LuaModule;
  waits: Resume[];
  cancelled: number[];
  channels: HostChannel[];
  closed: string[];
  units: UnitContext[];
} {
  const waits: Resume[] = [];
  const cancelled: number[] = [];
  const channels: HostChannel[] = [];
  const closed: string[] = [];
  const units: UnitContext[] = [];
  const module = defineModule({
    name: 'probe',
    failsWithFalse: ['refuse_false'],
    functions: {
      wait: (L) =>
        suspend(L, (resume) => {
          const at = waits.push(resume) - 1;
          return () => void cancelled.push(at);
        }),
      at_once: (L) =>
        suspend(L, (resume) => {
          resume((inner) => {
            pushInteger(inner, 7);
            return 1;
          });
          return undefined;
        }),
      promise: (L) =>
        suspendOn(L, Promise.resolve('kept'), (inner, text) => {
          pushText(inner, text);
          return 1;
        }),
      broken_promise: (L) =>
        suspendOn(
          L,
          Promise.reject(new HubError('MH_DURATION_INVALID', { message: 'Cannot wait: no' })),
          () => 0,
        ),
      refuse() {
        throw new HubError('MH_DURATION_INVALID', { message: 'Cannot do: no', details: { why: 'test' } });
      },
      refuse_false() {
        throw new HubError('MH_DURATION_INVALID', { message: 'Cannot do: no' });
      },
      bug() {
        throw new TypeError('oops');
      },
      bug_later: (L) => suspendOn(L, Promise.reject(new TypeError('later')), () => 0),
      channel(L) {
        const unit = unitOf(L);
        units.push(unit);
        const channel = createHostChannel(unit, { capacity: 2, onClose: () => void closed.push('channel') });
        channels.push(channel);
        pushChannel(L, channel.channel);
        return 1;
      },
      on_close(L) {
        unitOf(L).onClose(() => void closed.push('first'));
        const withdraw = unitOf(L).onClose(() => void closed.push('withdrawn'));
        unitOf(L).onClose(() => void closed.push('last'));
        withdraw();
        pushBoolean(L, true);
        return 1;
      },
      on_close_bug(L) {
        unitOf(L).onClose(() => {
          throw new Error('release');
        });
        pushBoolean(L, true);
        return 1;
      },
      object(L) {
        pushHostObject(L, {}, TYPE);
        return 1;
      },
    },
  });
  return { module, waits, cancelled, channels, closed, units };
}

const TYPE = defineType<object>({
  name: 'probe.Object',
  methods: {
    refuse() {
      throw new HubError('MH_DURATION_INVALID', { message: 'Cannot do: no' });
    },
  },
});

const boot = (body: string) => {
  const probe = createProbe();
  const world = bootLua(
    { 'app:main': { source: `local function main(...) ${body}\nend`, modules: ['probe'] } },
    { modules: [probe.module] },
  );
  return { ...probe, world };
};

describe('suspend()', () => {
  it('parks one coroutine until its answer comes, once', () => {
    const { world, waits } = boot(
      'local n = 0 coroutine.spawn(function() n = n + 1 end) return probe.wait() + n',
    );
    const seen = world.watch(world.spawn('app:main'));
    world.clock.flush();
    expect(waits.length).toBe(1);
    for (const n of [41, 99]) {
      waits[0]!((L) => {
        pushInteger(L, n);
        return 1;
      });
    }
    world.clock.flush();
    expect(resultOf(seen.outcome!)).toBe(42);
  });

  it('answers in the order the waits ended', () => {
    const { world, waits } = boot(`
      local log, done = "", channel.new(3)
      for i = 1, 3 do coroutine.spawn(function() local v = probe.wait() log = log .. v done:send(true) end) end
      for _ = 1, 3 do done:receive() end
      return log`);
    const seen = world.watch(world.spawn('app:main'));
    world.clock.flush();
    for (const at of [2, 0, 1]) {
      waits[at]!((L) => {
        pushText(L, String(at));
        return 1;
      });
    }
    world.clock.flush();
    expect(resultOf(seen.outcome!)).toBe('201');
  });

  it('does not wait for an answer that is there, and takes promises', async () => {
    const { world } = boot(`
      local value, err = probe.broken_promise()
      return { probe.at_once(), probe.promise(), value == nil, tostring(err) }`);
    expect(resultOf(await world.run('app:main'))).toEqual([7, 'kept', true, 'Cannot wait: no']);
  });

  it('cancels what a dropped coroutine waits for, and ignores its late answer', () => {
    const { world, waits, cancelled } = boot('coroutine.spawn(probe.wait) probe.wait()');
    const pid = world.spawn('app:main');
    world.clock.flush();
    world.system.terminate(pid);
    world.clock.flush();
    expect(cancelled.sort()).toEqual([0, 1]);
    waits[0]!(() => 0);
    world.clock.flush();
    expect(world.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('keeps a unit from deadlock while it waits', () => {
    const { world } = boot('coroutine.spawn(probe.wait) channel.new():receive()');
    const pid = world.spawn('app:main');
    world.clock.flush();
    expect(world.system.isAlive(pid)).toBe(true);
  });
});

describe('a binding', () => {
  it('that throws a HubError gives nil, err or false, err', async () => {
    const { world } = boot(`
      local a, e = probe.refuse()
      local b, f = probe.refuse_false()
      local c, g = probe.object():refuse()
      return { a == nil, e:kind(), e:details().why, b == false, f:message(), c == nil, g:retryable() }`);
    expect(resultOf(await world.run('app:main'))).toEqual([
      true,
      'Invalid',
      'test',
      true,
      'Cannot do: no',
      true,
      false,
    ]);
  });

  it.each(['bug', 'bug_later'])(
    'that fails by a bug of ours (%s) ends its process alone (vm.md S8)',
    async (name) => {
      const { world } = boot(`pcall(probe.${name}) return "survived"`);
      const other = world.spawn('app:main');
      world.system.terminate(other);
      const outcome = await world.run('app:main');
      expect(outcome.ok).toBe(false);
      expect(outcome.ok || outcome.failure.kind).toBe('Internal');
      expect(outcome.ok || outcome.failure.message).toMatch(/host function '.*' failed: (oops|later)/);
      expect(world.lines.filter(({ event }) => event === 'binding failed').length).toBe(1);
    },
  );
});

describe('the background tail of a function call (process.md § 14.5)', () => {
  it('logs an uncaught error, which changes nothing, and lets the others go on', async () => {
    const probe = createProbe();
    const world = bootLua(
      {
        'app:fn': {
          kind: 'function.lua',
          source: `local function main()
            coroutine.spawn(function() probe.wait() error(setmetatable({}, {__tostring = function()
              process.listen("x"):receive() return "never" end})) end)
            coroutine.spawn(function() probe.wait() probe.wait() print("went on") end)
            return "result"
          end`,
          modules: ['probe'],
        },
      },
      { modules: [probe.module] },
    );
    expect(resultOf(await world.call('app:fn'))).toBe('result');
    for (const resume of probe.waits) resume(() => 0);
    world.clock.flush();
    probe.waits.at(-1)!(() => 0);
    world.clock.flush();
    expect(world.printed()).toEqual(['went on']);
    expect(world.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { event: 'background coroutine failed', fields: { message: 'error object is a table value' } },
    ]);
    expect(world.clock.timerCount).toBe(0);
  });
});

describe('createHostChannel()', () => {
  it('delivers to those who wait, keeps what fits, refuses the rest, closes', () => {
    const { world, channels, closed } = boot(`
      local ch = probe.channel()
      local log = { ch:receive() }
      probe.wait()
      for v in function() return (ch:receive()) end do log[#log + 1] = v end
      return log`);
    const seen = world.watch(world.spawn('app:main'));
    world.clock.flush();
    const [channel] = channels;
    expect(channel!.offer(fromHost('a'))).toBe(true);
    world.clock.flush();
    expect([1, 2, 3].map((n) => channel!.offer(fromHost(n)))).toEqual([true, true, false]);
    channel!.close();
    channel!.close();
    expect(channel!.offer(fromHost(4))).toBe(false);
    expect(closed).toEqual(['channel']);
    expect(seen.outcome).toBeUndefined();
  });

  it('D16: a release that throws is logged, and the older ones run all the same, once', () => {
    const { world, closed } = boot('probe.on_close() probe.channel() probe.on_close_bug() probe.wait()');
    const pid = world.spawn('app:main');
    world.clock.flush();
    world.system.terminate(pid);
    world.clock.flush();
    expect(closed).toEqual(['channel', 'last', 'first']);
    expect(world.lines.filter(({ event }) => event === 'release failed')).toMatchObject([
      { level: 'error', fields: { pid, entry: 'app:main', cause: 'release' } },
    ]);
  });

  it('D18: is refused to a unit that has ended: nobody would tell it to close', () => {
    const { world, units, closed } = boot('probe.channel() probe.wait()');
    const pid = world.spawn('app:main');
    world.clock.flush();
    world.system.terminate(pid);
    world.clock.flush();
    const [unit] = units;
    expect([unit!.isClosed, unit!.subscriptions, closed]).toEqual([true, 0, ['channel']]);
    expect(() => createHostChannel(unit!)).toThrow(expect.objectContaining({ code: 'MH_LUA_CALL_ENDED' }));
    expect(unit!.subscriptions).toBe(0);
  });

  it('is closed with its unit', () => {
    const { world, closed } = boot('probe.on_close() probe.channel():receive()');
    const pid = world.spawn('app:main');
    world.clock.flush();
    expect(world.system.isAlive(pid)).toBe(true);
    world.system.terminate(pid);
    world.clock.flush();
    expect(closed).toEqual(['channel', 'last', 'first']);
  });
});
