/**
 * How a binding does work that may be long: in pieces, each paid for when it is done. Between two pieces the program
 * gives its turn away when its slice is used up, as between two instructions. Where it cannot (a comparator of
 * `table.sort`, a callback of `gsub`) the work goes on in one piece, so `canPause` should decide how much it may be.
 */
import type { Pieces } from '../../base/index.ts';
import { isHostYieldable, isSliceOver, type LuaState, pauseK, spend } from '../../vm/index.ts';
import { guard } from './module.ts';

/** Whether work in pieces can give its turn away here. */
export const canPause: (L: LuaState) => boolean = isHostYieldable;

/**
 * Does work whose costs are instructions. Must be the last thing a binding does: `return inPieces(L, 'yaml.decode', work, push)`.
 * @param name of the binding, for the log.
 * @param push pushes the results and returns their number; a throw from it or the work behaves as one from the binding.
 */
export function inPieces<T>(
  L: LuaState,
  name: string,
  work: Pieces<T>,
  push: (L: LuaState, result: T) => number,
): number {
  const goOn = (inner: LuaState): number => {
    for (;;) {
      const { done, value } = work.next();
      if (done === true) return push(inner, value);
      spend(inner, value);
      if (isSliceOver(inner) && isHostYieldable(inner)) return pauseK(inner, continuation);
    }
  };
  const continuation = guard(name, goOn);
  return goOn(L);
}
