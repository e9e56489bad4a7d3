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
import { checkYieldable, hostYield, isHostYieldable, kill, type LuaState, raise } from '../../vm/index.ts';
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

/**
 * Waits for the host with the unit as a whole: none of its coroutines runs until the answer, so for the program the call
 * does not wait (`process.md` § 4). Allowed also at the top level of a chunk. Must be the last thing a binding does, and
 * only where `canHold` says so.
 * @param begin hands the answer over, later; what becomes of the operation when the unit ends is its own business.
 */
export function hold(L: LuaState, begin: (resume: Resume) => void): number {
  const unit = unitOf(L);
  unit.beginHold();
  begin((push) => unit.endHold(push));
  return hostYield(L, continueHeld);
}

/** Whether the running code may `hold` its unit. */
export function canHold(L: LuaState): boolean {
  return unitOf(L).mayHold && isHostYieldable(L);
}

/** Raises unless the running code may wait here. Call it before a blocking binding has any effect. */
export function checkCanWait(L: LuaState): void {
  if (unitOf(L).isLoading) raise(L, 'attempt to yield from outside a coroutine');
  checkYieldable(L);
}

/** Goes on in the innermost function of the answered coroutine; the continuation of a host wait. */
export const continueWithAnswer = guard('the answer of a host operation', (L) => unitOf(L).takeAnswer()(L));

const continueHeld = guard('the answer of a start', (L) => unitOf(L).takeHeldAnswer()(L));
