/**
 * What crosses from one node to another. Signals between two nodes arrive in the order they were posted and at most
 * once; when one may have been lost the session ends, and everybody tied to the other side is told
 * (`cluster.md` § 3). A transport decides how they look on the wire; payloads and outcome values are opaque. Of an
 * outcome it carries `ok`, value or failure, and `fields`: the rest is for who called a function.
 */
import type { Pid } from '../../base/index.ts';
import type { Outcome } from '../mail/message.ts';

/** One signal. `from` is a PID of the node that posts it, `to` one of the node it is posted to. */
export type Signal =
  /** A message. `from` undefined = the host of that node. `credit` asks for a `credit` signal once it was taken. */
  | {
      readonly kind: 'message';
      readonly from: Pid | undefined;
      readonly to: Pid;
      readonly topic: string;
      readonly payloads: readonly unknown[];
      readonly credit: number | undefined;
    }
  /** `from` links itself to `to`. `half` numbers this side's half of the link, see `table/ties.ts`. */
  | { readonly kind: 'link'; readonly from: Pid; readonly to: Pid; readonly half: number }
  /** The link is taken away: the sender's half and the receiver's half it knows of; 0 = none. */
  | {
      readonly kind: 'unlink';
      readonly from: Pid;
      readonly to: Pid;
      readonly ownHalf: number;
      readonly otherHalf: number;
    }
  /** `from` wants the `exit` of `to`; an `exit` answers at once when `to` is gone. */
  | { readonly kind: 'monitor'; readonly from: Pid; readonly to: Pid }
  /** `from` wants it no more. */
  | { readonly kind: 'unmonitor'; readonly from: Pid; readonly to: Pid }
  /** A CANCEL event for `to`; `from` is `''` for the host of that node. */
  | { readonly kind: 'cancel'; readonly from: Pid | ''; readonly to: Pid; readonly reason: string }
  /** Ends `to`. */
  | { readonly kind: 'terminate'; readonly to: Pid }
  /** `from` has ended; `to` monitors it. */
  | { readonly kind: 'exit'; readonly from: Pid; readonly to: Pid; readonly outcome: Outcome }
  /** `from` has failed; `to` is linked to it. */
  | { readonly kind: 'linkDown'; readonly from: Pid; readonly to: Pid; readonly outcome: Outcome }
  /** These messages have left their mailboxes, or never reached one. */
  | { readonly kind: 'credit'; readonly ids: readonly number[] }
  /** What `to` sent to `from` was refused there, with this error code; `to` undefined = the host. */
  | { readonly kind: 'refused'; readonly from: Pid; readonly to: Pid | undefined; readonly code: string };
