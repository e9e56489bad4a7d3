// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders in plain text are the subject here.
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  createLoader,
  formatProblem,
  type KindDefinition,
  KindTable,
  loadDefinitions,
} from '../../../src/registry/index.ts';
import { createTree, dataEntries, idsOf, linesOf, loadFiles, TEST_KINDS, writeFiles } from '../world.ts';

const functionEntry = (source: string): string =>
  `namespace: app\nentries:\n  - name: f\n    kind: function.lua\n    source: ${source}\n    method: main\n`;

describe('the source tree', () => {
  test('is walked in lexical order without node_modules and dot directories (app-format.md 1.1)', async () => {
    const result = await loadFiles({
      'b/_index.yaml': dataEntries('b'),
      'a/z.yaml': dataEntries('az'),
      'a/_index.yaml': dataEntries('a'),
      'node_modules/x/_index.yaml': dataEntries('no'),
      '.git/_index.yaml': dataEntries('no'),
      'c.yml': dataEntries('c'),
      'notes.txt': dataEntries('no'),
    });
    expect(idsOf(result)).toEqual(['app:a', 'app:az', 'app:b', 'app:c']);
  });

  test('does not follow symlinks out of the root, nor in circles (app-format.md 1.1)', async () => {
    const outside = await createTree({ '_index.yaml': dataEntries('outside') });
    const result = await loadFiles({
      'app/_index.yaml': dataEntries('inside'),
      'app/loop': '-> ../app',
      'app/out': `-> ${outside}`,
      'app/out.yaml': `-> ${outside}/_index.yaml`,
      'app/gone.yaml': '-> nowhere.yaml',
    });
    expect(idsOf(result)).toEqual(['app:inside']);
  });

  test('is `src` of a folder that has no definitions of its own (app-format.md 2.1)', async () => {
    const result = await loadFiles({ 'src/_index.yaml': dataEntries('a'), 'other/x.yaml': dataEntries('b') });
    expect(idsOf(result)).toEqual(['app:a']);
  });

  test('may be one definition file: nothing else is loaded (decision 6)', async () => {
    const files = {
      'x/_index.yaml': functionEntry('file://f.lua'),
      'x/f.lua': 'return 1',
      'x/y.yaml': dataEntries('b'),
    };
    const result = await loadFiles(files, { path: 'x/_index.yaml' });
    expect(idsOf(result)).toEqual(['app:f']);
    expect(result.entries[0]!.data.source).toBe('return 1');
    expect(result.roots).toEqual([]);
  });

  test('without any entry is a warning: probably the wrong folder', async () => {
    expect(linesOf(await loadFiles({ 'sub/x.txt': '' }, { path: 'sub' }))).toEqual([
      'warning: no entries found in sub (definition files are called _index.yaml)',
    ]);
  });

  test('refuses a path that is not there, and a named file without a namespace', async () => {
    await expect(loadFiles({}, { path: 'nope' })).rejects.toMatchObject({ code: 'MH_REGISTRY_PATH_INVALID' });
    const result = await loadFiles({ 'x.yaml': 'a: 1\n' }, { path: 'x.yaml' });
    expect(linesOf(result)).toEqual(['x.yaml:1:1: error: not a definition file: no "namespace" given']);
  });
});

