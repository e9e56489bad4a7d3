/** Machines, threads and calls as those who embed the machine see them. */
import type { Continuation, LuaState, LuaValue } from '../value/api.ts';
import { createMeter, type Meter } from '../value/meter.ts';
import { Table } from '../value/table.ts';
import { Kill, LuaError } from '../value/unwind.ts';
import type { Value } from '../value/value.ts';
import { FRAME, HOST_CALLS_MAX, type MachineState, Thread } from '../value/value.ts';
import {
  callNow,
  canWait,
  execute,
  exit,
  REQUEST,
  refuel,
  running,
  START,
  STATUS_ERROR,
  unwindTo,
} from './calls.ts';
import { positionAt, type TraceFrame, traceFrames } from './debug.ts';
import { raise } from './stack.ts';

/** What all programs of a host share: library tables, the metatable of strings, the template of globals. */
export interface Machine {
  /** A thread for setting things up. */
  readonly main: LuaState;
}

class MachineBody implements Machine, MachineState {
  stringMetatable: Table | null = null;
  template = new Table();
  readonly main: Thread;
  constructor() {
    this.main = new Thread(this, undefined, createMeter());
  }
}

/** A new, empty machine. */
export function createMachine(): Machine {
  return new MachineBody();
}

/** The first thread of a program. Programs share nothing but what the machine shares. */
export function newUnitThread(machine: Machine, unit: unknown, meter: Meter = createMeter()): LuaState {
  return new Thread(machine as MachineBody, unit, meter);
}

/** Sets the table that `pushGlobals` clones. It is copied: later changes have no effect. */
export function setGlobalsTemplate(machine: Machine, table: LuaValue): void {
  const template = new Table();
  const source = table as unknown as Table;
  for (let i = source.nextPosition(0); i !== 0; i = source.nextPosition(i))
    template.set(source.keyAt(i), source.valueAt(i));
  // Every program sets these two: keys that exist already cost a copy nothing.
  template.set('_G', false);
  template.set('require', false);
  (machine as MachineBody).template = template;
}

/** Pushes a fresh table of globals: the template's fields and `_G`. */
export function pushGlobals(L: LuaState, machine: Machine): void {
  const globals = (machine as MachineBody).template.shallowCopy();
  globals.set('_G', globals);
  const thread = L as Thread;
  thread.stack[thread.top++] = globals;
}

// --- calls ----------------------------------------------------------------------------------------------------------

/**
 * Calls the function below the top `nargs` values now, in JavaScript recursion; leaves `nresults` results (-1 = all).
 * What it calls cannot wait. Errors pass through.
 */
export function call(L: LuaState, nargs: number, nresults: number): void {
  const thread = L as Thread;
  callNow(thread, thread.top - nargs - 1, nresults);
}

/** As `call`, but an error is left on the stack in place of results. @returns 0, or STATUS_ERROR */
export function pcall(L: LuaState, nargs: number, nresults: number): number {
  const thread = L as Thread;
  const func = thread.top - nargs - 1;
  const frame = thread.frame;
  try {
    callNow(thread, func, nresults);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof LuaError)) throw thrown;
    unwindTo(thread, frame, func);
    thread.stack[thread.top++] = thrown.value;
    return STATUS_ERROR;
  }
}

/**
 * Calls the function below the top `nargs` values, then `k`; the call may wait. Must be what a host function
 * returns: `return callK(...)`. `k` finds the results on the stack, above what lay below the function.
 */
export function callK(
  L: LuaState,
  nargs: number,
  nresults: number,
  k: Continuation,
  context?: unknown,
): number {
  const thread = L as Thread;
  thread.requestFunc = thread.top - nargs - 1;
  thread.requestWanted = nresults;
  thread.frame.continuation = k;
  thread.frame.context = context;
  return REQUEST.call;
}

/**
 * As `callK`, protected: after an error `k` gets a status other than 0 and finds the error value in place of results.
 * @param handler index of a message handler, or 0.
 */
export function pcallK(
  L: LuaState,
  nargs: number,
  nresults: number,
  handler: number,
  k: Continuation,
  context?: unknown,
): number {
  const thread = L as Thread;
  const frame = thread.frame;
  frame.handler = handler === 0 ? 0 : handler > 0 ? thread.base + handler - 1 : thread.top + handler;
  frame.guardedFunc = thread.top - nargs - 1;
  frame.flags |= FRAME.guarded;
  return callK(L, nargs, nresults, k, context);
}

// --- threads --------------------------------------------------------------------------------------------------------

