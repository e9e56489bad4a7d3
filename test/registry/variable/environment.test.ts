import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createEntry,
  createEntrySet,
  createEnvironment,
  type Environment,
  toMapping,
} from '../../../src/registry/index.ts';
import { parseVariables, writeVariable } from '../../../src/registry/variable/environment-file.ts';
import { createTree, linesOf, loadFiles } from '../world.ts';

const code = (name: string) => expect.objectContaining({ code: name });

interface World {
  readonly variables?: Record<string, Record<string, unknown>>;
  readonly storages?: Record<string, Record<string, unknown>>;
  readonly system?: Record<string, string>;
  readonly cwd?: string;
}

/** Storages are `app:<name>`, named by the rest of their kind; variables are `app:<name>`. */
function open({ variables = {}, storages = {}, system = {}, cwd = '/' }: World): Environment {
  const entries = createEntrySet([
    ...Object.entries(storages).map(([name, data]) =>
      createEntry({
        id: `app:${name}`,
        kind: `env.storage.${name.replace(/\d$/, '')}`,
        data: toMapping(data),
      }),
    ),
    ...Object.entries(variables).map(([name, data]) =>
      createEntry({ id: `app:${name}`, kind: 'env.variable', data: toMapping(data) }),
    ),
  ]);
  return createEnvironment({ entries: () => entries, environment: system, cwd });
}

describe('Environment.get() (modules.md § 5)', () => {
  test('finds a public name, a bare entry name of the caller, an entry ID, then the system', () => {
    const environment = open({
      variables: { port: { variable: 'PORT', default: 1 }, hidden: { default: 'h' } },
      system: { HOME: '/root' },
    });
    expect(environment.get('PORT')).toBe('1');
    expect(environment.get('port', 'app')).toBe('1');
    expect(environment.get('port', 'other')).toBeUndefined();
    expect(environment.get('app:hidden')).toBe('h');
    expect(environment.get('HOME')).toBe('/root');
    expect(environment.get('toString')).toBeUndefined();
    expect(() => environment.get('')).toThrow(code('MH_ENV_KEY_INVALID'));
  });

  test('of a variable without storage is the system value if set, else the default (acceptance 5)', () => {
    const variables = { v: { variable: 'V', default: '5' } };
    expect(open({ variables }).get('V')).toBe('5');
    expect(open({ variables, system: { V: '6' } }).get('V')).toBe('6');
    expect(open({ variables, system: { V: '' } }).get('V')).toBe('5');
  });

  test('asks the storages of a router in order and skips empty values', () => {
    const environment = open({
      storages: {
        static1: { values: { A: '', B: 'first' } },
        static2: { values: { A: 'second', B: 'second' } },
        router: { storages: ['static1', 'app:static2'] },
      },
      variables: { a: { variable: 'A', storage: 'router' }, b: { variable: 'B', storage: 'app:router' } },
    });
    expect([environment.get('A'), environment.get('B')]).toEqual(['second', 'first']);
  });

  test('does not loop in a router that contains itself', () => {
    const environment = open({
      storages: { router: { storages: ['router'] } },
      variables: { a: { variable: 'A', storage: 'router', default: 'd' } },
    });
    expect(environment.get('A')).toBe('d');
    expect(() => environment.set('A', 'x')).toThrow(code('MH_ENV_READONLY'));
  });
});

