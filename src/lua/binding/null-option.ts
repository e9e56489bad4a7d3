/** The option `{ null = true }` of calls that decode JSON (`everyday.md` § 6). */
import { getField, type LuaState, type LuaValue, pop, toBoolean, typeOf } from '../../vm/index.ts';
import { JSON_NULL } from '../value/json-null.ts';

/** What `null` is decoded to, by the options at an index: `json.null`, or `undefined` for nil. */
export function nullOption(L: LuaState, index: number): LuaValue | undefined {
  if (typeOf(L, index) !== 'table') return undefined;
  getField(L, index, 'null');
  const isAsked = toBoolean(L, -1);
  pop(L, 1);
  return isAsked ? JSON_NULL : undefined;
}
