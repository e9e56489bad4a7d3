/** What becomes of entries when their files vanish, are emptied or cannot be read (`app-format.md` 8.6, H6). */
import { mkdir, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DEFINITION_BYTES_MAX, silentLog } from '../../src/base/index.ts';
import { createLoader, formatProblem, KindTable, Registry } from '../../src/registry/index.ts';
import { EMPTIED_GRACE_MS, GONE_GRACE_MS, watchApplication } from '../../src/reload/index.ts';
import { createTree, TEST_KINDS } from '../registry/world.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const INDEX = `version: "1.0"
namespace: app
entries:
  - { name: a, kind: library.lua, source: file://a.lua }
  - { name: b, kind: library.lua, source: "two" }
`;

/** A watched application that looks when it is told to. */
async function boot(more: Record<string, string> = {}) {
  const cwd = await createTree({ '_index.yaml': INDEX, 'a.lua': 'one', ...more });
  const clock = createFakeClock();
  const kinds = new KindTable(TEST_KINDS);
  const loader = createLoader({ cwd, kinds });
  const initial = await loader.load();
  const registry = new Registry(initial.entries, { kinds });
  const told: string[] = [];
  const startFile = path.join(cwd, '.wippy.yaml');
  let changed = (_file: string): void => {};
  const watch = await watchApplication({
    load: (state) => loader.load(state),
    initial,
    registry,
    openWatcher: async (_paths, listener) => {
      changed = (file) => listener.changed({ path: path.join(cwd, file), isDirectory: false });
      return { update() {}, async close() {} };
    },
    clock,
    log: silentLog,
    startFiles: [startFile],
    onApplied: ({ isRecovery, changes }) =>
      told.push(`${isRecovery ? 'recovered' : 'applied'} ${changes.length}`),
    onRejected: ({ problems, error }) =>
      told.push(problems.map((problem) => formatProblem(problem)).join('; ') + (error?.message ?? '')),
    onRestored: () => told.push('restored'),
    onStartFile: (file) => told.push(path.relative(cwd, file)),
  });
  onTestFinished(() => watch.close());
  await watch.reload();
  const at = (file: string): string => path.join(cwd, file);
  return {
    cwd,
    told,
    at,
    changed: (file: string) => changed(file),
    look: () => watch.reload(),
    write: async (file: string, text: string | Uint8Array) => {
      await writeFile(at(file), text);
      await watch.reload();
    },
    /** Time passes; the watch looks by itself when somebody's time is over. */
    wait: async (ms: number) => {
      clock.advance(ms);
      await watch.reload();
    },
    ids: () => registry.all().map(({ id }) => id),
    sourceOf: (id: string) => registry.get(id)?.data.source,
  };
}

const LOSS = /^_index\.yaml:1:1: error: .*2 entries of the running application came from it/;

test.each<[string, string | Uint8Array, RegExp]>([
  ['only comments', '# was here\n', LOSS],
  ['a list', '- a\n- b\n', LOSS],
  ['a word', 'hello', LOSS],
  ['no namespace', INDEX.replace('namespace: app\n', ''), /2 entries of the running application/],
  ['a head alone', 'version: "1.0"\nnamespace: app\n', /neither "entries" nor/],
  ['entries that are not written yet', 'namespace: app\nentries:\n', LOSS],
  ['half a line', INDEX.slice(0, -20), /^_index\.yaml:5:/],
  ['half a key', INDEX.slice(0, 30), /^_index\.yaml/],
  ['NUL bytes', '\0\0\0\0', /^_index\.yaml:1:1: error/],
  ['bytes that are no text', new Uint8Array([0xff, 0xfe, 0x00, 0x41]), /not UTF-8/],
])(
  'a definition file that held entries and is now %s is a mistake, told once, with its place',
  async (_what, text, reason) => {
    const world = await boot();
    await world.write('_index.yaml', text);
    expect(world.told).toEqual([expect.stringMatching(reason)]);
    await world.wait(10_000);
    await world.look();
    expect(world.told).toHaveLength(1);
    expect(world.ids()).toEqual(['app:a', 'app:b']);
    await world.write('_index.yaml', INDEX);
    await world.write('_index.yaml', INDEX.replace('two', 'three'));
    expect(world.told.slice(1)).toEqual(['restored', 'applied 1']);
  },
);

test('a definition file that is too large now is a mistake', async () => {
  const world = await boot();
  await truncate(world.at('_index.yaml'), DEFINITION_BYTES_MAX + 1);
  await world.look();
  expect(world.told).toEqual([
    expect.stringMatching(/^_index\.yaml:1:1: error: cannot read file: it is larger than/),
  ]);
  expect(world.ids()).toEqual(['app:a', 'app:b']);
});

test('a good save after a mistake is told as the recovery', async () => {
  const world = await boot();
  await world.write('_index.yaml', '# gone');
  await world.write('_index.yaml', INDEX.replace('two', 'three'));
  expect(world.told.slice(1)).toEqual(['recovered 1']);
});

test('a file with byte order mark and line ends of Windows is the same file', async () => {
  const world = await boot();
  await world.write('_index.yaml', `\ufeff${INDEX.replaceAll('\n', '\r\n')}`);
  expect(world.told).toEqual([]);
});

test('a definition file that is empty for a moment is nothing; one that stays empty is a mistake', async () => {
  const world = await boot();
  await world.write('_index.yaml', '');
  await world.wait(EMPTIED_GRACE_MS - 1);
  await world.write('_index.yaml', INDEX);
  expect(world.told).toEqual([]);
  await world.write('_index.yaml', '');
  await world.wait(EMPTIED_GRACE_MS);
  expect(world.told).toEqual([expect.stringMatching(LOSS)]);
  await unlink(world.at('_index.yaml'));
  await world.look();
  expect(world.ids()).toEqual(['app:a', 'app:b']);
  await world.wait(GONE_GRACE_MS);
  expect(world.ids()).toEqual([]);
});

test('"entries: []" deletes what was there: it is written', async () => {
  const world = await boot();
  await world.write('_index.yaml', 'namespace: app\nentries: []\n');
  expect(world.ids()).toEqual([]);
});

test('a definition file that is gone counts as deleted when it is still gone after 2 s', async () => {
  const world = await boot();
  await unlink(world.at('_index.yaml'));
  await world.look();
  await world.wait(GONE_GRACE_MS - 1);
  await world.write('_index.yaml', INDEX);
  expect(world.told).toEqual([]);
  await unlink(world.at('_index.yaml'));
  await world.look();
  await world.wait(GONE_GRACE_MS - 1);
  expect(world.told).toEqual([]);
  await world.wait(1);
  expect(world.told).toEqual(['applied 2']);
  expect(world.ids()).toEqual([]);
});

test('what else is saved meanwhile is applied at once', async () => {
  const world = await boot({
    'more/_index.yaml': 'namespace: more\nentries: [{ name: c, kind: library.lua, source: one }]\n',
  });
  await rm(world.at('more'), { recursive: true });
  await world.write('a.lua', 'new');
  expect(world.ids()).toEqual(['app:a', 'app:b', 'more:c']);
  expect(world.sourceOf('app:a')).toBe('new');
  await world.wait(GONE_GRACE_MS);
  expect(world.ids()).toEqual(['app:a', 'app:b']);
});

test('a file:// source that is gone or emptied for a moment is nothing, and then a mistake', async () => {
  const world = await boot();
  await unlink(world.at('a.lua'));
  await world.look();
  await world.wait(GONE_GRACE_MS - 1);
  expect(world.told).toEqual([]);
  await world.wait(1);
  expect(world.told).toEqual([expect.stringMatching(/^_index\.yaml:4:.*file "a\.lua" not found/)]);
  expect(world.sourceOf('app:a')).toBe('one');
  await world.write('a.lua', '');
  expect(world.told).toHaveLength(2);
  await world.wait(EMPTIED_GRACE_MS);
  // What an empty source is worth its kind says.
  expect(world.sourceOf('app:a')).toBe('');
  await world.write('a.lua', 'new');
  expect(world.sourceOf('app:a')).toBe('new');
});

test('a definition file that is there and cannot be read is a mistake, not a wish to delete', async () => {
  const world = await boot();
  await unlink(world.at('_index.yaml'));
  await mkdir(world.at('_index.yaml'));
  await world.look();
  await world.wait(GONE_GRACE_MS);
  expect(world.told).toEqual([
    expect.stringMatching(/_index\.yaml:1:1: error: cannot read file.*it is a folder now/),
  ]);
  await rm(world.at('_index.yaml'), { recursive: true });
  await symlink('_index.yaml', world.at('_index.yaml'));
  await world.wait(GONE_GRACE_MS);
  expect(world.told.at(-1)).toMatch(/symbolic links form a loop/);
  expect(world.ids()).toEqual(['app:a', 'app:b']);
});

test('saves as editors make them: backups, swap files and probes are nothing, the new text counts', async () => {
  const world = await boot();
  for (const file of ['._index.yaml.swp', '4913', '_index.yaml~', 'a.lua~', '#a.lua#'])
    await world.write(file, 'namespace: app\nentries: 5\n');
  await rename(world.at('a.lua'), world.at('a.lua~'));
  await world.look();
  await world.write('a.lua', 'new');
  expect(world.told).toEqual(['applied 1']);
});

test('a folder that is renamed brings the same entries: nothing changes', async () => {
  const world = await boot({
    'more/_index.yaml': 'namespace: more\nentries: [{ name: c, kind: library.lua, source: file://c.lua }]\n',
    'more/c.lua': 'c',
  });
  await rename(world.at('more'), world.at('moved'));
  await world.look();
  await world.wait(GONE_GRACE_MS);
  expect(world.told).toEqual([]);
  expect(world.ids()).toEqual(['app:a', 'app:b', 'more:c']);
  await world.write('moved/_index.yaml', '# gone');
  expect(world.told).toEqual([expect.stringMatching(/^moved\/_index\.yaml:1:1: .*1 entry of the running/)]);
});

test('the watch looks by itself when the time of a file is over', async () => {
  const world = await boot();
  await unlink(world.at('_index.yaml'));
  await world.look();
  expect(world.ids()).toHaveLength(2);
  await eventually(async () => {
    await world.wait(GONE_GRACE_MS);
    expect(world.ids()).toEqual([]);
  });
});

test('a file that only the start reads is told when it is saved', async () => {
  const world = await boot();
  world.changed('.wippy.yaml');
  await world.look();
  expect(world.told).toEqual(['.wippy.yaml']);
});
