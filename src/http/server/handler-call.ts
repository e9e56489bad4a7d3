/**
 * Calls the function behind an endpoint and turns what came of it into a response (`http.md` § 4).
 *
 * Every way a call ends, and why each is safe:
 *   it returns or raises            the observer runs once and decides the response;
 *   it cannot start                 `system.call` throws, or its load fails later: `main` never runs, 500 or 503;
 *   the handler timeout fires first the call is aborted, the observer runs with that failure, 504;
 *   the client goes first           the call is aborted, the observer runs, nothing can be sent any more;
 *   the server stops                requests in flight may finish; then sockets are destroyed: as above.
 */
import { type Clock, type Failure, toFailure } from '../../base/index.ts';
import { encodeJson, isNil, type LuaValue } from '../../lua/index.ts';
import type { Call, Outcome, ProcessSystem } from '../../process/index.ts';
import type { Exchange } from '../exchange/exchange.ts';

/** What a call needs to know about its server. */
export interface HandlerSettings {
  readonly system: Pick<ProcessSystem, 'call'>;
  readonly clock: Clock;
  /** 0 = none. */
  readonly handlerTimeoutMs: number;
  readonly exposeErrors: boolean;
}

const GONE: Failure = { kind: 'Canceled', message: 'client disconnected', retryable: false };
const LATE: Failure = { kind: 'Timeout', message: 'handler timeout', retryable: true };

/** Runs the handler; resolves when the response is prepared. Never rejects. */
export function callHandler(exchange: Exchange, entryId: string, settings: HandlerSettings): Promise<void> {
  return new Promise((resolve) => {
    let call: Call | undefined;
    let isLate = false;
    const timer =
      settings.handlerTimeoutMs === 0
        ? undefined
        : settings.clock.setTimer(settings.handlerTimeoutMs, () => {
            // C8: after the first byte the timer is off.
            if (exchange.response.isStreaming) return;
            isLate = true;
            call?.abort(LATE);
          });
    const stopListening = exchange.onGone(() => call?.abort(GONE));
    const finish = (): void => {
      timer?.cancel();
      stopListening();
      resolve();
    };
    try {
      const request = { entryId, args: [], ambient: exchange.ambient, attachment: exchange };
      call = settings.system.call(request, (outcome) => {
        settle(exchange, outcome, { entryId, isLate, exposeErrors: settings.exposeErrors });
        finish();
      });
      if (exchange.isGone) call.abort(GONE);
    } catch (error) {
      const failure = toFailure(error);
      fail(exchange, failure, { entryId, exposeErrors: settings.exposeErrors });
      if (failure.kind === 'Unavailable') exchange.response.answer(503, 'service unavailable'); // C10
      finish();
    }
  });
}

interface SettleContext {
  readonly entryId: string;
  readonly isLate?: boolean;
  readonly exposeErrors: boolean;
}

function settle(exchange: Exchange, outcome: Outcome, context: SettleContext): void {
  const { response } = exchange;
  if (exchange.isGone || exchange.isTaken) {
    if (!outcome.ok) exchange.failure = outcome.failure;
    return;
  }
  if (outcome.ok) {
    if (response.isTouched) return; // C1
    settleValue(exchange, outcome.value as LuaValue | undefined, context);
    return;
  }
  if (context.isLate === true && !response.isStreaming) {
    logFailure(exchange, outcome.failure, context.entryId);
    exchange.failure = outcome.failure;
    response.answer(504, 'handler timeout'); // C8
  } else if ('returned' in outcome && outcome.returned === true && response.isTouched) {
    logFailure(exchange, outcome.failure, context.entryId); // C6
    exchange.failure = outcome.failure;
    response.takePrivateHeader('x-ws-relay');
    response.takePrivateHeader('x-sse-relay');
  } else fail(exchange, outcome.failure, context); // C3, C5
}

/** C2, C4. */
function settleValue(exchange: Exchange, value: LuaValue | undefined, context: SettleContext): void {
  const { response } = exchange;
  if (isNil(value)) {
    fail(exchange, { kind: 'Internal', message: 'no response sent', retryable: false }, context);
    response.answer(500, 'no response sent');
    return;
  }
  try {
    const body = Buffer.from(encodeJson(value!), 'latin1');
    response.setHeader('Content-Type', 'application/json');
    response.setBody(body);
  } catch (error) {
    fail(exchange, toFailure(error), context);
  }
}

/** C3, C5, C7: the prepared response is discarded; what streams already can only be cut. */
function fail(exchange: Exchange, failure: Failure, context: SettleContext): void {
  logFailure(exchange, failure, context.entryId);
  exchange.failure = failure;
  if (exchange.response.isStreaming) exchange.abort();
  else exchange.response.answer(500, context.exposeErrors ? failure.message : 'internal server error');
}

function logFailure(exchange: Exchange, failure: Failure, entryId: string): void {
  const { kind, message, stack, excerpt } = failure;
  const { method, path } = exchange.request;
  const endpoint = exchange.endpoint?.id;
  const where = { method, path, endpoint, function: entryId };
  exchange.log.error('handler failed', { kind, message, stack, ...where, ...(excerpt && { excerpt }) });
}
