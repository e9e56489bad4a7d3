/** The just-too-much case of every limit of the room: what a hostile program can make of it is a refusal. */
import { describe, expect, test } from 'vitest';
import {
  MAILBOX_EVENTS_MAX,
  NAMES_PER_PROCESS_MAX,
  PROCESSES_MAX,
  SPAWN_DEPTH_MAX,
} from '../../src/base/index.ts';
import type { Program } from '../../src/process/index.ts';
import { createProcessWorld, done, ScriptedProgram } from '../support/programs.ts';

const idle: Program = { entryId: 'x:y', init() {}, step: () => ({ kind: 'waiting' }), close() {} };

describe('limits of the process room', () => {
  test('system.cancel() is refused when MAILBOX_EVENTS_MAX events are unread', () => {
    const { system } = createProcessWorld();
    const pid = system.spawnProgram({ hostId: 'h:h', program: idle });
    for (let i = 0; i < MAILBOX_EVENTS_MAX; i++) system.cancel('', pid);
    expect(() => system.cancel('', pid)).toThrow(
      expect.objectContaining({ code: 'MH_PROCESS_MAILBOX_FULL', retryable: true }),
    );
    expect(system.isAlive(pid)).toBe(true);
  });

  test('an EXIT that finds MAILBOX_EVENTS_MAX events unread ends its receiver', () => {
    const { system, start, outcomeOf } = createProcessWorld();
    const watcher = start({ step: () => ({ kind: 'waiting' }) });
    const end = outcomeOf(watcher);
    for (let i = 0; i < MAILBOX_EVENTS_MAX; i++) system.cancel('', watcher.pid);
    const target = start();
    system.monitor(watcher.pid, target.pid);
    system.terminate(target.pid);
    expect(end.outcome).toMatchObject({ ok: false, failure: { kind: 'Unavailable' } });
  });

  test('PROCESSES_MAX processes run, one more is refused until one has ended', () => {
    const { system } = createProcessWorld();
    const spawn = () => system.spawnProgram({ hostId: 'h:h', program: idle });
    const first = spawn();
    for (let i = 1; i < PROCESSES_MAX; i++) spawn();
    expect(spawn).toThrow(expect.objectContaining({ code: 'MH_PROCESS_TOO_MANY', retryable: true }));
    system.terminate(first);
    expect(system.isAlive(spawn())).toBe(true);
  });

  test('top levels may spawn each other SPAWN_DEPTH_MAX deep; what is too deep fails alone', () => {
    const { system } = createProcessWorld();
    const refusals: unknown[] = [];
    const spawn = (): void => {
      const program = new ScriptedProgram({ init: () => spawn() });
      try {
        system.spawnProgram({ hostId: 'h:h', program });
      } catch (thrown) {
        refusals.push(thrown);
      }
    };
    spawn();
    expect(refusals).toMatchObject([{ code: 'MH_PROCESS_SPAWN_TOO_DEEP' }]);
    expect(system.processCount).toBe(SPAWN_DEPTH_MAX);
    expect(system.inspect().every(({ state }) => state === 'ready')).toBe(true);
  });

  test('a process holds NAMES_PER_PROCESS_MAX names', () => {
    const { system, start } = createProcessWorld();
    const { pid } = start();
    for (let i = 0; i < NAMES_PER_PROCESS_MAX; i++) system.names.register(`n${i}`, pid);
    const register = () => system.names.register('more', pid);
    expect(register).toThrow(expect.objectContaining({ code: 'MH_PROCESS_NAMES_FULL' }));
    expect(system.isAlive('more')).toBe(false);
    system.names.unregister('n0');
    register();
    system.names.register('more', pid);
  });
});

describe('hostile programs', () => {
  test('one that kills everybody from its observers and close() cannot confuse the system', () => {
    const { system, start, clock } = createProcessWorld();
    const kill = (): void => {
      for (const { pid } of system.inspect()) {
        try {
          system.terminate(pid);
        } catch {
          // Those that are being dismantled are not found.
        }
      }
    };
    const programs = Array.from({ length: 50 }, () => start({ onClose: kill }));
    for (const { pid } of programs) system.watch(pid, kill);
    system.terminate(programs[25]!.pid);
    clock.flush();
    expect(system.processCount).toBe(0);
    expect(programs.every(({ closes }) => closes === 1)).toBe(true);
  });

  test('one that spawns itself anew whenever it ends does not starve others', () => {
    const { system, start, clock } = createProcessWorld();
    const respawn = (): void => {
      const program = new ScriptedProgram({
        step: () => {
          respawn();
          return done();
        },
      });
      system.spawnProgram({ hostId: 'h:h', program });
    };
    respawn();
    const victim = start();
    system.send(undefined, victim.pid, 'x', []);
    clock.turn();
    expect(victim.topics).toEqual(['x']);
    expect(system.processCount).toBe(2);
  });

  test('one that sends to itself for ever keeps its mailbox at one message', () => {
    const { system, start, clock } = createProcessWorld();
    const looper = start({
      step: (self) => {
        self.context.mailbox.takeNext();
        system.send(self.pid, self.pid, 'again', []);
        return { kind: 'waiting' };
      },
    });
    const other = start();
    system.send(undefined, other.pid, 'x', []);
    clock.turn();
    clock.turn();
    expect([other.topics, system.inspect().find(({ pid }) => pid === looper.pid)?.mailboxDepth]).toEqual([
      ['x'],
      1,
    ]);
  });
});
