/** Hubs of one program share its streams: eleven of them make no listener pile up, and Node.js warns of none. */
import { PassThrough } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { createHub } from '../../src/index.ts';
import { createTree } from '../registry/world.ts';
import { writeFiles } from '../support/boot-hub.ts';

const HUBS = 12;

const APPLICATION = `version: "1.0"
namespace: app
entries:
  - {name: asks, kind: process.lua, source: "file://asks.lua", method: run, modules: [io]}
  - {name: service, kind: process.service, process: waits, host: "system:processes", lifecycle: {auto_start: true}}
  - {name: waits, kind: process.lua, source: "file://waits.lua", method: run}
`;

const ASKS = `local io = require("io")
return { run = function()
  for i = 1, 20 do coroutine.spawn(function() io.print(("x"):rep(20000)) end) end
  io.eprint("asked")
  return io.readline()
end }
`;

const WAITS = 'return { run = function() process.events():receive() end }\n';

it('twelve hubs with one log, one terminal and a program each (M7)', async () => {
  const warnings: string[] = [];
  const warned = (warning: Error): void => void warnings.push(`${warning.name}: ${warning.message}`);
  process.on('warning', warned);
  onTestFinished(() => void process.off('warning', warned));
  const folder = await createTree({});
  await writeFiles(folder, { '_index.yaml': APPLICATION, 'asks.lua': ASKS, 'waits.lua': WAITS });
  const terminal = { input: new PassThrough(), output: new PassThrough(), error: new PassThrough() };
  const log = { destination: new PassThrough(), level: 'info' as const };
  const shared = [...Object.values(terminal), log.destination];

  const hubs = await Promise.all(
    Array.from({ length: HUBS }, () => createHub({ path: folder, cwd: folder, terminal, log })),
  );
  onTestFinished(async () => void (await Promise.all(hubs.map((hub) => hub.stop()))));
  await Promise.all(hubs.map((hub) => hub.start()));
  const answers = hubs.map((hub) => hub.runCommand({ entryId: 'app:asks', args: [] }).ended);
  terminal.output.resume();
  terminal.input.write(Array.from({ length: HUBS }, (_, line) => `line ${line}\n`).join(''));
  const outcomes = await Promise.all(answers);

  // Each line reaches one reader: the hubs share what arrives.
  const lines = outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.failure.message));
  expect([...lines].sort()).toEqual(Array.from({ length: HUBS }, (_, line) => `line ${line}`).sort());
  const crowded = shared.flatMap((stream) =>
    stream
      .eventNames()
      .filter((name) => stream.listenerCount(name) > 3)
      .map((name) => String(name)),
  );
  expect(crowded).toEqual([]);
  await new Promise<void>((resolve) => process.nextTick(resolve));
  expect(warnings).toEqual([]);
});
