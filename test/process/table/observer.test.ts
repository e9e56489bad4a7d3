import { describe, expect, test } from 'vitest';
import type { ProcessObserver } from '../../../src/process/index.ts';
import { createNodePair } from '../../support/node-pair.ts';
import { createProcessWorld, done, fail, ScriptedProgram } from '../../support/programs.ts';

/** An observer that writes down what it is told. */
function createLogbook(): ProcessObserver & { lines: unknown[][] } {
  const lines: unknown[][] = [];
  return {
    lines,
    started: ({ pid, state }) => void lines.push(['started', pid, state]),
    ended: (pid, outcome) => void lines.push(['ended', pid, outcome.ok]),
    sent: (from, to, topic) => void lines.push(['sent', from, to, topic]),
    stepped: (pid, ms) => void lines.push(['stepped', pid, ms]),
  };
}

describe('system.observe()', () => {
  test('tells of start, message, step and end, in that order', () => {
    const { system, clock, start } = createProcessWorld();
    const book = createLogbook();
    system.observe(book);
    const { pid } = start({ onMail: () => done() });
    system.names.register('lobby', pid);
    system.send(pid, 'lobby', 'x', []);
    clock.flush();
    expect(book.lines).toEqual([
      ['started', pid, 'ready'],
      ['sent', pid, pid, 'x'],
      ['ended', pid, true],
      ['stepped', pid, 0],
    ]);
  });

  test('tells how long each step took', () => {
    const { system, clock, start } = createProcessWorld();
    const book = createLogbook();
    start({
      step: () => {
        clock.advance(5);
        return { kind: 'waiting' };
      },
    });
    system.observe({ stepped: book.stepped! });
    clock.turn();
    expect(book.lines).toEqual([['stepped', expect.any(String), 5]]);
  });

  test('shows a process as it starts: name, monitor and link stand', () => {
    const { system, start } = createProcessWorld();
    const parent = start();
    const seen: unknown[] = [];
    system.observe({
      started: ({ names, links, monitors }) => void seen.push({ names, links, monitors }),
    });
    start({}, { name: 'child', caller: parent.pid, link: true, monitor: true });
    expect(seen).toEqual([{ names: ['child'], links: [parent.pid], monitors: [parent.pid] }]);
  });

  test('tells of calls too, and of an end by force', () => {
    const { system, source } = createProcessWorld();
    source.makers.set('app:f', () => new ScriptedProgram());
    const book = createLogbook();
    system.observe(book);
    const call = system.call({ entryId: 'app:f', args: [] }, () => {});
    system.terminate(call.pid);
    expect(book.lines).toEqual([
      ['started', call.pid, 'ready'],
      ['ended', call.pid, false],
    ]);
  });

  test('tells nothing of a start that fails, nor of its end (process.md 2.4)', () => {
    const { system, start } = createProcessWorld();
    const book = createLogbook();
    system.observe(book);
    const init = () => {
      throw new Error('boom');
    };
    expect(() => start({ init })).toThrow('boom');
    expect(book.lines).toEqual([]);
  });

  test('tells nothing of what was refused', () => {
    const { system, start } = createProcessWorld();
    const small = start({}, { mailboxLimit: 1 });
    system.send(undefined, small.pid, 'fits', []);
    const book = createLogbook();
    system.observe(book);
    expect(() => system.send(undefined, small.pid, 'does not', [])).toThrow();
    expect(() => system.send(undefined, 'nobody', 'x', [])).toThrow();
    expect(book.lines).toEqual([]);
  });

  test('tells of messages to the holder of a name, but not of those of a start (process.md 10.5)', () => {
    const { system, start } = createProcessWorld();
    const book = createLogbook();
    system.observe({ sent: book.sent! });
    const messages = [{ topic: 'x', payloads: [] }];
    const holder = start({}, { name: 'lobby', messages });
    start({}, { name: 'lobby', messages });
    expect(book.lines).toEqual([['sent', undefined, holder.pid, 'x']]);
  });

  test('tells of a message to another node once, where it was sent from', () => {
    const { a, b, settle } = createNodePair();
    const target = b.world.start();
    settle();
    const [here, there] = [createLogbook(), createLogbook()];
    a.world.system.observe({ sent: here.sent! });
    b.world.system.observe({ sent: there.sent! });
    a.world.system.send(undefined, target.pid, 'x', []);
    settle();
    expect([here.lines, there.lines]).toEqual([[['sent', undefined, target.pid, 'x']], []]);
  });

  test('withdraws, twice too, also in the middle of an event', () => {
    const { system, start } = createProcessWorld();
    const book = createLogbook();
    const other = createLogbook();
    let stopOther = (): void => {};
    const stop = system.observe({
      started() {
        stopOther();
        stopOther();
      },
    });
    stopOther = system.observe(other);
    system.observe(book);
    const { pid } = start();
    stop();
    stop();
    expect([book.lines, other.lines]).toEqual([[['started', pid, 'ready']], []]);
  });
});

describe('an observer that throws', () => {
  const broken: ProcessObserver = {
    started: () => {
      throw new Error('a bug of an observer');
    },
    ended: () => {
      throw new Error('a bug of an observer');
    },
    sent: () => {
      throw new Error('a bug of an observer');
    },
    stepped: () => {
      throw new Error('a bug of an observer');
    },
  };

  test('harms no process and no other observer, and is logged once', () => {
    const { system, clock, start, lines } = createProcessWorld();
    const book = createLogbook();
    system.observe(broken);
    system.observe(book);
    const watcher = start();
    const target = start({ onMail: () => fail('on purpose') });
    system.monitor(watcher.pid, target.pid);
    system.send(watcher.pid, target.pid, 'x', []);
    clock.flush();
    expect(watcher.events).toEqual(['exit']);
    expect(new Set(book.lines.map(([kind]) => kind))).toEqual(
      new Set(['started', 'sent', 'stepped', 'ended']),
    );
    expect(lines).toMatchObject([{ level: 'error', event: 'process observer failed' }]);
  });
});

test('an observer that sends hears nothing of that itself, the others do', () => {
  const { system, start } = createProcessWorld();
  const target = start();
  const book = createLogbook();
  const seen: string[] = [];
  system.observe({
    sent(_, to, topic) {
      seen.push(topic);
      system.send(undefined, to, 'echo', []);
    },
  });
  system.observe(book);
  system.send(undefined, target.pid, 'x', []);
  expect(seen).toEqual(['x']);
  expect(book.lines.map((line) => line[3])).toEqual(['echo', 'x']);
});
