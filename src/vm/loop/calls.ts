/**
 * Calls, returns, errors and coroutine switches: everything about frames. Lua calling Lua never recurses in
 * JavaScript, and neither do pcall, metamethods or coroutines: a host function that wants something called
 * returns a request, and `settle` carries it out.
 *
 * Who may end a run of `execute`, and how:
 *   - its first frame returns (`FRAME.fresh`, a nested call from a host function);
 *   - the managed coroutine it resumed ends, waits for the host, or has used up its slice;
 *   - an error that nothing in it catches, a kill, or a JavaScript exception of ours: thrown through.
 */
import type { Continuation, HostFunction } from '../value/api.ts';
import { Kill, LuaError } from '../value/unwind.ts';
import {
  FRAME,
  Frame,
  growStack,
  HOST_CALLS_MAX,
  HOST_STACK_MIN,
  LuaClosure,
  STACK_SLOTS_MAX,
  type Thread,
  Upvalue,
  type Value,
} from '../value/value.ts';
import { finishInstruction } from './finish.ts';
import { run } from './interpreter.ts';
import { callError, EVENT, metamethod, metatableOf, runtimeError } from './metamethods.ts';

/** The coroutine that runs, and how deep host functions have called back into Lua. */
export const running: { thread: Thread | null; hostCalls: number } = { thread: null, hostCalls: 0 };

/** What a host function may return instead of a number of results. */
export const REQUEST = {
  /** Call what lies at `requestFunc`, then run the frame's continuation. */
  call: -1,
  /** Resume `requestThread` with `requestWanted` values from the top, then run the continuation. */
  resume: -2,
  /** Give `requestWanted` values from the top to the resumer. */
  yield: -3,
  /** Suspend up to the managed coroutine. */
  wait: -4,
  /** Suspend likewise, because the slice is used up. */
  pause: -5,
} as const;

/** What the interpreter does next. */
export const SIGNAL = {
  /** Go on in the running thread's frame, a Lua frame. */
  run: 0,
  /** Leave `execute`. */
  exit: 1,
} as const;

/** Why `execute` was left. */
export type Exit = 'returned' | 'done' | 'yield' | 'slice';

export const exit: { reason: Exit } = { reason: 'returned' };

/** Status given to continuations after an error. */
export const STATUS_ERROR = 2;

/** The frame a call from `frame` uses. */
function nextFrame(thread: Thread, frame: Frame): Frame {
  const existing = frame.next;
  if (existing !== null) return existing;
  if (frame.depth >= thread.meter.framesMax + thread.reserve) runtimeError(thread, 'stack overflow');
  const fresh = new Frame(frame);
  frame.next = fresh;
  return fresh;
}

/** Makes room up to slot `size`, or raises. */
export function reserveStack(thread: Thread, size: number): void {
  if (size > STACK_SLOTS_MAX + thread.reserve * 20) runtimeError(thread, 'stack overflow');
  growStack(thread, size);
}

/** Enters a Lua function whose arguments lie after `func`. */
export function enterLua(
  thread: Thread,
  closure: LuaClosure,
  func: number,
  args: number,
  wanted: number,
  flags: number,
): Frame {
  const proto = closure.proto;
  const stack = thread.stack;
  const parameters = proto.parameters;
  let base = func + 1;
  if (proto.isVararg) base += args;
  const top = base + proto.maxStack;
  if (top + HOST_STACK_MIN > stack.length) reserveStack(thread, top + HOST_STACK_MIN);
  if (proto.isVararg) {
    const fixed = func + 1;
    for (let i = 0; i < parameters; i++) {
      if (i < args) {
        stack[base + i] = stack[fixed + i];
        stack[fixed + i] = undefined;
      } else stack[base + i] = undefined;
    }
  } else for (let i = args; i < parameters; i++) stack[base + i] = undefined;
  const frame = thread.frame.next ?? nextFrame(thread, thread.frame);
  frame.func = func;
  frame.base = base;
  frame.top = top;
  frame.pc = 0;
  frame.wanted = wanted;
  frame.flags = flags;
  frame.closure = closure;
  frame.level = frame.previous!.level;
  thread.frame = frame;
  return frame;
}

