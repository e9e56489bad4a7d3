/**
 * Whatever stands in a field of a definition file, what a user reads about it is ours (`app-format.md` § 6.3, 6.4): an
 * entry, a field, a place and a sentence, never the text of a JavaScript exception.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { HubError } from '../../src/base/index.ts';
import { MiddlewareOptions } from '../../src/http/middleware/middleware-options.ts';
import { createHub, type Hub } from '../../src/index.ts';
import { type JsonSchema, loadDefinitions, type Problem } from '../../src/registry/index.ts';

/** One of every kind of value YAML can write, and some that are not what they look like. */
const SHAPES = [
  ...[
    'null',
    '~',
    'true',
    'no',
    '0',
    '-1',
    '1.5',
    '.inf',
    '-.inf',
    '.nan',
    '0x1F',
    '9007199254740993',
    '1e400',
  ],
  ...[
    '""',
    '" "',
    '"1"',
    'x',
    '"a: b\\n\\0"',
    '"\\uD800"',
    '":"',
    '"::"',
    '"a:b:c"',
    '"app:fn"',
    '10s',
    '"-1s"',
  ],
  ...[
    '[]',
    '[[]]',
    '[null]',
    '[{a: 1}]',
    '[1, x, true]',
    '{}',
    '{a: {b: [1]}}',
    '{"": 1}',
    '{1: 2}',
    '{null: 1}',
  ],
  ...[
    '{__proto__: 1}',
    '{constructor: {prototype: 1}}',
    '{toString: 1}',
    '{toJSON: x}',
    '{length: 5}',
    '{then: 1}',
  ],
  ...['2024-01-01', '2024-01-01T00:00:00Z', '!!binary aGk=', '!!set {a}', '!mine x'],
  ...[
    `"\${env:NOPE}"`,
    `"\${env:NOPE|1}"`,
    '"${x"',
    'file://nope.lua',
    '"file://"',
    '"file://../../x"',
    '"[(*+"',
    '/x',
  ],
];

/** A value no registry can hold: its file is refused as a whole, so it stands alone. */
const UNHOLDABLE = '!!omap [a: 1]';

/** A legal entry of every kind: what is not varied. */
const SAMPLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'env.storage.memory': {},
  'env.storage.os': {},
  'env.storage.file': { file_path: 'variables.env' },
  'env.storage.static': { values: '{A: b}' },
  'env.storage.router': { storages: '[memory]' },
  'env.variable': { storage: 'memory' },
  'registry.entry': {},
  'ns.definition': {},
  'ns.dependency': { component: 'org/none' },
  'ns.requirement': { targets: '[{entry: fn, path: x}]', default: 'x' },
  'function.lua': { source: '"return {run = print}"', method: 'run' },
  'process.lua': { source: '"return {run = print}"', method: 'run' },
  'library.lua': { source: '"return {}"' },
  'module.lua': { source: '"return {}"' },
  'process.host': {},
  'process.service': { process: 'program', host: 'system:processes' },
  'terminal.host': {},
  'http.service': { addr: '":0"' },
  'http.router': { meta: '{server: gateway}', middleware: '[cors]' },
  'http.endpoint': { meta: '{router: api}', method: 'GET', path: '/p', func: 'fn' },
  'http.static': { meta: '{server: gateway}', path: '/s', fs: 'files' },
  'fs.directory': { directory: '.' },
  'store.memory': {},
  'pg.scope': {},
  'security.policy': { policy: '{actions: "*", resources: "*", effect: allow}' },
  'security.policy.expr': { policy: '{actions: "*", resources: "*", effect: allow, expression: "true"}' },
  'security.token_store': { store: 'cache', token_key: 'secret' },
};

/** What the samples refer to. */
const SURROUNDINGS = `version: "1.0"
namespace: app
entries:
  - {name: fn, kind: function.lua, source: "return {run = print}", method: run}
  - {name: program, kind: process.lua, source: "return {run = print}", method: run}
  - {name: gateway, kind: http.service, addr: ":0"}
  - {name: api, kind: http.router, meta: {server: gateway}}
  - {name: files, kind: fs.directory, directory: .}
  - {name: cache, kind: store.memory}
  - {name: memory, kind: env.storage.memory}
`;

/** Of the engine, or of a value that was made into text unasked. */
const NOT_OURS =
  /undefined|\[object|primitive value|is not a function|not iterable|Cannot read prop|TypeError|RangeError|ERR_[A-Z]|NaN|call stack|moonhub bug/;
/** A value of the file may be shown as it is. */
const SHOWN_VALUE = /got .*|"[^"]*"/g;

const folder = mkdtempSync(join(tmpdir(), 'moonhub-shape-'));
let hub: Hub;

