import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSystemClock } from '../../src/base/index.ts';
import { createOpenFileWatcher, type WatchPaths } from '../../src/reload/index.ts';
import { createTree, writeFiles } from '../registry/world.ts';
import { eventually } from '../support/eventually.ts';

/** Opens a watch and collects the paths seen, relative to the folder. */
async function watchTree(cwd: string, paths: WatchPaths, isPolling = false) {
  const seen = new Set<string>();
  const watcher = await createOpenFileWatcher({ isPolling, clock: createSystemClock() })(paths, {
    changed: (event) => seen.add(path.relative(cwd, event.path)),
    failed: (error) => seen.add(`failed: ${error.message}`),
  });
  onTestFinished(() => watcher.close());
  return { seen, watcher };
}

test('a watch sees writes, new folders, and saves by rename', async () => {
  const cwd = await createTree({ 'app/_index.yaml': 'a', 'app/node_modules/x.yaml': 'a', 'app/.git/x': 'a' });
  const { seen } = await watchTree(cwd, { roots: [path.join(cwd, 'app')], files: [] });
  await writeFiles(cwd, {
    'app/new/deep/_index.yaml': 'b',
    'app/node_modules/y.yaml': 'b',
    'app/.git/y': 'b',
  });
  await writeFile(path.join(cwd, 'app/.save.tmp'), 'c');
  await rename(path.join(cwd, 'app/.save.tmp'), path.join(cwd, 'app/_index.yaml'));
  await eventually(() => {
    expect([...seen]).toContain('app/_index.yaml');
    expect([...seen]).toContain('app/new/deep/_index.yaml');
  });
  expect([...seen].filter((file) => /node_modules|\.git|\.save/.test(file))).toEqual([]);
});

test.each([false, true])(
  'a watch sees what a mounted volume swaps by a link (polling: %s)',
  async (isPolling) => {
    const cwd = await createTree({ 'app/..one/_index.yaml': 'a', 'app/..two/_index.yaml': 'bb' });
    const link = async (target: string): Promise<void> => {
      await symlink(target, path.join(cwd, 'app/..data_tmp'));
      await rename(path.join(cwd, 'app/..data_tmp'), path.join(cwd, 'app/..data'));
    };
    await link('..one');
    await symlink('..data/_index.yaml', path.join(cwd, 'app/_index.yaml'));
    const { seen } = await watchTree(cwd, { roots: [path.join(cwd, 'app')], files: [] }, isPolling);
    await link('..two');
    await rm(path.join(cwd, 'app/..one'), { recursive: true });
    await eventually(() => expect([...seen].length).toBeGreaterThan(0));
  },
);

test.each(['folder', 'link'] as const)('a watch follows its root when it is another %s now', async (kind) => {
  const cwd = await createTree({ 'one/_index.yaml': 'a', 'two/_index.yaml': 'b' });
  const root = path.join(cwd, 'app');
  const swap = async (name: string): Promise<void> => {
    if (kind === 'folder') {
      await rename(root, path.join(cwd, 'away')).catch(() => {});
      await rename(path.join(cwd, name), root);
    } else {
      await symlink(name, `${root}.new`);
      await rename(`${root}.new`, root);
    }
  };
  await swap('one');
  const { seen } = await watchTree(cwd, { roots: [root], files: [] });
  await swap('two');
  await eventually(() => expect([...seen]).toContain('app'));
  await eventually(async () => {
    await writeFile(path.join(root, '_index.yaml'), String(Math.random()));
    expect([...seen]).toContain('app/_index.yaml');
  });
});

test('watching by polling sees a save without any event of the system (P11)', async () => {
  const cwd = await createTree({ 'app/_index.yaml': 'a' });
  const { seen } = await watchTree(cwd, { roots: [path.join(cwd, 'app')], files: [] }, true);
  await writeFile(path.join(cwd, 'app/_index.yaml'), 'bb');
  await eventually(() => expect([...seen]).toContain('app/_index.yaml'));
});

test('a watch sees single files outside the roots, also such that appear later', async () => {
  const cwd = await createTree({ 'app/_index.yaml': 'a', 'lua/a.lua': 'a' });
  const files = ['lua/a.lua', 'lua/later.lua'].map((file) => path.join(cwd, file));
  const { seen, watcher } = await watchTree(cwd, { roots: [path.join(cwd, 'app')], files });
  await writeFiles(cwd, { 'lua/a.lua': 'b', 'lua/later.lua': 'b' });
  await eventually(() => expect([...seen].sort()).toEqual(['lua/a.lua', 'lua/later.lua']));
  await writeFiles(cwd, { 'other/x.lua': 'a' });
  watcher.update({ roots: [path.join(cwd, 'app')], files: [...files, path.join(cwd, 'other/x.lua')] });
  await eventually(async () => {
    await writeFiles(cwd, { 'other/x.lua': String(seen.size) });
    expect([...seen]).toContain('other/x.lua');
  });
});
