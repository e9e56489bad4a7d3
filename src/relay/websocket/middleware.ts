/**
 * The middleware `websocket_relay` (`relay.md` § 1-3): refuses bad upgrades before any application code,
 * lets the handler decide, and turns its `X-WS-Relay` header into a connection.
 */
import { type Log, type Pid, shorten } from '../../base/index.ts';
import type { Exchange, Middleware, MiddlewareFactory } from '../../http/index.ts';
import { accept, isLeftToRelay, refuse } from '../client/accept.ts';
import type { RelayContext } from '../client/context.ts';
import { readHeader } from '../client/fields.ts';
import { checkOrigin, createOriginPolicy, type OriginPolicy } from '../client/origin.ts';
import { type Refusal, type RelayLayer, SHUTTING_DOWN, TOO_MANY_CONNECTIONS } from '../client/refusal.ts';
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
      // O4: a default is no warning.
      if (origins.isSameHostOnly) place.log.debug('relay allows its own host only');
      const open = openConnections.get(router) ?? new Set();
      openConnections.set(router, open);
      return new WebSocketRelay(relay, { prefix: 'wsrelay', place, options, origins, encoder, open });
    },
  };
}

interface RelayPlace extends RelayLayer {
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
    return this.#refuse(exchange, refusal);
  }

  after(exchange: Exchange): 'answered' | undefined {
    const { response } = exchange;
    const header = response.takePrivateHeader('x-ws-relay'); // H4: in every outcome
    if (header === undefined || !isUpgradeWanted(exchange)) return undefined;
    if (exchange.upgrade === undefined) {
      if (response.privateHeader('x-sse-relay') !== undefined) return undefined; // H19
      return this.#refuse(exchange, UPGRADE_REQUIRED); // H8
    }
    const fields = readHeader(header, parseWebSocketFields);
    if ('status' in fields) return this.#refuse(exchange, fields);
    if (fields.target === undefined) return this.#refuse(exchange, TARGET_MISSING);
    const target = resolveTarget(this.#relay, fields.target);
    if (typeof target !== 'string') return this.#refuse(exchange, target);
    const full = this.#checkRoom(exchange); // another handshake may have taken the last place meanwhile
    if (full !== undefined) return this.#refuse(exchange, full);
    return this.#accept(exchange, fields, target);
  }

  #accept(exchange: Exchange, fields: WebSocketFields, target: Pid): 'answered' {
    const { options, encoder, open } = this.#place;
    if (fields.heartbeatMs === 'invalid') {
      const path = shorten(exchange.request.path);
      const endpoint = exchange.endpoint?.id;
      const fields = { path, endpoint, cause: 'it is no duration' };
      this.#relay.limitedLog.write(`heartbeat ${endpoint}`, 'warn', 'relay heartbeat ignored', fields); // H17
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
    return accept(this.#relay, this.#place, exchange, connection.process, () => {
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

  #refuse(exchange: Exchange, refusal: Refusal): 'answered' {
    return refuse(this.#relay, this.#place, exchange, refusal);
  }

  #checkRoom(exchange: Exchange): Refusal | undefined {
    if (exchange.isServerStopping) return SHUTTING_DOWN;
    const { options, open } = this.#place;
    if (options.connectionsMax === 0 || open.size < options.connectionsMax) return undefined;
    return {
      ...TOO_MANY_CONNECTIONS,
      values: { open: String(open.size) },
      repair: { option: 'max.connections', hint: 'raise it, or 0 for no limit' },
    };
  }
}

const UPGRADE_REQUIRED = {
  status: 426,
  body: 'websocket upgrade required',
  headers: { Upgrade: 'websocket', Connection: 'Upgrade' },
  cause: 'the request is no upgrade',
};

const TARGET_MISSING: Refusal = {
  status: 400,
  body: 'invalid target PID',
  cause: 'target_pid is missing',
  repair: {
    option: 'handler',
    hint: 'set target_pid: it is nil where a name was looked up that nobody has registered yet',
  },
};

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
