/** The port to another node; a transport (several workers, NATS, a test double) stands behind it. */
import type { Signal } from './signal.ts';

/** What came of a signal that was posted. */
export type Posted =
  /** It will arrive, after everything posted before it, or the session ends. */
  | 'held'
  /**
   * Too much is on its way (`cluster.md` M5); nothing was taken. Answered only where somebody can try again: to a
   * message without credit, `link`, `monitor`, `cancel`, `terminate`. A message with a credit is bounded by who
   * sent it, the rest by the ties and messages it speaks of.
   */
  | 'congested'
  /** The session is over; nothing was taken. */
  | 'down';

/** Another node, for the length of one session. */
export interface RemoteNode {
  /** The name its PIDs carry. */
  readonly name: string;
  /** Takes a signal for that node. Never throws, waits for nothing and calls nobody back before it returned. */
  post(signal: Signal): Posted;
}

/** What the process system gives the transport of one session (`ProcessSystem.attachNode`). */
export interface AttachedNode {
  /**
   * Takes a signal that arrived. The transport answers for its shape; what it asks is judged here: a signal that
   * speaks for a process of a third node, or of this one, is dropped. Never throws for what a signal says. Nothing
   * happens after the session has ended.
   */
  accept(signal: Signal): void;
  /**
   * Ends the session: that node is down or a signal may have been lost. All that is tied to it is told
   * NO_CONNECTION, once; its receipts are given back. Idempotent.
   */
  detach(): void;
  /** Signals to that node that it refused: receiver gone, mailbox full. */
  readonly refusedCount: number;
  /** Signals of that node that were dropped because it had no right to send them. */
  readonly droppedCount: number;
}
