import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HubError, type Pid } from '../../src/base/index.ts';
import { createProcessWorld, done } from '../support/programs.ts';

function errorOf(action: () => unknown): HubError {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof HubError) return thrown;
  }
  throw new Error('no HubError was thrown');
}

describe('system.send()', () => {
  test.each(['', '@inbox', '@'])('refuses the topic %j (process.md 5.4)', (topic) => {
    const { system, start } = createProcessWorld();
    expect(errorOf(() => system.send(undefined, start().pid, topic, []))).toMatchObject({ kind: 'Invalid' });
  });

  test('says "not found" for a process that has ended (process.md 3, 19.3)', () => {
    const { system, start, clock } = createProcessWorld();
    const { pid } = start({ step: () => done() });
    clock.flush();
    const error = errorOf(() => system.send(undefined, pid, 'x', []));
    expect(error).toMatchObject({ code: 'MH_PROCESS_NOT_FOUND', kind: 'NotFound', retryable: false });
    expect(error.message).toContain('process not found');
  });

  test('names an unregistered name in the message (process.md 3)', () => {
    const { system } = createProcessWorld();
    const error = errorOf(() => system.send(undefined, 'lobby', 'x', []));
    expect(error).toMatchObject({ code: 'MH_PROCESS_NAME_NOT_FOUND', kind: 'NotFound' });
    expect(error.message).toContain("'lobby'");
    expect(error.message).toContain('not found');
  });

  test('refuses the PID of another node (process.md 1.7)', () => {
    const { system } = createProcessWorld();
    const error = errorOf(() => system.send(undefined, '{far@app:h|0x00001}', 'x', []));
    expect(error).toMatchObject({ code: 'MH_PROCESS_NODE_NOT_FOUND', kind: 'NotFound' });
    expect(error.message).toContain('node not found');
  });

  test('reaches a process by PID, own node name, legacy form and name (process.md 1.2, 1.6)', () => {
    const { system, start, clock } = createProcessWorld();
    const target = start({}, { name: 'lobby' });
    const unique = target.pid.slice(target.pid.indexOf('|') + 1, -1);
    const spellings = [target.pid, `{local@test:host|${unique}}`, `{test:host|x|${unique}}`, 'lobby'];
    for (const spelling of spellings) system.send(undefined, spelling, spelling, []);
    clock.flush();
    expect(target.topics).toEqual(spellings);
  });

  test.each(['{test:host}', '{|0x00001}', '{test:host|}', 'test:host|0x00001', '{a|b|c|0x00001}'])(
    'treats %j as a name (process.md 1.6)',
    (text) => {
      const { system, start } = createProcessWorld();
      start();
      expect(errorOf(() => system.send(undefined, text, 'x', [])).code).toBe('MH_PROCESS_NAME_NOT_FOUND');
    },
  );

  test('refuses a full mailbox, retryable, and delivers nothing then (process.md 5.7)', () => {
    const { system, start, clock } = createProcessWorld();
    const target = start({}, { mailboxLimit: 1 });
    system.send(undefined, target.pid, 'a', []);
    const error = errorOf(() => system.send(undefined, target.pid, 'b', []));
    expect(error).toMatchObject({ code: 'MH_PROCESS_MAILBOX_FULL', kind: 'Unavailable', retryable: true });
    clock.flush();
    expect(target.topics).toEqual(['a']);
  });

  test('uses the mailbox limit of the host', () => {
    const { system, start } = createProcessWorld();
    system.openHost('app:small', { mailboxLimit: 2 });
    const target = start({}, { hostId: 'app:small' });
    system.send(undefined, target.pid, 'a', []);
    system.send(undefined, target.pid, 'b', []);
    expect(errorOf(() => system.send(undefined, target.pid, 'c', [])).code).toBe('MH_PROCESS_MAILBOX_FULL');
  });

  test('refuses processes of a stopping host (process.md 5.9)', async () => {
    const { system, start, clock } = createProcessWorld();
    const target = start();
    const closed = system.closeHost('test:host', { reason: 'bye', timeoutMs: 10 });
    expect(errorOf(() => system.send(undefined, target.pid, 'a', []))).toMatchObject({ kind: 'Unavailable' });
    clock.advance(10);
    await closed;
  });

  test('delivers to the sender itself (process.md 5.6)', () => {
    const { system, start, clock } = createProcessWorld();
    const self = start();
    system.send(self.pid, self.pid, 'note', ['x']);
    clock.flush();
    expect(self.received[0]).toMatchObject({ from: self.pid, topic: 'note', payloads: ['x'] });
  });

  test('keeps the order of each sender under any interleaving of senders and steps (process.md 5.5)', () => {
    const plan = fc.array(
      fc.record({
        sender: fc.nat({ max: 3 }),
        receiver: fc.nat({ max: 2 }),
        topic: fc.constantFrom('a', 'b', 'c'),
        turns: fc.nat({ max: 1 }),
      }),
      { maxLength: 100 },
    );
    fc.assert(
      fc.property(plan, (sends) => {
        const { system, clock, start } = createProcessWorld();
        const senders = [0, 1, 2, 3].map(() => start().pid);
        const receivers = [0, 1, 2].map(() => start());
        const expected = new Map<string, number[]>();
        sends.forEach((send, index) => {
          const from = senders[send.sender]!;
          const to = receivers[send.receiver]!;
          system.send(from, to.pid, send.topic, [index]);
          const lane = `${from}>${to.pid}`;
          expected.set(lane, [...(expected.get(lane) ?? []), index]);
          if (send.turns > 0) clock.turn();
        });
        clock.flush();
        const seen = new Map<string, number[]>();
        for (const { pid, received } of receivers) {
          for (const mail of received) {
            if (mail.kind !== 'message') continue;
            const lane = `${mail.from}>${pid}`;
            seen.set(lane, [...(seen.get(lane) ?? []), mail.payloads[0] as number]);
          }
        }
        expect(seen).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});

test('system.resolve() gives the plain PID of any spelling', () => {
  const { system, start } = createProcessWorld();
  const { pid } = start({}, { name: 'lobby' });
  expect(system.resolve('lobby')).toBe(pid);
  expect(system.resolve(`{local@${pid.slice(1)}`)).toBe(pid);
});

test('two systems in one program do not see each other', () => {
  const left = createProcessWorld();
  const right = createProcessWorld();
  const { pid } = left.start();
  expect(right.system.isAlive(pid)).toBe(false);
});

test('system.send() with a receipt tells it when the program takes the message (relay.md L2)', () => {
  const { system, clock, start } = createProcessWorld();
  const target = start();
  let taken = 0;
  system.send(undefined, target.pid, 'x', [], { taken: () => void taken++ });
  expect(taken).toBe(0);
  clock.flush();
  expect(taken).toBe(1);
  system.send(undefined, target.pid, 'x', [], { taken: () => void taken++ });
  system.terminate(target.pid);
  expect(taken).toBe(2);
});

test('system.spawnProgram() holds 100,000 idle processes and finds each one', () => {
  const { system, clock } = createProcessWorld();
  const pids: Pid[] = [];
  const program = { entryId: 'x:y', init() {}, step: () => ({ kind: 'waiting' }) as const, close() {} };
  for (let i = 0; i < 100_000; i++) pids.push(system.spawnProgram({ hostId: 'test:host', program }));
  clock.flush();
  expect(pids.every((pid) => system.isAlive(pid))).toBe(true);
  expect(new Set(pids).size).toBe(100_000);
});
