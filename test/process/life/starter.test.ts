/** Starts whose load takes longer than the call that begins them (D1): every way they end. */
import { describe, expect, test } from 'vitest';
import {
  type EntryId,
  type Failure,
  type HubError,
  type Pid,
  SPAWN_DEPTH_MAX,
} from '../../../src/base/index.ts';
import { type LoadState, type Outcome, type SpawnRequest, TERMINATED } from '../../../src/process/index.ts';
import {
  createProcessWorld,
  done,
  type ProcessWorld,
  type Script,
  ScriptedProgram,
} from '../../support/programs.ts';

const GONE: Failure = { kind: 'Canceled', message: 'caller gone', retryable: false };

/** A load of so many slices; what it does in the last one decides how it ends. */
function slices(count: number, last: (self: ScriptedProgram) => void = () => {}): Pick<Script, 'load'> {
  let left = count;
  return {
    load: (self) => {
      if (--left > 0) return 'ready';
      last(self);
      return 'loaded';
    },
  };
}

function boom(): never {
  throw new Error('boom');
}

/** Begins a start that is not over at once. */
function begin(world: ProcessWorld, script: Script, request: Partial<SpawnRequest> = {}) {
  const program = new ScriptedProgram(script, 'app:slow');
  world.source.makers.set('app:slow', () => program);
  const start = world.system.beginSpawn({ entryId: 'app:slow', hostId: 'test:host', ...request });
  if (typeof start === 'string') throw new Error('the start was over at once');
  const ends: (HubError | undefined)[] = [];
  start.onEnd((error) => void ends.push(error));
  return { pid: start.pid, program, ends };
}

describe('system.beginSpawn()', () => {
  test('gives the PID when the load is over within a slice', () => {
    const { system, source, clock } = createProcessWorld();
    const program = new ScriptedProgram({ step: () => done() }, 'app:a');
    source.makers.set('app:a', () => program);
    expect(system.beginSpawn({ entryId: 'app:a', hostId: 'test:host' })).toBe('{test:host|0x00001}');
    clock.flush();
    expect(program.steps).toBe(1);
  });

  test('loads on in one slice per turn while others run; main runs after the end was told (process.md 2.3, 2.6)', () => {
    const world = createProcessWorld();
    const order: string[] = [];
    const other = world.start({ step: () => ({ kind: 'ready' }) });
    const { pid, ends } = begin(world, {
      load: () => (order.push('slice') < 4 ? 'ready' : 'loaded'),
      step: () => {
        order.push(`main, told ${ends.length}`);
        return { kind: 'waiting' };
      },
    });
    const state = () => world.system.inspect().find((process) => process.pid === pid)?.state;
    expect([order, state()]).toEqual([['slice'], 'starting']);
    const steps = [other.steps];
    while (state() === 'starting') {
      world.clock.turn();
      steps.push(other.steps);
    }
    world.clock.turn();
    expect(order).toEqual(['slice', 'slice', 'slice', 'slice', 'main, told 1']);
    expect(ends).toEqual([undefined]);
    expect(new Set(steps).size).toBe(steps.length);
  });

  test('installs monitor and link before the first step (process.md 2.5)', () => {
    const world = createProcessWorld();
    const parent = world.start();
    world.system.setOptions(parent.pid, { trapLinks: true });
    const ties = { caller: parent.pid, monitor: true, link: true };
    const { pid } = begin(world, { ...slices(3), onMail: () => boom() }, ties);
    expect(world.system.inspect().find((process) => process.pid === pid)).toMatchObject({
      links: [],
      monitors: [],
    });
    world.system.send(undefined, pid, 'go', []);
    world.clock.flush();
    expect(parent.events).toEqual(['exit', 'linkDown']);
  });

  test('waits without steps until it is woken', () => {
    const world = createProcessWorld();
    const states: LoadState[] = ['waiting', 'waiting', 'loaded'];
    const { program, ends } = begin(world, { load: () => states.shift()! });
    world.clock.flush();
    expect(states).toHaveLength(2);
    program.context.wake();
    world.clock.flush();
    program.context.wake();
    world.clock.flush();
    expect([states.length, ends]).toEqual([0, [undefined]]);
  });
});

