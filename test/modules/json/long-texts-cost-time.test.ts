import { expect, it } from 'vitest';
import { bootLua } from '../../support/lua-world.ts';

it('json.encode() in a loop does not keep others waiting (vm.md S1)', () => {
  const world = bootLua({
    'app:busy': {
      modules: ['json'],
      source: `local json = require("json")
        return { main = function()
          local big = string.rep("x", 100000)
          while true do json.decode(json.encode({big})) end
        end }`,
    },
    'app:other': 'return { main = function() return "done" end }',
  });
  const busy = world.spawn('app:busy');
  const seen = world.watch(world.spawn('app:other'));
  for (let i = 0; i < 20 && seen.outcome === undefined; i++) world.clock.turn();
  expect(seen.outcome).toMatchObject({ ok: true });
  expect(world.system.isAlive(busy)).toBe(true);
  world.system.terminate(busy);
  expect(world.system.isAlive(busy)).toBe(false);
});
