/**
 * A unit: one process or one function call running Lua. It owns the managed coroutines, decides which of them goes
 * on, and turns what becomes of them into step results.
 *
 * Ready order (`concurrency.md` § 1): the ready queue is first come first served; a spawned coroutine and then its spawner
 * go to the front. A coroutine that used up its slice stays the running one: coroutines of a unit never overtake
 * each other because of the clock.
 *
 * Ways a unit ends, and why each is safe:
 *  - main returns or a coroutine raises: `step` reports it; the system calls `close` afterwards;
 *  - terminate, untrapped LINK_DOWN, abort, shutdown: the system calls `close`, perhaps from inside our own step
 *    (a process may terminate itself); the kill flag unwinds the Lua code at its next instruction;
 *  - upgrade: the Lua code is unwound the same way and `step` reports it;
 *  - a fault of a binding: as a raise, but no pcall sees it.
 * After `close` nothing of the unit runs again: answers that come late find `isClosed` and do nothing.
 */
import {
  assert,
  type EntryId,
  type Failure,
  isolate,
  LOAD_AT_ONCE_INSTRUCTIONS_MAX,
  LOAD_INSTRUCTIONS_MAX,
  type Log,
} from '../../base/index.ts';
import {
  type Ambient,
  EMPTY_AMBIENT,
  type LoadState,
  type Outcome,
  type ProcessContext,
  type Program,
  type StepResult,
} from '../../process/index.ts';
import type { Entry } from '../../registry/index.ts';
import {
  createMeter,
  getTop,
  type LuaState,
  type LuaValue,
  type Meter,
  newUnitThread,
  pumpFor,
  pushOwned,
  type ResumeStatus,
  resume,
  setHostOwned,
} from '../../vm/index.ts';
import type { LuaLimits, Mail, RuntimeServices, TrialState } from '../coroutine/context.ts';
import { ManagedCoroutine, type Push } from '../coroutine/coroutine.ts';
import { ReadyQueue } from '../coroutine/ready-queue.ts';
import type { CodeLoader } from './code-loader.ts';
import { budgetExceeded, outcomeOfMain, raisedFailure } from './failure.ts';
import { readLimits } from './limits.ts';
import type { Load, LoadingUnit } from './load.ts';

const WAITING: StepResult = { kind: 'waiting' };
const READY: StepResult = { kind: 'ready' };
/** What resuming a coroutine counts against the time slice, in instructions. */
const SWITCH_COST = 50;
const TAIL_OVER: StepResult = { kind: 'done', outcome: { ok: true, value: undefined }, tail: false };

/** The unit a binding runs for. */
export function unitOf(L: LuaState): Unit {
  return L.unit as Unit;
}

/** One process or function call. */
export class Unit implements Program, LoadingUnit {
  /** Code and configuration it runs; another one after an upgrade is another unit. */
  readonly entry: Entry;
  /** Process system, entries, clock: what bindings work with. */
  readonly runtime: RuntimeServices;
  /** Set when its code is only tried. */
  readonly trial: TrialState | undefined;
  /** True until its chunks have run; there nothing may wait, except as `hold` does (`binding/suspend.ts`). */
  isLoading = false;
  /** Whether the unit may be held: not where it must load at once, nor while what cannot wait runs. */
  mayHold = true;
  /** True while the unit as a whole waits for an answer of the host: none of its coroutines runs. */
  isHeld = false;
  /** True once nothing of it runs any more. */
  isClosed = false;
  /** True while coroutines of a function call go on after its main returned (`process.md` § 14.5). */
  isInTail = false;
  /** The coroutine whose Lua code runs now; undefined outside a step. */
  running: ManagedCoroutine | undefined;
  /** Inbox, events and listeners, once one of them was opened. */
  mail: Mail | undefined;
  /** Entries it was loaded from besides its own: transitive imports. */
  imported: readonly EntryId[] = [];
  /** Values of imported libraries by entry ID. */
  libraries: Map<string, LuaValue> | undefined;
  /** Things that may still bring work: open subscriptions, timers, futures. Deadlock is judged by it. */
  subscriptions = 0;

  /** What it may use; known from init on. */
  limits: LuaLimits;
  #meter: Meter | undefined;
  /** Coroutines that wait for an answer of the host. */
  #operations: Set<ManagedCoroutine> | undefined;
  readonly #loader: CodeLoader;
  readonly #ready = new ReadyQueue();
  #context: ProcessContext | undefined;
  #ambient: Ambient = EMPTY_AMBIENT;
  #load: Load | undefined;
  #args: readonly unknown[] | undefined;
  #heldAnswer: Push | undefined;
  #main: ManagedCoroutine | undefined;
  #preempted: ManagedCoroutine | undefined;
  /** Coroutines that did not end yet, main included. */
  #alive = 0;
  #isStepping = false;
  #hasWaited = true;
  #fault: Failure | undefined;
  #upgrade: StepResult | undefined;
  #disposers: Set<() => void> | undefined;
  #tailDisposers: Set<() => void> | undefined;
  #locals: Map<unknown, unknown> | undefined;
  #log: Log | undefined;

