import { describe, expect, test } from 'vitest';
import { SCHEDULER_TURN_MS, SCHEDULER_TURN_STEPS_MAX } from '../../../src/base/index.ts';
import { type Runnable, Scheduler } from '../../../src/process/record/scheduler.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createProcessWorld } from '../../support/programs.ts';

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
  test('gives those that are always ready one slice each, in turn, so none starves', () => {
    const clock = createFakeClock();
    const runs: string[] = [];
    const scheduler = new Scheduler<Item>(clock, ({ name }) => {
      runs.push(name);
      return true;
    });
    for (const name of ['a', 'b', 'c']) scheduler.wake(createItem(name));
    for (let turns = 0; turns < 3; turns++) clock.turn();
    expect(runs.join('')).toBe('abcabcabc');
  });

  test('serves everybody woken between two slices (vm.md S1)', () => {
    const clock = createFakeClock();
    const runs: string[] = [];
    const short = createItem('.');
    const scheduler = new Scheduler<Item>(clock, ({ name }) => {
      runs.push(name);
      if (name === '.') return false;
      scheduler.wake(short);
      return true;
    });
    for (const name of ['a', 'b']) scheduler.wake(createItem(name));
    for (let turns = 0; turns < 2; turns++) clock.turn();
    expect(runs.join('')).toBe('ab.a.b.');
  });

  test('serves both lines in turn when every step takes longer than a turn', () => {
    const clock = createFakeClock();
    let nowMs = 0;
    const slow = { ...clock, monotonicMs: () => (nowMs += 2 * SCHEDULER_TURN_MS) };
    const runs: string[] = [];
    const short = createItem('.');
    const scheduler = new Scheduler<Item>(slow, ({ name }) => {
      runs.push(name);
      return name !== '.';
    });
    scheduler.wake(createItem('a'));
    for (let turns = 0; turns < 8; turns++) {
      scheduler.wake(short);
      clock.turn();
    }
    expect(runs.filter((name) => name === '.').length).toBeGreaterThanOrEqual(3);
    expect(runs.filter((name) => name === 'a').length).toBeGreaterThanOrEqual(3);
  });

  test('does not starve the computing ones when others wake each other for ever', () => {
    const clock = createFakeClock();
    const runs = { computing: 0, chatting: 0 };
    const pair = [createItem('chatting'), createItem('chatting')] as const;
    const scheduler = new Scheduler<Item>(clock, (item) => {
      runs[item.name as keyof typeof runs]++;
      if (item.name === 'computing') return true;
      scheduler.wake(item === pair[0] ? pair[1] : pair[0]);
      return false;
    });
    for (const item of [createItem('computing'), pair[0]]) scheduler.wake(item);
    for (let turns = 0; turns < 10; turns++) clock.turn();
    expect(runs.computing).toBe(10);
    expect(runs.chatting).toBeGreaterThan(SCHEDULER_TURN_STEPS_MAX);
  });

  test('ends after SCHEDULER_TURN_MS and goes on after I/O had its chance', () => {
    const clock = createFakeClock();
    let nowMs = 0;
    const slow = { ...clock, monotonicMs: () => nowMs };
    let runs = 0;
    const scheduler = new Scheduler<Item>(slow, () => {
      nowMs += 3;
      runs++;
      return false;
    });
    for (let i = 0; i < 10; i++) scheduler.wake(createItem('a'));
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
