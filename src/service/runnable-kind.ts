/**
 * What an entry that runs is to the service room: a kind that says how (`RunnableKind`), and one runner per entry
 * (`ServiceRunner`). Order, time limits, restarts and the lifecycle block are the room's business, never a kind's.
 */
import type { EndPurpose, Outcome } from '../process/index.ts';
import type { Entry, KindDefinition } from '../registry/index.ts';

/** An entry kind, and what an entry of it does. */
export interface RunnableKind extends KindDefinition {
  /**
   * Makes the runner of an entry; nothing may run yet. Only for kinds with `hasLifecycle`; one of those without
   * `run` is a service that starts and stops without doing anything. A throw is a start that failed.
   */
  run?(entry: Entry): ServiceRunner;
}

/**
 * What a service does, behind its state machine (`service.ts`). Runs follow one another: `start` is called only when
 * the run before has ended, been stopped or been killed.
 */
export interface ServiceRunner {
  /**
   * Starts a run. Returning (or resolving) means it runs; throwing means it cannot, for good.
   * @param ended to be called when the run ends by itself; calls after the first are ignored.
   */
  start(ended: (outcome: Outcome) => void): void | Promise<void>;
  /**
   * Ends the run; resolved (or returned) means it ended. May take until the service's `stop_timeout`.
   * @param reason for people and programs.
   * @param purpose `restart`: another run follows at once; those it serves should come back (`relay.md` L10).
   */
  stop(reason: string, purpose: EndPurpose): void | Promise<void>;
  /**
   * Ends the run now, after `stop` or `start` took too long. A start that is under way should give up; one that
   * completes all the same, before the next start, is stopped.
   */
  kill?(): void;
  /**
   * The entry was edited: takes it over in place, or leaves that to a new runner. Called whether it runs or not.
   * Changes of `lifecycle` have been taken over already, apart from `lifecycle.security`, which only the runner
   * knows how to use. A throw counts as `restart`.
   */
  update(before: Entry, after: Entry): UpdateVerdict;
  /**
   * Code the entry names has changed, no matter by whom: whether this run must be replaced by a new one to use it
   * (`app-format.md` 8.7). Default: never.
   * @param affected IDs of changed entries and of everything that imports them.
   */
  isOutdated?(affected: ReadonlySet<string>): boolean;
  /** Forgets what `run` has set up; the last call. Comes when the entry is gone, or its new runner takes over. */
  close?(): void;
}

/** What an edit means. */
export type UpdateVerdict =
  /** Done: the runner goes by the new entry from now on, and what runs goes on. */
  | 'followed'
  /** Nothing was done: stop this runner, make another one for the new entry, and start that if this one ran. */
  | 'restart';
