/**
 * How a binding waits. The managed coroutine it runs in is parked; the host answers later, once, with a function
 * that pushes the results of the Lua call. Works inside pcall, user coroutines, metamethods and iterators; where
 * Lua cannot yield (sort comparators, gsub callbacks, top level of a chunk) the call raises and nothing starts.
 *
 * ```ts
 * sleep: (L) => suspend(L, (resume) => {
 *   const timer = unitOf(L).runtime.clock.setTimer(ms, () => resume(pushNothing));
 *   return () => timer.cancel();
 * })
 * ```
 */
import { HubError } from '../../base/index.ts';
import { checkYieldable, hostYield, kill, type LuaState, raise } from '../../vm/index.ts';
import { unitOf } from '../coroutine/context.ts';
import type { ManagedCoroutine, Push } from '../coroutine/coroutine.ts';
import { guard } from './module.ts';

/** Answers a waiting call. Only the first use counts; uses after the coroutine was dropped do nothing. */
export type Resume = (push: Push) => void;

/** Withdraws what was started; runs when the coroutine is dropped before its answer came. */
export type Cancel = () => void;

/** Results of a call that returns nothing. */
export const pushNothing: Push = () => 0;

/**
 * Waits for the host. Must be the last thing a binding does: `return suspend(L, ...)`.
 * @param start begins the operation; may answer at once (then nothing waits) and may return a `Cancel`.
 *   A throw from `start` behaves as a throw from the binding, as does a throw from the push function.
 * @returns the number of results.
 */
export function suspend(L: LuaState, start: (resume: Resume) => Cancel | undefined): number {
  checkCanWait(L);
  const unit = unitOf(L);
  let coroutine: ManagedCoroutine | undefined;
  let early: Push | undefined;
  let isAnswered = false;
  const cancel = start((push) => {
    if (isAnswered) return;
    isAnswered = true;
    if (coroutine === undefined) early = push;
    else unit.endWait(coroutine, push);
  });
  if (early !== undefined) return early(L);
  coroutine = unit.beginWait(cancel);
  return hostYield(L, continueWithAnswer);
}

/**
 * Waits for a promise. A rejection with a HubError gives `nil, err`; any other rejection ends the unit as a bug of
 * the binding.
 * @param cancel withdraws the operation when the coroutine is dropped.
 */
export function suspendOn<T>(
  L: LuaState,
  promise: Promise<T>,
  push: (L: LuaState, value: T) => number,
  cancel?: Cancel,
): number {
  return suspend(L, (resume) => {
    promise.then(
      (value) => resume((inner) => push(inner, value)),
      (thrown: unknown) =>
        resume((inner) => {
          if (thrown instanceof HubError) throw thrown;
          unitOf(inner).fault('a host operation', thrown);
          return kill(inner);
        }),
    );
    return cancel;
  });
}

/** Raises unless the running code may wait here. Call it before a blocking binding has any effect. */
export function checkCanWait(L: LuaState): void {
  if (unitOf(L).isLoading) raise(L, 'attempt to yield from outside a coroutine');
  checkYieldable(L);
}

/** Goes on in the innermost function of the answered coroutine; the continuation of a host wait. */
export const continueWithAnswer = guard('the answer of a host operation', (L) => unitOf(L).takeAnswer()(L));
