import { expect, it } from 'vitest';
import { bootLua, resultOf } from '../../support/lua-world.ts';

async function run(body: string) {
  const world = bootLua({
    'app:main': { source: `local function main()\n${body}\nend\nreturn main`, modules: ['logger'] },
  });
  resultOf(await world.run('app:main'));
  return world.lines;
}

it('logger joins names, merges fields and says who wrote and where (modules.md § 1)', async () => {
  const lines = await run('require("logger"):named("a"):with({k = 1}):named("b"):info("x", {j = 2})');
  expect(lines).toEqual([
    {
      level: 'info',
      event: 'x',
      fields: {
        pid: '{app:host|0x00001}',
        logger: 'a.b',
        k: 1,
        j: 2,
        location: 'app:main:2',
      },
    },
  ]);
});

it('logger has one method per level and returns nothing', async () => {
  const lines = await run(`
    local logger = require("logger")
    for _, level in ipairs({"debug", "info", "warn", "error"}) do
      assert(select("#", logger[level](logger, "m")) == 0)
    end`);
  expect(lines.map(({ level }) => level)).toEqual(['debug', 'info', 'warn', 'error']);
});

it('logger writes any field value as plain data, errors as their text', async () => {
  const lines = await run(`
    local cycle = {}
    cycle.self = cycle
    require("logger"):info("m", {err = errors.new("broken"), t = {1, {x = true}}, f = print, n = 1.5, big = 2, cycle = cycle})`);
  expect(lines[0]!.fields).toMatchObject({
    err: 'broken',
    t: { '1': 1, '2': { x: true } },
    f: expect.stringMatching(/^function/),
    n: 1.5,
  });
});

it('logger refuses misuse by raising', async () => {
  await run(`
    local logger = require("logger")
    assert(not pcall(logger.info, "x"), "a method without its logger")
    assert(not pcall(logger.named, logger, ""), "an empty name")
    assert(not pcall(logger.with, logger, "x"), "fields are a table")
    assert(not pcall(logger.info, logger, "x", "y"), "here too")
    assert(not pcall(logger.info, logger), "a message is needed")`);
});

it('logger bounds a line: its fields, nested ones and its own included, and the characters of each', async () => {
  const lines = await run(`
    local logger = require("logger")
    local many, deep = {}, {}
    for i = 1, 150 do many[i] = i end
    for i = 1, 10 do deep[i] = many end
    logger:info("deep", { deep = deep })
    logger:info(string.rep("m", 10000), { text = string.rep("x", 10000) })
    for i = 1, 250 do logger = logger:with({ ["f" .. i] = i }) end
    logger:info("own", { one = 1, more = 2 })`);
  const leaves = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? Object.values(value).reduce((sum: number, item) => sum + leaves(item), 0)
      : 1;
  for (const { fields } of lines) expect(leaves(fields)).toBeLessThan(210);
  expect(lines[0]!.fields.fields_left_out).toBeGreaterThan(50);
  expect(lines[1]!.event).toBe(`${'m'.repeat(8192)}... (10000 characters)`);
  expect(lines[1]!.fields.text).toBe(`${'x'.repeat(8192)}... (10000 characters)`);
  expect(lines[2]!.fields.fields_left_out).toBeGreaterThan(0);
});
