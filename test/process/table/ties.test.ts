/** Links and monitors whose signals cross: whatever happens in which order, both sides end up with the same ties. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pid } from '../../../src/base/index.ts';
import { createNodePair, type NodePair } from '../../support/node-pair.ts';
import { done, fail, type ProcessWorld, type ScriptedProgram } from '../../support/programs.ts';

type Name = 'a' | 'b';
const NAMES: readonly Name[] = ['a', 'b'];

describe('a link whose sides act at once', () => {
  const acts: readonly ('link' | 'unlink')[][] = [
    [],
    ['link'],
    ['unlink'],
    ['unlink', 'link'],
    ['link', 'unlink'],
  ];
  const cases = [false, true].flatMap((isLinked) =>
    acts.flatMap((ofA) => acts.map((ofB) => ({ isLinked, ofA, ofB }))),
  );

  test.each(cases)('linked before: $isLinked, a: $ofA, b: $ofB', ({ isLinked, ofA, ofB }) => {
    const pair = createNodePair();
    const [p, q] = [pair.a.world.start(), pair.b.world.start()];
    if (isLinked) pair.a.world.system.link(p.pid, q.pid);
    pair.settle();
    for (const act of ofA) pair.a.world.system[act](p.pid, q.pid);
    for (const act of ofB) pair.b.world.system[act](q.pid, p.pid);
    pair.settle();
    const sides = [pair.a.world.system.hasLinks(p.pid), pair.b.world.system.hasLinks(q.pid)];
    // Some order of all acts explains the result: they agree where both sides would end the same way.
    if (ofA.length === 0 && ofB.length === 0) expect(sides).toEqual([isLinked, isLinked]);
    else if (ofA.at(-1) !== 'unlink' && ofB.at(-1) !== 'unlink') expect(sides).toEqual([true, true]);
    else if (ofA.at(-1) !== 'link' && ofB.at(-1) !== 'link') expect(sides).toEqual([false, false]);
    else expect(sides[0]).toBe(sides[1]);
  });

  test('one who dies before the other has heard of the link breaks it', () => {
    const pair = createNodePair();
    const [p, q] = [pair.a.world.start(), pair.b.world.start()];
    pair.a.world.system.setOptions(p.pid, { trapLinks: true });
    pair.a.world.system.link(p.pid, q.pid);
    pair.b.world.system.terminate(q.pid);
    pair.settle();
    expect(p.events).toEqual(['linkDown']);
    expect(pair.a.world.system.hasLinks(p.pid)).toBe(false);
  });
});

describe('a monitor that is ended and begun again while the EXIT is on its way', () => {
  test('fires once', () => {
    const pair = createNodePair();
    const [watcher, target] = [pair.a.world.start(), pair.b.world.start()];
    const { system } = pair.a.world;
    system.monitor(watcher.pid, target.pid);
    while (pair.deliver('b'));
    pair.b.world.system.terminate(target.pid);
    system.unmonitor(watcher.pid, target.pid);
    system.monitor(watcher.pid, target.pid);
    pair.settle();
    expect(watcher.events).toEqual(['exit']);
  });
});

/** What a run does; `who` and `whom` choose among the processes of both nodes. */
type Deed =
  | {
      readonly kind: 'link' | 'unlink' | 'monitor' | 'unmonitor';
      readonly who: number;
      readonly whom: number;
    }
  | { readonly kind: 'end' | 'fail' | 'trap'; readonly who: number }
  | { readonly kind: 'deliver'; readonly to: Name }
  | { readonly kind: 'cut' };

const member = fc.nat({ max: 5 });
const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom('link', 'link', 'unlink', 'monitor', 'monitor', 'unmonitor'),
      who: member,
      whom: member,
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('end', 'fail', 'trap', 'trap'), who: member }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('deliver'), to: fc.constantFrom(...NAMES) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'cut' }) },
);

/** Six processes on two nodes, each followed by another when it ended, and who is owed an EXIT of whom. */
class TieRun {
  readonly pair: NodePair = createNodePair();
  readonly #owed = new Set<string>();
  readonly #members: ScriptedProgram[];

  constructor() {
    this.#members = [0, 1, 2, 3, 4, 5].map((index) => this.#start(index));
  }

