import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Failure, HubError } from '../../src/base/index.ts';
import { type Outcome, TERMINATED } from '../../src/process/index.ts';
import type { Lifecycle, RestartOptions } from '../../src/registry/index.ts';
import { type ServiceRunner, type ServiceState, Supervisor } from '../../src/service/index.ts';
import { restartDelayMs } from '../../src/service/restart.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { LIFECYCLE } from '../support/lifecycle.ts';
import { createLogDouble } from '../support/programs.ts';

const RESTART = LIFECYCLE.restart;

const CRASH: Failure = { kind: 'Internal', message: 'boom', retryable: undefined };

/** A runner under the test's control: remembers calls, ends when told. */
class RunnerDouble implements ServiceRunner {
  starts = 0;
  readonly stops: string[] = [];
  kills = 0;
  closes = 0;
  end: (outcome: Outcome) => void = () => {};
  onStart: () => void | Promise<void> = () => {};
  onStop: () => void | Promise<void> = () => {};

  start(ended: (outcome: Outcome) => void): void | Promise<void> {
    this.starts++;
    this.end = ended;
    return this.onStart();
  }

  stop(reason: string): void | Promise<void> {
    this.stops.push(reason);
    return this.onStop();
  }

  kill(): void {
    this.kills++;
  }

  update(): 'restart' {
    return 'restart';
  }

  close(): void {
    this.closes++;
  }

  crash(failure: Failure = CRASH): void {
    this.end({ ok: false, failure });
  }
}

interface ServiceWorld {
  readonly clock: FakeClock;
  readonly supervisor: Supervisor;
  readonly runner: RunnerDouble;
  readonly states: ServiceState[];
  readonly lines: { level: string; event: string }[];
  state(): ServiceState | undefined;
}

function createServiceWorld(
  options: { lifecycle?: Partial<Lifecycle>; restart?: Partial<RestartOptions>; random?: number } = {},
): ServiceWorld {
  const clock = createFakeClock();
  const { log, lines } = createLogDouble();
  const supervisor = new Supervisor({ clock, log, random: () => options.random ?? 0.5 });
  const runner = new RunnerDouble();
  const lifecycle = { ...LIFECYCLE, ...options.lifecycle, restart: { ...RESTART, ...options.restart } };
  const states: ServiceState[] = [];
  supervisor.subscribe(({ state }) => void states.push(state));
  supervisor.add({ id: 'app:s', requires: [], lifecycle, runner });
  return { clock, supervisor, runner, states, lines, state: () => supervisor.status('app:s')?.state };
}

const never = (): Promise<void> => new Promise(() => {});