describe('a load that fails after a while', () => {
  test('leaves nothing and tells nobody an EXIT but who found its PID (process.md 2.4)', () => {
    const world = createProcessWorld();
    const parent = world.start();
    const finder = world.start();
    const ties = { caller: parent.pid, monitor: true, link: true, name: 'lobby' };
    const { pid, program, ends } = begin(world, slices(2, boom), ties);
    world.system.monitor(finder.pid, 'lobby');
    world.system.monitor(parent.pid, pid);
    world.clock.flush();
    expect(ends).toEqual([expect.objectContaining({ code: 'MH_PROCESS_LOAD_FAILED', kind: 'Internal' })]);
    expect([parent.events, finder.events]).toEqual([[], ['exit']]);
    expect([world.system.isAlive(pid), world.system.isAlive('lobby'), program.closes]).toEqual([
      false,
      false,
      1,
    ]);
    expect(program.steps).toBe(0);
  });

  test('takes down what it had linked to itself', () => {
    const world = createProcessWorld();
    const other = world.start();
    begin(world, {
      init: (self) => world.system.link(self.pid, other.pid),
      ...slices(2, boom),
    });
    world.clock.flush();
    expect(world.system.processCount).toBe(0);
  });

  test('is the outcome of a call, marked as what never ran', () => {
    const world = createProcessWorld();
    const outcomes: Outcome[] = [];
    const program = new ScriptedProgram(slices(2, boom));
    world.system.call({ entryId: 'app:fn', args: [], program }, (outcome) => void outcomes.push(outcome));
    expect(outcomes).toEqual([]);
    world.clock.flush();
    expect(outcomes).toMatchObject([
      { ok: false, failure: { kind: 'Internal' }, loadError: { code: 'MH_PROCESS_LOAD_FAILED' } },
    ]);
    expect(world.system.processCount).toBe(0);
  });
});

describe('a process that is ended while it loads', () => {
  test('from outside: it is gone at once, and its start has failed', () => {
    const world = createProcessWorld();
    const { pid, program, ends } = begin(world, slices(9));
    world.clock.turn();
    world.system.terminate(pid);
    expect([world.system.isAlive(pid), program.closes]).toEqual([false, 1]);
    expect(ends).toEqual([expect.objectContaining({ code: 'MH_PROCESS_LOAD_FAILED' })]);
    world.clock.flush();
    expect([program.closes, program.steps, ends.length]).toEqual([1, 0, 1]);
  });

  test('by itself: it is gone when its code returns', () => {
    const world = createProcessWorld();
    const { pid, program, ends } = begin(
      world,
      slices(2, (self) => world.system.terminate(self.pid)),
    );
    world.clock.flush();
    expect([world.system.isAlive(pid), program.closes, program.steps]).toEqual([false, 1, 0]);
    expect(ends).toEqual([expect.objectContaining({ code: 'MH_PROCESS_LOAD_FAILED' })]);
  });

  test('as a call: its observer gets what it was ended with (process.md 9.5, 14.3)', () => {
    const world = createProcessWorld();
    const outcomes: Outcome[] = [];
    const call = () =>
      world.system.call(
        { entryId: 'app:fn', args: [], program: new ScriptedProgram(slices(9)) },
        (outcome) => void outcomes.push(outcome),
      );
    call().abort(GONE);
    world.system.terminate(call().pid);
    expect(outcomes).toEqual([
      { ok: false, failure: GONE },
      { ok: false, failure: TERMINATED },
    ]);
  });

  test('with its host: CANCEL waits in its mailbox, the cut ends it (process.md 15.3)', async () => {
    const world = createProcessWorld();
    const gentle = begin(world, {
      ...slices(3),
      onMail: (mail) => (mail.kind === 'cancel' ? done() : undefined),
    });
    const stubborn = begin(world, { load: () => 'waiting' });
    const closed = world.system.closeHost('test:host', { reason: 'bye', timeoutMs: 1000 });
    await world.clock.settle();
    expect(gentle.ends).toEqual([undefined]);
    expect([world.system.isAlive(gentle.pid), world.system.isAlive(stubborn.pid)]).toEqual([false, true]);
    await world.clock.advanceAndSettle(1000);
    await closed;
    expect(stubborn.ends).toEqual([expect.objectContaining({ code: 'MH_PROCESS_LOAD_FAILED' })]);
    expect(world.system.processCount).toBe(0);
  });

  test('with the system: nothing of it is left', async () => {
    const world = createProcessWorld();
    const { ends, program } = begin(world, slices(9));
    await world.system.stop();
    expect([ends.length, program.closes, world.system.processCount]).toEqual([1, 1, 0]);
  });
});

describe('whoever began a start and ends before it is over', () => {
  test('leaves a process that lives on (process.md 2)', () => {
    const world = createProcessWorld();
    const parent = world.start();
    const { pid, program } = begin(world, slices(3), { caller: parent.pid, monitor: true });
    world.system.terminate(parent.pid);
    world.clock.flush();
    expect([world.system.isAlive(pid), program.steps]).toEqual([true, 1]);
    expect(world.system.inspect()).toMatchObject([{ pid, monitors: [] }]);
  });

  test('takes with it what was to be linked to it, before main', () => {
    const world = createProcessWorld();
    const parent = world.start();
    const { program } = begin(world, slices(3), { caller: parent.pid, link: true });
    world.system.terminate(parent.pid);
    world.clock.flush();
    expect([world.system.processCount, program.steps, program.closes]).toEqual([0, 0, 1]);
  });
});

