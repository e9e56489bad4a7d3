/** What the coroutine library needs from the machine, on the plain facade. */
import type { Continuation, LuaState } from '../api.ts';
import * as engine from '../index.ts';

interface Machine {
  resumeK?(L: LuaState, thread: LuaState, nargs: number, k: Continuation, context?: unknown): number;
  newCoroutine?(L: LuaState): LuaState;
  toThread?(L: LuaState, index: number): LuaState | undefined;
}
const machine = engine as unknown as Machine;

export function newCoroutine(L: LuaState): LuaState {
  return machine.newCoroutine?.(L) ?? engine.newThread(L);
}

const resumers = new WeakMap<LuaState, LuaState>();

export function resumeK(L: LuaState, thread: LuaState, nargs: number, k: Continuation): number {
  if (machine.resumeK !== undefined) return machine.resumeK(L, thread, nargs, k);
  engine.xmove(L, thread, nargs);
  resumers.set(thread, L);
  const outcome = engine.resume(thread, L, nargs);
  resumers.delete(thread);
  if (outcome === 'error') {
    engine.xmove(thread, L, 1);
    return k(L, 2, undefined);
  }
  engine.xmove(thread, L, engine.getTop(thread));
  return k(L, outcome === 'yield' ? 1 : 0, undefined);
}

export function coroutineStatus(L: LuaState, thread: LuaState): string {
  if (L === thread) return 'running';
  return engine.status(thread);
}

export function isInUserCoroutine(L: LuaState): boolean {
  return !engine.isHostOwned(L);
}

export function userYield(L: LuaState, count: number): number {
  return engine.userYield(L, count);
}

export function toThread(L: LuaState, index: number): LuaState | undefined {
  if (engine.typeOf(L, index) !== 'thread') return undefined;
  return machine.toThread?.(L, index) ?? (engine.identityOf(engine.valueAt(L, index)) as LuaState);
}
