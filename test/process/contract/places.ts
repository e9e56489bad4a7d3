/** Where the two processes of a contract's test live: on one node, or on two. */
import { createNodePair } from '../../support/node-pair.ts';
import {
  createProcessWorld,
  done,
  fail,
  type ProcessWorld,
  type ScriptedProgram,
} from '../../support/programs.ts';

/** Two places; the same one when everything is local. */
export interface Places {
  readonly here: ProcessWorld;
  readonly there: ProcessWorld;
  /** Runs everything until nothing moves. */
  settle(): void;
}

/** One system. */
export function localPlaces(): Places {
  const world = createProcessWorld();
  return { here: world, there: world, settle: () => world.clock.flush() };
}

/** Two systems, joined in memory. */
export function joinedPlaces(): Places {
  const pair = createNodePair();
  return { here: pair.a.world, there: pair.b.world, settle: () => pair.settle() };
}

/** A process that ends as its message says: `end` with its payload as value, `fail` with it as reason. */
export function startMortal(world: ProcessWorld): ScriptedProgram {
  return world.start({
    onMail: (mail) => {
      if (mail.kind !== 'message') return undefined;
      if (mail.topic === 'end') return done(mail.payloads[0]);
      return mail.topic === 'fail' ? fail(String(mail.payloads[0])) : undefined;
    },
  });
}