  do(each: Deed): void {
    if (each.kind === 'deliver') this.pair.deliver(each.to);
    else if (each.kind === 'cut') {
      this.pair.cut();
      this.#flush();
      this.#checkNothingCrosses();
      this.pair.heal();
    } else {
      const { system } = this.#worldOf(each.who);
      if (!system.isAlive(this.#members[each.who]!.pid)) this.#members[each.who] = this.#start(each.who);
      const { pid } = this.#members[each.who]!;
      if (each.kind === 'trap') system.setOptions(pid, { trapLinks: true });
      else if (each.kind === 'end' || each.kind === 'fail') system.send(undefined, pid, each.kind, []);
      else if ('whom' in each) this.#tie(each.kind, pid, this.#members[each.whom]!.pid, system);
    }
    this.#flush();
  }

  /** Once everything has arrived. */
  check(): void {
    this.pair.settle();
    const alive = this.#snapshots();
    for (const { pid, links, monitors } of alive.values()) {
      for (const peer of links) expect([pid, alive.get(peer)?.links.includes(pid)]).toEqual([pid, true]);
      for (const watcher of monitors) {
        expect(alive.has(watcher)).toBe(true);
        expect([...this.#owed]).toContain(`${watcher}>${pid}`);
      }
    }
    for (const pair of this.#owed) {
      const [watcher, target] = pair.split('>') as [Pid, Pid];
      if (alive.has(watcher))
        expect([pair, alive.get(target)?.monitors.includes(watcher)]).toEqual([pair, true]);
    }
    for (const name of NAMES) {
      expect(this.pair[name].world.lines.filter(({ level }) => level === 'error')).toEqual([]);
    }
  }

  #worldOf(index: number): ProcessWorld {
    return this.pair[NAMES[index % 2]!].world;
  }

  #start(index: number): ScriptedProgram {
    return this.#worldOf(index).start({
      onMail: (mail, self) => {
        if (mail.kind === 'message') return mail.topic === 'end' ? done() : fail('on purpose');
        if (mail.kind === 'exit' && !this.#owed.delete(`${self.pid}>${mail.from}`)) {
          throw new Error(`${self.pid} got an EXIT of ${mail.from} it was not owed`);
        }
        return undefined;
      },
    });
  }

  #tie(
    kind: 'link' | 'unlink' | 'monitor' | 'unmonitor',
    from: Pid,
    to: Pid,
    system: ProcessWorld['system'],
  ): void {
    // Of a process of the same node it is known at once that it has ended.
    if (!system.isAlive(to) || (kind === 'monitor' && this.#owed.has(`${from}>${to}`))) return;
    system[kind](from, to);
    if (kind === 'monitor') this.#owed.add(`${from}>${to}`);
    else if (kind === 'unmonitor') this.#owed.delete(`${from}>${to}`);
  }

  /** What was queued is read before the next deed, so that `unmonitor` withdraws nothing that lies in a mailbox. */
  #flush(): void {
    for (const name of NAMES) this.pair[name].world.clock.flush();
  }

  #checkNothingCrosses(): void {
    for (const { pid, links, monitors } of this.#snapshots().values()) {
      const isNear = (other: Pid) => other.slice(0, 3) === pid.slice(0, 3);
      expect([...links, ...monitors].every(isNear)).toBe(true);
    }
  }

  #snapshots() {
    const all = NAMES.flatMap((name) => this.pair[name].world.system.inspect());
    return new Map(all.map((snapshot) => [snapshot.pid, snapshot]));
  }
}

test('ties are symmetric, owed EXITs come once, and no table mentions the dead, whatever crosses', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 80 }), (deeds) => {
      const run = new TieRun();
      for (const each of deeds) run.do(each);
      run.check();
    }),
    { numRuns: 500 },
  );
});

test('messages of one sender arrive in order, at most once, and none after one that was lost with a session', () => {
  const deeds = fc.array(fc.constantFrom('send', 'send', 'deliver', 'deliver', 'cut'), { maxLength: 60 });
  fc.assert(
    fc.property(deeds, (all) => {
      const pair = createNodePair();
      const [sender, receiver] = [pair.a.world.start(), pair.b.world.start()];
      const sessions: number[][] = [[]];
      let number = 0;
      for (const each of all) {
        if (each === 'send') {
          pair.a.world.system.send(sender.pid, receiver.pid, 'x', [++number]);
          sessions.at(-1)!.push(number);
        } else if (each === 'deliver') pair.deliver('b');
        else {
          pair.cut();
          pair.heal();
          sessions.push([]);
        }
      }
      pair.settle();
      const seen = receiver.received.flatMap((mail) => (mail.kind === 'message' ? mail.payloads : []));
      let start = 0;
      for (const [index, sent] of sessions.entries()) {
        const got = seen.slice(start).filter((each) => sent.includes(each as number));
        expect(got).toEqual(sent.slice(0, got.length)); // a beginning of what was sent
        if (index === sessions.length - 1) expect(got).toEqual(sent);
        start += got.length;
      }
      expect(start).toBe(seen.length);
    }),
    { numRuns: 200 },
  );
});
