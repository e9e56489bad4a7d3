/** Why processes end, and what they leave unread (`relay.md` L9, L10). */
import { describe, expect, test } from 'vitest';
import type { LifecycleEvent, Outcome } from '../../../src/process/index.ts';
import { createProcessWorld, done, fail, type Script, type ScriptedProgram } from '../../support/programs.ts';

/** Ends when it is told to: by a CANCEL, or by the end of somebody it hears of. */
const obedient: Script = { onMail: ({ kind }) => (kind === 'message' ? undefined : done()) };

const purposeOf = (seen: { outcome: Outcome | undefined }): unknown => seen.outcome?.purpose;

describe('the purpose of an end', () => {
  test('is absent for a process that ended by itself, well or not', () => {
    const world = createProcessWorld();
    const ends = [done(), fail('oops')].map((end) => world.outcomeOf(world.start({ onMail: () => end })));
    for (const { pid } of world.system.inspect()) world.system.send(undefined, pid, 'go', []);
    world.clock.flush();
    expect(ends.map(purposeOf)).toEqual([undefined, undefined]);
  });

  test.each([
    ['returns', () => done()],
    ['raises', () => fail('oops')],
  ])('is what its supervisor said when it %s on its CANCEL', (_what, end) => {
    const world = createProcessWorld();
    const program = world.start({ onMail: end });
    const watcher = world.start();
    world.system.monitor(watcher.pid, program.pid);
    const seen = world.outcomeOf(program);
    world.system.expectEnd(program.pid, 'restart');
    world.system.expectEnd(program.pid, 'stop'); // the first one said counts
    world.system.cancel('', program.pid, 'service stopping');
    world.clock.flush();
    expect(purposeOf(seen)).toBe('restart');
    const exit = watcher.received[0] as Extract<LifecycleEvent, { kind: 'exit' }>;
    expect(exit.outcome.purpose).toBe('restart');
  });

  test('is what its supervisor said when it had to be terminated', () => {
    const world = createProcessWorld();
    const seen = world.outcomeOf(world.start());
    const { pid } = world.system.inspect()[0]!;
    world.system.expectEnd(pid, 'restart');
    world.system.terminate(pid);
    expect(purposeOf(seen)).toBe('restart');
  });

  test('goes over to what the ending process takes along: cancelled, terminated, linked', () => {
    const world = createProcessWorld();
    const cancelled = world.start(obedient);
    const terminated = world.start();
    const linked = world.start();
    const farther = world.start();
    const parent = world.start({
      onMail(_, { pid }) {
        world.system.cancel(pid, cancelled.pid);
        world.system.terminate(terminated.pid, pid);
        return fail('stopped');
      },
    });
    world.system.link(parent.pid, linked.pid);
    world.system.link(linked.pid, farther.pid);
    const ends = [cancelled, terminated, linked, farther].map((program) => world.outcomeOf(program));
    world.system.expectEnd(parent.pid, 'restart');
    world.system.cancel('', parent.pid);
    world.clock.flush();
    expect(ends.map(purposeOf)).toEqual(['restart', 'restart', 'restart', 'restart']);
  });

  test('goes over to a child that heard of it and ends soon; not to strangers, nor to one that lives on', () => {
    const world = createProcessWorld();
    const parent = world.start(obedient);
    const family = { caller: parent.pid };
    const lonely = world.start(obedient, family);
    const grandchild = world.start(obedient, { caller: lonely.pid });
    const survivor = world.start(
      { onMail: (mail) => (mail.kind === 'message' ? done() : undefined) },
      family,
    );
    const stranger = world.start(obedient);
    for (const { pid } of [lonely, survivor, stranger]) world.system.monitor(pid, parent.pid);
    world.system.monitor(grandchild.pid, lonely.pid);
    const ends = [lonely, grandchild, stranger, survivor].map((program) => world.outcomeOf(program));
    world.system.expectEnd(parent.pid, 'restart');
    world.system.cancel('', parent.pid);
    world.clock.flush();
    expect(ends.map(purposeOf)).toEqual(['restart', 'restart', undefined, undefined]);
    expect(world.system.isAlive(survivor.pid)).toBe(true);
    world.clock.advance(10_000);
    world.system.send(undefined, survivor.pid, 'end', []);
    world.clock.flush();
    expect(survivor.closes).toBe(1);
    expect(purposeOf(ends[3]!)).toBeUndefined();
  });

  test('is the shutdown once the host has begun to stop, for those that end by themselves too', async () => {
    const world = createProcessWorld();
    const crashing = world.outcomeOf(world.start({ onMail: () => fail('oops') }));
    const left = world.outcomeOf(world.start());
    world.system.beginShutdown();
    world.system.send(undefined, world.system.inspect()[0]!.pid, 'go', []);
    world.clock.flush();
    await world.system.stop();
    expect([crashing, left].map(purposeOf)).toEqual(['shutdown', 'shutdown']);
  });

  test('is what a host that closes says of its residents', async () => {
    const world = createProcessWorld();
    const seen = world.outcomeOf(world.start(obedient));
    const closed = world.system.closeHost('test:host', { reason: 'bye', timeoutMs: 100, purpose: 'restart' });
    world.clock.flush();
    await closed;
    expect(purposeOf(seen)).toBe('restart');
  });
});

