/**
 * A third party's extension: built from the packed package alone, in TypeScript that looks into our declarations too,
 * and run.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const node = (cwd: string, ...args: string[]) => run(process.execPath, args, { cwd });
const TSC = path.join(ROOT, 'node_modules/typescript/bin/tsc');

/** Packs the package as `npm pack` does, from a build of its own, and unpacks it where a program would find it. */
async function install(folder: string): Promise<void> {
  const staging = path.join(folder, 'staging');
  await node(ROOT, TSC, '-p', 'tsconfig.build.json', '--outDir', path.join(staging, 'dist'));
  for (const name of ['package.json', 'lua', 'registry', 'README.md', 'LICENSE']) {
    await cp(path.join(ROOT, name), path.join(staging, name), { recursive: true });
  }
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: staging });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'))!;
  const target = path.join(folder, 'node_modules/moonhub');
  await mkdir(target, { recursive: true });
  await run('tar', ['-xzf', path.join(folder, tarball), '-C', target, '--strip-components=1']);
}

test('an extension of somebody else compiles against the package and runs (D13)', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(path.join(ROOT, 'node_modules', '.moonhub-embedder-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const modules = path.join(folder, 'node_modules');
  await install(folder);
  for (const name of await readdir(path.join(ROOT, 'node_modules'))) {
    if (name.startsWith('.') || name === 'moonhub') continue;
    await symlink(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
  await cp(path.join(ROOT, 'test/fixtures/extension'), folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module", "private": true }');
  const compilerOptions = {
    target: 'ES2023',
    lib: ['ES2023', 'DOM', 'ESNext.Disposable'],
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    types: ['node'],
    outDir: 'out',
  };
  await writeFile(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['main.ts'] }),
  );
  await node(folder, TSC, '-p', '.').catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
  const { stdout } = await node(folder, 'out/main.js', path.join(folder, 'app'));
  expect(JSON.parse(stdout)).toEqual({
    loads: 1,
    result: { ok: true, value: { size: 3, first: 'a', missing: true, kind: 'NotFound' } },
    refused: 401,
    answer: { size: 3 },
    followed: 1,
    restarted: 2,
  });
});
