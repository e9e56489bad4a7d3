import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { HubError } from '../../src/base/index.ts';
import type { CallResult } from '../../src/hub/index.ts';
import { createEntry, toLoadFailure } from '../../src/registry/index.ts';
import { createTree } from '../registry/world.ts';
import { cli, command, ok } from './world.ts';

test('run PATH serves until a signal, says what listens, and exits 0 (app-format.md 10.1)', async () => {
  const cwd = await createTree({ 'guide/_index.yaml': '' });
  const { code, out, calls, options } = await cli(['run', 'guide', '--watch'], { cwd, signals: 1 });
  expect(code).toBe(0);
  expect(options).toMatchObject({ path: 'guide', cwd, watch: true, log: { level: 'info' } });
  expect(calls).toEqual(['start', 'stop', 'unlisten']);
  expect(out).toContain('app:gateway  http://127.0.0.1:8080');
  expect(out).toContain('watching files');
});

test('run without a path leaves the choice to the hub', async () => {
  const { options } = await cli(['run'], { signals: 1 });
  expect(options?.path).toBeUndefined();
  expect(options).toMatchObject({ watch: false });
});

test('run with a second signal ends at once with 1 (app-format.md 10.2)', async () => {
  const { exits } = await cli(['run'], { signals: 2 });
  expect(exits).toEqual([1]);
});

test('M6: a terminal is told who a stop waits for, and that a second Ctrl+C ends at once; else the log is', async () => {
  const progress = [
    { stage: 'drain', services: [], work: { requests: 3, connections: 20 }, elapsedMs: 1_000 },
    { stage: 'services', services: ['app:a', 'app:b'], work: {}, elapsedMs: 2_000 },
    {
      stage: 'services',
      services: Array.from({ length: 10 }, (_, i) => `app:${i}`),
      work: {},
      elapsedMs: 3_000,
    },
    { stage: 'extensions', services: [], work: {}, elapsedMs: 4_000 },
  ] as const;
  const { errors, code } = await cli(['run'], { signals: 1, isTerminal: true, progress });
  expect(errors).toBe(
    [
      'requests: 3, connections: 20',
      'app:a, app:b',
      'app:0, app:1, app:2, app:3, app:4, app:5, app:6, app:7 and 2 more',
      'extensions to close',
    ]
      .map((whom) => `stopping, waiting for ${whom}; Ctrl+C again ends at once\n`)
      .join(''),
  );
  expect(code).toBe(0);
  const { options } = await cli(['run'], { signals: 1 });
  expect(options?.onStopProgress).toBeUndefined();
});

test('M6: a command that does not end with the first Ctrl+C is named after a second', async () => {
  const given = { entries: [command('cli')], signals: 1, isTerminal: true };
  const slow = await cli(['run', 'cli'], { ...given, ignoresMs: 1_500 });
  expect(slow.errors).toBe('stopping, waiting for app:cli.process; Ctrl+C again ends at once\n');
  for (const script of [
    { ...given, ignoresMs: 900 },
    { ...given, ignoresMs: 1_500, isTerminal: false },
  ])
    expect((await cli(['run', 'cli'], script)).errors).toBe('');
});

test('run that could not stop in time exits 1 (app-format.md 10.1)', async () => {
  const stop = new HubError('MH_REGISTRY_REENTERED', { message: 'Cannot stop in order' });
  const { code, errors } = await cli(['run'], { signals: 1, fails: { stop } });
  expect(code).toBe(1);
  expect(errors).toContain('Error: Cannot stop in order');
});

test('run with load errors prints each with its source line and exits 1 (app-format.md 6.4)', async () => {
  const cwd = await createTree({ '_index.yaml': 'namespace: app\nfunc: get_usr\n' });
  const create = toLoadFailure([
    {
      severity: 'error',
      position: { file: '_index.yaml', line: 2, column: 7 },
      entryId: 'app:x',
      field: 'func',
      reason: 'function "app:get_usr" not found',
      hint: 'did you mean "app:get_user"?',
    },
  ]);
  const { code, errors, calls } = await cli(['run', '.'], { cwd, fails: { create } });
  expect(code).toBe(1);
  expect(calls).toEqual([]);
  expect(errors).toBe(
    '_index.yaml:2:7: error: app:x: field "func": function "app:get_usr" not found (did you mean "app:get_user"?)\n' +
      ' 2 | func: get_usr\n   |       ^\n' +
      'Error: Cannot load the application: its definitions have 1 error\n',
  );
});