describe('a service (process.md 16)', () => {
  test('goes unknown, starting, running', async () => {
    const world = createServiceWorld();
    expect(world.state()).toBe('unknown');
    await world.supervisor.start('app:s');
    expect(world.states).toEqual(['starting', 'running']);
    await world.supervisor.start('app:s');
    expect(world.runner.starts).toBe(1);
  });

  test('that ends normally is exited and not restarted', async () => {
    const world = createServiceWorld();
    await world.supervisor.start('app:s');
    world.runner.end({ ok: true, value: undefined });
    await world.clock.advanceAndSettle(1_000_000);
    expect([world.state(), world.runner.starts]).toEqual(['exited', 1]);
    expect(world.lines.every(({ level }) => level === 'info' || level === 'debug')).toBe(true);
  });

  test('that fails is restarted after 1 s, 2 s, 4 s (19.12)', async () => {
    const world = createServiceWorld();
    await world.supervisor.start('app:s');
    for (const delayMs of [1000, 2000, 4000, 8000]) {
      world.runner.crash();
      const starts = world.runner.starts;
      expect(world.supervisor.status('app:s')).toMatchObject({
        state: 'failed',
        failure: CRASH,
        restartAtMs: world.clock.epochMs() + delayMs,
      });
      world.clock.advance(delayMs - 1);
      expect(world.runner.starts).toBe(starts);
      world.clock.advance(1);
      expect([world.runner.starts, world.state()]).toEqual([starts + 1, 'running']);
    }
  });

  test('is forgiven after a stable run (16.3)', async () => {
    const world = createServiceWorld();
    await world.supervisor.start('app:s');
    world.runner.crash();
    world.clock.advance(1000);
    world.clock.advance(4999);
    world.runner.crash();
    expect(world.supervisor.status('app:s')?.failures).toBe(2);
    world.clock.advance(2000);
    world.clock.advance(5000);
    world.runner.crash();
    expect(world.supervisor.status('app:s')?.failures).toBe(1);
  });

  test.each([
    [3, 3],
    [1, 1],
  ])('with max_attempts %d starts %d times, then stays failed (16.4, 19.12)', async (attemptsMax, starts) => {
    const world = createServiceWorld({ restart: { attemptsMax } });
    await world.supervisor.start('app:s');
    for (let i = 0; i < 5; i++) {
      if (world.state() === 'running') world.runner.crash();
      await world.clock.advanceAndSettle(4000);
    }
    expect([world.state(), world.runner.starts, world.clock.timerCount]).toEqual(['failed', starts, 0]);
  });

  test.each<[string, Failure]>([
    ['a non-retryable error', { kind: 'Internal', message: 'returned', retryable: false }],
    ['cancellation', { kind: 'Canceled', message: 'x', retryable: undefined }],
    ['an explicit terminate', TERMINATED],
  ])('is not restarted after %s (16.1)', async (_, failure) => {
    const world = createServiceWorld();
    await world.supervisor.start('app:s');
    world.runner.crash(failure);
    await world.clock.advanceAndSettle(1_000_000);
    expect([world.state(), world.runner.starts]).toEqual(['exited', 1]);
    expect(world.supervisor.status('app:s')?.failure).toBe(failure);
  });

  test('ignores a second and a late report of a run', async () => {
    const world = createServiceWorld();
    await world.supervisor.start('app:s');
    const { end } = world.runner;
    end({ ok: false, failure: CRASH });
    end({ ok: false, failure: CRASH });
    world.clock.advance(1000);
    end({ ok: true, value: 'late' });
    expect(world.states).toEqual(['starting', 'running', 'failed', 'starting', 'running']);
  });

  test('logs each failure once', async () => {
    const world = createServiceWorld();
    await world.supervisor.start('app:s');
    world.runner.crash();
    expect(world.lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
      'debug service starting',
      'info service running',
      'warn service failed',
    ]);
  });
});

describe('the start step', () => {
  test('that throws is terminal', async () => {
    const world = createServiceWorld();
    world.runner.onStart = () => {
      throw new Error('no port');
    };
    await expect(world.supervisor.start('app:s')).rejects.toMatchObject({
      code: 'MH_SERVICE_START_FAILED',
      message: expect.stringContaining('no port'),
    });
    expect([world.state(), world.clock.timerCount]).toEqual(['exited', 0]);
  });

  test('that rejects is terminal', async () => {
    const world = createServiceWorld();
    world.runner.onStart = () => Promise.reject(new Error('no port'));
    await expect(world.supervisor.start('app:s')).rejects.toThrow('no port');
    expect(world.state()).toBe('exited');
  });

  test('of an optional service is tried again where that may help (16.10)', async () => {
    const world = createServiceWorld({ lifecycle: { isOptional: true } });
    world.runner.onStart = () => {
      if (world.runner.starts < 3) throw new HubError('MH_PROCESS_MAILBOX_FULL', { message: 'busy' });
    };
    await expect(world.supervisor.start('app:s')).rejects.toThrow('busy');
    expect(world.state()).toBe('failed');
    await world.clock.advanceAndSettle(1000);
    await world.clock.advanceAndSettle(2000);
    expect([world.state(), world.runner.starts]).toEqual(['running', 3]);
  });

  test('that takes longer than start_timeout is failed and retried; a late success is undone', async () => {
    const world = createServiceWorld({ lifecycle: { startTimeoutMs: 500 } });
    let finish: () => void = () => {};
    world.runner.onStart = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const start = world.supervisor.start('app:s').catch((error: unknown) => error);
    await world.clock.advanceAndSettle(500);
    expect(await start).toMatchObject({ message: expect.stringContaining('did not start within 500 ms') });
    expect([world.state(), world.runner.kills]).toEqual(['failed', 1]);
    finish();
    await world.clock.settle();
    expect([world.runner.stops.length, world.state()]).toEqual([1, 'failed']);
    world.runner.onStart = () => {};
    await world.clock.advanceAndSettle(1000);
    expect(world.state()).toBe('running');
  });

  test('may end before it settled', async () => {
    const world = createServiceWorld();
    world.runner.onStart = async () => {
      world.runner.end({ ok: true, value: undefined });
    };
    await world.supervisor.start('app:s');
    expect(world.states).toEqual(['starting', 'exited']);
    expect(world.clock.timerCount).toBe(0);
  });
});

