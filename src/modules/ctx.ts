/** `require("ctx")`: the context values a program was started with (`concurrency.md` § 11). Read-only. */
import { HubError } from '../base/index.ts';
import { COST, checkString, defineModule, unitOf } from '../lua/index.ts';
import {
  copyValue,
  type LuaState,
  type LuaValue,
  newTable,
  pushNil,
  pushOwned,
  pushText,
  rawSet,
  spend,
} from '../vm/index.ts';

/** The `ctx` module. */
export const ctxModule = defineModule({
  name: 'ctx',
  reach: { get: 'depends', all: 'depends' },
  functions: {
    get(L) {
      const key = checkString(L, 1);
      if (key === '') {
        throw new HubError('MH_CTX_KEY_INVALID', {
          message: 'Cannot read a context value: the key is empty',
        });
      }
      const values = contextOf(L);
      if (!values.has(key)) {
        throw new HubError('MH_CTX_NOT_FOUND', {
          message: `Cannot read context value '${key}': it is not set`,
          hint: 'Set it where the program is started, with with_context.',
        });
      }
      pushOwned(L, copyValue(values.get(key)!));
      pushNil(L);
      return 2;
    },
    all(L) {
      newTable(L);
      spend(L, contextOf(L).size * COST.ambientValue);
      for (const [key, value] of contextOf(L)) {
        pushText(L, key);
        pushOwned(L, copyValue(value));
        rawSet(L, -3);
      }
      pushNil(L);
      return 2;
    },
  },
});

function contextOf(L: LuaState): ReadonlyMap<string, LuaValue> {
  return unitOf(L).ambient.values as ReadonlyMap<string, LuaValue>;
}
