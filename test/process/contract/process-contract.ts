/**
 * What two processes may expect of each other, wherever they live (`process.md` § 5-11). A program does not notice
 * whether the other one runs on its node or on another; what differs is in `test/process/remote/`.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LINKED_PROCESS_FAILED, TERMINATED } from '../../../src/process/index.ts';
import type { ScriptedProgram } from '../../support/programs.ts';
import { type Places, startMortal } from './places.ts';

/** Runs the suite. */
export function describeProcessContract(title: string, createPlaces: () => Places): void {
  describe(`messages, ${title}`, () => describeMessages(createPlaces));
  describe(`receipts, ${title}`, () => describeReceipts(createPlaces));
  describe(`monitors, ${title}`, () => describeMonitors(createPlaces));
  describe(`links, ${title}`, () => describeLinks(createPlaces));
  describe(`ends, ${title}`, () => describeEnds(createPlaces));
  describe(`names, ${title}`, () => describeNames(createPlaces));
}

/** A watcher here, a mortal there. */
function createTwo(createPlaces: () => Places) {
  const places = createPlaces();
  const watcher = places.here.start();
  const target = startMortal(places.there);
  const tell = (topic: string, ...payloads: unknown[]): void => {
    places.settle(); // what was asked before stands before the target reads this
    places.there.system.send(undefined, target.pid, topic, payloads);
    places.settle();
  };
  return { ...places, watcher, target, tell };
}

function linksOf(world: Places['here'], { pid }: ScriptedProgram) {
  return world.system.inspect().find((snapshot) => snapshot.pid === pid)?.links;
}

function monitorsOf(world: Places['here'], { pid }: ScriptedProgram) {
  return world.system.inspect().find((snapshot) => snapshot.pid === pid)?.monitors;
}

function describeMessages(createPlaces: () => Places): void {
  test('carry sender, topic and payloads, nothing included (process.md 5.3)', () => {
    const { here, watcher, target, settle } = createTwo(createPlaces);
    here.system.send(watcher.pid, target.pid, 'x', ['text', 2, [true]]);
    here.system.send(undefined, target.pid, 'y', []);
    settle();
    expect(target.received).toMatchObject([
      { from: watcher.pid, topic: 'x', payloads: ['text', 2, [true]] },
      { from: undefined, topic: 'y', payloads: [] },
    ]);
  });

  test('are answered by the PID they came from', () => {
    const { here, there, settle } = createPlaces();
    const echo = there.start({
      onMail: (mail) => {
        if (mail.kind === 'message') there.system.send(echo.pid, mail.from!, 'answer', mail.payloads);
        return undefined;
      },
    });
    const client = here.start();
    here.system.send(client.pid, echo.pid, 'ask', [7]);
    settle();
    expect(client.received).toMatchObject([{ from: echo.pid, topic: 'answer', payloads: [7] }]);
  });

  test.each(['', '@x'])('are refused on the topic %j before they leave (process.md 5.4)', (topic) => {
    const { here, watcher, target, settle } = createTwo(createPlaces);
    expect(() => here.system.send(watcher.pid, target.pid, topic, [])).toThrow(
      expect.objectContaining({ code: 'MH_PROCESS_ARGUMENT_INVALID' }),
    );
    settle();
    expect(target.received).toEqual([]);
  });

  test('reach the legacy spelling of a PID too, which resolve() makes the plain one (process.md 1.6)', () => {
    const { here, watcher, target, settle } = createTwo(createPlaces);
    const legacy = target.pid.replace('|', '|x|');
    here.system.send(watcher.pid, legacy, 'x', []);
    settle();
    expect(target.topics).toEqual(['x']);
    expect(here.system.resolve(legacy)).toBe(target.pid);
  });

  test('of one sender stay in order, by PID or name (process.md 5.5, cluster.md M7)', () => {
    const step = fc.record({
      from: fc.nat({ max: 2 }),
      to: fc.nat({ max: 1 }),
      byName: fc.boolean(),
      topic: fc.constantFrom('a', 'b'),
      settles: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { here, there, settle } = createPlaces();
        const senders = [here.start(), here.start(), here.start()];
        const receivers = [there.start(), there.start()];
        for (const [i, { pid }] of receivers.entries()) here.system.names.register(`name-${i}`, pid);
        const lanes = senders.map(() => receivers.map((): number[] => []));
        for (const [number, { from, to, byName, topic, settles }] of steps.entries()) {
          const address = byName ? `name-${to}` : receivers[to]!.pid;
          here.system.send(senders[from]!.pid, address, topic, [number]);
          lanes[from]![to]!.push(number);
          if (settles) settle();
        }
        settle();
        const seen = senders.map(({ pid }) =>
          receivers.map(({ received }) =>
            received.flatMap((mail) => (mail.kind === 'message' && mail.from === pid ? mail.payloads : [])),
          ),
        );
        expect(seen).toEqual(lanes);
      }),
      { numRuns: 30 },
    );
  });
}