test('run whose start fails stops what had started and exits 1', async () => {
  const start = new HubError('MH_REGISTRY_REENTERED', {
    message: 'Cannot listen',
    hint: 'Choose another port.',
  });
  const { code, errors, calls } = await cli(['run', '.'], { fails: { start } });
  expect(code).toBe(1);
  expect(errors).toBe('Error: Cannot listen\nChoose another port.\n');
  expect(calls).toEqual(['start', 'stop', 'unlisten']);
});

test('run NAME runs the process with that command name; the rest are its arguments (app-format.md § 11)', async () => {
  const script = { entries: [command('migrate')], outcome: ok(null) };
  const { code, calls, options } = await cli(['run', 'migrate', 'a', '--watch', '-x'], script);
  expect(code).toBe(0);
  expect(calls).toEqual(['start', 'run app:migrate.process - a,--watch,-x', 'stop', 'unlisten']);
  expect(options).toMatchObject({ watch: false, log: { level: 'silent' } });
  expect(options?.path).toBeUndefined();
});

test('run NAME that nobody declares lists the commands and exits 1', async () => {
  const { code, errors, calls } = await cli(['run', 'migrat'], { entries: [command('migrate')] });
  expect(code).toBe(1);
  expect(errors).toBe('Error: command "migrat" not found\ndid you mean "migrate"? Commands: migrate\n');
  expect(calls).toEqual([]);
});

test('run with a word that looks like a path is never taken for a name', async () => {
  const { options } = await cli(['run', './app/_index.yaml'], { signals: 1 });
  expect(options).toMatchObject({ path: './app/_index.yaml' });
});

test('run -x runs an entry on the host given (app-format.md § 11)', async () => {
  const script = { entries: [command('cli')], outcome: ok(3) };
  const { code, calls } = await cli(
    ['run', '-x', 'app:cli.process', '--host', 'app:term', 'a', '--b'],
    script,
  );
  expect(code).toBe(3);
  expect(calls[1]).toBe('run app:cli.process app:term a,--b');
});

test.each<[argv: string[], call: string]>([
  [['run', 'chat', '-x', 'app:cli.process', 'a', '--b'], 'run app:cli.process - a,--b'],
  [['run', 'chat', '--exec', 'app:cli.process'], 'run app:cli.process - '],
  [
    ['run', 'chat', '--exec=app:cli.process', '--host', 'app:t', '--', '--b', '-x'],
    'run app:cli.process app:t --b,-x',
  ],
  [
    ['run', 'chat', '-x', 'app:cli.process', '--host', 'app:t', 'a', '--host'],
    'run app:cli.process app:t a,--host',
  ],
  [['run', '--profile', 'dev', 'chat', '-v', '-x', 'app:cli.process', 'a'], 'run app:cli.process - a'],
])('%j runs a process of the application at the path', async (argv, call) => {
  const cwd = await createTree({
    'chat/_index.yaml': '',
    '.wippy.yaml': 'version: "1.0"\nprofiles: {dev: {}}\n',
  });
  const { code, calls, options } = await cli(argv, { cwd, entries: [command('cli')], outcome: ok(3) });
  expect([code, calls[1], options?.path]).toEqual([3, call, 'chat']);
});

test('run PATH list lists the commands of that application', async () => {
  const cwd = await createTree({ 'chat/_index.yaml': '' });
  const { out, options } = await cli(['run', 'chat', 'list'], { cwd, entries: [command('migrate')] });
  expect(out).toContain('migrate  app:migrate.process');
  expect(options?.path).toBe('chat');
});