describe('file:// values', () => {
  test('are replaced at any depth, relative to the definition or the root (app-format.md 1.12, 1.13)', async () => {
    const result = await loadFiles({
      'a/_index.yaml':
        'namespace: app\nentries:\n  - name: x\n    kind: registry.entry\n    meta: {readme: file://../r.md}\n    list: [{t: file:///top.txt}]\n    s: file://f.lua\n',
      'a/f.lua': '\uFEFFlocal x',
      'r.md': '# R',
      'top.txt': 'top',
    });
    const [entry] = result.entries;
    expect(linesOf(result)).toEqual([]);
    expect(entry!.data).toEqual({ list: [{ t: 'top' }], s: 'local x' });
    expect(entry!.meta).toEqual({ readme: '# R' });
    expect([...entry!.origin!.files.keys()].sort()).toEqual(['list.0.t', 'meta.readme', 's']);
    expect(path.basename(entry!.origin!.files.get('s')!)).toBe('f.lua');
  });

  test('are looked for in the nearest lua folder upwards (app-format.md 1.15, decision 7)', async () => {
    const result = await loadFiles({
      'src/app/_index.yaml': functionEntry('file://f.lua'),
      'src/lua/f.lua': 'near',
      'lua/f.lua': 'far',
    });
    expect(result.entries[0]!.data.source).toBe('near');
    const far = await loadFiles({ 'src/app/_index.yaml': functionEntry('file://f.lua'), 'lua/f.lua': 'far' });
    expect(far.entries[0]!.data.source).toBe('far');
  });

  test('are found the same from every working directory, also from below and beside (app-format.md 1.15)', async () => {
    const root = await createTree({
      'project/app/chat/_index.yaml': functionEntry('file://f.lua'),
      'project/lua/f.lua': 'own',
      'elsewhere/lua/f.lua': 'other',
    });
    for (const cwd of ['.', 'project', 'project/lua', 'project/app/chat', 'elsewhere', '/']) {
      const at = path.resolve(root, cwd);
      const result = await loadDefinitions({
        path: path.join(root, 'project/app/chat'),
        cwd: at,
        kinds: new KindTable(TEST_KINDS),
      });
      expect([cwd, result.entries[0]?.data.source]).toEqual([cwd, 'own']);
    }
  });

  test('are not taken from a directory all users share', async () => {
    const root = await createTree({
      'app/_index.yaml': functionEntry('file://f.lua'),
      'lua/f.lua': 'planted',
    });
    await chmod(root, 0o1777);
    const result = await loadDefinitions({
      path: path.join(root, 'app'),
      cwd: root,
      kinds: new KindTable(TEST_KINDS),
    });
    expect(result.isValid).toBe(false);
  });

  test('that are missing name all tried paths', async () => {
    const result = await loadFiles({ 'app/_index.yaml': functionEntry('file://f.lua') });
    expect(linesOf(result)).toEqual([
      'app/_index.yaml:5:13: error: app:f: field "source": file "f.lua" not found, tried app/f.lua and app/lua/f.lua and lua/f.lua',
    ]);
  });

  test.each([
    ['file://', 'path traversal: the path is empty'],
    ['file:///', 'path traversal: the path is empty'],
    ['file://../../etc/passwd', 'path traversal: "../../etc/passwd" leaves the source root'],
    ['file:///../x', 'path traversal: "/../x" leaves the source root'],
    ['"file://a\\0b"', 'path traversal: the path holds a NUL byte'],
    ['file://dir', 'cannot read file "dir": it is a directory'],
    ['file://link', 'path traversal: "link" is a link that leaves the source root'],
    ['file://linked/secret', 'path traversal: "linked/secret" is a link that leaves the source root'],
    ['file://binary', 'cannot read file "binary": it is not UTF-8 text'],
    ['file://pipe/../../../../../../../../etc/passwd', 'path traversal'],
  ])('refuse %s (app-format.md 1.14)', async (reference, reason) => {
    const outside = await createTree({ secret: 'secret' });
    const result = await loadFiles({
      'app/_index.yaml': functionEntry(reference),
      'app/dir/x': '',
      'app/link': `-> ${outside}/secret`,
      'app/linked': `-> ${outside}`,
      'app/binary': new Uint8Array([0xff, 0xfe, 0x00]),
    });
    expect(result.isValid).toBe(false);
    expect(linesOf(result)[0]).toContain(reason);
    expect(JSON.stringify(result.entries)).not.toContain('"secret"');
  });
});

describe('duplicate IDs', () => {
  test('in one file are an error (app-format.md 6.1)', async () => {
    const result = await loadFiles({ '_index.yaml': dataEntries('a', 'b', 'a') });
    expect(linesOf(result)).toEqual([
      '_index.yaml:5:12: error: app:a: declared twice, first at _index.yaml:3:12',
    ]);
  });

  test('across files are a warning, the later one wins (app-format.md 6.1)', async () => {
    const result = await loadFiles({
      'a.yaml': 'namespace: app\nentries:\n  - {name: x, kind: registry.entry, from: a}\n',
      'b.yaml': 'namespace: app\nentries:\n  - {name: x, kind: registry.entry, from: b}\n',
    });
    expect(result.entries[0]!.data).toEqual({ from: 'b' });
    expect(linesOf(result)).toEqual([
      'b.yaml:3:12: warning: app:x: replaces the entry declared at a.yaml:3:12',
    ]);
  });
});

