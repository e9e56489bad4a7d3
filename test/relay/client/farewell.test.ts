/** How long a stop waits for those who were told of it (`relay.md` L9). */
import { describe, expect, it } from 'vitest';
import { done, type ScriptedProgram } from '../../support/programs.ts';
import { createRelayWorld, mailOf, type RelayWorld, type TestClient } from '../relay-world.ts';

/** Begins to wait. */
function drain(world: RelayWorld): { isOver: boolean } {
  const seen = { isOver: false };
  void world.relay.farewell.drain().then(() => {
    seen.isOver = true;
  });
  return seen;
}

/** A target that reads nothing before it is told to. */
function lazy(world: RelayWorld): { target: ScriptedProgram; read(count: number): void } {
  let due = 0;
  const target = world.start({
    step(self) {
      for (; due > 0; due--) {
        const mail = self.context.mailbox.takeNext();
        if (mail === undefined) break;
        self.received.push(mail);
      }
      return { kind: 'waiting' };
    },
  });
  return {
    target,
    read(count) {
      due = count;
      target.context.wake();
      world.clock.flush();
    },
  };
}

const leaves = (target: ScriptedProgram): number =>
  mailOf(target).filter(([topic]) => topic === 'ws.leave').length;

const stop = (...clients: readonly TestClient[]): void => {
  for (const { connection } of clients) void connection.stop(60_000);
};

describe('Farewell.drain()', () => {
  it('is over at once when nobody is there', async () => {
    const world = createRelayWorld();
    const seen = drain(world);
    await world.settle();
    expect(seen.isOver).toBe(true);
    expect(world.clock.timerCount).toBe(0);
  });

  it('is over when every target has read every leave, whether the client answers its close frame or not', async () => {
    const world = createRelayWorld();
    const [one, two] = [lazy(world), lazy(world)];
    const clients = [world.connect(one.target), world.connect(one.target), world.connect(two.target)];
    await world.settle();
    const seen = drain(world);
    stop(...clients);
    await world.settle();
    one.read(4);
    await world.settle();
    expect([leaves(one.target), seen.isOver]).toEqual([2, false]);
    two.read(2);
    await world.settle();
    expect([leaves(two.target), seen.isOver]).toEqual([1, true]);
    expect(clients.map(({ wire }) => wire.destroyed)).toEqual([false, false, false]);
  });

  it('waits for connections that are told late, and not for a target that has ended', async () => {
    const world = createRelayWorld();
    const mortal = world.start({
      step: ({ received }) => (received.length > 0 ? done() : { kind: 'waiting' }),
    });
    const client = world.connect(mortal);
    await world.settle();
    const seen = drain(world);
    await world.settle();
    expect(seen.isOver).toBe(false);
    stop(client);
    world.system.terminate(mortal.pid); // its mailbox goes with it
    await world.settle();
    expect(seen.isOver).toBe(true);
  });

  it('goes on as long as a slow target reads anything, and a second longer', async () => {
    const world = createRelayWorld();
    const slow = lazy(world);
    const client = world.connect(slow.target);
    for (let i = 0; i < 20; i++) client.connection.onMessage(Buffer.from('x'), false);
    await world.settle();
    const seen = drain(world);
    stop(client);
    for (let i = 0; i < 10; i++) {
      await world.clock.advanceAndSettle(800);
      slow.read(1);
    }
    expect(seen.isOver).toBe(false);
    await world.clock.advanceAndSettle(1_200);
    expect([leaves(slow.target), seen.isOver]).toEqual([0, true]);
  });

  it('gives a target that never reads a second', async () => {
    const world = createRelayWorld();
    const client = world.connect(lazy(world).target);
    const seen = drain(world);
    stop(client);
    await world.settle();
    await world.clock.advanceAndSettle(900);
    expect(seen.isOver).toBe(false);
    await world.clock.advanceAndSettle(200);
    expect(seen.isOver).toBe(true);
  });
});
