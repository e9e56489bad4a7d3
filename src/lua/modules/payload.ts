/** The `payload` module (`errors-and-payloads.md` § 6). */
import { pushOwned, setTop, valueAt } from '../../vm/index.ts';
import { defineModule, type LuaModule } from '../binding/module.ts';
import { createPayload, formatOf } from '../message/payload.ts';
import { PAYLOAD_FORMATS } from '../value/payload-format.ts';

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