describe('a name while its process loads (process.md 10.5)', () => {
  test('belongs to it: a second start sends its messages there, and they are read after the load', () => {
    const world = createProcessWorld();
    const messages = (topic: string) => [{ topic, payloads: [] }];
    const { pid, program } = begin(world, slices(3), { name: 'lobby', messages: messages('first') });
    const second = new ScriptedProgram();
    const request = { hostId: 'h:h', program: second, name: 'lobby', messages: messages('second') };
    expect(world.system.spawnProgram(request)).toBe(pid);
    expect(second.context).toBeUndefined();
    world.clock.flush();
    expect(program.topics).toEqual(['first', 'second']);
  });

  test('is free again when the load has failed', () => {
    const world = createProcessWorld();
    begin(world, slices(2, boom), { name: 'lobby' });
    world.clock.flush();
    expect(world.start({}, { name: 'lobby' }).pid).toBe(world.system.names.lookup('lobby'));
  });
});

describe('starts inside each other', () => {
  test('are refused beyond SPAWN_DEPTH_MAX, also when each waits for the next one', () => {
    const world = createProcessWorld();
    const refusals: unknown[] = [];
    world.source.makers.set('app:nest', () => {
      let started: Pid | undefined;
      return new ScriptedProgram({
        load: () => {
          if (started !== undefined) return 'waiting';
          try {
            const start = world.system.beginSpawn({ entryId: 'app:nest', hostId: 'test:host' });
            started = typeof start === 'string' ? start : start.pid;
          } catch (thrown) {
            refusals.push(thrown);
          }
          return 'waiting';
        },
      });
    });
    world.system.beginSpawn({ entryId: 'app:nest', hostId: 'test:host' });
    world.clock.flush();
    expect(refusals).toMatchObject([{ code: 'MH_PROCESS_SPAWN_TOO_DEEP' }]);
    expect(world.system.processCount).toBe(SPAWN_DEPTH_MAX);
  });

  test('count on when a later slice begins them', () => {
    const world = createProcessWorld();
    let count = 0;
    let refusal: unknown;
    world.source.makers.set('app:nest', () => {
      let isFirst = true;
      return new ScriptedProgram({
        load: () => {
          if (isFirst) {
            isFirst = false;
            return 'ready';
          }
          try {
            count++;
            world.system.beginSpawn({ entryId: 'app:nest', hostId: 'test:host' });
          } catch (thrown) {
            refusal = thrown;
          }
          return 'loaded';
        },
      });
    });
    world.system.beginSpawn({ entryId: 'app:nest', hostId: 'test:host' });
    world.clock.flush();
    expect([count, refusal]).toEqual([
      SPAWN_DEPTH_MAX,
      expect.objectContaining({ code: 'MH_PROCESS_SPAWN_TOO_DEEP' }),
    ]);
  });
});

describe('system.spawn()', () => {
  test('asks for a load that is over at once', () => {
    const world = createProcessWorld();
    const asked: boolean[] = [];
    world.start({
      load: (_, atOnce) => {
        asked.push(atOnce);
        return 'loaded';
      },
    });
    expect(asked).toEqual([true]);
  });
});

describe('the load of an upgrade', () => {
  function upgrade(script: Script) {
    const world = createProcessWorld();
    const next = new ScriptedProgram(script, 'app:next');
    world.source.makers.set('app:next', () => next);
    const old = world.start({
      onMail: () => ({ kind: 'upgrade', entryId: 'app:next' as EntryId, args: [] }),
    });
    const end = world.outcomeOf(old);
    world.system.send(undefined, old.pid, 'go', []);
    return { ...world, old, next, end };
  }

  test('goes in slices, and mail waits for its end', () => {
    const { clock, system, old, next } = upgrade(slices(3));
    clock.turn();
    system.send(undefined, old.pid, 'later', []);
    expect([old.closes, next.steps]).toEqual([1, 0]);
    clock.flush();
    expect(next.topics).toEqual(['later']);
  });

  test('ends the process when it fails, and when it is terminated meanwhile', () => {
    const failed = upgrade(slices(3, boom));
    failed.clock.flush();
    expect(failed.end.outcome).toMatchObject({ ok: false, failure: { message: 'upgrade: boom' } });
    const ended = upgrade(slices(3));
    ended.clock.turn();
    ended.system.terminate(ended.old.pid);
    ended.clock.flush();
    expect([ended.end.outcome, ended.next.closes, ended.next.steps]).toEqual([
      { ok: false, failure: TERMINATED },
      1,
      0,
    ]);
  });
});
