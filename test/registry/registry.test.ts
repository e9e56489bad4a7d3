import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ChangeRequest,
  collectAffected,
  createEntry,
  type Entry,
  KindTable,
  type Mapping,
  Registry,
  type RegistrySubscriber,
  type RegistryUpdate,
  toMapping,
} from '../../src/registry/index.ts';
import { createLogDouble } from '../support/programs.ts';
import { TEST_KINDS } from './world.ts';

const kinds = new KindTable(TEST_KINDS);

const define = (name: string, data: Record<string, unknown> = {}, kind = 'registry.entry') => ({
  id: `app:${name}`,
  kind,
  data: toMapping(data),
});
const create = (...definition: Parameters<typeof define>): ChangeRequest => ({
  operation: 'create',
  entry: define(...definition),
});
const update = (...definition: Parameters<typeof define>): ChangeRequest => ({
  operation: 'update',
  entry: define(...definition),
});
const remove = (name: string): ChangeRequest => ({ operation: 'delete', id: `app:${name}` });

async function bootRegistry(...requests: ChangeRequest[]): Promise<Registry> {
  const registry = new Registry([], { kinds });
  if (requests.length > 0) await registry.apply(requests);
  return registry;
}

const code = (name: string) => expect.objectContaining({ code: name });
const namesOf = (registry: Registry): string[] => registry.all().map(({ name }) => name);

