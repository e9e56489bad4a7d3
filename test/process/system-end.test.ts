import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pid } from '../../src/base/index.ts';
import { LINKED_PROCESS_FAILED, TERMINATED } from '../../src/process/index.ts';
import {
  createProcessWorld,
  done,
  fail,
  type ProcessWorld,
  type ScriptedProgram,
} from '../support/programs.ts';

/** A process that ends as its message says. */
function startMortal(world: ProcessWorld): ScriptedProgram {
  return world.start({
    onMail: (mail) => {
      if (mail.kind !== 'message') return undefined;
      if (mail.topic === 'end') return done(mail.payloads[0]);
      return mail.topic === 'fail' ? fail(String(mail.payloads[0])) : undefined;
    },
  });
}

function tell(world: ProcessWorld, program: ScriptedProgram, topic: string, ...payloads: unknown[]): void {
  world.system.send(undefined, program.pid, topic, payloads);
  world.clock.flush();
}

describe('system.monitor()', () => {
  test('gives one EXIT with the value of a normal end (process.md 7.1, 19.3)', () => {
    const world = createProcessWorld();
    const { system, clock } = world;
    const [watcher, target] = [world.start(), startMortal(world)];
    system.monitor(watcher.pid, target.pid);
    clock.advance(1500);
    tell(world, target, 'end', 42);
    expect(watcher.received).toEqual([
      { kind: 'exit', from: target.pid, at: 1_700_000_001, outcome: { ok: true, value: 42 } },
    ]);
  });

  test('gives one EXIT with the failure of an abnormal end', () => {
    const world = createProcessWorld();
    const [watcher, target] = [world.start(), startMortal(world)];
    world.system.monitor(watcher.pid, target.pid);
    tell(world, target, 'fail', 'boom');
    expect(watcher.received).toMatchObject([
      { kind: 'exit', outcome: { ok: false, failure: { message: 'boom' } } },
    ]);
  });

  test('refuses the dead, and a second monitor on the same target (process.md 8.2, 8.3)', () => {
    const world = createProcessWorld();
    const { system } = world;
    const [watcher, target] = [world.start(), startMortal(world)];
    system.monitor(watcher.pid, target.pid);
    expect(() => system.monitor(watcher.pid, target.pid)).toThrow(
      expect.objectContaining({ kind: 'AlreadyExists', code: 'MH_PROCESS_ALREADY_MONITORED' }),
    );
    tell(world, target, 'end');
    expect(watcher.events).toEqual(['exit']);
    expect(() => system.monitor(watcher.pid, target.pid)).toThrow(
      expect.objectContaining({ kind: 'NotFound' }),
    );
  });

  test('unmonitor() ends it and is fine without one (process.md 8.3)', () => {
    const world = createProcessWorld();
    const { system } = world;
    const [watcher, target] = [world.start(), startMortal(world)];
    system.monitor(watcher.pid, target.pid);
    system.unmonitor(watcher.pid, target.pid);
    system.unmonitor(watcher.pid, target.pid);
    tell(world, target, 'end');
    system.unmonitor(watcher.pid, target.pid);
    system.unmonitor(watcher.pid, 'no such name');
    expect(watcher.events).toEqual([]);
  });

  test('watches the process behind a name, not a later owner (process.md 11.7)', () => {
    const world = createProcessWorld();
    const { system } = world;
    const [watcher, first, second] = [world.start(), startMortal(world), startMortal(world)];
    system.names.register('lobby', first.pid);
    system.monitor(watcher.pid, 'lobby');
    system.names.unregister('lobby');
    system.names.register('lobby', second.pid);
    tell(world, second, 'end');
    expect(watcher.events).toEqual([]);
    tell(world, first, 'end');
    expect(watcher.received).toMatchObject([{ kind: 'exit', from: first.pid }]);
  });

  test('finds the names of the dead released when the EXIT arrives (process.md 8.10)', () => {
    const world = createProcessWorld();
    const { system } = world;
    const target = startMortal(world);
    system.names.register('lobby', target.pid);
    let isTaken: boolean | undefined;
    const watcher = world.start({
      onMail: () => {
        isTaken = system.isAlive('lobby') || system.isAlive(target.pid);
        return undefined;
      },
    });
    system.monitor(watcher.pid, target.pid);
    tell(world, target, 'fail');
    expect(isTaken).toBe(false);
  });

  test('passes further fields of an outcome on untouched (relay.md P4)', () => {
    const world = createProcessWorld();
    const outcome = { ok: true, value: 'closed', fields: { code: 1001, reason: 'gone' } } as const;
    const target = world.start({ onMail: () => ({ kind: 'done', outcome, tail: false }) });
    const watcher = world.start();
    world.system.monitor(watcher.pid, target.pid);
    tell(world, target, 'x');
    expect(watcher.received).toMatchObject([{ outcome }]);
  });
});

