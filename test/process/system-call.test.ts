import { describe, expect, test } from 'vitest';
import { CALL_TAIL_MS, type Failure } from '../../src/base/index.ts';
import { LINKED_PROCESS_FAILED, type Outcome, TERMINATED } from '../../src/process/index.ts';
import {
  createProcessWorld,
  done,
  fail,
  type ProcessWorld,
  type Script,
  ScriptedProgram,
} from '../support/programs.ts';

const GONE: Failure = { kind: 'Canceled', message: 'caller gone', retryable: false };

function call(world: ProcessWorld, script: Script) {
  const program = new ScriptedProgram(script);
  const outcomes: Outcome[] = [];
  const handle = world.system.call(
    { entryId: 'app:fn', args: [1], program },
    (outcome) => void outcomes.push(outcome),
  );
  return { program, outcomes, handle };
}

describe('system.call()', () => {
  test('runs under a PID of its own with the function as host part and delivers once (process.md 1.3, 14.1)', () => {
    const world = createProcessWorld();
    const { program, outcomes, handle } = call(world, { step: () => done('value') });
    expect(handle.pid).toBe('{app:fn|0x00001}');
    expect(program.context).toMatchObject({ role: 'call', hostId: 'app:fn' });
    expect(outcomes).toEqual([]);
    world.clock.flush();
    expect(outcomes).toEqual([{ ok: true, value: 'value' }]);
    expect(world.system.isAlive(handle.pid)).toBe(false);
    expect(() => world.system.send(undefined, handle.pid, 'x', [])).toThrow('not found');
  });

  test('opens the code of the entry with role call', () => {
    const world = createProcessWorld();
    world.source.makers.set('app:fn', () => new ScriptedProgram({ step: () => done() }, 'app:fn'));
    const outcomes: Outcome[] = [];
    world.system.call({ entryId: 'app:fn', args: [] }, (outcome) => void outcomes.push(outcome));
    world.clock.flush();
    expect(outcomes).toHaveLength(1);
    expect(() => world.system.call({ entryId: 'app:no', args: [] }, () => {})).toThrow(
      expect.objectContaining({ code: 'MH_PROCESS_ENTRY_NOT_FOUND' }),
    );
  });

  test('throws when the code cannot be loaded, without calling back', () => {
    const world = createProcessWorld();
    const broken = () =>
      call(world, {
        init: () => {
          throw new Error('syntax');
        },
      });
    expect(broken).toThrow('syntax');
    expect(world.system.processCount).toBe(0);
  });

  test('can be sent to, monitored, linked and terminated while it runs (process.md 14.1, 14.2, 9.5)', () => {
    const world = createProcessWorld();
    const linked = call(world, {});
    const peer = world.start({ onMail: () => fail('x') });
    world.system.link(linked.handle.pid, peer.pid);
    world.system.send(undefined, peer.pid, 'go', []);
    world.clock.flush();
    expect(linked.outcomes).toEqual([{ ok: false, failure: LINKED_PROCESS_FAILED }]);
    const killed = call(world, {});
    world.system.terminate(killed.handle.pid);
    expect(killed.outcomes).toEqual([{ ok: false, failure: TERMINATED }]);
  });

  test('abort() ends it with the given failure, once (process.md 14.3)', () => {
    const world = createProcessWorld();
    const { program, outcomes, handle } = call(world, {});
    world.clock.flush();
    handle.abort(GONE);
    handle.abort(GONE);
    expect(outcomes).toEqual([{ ok: false, failure: GONE }]);
    expect(program.closes).toBe(1);
  });

  test('abort() from inside the call itself waits until its step returned', () => {
    const world = createProcessWorld();
    const running = call(world, {
      step: () => {
        running.handle.abort(GONE);
        return done('too late');
      },
    });
    world.clock.flush();
    expect(running.outcomes).toEqual([{ ok: false, failure: GONE }]);
  });
});

describe('the background tail of a call (process.md 14.5)', () => {
  const tailing = (log: string[], last = 3): Script => {
    let count = 0;
    return {
      step: () => {
        log.push(`step ${++count}`);
        if (count === 1) return done('result', true);
        return count < last ? { kind: 'ready' } : done();
      },
    };
  };

  test('goes on after the result was delivered and the PID is gone', () => {
    const world = createProcessWorld();
    const log: string[] = [];
    const { program, outcomes, handle } = call(world, tailing(log));
    world.system.names.register('fn', handle.pid);
    world.clock.flush();
    expect(outcomes).toEqual([{ ok: true, value: 'result' }]);
    expect(world.system.isAlive('fn')).toBe(false);
    expect([log.length, program.closes, world.clock.timerCount]).toEqual([3, 1, 0]);
  });

  test('can be woken, and is dropped after CALL_TAIL_MS', () => {
    const world = createProcessWorld();
    let steps = 0;
    const { program } = call(world, {
      step: () => (++steps === 1 ? done('result', true) : { kind: 'waiting' }),
    });
    world.clock.flush();
    const before = steps;
    program.context.wake();
    world.clock.flush();
    expect(steps).toBe(before + 1);
    world.clock.advance(CALL_TAIL_MS - 1);
    expect(program.closes).toBe(0);
    world.clock.advance(1);
    expect(program.closes).toBe(1);
    program.context.wake();
    world.clock.flush();
    expect(steps).toBe(before + 1);
  });

  test('logs a failure and changes nothing', () => {
    const world = createProcessWorld();
    let steps = 0;
    const { outcomes } = call(world, { step: () => (++steps === 1 ? done('ok', true) : fail('late')) });
    world.clock.flush();
    expect(outcomes).toEqual([{ ok: true, value: 'ok' }]);
    expect(world.lines).toMatchObject([{ level: 'error', event: 'background coroutine failed' }]);
  });

  test('does not exist for processes, nor after a failure or an abort', () => {
    const world = createProcessWorld();
    const asProcess = world.start({ step: () => done('x', true) });
    const failed = call(world, {
      step: () => ({ kind: 'done', outcome: { ok: false, failure: GONE }, tail: true }),
    });
    const aborted = call(world, {});
    aborted.handle.abort(GONE);
    world.clock.flush();
    expect([asProcess.closes, failed.program.closes, aborted.program.closes]).toEqual([1, 1, 1]);
  });

  test('is not reached by an abort that comes too late', () => {
    const world = createProcessWorld();
    let steps = 0;
    const { handle, program, outcomes } = call(world, {
      step: () => (++steps === 1 ? done('ok', true) : { kind: 'waiting' }),
    });
    world.clock.flush();
    handle.abort(GONE);
    expect([program.closes, outcomes.length]).toEqual([0, 1]);
  });

  test('ends with the system', async () => {
    const world = createProcessWorld();
    let steps = 0;
    const { program } = call(world, { step: () => (++steps === 1 ? done('ok', true) : { kind: 'waiting' }) });
    world.clock.flush();
    await world.system.stop();
    expect([program.closes, world.clock.timerCount]).toEqual([1, 0]);
  });
});
