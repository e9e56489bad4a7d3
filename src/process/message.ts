/**
 * What travels between processes. This room never looks inside a payload: the Lua room copies values when
 * they are sent, so a payload in transit belongs to nobody but the message.
 */
import type { EntryId, Failure, Pid } from '../base/index.ts';

/** Told when a message has left the mailbox: taken by the receiver, or discarded with its mailbox. */
export interface Receipt {
  taken(): void;
}

/** One message. */
export interface Message {
  /** PID of the sender; `undefined` when the host itself sent it. */
  readonly from: Pid | undefined;
  readonly topic: string;
  /** Zero or more opaque values, already copied, owned by the receiver. */
  readonly payloads: readonly unknown[];
  /** For senders that count what is still unread (`relay.md` L2, B5). */
  readonly receipt?: Receipt;
}

/** How a program ended (`process.md` § 13). */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly failure: Failure };

/** Lifecycle events (`process.md` § 7). `at` is Unix seconds. `from` is `''` for the host. */
export type LifecycleEvent =
  | { readonly kind: 'cancel'; readonly from: Pid | ''; readonly at: number; readonly reason: string }
  | { readonly kind: 'exit'; readonly from: Pid; readonly at: number; readonly outcome: Outcome }
  | { readonly kind: 'linkDown'; readonly from: Pid; readonly at: number; readonly outcome: Outcome }
  | {
      readonly kind: 'outdated';
      readonly from: Pid;
      readonly at: number;
      readonly sources: readonly EntryId[];
    };