describe('Environment.set() (modules.md § 5)', () => {
  test('writes to memory and to the first storage of a router', () => {
    const environment = open({
      storages: { memory: {}, static: { values: { A: 's' } }, router: { storages: ['memory', 'static'] } },
      variables: { a: { variable: 'A', storage: 'router' } },
    });
    expect(environment.get('A')).toBe('s');
    environment.set('A', 'm');
    expect(environment.get('A')).toBe('m');
    expect(environment.getAll()).toEqual({ A: 'm' });
  });

  test.each([
    ['what is not declared', 'NOPE', 'MH_ENV_NOT_FOUND'],
    ['a read-only variable', 'RO', 'MH_ENV_READONLY'],
    ['a static storage', 'ST', 'MH_ENV_READONLY'],
    ['the system', 'OS', 'MH_ENV_READONLY'],
    ['nothing', '', 'MH_ENV_KEY_INVALID'],
  ])('refuses %s', (_, key, expected) => {
    const environment = open({
      storages: { memory: {}, static: { values: {} } },
      variables: {
        ro: { variable: 'RO', storage: 'memory', read_only: true },
        st: { variable: 'ST', storage: 'static' },
        os: { variable: 'OS' },
      },
    });
    expect(() => environment.set(key, 'x')).toThrow(code(expected));
  });

  test('replaces the line of a file, keeps comments, and is seen by others at once', async () => {
    const cwd = await createTree({ '.env': '# top\nA=1 # one\n\nB = "x # y"\n' });
    const world = {
      cwd,
      storages: { file: { file_path: '.env' } },
      variables: {
        a: { variable: 'A', storage: 'file' },
        b: { variable: 'B', storage: 'file' },
        c: { variable: 'C', storage: 'file' },
      },
    };
    const environment = open(world);
    expect(environment.get('B')).toBe('x # y');
    environment.set('A', '2');
    environment.set('C', 'new');
    expect(readFileSync(path.join(cwd, '.env'), 'utf8')).toBe('# top\nA=2 # one\n\nB = "x # y"\nC=new\n');
    expect(open(world).getAll()).toEqual({ A: '2', B: 'x # y', C: 'new' });
    writeFileSync(path.join(cwd, '.env'), 'A=from outside\n');
    expect(environment.get('A')).toBe('from outside');
    expect(() => environment.set('A', 'two\nlines')).toThrow(code('MH_ENV_VALUE_INVALID'));
    expect(environment.get('A')).toBe('from outside');
  });

  test('creates the file only when told to, with the mode told', async () => {
    const cwd = await createTree({});
    const variables = { a: { variable: 'A', storage: 'file' } };
    const refused = open({ cwd, variables, storages: { file: { file_path: 'x/.env' } } });
    expect(refused.get('A')).toBeUndefined();
    expect(() => refused.set('A', '1')).toThrow(code('MH_ENV_STORAGE_FAILED'));
    const storages = { file: { file_path: 'x/.env', auto_create: true, file_mode: 600 } };
    open({ cwd, variables, storages }).set('A', '1');
    expect(statSync(path.join(cwd, 'x/.env')).mode & 0o777).toBe(0o600);
  });
});

describe('variable files (app-format.md § 5.4)', () => {
  test.each([
    ['A=1', '1'],
    [' A = 1 ', '1'],
    ['A=a=b', 'a=b'],
    ['A=1 # c', '1'],
    ['A="1 # c"', '1 # c'],
    ["A='1' # c", '1'],
    ['A="a" b', 'a'],
    ['A=a "b"', 'a "b"'],
    ["A=it's", "it's"],
    ['A=`1 # c`', '1 # c'],
    ['A="two\\nlines"', 'two\nlines'],
    ["A='one\\nline'", 'one\\nline'],
    ['A="one\ntwo"', 'one\ntwo'],
    ['export A=1', '1'],
    ['\uFEFFA=1', '1'],
    ['A=1\r\nB=2\r', '1'],
    ['A="open\nB=2', '"open'],
    ['A=', ''],
    ['# A=1', undefined],
    ['A', undefined],
    ['=1', undefined],
  ])('%s', (line, value) => {
    expect(parseVariables(line).get('A')).toBe(value);
  });

  test('read back what was written, and leave other lines alone', () => {
    const text = fc.string({
      unit: fc.constantFrom('A', 'B', '=', '#', '"', "'", '`', ' ', '\n', '\\', 'n'),
    });
    fc.assert(
      fc.property(text, text, (before, value) => {
        const after = writeVariable(before, 'KEY', value);
        if (value.includes('\n')) expect(after).toBeUndefined();
        if (after === undefined) return;
        const variables = parseVariables(after);
        expect(variables.get('KEY')).toBe(value);
        for (const [key, other] of parseVariables(before)) expect(variables.get(key)).toBe(other);
        expect(parseVariables(writeVariable(after, 'KEY', 'again')!).get('KEY')).toBe('again');
      }),
      { numRuns: 500 },
    );
  });
});

describe('variables in definition files', () => {
  test('fill placeholders; the variable default wins over the inline one (app-format.md § 4.2)', async () => {
    const result = await loadFiles({
      '_index.yaml': `namespace: app
entries:
  - {name: store, kind: env.storage.static, values: {SIZE: "7"}}
  - {name: size, kind: env.variable, variable: SIZE, storage: store}
  - {name: secret, kind: env.variable, default: s3cret}
  - {name: x, kind: function.lua, source: x, method: "\${env:app:secret|inline}", pool: {size: "\${env:SIZE|1}"}}
`,
    });
    const x = result.entries.find(({ name }) => name === 'x')!;
    expect(linesOf(result)).toEqual([]);
    expect(x.data).toMatchObject({ method: 's3cret', pool: { size: 7 } });
    expect(x.references.map(({ target }) => target).sort()).toEqual(['app:secret', 'app:size']);
  });

  test('with one public name twice are an error naming the other (app-format.md 6.2)', async () => {
    const result = await loadFiles({
      '_index.yaml':
        'namespace: app\nentries:\n  - {name: a, kind: env.variable, variable: X}\n  - {name: b, kind: env.variable, variable: X}\n',
    });
    expect(linesOf(result)).toEqual([
      '_index.yaml:4:45: error: app:b: field "variable": "X" is the name of "app:a" already',
    ]);
  });
});
