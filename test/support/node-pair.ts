/**
 * Two process systems joined by a transport in memory: `a` and `b`, each on a clock of its own. Signals wait until a
 * test delivers them, so that every crossing can be had; what is cut is lost. Signals are copied, as on a wire.
 */
import type { AttachedNode, Posted, RemoteNode, Signal } from '../../src/process/index.ts';
import { createProcessWorld, type ProcessWorld } from './programs.ts';

/** One of the two nodes. */
export interface PairedNode {
  readonly world: ProcessWorld;
  /** The other node as this one has it attached. */
  readonly remote: AttachedNode;
  /** Signals on their way to this node, oldest first. */
  readonly incoming: readonly Signal[];
}

/** Both nodes and what is between them. */
export interface NodePair {
  readonly a: PairedNode;
  readonly b: PairedNode;
  /** Hands the oldest signal on its way to a node over. @returns whether there was one */
  deliver(to: 'a' | 'b'): boolean;
  /** Delivers everything and runs both sides until nothing moves. */
  settle(): void;
  /** What `post` answers to what can be tried again, from now on. Default `held`. */
  answer(posted: Posted): void;
  /** Loses what is on its way; both sides notice. */
  cut(): void;
  /** Begins a new session. */
  heal(): void;
}

interface Side extends PairedNode {
  remote: AttachedNode;
  incoming: Signal[];
}

/** Joins two new systems. */
export function createNodePair(): NodePair {
  let answer: Posted = 'held';
  const sideOf = (name: string): Side => ({
    world: createProcessWorld({ name, incarnation: 1 }),
    remote: undefined as unknown as AttachedNode,
    incoming: [],
  });
  const a = sideOf('a');
  const b = sideOf('b');
  const nodeFor = (name: string, side: Side): RemoteNode => ({
    name,
    post(signal) {
      if (answer !== 'held' && canTryAgain(signal)) return answer;
      side.incoming.push(structuredClone(signal));
      return 'held';
    },
  });
  const deliver = (side: Side): boolean => {
    const signal = side.incoming.shift();
    if (signal !== undefined) side.remote.accept(signal);
    return signal !== undefined;
  };
  const pair: NodePair = {
    a,
    b,
    deliver: (to) => deliver(to === 'a' ? a : b),
    settle() {
      const clocks = [a.world.clock, b.world.clock];
      while (
        a.incoming.length + b.incoming.length + clocks[0]!.deferredCount + clocks[1]!.deferredCount >
        0
      ) {
        for (const clock of clocks) clock.flush();
        for (const side of [a, b]) while (deliver(side));
      }
    },
    answer(posted) {
      answer = posted;
    },
    cut() {
      for (const side of [a, b]) {
        side.incoming.length = 0;
        side.remote.detach();
      }
    },
    heal() {
      a.remote = a.world.system.attachNode(nodeFor('b', b));
      b.remote = b.world.system.attachNode(nodeFor('a', a));
    },
  };
  pair.heal();
  return pair;
}

function canTryAgain(signal: Signal): boolean {
  if (signal.kind === 'message') return signal.credit === undefined;
  return ['link', 'monitor', 'cancel', 'terminate'].includes(signal.kind);
}