/** Pushes a new coroutine of the same program. */
export function newThread(L: LuaState): LuaState {
  const parent = L as Thread;
  const thread = new Thread(parent.machine, parent.unit, parent.meter);
  parent.stack[parent.top++] = thread;
  return thread;
}

/** As `newThread`, for coroutines that programs make: raises when the program has too many. */
export function newCoroutine(L: LuaState): LuaState {
  const { meter } = L as Thread;
  if (meter.coroutines >= meter.coroutinesMax)
    raise(L, `too many coroutines (limit is ${meter.coroutinesMax})`);
  const thread = newThread(L) as Thread;
  thread.count();
  return thread;
}

/** How a managed coroutine stopped. */
export type ResumeStatus =
  /** Its function returned; the results are on its stack. */
  | 'done'
  /** It waits for the host. */
  | 'yield'
  /** An error nothing caught; the value is on top, `traceback` still works. */
  | 'error'
  /** Its slice is used up; resume it again later, with no arguments. */
  | 'slice'
  /** The unit was killed or is past its budget. */
  | 'killed';

/**
 * Runs a managed coroutine until it ends or must stop. The first time the function and `nargs` arguments lie on its
 * stack; later it goes on where it stopped, also when that was inside coroutines of its own.
 * @throws whatever a host function threw that is neither a Lua error nor a kill: a bug of ours.
 */
export function resume(thread: LuaState, _from: LuaState | null, nargs: number): ResumeStatus {
  const root = thread as Thread;
  const before = running.thread;
  const { meter } = root;
  const usedBefore = meter.used;
  if (running.hostCalls >= HOST_CALLS_MAX) raise(thread, 'stack overflow (too many C levels)');
  running.hostCalls++;
  root.isHostOwned = true;
  try {
    refuel(root);
    const inner = root.innermost ?? root;
    const isFresh = root.status === 'fresh' || root.status === 'done';
    root.innermost = null;
    root.status = 'running';
    running.thread = inner;
    execute(inner, isFresh ? START.base : START.resume, root.top - nargs - 1, -1);
    if (exit.reason === 'yield') forgetDeadSlots(root.innermost as Thread | null);
    return exit.reason === 'returned' ? 'done' : exit.reason;
  } catch (thrown) {
    root.status = 'dead';
    if (thrown instanceof LuaError) {
      root.stack[root.top++] = thrown.value;
      return 'error';
    }
    if (thrown instanceof Kill) return 'killed';
    throw thrown;
  } finally {
    running.hostCalls--;
    running.thread = before;
    meter.used += meter.grant - meter.fuel;
    meter.grant = 0;
    meter.fuel = 0;
    // Whoever runs another program inside its own turn pays for it.
    if (before !== null && before.meter !== meter) before.meter.fuel -= meter.used - usedBefore;
  }
}

/** A coroutine that waits, perhaps for long, keeps no garbage alive above its stack. */
function forgetDeadSlots(thread: Thread | null): void {
  if (thread === null) return;
  const { stack, top } = thread;
  const end = Math.min(stack.length, top + 64);
  for (let slot = top; slot < end; slot++) stack[slot] = undefined;
}

/**
 * Suspends the managed coroutine around the running code. Must be what a host function returns:
 * `return hostYield(L, k)`. When the coroutine is resumed, `k` goes on in the innermost thread and its results are
 * those of the function; without `k` there are none. Raises where Lua cannot yield.
 */
export function hostYield(L: LuaState, k?: Continuation, context?: unknown): number {
  checkYieldable(L);
  const { frame } = L as Thread;
  frame.continuation = k ?? (() => 0);
  frame.context = context;
  return REQUEST.wait;
}

/**
 * Suspends the managed coroutine as at the end of a slice, for work that is done in pieces: `return pauseK(L, k)`. `k`
 * goes on when its turn comes. Only where `isHostYieldable` says so.
 */
export function pauseK(L: LuaState, k: Continuation): number {
  const { frame } = L as Thread;
  frame.continuation = k;
  frame.context = undefined;
  return REQUEST.pause;
}

/** Whether the slice of the running program is used up. */
export function isSliceOver(L: LuaState): boolean {
  return (L as Thread).meter.fuel <= 0;
}

/**
 * Yields the top `nresults` values to the resumer: `return userYield(L, n)`. What the next resume passes are the
 * results of the function.
 */