describe('system.link()', () => {
  test('kills the peer of a failed process, whose monitor reads why (process.md 8.7, 19.5)', () => {
    const world = createProcessWorld();
    const [a, b, watcher] = [world.start(), startMortal(world), world.start()];
    world.system.link(a.pid, b.pid);
    world.system.monitor(watcher.pid, a.pid);
    tell(world, b, 'fail', 'boom');
    expect(world.system.isAlive(a.pid)).toBe(false);
    expect(watcher.received).toMatchObject([
      { from: a.pid, outcome: { ok: false, failure: LINKED_PROCESS_FAILED } },
    ]);
    expect(a.events).toEqual([]);
  });

  test('does not process messages queued before the link broke (process.md 8.7)', () => {
    const world = createProcessWorld();
    const b = startMortal(world);
    const a = world.start();
    world.system.link(a.pid, b.pid);
    world.system.send(undefined, b.pid, 'fail', ['x']);
    world.system.send(undefined, a.pid, 'work', []);
    world.clock.flush();
    expect(a.topics).toEqual([]);
  });

  test('gives LINK_DOWN instead to a process that traps, after its EXIT (process.md 8.8, 8.9)', () => {
    const world = createProcessWorld();
    const [a, b] = [world.start(), startMortal(world)];
    world.system.setOptions(a.pid, { trapLinks: true });
    world.system.link(a.pid, b.pid);
    world.system.monitor(a.pid, b.pid);
    tell(world, b, 'fail', 'boom');
    expect(a.events).toEqual(['exit', 'linkDown']);
    expect(a.received[1]).toMatchObject({
      from: b.pid,
      outcome: { ok: false, failure: { message: 'boom' } },
    });
  });

  test('disappears silently when one side ends normally (process.md 8.6, 19.6)', () => {
    const world = createProcessWorld();
    const [a, b] = [world.start(), startMortal(world)];
    world.system.link(a.pid, b.pid);
    expect(world.system.hasLinks(a.pid)).toBe(true);
    tell(world, b, 'end');
    expect([world.system.isAlive(a.pid), world.system.hasLinks(a.pid)]).toEqual([true, false]);
    expect(a.received).toEqual([]);
  });

  test('twice is once, to itself is nothing, unlink() without a link is fine (process.md 8.4)', () => {
    const world = createProcessWorld();
    const { system } = world;
    const [a, b] = [world.start(), startMortal(world)];
    system.link(a.pid, a.pid);
    expect(system.hasLinks(a.pid)).toBe(false);
    system.link(a.pid, b.pid);
    system.link(b.pid, a.pid);
    system.unlink(a.pid, b.pid);
    system.unlink(a.pid, b.pid);
    tell(world, b, 'fail');
    system.unlink(a.pid, b.pid);
    expect(system.isAlive(a.pid)).toBe(true);
    expect(() => system.link(a.pid, b.pid)).toThrow(expect.objectContaining({ kind: 'NotFound' }));
  });

  test('turning trap_links off with a LINK_DOWN unread ends the process (process.md 8.8)', () => {
    const world = createProcessWorld();
    const { system } = world;
    const [a, b] = [world.start({ step: () => ({ kind: 'waiting' }) }), startMortal(world)];
    system.setOptions(a.pid, { trapLinks: true });
    system.link(a.pid, b.pid);
    tell(world, b, 'fail');
    expect(system.isAlive(a.pid)).toBe(true);
    const end = world.outcomeOf(a);
    system.setOptions(a.pid, { trapLinks: false });
    expect(end.outcome).toEqual({ ok: false, failure: LINKED_PROCESS_FAILED });
  });

  test('cascades through 100,000 processes without a stack', () => {
    const world = createProcessWorld();
    const programs = Array.from({ length: 100_000 }, () => world.start());
    for (let i = 1; i < programs.length; i++) world.system.link(programs[i - 1]!.pid, programs[i]!.pid);
    world.system.terminate(programs[0]!.pid);
    expect(world.system.processCount).toBe(0);
    expect(programs.every(({ closes }) => closes === 1)).toBe(true);
  });

  test('takes a process down while its own code runs, once that returns (process.md 8.7)', () => {
    const world = createProcessWorld();
    const { system } = world;
    const b = startMortal(world);
    const doomed: boolean[] = [];
    const a = world.start({
      onMail: (_, self) => {
        system.terminate(b.pid);
        doomed.push(self.context.isDoomed, system.isAlive(self.pid));
        return undefined;
      },
    });
    system.link(a.pid, b.pid);
    const end = world.outcomeOf(a);
    tell(world, a, 'go');
    expect(doomed).toEqual([true, true]);
    expect(end.outcome).toEqual({ ok: false, failure: LINKED_PROCESS_FAILED });
  });
});