describe('stopping', () => {
  test('gives stopped, whatever the end looks like (16.6)', async () => {
    const world = createServiceWorld();
    world.runner.onStop = () => {
      world.runner.crash();
      return never();
    };
    await world.supervisor.start('app:s');
    await world.supervisor.stop('app:s');
    expect([world.state(), world.runner.stops, world.clock.timerCount]).toEqual([
      'stopped',
      ['service stopping'],
      0,
    ]);
  });

  test('kills after stop_timeout, not before, and gives failed (19.13)', async () => {
    const world = createServiceWorld();
    world.runner.onStop = never;
    await world.supervisor.start('app:s');
    const stop = world.supervisor.stop('app:s');
    await world.clock.advanceAndSettle(9999);
    expect([world.state(), world.runner.kills]).toEqual(['stopping', 0]);
    await world.clock.advanceAndSettle(1);
    await stop;
    expect([world.state(), world.runner.kills]).toEqual(['failed', 1]);
    await world.clock.advanceAndSettle(100_000);
    expect(world.runner.starts).toBe(1);
  });

  test('kills when the runner cannot stop', async () => {
    const world = createServiceWorld();
    world.runner.onStop = () => Promise.reject(new Error('stuck'));
    await world.supervisor.start('app:s');
    await world.supervisor.stop('app:s');
    expect([world.state(), world.runner.kills]).toEqual(['failed', 1]);
  });

  test('withdraws a pending restart (16.6)', async () => {
    const world = createServiceWorld();
    await world.supervisor.start('app:s');
    world.runner.crash();
    await world.supervisor.stop('app:s');
    await world.clock.advanceAndSettle(100_000);
    expect([world.state(), world.runner.starts, world.runner.stops]).toEqual(['stopped', 1, []]);
  });

  test.each(['unknown', 'exited', 'stopped'] as const)(
    'is nothing for a service that is %s (16.6)',
    async (state) => {
      const world = createServiceWorld();
      if (state !== 'unknown') await world.supervisor.start('app:s');
      if (state === 'exited') world.runner.end({ ok: true, value: 1 });
      if (state === 'stopped') await world.supervisor.stop('app:s');
      const stops = world.runner.stops.length;
      await world.supervisor.stop('app:s');
      expect([world.state(), world.runner.stops.length]).toEqual([state, stops]);
    },
  );

  test('waits for a start under way, then stops it', async () => {
    const world = createServiceWorld();
    let finish: () => void = () => {};
    world.runner.onStart = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const start = world.supervisor.start('app:s');
    const stop = world.supervisor.stop('app:s');
    finish();
    await Promise.all([start, stop]);
    expect(world.states).toEqual(['starting', 'running', 'stopping', 'stopped']);
  });

  test('twice at once is one stop', async () => {
    const world = createServiceWorld();
    await world.supervisor.start('app:s');
    await Promise.all([world.supervisor.stop('app:s'), world.supervisor.stop('app:s')]);
    expect(world.runner.stops).toHaveLength(1);
  });
});

