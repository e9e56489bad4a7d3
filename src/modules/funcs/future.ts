/** Futures of `funcs.async` (`concurrency.md` § 9): a call whose result comes through a channel. */
import { type Failure, HubError, toFailure } from '../../base/index.ts';
import {
  createHostChannel,
  defineType,
  errorValue,
  type HostChannel,
  payloadValue,
  pushChannel,
  type UnitContext,
  unitOf,
} from '../../lua/index.ts';
import type { Outcome } from '../../process/index.ts';
import {
  checkHostObject,
  type HostType,
  type LuaState,
  type LuaValue,
  makeNil,
  pushBoolean,
  pushNil,
  pushOwned,
} from '../../vm/index.ts';
import { Invocation, type InvocationRequest } from './invocation.ts';

/**
 * A call under way. Ends: the callee does; `cancel`; the program closes the channel; the unit ends. All but the
 * first abort the callee.
 */
export class Future {
  readonly output: HostChannel;
  readonly #invocation: Invocation;
  /** What the channel delivers: a Payload, or the error object itself. */
  #result: { readonly value: LuaValue; readonly isError: boolean } | undefined;
  #cancellation: LuaValue | undefined;

  constructor(unit: UnitContext, request: InvocationRequest) {
    this.#invocation = new Invocation(unit.runtime, request, (outcome) => this.#complete(outcome));
    this.output = createHostChannel(unit, { onClose: () => this.#invocation.abort(CALLER_GONE) });
    this.#invocation.start();
  }

  get isComplete(): boolean {
    return this.#result !== undefined;
  }

  get isCanceled(): boolean {
    return this.#cancellation !== undefined;
  }

  /** The error object, once the call has failed. */
  get error(): LuaValue | undefined {
    return this.#result?.isError === true ? this.#result.value : undefined;
  }

  /** Gives up the result. Idempotent; after completion `result()` forgets it (§ 9 Future 3). */
  cancel(): void {
    this.#cancellation ??= errorValue(canceled());
    this.output.close();
  }

  /** Pushes the answer of `result()`; never waits. */
  pushResult(L: LuaState): number {
    if (this.#cancellation !== undefined) return pushPair(L, undefined, this.#cancellation);
    if (this.#result === undefined) return pushPair(L, undefined, undefined);
    const { value, isError } = this.#result;
    return isError ? pushPair(L, undefined, value) : pushPair(L, value, undefined);
  }

  #complete(outcome: Outcome): void {
    if (outcome.ok) {
      const value = (outcome.value as LuaValue | undefined) ?? makeNil();
      this.#result = { value: payloadValue(value), isError: false };
    } else this.#result = { value: errorValue(outcome.failure), isError: true };
    this.output.offer(this.#result.value);
    this.output.close();
  }
}

/** The failure of a callee whose caller went away. */
export const CALLER_GONE: Failure = toFailure(
  new HubError('MH_FUNCS_CANCELED', { message: 'caller context canceled' }),
);

function canceled(): HubError {
  return new HubError('MH_FUNCS_CANCELED', {
    message: 'Cannot give the result of the call: it was canceled',
  });
}

/** The Future type. */
export const FUTURE: HostType<Future> = defineType<Future>({
  name: 'Future',
  methods: {
    response: pushFutureChannel,
    channel: pushFutureChannel,
    result: (L) => checkHostObject(L, 1, FUTURE).pushResult(L),
    is_complete(L) {
      pushBoolean(L, checkHostObject(L, 1, FUTURE).isComplete);
      return 1;
    },
    is_canceled(L) {
      pushBoolean(L, checkHostObject(L, 1, FUTURE).isCanceled);
      return 1;
    },
    error(L) {
      const { error } = checkHostObject(L, 1, FUTURE);
      if (error === undefined) pushNil(L);
      else pushOwned(L, error);
      pushBoolean(L, error !== undefined);
      return 2;
    },
    cancel(L) {
      checkHostObject(L, 1, FUTURE).cancel();
      pushBoolean(L, true);
      return 1;
    },
  },
});

/** Starts a call and makes its Future. */
export function createFuture(L: LuaState, request: InvocationRequest): Future {
  return new Future(unitOf(L), request);
}

function pushFutureChannel(L: LuaState): number {
  pushChannel(L, checkHostObject(L, 1, FUTURE).output.channel);
  return 1;
}

function pushPair(L: LuaState, first: LuaValue | undefined, second: LuaValue | undefined): number {
  if (first === undefined) pushNil(L);
  else pushOwned(L, first);
  if (second === undefined) pushNil(L);
  else pushOwned(L, second);
  return 2;
}