/** Prepares the frame of a host function; the caller then calls it. */
export function enterHost(
  thread: Thread,
  fn: HostFunction,
  func: number,
  wanted: number,
  flags: number,
): Frame {
  const frame = thread.frame.next ?? nextFrame(thread, thread.frame);
  if (thread.top + HOST_STACK_MIN > thread.stack.length) reserveStack(thread, thread.top + HOST_STACK_MIN);
  frame.func = func;
  frame.base = func + 1;
  frame.wanted = wanted;
  frame.flags = flags;
  frame.closure = null;
  frame.host = fn;
  frame.continuation = undefined;
  frame.level = frame.previous!.level + 1;
  thread.base = func + 1;
  thread.frame = frame;
  return frame;
}

/** Puts `count` results starting at `first` where the caller of `frame` wants them. */
export function moveResults(thread: Thread, frame: Frame, first: number, count: number): void {
  const stack = thread.stack;
  const to = frame.func;
  const wanted = frame.wanted;
  if (wanted === 1) {
    stack[to] = count > 0 ? stack[first] : undefined;
    thread.top = to + 1;
    return;
  }
  if (wanted < 0) {
    for (let i = 0; i < count; i++) stack[to + i] = stack[first + i];
    thread.top = to + count;
    return;
  }
  for (let i = 0; i < wanted; i++) stack[to + i] = i < count ? stack[first + i] : undefined;
  thread.top = to + wanted;
}

/** Starts a call of whatever lies at `func` with the arguments up to the top. */
export function startCall(thread: Thread, func: number, wanted: number, flags: number): number {
  const fn = resolveCallable(thread, func);
  if (fn instanceof LuaClosure) {
    enterLua(thread, fn, func, thread.top - func - 1, wanted, flags);
    return SIGNAL.run;
  }
  const frame = enterHost(thread, fn, func, wanted, flags);
  return settle(thread, frame, fn(thread));
}

/** The function at `func`; a value with `__call` is put behind its metamethod as first argument. */
function resolveCallable(thread: Thread, func: number): LuaClosure | HostFunction {
  const stack = thread.stack;
  const value = stack[func];
  if (value instanceof LuaClosure || typeof value === 'function') return value;
  const method = metamethod(metatableOf(thread, value), EVENT.call);
  if (!(method instanceof LuaClosure || typeof method === 'function')) return callError(thread, value, func);
  if (thread.top + 1 > stack.length) reserveStack(thread, thread.top + HOST_STACK_MIN);
  for (let at = thread.top; at > func; at--) stack[at] = stack[at - 1];
  thread.top++;
  stack[func] = method;
  return method;
}

/**
 * Carries on after a host function gave its answer: a count of results, or a request. Loops until a Lua frame is
 * to run or `execute` is to be left.
 */
