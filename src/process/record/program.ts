/**
 * The calls behind every PID. Lua coroutines are one kind of program, a WebSocket connection is
 * another, a test double is a third; the scheduler cannot tell them apart.
 */
import type { EntryId, Pid } from '../../base/index.ts';
import type { Mailbox } from '../mail/mailbox.ts';
import type { Outcome } from '../mail/message.ts';

/** Values that flow from a caller to what it calls or spawns (`concurrency.md` § 11). Immutable. */
export interface Ambient {
  /** Context values, already copied; opaque to this room. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Security identity, opaque to this room. */
  readonly actor?: unknown;
  readonly scope?: unknown;
}

/** No values, no identity. */
export const EMPTY_AMBIENT: Ambient = { values: new Map() };

/** Settings a process may change about itself (`process.md` § 12). */
export interface ProcessOptions {
  trapLinks: boolean;
  upgradable: boolean;
}

/** What a program is told about itself; lives as long as the process. */
export interface ProcessContext {
  readonly pid: Pid;
  /** Host part of the PID: a process host, a function's entry ID, or a server's entry ID. */
  readonly hostId: string;
  /** `call` = one invocation of a function; `process` = everything else. */
  readonly role: 'process' | 'call';
  readonly mailbox: Mailbox;
  readonly ambient: Ambient;
  /** What the starter attached for the program alone, e.g. the HTTP exchange of a handler. Never inherited. */
  readonly attachment: unknown;
  /**
   * The process was ended while its own code runs (it terminated itself, or a link took it down): it ends as
   * soon as the current `init`, `load` or `step` returns, whatever that returns. Stop running code when this turns true.
   */
  readonly isDoomed: boolean;
  /** Schedules a step soon. Callable from anywhere at any time, also from inside `step`; idempotent per turn. */
  wake(): void;
}

/** What a step came to. */
export type StepResult =
  /** Nothing to do until the next `wake()` or message. */
  | { readonly kind: 'waiting' }
  /** The time slice is used up; step again after the others had their turn. */
  | { readonly kind: 'ready' }
  /**
   * Ended. `tail` (function calls only): coroutines are left that may go on in the background
   * (`process.md` § 14.5): the PID ends now, steps go on until the next `done` or `CALL_TAIL_MS`.
   */
  | { readonly kind: 'done'; readonly outcome: Outcome; readonly tail: boolean }
  /** Replace the code in place (`process.md` § 12.3). `entryId` undefined = reload the same entry. */
  | { readonly kind: 'upgrade'; readonly entryId: EntryId | undefined; readonly args: readonly unknown[] };

/** How far a load is. */
export type LoadState =
  /** Over: `main` may run. */
  | 'loaded'
  /** The time slice is used up; go on after the others had their turn. */
  | 'ready'
  /** It waits for something it started itself; go on at the next `wake()`. */
  | 'waiting';

/** A thing that runs. */
export interface Program {
  /** Entry this code comes from; reported by `inspect` and `process.id()`. */
  readonly entryId: string;
  /**
   * Prepares; runs synchronously inside spawn and must not block. `main` does not run yet.
   * @throws HubError when the program cannot be made ready: the spawn fails and nothing remains.
   */
  init(context: ProcessContext, args: readonly unknown[]): void;
  /**
   * Runs one slice of the code that must have run before `main`; called after `init` until it says `loaded`. Default:
   * there is no such code.
   * @param atOnce nobody can wait for it: run to the end, within a smaller budget. The answer is `loaded` then.
   * @throws as `init`
   */
  load?(atOnce: boolean): LoadState;
  /** Runs until it must wait or its slice is used up. Never throws for faults of the program it runs. */
  step(): StepResult;
  /**
   * Releases everything (timers, sockets, subscriptions). No step follows. Called exactly once, also after an
   * `init` or `load` that threw. What it starts to end (calls in flight) ends right after it returned.
   */
  close(): void;
  /** Entries the code was built from besides `entryId`, direct and transitive (`process.md` § 7.4). */
  dependencies?(): Iterable<string>;
}

/** Where programs come from; the hub plugs the Lua room in here. */
export interface ProgramSource {
  /**
   * Finds the code behind an entry.
   * @throws HubError MH_PROCESS_ENTRY_NOT_FOUND when there is no such entry of a runnable kind.
   */
  open(request: { readonly entryId: EntryId; readonly role: 'process' | 'call' }): Program;
}
