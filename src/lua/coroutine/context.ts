/**
 * What code that runs for a program may ask of it: the unit as bindings, channels and coroutines see it. `Unit`
 * (`program/unit.ts`) implements it; everything below that room knows this interface only.
 */
import { type Clock, type EntryId, HubError, type Log } from '../../base/index.ts';
import type { Ambient, ProcessContext, ProcessSystem } from '../../process/index.ts';
import type { Entry, EntryLookup } from '../../registry/index.ts';
import type { LuaState, LuaValue, Machine, ResumeStatus } from '../../vm/index.ts';
import type { Channel } from './channel.ts';
import type { CoroutineOwner, ManagedCoroutine, Push } from './coroutine.ts';

/** Bounds of a unit. */
export interface LuaLimits {
  /** Instructions of one time slice. Not settable by entries. */
  readonly slice: number;
  /** Instructions of one turn without waiting; beyond, the unit is killed. 0 = none. */
  readonly turnInstructions: number;
  /** Longest string in bytes; beyond, making it raises. */
  readonly stringBytes: number;
  /** Lua calls open in one coroutine; beyond, a call raises `stack overflow`. */
  readonly callDepth: number;
  /** Coroutines that have not ended; beyond, making one raises. */
  readonly coroutines: number;
}

/** What all units of a hub share, behind `unitOf(L).runtime`. */
export interface RuntimeServices {
  readonly machine: Machine;
  readonly system: ProcessSystem;
  /** The entries as they are now. */
  readonly registry: () => EntryLookup;
  readonly clock: Clock;
  readonly log: Log;
  /** Before what hosts and entries say. */
  readonly limits: LuaLimits;
  /** Who an entry runs as (`security:`); `undefined` = as whoever starts it. @throws HubError when that cannot be known */
  readonly identityOf?: ((entry: Entry) => Pick<Ambient, 'actor' | 'scope'> | undefined) | undefined;
}

/** The mailbox side of a unit, once a channel of it was opened (`channel/mail-port.ts`). */
export interface Mail {
  /** Serves waiting receivers with what has arrived. */
  pump(): void;
  /** Ends what feeds a channel and closes it. @returns false when the mailbox does not feed it. */
  unlisten(channel: Channel): boolean;
  /** Ends all of it: main of a function call returned. */
  closeAll(): void;
}

/** A unit whose code is only tried (`program/trial.ts`). */
export interface TrialState {
  /** The code came to something whose answer nobody knows yet: what was tried until then counts. */
  isOver: boolean;
}

/** One process or function call running Lua. */
export interface UnitContext extends CoroutineOwner {
  /** Code and configuration it runs. */
  readonly entry: Entry;
  /** Process system, entries, clock. */
  readonly runtime: RuntimeServices;
  /** What it may use. */
  readonly limits: LuaLimits;
  /** PID, mailbox, context values, attachment. */
  readonly context: ProcessContext;
  /** Context values, and who it runs as. */
  readonly ambient: Ambient;
  /** What the starter attached, e.g. the HTTP exchange of a handler. */
  readonly attachment: unknown;
  /** Log whose lines carry the PID. */
  readonly log: Log;
  /** Set when its code is only tried: nothing it does may reach beyond the unit. */
  readonly trial: TrialState | undefined;
  /** Number of coroutines that did not end, main included. */
  readonly coroutineCount: number;
  /** True once nothing of it runs any more. */
  readonly isClosed: boolean;
  /** True while coroutines of a function call go on after its main returned (`process.md` § 14.5). */
  readonly isInTail: boolean;
  /** True until its chunks have run; there nothing may wait, except as `hold` does (`binding/suspend.ts`). */
  isLoading: boolean;
  /** Whether the unit may be held: not where it must load at once, nor while what cannot wait runs. */
  mayHold: boolean;
  /** True while the unit as a whole waits for an answer of the host: none of its coroutines runs. */
  readonly isHeld: boolean;
  /** The coroutine whose Lua code runs now; undefined outside a step. */
  readonly running: ManagedCoroutine | undefined;
  /** Inbox, events and listeners, once one of them was opened. */
  mail: Mail | undefined;
  /** Values of imported libraries by entry ID. */
  libraries: Map<string, LuaValue> | undefined;
  /** Things that may still bring work: open subscriptions, timers, futures. Deadlock is judged by it. */
  subscriptions: number;

  /** State of a module in this unit: made on first use, forgotten with the unit. */
  local<T>(key: unknown, create: () => T): T;
  /**
   * Registers a release for the end of the unit (background tail included). Runs once, newest first.
   * @returns withdraws the registration.
   */
  onClose(dispose: () => void): () => void;
  /** As `onClose`, but already when main of a function call has returned: for subscriptions, not for timers. */
  onMainEnd(dispose: () => void): () => void;
  /** Resumes a thread; what is thrown through it is a bug of ours and ends the unit (`vm.md` S8). */
  resumeThread(thread: LuaState, argumentCount: number): ResumeStatus;
  /** A bug of ours in a binding: ends the unit, is logged once (`vm.md` S8). The caller unwinds with `kill`. */
  fault(binding: string, thrown: unknown): void;
  /** Remembers that the code is to be replaced; the caller unwinds the Lua code with `kill`. */
  requestUpgrade(entryId: EntryId | undefined, args: readonly LuaValue[]): void;

  /** Starts `coroutine` now; the running one, about to yield, goes on when it waits (`concurrency.md` § 1.2). */
  startNow(coroutine: ManagedCoroutine): void;
  /** The running coroutine begins to wait for the host. */
  beginWait(cancel: (() => void) | undefined): ManagedCoroutine;
  /** Answers a wait. Does nothing when the coroutine is gone. */
  endWait(coroutine: ManagedCoroutine, answer: Push): void;
  /** The answer for the running coroutine. */
  takeAnswer(): Push;
  /** The running code, about to yield, waits for an answer, and nothing else of the unit runs meanwhile. */
  beginHold(): void;
  /** Answers `beginHold`. Does nothing when the unit is closed. */
  endHold(answer: Push): void;
  /** The answer to `beginHold`, for the code that was held. */
  takeHeldAnswer(): Push;
}

/** The unit a binding runs for. */
export function unitOf(L: LuaState): UnitContext {
  return L.unit as UnitContext;
}

/** The refusal of a call that makes no sense once main has returned. */
export function tailRefusal(what: string): HubError {
  return new HubError('MH_LUA_CALL_ENDED', {
    message: `Cannot ${what}: the function call has already returned`,
    hint: 'Do it before the function returns, or spawn a process for work that goes on.',
  });
}