beforeAll(async () => {
  writeFileSync(join(folder, '_index.yaml'), SURROUNDINGS);
  hub = await createHub({ path: folder, cwd: folder, log: { level: 'silent' } });
  await hub.openExtensions();
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await hub.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Fields = readonly (readonly [path: readonly string[], shape: string])[];

/** An entry of a kind with some fields set, as one line of YAML. */
function entryText(name: string, kind: string, fields: Fields): string {
  const tree: Record<string, unknown> = { ...SAMPLES[kind] };
  for (const [path, shape] of fields) {
    let at = tree;
    for (const step of path.slice(0, -1)) {
      if (typeof at[step] !== 'object') at[step] = {};
      at = at[step] as Record<string, unknown>;
    }
    at[path.at(-1)!] = shape;
  }
  const flow = (value: unknown): string =>
    typeof value === 'string'
      ? value
      : `{${Object.entries(value as object)
          .map(([key, item]) => `${JSON.stringify(key)}: ${flow(item)}`)
          .join(', ')}}`;
  return `  - ${flow({ name, kind, ...tree })}\n`;
}

/** Loads entries beside their surroundings. @returns what was found, or thrown. */
async function load(entries: readonly string[]): Promise<readonly Problem[]> {
  writeFileSync(join(folder, '_index.yaml'), SURROUNDINGS + entries.join(''));
  const { kinds } = hub;
  const result = await loadDefinitions({ path: folder, cwd: folder, kinds, environment: {} });
  return result.problems;
}

/** Judges what a user would read. */
function expectOurs(problems: readonly Problem[], entries: readonly string[]): void {
  for (const problem of problems) {
    const { reason, hint = '', position } = problem;
    const said = `${reason} ${hint}`.replace(SHOWN_VALUE, '');
    expect(said, `${JSON.stringify(problem)}\n${entries.join('')}`).not.toMatch(NOT_OURS);
    expect(reason.length).toBeGreaterThan(5);
    expect(position, JSON.stringify(problem)).toBeDefined();
  }
}

/** Every field a schema names, with those below it; maps of anything get two keys. */
function fieldsOf(schema: JsonSchema | undefined, prefix: readonly string[] = []): (readonly string[])[] {
  const own = Object.entries((schema?.properties ?? {}) as Record<string, JsonSchema>);
  const open =
    schema?.type === 'object' && own.length === 0
      ? [
          [...prefix, 'x'],
          [...prefix, '__proto__'],
        ]
      : [];
  return [
    ...own.flatMap(([key, property]) => [[...prefix, key], ...fieldsOf(property, [...prefix, key])]),
    ...open,
  ];
}

function everyField(kind: string): (readonly string[])[] {
  const { metaSchema, schema } = hub.kinds.get(kind)!;
  return [
    // The lifecycle block is the same everywhere.
    ...fieldsOf(kind === 'process.service' ? hub.kinds.schemaOf(kind) : schema),
    ...fieldsOf(metaSchema, ['meta']),
    ...[
      ['meta'],
      ['meta', 'depends_on'],
      ['meta', 'parent'],
      ['data'],
      ['lifecycle'],
      ['name'],
      ['kind'],
      ['anything'],
    ],
  ];
}

/** Entries of one load. */
const BATCH = 100;
/** Each field gets every fourth shape, the next field the next ones. */
const STRIDE = 4;

async function expectAllOurs(entries: readonly string[]): Promise<void> {
  for (let at = 0; at < entries.length; at += BATCH) {
    const batch = entries.slice(at, at + BATCH);
    try {
      expectOurs(await load(batch), batch);
    } catch (error) {
      if (error instanceof HubError) expect(error.message).not.toMatch(NOT_OURS);
      else throw error;
    }
  }
}

describe('a definition file with anything in any field', () => {
  it('every kind has a sample here', () => {
    const kinds = hub.kinds.all().filter((kind) => kind.isUnsupported !== true);
    expect(kinds.map(({ kind }) => kind).sort()).toEqual(Object.keys(SAMPLES).sort());
  });

  it.each(Object.keys(SAMPLES))('%s says what is wrong in words of ours', async (kind) => {
    const fields = everyField(kind);
    await expectAllOurs(
      fields.flatMap((path, field) =>
        SHAPES.filter((_, index) => (index + field) % STRIDE === 0).map((shape, index) =>
          entryText(`x${field}-${index}`, kind, [[path, shape]]),
        ),
      ),
    );
  });

  it('a value that cannot be kept is refused with its place', async () => {
    const entries = [entryText('x', 'registry.entry', [[['anything'], UNHOLDABLE]])];
    const problems = await load(entries);
    expect(problems).toHaveLength(1);
    expectOurs(problems, entries);
  });

  it('options of every middleware say what is wrong in words of ours', async () => {
    const keys = new Set<string>();
    const { raw } = MiddlewareOptions.prototype;
    const recordingRaw = function (this: MiddlewareOptions, ...read: readonly string[]): string | undefined {
      for (const key of read) keys.add(key);
      return raw.apply(this, [...read]);
    };
    vi.spyOn(MiddlewareOptions.prototype, 'raw').mockImplementation(recordingRaw as never);
    const names =
      '[cors, ratelimit, compress, real_ip, sendfile, metrics, token_auth, websocket_relay, sse_relay]';
    const guards = '[endpoint_firewall, resource_firewall]';
    const lists: Fields = [
      [['middleware'], names],
      [['post_middleware'], names],
    ];
    await load([
      entryText('a', 'http.router', lists),
      entryText('b', 'http.router', [[['middleware'], guards]]),
    ]);
    expect(keys.size).toBeGreaterThan(30);
    await expectAllOurs(
      [...keys].flatMap((key, option) =>
        SHAPES.filter((_, index) => (index + option) % STRIDE === 0).map((shape, index) => {
          const name = names.slice(1, -1).split(', ')[(option + index) % 9]!;
          return entryText(`x${option}-${index}`, 'http.router', [
            [['middleware'], `[${name}]`],
            [['options', key], shape],
            [['post_middleware'], names],
            [['post_options', key], shape],
          ]);
        }),
      ),
    );
  });

  it('several fields at once, at random', async () => {
    const kinds = fc.constantFrom(...Object.keys(SAMPLES));
    const change = fc.tuple(fc.nat(), fc.constantFrom(...SHAPES));
    const entry = fc.tuple(kinds, fc.array(change, { minLength: 1, maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 20 }), async (drawn) => {
        await expectAllOurs(
          drawn.map(([kind, changes], index) => {
            const fields = everyField(kind);
            return entryText(
              `x${index}`,
              kind,
              changes.map(([at, shape]) => [fields[at % fields.length]!, shape] as const),
            );
          }),
        );
      }),
      { numRuns: 15 },
    );
  });
});
