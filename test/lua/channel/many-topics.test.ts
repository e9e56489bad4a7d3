/** Many listeners (H11): each costs the same as the first, and no list of them is walked for a message. */
import { describe, expect, it } from 'vitest';
import { TOPICS_PER_PROCESS_MAX } from '../../../src/base/index.ts';
import { bootLua, resultOf } from '../../support/lua-world.ts';

/** A program that does its work 8 and 64 times as large, and says how many instructions each took. */
async function chargesOf(body: string): Promise<[number, number]> {
  const costs: number[] = [];
  for (const n of [500, 4000]) {
    // The largest budget under which it still ends is what it was charged.
    let low = 1_000;
    let high = 50_000_000;
    while (high - low > low / 20) {
      const limit = Math.floor((low + high) / 2);
      const world = bootLua({
        'app:p': { limits: { turn_instructions: limit }, source: `function main(n) ${body} end` },
      });
      if ((await world.run('app:p', n)).ok) high = limit;
      else low = limit;
    }
    costs.push(high);
  }
  return costs as [number, number];
}

describe('listeners', () => {
  it('of 4,000 topics cost eight times what 500 do', async () => {
    const [small, large] = await chargesOf('for i = 1, n do process.listen("t" .. i) end');
    expect(large / small).toBeLessThan(9);
  });

  it('of 4,000 topics on one channel, and the messages for them, likewise', async () => {
    const [small, large] = await chargesOf(`
      local c, me = channel.new(1), process.pid()
      for i = 1, n do subscribe("t" .. i, c) end
      for i = 1, n do process.send(me, "t" .. i, i) end
      for i = 1, n do c:receive() end`);
    expect(large / small).toBeLessThan(9);
  });

  it('pay for the messages they look at among those that wait', async () => {
    const [small, large] = await chargesOf(`
      local me = process.pid()
      for i = 1, n do process.send(me, "other", i) end
      for i = 1, 50 do process.unlisten(process.listen("t")) end`);
    expect(large / small).toBeGreaterThan(4);
    expect(large / small).toBeLessThan(9);
  });

  it('find and give back their messages in the order they came', async () => {
    const source = `function main()
      local me = process.pid()
      for i = 1, 6 do process.send(me, i % 2 == 0 and "even" or "odd", i) end
      local even = process.listen("even")
      local first = even:receive()
      process.send(me, "even", 8)
      process.unlisten(even)
      local rest, inbox = {}, process.inbox()
      for i = 1, 5 do rest[i] = inbox:receive():payload():data() end
      return { first, even:receive(), rest }
    end`;
    expect(resultOf(await bootLua({ 'app:p': source }).run('app:p'))).toEqual([2, 4, [1, 3, 5, 6, 8]]);
  });

  it('on one channel give what came first, first, also to those who wait already', async () => {
    const source = `function main()
      local me, c, seen = process.pid(), channel.new(0), {}
      for i = 1, 3 do coroutine.spawn(function() local v = c:receive() seen[#seen + 1] = v end) end
      for i = 1, 5 do process.send(me, "t" .. (i * 3 % 5), i) end
      for i = 4, 0, -1 do subscribe("t" .. i, c) end
      coroutine.yield()
      return { seen, (c:receive()), (c:receive()) }
    end`;
    const [seen, ...rest] = resultOf(await bootLua({ 'app:p': source }).run('app:p')) as [
      number[],
      number,
      number,
    ];
    expect([...seen, ...rest].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(rest[0]).toBeLessThan(rest[1]);
  });

  it(`are ${TOPICS_PER_PROCESS_MAX} at most, and the refusal says so`, async () => {
    const source = `function main(max)
      for i = 1, max do assert(process.listen("t" .. i)) end
      local none, err = process.listen("one more")
      process.unlisten(process.listen("t1"))
      return { tostring(none), err:kind(), err:message(), process.listen("one more") ~= nil }
    end`;
    const world = bootLua({ 'app:p': source });
    expect(resultOf(await world.run('app:p', TOPICS_PER_PROCESS_MAX))).toEqual([
      'nil',
      'Unavailable',
      `Cannot listen to 'one more': a process listens to ${TOPICS_PER_PROCESS_MAX} topics at most`,
      true,
    ]);
  });

  it('wait in one select of 10,000 cases', async () => {
    const source = `function main(n)
      local me, cases = process.pid(), {}
      for i = 1, n do cases[i] = process.listen("t" .. i):case_receive() end
      coroutine.spawn(function() process.send(me, "t" .. n, "last") end)
      return channel.select(cases).value
    end`;
    expect(resultOf(await bootLua({ 'app:p': source }).run('app:p', 10_000))).toBe('last');
  });
});