describe('references', () => {
  const app = (endpoint: string): string => `namespace: app.api
entries:
  - name: get_user
    kind: function.lua
    source: return 1
    method: main
  - name: router
    kind: http.router
  - name: get_user.endpoint
    kind: http.endpoint
    path: /user
${endpoint}`;

  test('are completed to full IDs; the written form stays (app-format.md § 4.1)', async () => {
    const result = await loadFiles({
      '_index.yaml': app('    func: get_user\n    meta: {router: router}\n'),
    });
    const endpoint = result.entries.find(({ kind }) => kind === 'http.endpoint')!;
    expect(linesOf(result)).toEqual([]);
    expect(endpoint.data.func).toBe('app.api:get_user');
    expect(endpoint.meta.router).toBe('app.api:router');
    expect(endpoint.written.data.func).toBe('get_user');
    expect(endpoint.written.meta.router).toBe('router');
    expect(endpoint.references).toEqual([
      { field: 'func', target: 'app.api:get_user', isOptional: false },
      { field: 'meta.router', target: 'app.api:router', isOptional: false },
    ]);
  });

  test('that lead nowhere are one line with the nearest ID (app-format.md 6.3, acceptance 3)', async () => {
    const result = await loadFiles({ 'src/app/_index.yaml': app('    func: get_usr\n') });
    expect(result.isValid).toBe(false);
    expect(linesOf(result)).toEqual([
      'src/app/_index.yaml:12:11: error: app.api:get_user.endpoint: field "func": function "app.api:get_usr" not found (did you mean "app.api:get_user"?)',
    ]);
  });

  test('to an entry of another kind say so', async () => {
    const result = await loadFiles({ '_index.yaml': app('    func: router\n') });
    expect(linesOf(result)[0]).toContain(
      'field "func": function "app.api:router" is a http.router, expected function.lua',
    );
  });

  test('to the right name in another namespace are suggested', async () => {
    const result = await loadFiles({ '_index.yaml': app('    func: other.place:get_user\n') });
    expect(linesOf(result)[0]).toContain('(did you mean "app.api:get_user"?)');
  });

  test('that are wrong by the thousand are all reported, the first with suggestions', async () => {
    const items = Array.from(
      { length: 2000 },
      (_, index) => `  - {name: e${index}, kind: http.endpoint, path: /, func: missing${index}}\n`,
    );
    const result = await loadFiles({ '_index.yaml': app(`    func: get_user\n${items.join('')}`) });
    expect(result.problems.filter(({ reason }) => reason.endsWith('not found'))).toHaveLength(2000);
  });

  test('in imports may be built-in modules (app-format.md § 4.1)', async () => {
    const result = await loadFiles({
      '_index.yaml': `namespace: app
entries:
  - {name: util, kind: library.lua, source: return 1}
  - {name: f, kind: function.lua, source: x, method: m, imports: {a: util, b: ":json", c: json}}
`,
    });
    const f = result.entries.find(({ name }) => name === 'f')!;
    expect(linesOf(result)).toEqual([]);
    expect(f.data.imports).toEqual({ a: 'app:util', b: ':json', c: 'json' });
    const optional = { isOptional: true };
    expect(f.references).toMatchObject([{ target: 'app:util' }, { ...optional, target: 'app:json' }]);
  });

  test('that form a circle are an error with the chain (app-format.md § 4.1)', async () => {
    const result = await loadFiles({
      '_index.yaml': `namespace: app
entries:
  - {name: a, kind: library.lua, source: x, imports: {b: b}}
  - {name: b, kind: library.lua, source: x, imports: {c: c}}
  - {name: c, kind: library.lua, source: x, imports: {a: a}}
`,
    });
    expect(linesOf(result)).toEqual([
      '_index.yaml:3:58: error: app:a: field "imports.b": entries refer to each other in a circle: app:a -> app:b -> app:c -> app:a',
    ]);
  });

  test('in meta only give order; a missing one is a warning, a bare word is not one', async () => {
    const result = await loadFiles({
      '_index.yaml': `namespace: app
entries:
  - {name: a, kind: registry.entry, meta: {depends_on: ["app:b", "x:y", "ns:app"], parent: anything}}
  - {name: b, kind: registry.entry}
`,
    });
    const [a] = result.entries;
    expect(result.isValid).toBe(true);
    expect(linesOf(result)).toEqual([
      '_index.yaml:3:66: warning: app:a: field "meta.depends_on.1": entry "x:y" not found',
    ]);
    expect(a!.references).toEqual(a!.references.map((reference) => ({ ...reference, isOptional: true })));
    expect(a!.references.map(({ target }) => target)).toEqual(['app:b', 'x:y', 'ns:app', 'app:anything']);
    expect(a!.meta).toEqual(a!.written.meta);
  });

  test('in lifecycle.requires are completed; the supervisor judges missing ones (process.md § 16 rule 9)', async () => {
    const result = await loadFiles({
      '_index.yaml': `namespace: app
entries:
  - {name: s, kind: process.service, lifecycle: {requires: [t], depends_on: [gone]}}
  - {name: t, kind: process.service}
`,
    });
    expect(result.isValid).toBe(true);
    expect(result.entries[0]!.data.lifecycle).toMatchObject({
      requires: ['app:t'],
      depends_on: ['app:gone'],
    });
    expect(result.entries[0]!.references).toContainEqual({
      field: 'lifecycle.depends_on.0',
      target: 'app:gone',
      isOptional: true,
    });
  });
});

