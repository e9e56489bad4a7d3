/** Who pays for what is decoded on its way to a receiver that waits (D3). */
import { expect, it } from 'vitest';
import { bootLua } from '../../support/lua-world.ts';

it('a message in a format is decoded at the cost of its receiver, also when it waits for it', async () => {
  const world = bootLua({
    'app:receiver': {
      limits: { turn_instructions: 50_000 },
      source: `function main()
        local channel = process.listen("t")
        process.registry.register("receiver")
        channel:receive()
        return "within its budget"
      end`,
    },
    'app:sender': `function main()
      local rows = {}
      for i = 1, 10000 do rows[i] = { id = i } end
      local text = payload.new(rows):transcode("json/plain")
      process.send("receiver", "t", text)
    end`,
  });
  const receiver = world.watch(world.spawn('app:receiver'));
  world.clock.flush();
  await world.run('app:sender');
  await world.clock.settle();
  expect(receiver.outcome).toMatchObject({
    ok: false,
    failure: { message: expect.stringMatching(/instruction budget exceeded/) },
  });
});
