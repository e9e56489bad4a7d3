/** Where the Lua code that called a binding stands. */
import { type LuaState, where } from '../../vm/index.ts';

/** `<entry id>:<line>` of the Lua code that called the running binding; for log lines. */
export function locationOf(L: LuaState): string {
  return where(L, 1).replace(/:\s*$/, '');
}