export function settle(startThread: Thread, startFrame: Frame, answer: number): number {
  let thread = startThread;
  let frame = startFrame;
  let n = answer;
  for (;;) {
    if (n >= 0) {
      moveResults(thread, frame, thread.top - n, n);
      thread.frame = frame.previous!;
      const signal = afterReturn(thread, frame);
      if (signal !== NEEDS_CONTINUATION) return signal;
      thread = running.thread!;
      frame = thread.frame;
      frame.flags &= ~(FRAME.guarded | FRAME.resuming);
      n = runContinuation(thread, frame, 0);
      continue;
    }
    if (n === REQUEST.call) {
      if (frame.level >= HOST_CALLS_MAX) runtimeError(thread, 'stack overflow (too many C levels)');
      const func = thread.requestFunc;
      const fn = resolveCallable(thread, func);
      if (fn instanceof LuaClosure) {
        enterLua(thread, fn, func, thread.top - func - 1, thread.requestWanted, 0);
        return SIGNAL.run;
      }
      frame = enterHost(thread, fn, func, thread.requestWanted, 0);
      n = fn(thread);
      continue;
    }
    if (n === REQUEST.wait || n === REQUEST.pause) {
      suspendChain(thread, n === REQUEST.wait ? 'yield' : 'slice');
      return SIGNAL.exit;
    }
    if (n === REQUEST.resume) {
      frame.flags |= FRAME.resuming;
      const target = thread.requestThread!;
      const count = thread.requestWanted;
      thread.requestThread = null;
      moveValues(thread, target, count);
      thread.status = 'normal';
      target.resumer = thread;
      const wasFresh = target.status === 'fresh';
      target.status = 'running';
      running.thread = target;
      thread = target;
      if (wasFresh) {
        const func = thread.top - count - 1;
        const fn = resolveCallable(thread, func);
        if (fn instanceof LuaClosure) {
          enterLua(thread, fn, func, thread.top - func - 1, -1, FRAME.base);
          return SIGNAL.run;
        }
        frame = enterHost(thread, fn, func, -1, FRAME.base);
        n = fn(thread);
        continue;
      }
      frame = thread.frame;
      n = frame.continuation === undefined ? count : runContinuation(thread, frame, 0);
      continue;
    }
    // REQUEST.yield
    const resumer = thread.resumer!;
    moveValues(thread, resumer, thread.requestWanted);
    thread.status = 'suspended';
    thread.resumer = null;
    resumer.status = 'running';
    running.thread = resumer;
    thread = resumer;
    frame = thread.frame;
    frame.flags &= ~FRAME.resuming;
    n = runContinuation(thread, frame, 0);
  }
}

const NEEDS_CONTINUATION = 2;

/** What follows the return of `frame`, whose results are in place. */
export function afterReturn(thread: Thread, frame: Frame): number {
  const flags = frame.flags;
  if ((flags & FRAME.fresh) !== 0) {
    exit.reason = 'returned';
    return SIGNAL.exit;
  }
  if ((flags & FRAME.base) !== 0) {
    thread.end('done');
    thread.base = thread.frame.base;
    const resumer = thread.resumer;
    if (resumer === null) {
      exit.reason = 'done';
      return SIGNAL.exit;
    }
    thread.resumer = null;
    moveValues(thread, resumer, thread.top - frame.func);
    resumer.status = 'running';
    running.thread = resumer;
    return NEEDS_CONTINUATION;
  }
  const caller = thread.frame;
  if ((flags & FRAME.meta) !== 0) return finishInstruction(thread, caller, (flags & FRAME.negate) !== 0);
  return caller.closure !== null ? SIGNAL.run : NEEDS_CONTINUATION;
}

/** After a Lua function returned to something that is not the Lua frame below it. */
export function settleReturn(thread: Thread, frame: Frame): number {
  const signal = afterReturn(thread, frame);
  if (signal !== NEEDS_CONTINUATION) return signal;
  const to = running.thread!;
  to.frame.flags &= ~(FRAME.guarded | FRAME.resuming);
  return settle(to, to.frame, runContinuation(to, to.frame, 0));
}

function runContinuation(thread: Thread, frame: Frame, status: number): number {
  const continuation: Continuation | undefined = frame.continuation;
  thread.base = frame.base;
  frame.continuation = undefined;
  if (continuation === undefined) return 0;
  const context = frame.context;
  frame.context = undefined;
  return continuation(thread, status, context);
}

/** Moves the top `count` values between threads. */
export function moveValues(from: Thread, to: Thread, count: number): void {
  if (count === 0 || from === to) return;
  if (to.top + count + HOST_STACK_MIN > to.stack.length) reserveStack(to, to.top + count + HOST_STACK_MIN);
  const start = from.top - count;
  for (let i = 0; i < count; i++) {
    to.stack[to.top + i] = from.stack[start + i];
    from.stack[start + i] = undefined;
  }
  to.top += count;
  from.top = start;
}

/** Leaves the chain of coroutines where it is; its managed coroutine remembers the innermost. */
export function suspendChain(thread: Thread, reason: 'yield' | 'slice'): void {
  let root = thread;
  while (root.resumer !== null) root = root.resumer;
  root.innermost = thread;
  root.status = 'suspended';
  exit.reason = reason;
}