function describeReceipts(createPlaces: () => Places): void {
  const counter = () => ({
    count: 0,
    taken(): void {
      this.count++;
    },
  });

  test('are told once, when the message is taken (relay.md L2)', () => {
    const { here, watcher, target, settle } = createTwo(createPlaces);
    const receipt = counter();
    here.system.send(watcher.pid, target.pid, 'x', [], receipt);
    here.system.send(watcher.pid, target.pid, 'y', [], receipt);
    expect(receipt.count).toBe(0);
    settle();
    expect(receipt.count).toBe(2);
    settle();
    expect([receipt.count, target.topics]).toEqual([2, ['x', 'y']]);
  });

  test('are told when the mailbox is discarded with its process', () => {
    const { here, there, watcher, settle } = createTwo(createPlaces);
    const deaf = there.start({ step: () => ({ kind: 'waiting' }) });
    const receipt = counter();
    here.system.send(watcher.pid, deaf.pid, 'x', [], receipt);
    settle();
    expect(receipt.count).toBe(0);
    there.system.terminate(deaf.pid);
    settle();
    expect(receipt.count).toBe(1);
  });

  test('exempt their message from the limit of the mailbox', () => {
    const { here, there, watcher, settle } = createTwo(createPlaces);
    const small = there.start({}, { mailboxLimit: 1 });
    for (const topic of ['a', 'b', 'c']) here.system.send(watcher.pid, small.pid, topic, [], counter());
    settle();
    expect(small.topics).toEqual(['a', 'b', 'c']);
  });

  test('reach a process of a stopping host (relay.md L9)', async () => {
    const { here, there, watcher, target, settle } = createTwo(createPlaces);
    const closed = there.system.closeHost('test:host', { reason: 'bye', timeoutMs: 10 });
    const receipt = counter();
    here.system.send(watcher.pid, target.pid, 'late', [], receipt);
    settle();
    expect([target.topics, receipt.count]).toEqual([['late'], 1]);
    there.clock.advance(10);
    await closed;
  });
}

