import { describe, expect, test } from 'vitest';
import { createProcessWorld, done, ScriptedProgram } from '../../support/programs.ts';

const OPTIONS = { reason: 'scheduler shutdown', timeoutMs: 1000 };

describe('system.closeHost()', () => {
  test('cancels every process and resolves when all have ended (process.md 15.3)', async () => {
    const { system, clock, start } = createProcessWorld();
    const polite = [0, 1].map(() =>
      start({ onMail: (mail) => (mail.kind === 'cancel' ? done() : undefined) }),
    );
    const elsewhere = start({}, { hostId: 'app:other' });
    const closed = system.closeHost('test:host', OPTIONS);
    clock.flush();
    await closed;
    expect(polite.map(({ received }) => received)).toMatchObject([
      [{ kind: 'cancel', from: '', reason: 'scheduler shutdown' }],
      [{ kind: 'cancel', reason: 'scheduler shutdown' }],
    ]);
    expect([elsewhere.events, clock.timerCount]).toEqual([[], 0]);
  });

  test('ends the rest with kind Canceled after the time, not before (process.md 15.3)', async () => {
    const { system, clock, start, outcomeOf } = createProcessWorld();
    const stubborn = start();
    const end = outcomeOf(stubborn);
    const closed = system.closeHost('test:host', OPTIONS);
    clock.advance(999);
    expect(end.outcome).toBeUndefined();
    clock.advance(1);
    await closed;
    expect(end.outcome).toMatchObject({ ok: false, failure: { kind: 'Canceled' } });
    system.openHost('test:host');
    expect(system.isAlive(start().pid)).toBe(true);
  });

  test('is hurried by a second call, and both resolve', async () => {
    const { system, start } = createProcessWorld();
    start();
    const slow = system.closeHost('test:host', { ...OPTIONS, timeoutMs: Number.POSITIVE_INFINITY });
    expect(() => system.openHost('test:host')).toThrow(expect.objectContaining({ kind: 'Unavailable' }));
    await system.closeHost('test:host', { ...OPTIONS, timeoutMs: 0 });
    await slow;
    expect(system.processCount).toBe(0);
  });

  test('of an empty, unknown or stopped host resolves at once', async () => {
    const { system } = createProcessWorld();
    await system.closeHost('test:host', OPTIONS);
    await system.closeHost('test:host', OPTIONS);
    await system.closeHost('app:unknown', OPTIONS);
  });

  test('forgetHost() makes spawning there say not found', async () => {
    const { system } = createProcessWorld();
    await system.closeHost('test:host', OPTIONS);
    system.forgetHost('test:host');
    expect(() => system.spawn({ entryId: 'a:b', hostId: 'test:host' })).toThrow('host not found');
  });
});

describe('system.stop()', () => {
  test('ends everything with kind Canceled and starts nothing more', async () => {
    const { system, start, outcomeOf } = createProcessWorld();
    const [a, b] = [start(), start({}, { hostId: 'app:connection' })];
    const ends = [outcomeOf(a), outcomeOf(b)];
    await system.stop();
    await system.stop();
    for (const { outcome } of ends)
      expect(outcome).toMatchObject({ ok: false, failure: { kind: 'Canceled' } });
    const late = () => system.spawnProgram({ hostId: 'app:connection', program: new ScriptedProgram() });
    expect(late).toThrow(expect.objectContaining({ kind: 'Unavailable' }));
  });

  test('called by a process waits until that process has returned', async () => {
    const { system, clock, start } = createProcessWorld();
    let stopped: Promise<void> | undefined;
    const caller = start({
      onMail: () => {
        stopped = system.stop();
        return undefined;
      },
    });
    system.send(undefined, caller.pid, 'go', []);
    clock.flush();
    await clock.settle();
    await stopped;
    expect([system.processCount, caller.closes]).toEqual([0, 1]);
  });
});

test('system.inspect() shows what runs as plain data', () => {
  const { system, clock, start } = createProcessWorld();
  const parent = start({}, { name: 'boss' });
  const child = start(
    { step: () => ({ kind: 'waiting' }) },
    { caller: parent.pid, link: true, monitor: true },
  );
  clock.flush();
  system.send(undefined, child.pid, 'x', []);
  system.cancel('', child.pid);
  expect(structuredClone(system.inspect())).toMatchObject([
    { pid: parent.pid, names: ['boss'], state: 'waiting', links: [child.pid], parent: undefined },
    {
      pid: child.pid,
      entryId: 'test:program',
      hostId: 'test:host',
      role: 'process',
      state: 'ready',
      parent: parent.pid,
      mailboxDepth: 1,
      eventCount: 1,
      links: [parent.pid],
      monitors: [parent.pid],
      steps: 1,
      startedAtMs: 1_700_000_000_000,
    },
  ]);
});
