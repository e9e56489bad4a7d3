/** The exchange behind a call of the `http` module, and answers in the form that module gives them. */
import { HubError, toFailure } from '../../base/index.ts';
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

/**
 * Makes a response method: `nil` on success, the error alone on failure. Few programs look at it, so the response
 * remembers the last one that failed until a call that does the same succeeds.
 */
export function answering(name: string, run: (L: LuaState) => number | undefined): HostFunction {
  return (L) => {
    const { attachment } = unitOf(L);
    const response = attachment instanceof Exchange ? attachment.response : undefined;
    try {
      const count = run(L);
      if (response?.failedCall !== undefined && doAlike(response.failedCall.name, name)) {
        response.failedCall = undefined;
      }
      if (count !== undefined) return count;
      pushNil(L);
    } catch (thrown) {
      if (!(thrown instanceof HubError)) throw thrown;
      // That a client went is nobody's mistake.
      const isGone = thrown.code === 'MH_HTTP_WRITE_FAILED';
      if (response !== undefined && !isGone) response.failedCall = { name, failure: toFailure(thrown) };
      pushError(L, thrown);
    }
    return 1;
  };
}

/** Whether one call makes up for another: any that writes does for one that could not. */
function doAlike(failed: string, succeeded: string): boolean {
  return failed === succeeded || (failed.startsWith('write') && succeeded.startsWith('write'));
}

function noContext(): HubError {
  return new HubError('MH_HTTP_NO_CONTEXT', { message: 'no HTTP request context found' });
}
