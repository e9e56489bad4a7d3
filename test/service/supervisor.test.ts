import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lifecycle } from '../../src/registry/index.ts';
import { type ServiceRunner, Supervisor } from '../../src/service/index.ts';
import { toLevels } from '../../src/service/level.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { LIFECYCLE } from '../support/lifecycle.ts';
import { createLogDouble } from '../support/programs.ts';

function createSupervisorWorld() {
  const clock = createFakeClock();
  const supervisor = new Supervisor({ clock, log: createLogDouble().log, random: () => 0.5 });
  const order: string[] = [];
  const add = (
    id: string,
    requires: readonly string[] = [],
    lifecycle: Partial<Lifecycle> = {},
    runner: Partial<ServiceRunner> = {},
  ): void =>
    supervisor.add({
      id,
      requires,
      lifecycle: { ...LIFECYCLE, ...lifecycle },
      runner: {
        start: () => void order.push(`+${id}`),
        stop: () => void order.push(`-${id}`),
        update: () => 'restart',
        ...runner,
      },
    });
  const failing: Partial<ServiceRunner> = {
    start: () => {
      throw new Error('cannot');
    },
  };
  const stateOf = (id: string) => supervisor.status(id)?.state;
  return { clock, supervisor, order, add, failing, stateOf };
}

test('a runner is told what comes after its stop (relay.md L10)', async () => {
  const { supervisor, add } = createSupervisorWorld();
  const told: string[] = [];
  add('app:a', [], {}, { stop: (reason, purpose) => void told.push(`${reason}: ${purpose}`) });
  await supervisor.startAll();
  await supervisor.restart('app:a');
  await supervisor.stop('app:a');
  await supervisor.start('app:a');
  await supervisor.remove('app:a', 'restart');
  expect(told).toEqual(['restart', 'stop', 'restart'].map((purpose) => `service stopping: ${purpose}`));
});

describe('supervisor.startAll()', () => {
  test('starts requirements first, even without auto_start, and stops in reverse (16.8, 16.12)', async () => {
    const { supervisor, order, add } = createSupervisorWorld();
    add('app:web', ['app:db', 'app:cache']);
    add('app:cache', ['app:db']);
    add('app:db', [], { autoStart: false });
    add('app:idle', [], { autoStart: false });
    await supervisor.startAll();
    expect(order).toEqual(['+app:db', '+app:cache', '+app:web']);
    order.length = 0;
    await supervisor.stopAll();
    expect(order).toEqual(['-app:web', '-app:cache', '-app:db']);
    await supervisor.stopAll();
    expect(order).toHaveLength(3);
  });

  test('starts independent services together', async () => {
    const { supervisor, order, add } = createSupervisorWorld();
    let release: () => void = () => {};
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    add('app:slow', [], {}, { start: () => slow });
    add('app:quick');
    add('app:after', ['app:slow']);
    const started = supervisor.startAll();
    expect(order).toEqual(['+app:quick']);
    release();
    await started;
    expect(order).toEqual(['+app:quick', '+app:after']);
  });

  test('refuses a circle, naming it, before anything starts (16.9)', async () => {
    const { supervisor, order, add } = createSupervisorWorld();
    add('app:free');
    add('app:a', ['app:b']);
    add('app:b', ['app:c']);
    add('app:c', ['app:a']);
    await expect(supervisor.startAll()).rejects.toMatchObject({
      code: 'MH_SERVICE_CYCLE',
      message: expect.stringContaining('app:a -> app:b -> app:c -> app:a'),
    });
    expect(order).toEqual([]);
  });

  test('with a missing requirement does not start its dependents, names both; others go on (16.9)', async () => {
    const { supervisor, order, add, stateOf } = createSupervisorWorld();
    add('app:a', ['app:missing'], { isOptional: true });
    add('app:b', ['app:a'], { isOptional: true });
    add('app:free');
    await supervisor.startAll();
    expect(order).toEqual(['+app:free']);
    expect([stateOf('app:a'), stateOf('app:b')]).toEqual(['exited', 'exited']);
    expect(supervisor.status('app:a')?.failure).toMatchObject({
      kind: 'Invalid',
      message: expect.stringMatching(/app:a.*app:missing/),
    });
    await expect(supervisor.start('app:a')).rejects.toMatchObject({ kind: 'Invalid' });
  });

  test('fails when a required service does not start, after stopping what was started (16.10)', async () => {
    const { supervisor, order, add, failing } = createSupervisorWorld();
    add('app:db');
    add('app:broken', ['app:db'], {}, failing);
    add('app:web', ['app:broken']);
    await expect(supervisor.startAll()).rejects.toMatchObject({
      code: 'MH_SERVICE_START_FAILED',
      details: { services: { 'app:broken': 'cannot', 'app:web': expect.stringContaining('app:broken') } },
    });
    expect(order).toEqual(['+app:db', '-app:db']);
  });

  test('goes on when an optional service does not start (16.10)', async () => {
    const { supervisor, add, failing, stateOf } = createSupervisorWorld();
    add('app:extra', [], { isOptional: true }, failing);
    add('app:web');
    await supervisor.startAll();
    expect([stateOf('app:extra'), stateOf('app:web')]).toEqual(['exited', 'running']);
  });

  test('counts a requirement that ended normally as met and does not run it again', async () => {
    const { supervisor, order, add } = createSupervisorWorld();
    add(
      'app:migrate',
      [],
      { autoStart: false },
      {
        start: (ended) => {
          order.push('+app:migrate');
          ended({ ok: true, value: undefined });
        },
      },
    );
    add('app:web', ['app:migrate']);
    await supervisor.startAll();
    add('app:later', ['app:migrate']);
    await supervisor.start('app:later');
    expect(order).toEqual(['+app:migrate', '+app:web', '+app:later']);
  });

  test('stops starting when stopAll() comes in between', async () => {
    const { supervisor, order, add, stateOf } = createSupervisorWorld();
    let release: () => void = () => {};
    add(
      'app:slow',
      [],
      {},
      {
        start: () =>
          new Promise<void>((resolve) => {
            release = resolve;
          }),
      },
    );
    add('app:after', ['app:slow']);
    const started = supervisor.startAll().catch((error: unknown) => error);
    const stopped = supervisor.stopAll();
    release();
    await stopped;
    expect(await started).toMatchObject({ code: 'MH_SERVICE_START_FAILED' });
    expect([stateOf('app:slow'), stateOf('app:after'), order]).toEqual(['stopped', 'unknown', ['-app:slow']]);
  });
});

