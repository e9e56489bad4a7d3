import { describe, expect, test } from 'vitest';
import { type ChangeRequest, KindTable, Registry, toMapping } from '../../src/registry/index.ts';
import {
  type RunnableKind,
  type ServiceRunner,
  Services,
  Supervisor,
  type UpdateVerdict,
} from '../../src/service/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createLogDouble } from '../support/programs.ts';

/** What runners did, e.g. `app:a +` (started), `app:a -` (stopped). Tests change what runners answer. */
class Runners {
  readonly calls: string[] = [];
  /** Ends the latest run of each. */
  readonly ends = new Map<string, Parameters<ServiceRunner['start']>[0]>();
  verdict: () => UpdateVerdict = () => 'followed';
  isOutdated: (id: string) => boolean = () => false;
  start: (id: string) => void | Promise<void> = () => {};
  stop: (id: string) => void | Promise<void> = () => {};

  make(id: string): ServiceRunner {
    return {
      start: (ended) => {
        this.ends.set(id, ended);
        this.calls.push(`${id} +`);
        return this.start(id);
      },
      stop: () => {
        this.calls.push(`${id} -`);
        return this.stop(id);
      },
      update: (before, after) => {
        this.calls.push(`${id} ${before.data.x} > ${after.data.x}`);
        return this.verdict();
      },
      isOutdated: () => this.isOutdated(id),
      close: () => void this.calls.push(`${id} closed`),
    };
  }

  taken(): string[] {
    return this.calls.splice(0);
  }
}

const schema = { type: 'object' };

/** Services of kind `machine` over a registry that changes; `idle` is a kind that does nothing. */
async function createWorld(...requests: ChangeRequest[]) {
  const runners = new Runners();
  const kinds: RunnableKind[] = [
    {
      kind: 'machine',
      summary: 'Runs',
      hasLifecycle: true,
      schema,
      references: [{ path: 'code', kinds: [], noun: 'code' }],
      run: ({ id }) => runners.make(id),
    },
    { kind: 'idle', summary: 'A service that does nothing', hasLifecycle: true, schema },
    {
      kind: 'broken',
      summary: 'Cannot be made',
      hasLifecycle: true,
      schema,
      run: () => {
        throw new Error('no runner');
      },
    },
    { kind: 'library.lua', summary: 'Code', schema },
  ];
  const clock = createFakeClock();
  const { log, lines } = createLogDouble();
  const supervisor = new Supervisor({ clock, log, random: () => 0.5 });
  const services = new Services({ supervisor, kinds, log });
  const registry = new Registry([], { kinds: new KindTable(kinds), log });
  if (requests.length > 0) await registry.apply(requests);
  services.declareAll(registry);
  registry.subscribe(services.subscriber());
  await supervisor.startAll();
  return {
    runners,
    clock,
    lines,
    supervisor,
    services,
    registry,
    stateOf: (name: string) => supervisor.status(`app:${name}`)?.state,
  };
}

const AUTO = { auto_start: true };
const entry = (name: string, data: Record<string, unknown>, kind: string) => ({
  id: `app:${name}`,
  kind,
  data: toMapping({ lifecycle: AUTO, ...data }),
});
const create = (name: string, data: Record<string, unknown> = {}, kind = 'machine'): ChangeRequest => ({
  operation: 'create',
  entry: entry(name, data, kind),
});
const update = (name: string, data: Record<string, unknown> = {}, kind = 'machine'): ChangeRequest => ({
  operation: 'update',
  entry: entry(name, data, kind),
});
const remove = (name: string): ChangeRequest => ({ operation: 'delete', id: `app:${name}` });

