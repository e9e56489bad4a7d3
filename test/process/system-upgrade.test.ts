import { describe, expect, test } from 'vitest';
import type { EntryId } from '../../src/base/index.ts';
import type { StepResult } from '../../src/process/index.ts';
import { createProcessWorld, ScriptedProgram } from '../support/programs.ts';

const NEXT = 'app:next' as EntryId;

function upgrade(entryId?: EntryId, ...args: unknown[]): StepResult {
  return { kind: 'upgrade', entryId, args };
}

describe('an upgrade', () => {
  test('keeps PID, names, links, monitors, options and unread mail under new code (process.md 12.4, 19.14)', () => {
    const { system, source, clock, start } = createProcessWorld();
    const next = new ScriptedProgram({}, NEXT);
    source.makers.set(NEXT, () => next);
    const old = start({
      init: (self) => void self.context.mailbox.listen('c'),
      onMail: (mail) => (mail.kind === 'message' ? upgrade(NEXT, { n: 7 }) : undefined),
    });
    const peer = start();
    system.names.register('lobby', old.pid);
    system.link(peer.pid, old.pid);
    system.monitor(peer.pid, old.pid);
    system.setOptions(old.pid, { trapLinks: true, upgradable: true });
    for (const topic of ['go', 'a', 'c', 'b']) system.send(peer.pid, old.pid, topic, []);
    clock.flush();
    expect([old.closes, next.args, next.topics]).toEqual([1, [{ n: 7 }], ['a', 'c', 'b']]);
    expect(next.pid).toBe(old.pid);
    expect(system.inspect().find(({ pid }) => pid === old.pid)).toMatchObject({
      entryId: NEXT,
      names: ['lobby'],
      links: [peer.pid],
      monitors: [peer.pid],
      trapLinks: true,
      upgradable: true,
    });
    expect(peer.events).toEqual([]);
  });

  test('without ID reloads the current entry, also after an earlier upgrade (process.md 12.3, 12.5)', () => {
    const { system, source, clock, start } = createProcessWorld();
    let made = 0;
    source.makers.set(NEXT, () => {
      made++;
      return new ScriptedProgram({ onMail: () => upgrade() }, NEXT);
    });
    const { pid } = start({ onMail: () => upgrade(NEXT) });
    for (let i = 0; i < 3; i++) {
      system.send(undefined, pid, 'x', []);
      clock.flush();
    }
    expect([made, system.inspect()[0]?.entryId]).toEqual([3, NEXT]);
  });

  test.each([
    ['an unknown entry', undefined, 'NotFound'],
    [
      'a load error',
      () =>
        new ScriptedProgram({
          init: () => {
            throw new Error('syntax error near x');
          },
        }),
      'Internal',
    ],
  ])('to %s ends the process with "upgrade:" (process.md 12.6)', (_, make, kind) => {
    const { system, source, clock, start, outcomeOf } = createProcessWorld();
    if (make !== undefined) source.makers.set(NEXT, make);
    const old = start({ onMail: () => upgrade(NEXT) });
    const end = outcomeOf(old);
    system.send(undefined, old.pid, 'x', []);
    clock.flush();
    expect(end.outcome).toMatchObject({
      ok: false,
      failure: { kind, message: expect.stringMatching(/^upgrade: /) },
    });
    expect(old.closes).toBe(1);
  });

  test('drops a pending OUTDATED: the code is new now', () => {
    const { system, source, clock, start } = createProcessWorld();
    const next = new ScriptedProgram({}, NEXT);
    source.makers.set(NEXT, () => next);
    const old = start({ onMail: (mail) => (mail.kind === 'message' ? upgrade(NEXT) : undefined) });
    system.setOptions(old.pid, { upgradable: true });
    clock.flush();
    system.send(undefined, old.pid, 'x', []);
    system.notifyOutdated(new Set(['test:program' as EntryId]));
    clock.flush();
    expect(next.received).toEqual([]);
  });
});

describe('system.notifyOutdated()', () => {
  const ids = (...names: string[]) => new Set(names as EntryId[]);

  test('tells upgradable processes built from a changed entry, once, with all sources (process.md 7.4)', () => {
    const { system, clock } = createProcessWorld();
    const spawn = (imports: string[]) => {
      const program = new ScriptedProgram({}, 'app:chat', imports);
      system.spawnProgram({ hostId: 'h:h', program });
      return program;
    };
    const [importer, plain, unwilling] = [spawn(['app:lib', 'app:deep']), spawn([]), spawn(['app:lib'])];
    for (const { pid } of [importer, plain]) system.setOptions(pid, { upgradable: true });
    clock.flush();
    system.notifyOutdated(ids('app:lib'));
    system.notifyOutdated(ids('app:deep', 'app:lib', 'app:unrelated'));
    clock.flush();
    expect(importer.received).toMatchObject([
      { kind: 'outdated', from: importer.pid, sources: ['app:lib', 'app:deep'] },
    ]);
    expect([plain.received, unwilling.received]).toEqual([[], []]);
    system.notifyOutdated(ids('app:chat'));
    clock.flush();
    expect(plain.events).toEqual(['outdated']);
  });
});
