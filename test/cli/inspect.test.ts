import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CallResult } from '../../src/hub/index.ts';
import { createEntry, type Problem, toLoadFailure, toMapping } from '../../src/registry/index.ts';
import { createTree } from '../registry/world.ts';
import { cli, command, ok } from './world.ts';

const entries = [
  createEntry({ id: 'app.b:router', kind: 'http.router', meta: toMapping({ tags: ['x'] }) }),
  createEntry({
    id: 'app.a:f',
    kind: 'function.lua',
    data: toMapping({ source: 'return 1\n', method: 'm', extra: 2 }),
  }),
  createEntry({ id: 'app.a:router', kind: 'http.router' }),
];

describe('registry list (app-format.md § 11)', () => {
  test('prints a table sorted by ID and a total', async () => {
    const { code, out, options } = await cli(['registry', 'list', 'guide'], { entries });
    expect(code).toBe(0);
    expect(options).toMatchObject({ path: 'guide', log: { level: 'silent' } });
    expect(out).toBe(
      'ID            KIND\napp.a:f       function.lua\napp.a:router  http.router\napp.b:router  http.router\n\nTotal: 3 entries\n',
    );
  });

  test.each([
    [
      ['-k', 'http.*'],
      ['app.a:router', 'app.b:router'],
    ],
    [
      ['-n', 'app.a'],
      ['app.a:f', 'app.a:router'],
    ],
    [['--name', 'router', '-n', '*b'], ['app.b:router']],
    [['--meta', 'tags=*x'], ['app.b:router']],
  ])('%j filters', async (flags, ids) => {
    const { out } = await cli(['registry', 'list', '--json', ...flags], { entries });
    expect((JSON.parse(out) as { id: string }[]).map(({ id }) => id)).toEqual(ids);
  });
});

describe('registry show (app-format.md § 11)', () => {
  test('prints an entry as its author wrote it', async () => {
    const { out } = await cli(['registry', 'show', 'app.a:f'], { entries });
    expect(out).toBe(
      'id: app.a:f\nkind: function.lua\nmeta: {}\ndata:\n  source: |\n    return 1\n  method: m\n  extra: 2\n',
    );
  });

  test.each([
    [['f', '-f', 'data.method', '--raw'], 'm'],
    [['f', '-f', 'method', '--json'], '"m"\n'],
    [['f', '-f', 'source', '--raw'], 'return 1\n'],
  ])('%j prints one field', async (words, text) => {
    expect((await cli(['registry', 'show', ...words], { entries })).out).toBe(text);
  });

  test.each([
    [
      ['router'],
      'Cannot choose an entry named "router": there are 2\nName one of app.b:router, app.a:router.',
    ],
    [['app.a:ff'], 'Cannot show entry "app.a:ff": there is no such entry\ndid you mean "app.a:f"?'],
    [['f', '-f', 'nope'], 'Cannot show field "nope": "app.a:f" has no such field'],
  ])('%j is an error', async (words, message) => {
    const { code, errors } = await cli(['registry', 'show', ...words], { entries });
    expect(code).toBe(1);
    expect(errors).toBe(`Error: ${message}\n`);
  });
});

describe('lint (app-format.md § 11)', () => {
  const warning: Problem = {
    severity: 'warning',
    position: { file: 'a.yaml', line: 1, column: 2 },
    entryId: 'app.b:x',
    field: 'kind',
    reason: 'old',
    code: 'W0004',
  };
  const error: Problem = { ...warning, severity: 'error', reason: 'bad', code: 'P0001' };

  test('reports unknown fields with the nearest known one; warnings alone exit 0', async () => {
    const { code, out, errors } = await cli(['lint'], { entries, warnings: [warning] });
    expect(code).toBe(0);
    expect(errors).toBe(
      'a.yaml:1:2: warning: app.b:x: field "kind": old\n' +
        'warning: app.a:f: field "extra": kind "function.lua" knows no such field; it has no effect\n',
    );
    expect(out).toBe('0 errors, 2 warnings\n');
  });

  test('exits 1 for errors, whether shown or not', async () => {
    const fails = { create: toLoadFailure([error, warning]) };
    const { code, out, errors } = await cli(['lint', '--ns', 'other.**'], { fails });
    expect([code, out, errors]).toEqual([1, '1 error, 1 warning\n', '']);
  });

  test.each([
    [['--level', 'error'], ['bad']],
    [
      ['--ns', 'app.*:x'],
      ['bad', 'old'],
    ],
    [['--code', 'W0004'], ['old']],
    [['--limit', '1'], ['bad']],
  ])('%j selects', async (flags, reasons) => {
    const { out } = await cli(['lint', '--json', ...flags], {
      fails: { create: toLoadFailure([error, warning]) },
    });
    const report = JSON.parse(out) as { diagnostics: { message: string }[] };
    expect(report.diagnostics.map(({ message }) => message.split(': ')[1])).toEqual(reasons);
  });

  test('--json prints objects with places and counts', async () => {
    const { out } = await cli(['lint', '--json'], { fails: { create: toLoadFailure([error]) } });
    expect(JSON.parse(out)).toEqual({
      diagnostics: [
        {
          entry_id: 'app.b:x',
          code: 'P0001',
          severity: 'error',
          message: 'field "kind": bad',
          file: 'a.yaml',
          line: 1,
          column: 2,
        },
      ],
      total_entries: 0,
      error_count: 1,
      warning_count: 0,
      hint_count: 0,
    });
  });
});