export function userYield(L: LuaState, nresults: number): number {
  const thread = L as Thread;
  if (thread.boundaries > 0) throw new LuaError('attempt to yield across a C-call boundary');
  if (thread.resumer === null) throw new LuaError('attempt to yield from outside a coroutine');
  thread.frame.continuation = undefined;
  thread.requestWanted = nresults;
  return REQUEST.yield;
}

/**
 * Resumes a coroutine of the program with the top `nargs` values, then runs `k` with what it yielded or returned on
 * the stack (status 0), or with its error on top (another status): `return resumeK(...)`. The thread must be
 * suspended (`status`).
 */
export function resumeK(
  L: LuaState,
  target: LuaState,
  nargs: number,
  k: Continuation,
  context?: unknown,
): number {
  const thread = L as Thread;
  thread.requestThread = target as Thread;
  thread.requestWanted = nargs;
  thread.frame.continuation = k;
  thread.frame.context = context;
  return REQUEST.resume;
}

/** Status of a thread as `coroutine.status` names it. */
export function status(thread: LuaState): 'running' | 'suspended' | 'normal' | 'dead' {
  const { status: state } = thread as Thread;
  if (state === 'fresh') return 'suspended';
  if (state === 'suspended') return (thread as Thread).innermost === null ? 'suspended' : 'normal';
  if (state === 'running') return thread === running.thread ? 'running' : 'normal';
  return state === 'done' ? 'dead' : state;
}

/** Marks a thread as a managed coroutine: only the host resumes it. */
export function setHostOwned(thread: LuaState): void {
  (thread as Thread).isHostOwned = true;
}

/** Whether only the host resumes this thread. */
export function isHostOwned(thread: LuaState): boolean {
  return (thread as Thread).isHostOwned;
}

/** Whether running code may yield: to its resumer, or to the host. */
export function isYieldable(L: LuaState): boolean {
  const thread = L as Thread;
  return thread.resumer === null ? canWait(thread) : thread.boundaries === 0;
}

/** Whether running code may wait for the host: no call in between that a yield cannot cross. */
export function isHostYieldable(L: LuaState): boolean {
  return canWait(L as Thread);
}

/** Raises unless the running code may wait for the host. */
export function checkYieldable(L: LuaState): void {
  const thread = L as Thread;
  if (canWait(thread)) return;
  let root = thread;
  while (root.resumer !== null) root = root.resumer;
  raise(
    L,
    root.isHostOwned
      ? 'attempt to yield across a C-call boundary'
      : 'attempt to yield from outside a coroutine',
  );
}

/** Whether something thrown is the machine's own way out (a Lua error, a kill): host functions must let it pass. */
export function isUnwinding(thrown: unknown): boolean {
  return thrown instanceof LuaError || thrown instanceof Kill;
}

/** The value of a thrown Lua error, or `undefined` when `thrown` is none. */
export function thrownValue(thrown: unknown): { readonly value: LuaValue } | undefined {
  return thrown instanceof LuaError ? { value: thrown.value as unknown as LuaValue } : undefined;
}

/** Ends the running unit: nothing in Lua catches this. `resume` answers `killed`. */
export function kill(L: LuaState): never {
  (L as Thread).meter.killed = true;
  throw new Kill('killed');
}

/** Counts work that no instruction shows: `steps` instructions. Ends the unit past its budget. */
export function spend(L: LuaState, steps: number): void {
  const { meter } = L as Thread;
  meter.fuel -= steps;
  if (meter.fuel >= 0) return;
  // The slice ends at the interpreter's next check; here only the end of the unit matters.
  const isSpent = meter.limit > 0 && meter.used + meter.grant - meter.fuel > meter.limit;
  if (meter.killed || isSpent) refuel(L as Thread);
}

/** Lets a source of values work for a program none of whose code runs: what it charges is that program's. */
export function pumpFor(thread: LuaState, source: { pump(): void }): void {
  const before = running.thread;
  running.thread = thread as Thread;
  try {
    source.pump();
  } finally {
    running.thread = before;
  }
}

/** Longest string the running program may make, in bytes. */
export function stringBytesMax(L: LuaState): number {
  return (L as Thread).meter.stringBytesMax;
}

// --- where ----------------------------------------------------------------------------------------------------------

/** Stack of a thread, innermost first, from `level` on (0 = the running function), at most 100 frames. */
export function traceback(_L: LuaState, thread: LuaState, level = 0): TraceFrame[] {
  return traceFrames(thread as Thread, level, 100);
}

/** `chunk:line: ` of the function at a level (1 = the caller of the running one), or ''. */
export function where(L: LuaState, level: number): string {
  return positionAt(L as Thread, level);
}

export type { Value };
