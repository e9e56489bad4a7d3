/** The other nodes: who is attached, and what their loss means here (`cluster.md` N2). */
import { assert, type Clock, type Log, type NodeIdentity, type Pid, toPid } from '../../base/index.ts';
import type { Reaper } from '../life/reaper.ts';
import { NO_CONNECTION, type Outcome } from '../mail/message.ts';
import type { ProcessRecord } from '../record/record.ts';
import type { AttachedNode, RemoteNode } from '../session/remote-node.ts';
import { NodeSession } from '../session/session.ts';
import { cutTies } from '../table/ties.ts';
import { Inbound } from './inbound.ts';
import { RemoteWatches } from './watches.ts';

/** What the other nodes reach here. */
export interface RemoteNodesOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** `undefined` = no other node can be attached, because the PIDs of this one say nothing to it. */
  readonly identity: NodeIdentity | undefined;
  readonly processes: ReadonlyMap<Pid, ProcessRecord>;
  readonly reaper: Reaper;
}

const LOST: Outcome = { ok: false, failure: NO_CONNECTION };

/** All other nodes. */
export class RemoteNodes {
  /** By the names of the nodes; the router looks in here. */
  readonly sessions: ReadonlyMap<string, NodeSession>;
  /** What the host itself watches there. */
  readonly watches: RemoteWatches;
  readonly #options: RemoteNodesOptions;
  readonly #sessions = new Map<string, NodeSession>();

  constructor(options: RemoteNodesOptions) {
    this.#options = options;
    this.sessions = this.#sessions;
    this.watches = new RemoteWatches(toPid('node:control', 0, options.identity), options.log);
  }

  /** Begins a session; one with a node of the same name ends first. */
  attach(node: RemoteNode): AttachedNode {
    const { identity, clock } = this.#options;
    assert(identity !== undefined, 'a node without a name attached another one');
    assert(node.name !== identity.name, 'a node attached itself');
    const before = this.#sessions.get(node.name);
    if (before !== undefined) this.#detach(before);
    const session = new NodeSession(node, clock, () => this.#detach(session));
    this.#sessions.set(node.name, session);
    const inbound = new Inbound({ ...this.#options, session, watches: this.watches });
    return {
      accept: (signal) => inbound.accept(signal),
      detach: () => this.#detach(session),
      get refusedCount() {
        return inbound.refusedCount;
      },
      get droppedCount() {
        return inbound.droppedCount;
      },
    };
  }

  /**
   * Ends a session. The order is that of a process's end (`life/reaper.ts`): names, EXIT, LINK_DOWN, and last the receipts
   * of what was never taken. All ties are cut before anybody is told, so that nobody acts on half of it.
   */
  #detach(session: NodeSession): void {
    if (session.isOver) return;
    session.end();
    this.#sessions.delete(session.name);
    const { processes, reaper } = this.#options;
    const cut = cutTies(processes.values(), session);
    this.watches.lost(session, LOST);
    for (const { record, kind, pid } of cut) {
      if (kind === 'exit') reaper.tellExit(record, pid, LOST);
      else reaper.breakLink(record, pid, LOST);
    }
    session.redeemAll();
  }
}
