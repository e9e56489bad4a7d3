/** The `payload` module (`errors-and-payloads.md` § 6). */

import { createPayload, defineModule, formatOf, type LuaModule, PAYLOAD_FORMATS } from '../../lua/index.ts';
import { pushOwned, setTop, valueAt } from '../../vm/index.ts';

/** Global and `require("payload")`. */
export const payloadModule: LuaModule = defineModule({
  name: 'payload',
  isGlobal: true,
  functions: {
    new(L) {
      setTop(L, 1);
      const value = valueAt(L, 1);
      pushOwned(L, createPayload(formatOf(value), value));
      return 1;
    },
  },
  submodules: { format: { constants: PAYLOAD_FORMATS } },
});