describe('supervisor at run time', () => {
  test('does not restart a dependent when its requirement fails (16.11)', async () => {
    const { supervisor, order, add, stateOf } = createSupervisorWorld();
    let end: Parameters<ServiceRunner['start']>[0] = () => {};
    add(
      'app:db',
      [],
      {},
      {
        start: (ended) => {
          end = ended;
        },
      },
    );
    add('app:web', ['app:db']);
    await supervisor.startAll();
    end({ ok: false, failure: { kind: 'Internal', message: 'x', retryable: true } });
    expect([stateOf('app:db'), stateOf('app:web'), order]).toEqual(['failed', 'running', ['+app:web']]);
  });

  test('add() refuses a known ID; start() and stop() an unknown one', async () => {
    const { supervisor, add } = createSupervisorWorld();
    add('app:a');
    expect(() => add('app:a')).toThrow(expect.objectContaining({ code: 'MH_SERVICE_EXISTS' }));
    await expect(supervisor.start('app:x')).rejects.toMatchObject({ code: 'MH_SERVICE_NOT_FOUND' });
    await expect(supervisor.stop('app:x')).rejects.toMatchObject({ code: 'MH_SERVICE_NOT_FOUND' });
  });

  test('remove() stops and forgets', async () => {
    const { supervisor, order, add } = createSupervisorWorld();
    add('app:a');
    await supervisor.startAll();
    await supervisor.remove('app:a');
    await supervisor.remove('app:a');
    expect([order, supervisor.states(), supervisor.has('app:a')]).toEqual([['+app:a', '-app:a'], [], false]);
  });

  test('stopAll() stops a circle that was added while running', async () => {
    const { supervisor, order, add } = createSupervisorWorld();
    add('app:a');
    add('app:b');
    await supervisor.startAll();
    const spec = {
      id: 'app:c',
      requires: ['app:c'],
      lifecycle: LIFECYCLE,
      runner: { start() {}, stop() {}, update: () => 'restart' as const },
    };
    supervisor.add(spec);
    await supervisor.stopAll();
    expect(order.slice(2)).toEqual(['-app:a', '-app:b']);
  });
});

describe('toLevels()', () => {
  const graph = fc.array(fc.array(fc.nat({ max: 19 }), { maxLength: 4 }), { minLength: 1, maxLength: 20 });

  test('puts everything after what it requires, each once, or names a true circle', () => {
    fc.assert(
      fc.property(graph, (edges) => {
        const ids = edges.map((_, index) => String(index));
        const requiresOf = (id: string): string[] => (edges[Number(id)] ?? []).map(String);
        const { levels, cycle } = toLevels(ids, requiresOf);
        const place = new Map(levels.flatMap((level, index) => level.map((id) => [id, index] as const)));
        expect(place.size).toBe(levels.flat().length);
        for (const [id, index] of place) {
          for (const required of requiresOf(id)) {
            if (ids.includes(required)) expect(place.get(required)).toBeLessThan(index);
          }
        }
        if (cycle === undefined) expect(place.size).toBe(ids.length);
        else {
          expect(cycle[0]).toBe(cycle.at(-1));
          for (const [index, id] of cycle.slice(1).entries()) expect(requiresOf(cycle[index]!)).toContain(id);
        }
      }),
    );
  });

  test('takes a chain of 100,000', () => {
    const ids = Array.from({ length: 100_000 }, (_, index) => `${index}`);
    expect(toLevels(ids, (id) => (id === '0' ? [] : [`${Number(id) - 1}`])).levels).toHaveLength(100_000);
  });
});

test('stop order is start order reversed, level by level, in any graph', async () => {
  const graph = fc.array(fc.array(fc.nat({ max: 9 }), { maxLength: 3 }), { minLength: 1, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(graph, async (edges) => {
      const { supervisor, order, add } = createSupervisorWorld();
      // Only earlier services can be required: no circles.
      edges.forEach((required, index) => {
        add(`${index}`, required.filter((id) => id < index).map(String));
      });
      await supervisor.startAll();
      await supervisor.stopAll();
      const position = new Map(order.map((line, index) => [line, index]));
      edges.forEach((required, index) => {
        for (const id of required.filter((other) => other < index)) {
          expect(position.get(`+${id}`)).toBeLessThan(position.get(`+${index}`)!);
          expect(position.get(`-${index}`)).toBeLessThan(position.get(`-${id}`)!);
        }
      });
    }),
    { numRuns: 50 },
  );
});
