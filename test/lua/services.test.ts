/** Supervised Lua processes (`process.md` § 16, § 19.12-19.13). */
import { expect, test } from 'vitest';
import { fromHost, type HostValue } from '../../src/lua/index.ts';
import { EMPTY_AMBIENT } from '../../src/process/index.ts';
import { createEntry } from '../../src/registry/index.ts';
import { createProcessRunner, Supervisor } from '../../src/service/index.ts';
import { LIFECYCLE } from '../support/lifecycle.ts';
import { bootLua, HOST } from '../support/lua-world.ts';
import { createLogDouble } from '../support/programs.ts';

/** One service `app:s` running `source`; `input` is `'in', 1, {n: 0}`. `random` 0 and 1 are the ends of the jitter. */
async function runService(source: string, options: { random?: number; attemptsMax?: number } = {}) {
  const world = bootLua({ 'app:main': { source, modules: ['time'] } });
  const { clock, system } = world;
  const supervisor = new Supervisor({
    clock,
    log: createLogDouble().log,
    random: () => options.random ?? 0.5,
  });
  const entry = createEntry({
    id: 'app:s',
    kind: 'process.service',
    data: { process: 'app:main', host: HOST, input: ['in', 1, { n: 0 }] },
  });
  const toArgument = (item: unknown) => fromHost(item as HostValue);
  const runner = createProcessRunner({ system, ambientOf: () => EMPTY_AMBIENT, toArgument }, entry);
  const restart = { ...LIFECYCLE.restart, jitter: 0.1, attemptsMax: options.attemptsMax ?? 0 };
  supervisor.add({ id: 'app:s', requires: [], lifecycle: { ...LIFECYCLE, restart }, runner });
  await supervisor.startAll();
  await clock.settle();
  return { ...world, supervisor, state: () => supervisor.status('app:s')?.state };
}

const RAISES =
  'function main(a, b, t) t.n = t.n + 1 print("run", a, b, t.n, process.pid()) error("boom") end';

test.each([
  ['least', 0, 900],
  ['middle', 0.5, 1000],
  ['most', 1, 1100],
])(
  'a service whose process raises restarts after 1 s, 2 s, 4 s, ± 10 %: %s jitter (19.12)',
  async (_, random, firstMs) => {
    const { clock, printed } = await runService(RAISES, { random });
    expect(printed().length).toBe(1);
    for (const [runs, delayMs] of [
      [2, firstMs],
      [3, 2 * firstMs],
      [4, 4 * firstMs],
    ] as const) {
      await clock.advanceAndSettle(delayMs - 1);
      expect(printed().length).toBe(runs - 1);
      await clock.advanceAndSettle(1);
      expect(printed().length).toBe(runs);
    }
    // Each run is a new process with the same input, whatever the one before did to it (16.5).
    expect(printed().every((line) => line.startsWith('run in 1 1 {app:host|'))).toBe(true);
    expect(new Set(printed()).size).toBe(4);
  },
);

test('with max_attempts 3 there are three runs in all, then it stays failed (19.12, 16.4)', async () => {
  const { clock, printed, state } = await runService(RAISES, { attemptsMax: 3 });
  for (let i = 0; i < 20; i++) await clock.advanceAndSettle(1000);
  expect([printed().length, state()]).toEqual([3, 'failed']);
  const once = await runService(RAISES, { attemptsMax: 1 });
  for (let i = 0; i < 20; i++) await once.clock.advanceAndSettle(1000);
  expect([once.printed().length, once.state()]).toEqual([1, 'failed']);
});

test.each([
  ['returns normally', 'return 1'],
  ['returns a text as second result (16.1)', 'return nil, "not retryable"'],
  [
    'returns an error that says it is final (16.1)',
    'return nil, errors.new{message = "m", retryable = false}',
  ],
  ['was canceled (16.1)', 'return nil, errors.new{message = "m", kind = errors.CANCELED, retryable = true}'],
  ['terminates itself (16.1)', 'process.terminate(process.pid())'],
])('a process that %s runs once and is exited (19.12)', async (_, body) => {
  const { clock, printed, state } = await runService(`function main() print("run") ${body} end`);
  for (let i = 0; i < 10; i++) await clock.advanceAndSettle(1000);
  expect([printed().length, state()]).toEqual([1, 'exited']);
});

test.each([
  [
    'an untrapped LINK_DOWN',
    'process.spawn_linked("app:main", "app:host", "fail") process.inbox():receive()',
  ],
  ['a deadlock', 'channel.new():receive()'],
  ['a returned error that may be retried', 'return nil, errors.new{message = "m", retryable = true}'],
  ['a returned error that does not say', 'return nil, errors.new("m")'],
])('%s is restarted (16.1)', async (_, body) => {
  const { clock, printed } = await runService(
    `function main(a) if a == "fail" then error("x") end print("run") ${body} end`,
  );
  await clock.advanceAndSettle(1000);
  expect(printed().length).toBe(2);
});

test('a run of stable_threshold forgives earlier failures (16.3)', async () => {
  const { clock, printed } = await runService('function main() print("run") time.sleep("5s") error("x") end');
  for (let runs = 1; runs < 4; runs++) {
    expect(printed().length).toBe(runs);
    await clock.advanceAndSettle(5000);
    await clock.advanceAndSettle(1000);
  }
  expect(printed().length).toBe(4);
});

test('stop of a service whose process ignores CANCEL: gone after stop_timeout, not before (19.13)', async () => {
  const { clock, system, supervisor, state } = await runService(
    'function main() process.inbox():receive() end',
  );
  const stopped = supervisor.stop('app:s');
  await clock.advanceAndSettle(9999);
  expect([system.processCount, state()]).toEqual([1, 'stopping']);
  await clock.advanceAndSettle(1);
  await stopped;
  expect([system.processCount, state()]).toEqual([0, 'failed']);
});

test('stop is a CANCEL "service stopping" from the host; any end gives stopped; again is a no-op (16.6, 9.6)', async () => {
  const { clock, printed, supervisor, state } = await runService(`function main()
    local event = process.events():receive()
    print(event.kind, event.from == "", event.reason)
    error("while stopping")
  end`);
  const stopped = supervisor.stop('app:s');
  await clock.settle();
  await stopped;
  expect([printed(), state()]).toEqual([['pid.cancel true service stopping'], 'stopped']);
  await supervisor.stop('app:s');
  expect(state()).toBe('stopped');
});

test('an external cancel that makes main return leaves the service exited (16.7)', async () => {
  const { clock, system, state } = await runService(
    'function main() process.events():receive() return 1 end',
  );
  system.cancel('', system.inspect()[0]!.pid, 'from outside');
  await clock.advanceAndSettle(5000);
  expect([system.processCount, state()]).toEqual([0, 'exited']);
});
