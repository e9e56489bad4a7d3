/** `accept` of a node that lies, is late or is confused: what happens is the least that can. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pid } from '../../../src/base/index.ts';
import type { Outcome, Signal } from '../../../src/process/index.ts';
import { createProcessWorld } from '../../support/programs.ts';

const FAR = '{b@test:host|0x00001}' as Pid;
const DEAD = '{a@test:host|0x00099}' as Pid;
const FAILED: Outcome = { ok: false, failure: { kind: 'Internal', message: 'a lie', retryable: false } };

/** Node `a` with two processes, and what it posts to node `b`. */
function createHost() {
  const world = createProcessWorld({ name: 'a' });
  const posted: Signal[] = [];
  const node = world.system.attachNode({
    name: 'b',
    post(signal) {
      posted.push(signal);
      return 'held';
    },
  });
  const accept = (signal: Signal): void => {
    node.accept(signal);
    world.clock.flush();
  };
  return { ...world, posted, node, accept, one: world.start(), two: world.start() };
}

describe('a signal that speaks for somebody else', () => {
  test.each([
    ['a process of this node', '{a@test:host|0x00002}'],
    ['a process of a third node', '{c@test:host|0x00001}'],
    ['no node', '{test:host|0x00002}'],
    ['a node whose name begins like it', '{b2@test:host|0x00001}'],
    ['what is no PID', 'lobby'],
  ])('%s is dropped: counted, and said once', (_, from) => {
    const { accept, one, node, lines, posted, system } = createHost();
    const forged = { from: from as Pid, to: one.pid };
    const signals: Signal[] = [
      { kind: 'message', ...forged, topic: 'x', payloads: [], credit: 1 },
      { kind: 'link', ...forged, half: 1 },
      { kind: 'unlink', ...forged, ownHalf: 1, otherHalf: 1 },
      { kind: 'monitor', ...forged },
      { kind: 'unmonitor', ...forged },
      { kind: 'cancel', ...forged, reason: 'x' },
      { kind: 'exit', ...forged, outcome: FAILED },
      { kind: 'linkDown', ...forged, outcome: FAILED },
    ];
    for (const signal of signals) accept(signal);
    expect([one.received, posted, node.droppedCount]).toEqual([[], [], signals.length]);
    expect(lines).toMatchObject([{ level: 'warn', event: 'signal dropped', fields: { node: 'b' } }]);
    expect(system.inspect()[0]).toMatchObject({ links: [], monitors: [] });
  });

  test('cannot end the ties of the process it names', () => {
    const { accept, one, two, system } = createHost();
    system.monitor(one.pid, two.pid);
    system.link(one.pid, two.pid);
    accept({ kind: 'exit', from: two.pid, to: one.pid, outcome: FAILED });
    accept({ kind: 'linkDown', from: two.pid, to: one.pid, outcome: FAILED });
    accept({ kind: 'unlink', from: two.pid, to: one.pid, ownHalf: 9, otherHalf: 9 });
    expect([one.received, system.isAlive(one.pid), system.hasLinks(one.pid)]).toEqual([[], true, true]);
  });
});

describe('a signal about a tie that is not there', () => {
  test('EXIT and LINK_DOWN reach only who asked for them', () => {
    const { accept, one, system } = createHost();
    accept({ kind: 'exit', from: FAR, to: one.pid, outcome: FAILED });
    accept({ kind: 'linkDown', from: FAR, to: one.pid, outcome: FAILED });
    expect([one.received, system.isAlive(one.pid)]).toEqual([[], true]);
  });

  test('a second EXIT or LINK_DOWN does nothing', () => {
    const { accept, one, system } = createHost();
    system.setOptions(one.pid, { trapLinks: true });
    system.monitor(one.pid, FAR);
    system.link(one.pid, FAR);
    for (const kind of ['exit', 'exit', 'linkDown', 'linkDown'] as const) {
      accept({ kind, from: FAR, to: one.pid, outcome: FAILED });
    }
    expect(one.events).toEqual(['exit', 'linkDown']);
  });

  test('unlink and unmonitor of what was never tied do nothing', () => {
    const { accept, one, posted } = createHost();
    accept({ kind: 'unlink', from: FAR, to: one.pid, ownHalf: 1, otherHalf: 1 });
    accept({ kind: 'unmonitor', from: FAR, to: one.pid });
    expect([one.received, posted]).toEqual([[], []]);
  });

  test('unlink cannot end a half that was made after it was posted', () => {
    const { accept, one, system } = createHost();
    system.link(one.pid, FAR);
    accept({ kind: 'unlink', from: FAR, to: one.pid, ownHalf: 0, otherHalf: 0 });
    expect(system.hasLinks(one.pid)).toBe(true);
  });

  test('a credit opens receipts of this session only, each once', () => {
    const { accept, one, system } = createHost();
    let taken = 0;
    system.send(one.pid, FAR, 'x', [], { taken: () => void taken++ });
    accept({ kind: 'credit', ids: [0, -1, 2, Number.NaN, 1, 1] });
    accept({ kind: 'credit', ids: [1] });
    expect(taken).toBe(1);
  });
});

