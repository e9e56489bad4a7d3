/**
 * The middleware `websocket_relay` (`relay.md` § 1-3): refuses bad upgrades before any application code,
 * lets the handler decide, and turns its `X-WS-Relay` header into a connection.
 */
import type { Log, Pid } from '../../base/index.ts';
import type { Exchange, Middleware, MiddlewareFactory } from '../../http/index.ts';
import { accept, isLeftToRelay, refuse, refuseHandler } from '../client/accept.ts';
import type { RelayContext } from '../client/context.ts';
import { readHeader } from '../client/fields.ts';
import { checkOrigin, createOriginPolicy, type OriginPolicy } from '../client/origin.ts';
import { type ExplainedRefusal, SHUTTING_DOWN, TOO_MANY_CONNECTIONS } from '../client/refusal.ts';
import { resolveTarget } from '../client/target.ts';
import { MESSAGE_TOPIC_DEFAULT, WebSocketConnection } from './connection.ts';
import { parseWebSocketFields, type WebSocketFields } from './fields.ts';
import { FrameEncoder } from './frame-encoder.ts';
import {
  checkHandshake,
  formatSwitchingResponse,
  isCopiedToSwitching,
  selectSubprotocol,
} from './handshake.ts';
import { parseRelayOptions, type RelayOptions } from './options.ts';
import { NO_EXTENSIONS, negotiateDeflate } from './ws-package.ts';

/** Makes the factory of one hub. */
export function createWebSocketRelay(relay: RelayContext): MiddlewareFactory {
  // Per router and not per middleware: a reload replaces the middleware, connections stay open.
  const openConnections = new Map<string, Set<WebSocketConnection>>();
  const encoder = new FrameEncoder();
  const warned = new Set<string>();
  return {
    name: 'websocket_relay',
    create(place) {
      const { options, unknownKeys } = parseRelayOptions(place.options);
      const origins = createOriginPolicy(options.allowedOrigins);
      const router = place.router.id;
      for (const key of unknownKeys) warnOnce(relay.log, warned, 'unknown relay option', { router, key });
      if (origins.isSameHostOnly) warnOnce(relay.log, warned, 'relay allows its own host only', { router });
      const open = openConnections.get(router) ?? new Set();
      openConnections.set(router, open);
      return new WebSocketRelay(relay, { options, origins, encoder, open });
    },
  };
}

interface RelayPlace {
  readonly options: RelayOptions;
  readonly origins: OriginPolicy;
  readonly encoder: FrameEncoder;
  /** Connections of this router in the open state. */
  readonly open: Set<WebSocketConnection>;
}

class WebSocketRelay implements Middleware {
  readonly #relay: RelayContext;
  readonly #place: RelayPlace;

  constructor(relay: RelayContext, place: RelayPlace) {
    this.#relay = relay;
    this.#place = place;
  }

  /** H2: nothing of the application runs for a request that cannot become a connection. */
  before(exchange: Exchange): 'answered' | undefined {
    if (exchange.upgrade === undefined) return undefined;
    const { method, raw } = exchange.request;
    const refusal =
      checkHandshake(method, raw.headers, raw.httpVersion) ??
      checkOrigin(this.#place.origins, exchange) ??
      this.#checkRoom(exchange);
    if (refusal === undefined) return undefined;
    return refuse(this.#relay, exchange, refusal);
  }

  after(exchange: Exchange): 'answered' | undefined {
    const { response } = exchange;
    const header = response.takePrivateHeader('x-ws-relay'); // H4: in every outcome
    if (header === undefined || !isUpgradeWanted(exchange)) return undefined;
    if (exchange.upgrade === undefined) {
      if (response.privateHeader('x-sse-relay') !== undefined) return undefined; // H19
      return refuseHandler(this.#relay, exchange, UPGRADE_REQUIRED); // H8
    }
    const fields = readHeader(header, parseWebSocketFields);
    if ('status' in fields) return refuseHandler(this.#relay, exchange, fields);
    if (fields.target === undefined) return refuseHandler(this.#relay, exchange, TARGET_MISSING);
    const target = resolveTarget(this.#relay, fields.target);
    if (typeof target !== 'string') return refuseHandler(this.#relay, exchange, target);
    const full = this.#checkRoom(exchange); // another handshake may have taken the last place meanwhile
    if (full !== undefined) return refuseHandler(this.#relay, exchange, full);
    return this.#accept(exchange, fields, target);
  }

  #accept(exchange: Exchange, fields: WebSocketFields, target: Pid): 'answered' {
    const { options, encoder, open } = this.#place;
    if (fields.heartbeatMs === 'invalid') {
      const { path } = exchange.request;
      this.#relay.log.warn('relay heartbeat ignored', { path, cause: 'it is no duration' }); // H17
    }
    const connection = new WebSocketConnection(this.#relay, {
      options,
      encoder,
      target,
      messageTopic: fields.messageTopic ?? MESSAGE_TOPIC_DEFAULT,
      heartbeatMs: typeof fields.heartbeatMs === 'number' ? fields.heartbeatMs : options.heartbeatMs,
      metadata: fields.metadata,
      owner: exchange.request.clientNetwork,
      onEnd: () => void open.delete(connection),
    });
    return accept(this.#relay, exchange, connection.process, () => {
      const chosen = exchange.response.header('sec-websocket-protocol');
      const { request, socket, head, headers } = exchange.takeOver(connection);
      open.add(connection);
      const subprotocol = selectSubprotocol(request.headers, options.subprotocols, chosen);
      const offer = options.isCompressionOffered ? request.headers['sec-websocket-extensions'] : undefined;
      const deflate =
        offer === undefined
          ? { extensions: NO_EXTENSIONS, header: undefined }
          : negotiateDeflate(offer, options.messageBytesMax);
      const extra = headers.filter(([name]) => isCopiedToSwitching(name));
      if (subprotocol !== undefined) extra.push(['Sec-WebSocket-Protocol', subprotocol]);
      if (deflate.header !== undefined) extra.push(['Sec-WebSocket-Extensions', deflate.header]);
      socket.write(formatSwitchingResponse(request.headers['sec-websocket-key']!, extra), 'latin1');
      connection.open(socket, head, deflate.extensions);
    });
  }

  #checkRoom(exchange: Exchange): ExplainedRefusal | undefined {
    if (exchange.isServerStopping) return SHUTTING_DOWN;
    const { options, open } = this.#place;
    if (options.connectionsMax === 0 || open.size < options.connectionsMax) return undefined;
    return TOO_MANY_CONNECTIONS;
  }
}

const UPGRADE_REQUIRED = {
  status: 426,
  body: 'websocket upgrade required',
  headers: { Upgrade: 'websocket', Connection: 'Upgrade' },
  cause: 'no upgrade',
};

const TARGET_MISSING = { status: 400, body: 'invalid target PID', cause: 'target_pid is missing' };

/** H7: a handler that failed, wrote a body or said no gets its own response sent. */
function isUpgradeWanted(exchange: Exchange): boolean {
  const { status } = exchange.response;
  return isLeftToRelay(exchange) && status >= 200 && status < 300;
}

/** The factory is also asked to check definitions, with a log nobody reads; a warning is worth reading once. */
function warnOnce(
  log: Log,
  warned: Set<string>,
  event: string,
  fields: Readonly<Record<string, string>>,
): void {
  const id = `${event} ${JSON.stringify(fields)}`;
  if (warned.has(id)) return;
  warned.add(id);
  log.warn(event, fields);
}