/** Whether a yield to the host can leave from here: no host function in between, in no coroutine of the chain. */
export function canWait(thread: Thread): boolean {
  for (let at: Thread | null = thread; at !== null; at = at.resumer) {
    if (at.boundaries > 0) return false;
    if (at.resumer === null) return at.isHostOwned;
  }
  return false;
}

/** How a run of `execute` begins. */
export const START = {
  /** Call what lies at `func`; the run ends when it returns. */
  call: 2,
  /** Call what lies at `func` as the first function of the coroutine. */
  base: 3,
  /** Go on in the frame's continuation, or in the Lua frame. */
  resume: 4,
} as const;

/** Runs until there is a reason to leave, told by `exit.reason`. */
export function execute(thread: Thread, start: number, func: number, wanted: number): void {
  let next = start;
  let thrown: unknown;
  let hasThrown = false;
  for (;;) {
    try {
      if (hasThrown) {
        hasThrown = false;
        next = recover(thrown);
        if (next === UNHANDLED) break;
      } else next = begin(thread, start, func, wanted);
      if (next === SIGNAL.run) run();
      return;
    } catch (caught) {
      thrown = toThrown(caught);
      hasThrown = true;
    }
  }
  clearFresh();
  throw thrown;
}

function begin(thread: Thread, start: number, func: number, wanted: number): number {
  if (start === START.call) return startCall(thread, func, wanted, FRAME.fresh);
  if (start === START.base) return startCall(thread, func, -1, FRAME.base);
  const frame = thread.frame;
  return frame.closure !== null ? SIGNAL.run : settle(thread, frame, runContinuation(thread, frame, 0));
}

const UNHANDLED = -1;

/** JavaScript's own stack overflow is a Lua error like any other (`vm.md` S6). */
function toThrown(caught: unknown): unknown {
  if (caught instanceof RangeError && caught.message.includes('call stack'))
    return new LuaError('stack overflow (too many C levels)');
  return caught;
}

/** The frames this execution began with are no longer waited for by anybody. */
function clearFresh(): void {
  for (let frame: Frame | null = running.thread!.frame; frame !== null; frame = frame.previous) {
    if ((frame.flags & FRAME.fresh) === 0) continue;
    frame.flags &= ~FRAME.fresh;
    return;
  }
}

/** Finds who handles an error: a protected call, or the resumer of the coroutine it kills. */
function recover(thrown: unknown): number {
  if (!(thrown instanceof LuaError)) return UNHANDLED;
  for (;;) {
    const thread = running.thread!;
    for (let frame: Frame | null = thread.frame; frame !== null; frame = frame.previous) {
      if ((frame.flags & FRAME.guarded) !== 0) return deliver(thread, frame, thrown);
      if ((frame.flags & FRAME.fresh) !== 0) return UNHANDLED;
    }
    const resumer = thread.resumer;
    thread.end('dead');
    if (resumer === null) return UNHANDLED;
    thread.resumer = null;
    closeUpvalues(thread, 0);
    running.thread = resumer;
    resumer.status = 'running';
    resumer.stack[resumer.top++] = thrown.value;
    const frame = resumer.frame;
    frame.flags &= ~FRAME.resuming;
    return settle(resumer, frame, runContinuation(resumer, frame, STATUS_ERROR));
  }
}

function deliver(thread: Thread, frame: Frame, error: LuaError): number {
  const value = frame.handler === 0 ? error.value : callHandler(thread, frame.handler, error);
  unwindTo(thread, frame, frame.guardedFunc);
  thread.stack[thread.top++] = value;
  return settle(thread, frame, runContinuation(thread, frame, STATUS_ERROR));
}

/** Abandons all frames above `frame` and cuts the stack at `top`. */
export function unwindTo(thread: Thread, frame: Frame, top: number): void {
  closeUpvalues(thread, top);
  if (thread.frame.depth - frame.depth > LONG_CHAIN) {
    frame.next = null;
    thread.stack.length = Math.min(thread.stack.length, Math.max(top, frame.func) + HOST_STACK_MIN * 2);
  }
  thread.frame = frame;
  thread.base = frame.base;
  thread.top = top;
  frame.flags &= ~FRAME.guarded;
}

