/** Checks of arguments that several modules share. */
import { HubError } from '../../base/index.ts';
import {
  getTop,
  type LuaState,
  type LuaValue,
  next,
  pop,
  pushNil,
  raise,
  toText,
  typeError,
  typeOf,
} from '../../vm/index.ts';
import { copyArgument } from '../message/payload.ts';
import { isNil } from '../value/values.ts';

/** @throws MH_PROCESS_ARGUMENT_INVALID when a call has too few arguments (`process.md` § 3). */
export function requireArguments(L: LuaState, count: number, name: string): void {
  const given = getTop(L);
  if (given >= count) return;
  throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
    message: `Cannot call ${name}: expected at least ${count} argument${count === 1 ? '' : 's'}, got ${given}`,
  });
}

/** Text of a string argument; raises for everything else, numbers included. */
export function checkString(L: LuaState, index: number): string {
  return typeOf(L, index) === 'string' ? toText(L, index)! : typeError(L, index, 'string');
}

/** Runs `read`; a HubError becomes a raised Lua error. */
export function raising<T>(L: LuaState, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof HubError) return raise(L, thrown.message);
    throw thrown;
  }
}

/** Copies a table with string keys; raises for anything else (`process.md` § 10.2). */
export function checkStringKeyed(L: LuaState, index: number): Map<string, LuaValue> {
  if (typeOf(L, index) !== 'table') typeError(L, index, 'table');
  const copy = new Map<string, LuaValue>();
  pushNil(L);
  while (next(L, index)) {
    if (typeOf(L, -2) !== 'string') raise(L, `bad argument #${index}: expected a table with string keys`);
    const value = raising(L, () => copyArgument(L, getTop(L), 1));
    // What does not travel, such as a channel, leaves no key behind (`errors-and-payloads.md` § 5.1).
    if (!isNil(value)) copy.set(toText(L, -2)!, value);
    pop(L, 1);
  }
  return copy;
}
