/** What leaves for one other node, and which receipts it owes, from `attachNode` to its end. */
import { type Clock, NODE_CREDITS_MAX, type Pid } from '../../base/index.ts';
import type { Receipt } from '../mail/message.ts';
import type { Posted, RemoteNode } from './remote-node.ts';
import type { Signal } from './signal.ts';

/** A process of another node. */
export interface RemoteRef {
  readonly kind: 'remote';
  readonly pid: Pid;
  readonly session: NodeSession;
}

/** One end of a link with a process of another node; see `table/ties.ts`. The link is gone when both are 0. */
export interface RemoteLink extends RemoteRef {
  /** Number of the half made here; 0 = none. */
  ownHalf: number;
  /** Number of the half made there; 0 = none. */
  otherHalf: number;
}

/** The outgoing side of a session. */
export class NodeSession {
  readonly #node: RemoteNode;
  readonly #clock: Clock;
  readonly #lost: () => void;
  /** By credit; told when the other node says the message was taken, or when the session ends. */
  readonly #receipts = new Map<number, Receipt>();
  #lastCredit = 0;
  #lastHalf = 0;
  /** Credits to give back with the end of this turn. */
  #due: number[] = [];
  #isOver = false;

  /** @param lost called once, in a later turn, when the node let a report fall. */
  constructor(node: RemoteNode, clock: Clock, lost: () => void) {
    this.#node = node;
    this.#clock = clock;
    this.#lost = lost;
  }

  get name(): string {
    return this.#node.name;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Number for a new half of a link: larger than all before. */
  nextHalf(): number {
    return ++this.#lastHalf;
  }

  /** Posts what its caller can try again. */
  ask(signal: Signal): Posted {
    return this.#isOver ? 'down' : this.#node.post(signal);
  }

  /** Posts a message; with a receipt it is told once the message was taken there, or lost with the session. */
  send(
    from: Pid | undefined,
    to: Pid,
    topic: string,
    payloads: readonly unknown[],
    receipt: Receipt | undefined,
  ): Posted {
    if (receipt === undefined)
      return this.ask({ kind: 'message', from, to, topic, payloads, credit: undefined });
    if (this.#receipts.size >= NODE_CREDITS_MAX) return 'congested';
    const credit = ++this.#lastCredit;
    const posted = this.ask({ kind: 'message', from, to, topic, payloads, credit });
    if (posted === 'held') this.#receipts.set(credit, receipt);
    return posted;
  }

  /**
   * Posts what has happened already and cannot be taken back. A node that does not hold it has lost it: its session
   * ends, so that everybody concerned is told. In a later turn, because reports are made while processes end.
   */
  report(signal: Signal): void {
    if (this.ask(signal) === 'congested') this.#clock.defer(this.#lost);
  }

  /** A message of that node left its mailbox here. What leaves in one turn is given back in one signal. */
  giveBack(credit: number): void {
    this.#due.push(credit);
    if (this.#due.length === 1) this.#clock.defer(() => this.#giveBackDue());
  }

  /** That node says that these messages were taken; what it never got is passed over. */
  redeem(credits: readonly number[]): void {
    for (const credit of credits) {
      const receipt = this.#receipts.get(credit);
      this.#receipts.delete(credit);
      receipt?.taken();
    }
  }

  /** Nothing leaves from now on. The receipts stay until `redeemAll`. */
  end(): void {
    this.#isOver = true;
  }

  /** Tells every receipt that is still open. */
  redeemAll(): void {
    this.redeem([...this.#receipts.keys()]);
  }

  #giveBackDue(): void {
    const ids = this.#due;
    this.#due = [];
    this.report({ kind: 'credit', ids });
  }
}