/** Frames kept for reuse after an error; a recursion that ran away gives its memory back. */
const LONG_CHAIN = 1000;

/** Runs a message handler above the frames that failed, so that it can look at them. */
function callHandler(thread: Thread, handler: number, error: LuaError): Value {
  const failed = thread.frame;
  if (failed.closure !== null && thread.top < failed.top) thread.top = failed.top;
  thread.reserve += HANDLER_RESERVE;
  const isNested = thread.reserve > HANDLER_RESERVE * 10;
  try {
    if (isNested) return 'error in error handling';
    const func = thread.top;
    if (func + HOST_STACK_MIN > thread.stack.length) growStack(thread, func + HOST_STACK_MIN);
    thread.stack[thread.top++] = thread.stack[handler];
    thread.stack[thread.top++] = error.value;
    callNow(thread, func, 1);
    return thread.stack[--thread.top];
  } catch (thrown) {
    // A handler that fails is asked about its own failure, as in PUC, until it is clear that it cannot.
    if (thrown instanceof LuaError) return callHandler(thread, handler, thrown);
    throw thrown;
  } finally {
    thread.reserve -= HANDLER_RESERVE;
  }
}

const HANDLER_RESERVE = 100;

/**
 * Calls what lies at `func` now, in JavaScript recursion: for host functions that cannot wait (comparators,
 * callbacks of gsub, message handlers). A yield cannot cross it.
 */
export function callNow(thread: Thread, func: number, wanted: number): void {
  if (running.hostCalls >= HOST_CALLS_MAX) runtimeError(thread, 'stack overflow (too many C levels)');
  const before = running.thread;
  const frame = thread.frame;
  running.hostCalls++;
  running.thread = thread;
  thread.boundaries++;
  try {
    execute(thread, START.call, func, wanted);
  } finally {
    running.hostCalls--;
    running.thread = before;
    thread.boundaries--;
  }
  thread.frame = frame;
  thread.base = frame.base;
}

/** The upvalue of a stack slot, shared by all closures that capture it. */
export function findUpvalue(thread: Thread, index: number): Upvalue {
  let before: Upvalue | null = null;
  let at = thread.openUpvalues;
  while (at !== null && at.index > index) {
    before = at;
    at = at.next;
  }
  if (at !== null && at.index === index) return at;
  const made = new Upvalue(thread.stack, index, at);
  if (before === null) thread.openUpvalues = made;
  else before.next = made;
  return made;
}

/** Takes the variables at and above a slot out of the stack. */
export function closeUpvalues(thread: Thread, level: number): void {
  for (let at = thread.openUpvalues; at !== null && at.index >= level; at = thread.openUpvalues) {
    thread.openUpvalues = at.next;
    // Made of undefined first: arrays that began with small integers are of another kind to V8.
    const slots: Value[] = [undefined];
    slots[0] = thread.stack[at.index];
    at.slots = slots;
    at.index = 0;
    at.next = null;
  }
}

/**
 * Counts work done for the program that runs now, in instructions; what is done while none runs is nobody's. As `spend`,
 * for code that holds no state: what it costs to copy, walk and convert is charged where that is done, whoever asked for
 * it. Never ends the program; its next check does.
 */
export function charge(steps: number): void {
  if (running.thread !== null) running.thread.meter.fuel -= steps;
}

/** Gives the unit its next portion of instructions; ends it when there is none. */
export function refuel(thread: Thread): void {
  const meter = thread.meter;
  meter.used += meter.grant - meter.fuel;
  meter.fuel = 0;
  meter.grant = 0;
  if (meter.killed) throw new Kill('killed');
  let grant = meter.slice;
  if (meter.limit > 0) {
    const left = meter.limit - meter.used;
    if (left <= 0) {
      meter.killed = true;
      throw new Kill('budget');
    }
    if (left < grant) grant = left;
  }
  meter.grant = grant;
  meter.fuel = grant;
}
