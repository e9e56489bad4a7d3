/** `coroutine.spawn` (`concurrency.md` § 1): the one function of the coroutine library that is ours. */

import { checkCanWait, guard, ManagedCoroutine, unitOf } from '../../lua/index.ts';
import {
  checkFunction,
  getTop,
  hostYield,
  insert,
  type LuaState,
  newThread,
  pushValue,
  raise,
  spend,
  xmove,
} from '../../vm/index.ts';

/** Starts a managed coroutine; it runs to its first wait before the caller goes on. */
export const spawn = guard('coroutine.spawn', (L) => {
  checkFunction(L, 1);
  checkCanWait(L);
  const unit = unitOf(L);
  const { coroutines } = unit.limits;
  if (unit.coroutineCount >= coroutines) raise(L, `too many coroutines: the limit is ${coroutines}`);
  const argumentCount = getTop(L) - 1;
  spend(L, argumentCount);
  const thread = newThread(L);
  insert(L, 1);
  xmove(L, thread, argumentCount + 1);
  unit.startNow(new ManagedCoroutine(unit, thread, argumentCount));
  return hostYield(L, returnThread);
});

function returnThread(L: LuaState): number {
  pushValue(L, 1);
  return 1;
}
