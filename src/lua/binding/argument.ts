/** Checks of arguments that several modules share. */
import { HubError } from '../../base/index.ts';
import { getTop, type LuaState, raise, toText, typeError, typeOf } from '../../vm/index.ts';

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

/** Refuses topics no message may have (`process.md` § 5.4). @throws MH_PROCESS_ARGUMENT_INVALID */
export function checkTopic(verb: string, topic: string): void {
  if (topic !== '' && !topic.startsWith('@')) return;
  const fact = topic === '' ? 'the topic is empty' : `cannot send to @ topics, got '${topic}'`;
  throw new HubError('MH_PROCESS_ARGUMENT_INVALID', { message: `Cannot ${verb} a topic: ${fact}` });
}
