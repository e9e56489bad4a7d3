import { describe, expect, test } from 'vitest';
import {
  createHostServiceRunner,
  createProcessServiceRunner,
  type LifecycleOptions,
  Supervisor,
} from '../../src/service/index.ts';
import {
  createLogDouble,
  createProcessWorld,
  done,
  fail,
  type Script,
  ScriptedProgram,
} from '../support/programs.ts';

const LIFECYCLE: LifecycleOptions = {
  autoStart: true,
  isOptional: false,
  startTimeoutMs: 10_000,
  stopTimeoutMs: 10_000,
  stableThresholdMs: 5000,
  restart: { initialDelayMs: 1000, maxDelayMs: 90_000, backoffFactor: 2, jitter: 0, attemptsMax: 0 },
};

/** A supervisor over one host `app:host` and one service `app:s` on it. */
function createWorld(script: Script) {
  const world = createProcessWorld();
  const programs: ScriptedProgram[] = [];
  world.source.makers.set('app:p', () => {
    const program = new ScriptedProgram(script, 'app:p');
    programs.push(program);
    return program;
  });
  const supervisor = new Supervisor({ clock: world.clock, log: createLogDouble().log, random: () => 0.5 });
  const hostId = 'app:host';
  const runner = createProcessServiceRunner(world.system, {
    entryId: 'app:p',
    hostId,
    input: () => ['in', 1],
  });
  supervisor.add({ id: 'app:s', requires: [hostId], lifecycle: LIFECYCLE, runner });
  supervisor.add({
    id: hostId,
    requires: [],
    lifecycle: LIFECYCLE,
    runner: createHostServiceRunner(world.system, { hostId }),
  });
  return { ...world, supervisor, runner, programs, state: () => supervisor.status('app:s')?.state };
}

const polite: Script = { onMail: (mail) => (mail.kind === 'cancel' ? done() : undefined) };

describe('createProcessServiceRunner()', () => {
  test('runs a process with its input on its host, which starts first (process.md 16.8)', async () => {
    const { supervisor, programs, runner, state } = createWorld({});
    await supervisor.startAll();
    expect([programs[0]?.args, programs[0]?.context.hostId, state()]).toEqual([
      ['in', 1],
      'app:host',
      'running',
    ]);
    expect(runner.pid).toBe(programs[0]?.pid);
  });

  test('stops with CANCEL "service stopping" from the host (process.md 16.6, 9.6)', async () => {
    const { supervisor, programs, clock, state, system, runner } = createWorld(polite);
    await supervisor.startAll();
    const stop = supervisor.stop('app:s');
    await clock.settle();
    await stop;
    expect(programs[0]?.received).toMatchObject([{ kind: 'cancel', from: '', reason: 'service stopping' }]);
    expect([state(), system.processCount, runner.pid]).toEqual(['stopped', 0, undefined]);
  });

  test('terminates a process that ignores CANCEL after stop_timeout, not before (process.md 19.13)', async () => {
    const { supervisor, clock, state, system } = createWorld({});
    await supervisor.startAll();
    const stop = supervisor.stop('app:s');
    await clock.advanceAndSettle(9999);
    expect([state(), system.processCount]).toEqual(['stopping', 1]);
    await clock.advanceAndSettle(1);
    await stop;
    expect([state(), system.processCount]).toEqual(['failed', 0]);
  });

  test('restarts a process that raised, as a new process (process.md 16.5, 19.12)', async () => {
    const { supervisor, programs, clock, system } = createWorld({ onMail: () => fail('boom') });
    await supervisor.startAll();
    system.send(undefined, programs[0]!.pid, 'x', []);
    await clock.advanceAndSettle(1000);
    expect(programs).toHaveLength(2);
    expect(programs[1]?.pid).not.toBe(programs[0]?.pid);
    expect(programs[1]?.args).toEqual(['in', 1]);
  });

  test('ends for good on a returned error, on terminate, and on an external cancel (process.md 16.1, 16.7)', async () => {
    const returned = createWorld({ onMail: () => fail('returned', { retryable: false }) });
    const terminated = createWorld({});
    const canceled = createWorld(polite);
    for (const world of [returned, terminated, canceled]) await world.supervisor.startAll();
    returned.system.send(undefined, returned.runner.pid!, 'x', []);
    terminated.system.terminate(terminated.runner.pid!);
    canceled.system.cancel('', canceled.runner.pid!);
    for (const { clock, state, programs } of [returned, terminated, canceled]) {
      await clock.advanceAndSettle(1_000_000);
      expect([state(), programs.length]).toEqual(['exited', 1]);
    }
  });

  test('is exited when the code does not load', async () => {
    const { supervisor, state } = createWorld({
      init: () => {
        throw new Error('syntax error');
      },
    });
    await expect(supervisor.startAll()).rejects.toThrow('syntax error');
    expect(state()).toBe('exited');
  });
});

describe('createHostServiceRunner()', () => {
  test('stops after its services and cuts what is left after its stop_timeout (process.md 15.3, 16.12)', async () => {
    const { supervisor, system, clock, start } = createWorld(polite);
    await supervisor.startAll();
    const guest = start({}, { hostId: 'app:host' });
    const stop = supervisor.stopAll();
    await clock.settle();
    expect(guest.received).toMatchObject([{ kind: 'cancel', reason: 'scheduler shutdown' }]);
    await clock.advanceAndSettle(9999);
    expect(system.isAlive(guest.pid)).toBe(true);
    await clock.advanceAndSettle(1);
    await stop;
    expect([system.processCount, supervisor.status('app:host')?.state]).toEqual([0, 'failed']);
  });

  test('is declared but closed until it starts', async () => {
    const { supervisor, system } = createWorld({});
    const spawn = () => system.spawn({ entryId: 'app:p', hostId: 'app:host' });
    expect(spawn).toThrow(expect.objectContaining({ code: 'MH_PROCESS_HOST_STOPPED' }));
    await supervisor.start('app:host');
    expect(system.isAlive(spawn())).toBe(true);
  });
});
