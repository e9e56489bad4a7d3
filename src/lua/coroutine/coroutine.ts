/**
 * One managed coroutine: a Lua thread the host resumes (`concurrency.md` § 1). At any moment it is running, ready,
 * or waiting for exactly one thing: an answer of the host (`binding/suspend.ts`) or channels (`channel.ts`).
 */

import { type LuaState, type LuaValue, makeNil } from '../../vm/index.ts';
import type { Waiter } from './channel.ts';

/** Pushes the results of a waiting Lua call and returns their count; may throw or raise like a binding. */
export type Push = (L: LuaState) => number;

/** Who resumes a coroutine. */
export interface CoroutineOwner {
  /** Puts a coroutine whose wait is over at the back of the ready ones. */
  makeReady(coroutine: ManagedCoroutine): void;
}

const NO_WAITERS: Waiter[] = [];

/** A managed coroutine. Fields are written by `program/unit.ts`, `ready-queue.ts` and `channel.ts` only. */
export class ManagedCoroutine {
  readonly owner: CoroutineOwner;
  readonly thread: LuaState;
  /** Values on the thread's stack to start with; 0 afterwards. */
  argumentCount: number;
  /** True from the start of a wait until it is resumed. */
  isWaiting = false;
  /** The host's answer to a wait of `binding/suspend.ts`. */
  answer: Push | undefined;
  /** Withdraws the host operation it waits for. */
  cancel: (() => void) | undefined;

  /** Next in the queue of ready coroutines. */
  nextReady: ManagedCoroutine | undefined;

  // A wait for channels. The waiter objects are kept for the next wait: a busy receiver allocates nothing.
  waiters: Waiter[] = NO_WAITERS;
  /** How many of `waiters` are in use. */
  waiterCount = 0;
  /** The waiter whose channel operation completed. */
  completed: Waiter | undefined;
  /** What it received. */
  received: LuaValue = makeNil();
  /** False: the channel was closed. */
  isOk = false;

  constructor(owner: CoroutineOwner, thread: LuaState, argumentCount: number) {
    this.owner = owner;
    this.thread = thread;
    this.argumentCount = argumentCount;
  }
}
