/** What differs between a process of another node and one of ours: not knowing whether it lives, and losing its node. */
import { describe, expect, test } from 'vitest';
import type { Pid } from '../../../src/base/index.ts';
import {
  LINKED_PROCESS_FAILED,
  NO_CONNECTION,
  type Outcome,
  PROCESS_GONE,
  type Signal,
} from '../../../src/process/index.ts';
import { createNodePair, type NodePair } from '../../support/node-pair.ts';
import { createProcessWorld, type ScriptedProgram } from '../../support/programs.ts';

const LOST = { ok: false, failure: NO_CONNECTION };
const NODE_NOT_FOUND = expect.objectContaining({ code: 'MH_PROCESS_NODE_NOT_FOUND', kind: 'NotFound' });

/** A process on each node. */
function createTwo(): NodePair & { watcher: ScriptedProgram; target: ScriptedProgram } {
  const pair = createNodePair();
  return { ...pair, watcher: pair.a.world.start(), target: pair.b.world.start() };
}

describe('a PID', () => {
  test('carries its node and incarnation, one spelling everywhere (cluster.md I1, I2)', () => {
    const { a, watcher } = createTwo();
    expect(watcher.pid).toBe('{a@test:host|0x00001.1}');
    for (const spelling of [
      '{test:host|0x00001.1}',
      '{test:host|x|0x00001.1}',
      '{a@test:host|x|0x00001.1}',
    ]) {
      expect(a.world.system.resolve(spelling)).toBe(watcher.pid);
    }
  });

  test('of an unknown node leads nowhere (cluster.md M6)', () => {
    const { system } = createTwo().a.world;
    const far = '{c@test:host|0x00001.1}';
    expect(system.isAlive(far)).toBe(false);
    expect(() => system.send(undefined, far, 'x', [])).toThrow(NODE_NOT_FOUND);
    expect(() => system.resolve(far)).toThrow(NODE_NOT_FOUND);
  });

  test('of an earlier life of a node reaches nobody in a later one (cluster.md I2)', () => {
    const { a, b, target, watcher, settle } = createTwo();
    const restarted = createProcessWorld({ name: 'b', incarnation: 2 });
    const signals: Signal[] = [];
    const toB = a.world.system.attachNode({
      name: 'b',
      post: (signal) => {
        signals.push(signal);
        return 'held';
      },
    });
    const toA = restarted.system.attachNode({
      name: 'a',
      post: (signal) => {
        toB.accept(signal);
        return 'held';
      },
    });
    const successor = restarted.start();
    expect([target.pid, successor.pid]).toEqual(['{b@test:host|0x00001.1}', '{b@test:host|0x00001.2}']);
    a.world.system.monitor(watcher.pid, target.pid);
    for (const signal of signals) toA.accept(signal);
    settle();
    expect(watcher.received).toMatchObject([{ kind: 'exit', outcome: { ok: false, failure: PROCESS_GONE } }]);
    expect(b.world.system.isAlive(target.pid)).toBe(true);
  });

  test('of another node is no process this one can set options of', () => {
    const { a, target } = createTwo();
    expect(() => a.world.system.getOptions(target.pid)).toThrow(NODE_NOT_FOUND);
    expect(() => a.world.system.link(target.pid, target.pid)).toThrow(NODE_NOT_FOUND);
  });
});

