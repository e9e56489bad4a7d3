/**
 * What travels between processes. This room never looks inside a payload: the Lua room copies values when
 * they are sent, so a payload in transit belongs to nobody but the message.
 */
import type { EntryId, Failure, HubError, Pid } from '../../base/index.ts';

/** Told when a message has left the mailbox: taken by the receiver, or discarded with its mailbox. */
export interface Receipt {
  /** Called exactly once per delivered message; never for a refused one. Must not throw. */
  taken(): void;
}

/** One message as it lies in a mailbox. */
export interface Message {
  readonly kind: 'message';
  /** Place among everything that arrived in this mailbox (messages and events): 1, 2, ... */
  readonly sequence: number;
  /** PID of the sender; `undefined` when the host itself sent it. */
  readonly from: Pid | undefined;
  readonly topic: string;
  /** Zero or more opaque values, already copied, owned by the receiver. */
  readonly payloads: readonly unknown[];
  /**
   * For senders that count what is still unread (`relay.md` L2, B5). Whoever counts bounds itself, so such
   * messages are exempt from the limit of the mailbox.
   */
  readonly receipt: Receipt | undefined;
}

/**
 * Why somebody ended a process that could have gone on: `restart`, it comes back under another PID; `stop`, it does not;
 * `shutdown`, everything stops. It travels with the outcome for those of the host who must tell the world
 * (`relay.md` L9, L10); programs do not see it.
 */
export type EndPurpose = 'restart' | 'stop' | 'shutdown';

/**
 * How a program ended (`process.md` § 13). `fields` go untouched to whoever hears of the end, next to value and
 * error (`relay.md` P4).
 */
export type Outcome =
  | {
      readonly ok: true;
      readonly value: unknown;
      readonly fields?: OutcomeFields;
      /** Absent when the process ended by itself. */
      readonly purpose?: EndPurpose;
    }
  | {
      readonly ok: false;
      readonly failure: Failure;
      readonly fields?: OutcomeFields;
      /** Absent when the process ended by itself. */
      readonly purpose?: EndPurpose;
      /** The failure was returned as a second value, not raised (`http.md` C5, C6). */
      readonly returned?: true;
      /** Its code could not be loaded, so its `main` never ran: what a start that ends at once throws. */
      readonly loadError?: HubError;
    };

/** Further facts of an end, e.g. the close code of a connection. */
export type OutcomeFields = Readonly<Record<string, string | number>>;

/** Lifecycle events (`process.md` § 7). `at` is whole Unix seconds. `from` is `''` for the host. */
export type LifecycleEvent =
  | { readonly kind: 'cancel'; readonly from: Pid | ''; readonly at: number; readonly reason: string }
  | { readonly kind: 'exit'; readonly from: Pid; readonly at: number; readonly outcome: Outcome }
  | { readonly kind: 'linkDown'; readonly from: Pid; readonly at: number; readonly outcome: Outcome }
  | {
      readonly kind: 'outdated';
      readonly from: Pid;
      readonly at: number;
      /** Changed entries this process runs or imports, each once. */
      readonly sources: readonly EntryId[];
    };

/** Anything a mailbox holds; told apart by `kind`. */
export type Mail = Message | LifecycleEvent;

/** Failure of a terminated process (`process.md` § 9). Compared by identity: a terminated service stays down. */
export const TERMINATED: Failure = Object.freeze({
  kind: 'Internal',
  message: 'process terminated',
  retryable: undefined,
});

/** Failure of a process that a broken link took with it (`process.md` § 8.7). */
export const LINKED_PROCESS_FAILED: Failure = Object.freeze({
  kind: 'Internal',
  message: 'linked process failed',
  retryable: undefined,
});

/** Failure of a process that left MAILBOX_EVENTS_MAX lifecycle events unread. */
export const EVENTS_UNREAD: Failure = Object.freeze({
  kind: 'Unavailable',
  message: 'too many unread lifecycle events',
  retryable: undefined,
});

/** What everybody tied to a process of another node hears when that node is down or a signal was lost (`cluster.md` M4). */
export const NO_CONNECTION: Failure = Object.freeze({
  kind: 'Unavailable',
  message: 'noconnection',
  retryable: true,
});

/** What another node answers when a process it was asked to link or monitor has ended, or never lived. */
export const PROCESS_GONE: Failure = Object.freeze({
  kind: 'NotFound',
  message: 'process not found',
  retryable: false,
});
