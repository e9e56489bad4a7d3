/** A request that becomes no connection (`relay.md` § 2). */
import type { Exchange } from '../http/index.ts';
import type { RelayContext } from './context.ts';

/** An answer instead of a connection. `body` is one line without its newline. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal of what the application did, with the cause for its author. */
export interface ExplainedRefusal extends Refusal {
  readonly cause: string;
}

/** H18: what happens after a handler ran is the application's business and goes to the log. */
export function refuse(relay: RelayContext, exchange: Exchange, refusal: ExplainedRefusal): 'answered' {
  const { path, remoteAddress } = exchange.request;
  const { status, cause } = refusal;
  relay.log.warn('relay handshake failed', { path, remoteAddress, status, cause });
  exchange.response.answer(status, refusal.body, refusal.headers);
  return 'answered';
}