describe('a process of another node that has ended', () => {
  function createDead() {
    const two = createTwo();
    two.b.world.system.terminate(two.target.pid);
    return two;
  }

  test('is known to live as long as its node does', () => {
    const { a, target, settle } = createDead();
    settle();
    expect(a.world.system.isAlive(target.pid)).toBe(true);
  });

  test('gives its new monitors an EXIT that says so (cluster.md M6)', () => {
    const { a, target, watcher, settle } = createDead();
    a.world.system.monitor(watcher.pid, target.pid);
    settle();
    expect(watcher.received).toMatchObject([
      { kind: 'exit', from: target.pid, outcome: { ok: false, failure: PROCESS_GONE } },
    ]);
  });

  test('breaks a new link', () => {
    const { a, target, watcher, settle } = createDead();
    const end = a.world.outcomeOf(watcher);
    a.world.system.link(watcher.pid, target.pid);
    settle();
    expect(end.outcome).toEqual({ ok: false, failure: LINKED_PROCESS_FAILED });
  });

  test('gives the host the same, and its names up', () => {
    const { a, target, settle } = createDead();
    const seen: Outcome[] = [];
    a.world.system.watch(target.pid, (outcome) => seen.push(outcome));
    a.world.system.names.register('lobby', target.pid);
    settle();
    expect(seen).toEqual([{ ok: false, failure: PROCESS_GONE }]);
    expect(a.world.system.isAlive('lobby')).toBe(false);
  });

  test('refuses messages, cancel and terminate: counted, logged at debug, receipts told (cluster.md M6)', () => {
    const { a, target, watcher, settle } = createDead();
    let taken = 0;
    a.world.system.send(watcher.pid, target.pid, 'x', []);
    a.world.system.send(watcher.pid, target.pid, 'y', [], { taken: () => void taken++ });
    a.world.system.cancel(watcher.pid, target.pid);
    a.world.system.terminate(target.pid);
    settle();
    expect([a.remote.refusedCount, taken]).toEqual([4, 1]);
    expect(a.world.lines.filter(({ event }) => event === 'refused by another node')).toMatchObject([
      { level: 'debug', fields: { from: watcher.pid, to: target.pid, code: 'MH_PROCESS_NOT_FOUND' } },
      { fields: { code: 'MH_PROCESS_NOT_FOUND' } },
      { fields: { from: watcher.pid } },
      { fields: { from: undefined } },
    ]);
  });
});

test('a full mailbox and a stopping host of another node refuse after send() returned (cluster.md M6)', async () => {
  const { a, b, watcher, settle } = createTwo();
  const small = b.world.start({}, { mailboxLimit: 1 });
  for (const topic of ['a', 'b']) a.world.system.send(watcher.pid, small.pid, topic, []);
  settle();
  expect(small.topics).toEqual(['a']);
  const closed = b.world.system.closeHost('test:host', { reason: 'bye', timeoutMs: 10 });
  a.world.system.send(watcher.pid, small.pid, 'c', []);
  settle();
  const codes = a.world.lines.map(({ fields }) => fields.code);
  expect(codes).toEqual(['MH_PROCESS_MAILBOX_FULL', 'MH_PROCESS_HOST_STOPPED']);
  b.world.clock.advance(10);
  await closed;
});

