/** What a machine keeps better than a reader (style guide § 8): arrows between rooms, stray marks, real time. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../src/base/index.ts';
import { withErrorList } from './tools/error-table.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/** Height of each room; a file may import from lower rooms and from its own. */
const HEIGHTS: Readonly<Record<string, number>> = {
  base: 0,
  process: 1,
  registry: 1,
  vm: 1,
  lua: 2,
  service: 2,
  reload: 2,
  http: 3,
  cluster: 3,
  relay: 4,
  modules: 5,
  hub: 6,
  cli: 7,
};
/** The package each room wraps alone (style guide § 13). */
const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  fengari: ['vm'],
  fastify: ['http'],
  '@fastify/send': ['http'],
  '@fastify/busboy': ['http'],
  ws: ['relay'],
  chokidar: ['reload'],
  commander: ['cli'],
};

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly text: string;
}

const sources = filesBelow(SRC, '.ts').map(toSourceFile);
const tests = filesBelow(join(ROOT, 'test'), '.ts').map((path) => ({
  path,
  text: readFileSync(path, 'utf8'),
}));

describe('imports', () => {
  it('go downward only, and into another room only through its index', () => {
    const wrong: string[] = [];
    for (const file of sources) {
      for (const target of relativeImports(file)) {
        const room = roomOf(target);
        if (room === file.room || file.room === 'index') continue;
        const arrow = `${file.room} -> ${room}`;
        const isDown = (heightOf(room) ?? 99) < (heightOf(file.room) ?? -1);
        if (!isDown) wrong.push(`${shown(file.path)}: ${arrow} points up or sideways`);
        else if (!isDoor(target)) wrong.push(`${shown(file.path)}: deep import of ${shown(target)}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('take each wrapped package in its own room only', () => {
    const wrong: string[] = [];
    for (const file of sources) {
      for (const specifier of specifiersOf(file.text)) {
        const homes = PACKAGE_HOMES[specifier];
        if (homes !== undefined && !homes.includes(file.room))
          wrong.push(`${shown(file.path)}: imports ${specifier}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('name Fengari in vm/compiler only', () => {
    const wrong = sources.filter(
      (file) =>
        /(?:from|require\()\s*['"`]fengari/.test(file.text) && !file.path.includes(join('vm', 'compiler')),
    );
    expect(wrong.map((file) => shown(file.path))).toEqual([]);
  });
});

describe('sources', () => {
  it('take time and chance from the clock port outside base', () => {
    const forbidden = /\b(?:Date\.now|Math\.random)\b|(?<![.\w'])(?:setTimeout|setInterval|setImmediate)\b/;
    const wrong = sources.filter(
      (file) => file.room !== 'base' && forbidden.test(withoutComments(file.text)),
    );
    expect(wrong.map((file) => shown(file.path))).toEqual([]);
  });

  it('carry no stray marks', () => {
    const marks = /\b(?:TODO|FIXME|XXX)\b|\b(?:it|describe|test)\.only\(/;
    const self = import.meta.filename;
    const wrong = [...sources, ...tests].filter((file) => file.path !== self && marks.test(file.text));
    expect(wrong.map((file) => shown(file.path))).toEqual([]);
  });

  it('throw every error code of the table, and only those', () => {
    const used = new Set(
      sources.flatMap((file) => file.text.match(/'MH_[A-Z0-9_]+'/g) ?? []).map((text) => text.slice(1, -1)),
    );
    const listed = new Set<string>(Object.keys(ERROR_CODES));
    expect([...used].filter((code) => !listed.has(code))).toEqual([]);
    expect([...listed].filter((code) => !used.has(code))).toEqual([]);
  });

  it('list their error codes in src/base/README.md (npm run errors)', () => {
    const text = readFileSync(join(SRC, 'base/README.md'), 'utf8');
    expect(text).toBe(withErrorList(text));
  });

  it('are all reached from the package or the command line', () => {
    const reached = new Set<string>();
    const queue = [join(SRC, 'index.ts'), join(SRC, 'cli.ts')];
    const byPath = new Map(sources.map((file) => [file.path, file]));
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      const file = byPath.get(path);
      if (file === undefined || reached.has(path)) continue;
      reached.add(path);
      queue.push(...relativeImports(file));
    }
    expect(sources.filter((file) => !reached.has(file.path)).map((file) => shown(file.path))).toEqual([]);
  });
});

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort();
}

function toSourceFile(path: string): SourceFile {
  return { path, room: roomOf(path), text: readFileSync(path, 'utf8') };
}

/** A room is a folder of `src`; each module is a room of its own. */
function roomOf(path: string): string {
  const [first, second] = relative(SRC, path)
    .split(sep)
    .map((name) => name.replace(/\.ts$/, ''));
  return first === 'modules' ? `modules/${second}` : first!;
}

/** Where others come in: the index of a folder, or a module that is one file. */
function isDoor(path: string): boolean {
  return path.endsWith(`${sep}index.ts`) || dirname(path) === join(SRC, 'modules');
}

function heightOf(room: string): number | undefined {
  return HEIGHTS[room.replace(/\/.*/, '')];
}

function specifiersOf(text: string): string[] {
  return [...text.matchAll(/\bfrom\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|^import\s+'([^']+)'/gm)].map(
    (match) => match[1] ?? match[2] ?? match[3]!,
  );
}

function relativeImports(file: SourceFile): string[] {
  return specifiersOf(file.text)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => resolve(dirname(file.path), specifier));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function shown(path: string): string {
  return relative(ROOT, path);
}
