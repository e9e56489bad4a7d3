/** Before a change touches anything every changed program is tried (`app-format.md` 8.6, H7), whoever makes it. */
import { describe, expect, it } from 'vitest';
import type { Hub } from '../../src/index.ts';
import { formatProblem } from '../../src/registry/index.ts';
import { bootHub } from '../support/boot-hub.ts';
import { eventually } from '../support/eventually.ts';

const INDEX = `version: "1.0"
namespace: app
entries:
  - name: hub
    kind: process.lua
    source: file://hub.lua
    method: run
    modules: [time, events, env, store, registry, logger, funcs]
    imports: { text: text }
  - name: hub.service
    kind: process.service
    process: hub
    host: system:processes
    lifecycle: { auto_start: true }
  - name: text
    kind: library.lua
    source: file://text.lua
  - name: over
    kind: library.lua
    source: 'local text = require("text") return { word = text.word }'
    imports: { text: text }
  - name: greet
    kind: function.lua
    source: 'local over = require("over") local function handler() return over.word() end return { handler = handler }'
    method: handler
    imports: { over: over }
  - name: look
    kind: function.lua
    method: handler
    modules: [store, env]
    source: |
      local function handler()
        local store, env = require("store"), require("env")
        return {
          (process.registry.lookup("from-trial")) ~= nil,
          (store.get("app:kv"):get("k")) ~= nil,
          (env.get("TRIED")) ~= nil,
        }
      end
      return { handler = handler }
  - name: kv
    kind: store.memory
    lifecycle: { auto_start: true }
`;

const HUB = `local text = require("text")
local function run()
  process.registry.register("hub")
  process.events():receive()
end
return { run = run }
`;

const boot = () =>
  bootHub({
    files: {
      '_index.yaml': INDEX,
      'hub.lua': HUB,
      'text.lua': 'return { word = function() return "one" end }',
    },
  });

const pidOf = (hub: Hub) => hub.inspect().processes.find(({ entryId }) => entryId === 'app:hub')?.pid;

/** Writes the source of an entry again. */
const save = async (
  hub: Hub,
  id: string,
  source: string,
  more: Record<string, unknown> = {},
): Promise<string> => {
  const entry = hub.registry.get(id)!;
  const data = { ...entry.data, ...more, source } as typeof entry.data;
  const origin = { origin: entry.origin! };
  return hub.registry
    .apply([{ operation: 'update', entry: { id, kind: entry.kind, data, ...origin } as never }])
    .then(
      (version) => `applied v${version}`,
      (error: Error) => error.message,
    );
};

