import { expect, it } from 'vitest';
import { bootLua, resultOf } from '../support/lua-world.ts';

it('runs a process', async () => {
  const world = bootLua({
    'app:main': `
      local function main(a, b)
        print("hello", a)
        local ch = channel.new()
        coroutine.spawn(function() ch:send(b) end)
        local v, ok = ch:receive()
        process.send(process.pid(), "t", {x = 1})
        local msg = process.inbox():receive()
        return { v = v, ok = ok, topic = msg:topic(), x = msg:payload():data().x, from = msg:from() == process.pid() }
      end`,
  });
  const outcome = await world.run('app:main', 1, 'two');
  expect(resultOf(outcome)).toEqual({ v: 'two', ok: true, topic: 't', x: 1, from: true });
  expect(world.printed()).toEqual(['hello 1']);
});