function describeMonitors(createPlaces: () => Places): void {
  test('give one EXIT with the value of a normal end (process.md 7.1)', () => {
    const { here, watcher, target, tell } = createTwo(createPlaces);
    here.system.monitor(watcher.pid, target.pid);
    tell('end', 42);
    expect(watcher.received).toEqual([
      { kind: 'exit', from: target.pid, at: 1_700_000_000, outcome: { ok: true, value: 42 } },
    ]);
  });

  test('give one EXIT with the failure of an abnormal end', () => {
    const { here, watcher, target, tell } = createTwo(createPlaces);
    here.system.monitor(watcher.pid, target.pid);
    tell('fail', 'boom');
    expect(watcher.received).toMatchObject([{ outcome: { ok: false, failure: { message: 'boom' } } }]);
  });

  test('come after every message the target sent before (cluster.md M7)', () => {
    const { here, there, settle } = createPlaces();
    const watcher = here.start();
    const target = there.start({
      onMail: () => {
        there.system.send(target.pid, watcher.pid, 'last', []);
        return { kind: 'done', outcome: { ok: true, value: undefined }, tail: false };
      },
    });
    here.system.monitor(watcher.pid, target.pid);
    settle();
    there.system.send(undefined, target.pid, 'go', []);
    settle();
    expect(watcher.received.map(({ kind }) => kind)).toEqual(['message', 'exit']);
  });

  test('are refused a second time (process.md 8.3)', () => {
    const { here, watcher, target, tell } = createTwo(createPlaces);
    here.system.monitor(watcher.pid, target.pid);
    expect(() => here.system.monitor(watcher.pid, target.pid)).toThrow(
      expect.objectContaining({ code: 'MH_PROCESS_ALREADY_MONITORED' }),
    );
    tell('end');
    expect(watcher.events).toEqual(['exit']);
  });

  test('end with unmonitor(), which may come when there is none (process.md 8.3)', () => {
    const { here, there, watcher, target, settle, tell } = createTwo(createPlaces);
    here.system.unmonitor(watcher.pid, target.pid);
    here.system.monitor(watcher.pid, target.pid);
    here.system.unmonitor(watcher.pid, target.pid);
    settle();
    expect(monitorsOf(there, target)).toEqual([]);
    tell('end');
    here.system.unmonitor(watcher.pid, target.pid);
    expect(watcher.received).toEqual([]);
  });

  test('are forgotten by the target when the watcher ends', () => {
    const { here, there, watcher, target, settle } = createTwo(createPlaces);
    here.system.monitor(watcher.pid, target.pid);
    settle();
    expect(monitorsOf(there, target)).toEqual([watcher.pid]);
    here.system.terminate(watcher.pid);
    settle();
    expect(monitorsOf(there, target)).toEqual([]);
  });

  test('by a name watch the process behind it now (process.md 11.7)', () => {
    const { here, watcher, target, tell } = createTwo(createPlaces);
    here.system.names.register('lobby', target.pid);
    here.system.monitor(watcher.pid, 'lobby');
    here.system.names.unregister('lobby');
    tell('end');
    expect(watcher.received).toMatchObject([{ kind: 'exit', from: target.pid }]);
  });
}