test('flags that may be repeated add up before and after the path', async () => {
  const cwd = await createTree({ 'chat/_index.yaml': '' });
  const argv = ['run', '--set', 'logger.level=warn', 'chat', '--set', 'shutdown.timeout=5s'];
  const { options } = await cli(argv, { cwd, signals: 1 });
  expect(options).toMatchObject({ shutdownTimeoutMs: 5000, log: { level: 'warn' } });
});

test('a path below registry/ that is not here is an example of the package, also for lint and registry list', async () => {
  const cwd = await createTree({ 'registry/mine/_index.yaml': '' });
  for (const argv of [
    ['run', 'registry/relay'],
    ['lint', './registry/relay/'],
    ['registry', 'list', 'registry/relay'],
  ]) {
    const { options, errors } = await cli(argv, { cwd, signals: 1 });
    expect(options?.path).toMatch(/^\/.*\/registry\/relay\/?$/);
    expect(errors).toContain(`comes with moonhub: ${options?.path}`);
  }
  for (const path of ['registry/mine', 'registry/none', 'registry/../src', '../registry/relay']) {
    expect((await cli(['run', path], { cwd, signals: 1 })).options?.path).toBe(path);
  }
});

test.each<[argv: string[], message: string]>([
  [['rnu'], "unknown command 'rnu'"],
  [['run', '--wtach'], "unknown option '--wtach'\n(Did you mean --watch?)"],
  [['run', '.', '--profle', 'x'], "unknown option '--profle'\n(Did you mean --profile?)"],
  [['lint', '--jsn'], "unknown option '--jsn'\n(Did you mean --json?)"],
  [['registry', 'lst'], "unknown command 'lst'\n(Did you mean list?)"],
  [['lint', 'a', 'b'], 'too many arguments'],
  [['run', '-x'], "option '-x, --exec <entry>' argument missing"],
])('%j is refused with what was meant (app-format.md § 11)', async (argv, message) => {
  const { code, errors } = await cli(argv);
  expect([code, errors]).toEqual([1, expect.stringContaining(`Error: ${message}`)]);
});

test.each([
  [['--help']],
  [['help', 'run']],
  ...['run', 'lint', 'test', 'init', 'version', 'registry'].map((name) => [[name, '--help']]),
  [['registry', 'show', '-h']],
  [['run', '.', '--help']],
])('%j explains and exits 0', async (argv) => {
  const { code, out, errors } = await cli(argv);
  expect([code, out, errors]).toEqual([0, expect.stringContaining('Usage: '), '']);
});

test('run -x of no entry suggests one', async () => {
  const { code, errors } = await cli(['run', '-x', 'app:cli.proces'], { entries: [command('cli')] });
  expect(code).toBe(1);
  expect(errors).toContain('did you mean "app:cli.process"?');
});

test('run uses the main command when nothing else would run (app-format.md § 11)', async () => {
  const entries = [command('other'), command('app', { main: true })];
  const { calls } = await cli(['run'], { entries, outcome: ok(null) });
  expect(calls[1]).toBe('run app:app.process - ');
});

test('a signal is a CANCEL for the command process, not the end (app-format.md 10.3)', async () => {
  const { code, calls } = await cli(['run', '-x', 'app:cli.process'], {
    entries: [command('cli')],
    signals: 1,
  });
  expect(code).toBe(0);
  expect(calls).toContain('cancel');
});

test.each<[string, CallResult, number, string, string]>([
  ['nil', ok(null), 0, '', ''],
  ['a table', ok({ a: 1 }), 0, '', ''],
  ['a number', ok(3.9), 3, '', ''],
  ['NaN', ok(Number.NaN), 1, '', ''],
  ['true', ok(true), 0, '', ''],
  ['false', ok(false), 1, '', ''],
  ['a string', ok('héllo'), 0, 'héllo\n', ''],
  [
    'an error',
    { ok: false, failure: { kind: 'Internal', message: 'boom', retryable: undefined } },
    1,
    '',
    'Error: boom\n',
  ],
])(
  'the exit code of a command that returns %s (app-format.md § 11)',
  async (_, outcome, code, out, errors) => {
    const result = await cli(['run', '-x', 'app:cli.process'], { entries: [command('cli')], outcome });
    expect([result.code, result.out, result.errors]).toEqual([code, out, errors]);
  },
);

