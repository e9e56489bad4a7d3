import { describe, expect, test } from 'vitest';
import {
  KindTable,
  type LoadOptions,
  type LoadResult,
  loadDefinitions,
  parseOverride,
  parseOverrideFlag,
} from '../../src/registry/index.ts';
import { createTree, dataEntries, idsOf, linesOf, TEST_KINDS } from './world.ts';

async function load(
  files: Record<string, string>,
  options: Partial<Omit<LoadOptions, 'kinds' | 'cwd'>> = {},
): Promise<LoadResult> {
  return loadDefinitions({ cwd: await createTree(files), kinds: new KindTable(TEST_KINDS), ...options });
}

const dataOf = (result: LoadResult, id: string) => result.entries.find((entry) => entry.id === id)!.data;
const code = (name: string) => expect.objectContaining({ code: name });

describe('overrides (app-format.md § 3.1)', () => {
  const files = {
    '_index.yaml': 'namespace: app\nentries:\n  - {name: a, kind: registry.entry, x: {y: 1}, meta: {m: 1}}\n',
  };

  test('write kind, meta and data before anything is judged; later ones win', async () => {
    const overrides = ['app:a:x.y=2', 'app:a:data.new.deep=true', 'app:a:meta.m=text', 'app:a:x.y=3'].map(
      parseOverrideFlag,
    );
    const result = await load(files, { overrides });
    expect(dataOf(result, 'app:a')).toEqual({ x: { y: 3 }, new: { deep: true } });
    expect(result.entries[0]!.meta).toEqual({ m: 'text' });
    const kind = await load(files, { overrides: [parseOverride('app:a:kind', 'http.router')] });
    expect(kind.entries[0]!.kind).toBe('http.router');
  });

  test('of no entry, or with a kind that is no text, are errors', async () => {
    const overrides = [parseOverrideFlag('app:b:x=1'), parseOverride('app:a:kind', 5)];
    expect(linesOf(await load(files, { overrides }))).toEqual([
      '_index.yaml:3:12: error: app:a: override of the kind: expected text, got number 5',
      'error: app:b: override of "x": there is no such entry (did you mean "app:a"?)',
    ]);
  });

  test.each(['x', 'a:b', 'a:b:c', ':b:c=1', 'a:b:c:d=1'])('%j is refused', (text) => {
    expect(() => parseOverrideFlag(text)).toThrow(code('MH_REGISTRY_CONFIG_INVALID'));
  });
});

describe('disabled entries (app-format.md § 3.2)', () => {
  const files = {
    '_index.yaml': `namespace: app.x
entries:
  - {name: a, kind: registry.entry, meta: {tags: [slow, db]}}
  - {name: b.test, kind: registry.entry, meta: {type: test}}
  - {name: f, kind: function.lua, source: x, method: m}
  - {name: e, kind: http.endpoint, path: /, func: f}
`,
  };

  test('vanish by namespace, by ID and by meta', async () => {
    expect(idsOf(await load(files, { disable: { namespaces: ['app.**'] } }))).toEqual([]);
    expect(idsOf(await load(files, { disable: { entries: ['app.*:*.test', 'app.x:(e|f)'] } }))).toEqual([
      'app.x:a',
    ]);
    const meta = { tags: ['slow'], type: ['test', 'x'] };
    expect(idsOf(await load(files, { disable: { meta } }))).toEqual(['app.x:f', 'app.x:e']);
  });

  test('are not there for references', async () => {
    const result = await load(files, { disable: { entries: ['app.x:f'] } });
    expect(linesOf(result)[0]).toContain('function "app.x:f" not found');
  });
});