describe('supervisor.restart() and configure()', () => {
  test('restart() is graceful and forgives earlier failures', async () => {
    const world = createServiceWorld();
    await world.supervisor.start('app:s');
    world.runner.crash();
    world.clock.advance(1000);
    await world.supervisor.restart('app:s');
    expect(world.runner.stops).toEqual(['service stopping']);
    expect(world.supervisor.status('app:s')).toMatchObject({ state: 'running', failures: 0 });
  });

  const specOf = (runner: ServiceRunner) => ({ id: 'app:s', requires: [], lifecycle: LIFECYCLE, runner });

  test('D9: configure() changes what comes next and leaves alone what runs', async () => {
    const { supervisor, runner, clock } = createServiceWorld();
    await supervisor.start('app:s');
    const restart = { ...RESTART, initialDelayMs: 3000 };
    supervisor.configure({ ...specOf(runner), lifecycle: { ...LIFECYCLE, restart } });
    expect([runner.starts, runner.stops]).toEqual([1, []]);
    runner.crash();
    expect(supervisor.status('app:s')?.restartAtMs).toBe(clock.epochMs() + 3000);
  });

  test('configure() gives another runner the next start; the old one is closed then, once', async () => {
    const { supervisor, runner } = createServiceWorld();
    await supervisor.start('app:s');
    const next = new RunnerDouble();
    supervisor.configure(specOf(next));
    expect([next.starts, runner.stops, runner.closes]).toEqual([0, [], 0]);
    await supervisor.restart('app:s');
    expect([next.starts, runner.stops.length, runner.closes]).toEqual([1, 1, 1]);
    await supervisor.remove('app:s');
    expect([next.stops.length, next.closes, runner.closes]).toEqual([1, 1, 1]);
  });

  test('configure() closes the runner of a service that is down at once, and one that never came to run', async () => {
    const { supervisor, runner } = createServiceWorld();
    const [second, third] = [new RunnerDouble(), new RunnerDouble()];
    supervisor.configure(specOf(second));
    expect(runner.closes).toBe(1);
    await supervisor.start('app:s');
    supervisor.configure(specOf(third));
    supervisor.configure(specOf(runner));
    expect([second.closes, third.closes]).toEqual([0, 1]);
  });

  test('remove() ends also what somebody starts while it waits', async () => {
    const { supervisor, runner } = createServiceWorld();
    await supervisor.start('app:s');
    let release: () => void = () => {};
    runner.onStop = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const removed = supervisor.remove('app:s');
    const started = supervisor.start('app:s');
    runner.onStop = () => {};
    release();
    await Promise.all([removed, started]);
    expect([runner.starts, runner.stops.length, supervisor.has('app:s')]).toEqual([2, 2, false]);
  });
});

describe('supervisor.cutAll()', () => {
  test('kills what runs, starts or stops, withdraws restarts, and waits for nothing (D6)', async () => {
    const clock = createFakeClock();
    const supervisor = new Supervisor({ clock, log: createLogDouble().log, random: () => 0.5 });
    const make = (id: string, change: (runner: RunnerDouble) => void = () => {}): RunnerDouble => {
      const runner = new RunnerDouble();
      change(runner);
      supervisor.add({ id, requires: [], lifecycle: LIFECYCLE, runner });
      return runner;
    };
    const running = make('app:running');
    const starting = make('app:starting', (runner) => {
      runner.onStart = never;
    });
    const stopping = make('app:stopping', (runner) => {
      runner.onStop = never;
    });
    const waiting = make('app:waiting');
    const started = supervisor.startAll();
    waiting.crash();
    const stopped = supervisor.stop('app:stopping');
    supervisor.cutAll();
    await expect(started).rejects.toMatchObject({ code: 'MH_SERVICE_START_FAILED' });
    await stopped;
    expect([running, starting, stopping, waiting].map(({ kills }) => kills)).toEqual([1, 1, 1, 0]);
    expect(supervisor.states().map(({ state }) => state)).toEqual(['failed', 'failed', 'failed', 'stopped']);
    await clock.advanceAndSettle(1_000_000);
    expect([running.starts, waiting.starts]).toEqual([1, 1]);
  });

  test('stops a start that completes afterwards, and asks a runner that cannot be killed to stop', async () => {
    const clock = createFakeClock();
    const supervisor = new Supervisor({ clock, log: createLogDouble().log, random: () => 0.5 });
    const calls: string[] = [];
    let complete: () => void = () => {};
    const add = (id: string, start: () => void | Promise<void>): void =>
      supervisor.add({
        id,
        requires: [],
        lifecycle: LIFECYCLE,
        runner: { start, stop: () => void calls.push(id), update: () => 'restart' },
      });
    add('app:quick', () => {});
    add(
      'app:slow',
      () =>
        new Promise((resolve) => {
          complete = resolve;
        }),
    );
    const started = supervisor.startAll().catch(() => {});
    supervisor.cutAll();
    expect(calls).toEqual(['app:quick']);
    complete();
    await started;
    await clock.settle();
    expect(calls).toEqual(['app:quick', 'app:slow']);
  });
});