test('run list prints a table of commands, without tests', async () => {
  const entries = [command('migrate'), command('a'), command('check', { use_case: 'test' })];
  const { out, calls } = await cli(['run', 'list'], { entries });
  expect(calls).toEqual([]);
  expect(out).toBe(
    'NAME     ENTRY                DESCRIPTION\na        app:a.process        does a\nmigrate  app:migrate.process  does migrate\n',
  );
});

test.each([
  [['run', '.', '-v'], 'debug'],
  [['-v', 'run', '.'], 'debug'],
  [['run', '-s', '.'], 'silent'],
  [['run', '-x', 'app:cli.process'], 'silent'],
  [['run', '-c', '-x', 'app:cli.process'], 'info'],
])('%j logs at level %s', async (argv, level) => {
  const { options } = await cli(argv, { entries: [command('cli')], outcome: ok(null), signals: 1 });
  expect(options?.log).toMatchObject({ level });
});

test('version prints name and version, or the version alone', async () => {
  expect((await cli(['version'])).out).toMatch(/^moonhub \d+\.\d+\.\d+\n$/);
  expect((await cli(['version', '--short'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('--help explains with examples and exits 0', async () => {
  const { code, out } = await cli(['--help']);
  expect(code).toBe(0);
  expect(out).toContain('moonhub run registry/guide --watch');
  expect((await cli(['run', '--help'])).out).toContain('--watch');
});

test.each([
  [['rnu'], /^Error: unknown command 'rnu'/],
  [['run', '--wacth'], /^Error: unknown option '--wacth'/],
  [['run', '.', '--wacth'], /^Error: unknown option '--wacth'/],
  [['run', '.', 'more'], /^Error: too many arguments/],
])('%j is an error and exits 1 (app-format.md § 11)', async (argv, message) => {
  const { code, errors, calls } = await cli(argv);
  expect(code).toBe(1);
  expect(errors).toMatch(message);
  expect(calls).toEqual([]);
});

test.each<[string[], boolean | 'poll']>([
  [[], false],
  [['--watch'], true],
  [['--watch=poll'], 'poll'],
  [['-w', '--watch=poll'], 'poll'],
])('run PATH %j watches as told (P11)', async (flags, watch) => {
  const { options } = await cli(['run', '.', ...flags], { signals: 1 });
  expect(options!.watch).toBe(watch);
  const before = await cli(['run', ...flags, '.'], { signals: 1 });
  expect(before.options!.watch).toBe(watch);
});

test('reloads are told: what and through what, or why not', async () => {
  const { options, printed } = await cli(['run', '.', '--watch'], { signals: 1 });
  const tell = options!.onReload!;
  printed.length = 0;
  const entry = createEntry({ id: 'app.lib:text', kind: 'library.lua' });
  tell({
    kind: 'applied',
    version: 2,
    changes: [{ operation: 'update', entry, previous: entry }],
    affected: [
      { id: 'app.lib:text', via: undefined },
      { id: 'app:chat', via: 'app.lib:text' },
    ],
    problems: [],
    isRecovery: false,
    durationMs: 12.4,
  });
  tell({
    kind: 'rejected',
    problems: [],
    error: new HubError('MH_REGISTRY_REENTERED', { message: 'Cannot do' }),
    refused: ['app:chat'],
  });
  tell({ kind: 'restored' });
  tell({ kind: 'start-file', file: resolve(options!.cwd!, '.wippy.yaml') });
  expect(printed).toEqual([
    'reloaded app.lib:text, app:chat via app.lib:text v2 in 12 ms\n',
    'Error: Cannot do\n',
    'not reloaded app:chat, the last good version keeps running\n',
    'files are good again, nothing to reload\n',
    '.wippy.yaml saved, it counts from the next start on\n',
  ]);
});
