import { describe, expect, test } from 'vitest';
import { EMPTY_AMBIENT } from '../../src/process/index.ts';
import { createEntry, type Lifecycle, type Mapping } from '../../src/registry/index.ts';
import { createHostRunner, createProcessRunner, Supervisor } from '../../src/service/index.ts';
import { LIFECYCLE } from '../support/lifecycle.ts';
import {
  createLogDouble,
  createProcessWorld,
  done,
  fail,
  type Script,
  ScriptedProgram,
} from '../support/programs.ts';

const HOST_ID = 'app:host';

/** A supervisor over one host `app:host` and one service `app:s` on it. */
function createWorld(script: Script, lifecycle: Lifecycle = LIFECYCLE) {
  const world = createProcessWorld();
  const programs: ScriptedProgram[] = [];
  world.source.makers.set('app:p', () => {
    const program = new ScriptedProgram(script, 'app:p');
    programs.push(program);
    return program;
  });
  const supervisor = new Supervisor({ clock: world.clock, log: createLogDouble().log, random: () => 0.5 });
  const ports = { system: world.system, ambientOf: () => EMPTY_AMBIENT, toArgument: (item: unknown) => item };
  const runner = createProcessRunner(ports, SERVICE);
  const host = createHostRunner(world.system, hostEntry({}));
  supervisor.add({ id: SERVICE.id, requires: [HOST_ID], lifecycle, runner });
  supervisor.add({ id: HOST_ID, requires: [], lifecycle: LIFECYCLE, runner: host });
  return { ...world, supervisor, runner, host, programs, state: () => supervisor.status('app:s')?.state };
}

const serviceEntry = (data: Mapping) =>
  createEntry({
    id: 'app:s',
    kind: 'process.service',
    data: { process: 'app:p', host: HOST_ID, input: ['in', 1], ...data },
  });
const hostEntry = (host: Mapping) => createEntry({ id: HOST_ID, kind: 'process.host', data: { host } });
const SERVICE = serviceEntry({});

const polite: Script = { onMail: (mail) => (mail.kind === 'cancel' ? done() : undefined) };

describe('createProcessRunner()', () => {
  test('runs a process with its input on its host, which starts first (process.md 16.8)', async () => {
    const { supervisor, programs, state } = createWorld({});
    await supervisor.startAll();
    expect([programs[0]?.args, programs[0]?.context.hostId, state()]).toEqual([
      ['in', 1],
      'app:host',
      'running',
    ]);
  });

  test('stops with CANCEL "service stopping" from the host (process.md 16.6, 9.6)', async () => {
    const { supervisor, programs, clock, state, system } = createWorld(polite);
    await supervisor.startAll();
    const stop = supervisor.stop('app:s');
    await clock.settle();
    await stop;
    expect(programs[0]?.received).toMatchObject([{ kind: 'cancel', from: '', reason: 'service stopping' }]);
    expect([state(), system.processCount]).toEqual(['stopped', 0]);
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
    returned.system.send(undefined, returned.programs[0]!.pid, 'x', []);
    terminated.system.terminate(terminated.programs[0]!.pid);
    canceled.system.cancel('', canceled.programs[0]!.pid);
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

describe('createProcessRunner().update() and isOutdated()', () => {
  test.each<[string, Mapping, 'followed' | 'restart']>([
    ['process', { process: 'app:other' }, 'restart'],
    ['host', { host: 'app:elsewhere' }, 'restart'],
    ['input', { input: ['in', 2] }, 'restart'],
    ['lifecycle.security', { lifecycle: { security: { actor: { id: 'a' } } } }, 'restart'],
    ['lifecycle.restart', { lifecycle: { restart: { max_delay: '20s' } } }, 'followed'],
    ['a field nobody knows', { note: 'x' }, 'followed'],
    ['nothing', {}, 'followed'],
  ])('D9: an edit of %s', (_, data, verdict) => {
    expect(createWorld({}).runner.update(SERVICE, serviceEntry(data))).toBe(verdict);
  });

  test('its code is outdated unless the process handles that itself (app-format.md 8.7)', async () => {
    const { supervisor, runner, system, programs } = createWorld({});
    const isOutdated = () => runner.isOutdated?.(new Set(['app:p']));
    expect([isOutdated(), runner.isOutdated?.(new Set(['app:s', 'app:q']))]).toEqual([true, false]);
    await supervisor.startAll();
    expect(isOutdated()).toBe(true);
    system.setOptions(programs[0]!.pid, { upgradable: true });
    expect(isOutdated()).toBe(false);
  });
});

describe('createHostRunner()', () => {
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

  test('D8: an edited mailbox_limit holds for processes started from then on', async () => {
    const { supervisor, system, host, start } = createWorld({});
    const fill = (): number => {
      const { pid } = start({ step: () => ({ kind: 'waiting' }) }, { hostId: HOST_ID });
      let sent = 0;
      try {
        for (; sent < 100; sent++) system.send(undefined, pid, 'x', []);
      } catch (error) {
        expect(error).toMatchObject({ code: 'MH_PROCESS_MAILBOX_FULL' });
      }
      return sent;
    };
    // Before the host is open an edit counts for its start, and does not open it.
    expect(host.update(hostEntry({}), hostEntry({ mailbox_limit: 3 }))).toBe('followed');
    expect(fill).toThrow(expect.objectContaining({ code: 'MH_PROCESS_HOST_STOPPED' }));
    await supervisor.start(HOST_ID);
    expect(fill()).toBe(3);
    expect(host.update(hostEntry({ mailbox_limit: 3 }), hostEntry({ mailbox_limit: 5 }))).toBe('followed');
    expect(fill()).toBe(5);
    host.update(hostEntry({ mailbox_limit: 5 }), hostEntry({}));
    expect(fill()).toBe(100);
  });

  test('is forgotten when its entry is gone', async () => {
    const { supervisor, system } = createWorld({});
    await supervisor.start('app:host');
    await supervisor.remove('app:host');
    expect(() => system.spawn({ entryId: 'app:p', hostId: HOST_ID })).toThrow(
      expect.objectContaining({ code: 'MH_PROCESS_HOST_NOT_FOUND' }),
    );
  });
});

/** A load of so many slices that ends with an error. */
function failingLoad(count: number): Pick<Script, 'load'> {
  let left = count;
  return {
    load: () => {
      if (--left > 0) return 'ready';
      throw new Error('boom');
    },
  };
}

describe('a process service whose code takes long to load', () => {
  test('fails the start of its service for good (process.md 16)', async () => {
    const service = createWorld(failingLoad(2));
    const starting = service.supervisor.startAll();
    await expect(Promise.all([starting, service.clock.settle()])).rejects.toThrow('boom');
    expect([service.state(), service.system.processCount]).toEqual(['exited', 0]);
  });

  test('is killed and tried again when it takes too long to start (process.md 16)', async () => {
    const service = createWorld({ load: () => 'waiting' }, { ...LIFECYCLE, isOptional: true });
    void service.supervisor.startAll();
    await service.clock.settle();
    expect([service.state(), service.system.processCount]).toEqual(['starting', 1]);
    await service.clock.advanceAndSettle(10_000);
    expect([service.state(), service.system.processCount]).toEqual(['failed', 0]);
  });
});
