/** What leaves for another node: bounds, credits, and reports that cannot be lost. */
import { describe, expect, test } from 'vitest';
import { NODE_CREDITS_MAX, type Pid } from '../../../src/base/index.ts';
import { NO_CONNECTION, type Signal } from '../../../src/process/index.ts';
import { createNodePair } from '../../support/node-pair.ts';
import { createProcessWorld } from '../../support/programs.ts';

const CONGESTED = expect.objectContaining({
  code: 'MH_CLUSTER_CONGESTED',
  kind: 'Unavailable',
  retryable: true,
});
const RECEIPT = { taken() {} };

describe('a congested node', () => {
  function createCongested() {
    const pair = createNodePair();
    const watcher = pair.a.world.start();
    const target = pair.b.world.start();
    pair.answer('congested');
    return { ...pair, watcher, target, system: pair.a.world.system };
  }

  test('refuses what can be tried again, and nothing has happened (cluster.md M5)', () => {
    const { system, a, b, watcher, target, answer, settle } = createCongested();
    const calls = [
      () => system.send(watcher.pid, target.pid, 'x', []),
      () => system.link(watcher.pid, target.pid),
      () => system.monitor(watcher.pid, target.pid),
      () => system.cancel(watcher.pid, target.pid),
      () => system.terminate(target.pid),
      () => system.names.register('lobby', target.pid),
      () => void system.watch(target.pid, () => {}),
    ];
    for (const call of calls) expect(call).toThrow(CONGESTED);
    settle();
    expect([a.world.system.hasLinks(watcher.pid), system.isAlive('lobby')]).toEqual([false, false]);
    expect([target.received, b.world.system.processCount]).toEqual([[], 1]);
    answer('held');
    for (const call of calls.filter((_, index) => index !== 4)) call();
    settle();
    expect(target.received.map(({ kind }) => kind)).toEqual(['message', 'cancel']);
    expect(a.world.system.hasLinks(watcher.pid)).toBe(true);
  });

  test('takes messages with a receipt, whose sender bounds itself (relay.md L2)', () => {
    const { system, watcher, target, settle } = createCongested();
    system.send(watcher.pid, target.pid, 'x', [], RECEIPT);
    settle();
    expect(target.topics).toEqual(['x']);
  });

  test('takes unlink, unmonitor and every end', () => {
    const { system, a, b, watcher, target, answer, settle } = createCongested();
    answer('held');
    const other = a.world.start();
    for (const { pid } of [watcher, other]) {
      system.link(pid, target.pid);
      system.monitor(pid, target.pid);
    }
    settle();
    answer('congested');
    system.unlink(watcher.pid, target.pid);
    system.unmonitor(watcher.pid, target.pid);
    b.world.system.terminate(target.pid);
    settle();
    expect(watcher.received).toEqual([]);
    expect(system.isAlive(other.pid)).toBe(false);
  });
});

test('a node that lets a report fall loses its session, in a later turn (cluster.md M4)', () => {
  const { system, clock, start } = createProcessWorld({ name: 'a' });
  const watcher = start();
  const peer = start();
  const far = '{b@test:host|0x00001}' as Pid;
  system.attachNode({ name: 'b', post: ({ kind }) => (kind === 'unlink' ? 'congested' : 'held') });
  system.monitor(watcher.pid, far);
  system.link(peer.pid, far);
  system.unlink(peer.pid, far);
  expect(system.isAlive(far)).toBe(true);
  clock.flush();
  expect(watcher.received).toMatchObject([{ kind: 'exit', outcome: { ok: false, failure: NO_CONNECTION } }]);
  expect(system.isAlive(far)).toBe(false);
});

test('a node that is down before it is detached is not found (cluster.md M6)', () => {
  const { system, clock, start } = createProcessWorld({ name: 'a' });
  const { pid } = start();
  const far = '{b@test:host|0x00001}' as Pid;
  const node = system.attachNode({ name: 'b', post: () => 'down' });
  expect(() => system.send(pid, far, 'x', [])).toThrow(
    expect.objectContaining({ code: 'MH_PROCESS_NODE_NOT_FOUND' }),
  );
  node.accept({ kind: 'monitor', from: far, to: '{a@test:host|0x00099}' as Pid }); // answered into the void
  clock.flush();
});

test('credits of one turn leave in one signal', () => {
  const { a, b, settle } = createNodePair();
  const sender = a.world.start();
  const target = b.world.start();
  settle();
  for (let i = 0; i < 5; i++) a.world.system.send(sender.pid, target.pid, 'x', [], RECEIPT);
  for (let i = 0; i < 5; i++) b.remote.accept(b.incoming[i]!);
  b.world.clock.flush();
  expect(a.incoming).toEqual([{ kind: 'credit', ids: [1, 2, 3, 4, 5] }]);
});

test('NODE_CREDITS_MAX receipts that are owed refuse the next, on both sides', () => {
  const posted: Signal[] = [];
  const { system, start } = createProcessWorld({ name: 'a' });
  const deaf = start({ step: () => ({ kind: 'waiting' }) });
  const far = '{b@test:host|0x00001}' as Pid;
  const node = system.attachNode({
    name: 'b',
    post(signal) {
      if (signal.kind !== 'message') posted.push(signal);
      return 'held';
    },
  });
  for (let i = 0; i < NODE_CREDITS_MAX; i++) system.send(deaf.pid, far, 'x', [], RECEIPT);
  expect(() => system.send(deaf.pid, far, 'x', [], RECEIPT)).toThrow(CONGESTED);
  node.accept({ kind: 'credit', ids: [7] });
  system.send(deaf.pid, far, 'x', [], RECEIPT);

  const message = { kind: 'message', from: far, to: deaf.pid, topic: 'x', payloads: [] } as const;
  for (let credit = 0; credit < NODE_CREDITS_MAX; credit++) node.accept({ ...message, credit });
  expect(posted).toEqual([]);
  node.accept({ ...message, credit: NODE_CREDITS_MAX });
  expect(posted).toEqual([{ kind: 'refused', from: deaf.pid, to: far, code: 'MH_PROCESS_MAILBOX_FULL' }]);
});