describe('system.terminate()', () => {
  test('ends a process that ignores CANCEL (process.md 9, 19.7)', () => {
    const world = createProcessWorld();
    const { system } = world;
    const target = startMortal(world);
    const end = world.outcomeOf(target);
    system.cancel('', target.pid, 'please');
    tell(world, target, 'hello');
    expect([target.events, target.topics]).toEqual([['cancel'], ['hello']]);
    system.terminate(target.pid);
    expect(end.outcome).toEqual({ ok: false, failure: TERMINATED });
    expect(TERMINATED).toEqual({ kind: 'Internal', message: 'process terminated', retryable: undefined });
    expect(() => system.terminate(target.pid)).toThrow(expect.objectContaining({ kind: 'NotFound' }));
    expect(() => system.cancel('', target.pid)).toThrow(expect.objectContaining({ kind: 'NotFound' }));
  });

  test('of itself wins over what the step returns (process.md 9.4)', () => {
    const world = createProcessWorld();
    const target = world.start({
      onMail: (_, self) => {
        world.system.terminate(self.pid);
        return done('fine');
      },
    });
    const end = world.outcomeOf(target);
    tell(world, target, 'go');
    expect(end.outcome).toEqual({ ok: false, failure: TERMINATED });
  });

  test('removes a process from the run queue', () => {
    const world = createProcessWorld();
    const target = world.start();
    world.clock.flush();
    world.system.send(undefined, target.pid, 'x', []);
    world.system.terminate(target.pid);
    world.clock.flush();
    expect(target.topics).toEqual([]);
  });
});

describe('system.cancel()', () => {
  test('queues a CANCEL with requester and reason (process.md 7, 9)', () => {
    const world = createProcessWorld();
    const [a, b] = [world.start(), world.start()];
    world.system.cancel(a.pid, b.pid, '5s');
    world.system.cancel('', b.pid);
    world.clock.flush();
    expect(b.received).toMatchObject([
      { kind: 'cancel', from: a.pid, reason: '5s', at: 1_700_000_000 },
      { kind: 'cancel', from: '', reason: '' },
    ]);
  });

  test('waits among the messages in arrival order', () => {
    const world = createProcessWorld();
    const target = world.start();
    world.system.send(undefined, target.pid, 'before', []);
    world.system.cancel('', target.pid);
    world.system.send(undefined, target.pid, 'after', []);
    world.clock.flush();
    expect(target.received.map(({ kind }) => kind)).toEqual(['message', 'cancel', 'message']);
  });
});

