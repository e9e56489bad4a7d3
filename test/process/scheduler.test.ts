import { describe, expect, test } from 'vitest';
import { SCHEDULER_TURN_MS, SCHEDULER_TURN_STEPS_MAX } from '../../src/base/index.ts';
import { type Runnable, Scheduler } from '../../src/process/scheduler.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createProcessWorld } from '../support/programs.ts';

interface Item extends Runnable {
  readonly name: string;
}

function createItem(name: string): Item {
  return { name, runState: 'idle' };
}

describe('scheduler.wake()', () => {
  test('runs in wake order, each once however often it was woken', () => {
    const clock = createFakeClock();
    const ran: string[] = [];
    const scheduler = new Scheduler<Item>(clock, ({ name }) => {
      ran.push(name);
      return false;
    });
    const [a, b] = [createItem('a'), createItem('b')];
    for (const item of [b, a, b, b, a]) scheduler.wake(item);
    expect(clock.deferredCount).toBe(1);
    clock.flush();
    expect(ran).toEqual(['b', 'a']);
  });

  test('from inside the own step runs once more', () => {
    const clock = createFakeClock();
    let runs = 0;
    const scheduler = new Scheduler<Item>(clock, (item) => {
      if (++runs === 1) for (let i = 0; i < 3; i++) scheduler.wake(item);
      return false;
    });
    scheduler.wake(createItem('a'));
    clock.flush();
    expect(runs).toBe(2);
  });

  test('does nothing for what is off, even when it was queued before', () => {
    const clock = createFakeClock();
    const scheduler = new Scheduler<Item>(clock, () => {
      throw new Error('must not run');
    });
    const item = createItem('a');
    scheduler.wake(item);
    item.runState = 'off';
    scheduler.wake(item);
    clock.flush();
    expect(item.runState).toBe('off');
  });
});

describe('a turn of the scheduler', () => {
  test('alternates between those that are always ready, so none starves', () => {
    const clock = createFakeClock();
    const runs = new Map<string, number>();
    const scheduler = new Scheduler<Item>(clock, ({ name }) => {
      runs.set(name, (runs.get(name) ?? 0) + 1);
      return true;
    });
    for (const name of ['a', 'b', 'c', 'd']) scheduler.wake(createItem(name));
    clock.turn();
    expect([...runs.values()]).toEqual(Array(4).fill(SCHEDULER_TURN_STEPS_MAX / 4));
  });

  test('ends after SCHEDULER_TURN_MS and goes on after I/O had its chance', () => {
    const clock = createFakeClock();
    let nowMs = 0;
    const slow = { ...clock, monotonicMs: () => nowMs };
    let runs = 0;
    const scheduler = new Scheduler<Item>(slow, () => {
      nowMs += 3;
      return ++runs < 10;
    });
    scheduler.wake(createItem('a'));
    clock.turn();
    expect(runs).toBe(Math.ceil(SCHEDULER_TURN_MS / 3));
    clock.flush();
    expect(runs).toBe(10);
  });

  test('survives a step that throws against the contract', () => {
    const clock = createFakeClock();
    const ran: string[] = [];
    const scheduler = new Scheduler<Item>(clock, ({ name }) => {
      if (name === 'bad') throw new Error('bug');
      ran.push(name);
      return false;
    });
    for (const name of ['bad', 'good']) scheduler.wake(createItem(name));
    expect(() => clock.turn()).toThrow('bug');
    clock.flush();
    expect(ran).toEqual(['good']);
  });
});

test('a process that is always ready slows others down but does not stop them (vm.md S1)', () => {
  const { system, clock, start } = createProcessWorld();
  start({ step: () => ({ kind: 'ready' }) });
  const other = start();
  system.send(undefined, other.pid, 'x', []);
  clock.turn();
  expect(other.topics).toEqual(['x']);
});