describe('init (app-format.md § 11)', () => {
  test('writes a lock file and makes the source folder; an existing file stays', async () => {
    const cwd = await createTree({});
    const first = await cli(['init', '-d', './app'], { cwd });
    expect(first.code).toBe(0);
    const text = readFileSync(path.join(cwd, 'wippy.lock'), 'utf8');
    expect(text).toBe('directories:\n  modules: .wippy\n  src: ./app\n');
    expect(statSync(path.join(cwd, 'app')).isDirectory()).toBe(true);
    const second = await cli(['init'], { cwd });
    expect(second.code).toBe(1);
    expect(second.errors).toBe('Error: Cannot write "wippy.lock": it exists already\n');
    expect(readFileSync(path.join(cwd, 'wippy.lock'), 'utf8')).toBe(text);
  });
});

describe('settings and flags (app-format.md § 7, § 11)', () => {
  test('reach the hub: overrides of the file first, then those of the command line', async () => {
    const cwd = await createTree({
      'my.yaml':
        'version: "1.0"\noverride: {"app:a:x": 1}\nshutdown: {timeout: 5s}\nlogger: {level: warn}\nprofiles: {dev: {logger: {level: error}}}\n',
    });
    const argv = [
      '--config',
      'my.yaml',
      'run',
      '.',
      '--profile',
      'dev',
      '-o',
      'app:a:y=2',
      '--set',
      'logger.encoding=json',
      '-l',
      'x.lock',
    ];
    const { options } = await cli(argv, { cwd, signals: 1 });
    expect(options).toMatchObject({
      shutdownTimeoutMs: 5000,
      log: { level: 'error', encoding: 'json' },
      rules: {
        lockFile: 'x.lock',
        overrides: [
          { entryId: 'app:a', path: 'x', value: 1 },
          { entryId: 'app:a', path: 'y', value: 2 },
        ],
      },
    });
  });

  test('that are wrong stop the command before anything is loaded', async () => {
    const { code, errors, options } = await cli(['run', '.', '--set', 'x'], { signals: 1 });
    expect(code).toBe(1);
    expect(errors).toContain('Error: Cannot read the configuration: --set takes');
    expect(options).toBeUndefined();
  });

  test('without an effect here say so', async () => {
    const { errors } = await cli(['run', '.', '-p', '-m', '1G'], { signals: 1 });
    expect(errors).toBe('note: --profiler has no effect here\nnote: --memory-limit has no effect here\n');
  });
});

describe('test (app-format.md § 11)', () => {
  const failure: CallResult = {
    ok: false,
    failure: { kind: 'Internal', message: 'expected 2', retryable: false },
  };
  const functionTest = (id: string, meta: Record<string, unknown> = {}) =>
    createEntry({ id, kind: 'function.lua', meta: toMapping({ type: 'test', ...meta }) });
  const tests = [
    functionTest('app:b', { suite: 'two', order: 2 }),
    functionTest('app:a', { suite: 'two', order: 1 }),
    functionTest('app.x:c'),
    createEntry({ id: 'app:none', kind: 'function.lua' }),
  ];

  test('calls test functions by suite and order, and exits 1 when one failed', async () => {
    const { code, out, calls } = await cli(['test'], {
      entries: tests,
      results: { 'app:b': failure, 'app.x:c': ok(false) },
    });
    expect(code).toBe(1);
    expect(calls).toEqual(['start', 'call app.x:c', 'call app:a', 'call app:b', 'stop', 'unlisten']);
    expect(out).toBe(
      'app.x\n  FAIL  app.x:c: returned false\ntwo\n  ok    app:a\n  FAIL  app:b: expected 2\n\n3 tests, 2 failed\n',
    );
  });

  test('takes parts of IDs and suites; exits 0 when all passed', async () => {
    const { code, calls } = await cli(['test', 'tw', '.x:'], { entries: tests });
    expect([code, calls.filter((call) => call.startsWith('call')).length]).toEqual([0, 3]);
  });

  test('a run that tests nothing fails, and says what there is', async () => {
    const nothing = await cli(['test', 'tow', 'nothing'], { entries: tests });
    expect([nothing.code, nothing.out, nothing.calls]).toEqual([1, '', ['start', 'stop', 'unlisten']]);
    expect(nothing.errors).toContain(
      'Cannot test "tow": no test has it in its ID or suite\ndid you mean "two"? Tests: app.x:c, app:a, app:b',
    );
    // One filter that matches does not excuse another that does not.
    expect((await cli(['test', 'app:a', 'nothing'], { entries: tests })).code).toBe(1);
    const empty = await cli(['test'], { entries: [] });
    expect([empty.code, empty.errors]).toEqual([1, expect.stringContaining('the application has no tests')]);
  });

  test('reads a suite or an order that is no scalar as none', async () => {
    const odd = [functionTest('app:odd', { suite: { a: 1 }, order: { b: [] } })];
    expect(await cli(['test'], { entries: odd })).toMatchObject({
      code: 0,
      out: expect.stringContaining('app\n'),
    });
  });

  test('runs the process declared for it instead, with the words as arguments', async () => {
    const entries = [...tests, command('check', { use_case: 'test' })];
    const { code, calls } = await cli(['test', 'one'], { entries, outcome: failure });
    expect(code).toBe(1);
    expect(calls[1]).toBe('run app:check.process - one');
  });
});
