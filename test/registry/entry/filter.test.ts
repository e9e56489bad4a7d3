import { describe, expect, test } from 'vitest';
import { createEntry, type Filter, findEntries, toMapping } from '../../../src/registry/index.ts';

const entries = [
  createEntry({
    id: 'app.api:list',
    kind: 'http.endpoint',
    meta: toMapping({ path: '/api/list', tags: ['a', 'b'], type: 'x' }),
  }),
  createEntry({
    id: 'app.api:view',
    kind: 'http.endpoint',
    meta: toMapping({ path: '/view', tags: ['a'], nested: { deep: 1 } }),
  }),
  createEntry({ id: 'app:data', kind: 'registry.entry', meta: toMapping({ type: 'x', 'a.b': 'dotted' }) }),
];

const names = (filter: Filter): string[] => findEntries(entries, filter).map(({ name }) => name);

describe('findEntries() (modules.md § 2)', () => {
  test.each<[Filter, string[]]>([
    [{}, ['list', 'view', 'data']],
    [{ '.kind': 'http.endpoint' }, ['list', 'view']],
    [{ kind: 'http.endpoint' }, ['list', 'view']],
    [{ '.kind': 'http.*' }, ['list', 'view']],
    [{ '.kind': '*.entry' }, ['data']],
    [{ '.name': '*i*' }, ['list', 'view']],
    [{ '.id': '*' }, ['list', 'view', 'data']],
    [{ '.ns': 'app' }, ['data']],
    [{ namespace: 'app.api', '.name': 'view' }, ['view']],
    [{ 'meta.type': 'x' }, ['list', 'data']],
    [{ type: 'x' }, ['list', 'data']],
    [{ meta: { type: 'x', path: '/api/list' } }, ['list']],
    [{ 'meta.nested.deep': 1 }, ['view']],
    [{ 'meta.a.b': 'dotted' }, ['data']],
    [{ 'meta.tags': ['a', 'b'] }, ['list']],
    [{ 'meta.tags': ['a'] }, ['list', 'view']],
    [{ '^meta.path': '/api' }, ['list']],
    [{ '$meta.path': 'view' }, ['view']],
    [{ '*meta.path': 'i' }, ['list', 'view']],
    [{ '*meta.tags': 'b' }, ['list']],
    [{ '~meta.path': '^/(api|x)/' }, ['list']],
    [{ '~.name': '^[lv]' }, ['list', 'view']],
    [{ '.kind': 'http.endpoint', 'meta.type': 'x' }, ['list']],
    [{ 'meta.none': 'x' }, []],
    [{ constructor: 'x' }, []],
  ])('%j finds %j', (filter, found) => {
    expect(names(filter)).toEqual(found);
  });

  test.each<[Filter]>([[{ '.size': 'x' }], [{ '~meta.path': '(' }], [{ '^meta.path': 1 }]])(
    '%j is refused',
    (filter) => {
      expect(() => names(filter)).toThrow(expect.objectContaining({ code: 'MH_REGISTRY_FILTER_INVALID' }));
    },
  );

  test('a pattern that backtracks without end elsewhere takes linear time', () => {
    const entry = createEntry({ id: 'a:b', kind: 'k', meta: toMapping({ text: `${'a'.repeat(50_000)}!` }) });
    expect(findEntries([entry], { '~meta.text': '^(a+)+$' })).toEqual([]);
  });
});