describe('linking (app-format.md § 3.3)', () => {
  const module = (extra = '') => `namespace: org.mod.api
entries:
  - name: router
    kind: ns.requirement
    targets: [{entry: x.endpoint, path: .meta.router}]
${extra}
  - {name: f, kind: function.lua, source: x, method: m}
  - {name: x.endpoint, kind: http.endpoint, path: /, func: f}
`;
  const application = (parameters: string) => `namespace: app
entries:
  - {name: api, kind: http.router}
  - {name: other, kind: http.router}
  - {name: dep, kind: ns.dependency, component: org/mod, parameters: [${parameters}]}
`;
  const quiet = { replacements: { 'org/mod': 'mod' } };
  const routerOf = (result: LoadResult) =>
    result.entries.find(({ name }) => name === 'x.endpoint')!.meta.router;

  test('writes the parameter, by bare or full name; without one the default (acceptance 4)', async () => {
    for (const name of ['router', '"org.mod.api:router"']) {
      const files = {
        'mod/_index.yaml': module('    default: app:other'),
        'app/_index.yaml': application(`{name: ${name}, value: "app:api"}`),
      };
      const result = await load(files, { path: 'app', ...quiet });
      expect(linesOf(result)).toEqual([]);
      expect(routerOf(result)).toBe('app:api');
    }
    const unset = await load(
      { 'mod/_index.yaml': module('    default: app:other'), 'app/_index.yaml': application('') },
      { path: 'app', ...quiet },
    );
    expect(routerOf(unset)).toBe('app:other');
  });

  test('without parameter and default is a warning, or an error when strict; an empty default is neither', async () => {
    const files = { 'mod/_index.yaml': module(), 'app/_index.yaml': application('') };
    const warned = await load(files, { path: 'app', ...quiet });
    expect(linesOf(warned)).toEqual([
      'mod/_index.yaml:3:11: warning: org.mod.api:router: requirement org.mod.api:router has no value',
    ]);
    const strict = await load(files, { path: 'app', ...quiet, isStrictLinking: true });
    expect(strict.isValid).toBe(false);
    const empty = await load(
      { ...files, 'mod/_index.yaml': module('    default: ""') },
      { path: 'app', ...quiet, isStrictLinking: true },
    );
    expect(linesOf(empty)).toEqual([]);
    expect(routerOf(empty)).toBeUndefined();
  });

  test('with two different values is an error naming both', async () => {
    const second =
      '  - {name: dep2, kind: ns.dependency, component: org/mod, parameters: [{name: router, value: "app:other"}]}\n';
    const files = {
      'mod/_index.yaml': module(),
      'app/_index.yaml': application('{name: router, value: "app:api"}') + second,
    };
    expect(linesOf(await load(files, { path: 'app', ...quiet }))).toEqual([
      'app/_index.yaml:6:94: error: app:dep2: field "parameters.0.value": "org.mod.api:router" gets another value from "app:dep"',
    ]);
  });

  test('appends with += what is not there yet, and needs a list', async () => {
    const requirement = (target: string, path: string) =>
      `namespace: app\nentries:\n  - {name: r, kind: ns.requirement, targets: [{entry: ${target}, path: "${path}"}], default: b}\n  - {name: t, kind: registry.entry, list: [a, b], text: x}\n`;
    const present = await load({ '_index.yaml': requirement('t', 'list+=') });
    expect(dataOf(present, 'app:t').list).toEqual(['a', 'b']);
    const absent = await load({ '_index.yaml': requirement('t', '.data.new.list +=') });
    expect(dataOf(absent, 'app:t').new).toEqual({ list: ['b'] });
    const broken = await load({ '_index.yaml': requirement('t', 'text+=') });
    expect(linesOf(broken)[0]).toContain('"text" of "app:t": expected a list to append to, got "x"');
    const missing = await load({ '_index.yaml': requirement('tt', 'x') });
    expect(linesOf(missing)[0]).toContain(
      'field "targets.0.entry": entry "app:tt" not found (did you mean "app:t"?)',
    );
  });

  test('comes before judging: a required field may be filled by it', async () => {
    const result = await load({
      '_index.yaml': `namespace: app
entries:
  - {name: path, kind: ns.requirement, targets: [{entry: e, path: path}], default: /linked}
  - {name: e, kind: http.endpoint}
`,
    });
    expect(linesOf(result)).toEqual([]);
    expect(dataOf(result, 'app:e').path).toBe('/linked');
  });

  test('yields to overrides', async () => {
    const result = await load(
      {
        '_index.yaml':
          'namespace: app\nentries:\n  - {name: r, kind: ns.requirement, targets: [{entry: t, path: x}], default: linked}\n  - {name: t, kind: registry.entry}\n',
      },
      { overrides: [parseOverrideFlag('app:t:x=mine')] },
    );
    expect(dataOf(result, 'app:t').x).toBe('mine');
  });
});

