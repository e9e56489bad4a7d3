/**
 * A third party's extension and the programs of the README: built from the package as it is published, in TypeScript that
 * looks into our declarations too, and run.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const node = (cwd: string, ...args: string[]) => run(process.execPath, args, { cwd });
const TSC = path.join(ROOT, 'node_modules/typescript/bin/tsc');
const compile = (cwd: string, ...args: string[]) =>
  node(cwd, TSC, ...args).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });

/** Puts what npm would publish where a program would find it: the folders of `files`, built anew. */
async function install(folder: string): Promise<void> {
  const target = path.join(folder, 'node_modules/moonhub');
  await mkdir(target, { recursive: true });
  const { files } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
    files: string[];
  };
  // Whether it is right is what the type check of the suite says.
  await compile(ROOT, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', path.join(target, 'dist'));
  for (const name of ['package.json', ...files.filter((name) => name !== 'dist')])
    await cp(path.join(ROOT, name), path.join(target, name), { recursive: true });
  for (const name of await readdir(path.join(ROOT, 'node_modules'))) {
    if (name.startsWith('.') || name === 'moonhub') continue;
    await symlink(path.join(ROOT, 'node_modules', name), path.join(folder, 'node_modules', name));
  }
}

/** The TypeScript of the README, as printed. */
async function readmePrograms(): Promise<readonly string[]> {
  const text = await readFile(path.join(ROOT, 'README.md'), 'utf8');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, program]) => program!);
}

test('an extension of somebody else and the README compile against the package, and run (D13, M4)', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(path.join(ROOT, 'node_modules', '.moonhub-embedder-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await install(folder);
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
  const programs = await readmePrograms();
  expect(programs.length).toBeGreaterThan(1);
  for (const [index, program] of programs.entries()) {
    await writeFile(path.join(folder, `readme${index}.mts`), program);
    await mkdir(path.join(folder, 'first'), { recursive: true });
    await writeFile(path.join(folder, `first/readme${index}.ts`), program);
  }
  const include = ['main.ts', '*.mts'];
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }));
  await compile(folder, '-p', '.');
  // Somebody's first minutes: what `tsc --init` writes, in a module.
  await compile(path.join(folder, 'first'), '--init');
  await compile(path.join(folder, 'first'), '-p', '.', '--noEmit');
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