  constructor(entry: Entry, runtime: RuntimeServices, loader: CodeLoader, trial?: TrialState) {
    this.#loader = loader;
    this.trial = trial;
    this.entry = entry;
    this.runtime = runtime;
    this.limits = runtime.limits;
  }

  get entryId(): EntryId {
    return this.entry.id;
  }

  /** PID, mailbox, context values, attachment. */
  get context(): ProcessContext {
    assert(this.#context !== undefined, 'a unit has a context from init on');
    return this.#context;
  }

  /** Context values, and who it runs as: by its entry, else by whoever started it. */
  get ambient(): Ambient {
    return this.#ambient;
  }

  /** What the starter attached, e.g. the HTTP exchange of a handler. */
  get attachment(): unknown {
    return this.context.attachment;
  }

  /** Log whose lines carry the PID. */
  get log(): Log {
    this.#log ??= this.runtime.log.with({ pid: this.context.pid });
    return this.#log;
  }

  /** Number of coroutines that did not end, main included. */
  get coroutineCount(): number {
    return this.#alive;
  }

  /** What a faulty binding did to this unit, if one did. */
  get faultMessage(): string | undefined {
    return this.#fault?.message;
  }

  /** @internal Resumes a thread; what is thrown through it is a bug of ours and ends the unit (`vm.md` S8). */
  resumeThread(thread: LuaState, argumentCount: number): ResumeStatus {
    try {
      return resume(thread, null, argumentCount);
    } catch (thrown) {
      this.fault('the Lua machine', thrown);
      return 'killed';
    }
  }

  /** Entries this code was made of besides its own: transitive imports. */
  dependencies(): Iterable<string> {
    return this.imported;
  }

  /** State of a module in this unit: made on first use, forgotten with the unit. */
  local<T>(key: unknown, create: () => T): T {
    this.#locals ??= new Map();
    let value = this.#locals.get(key) as T | undefined;
    if (value === undefined) {
      value = create();
      this.#locals.set(key, value);
    }
    return value;
  }

  /**
   * Registers a release for the end of the unit (background tail included). Runs once, newest first.
   * @returns withdraws the registration.
   */
  onClose(dispose: () => void): () => void {
    if (this.isClosed) {
      dispose();
      return () => {};
    }
    this.#disposers ??= new Set();
    this.#disposers.add(dispose);
    return () => this.#disposers?.delete(dispose);
  }

  /** As `onClose`, but already when main of a function call has returned: for subscriptions, not for timers. */
  onMainEnd(dispose: () => void): () => void {
    if (this.isClosed || this.isInTail) {
      dispose();
      return () => {};
    }
    this.#tailDisposers ??= new Set();
    this.#tailDisposers.add(dispose);
    return () => this.#tailDisposers?.delete(dispose);
  }

  // --- Program ---------------------------------------------------------------------------------------------------

  init(context: ProcessContext, args: readonly unknown[]): void {
    this.#context = context;
    this.#ambient = this.trial === undefined ? this.#identify(context.ambient) : context.ambient;
    const { machine, registry, limits } = this.runtime;
    this.limits = readLimits(limits, this.entry, registry().get(context.hostId));
    this.#meter = createMeter({
      slice: this.limits.slice,
      limit: this.limits.turnInstructions,
      stringBytesMax: this.limits.stringBytes,
      coroutinesMax: this.limits.coroutines,
      framesMax: this.limits.callDepth,
    });
    const thread = newUnitThread(machine, this, this.#meter);
    this.#main = new ManagedCoroutine(this, thread, args.length);
    this.#args = args;
    this.isLoading = true;
    this.#load = this.#loader.begin(this, thread, this.#meter);
  }

