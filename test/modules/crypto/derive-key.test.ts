import { expect, it } from 'vitest';
import { bootLua, resultOf } from '../../support/lua-world.ts';

it('crypto.pbkdf2() runs off the main thread while other coroutines go on (modules.md § 13)', async () => {
  const world = bootLua({
    'app:main': {
      modules: ['crypto'],
      source: `
        local crypto = require("crypto")
        local function main()
          local order, short = {}, nil
          coroutine.spawn(function() short = crypto.pbkdf2("password", "salt", 2, 20, "sha256") end)
          order[1] = "first"
          local key = crypto.pbkdf2("password", "salt", 4096, 32)
          local hex = key:gsub(".", function(c) return string.format("%02x", c:byte()) end)
          return { first = order[1], second = #short, hex = hex }
        end
        return main`,
    },
  });
  const seen = world.watch(world.spawn('app:main'));
  while (seen.outcome === undefined) {
    await world.clock.settle();
    await new Promise(setImmediate);
  }
  expect(resultOf(seen.outcome)).toEqual({
    first: 'first',
    second: 20,
    hex: 'c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a',
  });
});