describe('a change', () => {
  it('whose program would not load is refused with place and repair, and what runs goes on', async () => {
    const { hub } = await boot();
    const before = pidOf(hub);
    const cases: [string, string][] = [
      ['error("no")', 'app:hub:1: no'],
      [
        'local x = nil\nlocal y = x.field\nreturn { run = function() end }',
        "app:hub:2: attempt to index a nil value (local 'x')",
      ],
      ['return { start = function() end }', 'method "run" not found in module'],
      ['local process_name = "run" return 5', 'method "run" not found in module'],
      [
        'local yaml = require("yaml") return { run = function() end }',
        'does not list it under modules (add yaml to its modules)',
      ],
      [
        'local function run() local yaml = require "yaml" end return { run = run }',
        'add yaml to its modules',
      ],
      ['local jsn = require("jsn") return { run = function() end }', "module 'jsn' not found"],
      [
        'require("time").sleep("1s") return { run = function() end }',
        'attempt to yield from outside a coroutine',
      ],
      [
        'process.inbox():receive() return { run = function() end }',
        'attempt to yield from outside a coroutine',
      ],
      ['error({ code = 42 })', 'error object is a table value'],
      ['local function', 'expected near <eof>'],
    ];
    for (const [source, reason] of cases)
      expect(await save(hub, 'app:hub', source), source).toContain(reason);
    expect(pidOf(hub)).toBe(before);
    expect(hub.registry.version).toBe(0);
    expect(hub.inspect().services).toContainEqual(
      expect.objectContaining({ id: 'app:hub.service', state: 'running' }),
    );
  });

  it('is refused when a library would break one of its importers, direct or not', async () => {
    const { hub } = await boot();
    expect(await save(hub, 'app:text', 'return nil + 1')).toContain(
      'app:text:1: attempt to perform arithmetic on a nil value',
    );
    // `app:over` reads `text.word` when it is loaded: without the table it cannot be.
    expect(await save(hub, 'app:text', 'return 5')).toMatch(
      /app:(over|greet): app:over:1: attempt to index a number value/,
    );
    expect(await hub.call({ entryId: 'app:greet' })).toMatchObject({ ok: true, value: 'one' });
    expect(await save(hub, 'app:text', 'return { word = function() return "two" end }')).toBe('applied v1');
    expect(await hub.call({ entryId: 'app:greet' })).toMatchObject({ ok: true, value: 'two' });
  });

  it('of a library that does not load is refused once, however many import it', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `user${index}`);
    const { hub } = await bootHub({
      files: {
        'slow.lua': 'return {}',
        'user.lua': 'local slow = require("slow") return { handler = function() end }',
        '_index.yaml': `namespace: app
entries:
  - { name: slow, kind: library.lua, source: file://slow.lua }
${names.map((name) => `  - { name: ${name}, kind: function.lua, source: file://user.lua, method: handler, imports: { slow: slow } }`).join('\n')}
`,
      },
    });
    const refusal = await save(hub, 'app:slow', 'while true do end');
    expect(refusal).toMatch(/app:slow: .*instruction budget exceeded/);
    // One trial, and not a hundred of a third of a second each.
    expect(refusal).not.toContain('more)');
  });

  it('is not refused for what was broken before and is not changed', async () => {
    const { hub } = await boot();
    const broken = { id: 'app:broken', kind: 'function.lua' };
    const data = {
      source: 'local function handler() end return { handler = handler }',
      method: 'handler',
      imports: { text: 'app:text' },
    };
    await hub.registry.apply([{ operation: 'create', entry: { ...broken, data } }]);
    // Loads only as long as nobody sets this name: nothing a trial could see.
    expect(
      await save(
        hub,
        'app:broken',
        `local env = require("env") env.get("NOT_SET") error("x") return {handler = 1}`,
        { modules: ['env'] },
      ),
    ).toMatch('applied');
    expect(await save(hub, 'app:text', 'return { word = function() return "two" end }')).toMatch('applied');
  });

  it('may list a module this host does not have: the entry says so, the program is taken as it is', async () => {
    const { hub } = await boot();
    const source =
      'local sql, c = require("sql"), require("c") local function handler() end return { handler = handler }';
    const more = { modules: ['sql'], imports: { c: 'contract' } };
    expect(await save(hub, 'app:look', source, more)).toMatch('applied');
    expect(await save(hub, 'app:look', source, { modules: [], imports: {} })).toMatch(/module '(sql|c)'/);
  });

  it('leaves no trace in the world: what a tried top level sends, registers, stores and announces is not done', async () => {
    const { hub, log } = await boot();
    const acts = `
      local events, store, env, time = require("events"), require("store"), require("env"), require("time")
      local mail, signs = process.inbox(), process.events()
      local bell = time.after("1ms")
      assert(process.registry.register("from-trial"))
      assert(process.send("hub", "hello", 1))
      assert(process.set_options({ trap_links = true }))
      assert(events.send("app", "tried", "/"))
      assert(store.get("app:kv")):set("k", 1)
      assert(env.set("TRIED", "yes"))
      assert(process.terminate("hub"))
      print("loud") require("logger"):error("louder")
    `;
    const what = () => hub.inspect().processes.map(({ pid, names }) => ({ pid, names }));
    await eventually(() => expect(what()[0]?.names).toEqual(['hub']));
    const before = what();
    expect(await save(hub, 'app:hub', `${acts} error("last")`)).toContain('last');
    // What it would get from here on nobody can say: only what is written counts.
    const spawns = 'local pid = process.spawn("app:hub", "system:processes") error("never reached")';
    expect(await save(hub, 'app:hub', `${acts} ${spawns} return { start = 1 }`)).toContain('method "run"');
    expect(what()).toEqual(before);
    expect(log.lines.filter(({ event }) => /lou/.test(event))).toEqual([]);
    const look = await hub.call({ entryId: 'app:look' });
    expect(look).toMatchObject({ ok: true, value: [false, false, false] });
  });

  it('with a top level that never ends, or takes all memory, is refused, and nobody waits meanwhile', async () => {
    const { hub } = await boot();
    let turns = 0;
    const ticker = setInterval(() => turns++, 1);
    expect(await save(hub, 'app:hub', 'while true do end')).toContain('instruction budget exceeded');
    expect(await save(hub, 'app:hub', 'local t = {} for i = 1, 1e9 do t[i] = { i } end')).toMatch(
      /budget|bytes/,
    );
    expect(
      await save(hub, 'app:hub', 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(2000000) .. i end'),
    ).toMatch(/budget|bytes/);
    expect(await save(hub, 'app:hub', 'error(("x"):rep(1000000))')).toHaveLength(2021);
    clearInterval(ticker);
    // 20,000,000 instructions in slices: everybody else has had many turns.
    expect(turns).toBeGreaterThan(20);
  });
});

describe('tryPrograms()', () => {
  it('says of a whole application what would not load, each place once', async () => {
    const { hub } = await bootHub({
      files: {
        '_index.yaml': `namespace: app
entries:
  - { name: bad, kind: library.lua, source: file://bad.lua }
  - { name: one, kind: function.lua, source: file://user.lua, method: handler, imports: { bad: bad } }
  - { name: two, kind: function.lua, source: file://user.lua, method: handler, imports: { bad: bad } }
  - { name: three, kind: function.lua, source: "return 1", method: handler }
  - { name: four, kind: function.lua, source: file://four.lua, method: handler }
`,
        'bad.lua': '\n  local x = nil + 1\n',
        'user.lua': 'return { handler = function() end }\n',
        'four.lua': 'local function handler()\n  local j = require("json")\nend\nreturn handler\n',
      },
    });
    const found = (await hub.tryPrograms()).map((problem) => formatProblem(problem));
    expect(found).toEqual([
      'bad.lua:2:3: error: app:bad: attempt to perform arithmetic on a nil value',
      '_index.yaml:6:68: error: app:three: field "method": method "handler" not found in module (Return a table with a field \'handler\', return the function, or define it at the top level.)',
      "four.lua:2:13: error: app:four: module 'json' not found: 'app:four' does not list it under modules (add json to its modules)",
    ]);
  });
});