describe('Registry.apply() (app-format.md 8.2)', () => {
  test('makes a version of each change set and keeps the old ones (8.1, modules.md checks)', async () => {
    const registry = await bootRegistry();
    expect(registry.version).toBe(0);
    expect(await registry.apply([create('a')])).toBe(1);
    expect(await registry.apply([update('a', { x: 1 }), create('b')])).toBe(2);
    expect(registry.versions()).toEqual([0, 1, 2]);
    expect(registry.snapshot(1).get('app:a')!.data).toEqual({});
    expect(registry.snapshot().get('app:a')!.data).toEqual({ x: 1 });
    expect(registry.find({ '.name': 'b' })).toHaveLength(1);
  });

  test.each<[string, ChangeRequest[], string]>([
    ['the empty set', [], 'MH_REGISTRY_CHANGES_EMPTY'],
    ['create of what exists', [create('a')], 'MH_REGISTRY_ENTRY_EXISTS'],
    ['update of what is missing', [update('zz')], 'MH_REGISTRY_ENTRY_NOT_FOUND'],
    ['delete of what is missing', [remove('zz')], 'MH_REGISTRY_ENTRY_NOT_FOUND'],
    ['another kind in an update', [update('a', {}, 'http.router')], 'MH_REGISTRY_ENTRY_INVALID'],
    ['an unknown kind', [create('b', {}, 'no.kind')], 'MH_REGISTRY_ENTRY_INVALID'],
    ['data that does not fit', [create('b', { path: 5 }, 'http.endpoint')], 'MH_REGISTRY_ENTRY_INVALID'],
    [
      'a reference to nothing',
      [create('b', { path: '/', func: 'no' }, 'http.endpoint')],
      'MH_REGISTRY_ENTRY_INVALID',
    ],
    [
      'a rule of the kind',
      [create('b', { path: '/forbidden' }, 'http.endpoint')],
      'MH_REGISTRY_ENTRY_INVALID',
    ],
    ['one bad among good', [create('b'), create('c'), remove('zz')], 'MH_REGISTRY_ENTRY_NOT_FOUND'],
    [
      'an ID that is none',
      [{ operation: 'create', entry: { id: 'x', kind: 'k' } }],
      'MH_REGISTRY_ID_INVALID',
    ],
  ])('refuses %s and changes nothing', async (_, requests, expected) => {
    const registry = await bootRegistry(create('a'));
    await expect(registry.apply(requests)).rejects.toThrow(code(expected));
    expect(registry.version).toBe(1);
    expect(namesOf(registry)).toEqual(['a']);
    expect(await registry.apply([create('d')])).toBe(2);
  });

  test('decodes what programs write: defaults, full references; the written form stays', async () => {
    const registry = await bootRegistry(
      create('f', { source: 'x', method: 'm' }, 'function.lua'),
      create('e', { path: '/', func: 'f' }, 'http.endpoint'),
    );
    const entry = registry.get('app:e')!;
    expect(entry.data).toMatchObject({ func: 'app:f', method: 'GET' });
    expect(entry.written.data).toEqual({ path: '/', func: 'f' });
  });

  test('refuses to delete what a live entry needs, unless that goes too (8.5)', async () => {
    const registry = await bootRegistry(
      create('f', { source: 'x', method: 'm' }, 'function.lua'),
      create('e', { path: '/', func: 'f' }, 'http.endpoint'),
    );
    await expect(registry.apply([remove('f')])).rejects.toThrow(/field "func": function "app:f" not found/);
    await registry.apply([remove('f'), remove('e')]);
    expect(namesOf(registry)).toEqual([]);
  });

  test('takes delete and create of one ID in one set as a replacement, also of its kind (8.5)', async () => {
    const registry = await bootRegistry(create('a'));
    await registry.apply([remove('a'), create('a', {}, 'http.router')]);
    expect(registry.get('app:a')!.kind).toBe('http.router');
  });

  test('applies a set made from an older version to the state as it is now (8.2)', async () => {
    const registry = await bootRegistry(create('a'));
    const sets = [
      [create('b')],
      [create('c')],
      [update('a', { by: 'second' })],
      [update('a', { by: 'third' })],
    ];
    const applied = await Promise.all(sets.map((set) => registry.apply(set, { base: 1 })));
    expect(applied).toEqual([2, 3, 4, 5]);
    expect(namesOf(registry)).toEqual(['a', 'b', 'c']);
    expect(registry.get('app:a')!.data).toEqual({ by: 'third' });
  });

  test.each<[string, ChangeRequest[], ChangeRequest[], string, RegExp]>([
    [
      'create of what another created',
      [create('b')],
      [create('b')],
      'MH_REGISTRY_ENTRY_EXISTS',
      /create entry "app:b": it exists already at v2, .* made from v1/,
    ],
    [
      'update of what another deleted',
      [remove('a')],
      [update('a', { x: 1 })],
      'MH_REGISTRY_ENTRY_NOT_FOUND',
      /update entry "app:a": there is no such entry at v2, .* made from v1/,
    ],
    [
      'delete of what another deleted',
      [remove('a')],
      [remove('a')],
      'MH_REGISTRY_ENTRY_NOT_FOUND',
      /delete entry "app:a": there is no such entry at v2, .* made from v1/,
    ],
    [
      'update of what another gave a new kind',
      [remove('a'), create('a', {}, 'http.router')],
      [update('a', { x: 1 })],
      'MH_REGISTRY_ENTRY_INVALID',
      /update entry "app:a": its kind is http.router, got registry.entry at v2, .* made from v1/,
    ],
  ])('refuses only what collides itself: %s', async (_, first, second, expected, message) => {
    const registry = await bootRegistry(create('a'));
    await registry.apply(first, { base: 1 });
    const refused = registry.apply([create('other'), ...second], { base: 1 });
    await expect(refused).rejects.toThrow(code(expected));
    await expect(refused).rejects.toThrow(message);
    // All or nothing: what would have been possible was not done either.
    expect(registry.version).toBe(2);
    expect(registry.get('app:other')).toBeUndefined();
  });

  test('meets what apply_version has made current, and bases that are no longer kept (8.2, 8.3)', async () => {
    const registry = new Registry([], { kinds, versionsMax: 2 });
    for (const name of ['a', 'b', 'c']) await registry.apply([create(name)]);
    await Promise.all([registry.applyVersion(2), registry.apply([create('c'), create('d')], { base: 0 })]);
    expect(registry.version).toBe(4);
    expect(namesOf(registry)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('lets others have their turn while a large set is decoded and checked, and only then', async () => {
    let turns = 0;
    const defer = (turn: () => void): void => {
      turns++;
      queueMicrotask(turn);
    };
    const registry = new Registry([], { kinds, clock: { defer } });
    await registry.apply(Array.from({ length: 400 }, (_, index) => create(`e${index}`)));
    expect(registry.all()).toHaveLength(400);
    expect(turns).toBeGreaterThan(20);
    turns = 0;
    await registry.apply([create('one')]);
    expect(turns).toBe(0);
  });

  test('carries out what is possible first: an update may stand before the create it needs (8.2)', async () => {
    const registry = await bootRegistry();
    await registry.apply([update('a', { x: 1 }), remove('b'), create('b'), create('a')]);
    expect(namesOf(registry)).toEqual(['a']);
    expect(registry.get('app:a')!.data).toEqual({ x: 1 });
  });

  test('with isForced makes it so, whatever is there', async () => {
    const registry = await bootRegistry(create('a', { x: 1 }));
    const forced = { isForced: true };
    expect(await registry.apply([create('a', { x: 1 }), remove('zz')], forced)).toBe(1);
    expect(await registry.apply([update('b'), create('a', { x: 2 })], forced)).toBe(2);
    expect(namesOf(registry)).toEqual(['a', 'b']);
  });

  test('gives values nobody can change', async () => {
    const source: Record<string, unknown> = { list: [1] };
    const registry = await bootRegistry({
      operation: 'create',
      entry: { id: 'app:a', kind: 'registry.entry', data: source as Mapping },
    });
    (source.list as number[]).push(2);
    expect(registry.get('app:a')!.data).toEqual({ list: [1] });
    expect(Object.isFrozen(registry.get('app:a')!.data.list)).toBe(true);
  });
});

describe('Registry.applyVersion() (app-format.md 8.3)', () => {
  test('goes back and forth; the next change set is numbered after the newest', async () => {
    const registry = await bootRegistry(create('a'));
    await registry.apply([create('b'), update('a', { x: 1 })]);
    expect(await registry.applyVersion(1)).toBe(1);
    expect(namesOf(registry)).toEqual(['a']);
    expect(registry.get('app:a')!.data).toEqual({});
    await registry.applyVersion(2);
    expect(namesOf(registry).sort()).toEqual(['a', 'b']);
    await registry.applyVersion(0);
    expect(await registry.apply([create('c')])).toBe(3);
    expect(registry.versions()).toEqual([0, 1, 2, 3]);
  });

  test('finds every kept version as it was, whatever was returned to in between', async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ name: fc.constantFrom('a', 'b', 'c'), value: fc.nat(9) }),
        fc.record({ back: fc.nat(8) }),
      ),
      { maxLength: 15 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (changes) => {
        const registry = new Registry([], { kinds, versionsMax: 4 });
        const states = new Map<number, unknown>([[0, {}]]);
        const state = (lookup: { all(): readonly Entry[] }) =>
          Object.fromEntries(lookup.all().map(({ id, data }) => [id, data.value]));
        for (const change of changes) {
          if ('back' in change) {
            await registry.applyVersion(change.back).catch(() => {});
          } else {
            const version = await registry.apply([create(change.name, { value: change.value })], {
              isForced: true,
            });
            states.set(version, state(registry));
          }
          expect(state(registry)).toEqual(states.get(registry.version));
          for (const version of registry.versions())
            expect(state(registry.snapshot(version))).toEqual(states.get(version));
          expect(registry.versions().length).toBeLessThanOrEqual(4);
        }
      }),
    );
  });

  test('refuses a version that is not kept', async () => {
    const registry = new Registry([], { kinds, versionsMax: 2 });
    for (const name of ['a', 'b', 'c']) await registry.apply([create(name)]);
    expect(registry.versions()).toEqual([2, 3]);
    await expect(registry.applyVersion(1)).rejects.toThrow(code('MH_REGISTRY_VERSION_NOT_FOUND'));
    expect(() => registry.snapshot(9)).toThrow(code('MH_REGISTRY_VERSION_NOT_FOUND'));
  });
});

