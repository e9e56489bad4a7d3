import { describe, expect, test } from 'vitest';
import { idsOf, linesOf, loadFiles } from '../world.ts';

const at = (result: Awaited<ReturnType<typeof loadFiles>>, id: string) =>
  result.entries.find((entry) => entry.id === id)!;

describe('definition files', () => {
  test('are mappings with a namespace; everything else is ignored (app-format.md 1.2, 1.3)', async () => {
    const result = await loadFiles({
      'docker-compose.yml': 'services:\n  web: {image: x}\n',
      'package.json': '{"name": "x", "namespace": 1}',
      'list.yaml': '- namespace: app\n',
      'app/anything.yml': 'namespace: app\nentries:\n  - {name: a, kind: registry.entry}\n',
      'app/data.json': '{"namespace": "app", "entries": [{"name": "b", "kind": "registry.entry"}]}',
    });
    expect(idsOf(result)).toEqual(['app:a', 'app:b']);
    expect(linesOf(result)).toEqual([]);
  });

  test('hold a list of entries, or are one entry (app-format.md 1.4)', async () => {
    const result = await loadFiles({
      'one.yaml':
        'version: "1.0"\nnamespace: app\nname: one\nkind: registry.entry\nmeta: {m: 1}\nrequirements: []\nx: 1\n',
      'none/_index.yaml': 'version: "1.0"\nnamespace: app\nentries: []\n',
    });
    expect(at(result, 'app:one')).toMatchObject({ meta: { m: 1 }, data: { x: 1 }, kind: 'registry.entry' });
    expect(Object.keys(at(result, 'app:one').data)).toEqual(['x']);
    expect(result.isValid).toBe(true);
  });

  test('with neither are an error when called _index, else a warning (app-format.md 1.4)', async () => {
    const result = await loadFiles({
      '_index.yaml': 'namespace: app\n',
      'x.yaml': 'namespace: app\nname: x\n',
    });
    expect(linesOf(result)).toEqual([
      '_index.yaml:1:1: error: neither "entries" nor "name" and "kind" given',
      'x.yaml:1:1: warning: neither "entries" nor "name" and "kind" given',
    ]);
  });

  test('warn about an unknown version only (app-format.md 1.5)', async () => {
    const file = (version: string) => `version: ${version}\nnamespace: app\nentries: []\n`;
    const result = await loadFiles({ 'a.yaml': file('"1.0"'), 'b.yaml': file('1.0'), 'c.yaml': file('2') });
    expect(linesOf(result)).toEqual(['c.yaml:1:10: warning: unknown version number 2, expected "1.0"']);
  });

  test('give their meta to every entry, the entry wins (app-format.md 1.6)', async () => {
    const result = await loadFiles({
      '_index.yaml':
        'namespace: app\nmeta: {team: a, level: 1}\nentries:\n  - {name: x, kind: registry.entry, meta: {level: 2}}\n',
    });
    expect(at(result, 'app:x').meta).toEqual({ team: 'a', level: 2 });
    const origin = at(result, 'app:x').origin!;
    expect(origin.locate(['meta', 'team'])).toEqual({ file: '_index.yaml', line: 2, column: 14 });
    expect(origin.locate(['meta', 'level'])).toMatchObject({ line: 4 });
  });

  test('with a syntax error stop the load when called _index, else are skipped (app-format.md 1.7)', async () => {
    const broken = 'namespace: app\nentries:\n  - name: "a\n';
    const bad = await loadFiles({ '_index.yaml': broken });
    expect(bad.isValid).toBe(false);
    expect(linesOf(bad)[0]).toMatch(/^_index\.yaml:\d+:\d+: error: /);
    const skipped = await loadFiles({ 'data.yaml': broken });
    expect(skipped.isValid).toBe(true);
    expect(linesOf(skipped)[0]).toMatch(/^data\.yaml:\d+:\d+: warning: file skipped: /);
  });

  test('with a duplicate key name both places (app-format.md 1.7)', async () => {
    const result = await loadFiles({
      '_index.yaml': 'namespace: app\nentries:\n  - name: a\n    kind: registry.entry\n    x: 1\n    x: 2\n',
    });
    expect(linesOf(result)).toEqual([
      '_index.yaml:6:5: error: duplicate key "x", first written at _index.yaml:5:5',
    ]);
  });

  test('take `data` verbatim and warn about keys beside it', async () => {
    const result = await loadFiles({
      '_index.yaml':
        'namespace: app\nentries:\n  - name: a\n    kind: registry.entry\n    data: {name: n, kind: k}\n    other: 1\n',
    });
    expect(at(result, 'app:a').data).toEqual({ name: 'n', kind: 'k' });
    expect(linesOf(result)).toEqual([
      '_index.yaml:5:11: warning: app:a: field "data": is the whole data of the entry; "other" beside it has no effect',
    ]);
    expect(at(result, 'app:a').origin!.locate(['data', 'kind'])).toMatchObject({ line: 5, column: 27 });
  });

  test.each([
    ['- {kind: registry.entry}', '3:3: error: an entry of "app" has no "name"'],
    [
      '- {name: "a:b", kind: registry.entry}',
      '3:10: error: name "a:b" is not made of letters, digits, "_", "-" and "."',
    ],
    [
      '- {name: 12, kind: registry.entry}',
      '3:10: error: name number 12 is not made of letters, digits, "_", "-" and "."',
    ],
    ['- {name: a}', '3:10: error: app:a: field "kind": is required'],
    ['- {name: a, kind: 1}', '3:19: error: app:a: field "kind": expected text, got number 1'],
    [
      '- {name: a, kind: registry.entry, meta: [1]}',
      '3:41: error: app:a: field "meta": expected a mapping, got a list',
    ],
    ['- text', '3:3: error: entry 1: expected a mapping, got "text"'],
  ])('refuse the entry %s', async (item, message) => {
    const result = await loadFiles({ '_index.yaml': `namespace: app\nentries:\n${item}\n` });
    expect(linesOf(result)).toEqual([`_index.yaml:${message}`]);
  });

  test.each(['a b', 'a..b', '.a', 'a:b', '../x'])(
    'refuse the namespace %j (app-format.md 1.9)',
    async (namespace) => {
      const result = await loadFiles({
        '_index.yaml': `namespace: ${JSON.stringify(namespace)}\nentries: []\n`,
      });
      expect(linesOf(result)[0]).toContain('is not made of letters, digits');
    },
  );

  test('keep __proto__ and other names of objects as keys', async () => {
    const result = await loadFiles({
      '_index.yaml':
        'namespace: app\nentries:\n  - name: __proto__\n    kind: registry.entry\n    __proto__: {x: 1}\n    toString: 2\n    meta: {constructor: {y: 3}}\n',
    });
    const entry = at(result, 'app:__proto__');
    expect(result.isValid).toBe(true);
    expect(Object.keys(entry.data)).toEqual(['__proto__', 'toString']);
    expect(entry.meta.constructor).toEqual({ y: 3 });
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test('are deep-frozen', async () => {
    const result = await loadFiles({
      '_index.yaml': 'namespace: app\nentries:\n  - {name: a, kind: registry.entry, x: {y: [1]}}\n',
    });
    const { x } = at(result, 'app:a').data as unknown as { x: { y: number[] } };
    expect(() => x.y.push(2)).toThrow(TypeError);
    expect(() => Object.assign(x, { z: 1 })).toThrow(TypeError);
  });
});
