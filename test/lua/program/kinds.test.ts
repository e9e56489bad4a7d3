import { describe, expect, it } from 'vitest';
import { luaKinds } from '../../../src/lua/index.ts';
import { createEntry, createEntrySet, KindTable, type Mapping } from '../../../src/registry/index.ts';
import { bootLua } from '../../support/lua-world.ts';

const { runtime } = bootLua({});
const kinds = luaKinds(runtime);
const table = new KindTable(kinds);

/** What the room says about a function entry with these fields. */
const problemsOf = (data: Mapping): string[] => {
  const entry = createEntry({
    id: 'app:f',
    kind: 'function.lua',
    data: { source: 'return 1', method: 'm', ...data },
  });
  const kind = kinds.find((one) => one.kind === 'function.lua')!;
  return kind.check!(entry, createEntrySet([entry])).map(
    ({ severity, field, reason, hint }) =>
      `${severity} ${field}: ${reason}${hint === undefined ? '' : ` (${hint})`}`,
  );
};

describe('luaKinds()', () => {
  it('covers code that runs and code that is imported', () => {
    expect(kinds.map(({ kind }) => kind)).toEqual([
      'function.lua',
      'process.lua',
      'library.lua',
      'module.lua',
    ]);
    expect(table).toBeDefined();
  });

  it('accepts listed modules, always-global names and duplicates (errors-and-payloads.md § 9)', () => {
    expect(
      problemsOf({ modules: ['json', 'time', 'json', 'process', 'os', 'print', 'string', 'errors'] }),
    ).toEqual([]);
  });

  it('refuses unknown, empty and qualified module names', () => {
    expect(problemsOf({ modules: ['jsn'] })).toEqual([
      'error modules.0: module "jsn" not found (did you mean "json"?)',
    ]);
    expect(problemsOf({ modules: ['json', ''] })).toEqual([
      'error modules.1: expected the name of a module, got ""',
    ]);
    expect(problemsOf({ modules: ['app:json'] })).toEqual([
      'error modules.0: expected the name of a module, got "app:json"',
    ]);
  });

  it('warns of modules this host does not offer, listed or imported (app-format.md § 4.1)', () => {
    const reason = (alias: string): string =>
      `module "treesitter" is not supported by this host: require("${alias}") will raise an error`;
    expect(problemsOf({ modules: ['treesitter'] })).toEqual([`warning modules.0: ${reason('treesitter')}`]);
    expect(problemsOf({ imports: { t: 'treesitter' } })).toEqual([`warning imports.t: ${reason('t')}`]);
    expect(problemsOf({ imports: { t: ':treesitter' } })).toEqual([`warning imports.t: ${reason('t')}`]);
  });

  it('refuses an alias that is empty or also a listed module, and unknown built-in imports', () => {
    expect(problemsOf({ imports: { '': 'app:x' } })).toEqual(['error imports: expected an alias, got ""']);
    expect(problemsOf({ modules: ['json'], imports: { json: 'app:x' } })).toEqual([
      'error imports.json: "json" is also listed under modules',
    ]);
    expect(problemsOf({ imports: { j: ':jason' } })).toEqual([
      'error imports.j: module "jason" not found (did you mean "json"?)',
    ]);
    expect(problemsOf({ imports: { j: ':json', t: 'time' } })).toEqual([]);
  });

  it('reports syntax errors with the entry and line', () => {
    expect(problemsOf({ source: 'local x = 1\nlocal y = = 2' })[0]).toMatch(/^error source: app:f:2: /);
  });
});
