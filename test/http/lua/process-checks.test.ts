/** The checks of `process.md` § 19 and § 14 that need an HTTP request. */
import { expect, test } from 'vitest';
import { bootHttp, type HttpWorld, rawClient } from '../../support/http-world.ts';

test('a function called over HTTP has a PID, spawns a monitored child and receives its EXIT before it answers (process.md 19.16)', async () => {
  const world = await bootHttp({
    routes: {
      'GET /x': `
local http = require("http")
return { handler = function()
  local child = assert(process.spawn_monitored("app:child", "app:processes", process.pid()))
  local event = process.events():receive()
  http.response():write_json({ pid = process.pid(), same = event.from == child, kind = event.kind, value = event.result.value })
end }`,
    },
    entries: [
      {
        id: 'app:child',
        kind: 'process.lua',
        data: { source: 'function main(parent) return parent end', method: 'main' },
      },
    ],
  });
  const answer = await world.inject('/x');
  const { pid, ...rest } = answer.json();
  expect(pid).toMatch(/^\{app:f0\|0x[0-9a-f]{5,}\}$/);
  expect(rest).toEqual({ same: true, kind: 'pid.exit', value: pid });
});

const LOGGING = `
local function run()
  coroutine.spawn(function()
    for i = 1, 5 do
      time.sleep("20ms")
      print("line " .. i)
    end
  end)
end
return { main = run, handler = function() run() http.response():write("done") end }`;

/** 120 ms in steps of 20; programs run in the turns between. */
async function passTime({ clock }: HttpWorld): Promise<void> {
  for (let i = 0; i < 6; i++) {
    clock.advance(20);
    for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
  }
}

const printed = (world: HttpWorld): string[] =>
  world.lines.filter(({ event }) => event.startsWith('line ')).map(({ event }) => event);

test('an HTTP function that spawns a logging coroutine answers first, all five lines follow; a process logs nothing after main (process.md 19.17, 14.5)', async () => {
  const world = await bootHttp({
    routes: { 'GET /x': LOGGING },
    entries: [
      { id: 'app:p', kind: 'process.lua', data: { source: LOGGING, method: 'main', modules: ['time'] } },
    ],
  });
  expect((await world.inject('/x')).body).toBe('done');
  expect(printed(world)).toEqual([]);
  await passTime(world);
  expect(printed(world)).toEqual(['line 1', 'line 2', 'line 3', 'line 4', 'line 5']);
  world.lines.length = 0;
  world.system.spawn({ entryId: 'app:p', hostId: 'app:processes' });
  await passTime(world);
  expect(printed(world)).toEqual([]);
});

test('a call whose client disconnects is aborted with kind Canceled (process.md 14.3)', async () => {
  const world = await bootHttp({
    routes: {
      'GET /x': `
return { handler = function()
  process.spawn("app:watcher", "app:processes", process.pid())
  process.inbox():receive()
  print("never")
end }`,
    },
    entries: [
      {
        id: 'app:watcher',
        kind: 'process.lua',
        data: {
          source: `function main(pid)
            process.monitor(pid)
            print("watching")
            print("ended " .. process.events():receive().result.error:kind())
          end`,
          method: 'main',
        },
      },
    ],
  });
  const has = (event: string): boolean => world.lines.some((line) => line.event === event);
  const client = await rawClient(await world.listen());
  client.send('GET /x HTTP/1.1\r\nhost: a\r\n\r\n');
  await expect.poll(() => has('watching')).toBe(true);
  client.socket.destroy();
  await expect.poll(() => has('ended Canceled')).toBe(true);
  expect(has('never')).toBe(false);
});
