import { rename, rm, unlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Log, silentLog } from '../../src/base/index.ts';
import { createLoader, KindTable, Registry, type RegistrySubscriber } from '../../src/registry/index.ts';
import {
  type AppliedReload,
  GONE_GRACE_MS,
  type OpenFileWatcher,
  RELOAD_DEBOUNCE_MS,
  RELOAD_DELAY_MAX_MS,
  type RejectedReload,
  type WatchPaths,
  watchApplication,
} from '../../src/reload/index.ts';
import { createTree, TEST_KINDS, writeFiles } from '../registry/world.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createLogDouble } from '../support/programs.ts';

type Outcome = ['applied', AppliedReload] | ['rejected', RejectedReload] | ['restored'];

const library = (name: string, source: string, imports = ''): string =>
  `  - {name: ${name}, kind: library.lua, source: "${source}"${imports === '' ? '' : `, imports: {${imports}}`}}\n`;
const app = (...items: string[]): string => `namespace: app\nentries:\n${items.join('')}`;

/** A watched folder whose events the test sends by hand. */
async function boot(
  files: Record<string, string>,
  subscriber?: RegistrySubscriber,
  { log = silentLog, told = () => {} }: { log?: Log; told?: () => void } = {},
) {
  const cwd = await createTree(files);
  const clock = createFakeClock();
  const kinds = new KindTable(TEST_KINDS);
  const loader = createLoader({ cwd, kinds });
  const initial = await loader.load();
  const registry = new Registry(initial.entries, { kinds });
  if (subscriber !== undefined) registry.subscribe(subscriber);
  const outcomes: Outcome[] = [];
  let watched: WatchPaths | undefined;
  let changed: (file: string, isDirectory?: boolean) => void = () => {};
  const openWatcher: OpenFileWatcher = async (paths, listener) => {
    watched = paths;
    changed = (file, isDirectory = false) => listener.changed({ path: path.join(cwd, file), isDirectory });
    return {
      update(next) {
        watched = next;
      },
      async close() {},
    };
  };
  const load = vi.fn(loader.load);
  const watch = await watchApplication({
    load,
    initial,
    registry,
    openWatcher,
    clock,
    log,
    onApplied: (reload) => {
      outcomes.push(['applied', reload]);
      told();
    },
    onRejected: (reload) => {
      outcomes.push(['rejected', reload]);
      told();
    },
    onRestored: () => {
      outcomes.push(['restored']);
      told();
    },
  });
  onTestFinished(() => watch.close());
  await watch.reload();
  load.mockClear();
  /** Writes, sends one event for each file, and reloads without waiting for the quiet time. */
  const save = async (changes: Record<string, string>): Promise<void> => {
    await Promise.all(Object.keys(changes).map((name) => rm(path.join(cwd, name), { force: true })));
    await writeFiles(cwd, changes);
    for (const name of Object.keys(changes)) changed(name);
    await watch.reload();
  };
  return {
    cwd,
    clock,
    registry,
    outcomes,
    watch,
    load,
    save,
    changed: (...event: Parameters<typeof changed>) => changed(...event),
    paths: () => watched!,
  };
}

const idsOf = (registry: Registry): string[] => registry.all().map(({ id }) => id);

test('a saved file becomes one change set; importers count as changed (app-format.md 8.6)', async () => {
  const world = await boot({
    '_index.yaml': app(library('text', 'one'), library('chat', 'x', 't: text'), library('other', 'x')),
  });
  await world.save({
    '_index.yaml': app(library('text', 'two'), library('chat', 'x', 't: text'), library('other', 'x')),
  });
  expect(world.registry.get('app:text')!.data.source).toBe('two');
  const [[kind, reload]] = world.outcomes as [['applied', AppliedReload]];
  expect(kind).toBe('applied');
  expect(reload.version).toBe(1);
  expect(reload.changes.map(({ operation }) => operation)).toEqual(['update']);
  expect(reload.affected).toEqual([
    { id: 'app:text', via: undefined },
    { id: 'app:chat', via: 'app:text' },
  ]);
});