/** A promise and what resolves it. */
function createGate(): { readonly passed: Promise<void>; open(): void } {
  let open: () => void = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

describe('Services (app-format.md 8, effect of a change)', () => {
  test('start what is created, after what it requires in the same set, before apply() returns', async () => {
    const { runners, registry, stateOf } = await createWorld();
    const slow = createGate();
    runners.start = (id) => (id === 'app:b' ? slow.passed : undefined);
    const applied = registry.apply([
      create('a', { lifecycle: { ...AUTO, requires: ['b'] } }),
      create('b'),
      create('off', { lifecycle: {} }),
    ]);
    slow.open();
    await applied;
    expect(runners.calls).toEqual(['app:b +', 'app:a +']);
    expect([stateOf('a'), stateOf('b'), stateOf('off')]).toEqual(['running', 'running', 'unknown']);
  });

  test('stop what is deleted, dependents first, and close its runner', async () => {
    const requires = { lifecycle: { ...AUTO, requires: ['b'] } };
    const { runners, registry, services, supervisor } = await createWorld(create('a', requires), create('b'));
    runners.taken();
    await registry.apply([remove('b'), remove('a')]);
    await services.idle();
    expect(runners.taken()).toEqual(['app:a -', 'app:a closed', 'app:b -', 'app:b closed']);
    expect(supervisor.states()).toEqual([]);
  });

  test('D9: an edit that the runner follows stops nothing; lifecycle settings hold at once', async () => {
    const { runners, registry, supervisor, clock } = await createWorld(create('a', { x: 1 }));
    runners.taken();
    const lifecycle = { ...AUTO, restart: { initial_delay: '7s', jitter: 0 } };
    await registry.apply([update('a', { x: 2, lifecycle })]);
    expect(runners.calls).toEqual(['app:a 1 > 2']);
    runners.ends.get('app:a')?.({
      ok: false,
      failure: { kind: 'Internal', message: 'x', retryable: undefined },
    });
    expect(supervisor.status('app:a')?.restartAtMs).toBe(clock.epochMs() + 7000);
  });

  test('an edit that it does not follow stops the old runner and starts a new one', async () => {
    const { runners, registry, services } = await createWorld(create('a', { x: 1 }));
    runners.taken();
    runners.verdict = () => 'restart';
    await registry.apply([update('a', { x: 2 })]);
    await services.idle();
    expect(runners.taken()).toEqual(['app:a 1 > 2', 'app:a -', 'app:a closed', 'app:a +']);
  });

  test('D9: auto_start switched on starts the service; switched off leaves it running', async () => {
    const { registry, stateOf, runners } = await createWorld(create('a', { lifecycle: {} }));
    expect(stateOf('a')).toBe('unknown');
    await registry.apply([update('a')]);
    expect(stateOf('a')).toBe('running');
    await registry.apply([update('a', { lifecycle: {} })]);
    expect([stateOf('a'), runners.calls.filter((call) => call.endsWith('-'))]).toEqual(['running', []]);
  });

  test('D9: one that is switched on may require one that is created with it', async () => {
    const { registry, stateOf } = await createWorld(create('a', { lifecycle: {} }));
    await registry.apply([update('a', { lifecycle: { ...AUTO, requires: ['z'] } }), create('z')]);
    expect([stateOf('a'), stateOf('z')]).toEqual(['running', 'running']);
  });

  test('one that had failed gets another chance by an edit; one that ended well does not', async () => {
    const { registry, stateOf, runners, supervisor } = await createWorld(
      create('a', { lifecycle: {} }),
      create('b', { lifecycle: {} }),
    );
    runners.start = () => {
      throw new Error('wrong port');
    };
    await supervisor.start('app:a').catch(() => {});
    expect(stateOf('a')).toBe('exited');
    runners.start = () => {};
    await registry.apply([update('a', { x: 2, lifecycle: {} }), update('b', { x: 2, lifecycle: {} })]);
    expect([stateOf('a'), stateOf('b')]).toEqual(['running', 'unknown']);
  });

  test('D18: changed code restarts what names it and says it is outdated, whoever changed it', async () => {
    const { registry, runners, services } = await createWorld(
      create('a', { code: 'lib' }),
      create('b', { code: 'lib' }),
      create('c'),
      create('lib', { source: 1 }, 'library.lua'),
    );
    runners.taken();
    runners.isOutdated = (id) => id !== 'app:b';
    await registry.apply([update('lib', { source: 2 }, 'library.lua')]);
    await services.idle();
    expect(runners.taken()).toEqual(['app:a -', 'app:a +']);
  });

  test('code and entry changed in one set restart once, also when the edit alone is followed', async () => {
    const { registry, runners, services } = await createWorld(create('a', { x: 1 }));
    runners.taken();
    runners.isOutdated = () => true;
    await registry.apply([update('a', { x: 2 })]);
    await services.idle();
    expect(runners.taken()).toEqual(['app:a 1 > 2', 'app:a -', 'app:a +']);
  });

  test('D10: see nothing of a change that is refused', async () => {
    const { registry, runners } = await createWorld(create('a', { x: 1 }));
    runners.taken();
    registry.subscribe({
      name: 'refusing',
      commit: () => {
        throw new Error('no');
      },
    });
    await expect(registry.apply([update('a', { x: 2 }), create('b')])).rejects.toThrow('no');
    expect(runners.calls).toEqual([]);
  });

  test.each<[string, ChangeRequest]>([
    ['deletes', remove('a')],
    ['restarts', update('a', { x: 2 })],
  ])('apply() does not wait for a service it %s: it may be the one who asks', async (_, request) => {
    const { registry, runners, services } = await createWorld(create('a', { x: 1 }));
    const slow = createGate();
    runners.verdict = () => 'restart';
    runners.stop = () => slow.passed;
    expect(await registry.apply([request])).toBe(2);
    expect(await registry.apply([create('b')])).toBe(3);
    slow.open();
    await services.idle();
  });

  test('a replacement starts when what it replaces has stopped', async () => {
    const { registry, runners, services } = await createWorld(create('a'));
    runners.taken();
    const slow = createGate();
    runners.stop = () => slow.passed;
    await registry.apply([remove('a')]);
    await registry.apply([create('a'), create('b', { lifecycle: { ...AUTO, requires: ['a'] } })]);
    expect(runners.taken()).toEqual(['app:a -']);
    slow.open();
    await services.idle();
    expect(runners.taken()).toEqual(['app:a closed', 'app:a +', 'app:b +']);
  });

  test.each(['update', 'isOutdated', 'start', 'stop'] as const)(
    'H12: a runner whose %s throws harms only itself',
    async (part) => {
      const { registry, runners, services, stateOf } = await createWorld(
        create('a', { x: 1 }),
        create('z', { x: 1 }),
      );
      const broken = (): never => {
        throw new Error('broken');
      };
      runners.taken();
      runners.verdict = part === 'update' ? broken : () => 'restart';
      if (part !== 'update')
        runners[part] = (id: string) => (id === 'app:a' ? broken() : (undefined as never));
      await registry.apply([update('a', { x: 2 }), update('z', { x: 2 }), create('y')]);
      await services.idle();
      const calls = runners.taken();
      expect(calls.filter((call) => call.startsWith('app:z'))).toEqual([
        'app:z 1 > 2',
        'app:z -',
        'app:z closed',
        'app:z +',
      ]);
      expect([stateOf('a'), stateOf('y'), stateOf('z')]).toEqual([
        part === 'start' ? 'exited' : 'running',
        'running',
        'running',
      ]);
    },
  );

  test('a kind that cannot make a runner is a start that failed, with its reason', async () => {
    const { registry, supervisor, stateOf } = await createWorld();
    await registry.apply([create('x', {}, 'broken'), create('y', {}, 'idle')]);
    expect(supervisor.status('app:x')).toMatchObject({ state: 'exited', failure: { message: 'no runner' } });
    expect(stateOf('y')).toBe('running');
  });

  test('start nothing once the hub stops', async () => {
    const { registry, services, stateOf } = await createWorld();
    services.close();
    await registry.apply([create('a')]);
    expect(stateOf('a')).toBe('unknown');
  });

  test('refuse a kind that runs without a lifecycle block', () => {
    const { log } = createLogDouble();
    const supervisor = new Supervisor({ clock: createFakeClock(), log, random: () => 0 });
    const kind: RunnableKind = { kind: 'odd', summary: '', schema, run: () => new Runners().make('x') };
    expect(() => new Services({ supervisor, kinds: [kind], log })).toThrow(
      expect.objectContaining({ code: 'MH_SERVICE_KIND_INVALID' }),
    );
  });
});
