/** `print` (`errors-and-payloads.md` § 8): one log line, with who printed it and where. */
import { getTop, type LuaState, toDisplay, where } from '../../vm/index.ts';
import { defineModule, type LuaModule } from '../binding/module.ts';
import { unitOf } from '../coroutine/context.ts';

/** Gives every program the global `print`. */
export const printModule: LuaModule = defineModule({
  name: 'print',
  isGlobal: false,
  globals: {
    print(L) {
      const words: string[] = [];
      for (let i = 1; i <= getTop(L); i++) words.push(toDisplay(L, i));
      unitOf(L).log.info(words.join(' '), { location: locationOf(L) });
      return 0;
    },
  },
});

/** `<entry id>:<line>` of the Lua code that called the running binding; for log lines. */
export function locationOf(L: LuaState): string {
  return where(L, 1).replace(/:\s*$/, '');
}