test('a changed file:// source updates every entry that uses it (app-format.md 8.6)', async () => {
  const item = (name: string) => library(name, 'file://shared.lua');
  const world = await boot({ '_index.yaml': app(item('a'), item('b')), 'shared.lua': 'one' });
  await world.save({ 'shared.lua': 'two' });
  expect(['app:a', 'app:b'].map((id) => world.registry.get(id)!.data.source)).toEqual(['two', 'two']);
});

test('many events in a row are one reload, after a quiet time', async () => {
  const world = await boot({ '_index.yaml': app() });
  for (let i = 0; i < 5; i++) {
    world.changed('_index.yaml');
    world.clock.advance(RELOAD_DEBOUNCE_MS - 1);
  }
  expect(world.load).not.toHaveBeenCalled();
  world.clock.advance(1);
  await eventually(() => expect(world.load).toHaveBeenCalledTimes(1));
});

test('events that never pause are answered all the same', async () => {
  const world = await boot({ '_index.yaml': app() });
  for (let elapsed = 0; elapsed < RELOAD_DELAY_MAX_MS; elapsed += 50) {
    world.changed('_index.yaml');
    world.clock.advance(50);
  }
  await eventually(() => expect(world.load).toHaveBeenCalledTimes(1));
});

test('files that do not matter are not looked at', async () => {
  const world = await boot({ '_index.yaml': app() });
  world.changed('page/index.html');
  world.changed('data.db-journal');
  world.clock.advance(RELOAD_DELAY_MAX_MS * 2);
  await world.watch.close();
  expect(world.load).not.toHaveBeenCalled();
});

test('errors change nothing and are told with their place; the repair is applied (app-format.md 8.6)', async () => {
  const good = app(library('a', 'one'));
  const world = await boot({ '_index.yaml': good });
  await world.save({ '_index.yaml': 'namespace: app\nentries:\n  - {name: a, kind: libary.lua}\n' });
  expect(world.registry.get('app:a')!.data.source).toBe('one');
  const [kind, rejected] = world.outcomes[0] as ['rejected', RejectedReload];
  expect(kind).toBe('rejected');
  expect(rejected.problems[0]).toMatchObject({ position: { file: '_index.yaml', line: 3, column: 21 } });
  await world.save({ '_index.yaml': app(library('a', 'two')) });
  expect(world.registry.get('app:a')!.data.source).toBe('two');
});

test('a half-written file is a rejection; going back to the accepted text is told', async () => {
  const good = app(library('a', 'one'));
  const world = await boot({ '_index.yaml': good });
  await world.save({ '_index.yaml': good.slice(0, -3) });
  await world.save({ '_index.yaml': good });
  expect(world.outcomes.map(([kind]) => kind)).toEqual(['rejected', 'restored']);
  expect(world.registry.version).toBe(0);
});

test('a subscriber that refuses is a rejection, tried again at the next save', async () => {
  let refuses = true;
  const world = await boot(
    { '_index.yaml': app(library('a', 'one')) },
    {
      name: 'compiler',
      prepare() {
        if (refuses) throw new Error('does not compile');
      },
    },
  );
  await world.save({ '_index.yaml': app(library('a', 'two')) });
  expect(world.outcomes[0]).toMatchObject(['rejected', { error: { message: 'does not compile' } }]);
  refuses = false;
  world.changed('_index.yaml');
  await world.watch.reload();
  expect(world.registry.get('app:a')!.data.source).toBe('two');
});

test('files may come and go, alone and with their folder', async () => {
  const world = await boot({ '_index.yaml': app(library('a', 'one')) });
  await world.save({ 'more/_index.yaml': app(library('b', 'file://b.lua')), 'more/b.lua': 'b' });
  expect(idsOf(world.registry)).toEqual(['app:a', 'app:b']);
  await rename(path.join(world.cwd, 'more'), path.join(world.cwd, 'moved'));
  world.changed('more', true);
  await world.watch.reload();
  expect(idsOf(world.registry)).toEqual(['app:a', 'app:b']);
  await rm(path.join(world.cwd, 'moved'), { recursive: true });
  world.changed('moved', true);
  await world.watch.reload();
  expect(idsOf(world.registry)).toEqual(['app:a', 'app:b']);
  world.clock.advance(GONE_GRACE_MS);
  await eventually(() => expect(idsOf(world.registry)).toEqual(['app:a']));
});