function describeLinks(createPlaces: () => Places): void {
  test.each(['here', 'there'] as const)('made %s are one link, seen from both sides', (side) => {
    const { here, there, watcher, target, settle } = createTwo(createPlaces);
    const [from, to] = side === 'here' ? [watcher, target] : [target, watcher];
    (side === 'here' ? here : there).system.link(from.pid, to.pid);
    settle();
    expect([linksOf(here, watcher), linksOf(there, target)]).toEqual([[target.pid], [watcher.pid]]);
    expect([here.system.hasLinks(watcher.pid), there.system.hasLinks(target.pid)]).toEqual([true, true]);
  });

  test('kill the peer of a failed process, whose monitor reads why (process.md 8.7)', () => {
    const { here, watcher, target, tell } = createTwo(createPlaces);
    const other = here.start();
    here.system.link(watcher.pid, target.pid);
    here.system.monitor(other.pid, watcher.pid);
    tell('fail', 'boom');
    expect(here.system.isAlive(watcher.pid)).toBe(false);
    expect(watcher.events).toEqual([]);
    expect(other.received).toMatchObject([{ outcome: { ok: false, failure: LINKED_PROCESS_FAILED } }]);
  });

  test('give LINK_DOWN to a process that traps, after its EXIT (process.md 8.8, 8.9)', () => {
    const { here, watcher, target, tell } = createTwo(createPlaces);
    here.system.setOptions(watcher.pid, { trapLinks: true });
    here.system.link(watcher.pid, target.pid);
    here.system.monitor(watcher.pid, target.pid);
    tell('fail', 'boom');
    const outcome = { ok: false, failure: { message: 'boom' } };
    expect(watcher.received).toMatchObject([
      { kind: 'exit', from: target.pid, outcome },
      { kind: 'linkDown', from: target.pid, outcome },
    ]);
    expect(here.system.hasLinks(watcher.pid)).toBe(false);
  });

  test('disappear silently when one side ends normally (process.md 8.6)', () => {
    const { here, watcher, target, tell } = createTwo(createPlaces);
    here.system.link(watcher.pid, target.pid);
    tell('end');
    expect([here.system.isAlive(watcher.pid), here.system.hasLinks(watcher.pid)]).toEqual([true, false]);
    expect(watcher.received).toEqual([]);
  });

  test('wake who waits for nothing but its last link (concurrency.md 5)', () => {
    const { here, watcher, target, settle, tell } = createTwo(createPlaces);
    here.system.link(watcher.pid, target.pid);
    settle();
    const { steps } = watcher;
    tell('end');
    expect(watcher.steps).toBe(steps + 1);
  });

  test('twice are once, and one unlink() takes them away (process.md 8.4)', () => {
    const { here, there, watcher, target, settle, tell } = createTwo(createPlaces);
    here.system.link(watcher.pid, target.pid);
    settle();
    here.system.link(watcher.pid, target.pid);
    there.system.link(target.pid, watcher.pid);
    settle();
    here.system.unlink(watcher.pid, target.pid);
    here.system.unlink(watcher.pid, target.pid);
    settle();
    expect([linksOf(here, watcher), linksOf(there, target)]).toEqual([[], []]);
    tell('fail', 'boom');
    expect(here.system.isAlive(watcher.pid)).toBe(true);
  });

  test('are taken away by the side that did not make them', () => {
    const { here, there, watcher, target, settle, tell } = createTwo(createPlaces);
    here.system.link(watcher.pid, target.pid);
    settle();
    there.system.unlink(target.pid, watcher.pid);
    tell('fail', 'boom');
    expect(here.system.isAlive(watcher.pid)).toBe(true);
  });

  test('cascade through a chain that goes to and fro (process.md 8.7)', () => {
    const { here, there, settle } = createPlaces();
    const chain = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? here : there).start());
    for (let i = 1; i < chain.length; i++) {
      (i % 2 === 0 ? here : there).system.link(chain[i]!.pid, chain[i - 1]!.pid);
    }
    settle();
    here.system.terminate(chain[0]!.pid);
    settle();
    expect([here.system.processCount, there.system.processCount]).toEqual([0, 0]);
  });
}

function describeEnds(createPlaces: () => Places): void {
  test('terminate() ends the target, its monitor reads why (process.md 9)', () => {
    const { here, there, watcher, target, settle } = createTwo(createPlaces);
    here.system.monitor(watcher.pid, target.pid);
    here.system.terminate(target.pid);
    settle();
    expect(there.system.isAlive(target.pid)).toBe(false);
    expect(watcher.received).toMatchObject([{ outcome: { ok: false, failure: TERMINATED } }]);
  });

  test('cancel() queues CANCEL with its sender and reason, and ends nobody (process.md 9)', () => {
    const { here, there, watcher, target, settle } = createTwo(createPlaces);
    here.system.cancel(watcher.pid, target.pid, 'enough');
    here.system.cancel('', target.pid);
    settle();
    expect(target.received).toMatchObject([
      { kind: 'cancel', from: watcher.pid, reason: 'enough' },
      { kind: 'cancel', from: '', reason: '' },
    ]);
    expect(there.system.isAlive(target.pid)).toBe(true);
  });

  test('cancel() stays in order with messages (cluster.md M7)', () => {
    const { here, watcher, target, settle } = createTwo(createPlaces);
    here.system.send(watcher.pid, target.pid, 'before', []);
    here.system.cancel(watcher.pid, target.pid);
    here.system.send(watcher.pid, target.pid, 'after', []);
    settle();
    expect(target.received.map((mail) => (mail.kind === 'message' ? mail.topic : mail.kind))).toEqual([
      'before',
      'cancel',
      'after',
    ]);
  });

  test('watch() tells the host once, and nothing when withdrawn', () => {
    const { here, target, tell } = createTwo(createPlaces);
    const seen: unknown[] = [];
    here.system.watch(target.pid, (outcome) => seen.push(outcome));
    const withdraw = here.system.watch(target.pid, () => seen.push('withdrawn'));
    withdraw();
    withdraw();
    tell('end', 1);
    expect(seen).toEqual([{ ok: true, value: 1 }]);
  });

  test('a host that closes is heard of (process.md 15.3)', async () => {
    const { here, there, target, settle } = createTwo(createPlaces);
    const watcher = here.start({}, { hostId: 'test:elsewhere' });
    here.system.monitor(watcher.pid, target.pid);
    settle();
    const closed = there.system.closeHost('test:host', { reason: 'bye', timeoutMs: 0 });
    settle();
    await closed;
    expect(watcher.received).toMatchObject([{ kind: 'exit', outcome: { failure: { kind: 'Canceled' } } }]);
  });
}