describe('schemas', () => {
  const endpoint = (fields: string): string =>
    `namespace: app\nentries:\n  - name: e\n    kind: http.endpoint\n    ${fields}\n`;

  test('fill in defaults; the written form stays', async () => {
    const result = await loadFiles({ '_index.yaml': functionEntry('return 1') });
    const [f] = result.entries;
    expect(f!.data).toMatchObject({ modules: [], timeout: '5s' });
    expect(Object.keys(f!.written.data)).toEqual(['source', 'method']);
  });

  test.each([
    ['path: 5', '5:11: error: app:e: field "path": expected text, got number 5'],
    ['path: ws', '5:11: error: app:e: field "path": expected a path starting with "/", got "ws"'],
    ['func: {}', '3:11: error: app:e: field "path": is required'],
    ['pth: /x', '3:11: error: app:e: field "path": is required (did you mean it by "pth"?)'],
    [
      '{path: /x, method: GTE}',
      '5:30: error: app:e: field "method": expected one of "GET", "POST", got "GTE" (did you mean "GET"?)',
    ],
    ['{path: /x, target: 5}', '5:30: error: app:e: field "target": expected text or a list, got number 5'],
    ['path: /forbidden', '5:11: error: app:e: field "path": is forbidden'],
  ])('refuse %s with the place of the value (app-format.md 5.1, 6.3)', async (fields, message) => {
    const text = fields.startsWith('{')
      ? `namespace: app\nentries:\n  - name: e\n    kind: http.endpoint\n    data: ${fields}\n`
      : endpoint(fields);
    expect(linesOf(await loadFiles({ '_index.yaml': text }))).toEqual([`_index.yaml:${message}`]);
  });

  test('refuse a number where a duration is expected, and show how to write it', async () => {
    const text = `${functionEntry('x')}    timeout: 30\n`;
    expect(linesOf(await loadFiles({ '_index.yaml': text }))).toEqual([
      '_index.yaml:7:14: error: app:f: field "timeout": expected a duration such as "10s", got number 30 (write a number with a unit: "500ms", "30s", "5m")',
    ]);
    const days = `${functionEntry('x')}    timeout: 2d\n`;
    expect(linesOf(await loadFiles({ '_index.yaml': days }))).toEqual([]);
  });

  test('report what the kind has to say as well, once for each field (app-format.md 6.4)', async () => {
    const text = endpoint('path: /forbidden\n    method: GTE');
    expect(linesOf(await loadFiles({ '_index.yaml': text })).map((line) => line.split(': ')[3])).toEqual([
      'field "path"',
      'field "method"',
    ]);
    const throwing: KindDefinition = {
      kind: 'test.kind',
      summary: '',
      schema: { type: 'object', properties: { list: { type: 'array' } } },
      check: ({ data }) => (data.list as string[]).map((item) => ({ item })) as never,
    };
    const broken = await loadFiles(
      { '_index.yaml': 'namespace: app\nentries: [{name: a, kind: test.kind, list: 5}]\n' },
      { kinds: [throwing] },
    );
    expect(linesOf(broken)).toHaveLength(1);
  });

  test('of the kind are not asked about a file that could not be read', async () => {
    const kind: KindDefinition = {
      kind: 'test.kind',
      summary: '',
      schema: { type: 'object' },
      check: () => [
        { severity: 'error', position: undefined, entryId: 'app:a', field: 'x', reason: 'syntax' },
      ],
    };
    const result = await loadFiles(
      { '_index.yaml': 'namespace: app\nentries: [{name: a, kind: test.kind, source: "file://gone.lua"}]\n' },
      { kinds: [kind] },
    );
    expect(linesOf(result)).toHaveLength(1);
  });

  test('take a known field without a value as absent', async () => {
    const result = await loadFiles({
      '_index.yaml': `${functionEntry('x')}    modules:\n    pool:\n      size:\n`,
    });
    expect(linesOf(result)).toEqual([]);
    expect(result.entries[0]!.data.modules).toEqual([]);
  });

  test('take the YAML 1.1 words for booleans where a boolean is expected', async () => {
    const file = (word: string) =>
      `namespace: app\nentries: [{name: s, kind: process.service, lifecycle: {auto_start: ${word}}, free: ${word}}]\n`;
    for (const [word, value] of [
      ['yes', true],
      ['Off', false],
    ] as const) {
      const [service] = (await loadFiles({ '_index.yaml': file(word) })).entries;
      expect(service!.data).toMatchObject({ lifecycle: { auto_start: value }, free: word });
    }
    expect(linesOf(await loadFiles({ '_index.yaml': file('maybe') }))[0]).toContain(
      'expected true or false, got "maybe"',
    );
  });

  test('fill a lifecycle block (app-format.md § 5.2)', async () => {
    const result = await loadFiles({
      '_index.yaml':
        'namespace: app\nentries:\n  - {name: s, kind: process.service, lifecycle: {auto_start: true}}\n',
    });
    expect(result.entries[0]!.data.lifecycle).toEqual({
      auto_start: true,
      startup: 'required',
      requires: [],
      depends_on: [],
      start_timeout: '10s',
      stop_timeout: '10s',
      stable_threshold: '5s',
      restart: { initial_delay: '1s', max_delay: '90s', backoff_factor: 2, jitter: 0.1, max_attempts: 0 },
    });
  });
});

