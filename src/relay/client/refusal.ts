/**
 * Requests that become no connection: what they are answered, and the line for whoever can mend it (`relay.md` § 2,
 * H18). Browsers show a page neither status nor body of a failed handshake, so that line is all anybody gets.
 */
import { type LogFields, shorten } from '../../base/index.ts';
import type { Exchange, MiddlewarePlace } from '../../http/index.ts';
import type { Entry } from '../../registry/index.ts';

/** An answer instead of a connection. `body` is one line without its newline. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Follows `body` in the answer: what the client itself sent, and nothing else. */
  readonly detail?: string;
  /** What happened, where `body` does not say it. */
  readonly cause?: string;
  /** What was read or compared, as it was sent. */
  readonly values?: Readonly<Record<string, string | undefined>>;
  /** What has to change for the same request to be accepted; absent = the client, or the moment. */
  readonly repair?: Repair;
}

/** An option of the relay by the end of its key, or what the handler asked for; and how. */
export interface Repair {
  readonly option: 'allowed.origins' | 'max.connections' | 'handler';
  readonly hint: string;
}

/** The layer that refuses: one router's relay. */
export interface RelayLayer {
  readonly prefix: 'wsrelay' | 'sserelay';
  readonly place: Pick<MiddlewarePlace, 'router' | 'position' | 'entries'>;
}

/** The server began to stop, before or while the handler ran. */
export const SHUTTING_DOWN: Refusal = Object.freeze({
  status: 503,
  body: 'server is shutting down',
});

/** As many connections are open as may be. */
export const TOO_MANY_CONNECTIONS: Refusal = Object.freeze({
  status: 503,
  body: 'too many connections',
  cause: 'as many are open as may be',
});

/** The line for whoever can mend it: what happened, what was compared, and what to change where (H18). */
export function describeRefusal(layer: RelayLayer, exchange: Exchange, refusal: Refusal): LogFields {
  const { request, endpoint } = exchange;
  return {
    path: shorten(request.path),
    remoteAddress: request.remoteAddress,
    status: refusal.status,
    cause: refusal.cause ?? refusal.body,
    ...shortened(refusal.values),
    router: layer.place.router.id,
    endpoint: endpoint?.id,
    ...describeRepair(layer, exchange, refusal.repair),
  };
}

/** The option to change, of which entry, and where that stands. */
function describeRepair(
  { prefix, place }: RelayLayer,
  { endpoint }: Exchange,
  repair: Repair | undefined,
): LogFields {
  if (repair === undefined) return {};
  const { option, hint } = repair;
  if (option === 'handler') {
    const handler = place.entries.get(String(endpoint?.data.func));
    return { entry: handler?.id, at: handler && positionOf(handler, ['data', 'source']), hint };
  }
  const field = place.position === 'post' ? 'post_options' : 'options';
  const key = `${prefix}.${option}`;
  const { router } = place;
  return { option: `${field}.${key}`, entry: router.id, at: positionOf(router, ['data', field, key]), hint };
}

function positionOf({ origin }: Entry, path: readonly string[]): string | undefined {
  if (origin === undefined) return undefined;
  const { file, line, column } = origin.locate(path);
  return `${file}:${line}:${column}`;
}

function shortened(values: Refusal['values'] = {}): LogFields {
  const present = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, shorten(value)] as const],
  );
  return Object.fromEntries(present);
}
