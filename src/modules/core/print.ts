/** `print` (`errors-and-payloads.md` § 8): one log line, with who printed it and where. */

import { COST, defineModule, type LuaModule, locationOf, unitOf } from '../../lua/index.ts';
import { getTop, spend, toDisplay } from '../../vm/index.ts';

/** Gives every program the global `print`. */
export const printModule: LuaModule = defineModule({
  name: 'print',
  isGlobal: false,
  globals: {
    print(L) {
      const words: string[] = [];
      spend(L, COST.logLine);
      for (let i = 1; i <= getTop(L); i++) words.push(toDisplay(L, i));
      unitOf(L).log.info(words.join(' '), { location: locationOf(L) });
      return 0;
    },
  },
});