describe('the loss of a node', () => {
  test('fires every monitor and link once, EXIT before LINK_DOWN, retryable (cluster.md N2, M4)', () => {
    const { a, watcher, target, settle, cut } = createTwo();
    a.world.system.setOptions(watcher.pid, { trapLinks: true });
    a.world.system.link(watcher.pid, target.pid);
    a.world.system.monitor(watcher.pid, target.pid);
    settle();
    cut();
    settle();
    a.remote.detach();
    settle();
    expect(watcher.received).toMatchObject([
      { kind: 'exit', from: target.pid, outcome: LOST },
      { kind: 'linkDown', from: target.pid, outcome: LOST },
    ]);
    expect(NO_CONNECTION).toMatchObject({ kind: 'Unavailable', retryable: true });
  });

  test('takes down who is linked across, and only those', () => {
    const { a, b, watcher, target, settle, cut } = createTwo();
    const bystander = a.world.start();
    const end = a.world.outcomeOf(watcher);
    b.world.system.link(target.pid, watcher.pid);
    settle();
    cut();
    expect(end.outcome).toEqual({ ok: false, failure: LINKED_PROCESS_FAILED });
    expect(b.world.system.isAlive(target.pid)).toBe(false);
    expect(a.world.system.isAlive(bystander.pid)).toBe(true);
  });

  test('leaves no trace of its processes in any table', () => {
    const { a, b, watcher, target, settle, cut } = createTwo();
    for (const [world, from, to] of [
      [a.world, watcher, target],
      [b.world, target, watcher],
    ] as const) {
      world.system.setOptions(from.pid, { trapLinks: true });
      world.system.link(from.pid, to.pid);
      world.system.monitor(from.pid, to.pid);
      world.system.names.register('other', to.pid);
    }
    settle();
    cut();
    settle();
    for (const { world } of [a, b]) {
      expect(world.system.inspect()).toMatchObject([{ links: [], monitors: [] }]);
      expect(world.system.isAlive('other')).toBe(false);
    }
  });

  test('gives names up before anybody reads of it (process.md 8.10)', () => {
    const { a, target, settle, cut } = createTwo();
    const seen: boolean[] = [];
    const reader = a.world.start({
      onMail: () => {
        seen.push(a.world.system.isAlive('lobby'));
        return undefined;
      },
    });
    a.world.system.monitor(reader.pid, target.pid);
    a.world.system.names.register('lobby', target.pid);
    settle();
    cut();
    settle();
    expect(seen).toEqual([false]);
  });

  test('ends what the host waits for, and isolates who throws', () => {
    const { a, target, cut } = createTwo();
    const seen: Outcome[] = [];
    a.world.system.watch(target.pid, () => {
      throw new Error('a bug of an observer');
    });
    a.world.system.watch(target.pid, (outcome) => seen.push(outcome));
    cut();
    expect(seen).toEqual([LOST]);
    expect(a.world.lines).toMatchObject([{ level: 'error', event: 'end observer failed' }]);
  });

  test('tells the receipts of what was never taken, after the EXIT', () => {
    const { a, b, watcher, settle, cut } = createTwo();
    const deaf = b.world.start({ step: () => ({ kind: 'waiting' }) });
    const order: string[] = [];
    a.world.system.watch(deaf.pid, () => order.push('ended'));
    a.world.system.send(watcher.pid, deaf.pid, 'arrived', [], { taken: () => order.push('arrived') });
    settle();
    a.world.system.send(watcher.pid, deaf.pid, 'on its way', [], { taken: () => order.push('on its way') });
    cut();
    expect(order).toEqual(['ended', 'arrived', 'on its way']);
    b.world.system.terminate(deaf.pid); // what it had not read may be given back to nobody
    settle();
    expect(order).toHaveLength(3);
  });

  test('is known at once to who sends, links, monitors or looks up (cluster.md M6)', () => {
    const { a, watcher, target, cut } = createTwo();
    const { system } = a.world;
    cut();
    const calls = [
      () => system.send(watcher.pid, target.pid, 'x', []),
      () => system.link(watcher.pid, target.pid),
      () => system.monitor(watcher.pid, target.pid),
      () => system.cancel(watcher.pid, target.pid),
      () => system.terminate(target.pid),
      () => system.names.register('x', target.pid),
      () => void system.watch(target.pid, () => {}),
    ];
    for (const call of calls) expect(call).toThrow(NODE_NOT_FOUND);
    system.unlink(watcher.pid, target.pid);
    system.unmonitor(watcher.pid, target.pid);
    expect(system.isAlive(target.pid)).toBe(false);
  });

  test('does not outlast a new session', () => {
    const { a, watcher, target, settle, cut, heal } = createTwo();
    a.world.system.monitor(watcher.pid, target.pid);
    cut();
    heal();
    a.world.system.monitor(watcher.pid, target.pid);
    a.world.system.send(watcher.pid, target.pid, 'again', []);
    settle();
    expect([watcher.events, target.topics]).toEqual([['exit'], ['again']]);
  });
});

test('system.attachNode() ends an earlier session of that name, whose signals count no more', () => {
  const { a, watcher, target, heal, settle } = createTwo();
  a.world.system.monitor(watcher.pid, target.pid);
  settle();
  const old = a.remote;
  heal();
  old.accept({ kind: 'terminate', to: watcher.pid });
  old.detach();
  settle();
  expect(watcher.received).toMatchObject([{ kind: 'exit', outcome: LOST }]);
  expect([a.world.system.isAlive(watcher.pid), a.world.system.isAlive(target.pid)]).toEqual([true, true]);
});

test('system.attachNode() is a bug on a node without a name, and for the node itself', () => {
  const node = { name: 'b', post: () => 'held' as const };
  expect(() => createProcessWorld().system.attachNode(node)).toThrow('moonhub bug');
  expect(() => createProcessWorld({ name: 'b' }).system.attachNode(node)).toThrow('moonhub bug');
});

test('system.stop() tells the other node of every end, and goes on refusing what arrives', async () => {
  const { a, b, watcher, target, settle } = createTwo();
  a.world.system.monitor(watcher.pid, target.pid);
  settle();
  await b.world.system.stop();
  settle();
  expect(watcher.received).toMatchObject([{ kind: 'exit', outcome: { failure: { kind: 'Canceled' } } }]);
  a.world.system.monitor(watcher.pid, '{b@test:host|0x00009.1}' as Pid);
  settle();
  expect(watcher.received).toHaveLength(2);
});