describe('subscribers', () => {
  /** Mirrors the registry; fails where told. */
  class Mirror implements RegistrySubscriber {
    readonly name: string;
    readonly log: string[];
    readonly ids = new Set<string>();
    fails: 'prepare' | 'commit' | undefined;

    constructor(name: string, log: string[]) {
      this.name = name;
      this.log = log;
    }

    async prepare(_: RegistryUpdate): Promise<void> {
      this.log.push(`${this.name} prepare`);
      await Promise.resolve();
      if (this.fails === 'prepare') throw new Error(`${this.name} refuses`);
    }

    async commit({ changes }: RegistryUpdate): Promise<void> {
      this.log.push(`${this.name} commit ${changes.map(({ operation }) => operation).join()}`);
      if (this.fails === 'commit') {
        this.fails = undefined;
        throw new Error(`${this.name} fails`);
      }
      await Promise.resolve();
      for (const change of changes) {
        if (change.operation === 'delete') this.ids.delete(change.previous.id);
        else this.ids.add(change.entry.id);
      }
    }
  }

  test('prepare one after the other, then commit what the registry already shows', async () => {
    const registry = await bootRegistry();
    const log: string[] = [];
    registry.subscribe(new Mirror('a', log));
    registry.subscribe({
      name: 'b',
      commit: ({ version }) => void log.push(`b v${version} ${registry.version}`),
    });
    await registry.apply([create('x')]);
    expect(log).toEqual(['a prepare', 'a commit create', 'b v1 1']);
  });

  test('that refuse leave everything as it was; those asked before are told', async () => {
    const registry = await bootRegistry();
    const log: string[] = [];
    const asked: RegistrySubscriber = { name: 'asked', rollback: () => void log.push('rolled back') };
    const refusing = new Mirror('b', log);
    refusing.fails = 'prepare';
    registry.subscribe(asked);
    registry.subscribe(refusing);
    registry.subscribe(new Mirror('never', log));
    await expect(registry.apply([create('x')])).rejects.toThrow('b refuses');
    expect(log).toEqual(['b prepare', 'rolled back']);
    expect([registry.version, namesOf(registry), registry.versions()]).toEqual([0, [], [0]]);
  });

  test('that fail while committing take the whole update back, in reverse order', async () => {
    const registry = await bootRegistry();
    const log: string[] = [];
    const [first, second, third] = ['a', 'b', 'c'].map((name) => new Mirror(name, log));
    for (const mirror of [first!, second!, third!]) registry.subscribe(mirror);
    second!.fails = 'commit';
    await expect(registry.apply([create('x'), create('y')])).rejects.toThrow('b fails');
    expect(log.slice(3)).toEqual([
      'a commit create,create',
      'b commit create,create',
      'b commit delete,delete',
      'a commit delete,delete',
    ]);
    expect([...first!.ids]).toEqual([]);
    expect(registry.version).toBe(0);
  });

  test('mirror the registry after any history of changes, failures and returns', async () => {
    const step = fc.record({
      names: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 }),
      operation: fc.constantFrom('create', 'update', 'delete', 'return'),
      value: fc.nat(3),
      fails: fc.constantFrom(undefined, undefined, 'prepare', 'commit'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const registry = await bootRegistry();
        const mirror = new Mirror('m', []);
        const other = new Mirror('o', []);
        registry.subscribe(mirror);
        registry.subscribe(other);
        for (const { names, operation, value, fails } of steps) {
          other.fails = fails as 'prepare' | 'commit' | undefined;
          const requests = names.map((name): ChangeRequest => {
            if (operation === 'delete') return remove(name);
            return operation === 'update' ? update(name, { value }) : create(name, { value });
          });
          const before = { version: registry.version, all: registry.all() };
          const done = operation === 'return' ? registry.applyVersion(value) : registry.apply(requests);
          const hasFailed = await done.then(
            () => false,
            () => true,
          );
          if (hasFailed) expect({ version: registry.version, all: registry.all() }).toEqual(before);
          other.fails = undefined;
          const ids = registry
            .all()
            .map(({ id }) => id as string)
            .sort();
          expect([...mirror.ids].sort()).toEqual(ids);
          expect([...other.ids].sort()).toEqual(ids);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('subscriber.settled()', () => {
  test('comes after the last commit of all, when the version is there to be returned to', async () => {
    const registry = await bootRegistry();
    const log: string[] = [];
    for (const name of ['a', 'b']) {
      registry.subscribe({
        name,
        commit: () => void log.push(`${name} commit`),
        settled: ({ version }) => void log.push(`${name} settled ${registry.versions().includes(version)}`),
      });
    }
    await registry.apply([create('x')]);
    expect(log).toEqual(['a commit', 'b commit', 'a settled true', 'b settled true']);
  });

  test('D10: sees nothing of an update that anybody refuses, in prepare or in commit', async () => {
    const registry = await bootRegistry();
    const seen: number[] = [];
    let refusal: RegistrySubscriber = { name: 'refusing' };
    registry.subscribe({ name: 'showing', settled: ({ version }) => void seen.push(version) });
    registry.subscribe({
      name: 'refusing',
      prepare: (change) => refusal.prepare?.(change),
      commit: (change) => refusal.commit?.(change),
    });
    const refuse = async (): Promise<void> => {
      throw new Error('no');
    };
    refusal = { name: 'refusing', prepare: refuse };
    await expect(registry.apply([create('x')])).rejects.toThrow('no');
    refusal = { name: 'refusing', commit: refuse };
    await expect(registry.apply([create('x')])).rejects.toThrow('no');
    refusal = { name: 'refusing' };
    await registry.apply([create('x')]);
    expect(seen).toEqual([1]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('broken'))],
  ])('that %s is logged, and takes nothing back', async (_, settled) => {
    const { log, lines } = createLogDouble();
    const registry = new Registry([], { kinds, log });
    let isTold = false;
    registry.subscribe({ name: 'broken', settled });
    registry.subscribe({
      name: 'next',
      settled: () => {
        isTold = true;
      },
    });
    expect(await registry.apply([create('x')])).toBe(1);
    expect([registry.version, isTold]).toEqual([1, true]);
    expect(lines).toMatchObject([
      {
        level: 'error',
        event: 'registry subscriber failed',
        fields: { subscriber: 'broken', cause: 'broken' },
      },
    ]);
  });

  test('is waited for by apply(), and by nobody else: the next update goes through meanwhile', async () => {
    const registry = await bootRegistry();
    let finish: () => void = () => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    registry.subscribe({ name: 'slow', settled: ({ version }) => (version === 1 ? slow : undefined) });
    let hasReturned = false;
    const first = registry.apply([create('a')]).then(() => {
      hasReturned = true;
    });
    expect(await registry.apply([create('b')])).toBe(2);
    expect(hasReturned).toBe(false);
    finish();
    await first;
  });

  test('D15: may apply a change set, and wait for it', async () => {
    const registry = await bootRegistry();
    registry.subscribe({
      name: 'adding',
      settled: async ({ version }) => void (version === 1 && (await registry.apply([create('b')]))),
    });
    expect(await registry.apply([create('a')])).toBe(1);
    expect(namesOf(registry)).toEqual(['a', 'b']);
  });
});

describe('apply() by a subscriber that is being asked (D15)', () => {
  const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  test.each<['prepare' | 'commit' | 'rollback', boolean]>([
    ['prepare', false],
    ['prepare', true],
    ['commit', false],
    ['commit', true],
    ['rollback', true],
  ])('is refused in %s (after it has waited: %s)', async (phase, hasWaited) => {
    const registry = await bootRegistry();
    let error: unknown;
    const reenter = async (): Promise<void> => {
      if (hasWaited) await nextTurn();
      error = await registry.apply([create('b')]).catch((thrown: unknown) => thrown);
    };
    registry.subscribe({ name: 'again', [phase]: reenter });
    if (phase === 'rollback') {
      registry.subscribe({
        name: 'refusing',
        commit: () => {
          throw new Error('no');
        },
      });
    }
    await registry.apply([create('a')]).catch(() => {});
    expect(error).toMatchObject({ code: 'MH_REGISTRY_REENTERED' });
    expect(namesOf(registry)).toEqual(phase === 'rollback' ? [] : ['a']);
  });

  test('is not refused to anybody else, however long a commit takes', async () => {
    const registry = await bootRegistry();
    let finish: () => void = () => {};
    registry.subscribe({
      name: 'slow',
      commit: ({ version }) =>
        version === 1
          ? new Promise((resolve) => {
              finish = resolve;
            })
          : undefined,
    });
    const first = registry.apply([create('a')]);
    await nextTurn();
    const second = registry.apply([create('b')]);
    finish();
    expect(await Promise.all([first, second])).toEqual([1, 2]);
  });

  test('is taken from work the commit has left behind, once the update is over', async () => {
    const registry = await bootRegistry();
    let later: Promise<number> | undefined;
    registry.subscribe({
      name: 'detached',
      commit: ({ version }) => {
        if (version === 1) later = nextTurn().then(() => registry.apply([create('b')]));
      },
    });
    await registry.apply([create('a')]);
    expect(await later).toBe(2);
  });
});

test('D18: one rollback that throws is logged and skips nobody', async () => {
  const { log, lines } = createLogDouble();
  const registry = new Registry([], { kinds, log });
  const told: string[] = [];
  const broken = (): void => {
    throw new Error('stuck');
  };
  registry.subscribe({ name: 'first', rollback: () => void told.push('first') });
  registry.subscribe({ name: 'stuck', rollback: broken });
  registry.subscribe({
    name: 'inverse',
    commit: ({ changes }) => (changes[0]?.operation === 'delete' ? broken() : undefined),
  });
  registry.subscribe({
    name: 'refusing',
    commit: () => {
      throw new Error('no');
    },
    rollback: () => void told.push('refusing'),
  });
  await expect(registry.apply([create('x')])).rejects.toThrow('no');
  expect(told).toEqual(['refusing', 'first']);
  expect(lines.map(({ event, fields }) => [event, fields.subscriber])).toEqual([
    ['registry rollback failed', 'inverse'],
    ['registry rollback failed', 'stuck'],
  ]);
  expect(registry.version).toBe(0);
});

test('collectAffected() is what changed and what imports it, directly or not', async () => {
  const registry = await bootRegistry(
    create('base', { source: '1' }, 'library.lua'),
    create('text', { source: '1', imports: { b: 'base' } }, 'library.lua'),
    create('f', { source: '1', method: 'm', imports: { t: 'text' } }, 'function.lua'),
    create('e', { path: '/', func: 'f' }, 'http.endpoint'),
    create('other', { source: '1' }, 'library.lua'),
  );
  let affected: string[] = [];
  registry.subscribe({
    name: 'test',
    commit(change) {
      affected = [...collectAffected(change)].sort();
    },
  });
  await registry.apply([update('base', { source: '2' }, 'library.lua')]);
  expect(affected).toEqual(['app:base', 'app:f', 'app:text']);
});

test('createEntry() refuses an ID without a namespace or a name', () => {
  for (const id of ['', 'x', ':x', 'x:'])
    expect(() => createEntry({ id, kind: 'k' })).toThrow(code('MH_REGISTRY_ID_INVALID'));
});