describe('kinds', () => {
  test('never heard of are an error with the nearest one (app-format.md § 5.1)', async () => {
    const result = await loadFiles({
      '_index.yaml': 'namespace: app\nentries:\n  - {name: a, kind: function.lau}\n',
    });
    expect(linesOf(result)).toEqual([
      '_index.yaml:3:21: error: app:a: field "kind": unknown kind "function.lau" (did you mean "function.lua"?)',
    ]);
  });

  test.each(['temporal.worker', 'function.wasm', 'cloudstorage.s3', 'process.lua.bc'])(
    'known upstream only, such as %s, are kept as data with a warning (app-format.md § 5.1)',
    async (kind) => {
      const result = await loadFiles({
        '_index.yaml': `namespace: app\nentries:\n  - {name: a, kind: ${kind}, x: 1}\n`,
      });
      expect(result.isValid).toBe(true);
      expect(result.entries[0]!.data).toEqual({ x: 1 });
      expect(linesOf(result)[0]).toContain(
        `warning: app:a: field "kind": kind "${kind}" is not supported by this host`,
      );
    },
  );

  test('add entries that are needed and not declared (app-format.md § 5.3)', async () => {
    const service =
      'namespace: app\nentries:\n  - {name: s, kind: process.service, host: system:processes}\n';
    const result = await loadFiles({ '_index.yaml': service });
    expect(idsOf(result)).toEqual(['app:s', 'system:processes']);
    expect(result.entries[1]).toMatchObject({ kind: 'process.host', origin: undefined });
    const declared = await loadFiles({
      '_index.yaml': service,
      'host.yaml': 'namespace: system\nname: processes\nkind: process.host\nworkers: 3\n',
    });
    expect(declared.entries.filter(({ id }) => id === 'system:processes')).toMatchObject([
      { data: { workers: 3 } },
    ]);
  });
});

