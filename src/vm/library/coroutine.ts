/**
 * The coroutine library (Lua 5.3 § 6.2, `concurrency.md` § 2). Waiting for the host inside a coroutine suspends the
 * managed coroutine around it; the machine does that, and nothing here ever sees it.
 */

import { argumentError, checkFunction } from '../loop/check.ts';
import {
  hostYield,
  isHostOwned,
  isYieldable,
  newCoroutine,
  resumeK,
  status,
  userYield,
  where,
} from '../loop/machine.ts';
import {
  getTop,
  insert,
  pop,
  pushBinary,
  pushBoolean,
  pushFunction,
  pushThread,
  pushValue,
  raiseValue,
  setTop,
  toBinary,
  toThread,
  typeOf,
  xmove,
} from '../loop/stack.ts';
import type { HostFunction, LuaState } from '../value/api.ts';
import type { Library } from './arguments.ts';

const create: HostFunction = (L) => {
  checkFunction(L, 1);
  const thread = newCoroutine(L);
  pushValue(L, 1);
  xmove(L, thread, 1);
  return 1;
};

function checkThread(L: LuaState): LuaState {
  return toThread(L, 1) ?? argumentError(L, 1, 'thread expected');
}

/** Why a coroutine cannot be resumed now, or `undefined`. */
function refusal(thread: LuaState): string | undefined {
  if (isHostOwned(thread)) return 'cannot resume a coroutine that belongs to the host';
  const state = status(thread);
  if (state === 'suspended') return undefined;
  return state === 'dead' ? 'cannot resume dead coroutine' : 'cannot resume non-suspended coroutine';
}

const resume: HostFunction = (L) => {
  const thread = checkThread(L);
  const refused = refusal(thread);
  if (refused !== undefined) {
    pushBoolean(L, false);
    pushBinary(L, refused);
    return 2;
  }
  const count = getTop(L) - 1;
  return resumeK(L, thread, count, finishResume);
};

/** Argument 1 is the thread; everything above it are results, or the error value on top. */
function finishResume(L: LuaState, outcome: number): number {
  if (outcome !== 0) {
    pushBoolean(L, false);
    pushValue(L, -2);
    return 2;
  }
  pushBoolean(L, true);
  insert(L, 2);
  return getTop(L) - 1;
}

const wrap: HostFunction = (L) => {
  create(L);
  const thread = toThread(L, -1)!;
  pushFunction(
    L,
    (inner) => {
      // PUC takes a coroutine that resumes itself without arguments for a dead one.
      const isOwn = thread === inner && getTop(inner) === 0;
      const refused = isOwn ? 'cannot resume dead coroutine' : refusal(thread);
      if (refused !== undefined) {
        pushBinary(inner, refused);
        return raiseWrapped(inner);
      }
      return resumeK(inner, thread, getTop(inner), finishWrapped);
    },
    'wrap',
  );
  return 1;
};

function finishWrapped(L: LuaState, outcome: number): number {
  return outcome !== 0 ? raiseWrapped(L) : getTop(L);
}

/** An error of a wrapped coroutine goes on in its caller; a text gets the caller's position in front. */
function raiseWrapped(L: LuaState): number {
  if (typeOf(L, -1) === 'string') {
    const text = Buffer.from(where(L, 1), 'utf8').toString('latin1') + toBinary(L, -1)!;
    pop(L, 1);
    pushBinary(L, text);
  }
  return raiseValue(L);
}

/**
 * Yields to the resumer. Directly in a managed coroutine there is none: the others run once and the call returns
 * nothing (`concurrency.md` § 1.7).
 */
const yieldValues: HostFunction = (L) => {
  if (!isHostOwned(L)) return userYield(L, getTop(L));
  setTop(L, 0);
  return hostYield(L, () => 0);
};

const functions: Record<string, HostFunction> = {
  create,
  isyieldable: (L) => {
    pushBoolean(L, isYieldable(L));
    return 1;
  },
  resume,
  running: (L) => {
    pushThread(L, L);
    pushBoolean(L, isHostOwned(L));
    return 2;
  },
  status: (L) => {
    pushBinary(L, status(checkThread(L)));
    return 1;
  },
  wrap,
  yield: yieldValues,
};

/** @param extra functions of the host, e.g. `spawn`. */
export function coroutineLibrary(extra: Readonly<Record<string, HostFunction>> = {}): Library {
  return { name: 'coroutine', functions: { ...functions, ...extra } };
}