  /** The entry's own identity comes first: whichever door it is called through, it runs as its author says. */
  #identify(given: Ambient): Ambient {
    const own = this.runtime.identityOf?.(this.entry);
    if (own === undefined) return given;
    return { ...given, actor: own.actor ?? given.actor, scope: own.scope ?? given.scope };
  }

  load(atOnce: boolean): LoadState {
    if (this.isHeld) return 'waiting';
    const meter = this.#meter!;
    const { turnInstructions } = this.limits;
    const budget = atOnce ? LOAD_AT_ONCE_INSTRUCTIONS_MAX : LOAD_INSTRUCTIONS_MAX;
    meter.limit = turnInstructions === 0 ? budget : Math.min(turnInstructions, budget);
    this.mayHold = !atOnce;
    if (!this.#load!.advance(atOnce)) return this.isHeld ? 'waiting' : 'ready';
    this.mayHold = true;
    this.isLoading = false;
    this.#load = undefined;
    meter.limit = turnInstructions;
    const main = this.#main!;
    for (const argument of this.#args!) pushOwned(main.thread, argument as LuaValue);
    this.#args = undefined;
    setHostOwned(main.thread);
    this.#alive = 1;
    this.makeReady(main);
    return 'loaded';
  }

  step(): StepResult {
    if (this.isClosed || this.isHeld) return WAITING;
    this.#isStepping = true;
    // A turn begins when the unit has waited; slices of one turn share its budget (vm.md S3).
    const meter = this.#meter!;
    if (this.#hasWaited) meter.used = 0;
    try {
      const result = this.#turn(meter);
      // A start that takes long is no wait of the program: it may not wait where it stands.
      this.#hasWaited = result === WAITING && !this.isHeld;
      return result;
    } finally {
      this.#isStepping = false;
      this.running = undefined;
    }
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.#meter !== undefined) this.#meter.killed = true;
    this.#ready.clear();
    this.#preempted = undefined;
    for (const coroutine of this.#operations ?? []) this.#release(() => coroutine.cancel?.());
    this.#operations = undefined;
    this.#releaseAll(this.#tailDisposers);
    this.#releaseAll(this.#disposers);
    this.#tailDisposers = undefined;
    this.#disposers = undefined;
    this.#locals = undefined;
  }

  // --- for bindings ----------------------------------------------------------------------------------------------

  /** Starts `coroutine` now; the running one, about to yield, goes on when it waits (`concurrency.md` § 1.2). */
  startNow(coroutine: ManagedCoroutine): void {
    const spawner = this.running!;
    spawner.isWaiting = true;
    setHostOwned(coroutine.thread);
    this.#alive++;
    this.#ready.unshift(spawner);
    this.#ready.unshift(coroutine);
  }

  /** The running coroutine begins to wait for the host. */
  beginWait(cancel: (() => void) | undefined): ManagedCoroutine {
    const coroutine = this.running!;
    coroutine.isWaiting = true;
    coroutine.cancel = cancel;
    this.#operations ??= new Set();
    this.#operations.add(coroutine);
    return coroutine;
  }

  /** Answers a wait. Does nothing when the coroutine is gone. */
  endWait(coroutine: ManagedCoroutine, answer: Push): void {
    if (this.#operations?.delete(coroutine) !== true) return;
    coroutine.cancel = undefined;
    coroutine.answer = answer;
    this.makeReady(coroutine);
  }

  /** The running code, about to yield, waits for an answer and nothing else of the unit runs meanwhile. */
  beginHold(): void {
    this.isHeld = true;
  }

  /** Answers `beginHold`. Does nothing when the unit is closed. */
  endHold(answer: Push): void {
    if (this.isClosed || !this.isHeld) return;
    this.isHeld = false;
    this.#heldAnswer = answer;
    this.context.wake();
  }

  /** The answer to `beginHold`, for the code that was held. */
  takeHeldAnswer(): Push {
    const answer = this.#heldAnswer;
    assert(answer !== undefined, 'a held unit goes on with an answer');
    this.#heldAnswer = undefined;
    return answer;
  }

  /** Puts a coroutine whose wait is over at the back of the ready ones. */
  makeReady(coroutine: ManagedCoroutine): void {
    if (this.isClosed) return;
    this.#ready.push(coroutine);
    if (!this.#isStepping) this.#context!.wake();
  }

  /** The answer for the running coroutine. */
  takeAnswer(): Push {
    const coroutine = this.running!;
    const answer = coroutine.answer;
    assert(answer !== undefined, 'a coroutine is resumed with an answer');
    coroutine.answer = undefined;
    return answer;
  }

  /** Remembers that the code is to be replaced; the caller unwinds the Lua code with `kill`. */
  requestUpgrade(entryId: EntryId | undefined, args: readonly LuaValue[]): void {
    this.#upgrade = { kind: 'upgrade', entryId, args };
  }

  /** A bug of ours in a binding: ends the unit, is logged once (`vm.md` S8). The caller unwinds with `kill`. */
  fault(binding: string, thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.log.error('binding failed', {
      binding,
      entry: this.entry.id,
      message: error.message,
      stack: error.stack,
    });
    this.#fault ??= {
      kind: 'Internal',
      message: `Cannot go on: the host function '${binding}' failed: ${error.message}`,
      retryable: undefined,
    };
  }

  #releaseAll(disposers: Set<() => void> | undefined): void {
    if (disposers !== undefined) for (const dispose of [...disposers].reverse()) this.#release(dispose);
  }

  /** A release that throws is a bug of ours; the others must run all the same (H12). */
  #release(dispose: () => void): void {
    const fields = { pid: this.#context?.pid, entry: this.entry.id };
    isolate(this.runtime.log, 'release failed', fields, dispose);
  }

  // --- turns -----------------------------------------------------------------------------------------------------

  #turn(meter: Meter): StepResult {
    this.#pump();
    const { slice } = this.limits;
    const begin = meter.used;
    // Switching costs too: coroutines that only pass the turn around must not keep the step for ever.
    for (let switches = 0; meter.used - begin + switches < slice; switches += SWITCH_COST) {
      const coroutine = this.#preempted ?? this.#ready.shift();
      if (coroutine === undefined) return this.#allWait();
      const result = this.#resume(coroutine);
      if (result !== undefined) return result;
    }
    return READY;
  }

  /** Hands out what arrived; the unit pays for what that takes, e.g. to decode it. */
  #pump(): void {
    if (this.mail !== undefined) pumpFor(this.#main!.thread, this.mail);
  }

  /** Lets one coroutine run to its next wait; a result when the step is over. */
  #resume(coroutine: ManagedCoroutine): StepResult | undefined {
    this.running = coroutine;
    this.#preempted = undefined;
    coroutine.isWaiting = false;
    const argumentCount = coroutine.argumentCount;
    coroutine.argumentCount = 0;
    const status = this.resumeThread(coroutine.thread, argumentCount);
    if (this.isClosed || this.context.isDoomed) return WAITING;
    if (this.#upgrade !== undefined) return this.#upgrade;
    if (this.#fault !== undefined) return this.#killed(this.#fault);
    switch (status) {
      case 'yield':
        if (this.isHeld) {
          this.#preempted = coroutine;
          return WAITING;
        }
        // Waiting for something, or a bare coroutine.yield: let the others run once, receivers of new mail included.
        if (!coroutine.isWaiting) {
          this.#pump();
          this.makeReady(coroutine);
        }
        return undefined;
      case 'slice':
        this.#preempted = coroutine;
        return READY;
      case 'done':
        return this.#ended(coroutine);
      case 'error':
        return this.#failed(raisedFailure(coroutine.thread));
      case 'killed':
        return this.#killed(budgetExceeded(coroutine.thread));
      default: {
        const impossible: never = status;
        return impossible;
      }
    }
  }

  #ended(coroutine: ManagedCoroutine): StepResult | undefined {
    this.#alive--;
    if (coroutine !== this.#main) return undefined;
    const outcome = outcomeOfMain(coroutine.thread, getTop(coroutine.thread));
    return this.#mainEnded(outcome);
  }

  #mainEnded(outcome: Outcome): StepResult {
    const tail = outcome.ok && this.context.role === 'call' && this.#alive > 0;
    if (tail) {
      this.isInTail = true;
      this.mail?.closeAll();
      this.#releaseAll(this.#tailDisposers);
      this.#tailDisposers = undefined;
    }
    return { kind: 'done', outcome, tail };
  }

  #failed(failure: Failure): StepResult | undefined {
    this.#alive--;
    if (!this.isInTail) return this.#crashed(failure);
    // process.md 14.5: an uncaught error after the result was handed out changes nothing.
    this.#logFailure('error', 'background coroutine failed', failure);
    return undefined;
  }

  #killed(failure: Failure): StepResult {
    if (!this.isInTail) return this.#crashed(failure);
    this.#logFailure('error', 'background coroutine failed', failure);
    return TAIL_OVER;
  }

  /** A process whose code failed is worth a line even when nobody watches it; a call's failure is its caller's. */
  #crashed(failure: Failure): StepResult {
    if (this.context.role === 'process') this.#logFailure('warn', 'process failed', failure);
    return { kind: 'done', outcome: { ok: false, failure }, tail: false };
  }

  #logFailure(level: 'warn' | 'error', event: string, failure: Failure): void {
    const { kind, message, content, stack, excerpt } = failure;
    this.log[level](event, {
      entry: this.entry.id,
      kind,
      message,
      ...(content === undefined ? {} : { content }),
      ...(stack === undefined ? {} : { stack }),
      ...(excerpt === undefined ? {} : { excerpt }),
    });
  }

  #allWait(): StepResult {
    if (this.isInTail && this.#alive === 0) return TAIL_OVER;
    if ((this.#operations?.size ?? 0) > 0 || this.subscriptions > 0) return WAITING;
    if (this.isInTail) return TAIL_OVER;
    if (this.runtime.system.hasLinks(this.context.pid)) return WAITING;
    return this.#crashed({
      kind: 'Internal',
      message: `deadlock: all coroutines blocked with no pending operations (threads=${this.#alive})`,
      retryable: undefined,
    });
  }
}
