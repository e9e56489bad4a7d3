/** What an uncaught error held stands in the log line and in the answer, bounded, whatever it is (P6). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type CallResult, createHub, type Hub, type LogOptions } from '../../src/index.ts';
import { createTree } from '../registry/world.ts';
import { eventually } from '../support/eventually.ts';

const entry = (name: string, kind: string, body: string, rest = '') =>
  `  - name: ${name}\n    kind: ${kind}\n    method: run\n    modules: [json]\n${rest}    source: |\n      local function run()\n        ${body}\n      end\n      return { run = run }\n`;

/** What a program raises, and what is shown of it. */
const RAISED: readonly (readonly [raised: string, message: string, content: string | undefined])[] = [
  ['{code = 42}', 'error object is a table value', '{code = 42}'],
  ['{code = 42, why = {"a", {b = true}}, [3.5] = "x", [7] = "y"}', 'error object is a table value', ''],
  [
    '{"first", "second", nil, "fourth"}',
    'error object is a table value',
    '{"first", "second", [4] = "fourth"}',
  ],
  ['{message = "no", code = 42}', 'no', '{code = 42}'],
  ['{message = "no", kind = "INVALID", details = {field = "age"}}', 'no', '{details = {field = "age"}}'],
  ['{message = "no", kind = "INVALID", retryable = true}', 'no', undefined],
  ['errors.new({message = "no", kind = errors.INVALID, details = {field = "age"}})', 'no', '{field = "age"}'],
  ['errors.new("no")', 'no', undefined],
  ['{}', 'error object is a table value', undefined],
  ['{f = print, u = json, e = errors.new("in")}', 'error object is a table value', ''],
  ['{text = "a\\n\\27[31m\\0é\\xff"}', 'error object is a table value', ''],
  ['{text = ("é"):rep(1000)}', 'error object is a table value', `{text = "${'é'.repeat(100)}"...}`],
  [
    'setmetatable({code = 42}, {__tostring = function(t) return "code " .. t.code end})',
    'code 42',
    undefined,
  ],
  [
    'setmetatable({code = 42}, {__tostring = function() error("in it") end})',
    'error object is a table value',
    '{code = 42}',
  ],
  [
    'setmetatable({code = 42}, {__tostring = function() while true do end end})',
    'error object is a table value',
    '{code = 42}',
  ],
  [
    'setmetatable({code = 42}, {__index = function() error("never asked") end, __pairs = error})',
    'error object is a table value',
    '{code = 42}',
  ],
  [
    '(function() local t = {a = 1} t.self = t return t end)()',
    'error object is a table value',
    '{a = 1, self = {...}}',
  ],
  [
    '(function() local t = {} for i = 1, 100 do t = {t} end return t end)()',
    'error object is a table value',
    '{{{{{...}}}}}',
  ],
  [
    '(function() local t = {} for i = 1, 1e5 do t[i] = i end return t end)()',
    'error object is a table value',
    '',
  ],
  [
    '(function() local t = {} for i = 1, 20 do t[i] = ("x"):rep(5000) end return {t, t, t} end)()',
    'error object is a table value',
    '',
  ],
  ['print', 'error object is a function value', undefined],
  ['nil', 'nil', undefined],
];

let hub: Hub;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'moonhub-raises-'));
  const entries = RAISED.map(([raised], index) =>
    entry(`raises${index}`, 'function.lua', `error(${raised})`),
  );
  writeFileSync(join(folder, '_index.yaml'), `version: "1.0"\nnamespace: app\nentries:\n${entries.join('')}`);
  hub = await createHub({ path: folder, log: { level: 'silent' } });
  await hub.start();
});
afterAll(async () => {
  await hub.stop();
  rmSync(folder, { recursive: true, force: true });
});

const raise = (index: number): Promise<CallResult> => hub.call({ entryId: `app:raises${index}` });

describe('the failure of an uncaught error', () => {
  it.each(RAISED.map((row, index) => [index, ...row] as const))(
    '%i: error(%s)',
    async (index, _, message, content) => {
      const outcome = await raise(index);
      if (outcome.ok) throw new Error('it did not fail');
      const { failure } = outcome;
      expect(failure.message).toMatch(
        message === 'no' || message === 'code 42' ? message : new RegExp(`${message}$`),
      );
      if (content !== '') expect(failure.content).toBe(content);
      expect(failure.content?.length ?? 0).toBeLessThan(2500);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      expect(failure.content ?? '').not.toMatch(/[\x00-\x1f\x7f]/);
    },
  );

  it('shows nested tables, odd keys, values without a text and bytes', async () => {
    const contentOf = async (index: number) => {
      const outcome = await raise(index);
      return outcome.ok ? undefined : outcome.failure.content;
    };
    const mixed = await contentOf(1);
    for (const part of ['code = 42', 'why = {"a", {b = true}}', '[3.5] = "x"', '[7] = "y"'])
      expect(mixed).toContain(part);
    const odd = await contentOf(9);
    for (const part of ['f = function', 'u = table', 'e = error "in"'])
      expect(odd?.replace(/u = \{.*?\}/, 'u = table')).toContain(part);
    expect(await contentOf(10)).toBe('{text = "a\\n\\u001b[31m\\u0000\\\\xc3\\\\xa9\\\\xff"}');
    expect(await contentOf(18)).toMatch(/^\{1, 2, .*20, \.\.\.\}$/);
    expect(await contentOf(19)).toMatch(/\.\.\.\}/);
  });
});

const APPLICATION = `version: "1.0"
namespace: app
entries:
  - {name: gateway, kind: http.service, addr: "127.0.0.1:0", lifecycle: {auto_start: true}}
  - {name: api, kind: http.router, meta: {server: gateway}}
  - {name: page, kind: http.endpoint, method: GET, path: /, func: handler, meta: {router: api}}
  - {name: service, kind: process.service, process: program, host: "system:processes", lifecycle: {auto_start: true, restart: {initial_delay: 1h}}}
${entry('handler', 'function.lua', 'error({ code = 41 })')}${entry('program', 'process.lua', 'error({ code = 42 })')}${entry('tested', 'function.lua', 'error({ code = 43 })', '    meta: { type: test }\n')}`;

/** Starts the application and gives what it logs. */
async function logged(options: LogOptions): Promise<{ hub: Hub; text: () => string }> {
  const folder = await createTree({ '_index.yaml': APPLICATION });
  const destination = new PassThrough();
  let text = '';
  destination.on('data', (chunk) => {
    text += String(chunk);
  });
  const hub = await createHub({ path: folder, cwd: folder, log: { ...options, destination } });
  onTestFinished(() => hub.stop());
  await hub.start();
  await fetch(hub.listening()[0]!.url);
  return { hub, text: () => text };
}

describe('the log', () => {
  it('says what an error held: process, service and handler, for people', async () => {
    const { text } = await logged({});
    await eventually(() => expect(text()).toMatch(/handler failed/));
    const line = (event: string) =>
      text()
        .split('\n')
        .find((each) => each.includes(event));
    expect(line('process failed')).toContain('{code = 42}');
    expect(line('service failed')).toContain('error object is a table value: {code = 42}');
    expect(line('handler failed')).toContain('{code = 41}');
  });

  it('says it as a field of its own, for machines', async () => {
    const { text } = await logged({ encoding: 'json' });
    await eventually(() => expect(text()).toMatch(/handler failed/));
    const lines = text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.find(({ msg }) => msg === 'process failed')).toMatchObject({ content: '{code = 42}' });
    expect(lines.find(({ msg }) => msg === 'handler failed')).toMatchObject({ content: '{code = 41}' });
  });
});