describe('the lock file (app-format.md § 2)', () => {
  test('names the source folder, replacements and vendored modules, in this order', async () => {
    const result = await load({
      'wippy.lock': `directories: {src: ./app, modules: .mods}
modules: [{name: org/one, version: v1.0.0}, {name: org/two, version: "2"}, {name: org/three}]
replacements: [{from: org/two, to: ./local/two}]
`,
      'app/_index.yaml': dataEntries('main'),
      'elsewhere/_index.yaml': dataEntries('no'),
      'local/two/src/_index.yaml': 'namespace: org.two\nentries: [{name: t, kind: registry.entry}]\n',
      '.mods/vendor/org/two/_index.yaml': dataEntries('no'),
      '.mods/vendor/org/one-v1.0.0/_index.yaml':
        'namespace: org.one\nentries: [{name: o, kind: registry.entry, meta: {module_version: own}}]\n',
    });
    expect(idsOf(result)).toEqual(['app:main', 'org.two:t', 'org.one:o']);
    expect(result.entries[1]!.meta).toEqual({ module: 'org/two', module_version: '2' });
    expect(result.entries[2]!.meta).toEqual({ module: 'org/one', module_version: 'own' });
    expect(linesOf(result)).toEqual([
      'warning: module "org/three" of the lock file was found neither among the replacements nor at .mods/vendor/org/three',
    ]);
    expect(result.files.some((file) => file.endsWith('wippy.lock'))).toBe(true);
  });

  test('is not needed: a dependency is found where it is vendored, else there is a warning (2.4)', async () => {
    const dependency = (component: string) =>
      `namespace: app\nentries:\n  - {name: d, kind: ns.dependency, component: ${component}}\n`;
    const vendored = await load({
      '_index.yaml': dependency('org/one'),
      '.wippy/vendor/org/one/_index.yaml': 'namespace: org.one\nentries: [{name: o, kind: registry.entry}]\n',
    });
    expect(idsOf(vendored)).toEqual(['app:d', 'org.one:o']);
    const missing = await load({ '_index.yaml': dependency('org/none') });
    expect(missing.isValid).toBe(true);
    expect(linesOf(missing)[0]).toContain(
      'field "component": component "org/none" was found neither among the replacements nor at .wippy/vendor/org/none',
    );
    const hostile = await load({ '_index.yaml': dependency('../..'), '.wippy/vendor/x': '' });
    expect(idsOf(hostile)).toEqual(['app:d']);
  });

  test('lets the application override a module without a warning, whatever the order (6.1)', async () => {
    const result = await load(
      {
        'app/_index.yaml': 'namespace: app\nentries: [{name: x, kind: registry.entry, from: app}]\n',
        'mod/_index.yaml': 'namespace: app\nentries: [{name: x, kind: registry.entry, from: mod}]\n',
      },
      { path: 'app', replacements: { 'org/mod': 'mod' } },
    );
    expect(linesOf(result)).toEqual([]);
    expect(dataOf(result, 'app:x').from).toBe('app');
  });

  test('honours what a module leaves out (2.3)', async () => {
    const result = await load(
      {
        'app/_index.yaml': dataEntries('a'),
        'mod/wippy.yaml': 'exclude: ["org.mod.test:**"]\nexclude_meta: {type: [demo]}\n',
        'mod/src/_index.yaml':
          'namespace: org.mod\nentries: [{name: x, kind: registry.entry}, {name: y, kind: registry.entry, meta: {type: demo}}]\n',
        'mod/src/t.yaml': 'namespace: org.mod.test\nentries: [{name: z, kind: registry.entry}]\n',
      },
      { path: 'app', replacements: { 'org/mod': 'mod' } },
    );
    expect(idsOf(result)).toEqual(['app:a', 'org.mod:x']);
  });

  test.each<[string, Record<string, string>, Partial<LoadOptions>]>([
    ['named but missing', {}, { lockFile: 'my.lock' }],
    ['broken', { 'wippy.lock': 'a: "\n' }, {}],
    ['no mapping', { 'wippy.lock': '- a\n' }, {}],
    ['naming no source folder', { 'wippy.lock': 'directories: {src: ./gone}\n' }, {}],
    ['naming no replacement', { 'wippy.lock': 'replacements: [{from: a/b, to: gone}]\n' }, {}],
  ])('that is %s stops the load', async (_, files, options) => {
    await expect(load(files, options)).rejects.toThrow(code('MH_REGISTRY_PATH_INVALID'));
  });

  test('keeps files of a module inside its own root (1.14)', async () => {
    const result = await load(
      {
        'app/_index.yaml': dataEntries('a'),
        'app/secret.txt': 'secret',
        'mod/_index.yaml':
          'namespace: org.mod\nentries: [{name: x, kind: registry.entry, t: "file://../app/secret.txt"}]\n',
      },
      { path: 'app', replacements: { 'org/mod': 'mod' } },
    );
    expect(linesOf(result)[0]).toContain('path traversal');
  });
});
