/**
 * `json.null` (`everyday.md` § 6): the one value that stands for JSON's null where nil would leave a hole. It is the same
 * in every program, so it travels in messages, results and context values as itself.
 */
import { defineHostType, freshHostObject, type HostType, type LuaValue } from '../../vm/index.ts';

const TYPE: HostType<object> = defineHostType<object>({
  name: 'json.null',
  methods: {},
  tostring: () => 'null',
  transfer: () => JSON_NULL,
});

/** The constant. Plain data has null in its place. */
export const JSON_NULL: LuaValue = freshHostObject(Object.freeze({}), TYPE);
