/** What the end of a handler call means for the response (`http.md` § 4). Nothing is sent here. */
import { type Failure, type LimitedLog, type LogFields, toFailure } from '../../base/index.ts';
import { encodeJson, isNil, type LuaValue, valueType } from '../../lua/index.ts';
import type { Outcome } from '../../process/index.ts';
import type { Exchange } from '../exchange/exchange.ts';

/** What is known about a call beside its outcome. */
export interface OutcomeContext {
  /** ID of the function. */
  readonly entryId: string;
  /** The handler timeout fired. Default false. */
  readonly isLate?: boolean;
  /** Whether clients may read error messages. */
  readonly exposeErrors: boolean;
}

/** The call ended. */
export function settleOutcome(exchange: Exchange, outcome: Outcome, context: OutcomeContext): void {
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
  if (exchange.isOverloaded && !response.isStreaming) {
    exchange.failure = outcome.failure;
    response.answer(503, 'overloaded', { 'Retry-After': '1' });
    response.mustClose = true;
  } else if (context.isLate === true && !response.isStreaming) {
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

/** The call could not begin. That the host is full is what strangers can bring about: one line a second says it. */
export function settleRefusal(
  exchange: Exchange,
  failure: Failure,
  context: OutcomeContext,
  limitedLog: LimitedLog,
): void {
  if (failure.kind !== 'Unavailable') {
    fail(exchange, failure, context);
    return;
  }
  exchange.failure = failure;
  exchange.response.answer(503, 'service unavailable'); // C10
  const { message, kind } = failure;
  const fields = { message, kind, ...whereOf(exchange, context.entryId) };
  limitedLog.write(`unavailable ${context.entryId}`, 'error', 'handler failed', fields);
}

/** C2, C4. */
function settleValue(exchange: Exchange, value: LuaValue | undefined, context: OutcomeContext): void {
  const { response } = exchange;
  const { failedCall } = response;
  if (isNil(value)) {
    const why = failedCall === undefined ? '' : `: ${failedCall.name} failed: ${failedCall.failure.message}`;
    const message = `no response sent${why}`;
    fail(exchange, { kind: 'Internal', message, retryable: false }, context);
    response.answer(500, context.exposeErrors ? message : 'no response sent');
    return;
  }
  if (failedCall !== undefined && valueType(value!) === 'userdata') {
    // `return response:write_json(v)` returns no value but the error of that call (C3).
    const { name, failure } = failedCall;
    fail(exchange, { ...failure, message: `${name} failed: ${failure.message}` }, context);
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
function fail(exchange: Exchange, failure: Failure, context: OutcomeContext): void {
  logFailure(exchange, failure, context.entryId);
  exchange.failure = failure;
  if (exchange.response.isStreaming) exchange.response.mustCut = true;
  else exchange.response.answer(500, context.exposeErrors ? failure.message : 'internal server error');
}

function logFailure(exchange: Exchange, failure: Failure, entryId: string): void {
  const { kind, message, content, stack, excerpt } = failure;
  const shown = { ...(content && { content }), ...(excerpt && { excerpt }) };
  exchange.log.error('handler failed', { kind, message, stack, ...whereOf(exchange, entryId), ...shown });
}

function whereOf({ request, endpoint }: Exchange, entryId: string): LogFields {
  const { method, path } = request;
  return { method, path, endpoint: endpoint?.id, function: entryId };
}
