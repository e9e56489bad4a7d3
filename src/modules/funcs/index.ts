/** `require("funcs")` (`concurrency.md` § 9, `modules.md` § 4). */

import {
  COST,
  checkString,
  checkStringKeyed,
  copyArguments,
  defineModule,
  defineType,
  isActor,
  isScope,
  pushError,
  requirePermission,
  suspend,
  toHost,
  unitOf,
} from '../../lua/index.ts';
import type { Ambient } from '../../process/index.ts';
import {
  charge,
  checkHostObject,
  checkTable,
  getTop,
  type HostType,
  type LuaState,
  type LuaValue,
  makeNil,
  pushHostObject,
  pushNil,
  pushOwned,
  spend,
  toHostObject,
  typeError,
  valueAt,
} from '../../vm/index.ts';
import { CALLER_GONE, createFuture, FUTURE } from './future.ts';
import { assertTarget, Invocation, type InvocationRequest } from './invocation.ts';
import { type CallOptions, NO_OPTIONS, readCallOptions } from './options.ts';

/** Settings for calls, collected with `with_*`; immutable. */
class Executor {
  readonly values: ReadonlyMap<string, unknown>;
  /** `undefined` = the caller's. */
  readonly actor: unknown;
  readonly scope: unknown;
  readonly options: CallOptions;

  constructor(fields: Partial<Executor> = {}) {
    this.values = fields.values ?? new Map();
    this.actor = fields.actor;
    this.scope = fields.scope;
    this.options = fields.options ?? NO_OPTIONS;
  }

  with(changes: Partial<Executor>): Executor {
    return new Executor({ ...this, ...changes });
  }

  /** What the callee is told: the caller's values and identity, overridden key by key. */
  ambient(caller: Ambient): Ambient {
    if (this.values.size === 0 && this.actor === undefined && this.scope === undefined) return caller;
    charge((caller.values.size + this.values.size) * COST.ambientValue);
    return {
      values: new Map([...caller.values, ...this.values]),
      actor: this.actor ?? caller.actor,
      scope: this.scope ?? caller.scope,
    };
  }
}

const PLAIN = new Executor();

const EXECUTOR: HostType<Executor> = defineType<Executor>({
  name: 'Executor',
  reach: { async: 'depends' },
  methods: {
    call: (L) => call(L, checkHostObject(L, 1, EXECUTOR), 2),
    async: (L) => callAsync(L, checkHostObject(L, 1, EXECUTOR), 2),
    with_context(L) {
      const executor = checkHostObject(L, 1, EXECUTOR);
      requirePermission(L, 'funcs.context', 'context');
      spend(L, executor.values.size * COST.ambientValue);
      return pushExecutor(
        L,
        executor.with({ values: new Map([...executor.values, ...checkStringKeyed(L, 2)]) }),
      );
    },
    with_options(L) {
      const executor = checkHostObject(L, 1, EXECUTOR);
      checkTable(L, 2);
      return pushExecutor(L, executor.with({ options: readCallOptions(toHost(valueAt(L, 2))) }));
    },
    with_actor: (L) =>
      pushExecutor(
        L,
        checkHostObject(L, 1, EXECUTOR).with({ actor: checkIdentity(L, isActor, 'security.Actor') }),
      ),
    with_scope: (L) =>
      pushExecutor(
        L,
        checkHostObject(L, 1, EXECUTOR).with({ scope: checkIdentity(L, isScope, 'security.Scope') }),
      ),
  },
});

/** The `funcs` module. */
export const funcsModule = defineModule({
  name: 'funcs',
  reach: { async: 'depends' },
  functions: {
    call: (L) => call(L, PLAIN, 1),
    async: (L) => callAsync(L, PLAIN, 1),
    new: (L) => pushExecutor(L, PLAIN.with({})),
  },
});

function call(L: LuaState, executor: Executor, first: number): number {
  const request = readRequest(L, executor, first);
  return suspend(L, (resume) => {
    const invocation = new Invocation(unitOf(L).runtime, request, (outcome) =>
      resume((inner) => {
        if (!outcome.ok) {
          pushNil(inner);
          pushError(inner, outcome.failure);
        } else {
          pushOwned(inner, (outcome.value as LuaValue | undefined) ?? makeNil());
          pushNil(inner);
        }
        return 2;
      }),
    );
    invocation.start();
    return () => invocation.abort(CALLER_GONE);
  });
}

function callAsync(L: LuaState, executor: Executor, first: number): number {
  pushHostObject(L, createFuture(L, readRequest(L, executor, first)), FUTURE);
  pushNil(L);
  return 2;
}

function readRequest(L: LuaState, executor: Executor, first: number): InvocationRequest {
  const target = checkString(L, first);
  assertTarget(target);
  requirePermission(L, 'funcs.call', target);
  spend(L, COST.unit);
  const { context, ambient } = unitOf(L);
  return {
    target,
    args: copyArguments(L, first + 1, getTop(L)),
    caller: context.pid,
    ambient: executor.ambient(ambient),
    options: executor.options,
  };
}

/** Actors and scopes are userdata of the security module, opaque here. */
function checkIdentity(L: LuaState, isIdentity: (object: unknown) => boolean, noun: string): unknown {
  const object = toHostObject(L, 2);
  if (!isIdentity(object)) return typeError(L, 2, noun);
  requirePermission(L, 'funcs.security', 'security');
  return object;
}

function pushExecutor(L: LuaState, executor: Executor): number {
  pushHostObject(L, executor, EXECUTOR);
  return 1;
}