describe('a signal for who is not there', () => {
  test.each([DEAD, 'lobby' as Pid, '{b@test:host|0x00001}' as Pid])('%s is answered', (to) => {
    const { accept, posted, system, one } = createHost();
    system.names.register('lobby', one.pid); // a signal never goes by name
    accept({ kind: 'message', from: FAR, to, topic: 'x', payloads: [], credit: undefined });
    accept({ kind: 'message', from: FAR, to, topic: 'x', payloads: [], credit: 3 });
    accept({ kind: 'link', from: FAR, to, half: 1 });
    accept({ kind: 'monitor', from: FAR, to });
    accept({ kind: 'cancel', from: FAR, to, reason: '' });
    accept({ kind: 'terminate', to });
    const refused = { kind: 'refused', from: to, to: FAR, code: 'MH_PROCESS_NOT_FOUND' };
    expect(posted).toMatchObject([
      refused,
      refused,
      { kind: 'credit', ids: [3] },
      { kind: 'linkDown', from: to, to: FAR, outcome: { failure: { kind: 'NotFound' } } },
      { kind: 'exit', from: to, to: FAR, outcome: { failure: { kind: 'NotFound' } } },
      refused,
      { ...refused, to: undefined },
    ]);
  });

  test('needs no answer when it asks for none', () => {
    const { accept, posted } = createHost();
    accept({ kind: 'unlink', from: FAR, to: DEAD, ownHalf: 1, otherHalf: 1 });
    accept({ kind: 'unmonitor', from: FAR, to: DEAD });
    accept({ kind: 'exit', from: FAR, to: DEAD, outcome: FAILED });
    accept({ kind: 'linkDown', from: FAR, to: DEAD, outcome: FAILED });
    accept({ kind: 'refused', from: DEAD, to: FAR, code: 'MH_PROCESS_NOT_FOUND' });
    expect(posted).toEqual([]);
  });
});

test.each(['', '@pid.exit', '@'])('the topic %j gets into no mailbox (process.md 5.4)', (topic) => {
  const { accept, one, posted } = createHost();
  accept({ kind: 'message', from: FAR, to: one.pid, topic, payloads: [], credit: undefined });
  expect(one.received).toEqual([]);
  expect(posted).toMatchObject([{ kind: 'refused', code: 'MH_PROCESS_ARGUMENT_INVALID' }]);
});

test('a signal of an unknown kind is dropped', () => {
  const { accept, node, posted } = createHost();
  accept({ kind: 'resize' } as unknown as Signal);
  expect([node.droppedCount, posted]).toEqual([1, []]);
});

test('nothing is accepted after the session has ended', () => {
  const { accept, node, one, system } = createHost();
  node.detach();
  accept({ kind: 'message', from: FAR, to: one.pid, topic: 'x', payloads: [], credit: undefined });
  accept({ kind: 'terminate', to: one.pid });
  expect([one.received, system.isAlive(one.pid)]).toEqual([[], true]);
});

test('any signals in any order throw nothing, and forge nothing of this node', () => {
  const pid = fc.constantFrom(FAR, '{b@test:host|0x00002}' as Pid, '{a@test:host|0x00001}' as Pid, DEAD);
  const number = fc.integer({ min: -1, max: 3 });
  const signal: fc.Arbitrary<Signal> = fc.oneof(
    fc.record({
      kind: fc.constant('message' as const),
      from: fc.option(pid, { nil: undefined }),
      to: pid,
      topic: fc.constantFrom('x', '', '@x'),
      payloads: fc.constant([]),
      credit: fc.option(number, { nil: undefined }),
    }),
    fc.record({ kind: fc.constant('link' as const), from: pid, to: pid, half: number }),
    fc.record({
      kind: fc.constant('unlink' as const),
      from: pid,
      to: pid,
      ownHalf: number,
      otherHalf: number,
    }),
    fc.record({ kind: fc.constantFrom('monitor' as const, 'unmonitor' as const), from: pid, to: pid }),
    fc.record({ kind: fc.constant('cancel' as const), from: pid, to: pid, reason: fc.constant('') }),
    fc.record({
      kind: fc.constantFrom('exit' as const, 'linkDown' as const),
      from: pid,
      to: pid,
      outcome: fc.constant(FAILED),
    }),
    fc.record({ kind: fc.constant('credit' as const), ids: fc.array(number) }),
  );
  fc.assert(
    fc.property(fc.array(signal, { maxLength: 40 }), (signals) => {
      const { accept, one, two, node, system, clock } = createHost();
      for (const { pid } of [one, two]) system.setOptions(pid, { trapLinks: true });
      system.monitor(one.pid, two.pid);
      for (const each of signals) accept(each);
      node.detach();
      clock.flush();
      // Nobody heard that `two` ended, nobody is tied to the lost node, and nobody was ended.
      expect(one.received.filter((mail) => mail.kind === 'exit' && mail.from === two.pid)).toEqual([]);
      expect(system.inspect()).toMatchObject([
        { pid: one.pid, links: [], monitors: [] },
        { pid: two.pid, links: [], monitors: [one.pid] },
      ]);
    }),
    { numRuns: 200 },
  );
});
