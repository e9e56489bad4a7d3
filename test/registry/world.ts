/** A folder of definition files and a few kinds, for tests of the registry room. */
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import {
  formatProblem,
  type KindDefinition,
  KindTable,
  type LoadResult,
  loadDefinitions,
  REGISTRY_KINDS,
} from '../../src/registry/index.ts';

/** Kinds shaped like the real ones, without their rooms. */
export const TEST_KINDS: readonly KindDefinition[] = [
  ...REGISTRY_KINDS,
  {
    kind: 'function.lua',
    summary: 'A function',
    schema: {
      type: 'object',
      required: ['source', 'method'],
      properties: {
        source: { type: 'string' },
        method: { type: 'string', minLength: 1 },
        modules: { type: 'array', items: { type: 'string' }, default: [] },
        timeout: { type: 'string', format: 'duration', default: '5s' },
        pool: { type: 'object', properties: { size: { type: 'integer', minimum: 0 } } },
      },
    },
    references: [
      {
        path: 'imports.*',
        kinds: ['library.lua'],
        noun: 'library',
        isExempt: (text) => text.startsWith(':') || text === 'json',
      },
    ],
  },
  {
    kind: 'library.lua',
    summary: 'A library',
    schema: { type: 'object', required: ['source'], properties: { source: { type: 'string' } } },
    references: [{ path: 'imports.*', kinds: ['library.lua'], noun: 'library' }],
  },
  {
    kind: 'http.endpoint',
    summary: 'An endpoint',
    schema: {
      type: 'object',
      required: ['path'],
      properties: {
        method: { enum: ['GET', 'POST'], default: 'GET' },
        path: { type: 'string', pattern: '^/', description: 'a path starting with "/"' },
        target: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
      },
    },
    references: [
      { path: 'func', kinds: ['function.lua'], noun: 'function' },
      { path: 'meta.router', kinds: ['http.router'], noun: 'router' },
    ],
    check: (entry) =>
      entry.data.path === '/forbidden'
        ? [
            {
              severity: 'error',
              position: entry.origin?.locate(['data', 'path']),
              entryId: entry.id,
              field: 'path',
              reason: 'is forbidden',
            },
          ]
        : [],
  },
  { kind: 'http.router', summary: 'A router', schema: { type: 'object' } },
  {
    kind: 'process.service',
    summary: 'A service',
    schema: { type: 'object', properties: { host: { type: 'string' } } },
    hasLifecycle: true,
    references: [{ path: 'host', kinds: ['process.host'], noun: 'host' }],
  },
  {
    kind: 'process.host',
    summary: 'A host',
    schema: { type: 'object' },
    hasLifecycle: true,
    implicit: (entries) =>
      entries.ofKind('process.service').some(({ data }) => data.host === 'system:processes')
        ? [{ id: 'system:processes', kind: 'process.host' }]
        : [],
  },
];

/** A folder with these files, removed when the test ends. A text starting with `-> ` makes a symlink. */
export async function createTree(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = await realpath(await mkdtemp(path.join(os.tmpdir(), 'moonhub-test-')));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await writeFiles(root, files);
  return root;
}

/** Adds files to a folder. */
export async function writeFiles(
  root: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    await mkdir(path.dirname(file), { recursive: true });
    if (typeof content === 'string' && content.startsWith('-> ')) await symlink(content.slice(3), file);
    else await writeFile(file, content);
  }
}

/** Loads a folder made of these files; positions are relative to it. */
export async function loadFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: {
    path?: string;
    environment?: Record<string, string>;
    kinds?: readonly KindDefinition[];
  } = {},
): Promise<LoadResult> {
  const cwd = await createTree(files);
  const kinds = new KindTable(options.kinds ?? TEST_KINDS);
  return loadDefinitions({ path: options.path, cwd, kinds, environment: options.environment ?? {} });
}

/** The problems as lines of text. */
export function linesOf(result: Pick<LoadResult, 'problems'>): string[] {
  return result.problems.map((problem) => formatProblem(problem));
}

/** IDs of the loaded entries. */
export function idsOf(result: Pick<LoadResult, 'entries'>): string[] {
  return result.entries.map(({ id }) => id);
}

/** One `registry.entry` per name, in namespace `app`. */
export function dataEntries(...names: string[]): string {
  const items = names.map((name) => `  - {name: ${name}, kind: registry.entry}\n`);
  return `namespace: app\nentries:\n${items.join('')}`;
}
