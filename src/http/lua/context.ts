/** The exchange behind a call of the `http` module, and answers in the form that module gives them. */
import { HubError } from '../../base/index.ts';
import { pushError, unitOf } from '../../lua/index.ts';
import { type HostFunction, type LuaState, pushNil } from '../../vm/index.ts';
import { Exchange } from '../exchange/exchange.ts';

/**
 * The exchange of the running handler.
 * @throws MH_HTTP_NO_CONTEXT in processes, in functions called from a handler, and after the response was sent
 */
export function exchangeOf(L: LuaState): Exchange {
  const { attachment } = unitOf(L);
  if (attachment instanceof Exchange) return assertOpen(L, attachment);
  throw noContext();
}

/**
 * A program has its exchange until main returns, also while layers still work on the response.
 * @throws MH_HTTP_NO_CONTEXT when that is over
 */
export function assertOpen(L: LuaState, exchange: Exchange): Exchange {
  if (exchange.isClosed || unitOf(L).isInTail) throw noContext();
  return exchange;
}

/** Ends a call that gives `value, nil`: the value is on the stack. */
export function withNil(L: LuaState): number {
  pushNil(L);
  return 2;
}

/** Makes a response method: `nil` on success, the error alone on failure. */
export function answering(run: (L: LuaState) => number | undefined): HostFunction {
  return (L) => {
    try {
      const count = run(L);
      if (count !== undefined) return count;
      pushNil(L);
    } catch (thrown) {
      if (!(thrown instanceof HubError)) throw thrown;
      pushError(L, thrown);
    }
    return 1;
  };
}

function noContext(): HubError {
  return new HubError('MH_HTTP_NO_CONTEXT', { message: 'no HTTP request context found' });
}