test('a source that was missing repairs the application when it appears', async () => {
  const world = await boot({ '_index.yaml': app(library('a', 'one')) });
  await world.save({ '_index.yaml': app(library('a', 'file://later.lua')) });
  expect(world.outcomes[0]![0]).toBe('rejected');
  await world.save({ 'later.lua': 'later' });
  expect(world.registry.get('app:a')!.data.source).toBe('later');
  expect(world.paths().files).toContain(path.join(world.cwd, 'later.lua'));
});

test('entries that programs created survive; the file wins over what programs changed (8.6)', async () => {
  const world = await boot({ '_index.yaml': app(library('a', 'one'), library('b', 'one')) });
  await world.registry.apply([
    { operation: 'create', entry: { id: 'app:made', kind: 'registry.entry' } },
    { operation: 'update', entry: { id: 'app:a', kind: 'library.lua', data: { source: 'program' } } },
    { operation: 'delete', id: 'app:b' },
  ]);
  await world.save({ '_index.yaml': app(library('a', 'two'), library('b', 'two')) });
  expect(idsOf(world.registry).sort()).toEqual(['app:a', 'app:b', 'app:made']);
  expect(world.registry.get('app:a')!.data.source).toBe('two');
});

test('an application that vanishes is a rejection, not a crash', async () => {
  const world = await boot({ 'src/_index.yaml': app(library('a', 'one')) });
  await rm(world.cwd, { recursive: true });
  await world.watch.reload();
  expect(world.outcomes).toEqual([]);
  world.clock.advance(GONE_GRACE_MS);
  await eventually(() => expect(world.outcomes.map(([kind]) => kind)).toEqual(['rejected']));
  expect(idsOf(world.registry)).toEqual(['app:a']);
});

test('close() waits for a reload under way and ends the watch', async () => {
  const world = await boot({ '_index.yaml': app(library('a', 'one')) });
  await unlink(path.join(world.cwd, '_index.yaml'));
  const reloading = world.watch.reload();
  await world.watch.close();
  await reloading;
  world.changed('_index.yaml');
  expect(world.clock.timerCount).toBe(0);
});

test('D5: what a listener throws is logged, and the next save is applied', async () => {
  const { log, lines } = createLogDouble();
  let isBroken = true;
  const broken = (): void => {
    if (isBroken) throw new Error('bug of the listener');
  };
  const world = await boot({ '_index.yaml': app(library('a', 'one')) }, undefined, { log, told: broken });
  await world.save({ '_index.yaml': app(library('a', 'two')) });
  await world.save({ '_index.yaml': 'namespace: app\nentries: 5\n' });
  await world.save({ '_index.yaml': app(library('a', 'two')) });
  expect(lines.filter(({ event }) => event === 'reload callback failed')).toHaveLength(3);
  isBroken = false;
  await world.save({ '_index.yaml': app(library('a', 'three')) });
  expect(world.outcomes.map(([kind]) => kind)).toEqual(['applied', 'rejected', 'restored', 'applied']);
  await world.watch.close();
});

test('a mistake is told once; with a further entry that it keeps back it is told again', async () => {
  const world = await boot(
    { '_index.yaml': app(library('a', 'one'), library('b', 'file://b.lua')), 'b.lua': 'one' },
    {
      name: 'compiler',
      prepare({ after }) {
        if (after.get('app:a')?.data.source === 'bad') throw new Error('does not compile');
      },
    },
  );
  await world.save({ '_index.yaml': app(library('a', 'bad'), library('b', 'file://b.lua')) });
  world.changed('_index.yaml');
  await world.watch.reload();
  expect(world.outcomes).toHaveLength(1);
  await world.save({ 'b.lua': 'two' });
  expect(world.outcomes.map(([, rejected]) => (rejected as RejectedReload).refused)).toEqual([
    ['app:a'],
    ['app:a', 'app:b'],
  ]);
});
