import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Failure, HubError } from '../../src/base/index.ts';
import { type Outcome, TERMINATED } from '../../src/process/index.ts';
import {
  type LifecycleOptions,
  type RestartOptions,
  type ServiceRunner,
  type ServiceState,
  Supervisor,
} from '../../src/service/index.ts';
import { restartDelayMs } from '../../src/service/restart.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createLogDouble } from '../support/programs.ts';

const RESTART: RestartOptions = {
  initialDelayMs: 1000,
  maxDelayMs: 90_000,
  backoffFactor: 2,
  jitter: 0,
  attemptsMax: 0,
};

const LIFECYCLE: LifecycleOptions = {
  autoStart: true,
  isOptional: false,
  startTimeoutMs: 10_000,
  stopTimeoutMs: 10_000,
  stableThresholdMs: 5000,
  restart: RESTART,
};

const CRASH: Failure = { kind: 'Internal', message: 'boom', retryable: undefined };

/** A runner under the test's control: remembers calls, ends when told. */
class RunnerDouble implements ServiceRunner {
  starts = 0;
  readonly stops: string[] = [];
  kills = 0;
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
  options: { lifecycle?: Partial<LifecycleOptions>; restart?: Partial<RestartOptions>; random?: number } = {},
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

describe('supervisor.restart() and replace()', () => {
  test('restart() is graceful and forgives earlier failures', async () => {
    const world = createServiceWorld();
    await world.supervisor.start('app:s');
    world.runner.crash();
    world.clock.advance(1000);
    await world.supervisor.restart('app:s');
    expect(world.runner.stops).toEqual(['service stopping']);
    expect(world.supervisor.status('app:s')).toMatchObject({ state: 'running', failures: 0 });
  });

  test('replace() starts the new content only when the old was active', async () => {
    const world = createServiceWorld();
    const next = new RunnerDouble();
    const spec = { id: 'app:s', requires: [], lifecycle: LIFECYCLE, runner: next };
    await world.supervisor.replace(spec);
    expect([next.starts, world.runner.stops]).toEqual([0, []]);
    await world.supervisor.start('app:s');
    const third = new RunnerDouble();
    await world.supervisor.replace({ ...spec, runner: third });
    expect([next.stops.length, third.starts]).toEqual([1, 1]);
  });
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
