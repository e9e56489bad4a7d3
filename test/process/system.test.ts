import { expect, test } from 'vitest';
import { createProcessWorld, done } from '../support/programs.ts';

test('system.send() puts messages in a live mailbox and the program reads them in order (process.md 5.5)', () => {
  const { system, clock, start } = createProcessWorld();
  const a = start();
  const b = start({
    onMail: (mail) => (mail.kind === 'message' && mail.topic === 'stop' ? done(7) : undefined),
  });
  system.monitor(a.pid, b.pid);
  system.send(a.pid, b.pid, 'x', [1]);
  system.send(a.pid, b.pid, 'stop', []);
  clock.flush();
  expect(b.topics).toEqual(['x', 'stop']);
  expect(a.events).toEqual(['exit']);
  expect(system.isAlive(b.pid)).toBe(false);
});