describe('createLoader()', () => {
  test('sees what changed since, and keeps what did not', async () => {
    const cwd = await createTree({
      'a.yaml': functionEntry('file://f.lua'),
      'f.lua': 'x',
      'b.yaml': dataEntries('b'),
    });
    const loader = createLoader({ cwd, kinds: new KindTable(TEST_KINDS) });
    const first = await loader.load();
    await writeFiles(cwd, { 'b.yaml': dataEntries('b', 'c') });
    const second = await loader.load();
    expect(idsOf(second)).toEqual(['app:f', 'app:b', 'app:c']);
    expect(second.entries[0]!.data).toBe(first.entries[0]!.data);
    expect(second.entries[0]!.written.data).toBe(first.entries[0]!.written.data);
  });

  test('tells which files matter, also those that are missing', async () => {
    const cwd = await createTree({ 'a.yaml': functionEntry('file://f.lua'), 'other.yaml': 'x: 1' });
    const { files, roots } = await createLoader({ cwd, kinds: new KindTable(TEST_KINDS) }).load();
    expect(files.map((file) => path.relative(cwd, file)).sort()).toEqual(['a.yaml', 'f.lua', 'lua/f.lua']);
    expect(roots).toEqual([cwd]);
  });

  test('reports every error, sorted by file, line and column (app-format.md 6.4)', async () => {
    const result = await loadFiles({
      'b.yaml': 'namespace: app\nentries:\n  - {name: b, kind: nope1}\n  - {name: c, kind: nope2}\n',
      'a.yaml': 'namespace: app\nentries:\n  - {name: a, kind: nope3}\n',
    });
    expect(result.problems.map(({ position }) => `${position!.file}:${position!.line}`)).toEqual([
      'a.yaml:3',
      'b.yaml:3',
      'b.yaml:4',
    ]);
  });

  test('reads a file of more than a mebibyte', async () => {
    const cwd = await createTree({
      '_index.yaml': `namespace: app\nentries:\n  - name: a\n    kind: registry.entry\n    text: "${'x'.repeat(2 ** 21)}"\n`,
    });
    const result = await loadDefinitions({ cwd, kinds: new KindTable(TEST_KINDS) });
    expect((result.entries[0]!.data.text as string).length).toBe(2 ** 21);
  });
});

describe('placeholders (app-format.md § 4.2)', () => {
  test('are filled in data and not in the written form or in program text', async () => {
    const result = await loadFiles(
      {
        '_index.yaml':
          'namespace: app\nentries:\n  - name: f\n    kind: function.lua\n    source: file://f.lua\n    method: ${env:METHOD|main}\n    addr: 127.0.0.1:${env:PORT|8080}\n    pool: {size: "${env:SIZE|4}"}\n',
        'f.lua': 'local x = "${env:METHOD|other}"',
      },
      { environment: { METHOD: 'go', PORT: '' } },
    );
    const [f] = result.entries;
    expect(linesOf(result)).toEqual([]);
    expect(f!.data).toMatchObject({ method: 'go', addr: '127.0.0.1:8080', pool: { size: 4 } });
    expect(f!.data.source).toContain('${env:METHOD|other}');
    expect(f!.written.data.method).toBe('${env:METHOD|main}');
  });

  test('of a variable that is not set are an error with entry and field', async () => {
    const result = await loadFiles({ '_index.yaml': functionEntry('x').replace('main', '${env:NOPE}') });
    expect(linesOf(result)).toEqual([
      '_index.yaml:6:13: error: app:f: field "method": variable "NOPE" is not set',
    ]);
  });

  test('do not reach what JavaScript objects inherit', async () => {
    const result = await loadFiles({
      '_index.yaml': functionEntry('x').replace('main', '${env:constructor}'),
    });
    expect(linesOf(result)[0]).toContain('variable "constructor" is not set');
  });
});

describe('formatProblem()', () => {
  test('shows the source line with a caret under the column', () => {
    const problem = {
      severity: 'error',
      position: { file: 'a.yaml', line: 2, column: 8 },
      entryId: 'app:x',
      field: 'func',
      reason: 'not found',
      hint: 'did you mean "y"?',
    } as const;
    expect(formatProblem(problem, { source: () => 'first\n\tfunc: get\nlast' })).toBe(
      'a.yaml:2:8: error: app:x: field "func": not found (did you mean "y"?)\n 2 | \tfunc: get\n   | \t      ^',
    );
  });

  test('lets no control character of a hostile file reach the terminal', () => {
    const problem = {
      severity: 'error',
      position: { file: 'a\u0007.yaml', line: 1, column: 1 },
      entryId: undefined,
      field: undefined,
      reason: 'bad \u001b[2Jtext\u0000',
    } as const;
    const text = formatProblem(problem, { source: () => '\u001b]0;owned\u0007 x' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]/);
  });
});