describe('the end of a process', () => {
  test('happens in the order close, names, EXIT, LINK_DOWN, PID, observers (process.md 2)', () => {
    const world = createProcessWorld();
    const { system } = world;
    const order: string[] = [];
    const target = world.start({
      onMail: () => fail('x'),
      onClose: () => void order.push(`close name=${system.isAlive('lobby')}`),
    });
    system.names.register('lobby', target.pid);
    const peer = world.start();
    system.setOptions(peer.pid, { trapLinks: true });
    system.link(peer.pid, target.pid);
    system.monitor(peer.pid, target.pid);
    system.watch(target.pid, () => void order.push(`observer alive=${system.isAlive(target.pid)}`));
    tell(world, target, 'go');
    expect(order).toEqual(['close name=false', 'observer alive=false']);
    expect(peer.events).toEqual(['exit', 'linkDown']);
  });

  test('is INTERNAL and logged once when step throws', () => {
    const world = createProcessWorld();
    const target = world.start({
      step: () => {
        throw new Error('bug in a binding');
      },
    });
    const end = world.outcomeOf(target);
    const bystander = world.start();
    world.clock.flush();
    expect(end.outcome).toMatchObject({
      ok: false,
      failure: { kind: 'Internal', message: 'bug in a binding' },
    });
    expect(world.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(world.system.isAlive(bystander.pid)).toBe(true);
  });

  test('goes on when close() or an observer throws, which is logged', () => {
    const world = createProcessWorld();
    const target = world.start({
      onClose: () => {
        throw new Error('cannot close');
      },
    });
    const watcher = world.start();
    world.system.monitor(watcher.pid, target.pid);
    world.system.watch(target.pid, () => {
      throw new Error('cannot observe');
    });
    const end = world.outcomeOf(target);
    world.system.terminate(target.pid);
    world.clock.flush();
    expect(watcher.events).toEqual(['exit']);
    expect(end.outcome?.ok).toBe(false);
    expect(world.lines.map(({ event }) => event)).toEqual([
      'process clean-up failed',
      'process clean-up failed',
    ]);
  });

  test('may end others from close() and from observers, each completely', () => {
    const world = createProcessWorld();
    const { system } = world;
    const [b, c] = [world.start(), world.start()];
    const a = world.start({ onClose: () => system.terminate(b.pid) });
    system.watch(b.pid, () => system.terminate(c.pid));
    system.terminate(a.pid);
    expect(system.processCount).toBe(0);
    expect([a.closes, b.closes, c.closes]).toEqual([1, 1, 1]);
  });

  test('system.watch() can be withdrawn and is independent of monitors', () => {
    const world = createProcessWorld();
    const target = world.start();
    let calls = 0;
    const withdraw = world.system.watch(target.pid, () => void calls++);
    world.system.watch(target.pid, () => void calls++);
    withdraw();
    withdraw();
    world.system.terminate(target.pid);
    expect(calls).toBe(1);
    expect(() => world.system.watch(target.pid, () => {})).toThrow(
      expect.objectContaining({ kind: 'NotFound' }),
    );
  });
});

describe('laws of links and monitors', () => {
  const node = fc.nat({ max: 7 });
  const step = fc.oneof(
    fc.record({ do: fc.constant('link' as const), a: node, b: node }),
    fc.record({ do: fc.constant('unlink' as const), a: node, b: node }),
    fc.record({ do: fc.constant('monitor' as const), a: node, b: node }),
    fc.record({ do: fc.constant('trap' as const), a: node, b: node }),
    fc.record({ do: fc.constant('terminate' as const), a: node, b: node }),
    fc.record({ do: fc.constant('end' as const), a: node, b: node }),
    fc.record({ do: fc.constant('turn' as const), a: node, b: node }),
  );

  test('links are symmetric, no table mentions the dead, each monitor fires exactly once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = createProcessWorld();
        const { system, clock } = world;
        const programs = Array.from({ length: 8 }, () => startMortal(world));
        const monitored = new Set<string>();
        for (const { do: action, a, b } of steps) {
          const [left, right] = [programs[a]!.pid, programs[b]!.pid];
          if (!system.isAlive(left) || !system.isAlive(right)) continue;
          if (action === 'link') system.link(left, right);
          else if (action === 'unlink') system.unlink(left, right);
          else if (action === 'trap') system.setOptions(left, { trapLinks: true });
          else if (action === 'terminate') system.terminate(left);
          else if (action === 'end') system.send(undefined, left, 'end', []);
          else if (action === 'turn') clock.turn();
          else if (!monitored.has(`${left}>${right}`)) {
            system.monitor(left, right);
            monitored.add(`${left}>${right}`);
          }
          checkTables(system.inspect());
        }
        clock.flush();
        for (const watcher of programs.filter(({ pid }) => system.isAlive(pid))) {
          for (const target of programs) {
            const exits = watcher.received.filter((mail) => mail.kind === 'exit' && mail.from === target.pid);
            const isDue = monitored.has(`${watcher.pid}>${target.pid}`) && !system.isAlive(target.pid);
            expect(exits).toHaveLength(isDue ? 1 : 0);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  function checkTables(snapshots: ReturnType<ProcessWorld['system']['inspect']>): void {
    const byPid = new Map<Pid, (typeof snapshots)[number]>(
      snapshots.map((snapshot) => [snapshot.pid, snapshot]),
    );
    for (const { pid, links, monitors } of snapshots) {
      for (const peer of links) expect(byPid.get(peer)?.links).toContain(pid);
      for (const watcher of monitors) expect(byPid.has(watcher)).toBe(true);
    }
  }
});