function describeNames(createPlaces: () => Places): void {
  test('lead to their process, and give its PID (process.md 11)', () => {
    const { here, watcher, target, settle } = createTwo(createPlaces);
    here.system.names.register('lobby', target.pid);
    here.system.send(watcher.pid, 'lobby', 'x', []);
    settle();
    expect(target.topics).toEqual(['x']);
    expect([here.system.names.lookup('lobby'), here.system.resolve('lobby')]).toEqual([
      target.pid,
      target.pid,
    ]);
  });

  test('belong to one process only (process.md 11.2)', () => {
    const { here, watcher, target } = createTwo(createPlaces);
    here.system.names.register('lobby', target.pid);
    here.system.names.register('lobby', target.pid);
    expect(() => here.system.names.register('lobby', watcher.pid)).toThrow(
      expect.objectContaining({
        code: 'MH_PROCESS_NAME_TAKEN',
        details: { existing_pid: target.pid },
      }),
    );
  });

  test('are free again when their process has ended, before its EXIT is read (process.md 8.10)', () => {
    const { here, target, tell } = createTwo(createPlaces);
    const seen: boolean[] = [];
    const watcher = here.start({
      onMail: () => {
        seen.push(here.system.isAlive('lobby'), here.system.isAlive('hall'));
        return undefined;
      },
    });
    here.system.monitor(watcher.pid, target.pid);
    for (const name of ['lobby', 'hall']) here.system.names.register(name, target.pid);
    tell('end');
    expect(seen).toEqual([false, false]);
    here.system.names.register('lobby', watcher.pid);
    expect(here.system.names.lookup('lobby')).toBe(watcher.pid);
  });

  test('can be taken away and given anew (process.md 11.4)', () => {
    const { here, watcher, target, settle, tell } = createTwo(createPlaces);
    for (const name of ['lobby', 'hall']) here.system.names.register(name, target.pid);
    expect(here.system.names.unregister('lobby')).toBe(true);
    expect(here.system.names.unregister('hall')).toBe(true);
    expect(here.system.names.unregister('hall')).toBe(false);
    settle();
    here.system.names.register('hall', watcher.pid);
    tell('end');
    expect(here.system.names.lookup('hall')).toBe(watcher.pid);
  });

  test('with a holder make spawn a signal to it (process.md 10.5)', () => {
    const { here, watcher, target, settle } = createTwo(createPlaces);
    here.system.names.register('lobby', target.pid);
    const before = here.system.processCount;
    const pid = here.system.spawn({
      entryId: 'app:never',
      hostId: 'test:host',
      caller: watcher.pid,
      name: 'lobby',
      messages: [
        { topic: 'first', payloads: [1] },
        { topic: 'second', payloads: [] },
      ],
    });
    settle();
    expect([pid, here.system.processCount]).toEqual([target.pid, before]);
    expect(target.received).toMatchObject([
      { from: watcher.pid, topic: 'first', payloads: [1] },
      { from: watcher.pid, topic: 'second' },
    ]);
  });
}
