/** The middleware `sse_relay` (`relay.md` § 13): turns a handler's `X-SSE-Relay` header into an event stream. */
import { shorten } from '../../base/index.ts';
import type { Exchange, Middleware, MiddlewareFactory } from '../../http/index.ts';
import { accept, isLeftToRelay, refuse } from '../client/accept.ts';
import type { RelayContext } from '../client/context.ts';
import { type DurationField, readHeader } from '../client/fields.ts';
import { checkOrigin, createOriginPolicy, type OriginPolicy, readAllowedOrigins } from '../client/origin.ts';
import { type Refusal, type RelayLayer, SHUTTING_DOWN } from '../client/refusal.ts';
import { resolveTarget } from '../client/target.ts';
import { SSE_HEARTBEAT_MS, SSE_TOPIC_DEFAULT, SseConnection, type SseSettings } from './connection.ts';
import { parseSseFields } from './fields.ts';

/** Makes the factory of one hub. */
export function createSseRelay(relay: RelayContext): MiddlewareFactory {
  return {
    name: 'sse_relay',
    create: (place) => {
      const list = readAllowedOrigins(place.options, 'sserelay.allowed.origins');
      return new SseRelay(relay, { prefix: 'sserelay', place }, createOriginPolicy(list));
    },
  };
}

class SseRelay implements Middleware {
  readonly #relay: RelayContext;
  readonly #layer: RelayLayer;
  readonly #origins: OriginPolicy;

  constructor(relay: RelayContext, layer: RelayLayer, origins: OriginPolicy) {
    this.#relay = relay;
    this.#layer = layer;
    this.#origins = origins;
  }

  after(exchange: Exchange): 'answered' | undefined {
    const { response, request } = exchange;
    const header = response.takePrivateHeader('x-sse-relay');
    if (header === undefined) return undefined;
    // H19: an upgrade request takes the other relay.
    if (exchange.upgrade !== undefined && response.privateHeader('x-ws-relay') !== undefined)
      return undefined;
    if (!isStreamWanted(exchange)) {
      const endpoint = exchange.endpoint?.id;
      this.#relay.limitedLog.write(`sserelay ignored ${endpoint}`, 'warn', 'relay header ignored', {
        path: shorten(request.path),
        endpoint,
        cause: 'the handler answered itself',
      });
      return undefined;
    }
    const decided = this.#decide(exchange, header);
    if ('status' in decided) return refuse(this.#relay, this.#layer, exchange, decided);
    return this.#accept(exchange, decided);
  }

  #decide(exchange: Exchange, header: Buffer): SseSettings | Refusal {
    if (exchange.isServerStopping) return SHUTTING_DOWN;
    const foreign = checkOrigin(this.#origins, exchange);
    if (foreign !== undefined) return foreign;
    const fields = readHeader(header, parseSseFields);
    if ('status' in fields) return fields;
    const heartbeatMs = toMs(fields.heartbeatMs, SSE_HEARTBEAT_MS);
    const idleTimeoutMs = toMs(fields.idleTimeoutMs, 0);
    const hardTimeoutMs = toMs(fields.hardTimeoutMs, 0);
    if (heartbeatMs === undefined || idleTimeoutMs === undefined || hardTimeoutMs === undefined) {
      return {
        status: 400,
        body: 'invalid relay configuration',
        cause: 'a duration is malformed',
        repair: { option: 'handler', hint: 'write durations such as "30s"' },
      };
    }
    const target = fields.target ? resolveTarget(this.#relay, fields.target) : undefined;
    if (typeof target === 'object') return target;
    const messageTopic = fields.messageTopic || SSE_TOPIC_DEFAULT;
    const { metadata } = fields;
    const owner = exchange.request.clientNetwork;
    return { target, messageTopic, heartbeatMs, idleTimeoutMs, hardTimeoutMs, metadata, owner };
  }

  #accept(exchange: Exchange, settings: SseSettings): 'answered' {
    const connection = new SseConnection(this.#relay, settings);
    return accept(this.#relay, this.#layer, exchange, connection.process, () => {
      exchange.response.setTransfer('sse');
      const response = exchange.takeOverResponse(connection);
      response.removeHeader('Content-Length');
      response.setTimeout(0); // Q11
      response.socket?.setTimeout(0);
      response.flushHeaders();
      connection.open(response);
    });
  }
}

function isStreamWanted(exchange: Exchange): boolean {
  return (
    isLeftToRelay(exchange) &&
    exchange.upgrade === undefined &&
    exchange.request.method !== 'HEAD' &&
    exchange.response.status === 200
  );
}

/** `undefined` = malformed. */
function toMs(given: DurationField, defaultMs: number): number | undefined {
  if (given === 'invalid') return undefined;
  return given === undefined || given === 'default' ? defaultMs : given;
}
