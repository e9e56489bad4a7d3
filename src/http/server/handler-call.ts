/**
 * Calls the function behind an endpoint (`http.md` § 4); `outcome.ts` says what its end means for the response.
 *
 * Every way a call ends, and why each is safe:
 *   it returns or raises            the observer runs once and decides the response;
 *   it cannot start                 `system.call` throws, or its load fails later: `main` never runs, 500 or 503;
 *   the handler timeout fires first the call is aborted, the observer runs with that failure, 504;
 *   the client goes first           the call is aborted, the observer runs, nothing can be sent any more;
 *   the byte budget chose it        the call is aborted, the observer runs with that failure, 503;
 *   the server stops                requests in flight may finish; then sockets are destroyed: as above.
 */
import { type Clock, type Failure, type LimitedLog, toFailure } from '../../base/index.ts';
import type { Call, ProcessSystem } from '../../process/index.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { settleOutcome, settleRefusal } from './outcome.ts';

/** What a call needs to know about its server. */
export interface HandlerSettings {
  readonly system: Pick<ProcessSystem, 'call'>;
  readonly clock: Clock;
  /** For what strangers can cause. */
  readonly limitedLog: LimitedLog;
  /** 0 = none. */
  readonly handlerTimeoutMs: number;
  readonly exposeErrors: boolean;
}

const GONE: Failure = { kind: 'Canceled', message: 'client disconnected', retryable: false };
const OVERLOADED: Failure = {
  kind: 'Unavailable',
  message: 'too much waits for slow clients',
  retryable: true,
};
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
    // One that streams is cut by whoever sends it.
    const stopOverload = exchange.onOverload(() => exchange.response.isStreaming || call?.abort(OVERLOADED));
    const finish = (): void => {
      timer?.cancel();
      stopListening();
      stopOverload();
      resolve();
    };
    try {
      const request = { entryId, args: [], ambient: exchange.ambient, attachment: exchange };
      call = settings.system.call(request, (outcome) => {
        settleOutcome(exchange, outcome, { entryId, isLate, exposeErrors: settings.exposeErrors });
        finish();
      });
      if (exchange.isGone) call.abort(GONE);
      else if (exchange.isOverloaded) call.abort(OVERLOADED);
    } catch (error) {
      settleRefusal(
        exchange,
        toFailure(error),
        { entryId, exposeErrors: settings.exposeErrors },
        settings.limitedLog,
      );
      finish();
    }
  });
}
