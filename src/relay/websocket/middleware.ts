/**
 * The middleware `websocket_relay` (`relay.md` § 1-3): refuses bad upgrades before any application code,
 * lets the handler decide, and turns its `X-WS-Relay` header into a connection.
 */
import { HubError, type Log, type Pid } from '../../base/index.ts';
import type { Exchange, Middleware, MiddlewareFactory } from '../../http/index.ts';
import { decodeJson, type LuaValue } from '../../lua/index.ts';
import { parseRelayFields, type RelayFields } from '../fields.ts';
import { createOriginPolicy, type OriginPolicy } from '../origin.ts';
import { MESSAGE_TOPIC_DEFAULT, type RelayContext, WebSocketConnection } from './connection.ts';
import {
  checkHandshake,
  formatSwitchingResponse,
  isCopiedToSwitching,
  type Refusal,
  selectSubprotocol,
} from './handshake.ts';
import { parseRelayOptions, type RelayOptions } from './options.ts';
import { NO_EXTENSIONS, negotiateDeflate } from './ws-package.ts';

/** Makes the factory of one hub. */
export function createWebSocketRelay(relay: RelayContext): MiddlewareFactory {
  // Per router and not per middleware: a reload replaces the middleware, connections stay open.
  const openConnections = new Map<string, number>();
  const warned = new Set<string>();
  return {
    name: 'websocket_relay',
    create(place) {
      const { options, unknownKeys } = parseRelayOptions(place.options);
      const origins = createOriginPolicy(options.allowedOrigins);
      const router = place.router.id;
      for (const key of unknownKeys) warnOnce(relay.log, warned, 'unknown relay option', { router, key });
      if (origins.isSameHostOnly) warnOnce(relay.log, warned, 'relay allows its own host only', { router });
      return new WebSocketRelay(relay, { options, origins, openConnections, routerId: router });
    },
  };
}

interface RelayPlace {
  readonly options: RelayOptions;
  readonly origins: OriginPolicy;
  readonly openConnections: Map<string, number>;
  readonly routerId: string;
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
      this.#checkOrigin(exchange) ??
      this.#checkRoom(exchange);
    if (refusal === undefined) return undefined;
    exchange.response.answer(refusal.status, refusal.body, refusal.headers);
    return 'answered';
  }

  after(exchange: Exchange): 'answered' | undefined {
    const { response } = exchange;
    const header = response.takePrivateHeader('x-ws-relay'); // H4: in every outcome
    if (header === undefined || !isUpgradeWanted(exchange)) return undefined;
    if (exchange.upgrade === undefined) {
      if (response.privateHeader('x-sse-relay') !== undefined) return undefined; // H19
      const headers = { Upgrade: 'websocket', Connection: 'Upgrade' };
      return this.#refuse(
        exchange,
        { status: 426, body: 'websocket upgrade required', headers },
        'no upgrade',
      ); // H8
    }
    if (exchange.isGone || exchange.upgrade.socket.destroyed) return 'answered'; // H13
    const fields = parseHeader(header);
    if ('status' in fields) return this.#refuse(exchange, fields, fields.cause);
    const target = this.#resolveTarget(fields.target);
    if (typeof target !== 'string') return this.#refuse(exchange, target, target.cause);
    const full = this.#checkRoom(exchange); // another handshake may have taken the last place meanwhile
    if (full !== undefined) return this.#refuse(exchange, full, full.body);
    this.#accept(exchange, fields, target);
    return 'answered';
  }

  #accept(exchange: Exchange, fields: RelayFields, target: Pid): void {
    const { options, routerId, openConnections } = this.#place;
    const { log, system } = this.#relay;
    if (fields.heartbeatMs === 'invalid') {
      log.warn('relay heartbeat ignored', { path: exchange.request.path, cause: 'it is no duration' }); // H17
    }
    const heartbeatMs = typeof fields.heartbeatMs === 'number' ? fields.heartbeatMs : options.heartbeatMs;
    const connection = new WebSocketConnection(this.#relay, {
      options,
      target,
      messageTopic: fields.messageTopic ?? MESSAGE_TOPIC_DEFAULT,
      heartbeatMs,
      metadata: fields.metadata,
      onEnd: () => openConnections.set(routerId, this.#openCount - 1),
    });
    system.spawnProgram({ hostId: exchange.server.id, program: connection });
    openConnections.set(routerId, this.#openCount + 1);
    const chosen = exchange.response.header('sec-websocket-protocol');
    const { request, socket, head, headers } = exchange.takeOver(connection);
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
  }

  #resolveTarget(destination: string | undefined): Pid | (Refusal & { readonly cause: string }) {
    const invalid = { status: 400, body: 'invalid target PID' };
    if (destination === undefined) return { ...invalid, cause: 'target_pid is missing' };
    try {
      const pid = this.#relay.system.resolve(destination);
      return this.#relay.clientPids.has(pid)
        ? { ...invalid, cause: 'the target is a client connection' }
        : pid;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      return { status: 503, body: 'target process not found', cause: error.message };
    }
  }

  #checkOrigin(exchange: Exchange): Refusal | undefined {
    const { origin, host } = exchange.request.raw.headers;
    if (this.#place.origins.allows(origin, host)) return undefined;
    return { status: 403, body: 'origin is not allowed' };
  }

  #checkRoom(exchange: Exchange): Refusal | undefined {
    if (exchange.isServerStopping) return { status: 503, body: 'server is shutting down' };
    const { connectionsMax } = this.#place.options;
    if (connectionsMax === 0 || this.#openCount < connectionsMax) return undefined;
    return { status: 503, body: 'too many connections' };
  }

  get #openCount(): number {
    return this.#place.openConnections.get(this.#place.routerId) ?? 0;
  }

  /** H18: what happens after a handler ran is the application's business and goes to the log. */
  #refuse(exchange: Exchange, refusal: Refusal, cause: string): 'answered' {
    const { path, remoteAddress } = exchange.request;
    this.#relay.log.warn('relay handshake failed', { path, remoteAddress, status: refusal.status, cause });
    exchange.response.answer(refusal.status, refusal.body, refusal.headers);
    return 'answered';
  }
}

/** H7: a handler that failed, wrote a body or said no gets its own response sent. */
function isUpgradeWanted({ failure, response }: Exchange): boolean {
  return (
    failure === undefined &&
    !response.isCommitted &&
    !response.isStreaming &&
    !response.hasBodyStream &&
    response.byteCount === 0 &&
    response.status >= 200 &&
    response.status < 300
  );
}

function parseHeader(header: Buffer): RelayFields | (Refusal & { readonly cause: string }) {
  let value: LuaValue;
  try {
    value = decodeJson(header.toString('latin1'));
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return { status: 400, body: 'invalid relay configuration', cause };
  }
  const parsed = parseRelayFields(value);
  if (parsed.ok) return parsed.fields;
  const body = parsed.fault === 'target' ? 'invalid target PID' : 'invalid relay configuration';
  return { status: 400, body, cause: parsed.cause };
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