test('a listener that throws harms neither the service nor other listeners', async () => {
  const { supervisor, states, lines } = createServiceWorld();
  supervisor.subscribe(() => {
    throw new Error('listener');
  });
  const last: string[] = [];
  supervisor.subscribe(({ state }) => void last.push(state));
  await supervisor.start('app:s');
  expect([states, last]).toEqual([
    ['starting', 'running'],
    ['starting', 'running'],
  ]);
  expect(lines.filter(({ event }) => event === 'service listener failed')).toHaveLength(2);
});

describe('restartDelayMs() (16.2)', () => {
  test('doubles up to the cap; jitter is a share both ways and may exceed the cap', () => {
    const options = { ...RESTART, jitter: 0.1, maxDelayMs: 3000 };
    const delays = [1, 2, 3, 4].map((n) => restartDelayMs(options, n, 0.5));
    expect(delays).toEqual([1000, 2000, 3000, 3000]);
    expect(restartDelayMs(options, 1, 0)).toBeCloseTo(900);
    expect(restartDelayMs(options, 4, 1)).toBeCloseTo(3300);
  });

  test('is finite and never negative, however often it failed', () => {
    const n = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(
        n,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (count, random, jitter) => {
          const delayMs = restartDelayMs({ ...RESTART, jitter }, count, random);
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(90_000 * (1 + jitter));
        },
      ),
    );
  });
});

test('never more starts in a row than attempts, and never a timer left behind, whatever happens', async () => {
  const step = fc.constantFrom(
    'crash',
    'terminal',
    'end',
    'stop',
    'start',
    'restart',
    'wait 1s',
    'wait 6s',
    'wait 60s',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, attemptsMax) => {
        const world = createServiceWorld({ restart: { attemptsMax, jitter: 0.1 }, random: 1 });
        const { supervisor, runner, clock } = world;
        let inRow = 0;
        let runningMs = 0;
        supervisor.subscribe(({ state }) => {
          if (state === 'starting') inRow++;
          if (state === 'running') runningMs = clock.monotonicMs();
          if (state === 'failed' && clock.monotonicMs() - runningMs >= 5000) inRow = 1;
          expect(inRow).toBeLessThanOrEqual(attemptsMax);
        });
        for (const action of steps) {
          if (action === 'start' || action === 'restart') {
            if (world.state() !== 'running' || action === 'restart') inRow = 0;
            await supervisor[action]('app:s');
          } else if (action === 'stop') await supervisor.stop('app:s');
          else if (action.startsWith('wait'))
            await clock.advanceAndSettle(Number.parseInt(action.slice(5), 10) * 1000);
          else if (world.state() === 'running') {
            if (action === 'crash') runner.crash();
            else if (action === 'terminal') runner.crash(TERMINATED);
            else runner.end({ ok: true, value: 0 });
          }
          const { state, restartAtMs } = supervisor.status('app:s')!;
          expect(clock.timerCount).toBe(state === 'failed' && restartAtMs !== undefined ? 1 : 0);
        }
        await supervisor.stopAll();
        expect(clock.timerCount).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});
