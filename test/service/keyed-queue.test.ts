import { expect, test } from 'vitest';
import { KeyedQueue } from '../../src/service/keyed-queue.ts';

test('jobs of one key follow each other, keys do not wait, and a free key runs at once', async () => {
  const queue = new KeyedQueue();
  const log: string[] = [];
  let finish: () => void = () => {};
  const slow = new Promise<void>((resolve) => {
    finish = resolve;
  });
  void queue.run('a', async () => {
    log.push('a1');
    await slow;
  });
  const second = queue.run('a', () => void log.push('a2'));
  void queue.run('b', () => void log.push('b1'));
  expect(log).toEqual(['a1', 'b1']);
  expect([queue.isBusy('a'), queue.isBusy('b')]).toEqual([true, false]);
  finish();
  await second;
  await queue.idle();
  expect([log, queue.isBusy('a')]).toEqual([['a1', 'b1', 'a2'], false]);
});

test('idle() waits also for what comes while it waits', async () => {
  const queue = new KeyedQueue();
  const log: string[] = [];
  void queue.run('a', async () => {
    await Promise.resolve();
    void queue.run('b', async () => {
      await Promise.resolve();
      log.push('b');
    });
  });
  await queue.idle();
  expect(log).toEqual(['b']);
});