describe('what a process leaves unread', () => {
  const lostLines = ({ lines }: ReturnType<typeof createProcessWorld>) =>
    lines.filter(({ event }) => event === 'unread messages lost');
  /** Reads nothing but events, and ends with the first. */
  const deaf: Script = {
    step: ({ context }) => (context.mailbox.openEvents().take() === undefined ? { kind: 'waiting' } : done()),
  };
  const end = (world: ReturnType<typeof createProcessWorld>, { pid }: ScriptedProgram): void => {
    world.system.cancel('', pid);
    world.clock.flush();
  };

  test('is counted in one line, by topic and by sender, however it ends (relay.md L10)', () => {
    const world = createProcessWorld();
    const sender = world.start();
    const programs = [world.start(deaf), world.start(deaf)];
    for (const program of programs) {
      program.context.mailbox.listen('b');
      for (let i = 0; i < 3; i++) world.system.send(sender.pid, program.pid, 'a', [i]);
      world.system.send(undefined, program.pid, 'b', []);
    }
    world.system.terminate(programs[0]!.pid);
    end(world, programs[1]!);
    expect(lostLines(world)).toEqual(
      programs.map(({ pid }) => ({
        level: 'warn',
        event: 'unread messages lost',
        fields: {
          pid,
          entry: 'test:program',
          count: 4,
          topics: { a: 3, b: 1 },
          senders: { [sender.pid]: 3, host: 1 },
        },
      })),
    );
  });

  test('says nothing of a process that has read everything', () => {
    const world = createProcessWorld();
    const program = world.start(obedient);
    world.system.send(undefined, program.pid, 'a', []);
    end(world, program);
    expect(lostLines(world)).toEqual([]);
  });

  test('names the few with the most, cut, and adds up the others', () => {
    const world = createProcessWorld();
    const program = world.start(deaf);
    for (let topic = 1; topic <= 9; topic++)
      for (let i = 0; i < topic; i++) world.system.send(undefined, program.pid, `${topic}`.repeat(100), []);
    end(world, program);
    const { count, topics } = lostLines(world)[0]!.fields as { count: number; topics: object };
    expect(count).toBe(45);
    expect(Object.entries(topics).map(([name, value]) => [name.length, value])).toEqual(
      expect.arrayContaining([
        [81, 9],
        [81, 5],
        [6, 10],
      ]),
    );
    expect(Object.keys(topics)).toHaveLength(6);
  });

  test('adds up what more than twenty processes leave in one second', () => {
    const world = createProcessWorld();
    const programs = Array.from({ length: 50 }, () => world.start(deaf));
    for (const { pid } of programs) world.system.send(undefined, pid, 'a', []);
    for (const { pid } of programs) world.system.terminate(pid);
    expect(lostLines(world)).toHaveLength(20);
    world.clock.advance(1_000);
    expect(lostLines(world).at(-1)!.fields).toEqual({ processes: 30, count: 30 });
    expect(world.clock.timerCount).toBe(0);
  });

  test('of a connection or a call is for those who look closely', () => {
    const world = createProcessWorld();
    const program = world.start(deaf, { hostId: 'app:gateway' });
    world.system.send(undefined, program.pid, 'a', []);
    end(world, program);
    expect(lostLines(world).map(({ level }) => level)).toEqual(['debug']);
  });
});
