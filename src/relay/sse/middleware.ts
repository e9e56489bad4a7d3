/** The middleware `sse_relay` (`relay.md` § 13): turns a handler's `X-SSE-Relay` header into an event stream. */
import { HubError, type Pid } from '../../base/index.ts';
import type { Exchange, Middleware, MiddlewareFactory } from '../../http/index.ts';
import { decodeJson, type LuaValue } from '../../lua/index.ts';
import { createOriginPolicy, type OriginPolicy } from '../origin.ts';
import type { RelayContext } from '../websocket/connection.ts';
import type { Refusal } from '../websocket/handshake.ts';
import { readAllowedOrigins } from '../websocket/options.ts';
import { SSE_HEARTBEAT_MS, SSE_TOPIC_DEFAULT, SseConnection, type SseSettings } from './connection.ts';
import { parseSseFields, type SseDuration, type SseFields } from './fields.ts';

/** Makes the factory of one hub. */
export function createSseRelay(relay: RelayContext): MiddlewareFactory {
  return {
    name: 'sse_relay',
    create: ({ options }) =>
      new SseRelay(relay, createOriginPolicy(readAllowedOrigins(options, 'sserelay.allowed.origins'))),
  };
}

class SseRelay implements Middleware {
  readonly #relay: RelayContext;
  readonly #origins: OriginPolicy;

  constructor(relay: RelayContext, origins: OriginPolicy) {
    this.#relay = relay;
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
      this.#relay.log.warn('relay header ignored', {
        path: request.path,
        cause: 'the handler answered itself',
      });
      return undefined;
    }
    if (exchange.isGone) return 'answered';
    const decided = this.#decide(exchange, header);
    if ('status' in decided) {
      const { path, remoteAddress } = request;
      const { status, cause } = decided;
      this.#relay.log.warn('relay handshake failed', { path, remoteAddress, status, cause });
      response.answer(status, decided.body);
      return 'answered';
    }
    this.#accept(exchange, decided);
    return 'answered';
  }

  #decide(exchange: Exchange, header: Buffer): SseSettings | (Refusal & { readonly cause: string }) {
    if (exchange.isServerStopping) return SHUTTING_DOWN;
    const { origin, host } = exchange.request.raw.headers;
    if (!this.#origins.allows(origin, host)) {
      return { status: 403, body: 'origin is not allowed', cause: `origin '${origin}'` };
    }
    const fields = parseHeader(header);
    if ('status' in fields) return fields;
    const heartbeatMs = toMs(fields.heartbeatMs, SSE_HEARTBEAT_MS);
    const idleTimeoutMs = toMs(fields.idleTimeoutMs, 0);
    const hardTimeoutMs = toMs(fields.hardTimeoutMs, 0);
    if (heartbeatMs === undefined || idleTimeoutMs === undefined || hardTimeoutMs === undefined) {
      return { status: 400, body: 'invalid relay configuration', cause: 'a duration is malformed' };
    }
    const target = fields.target ? this.#resolveTarget(fields.target) : undefined;
    if (typeof target === 'object') return target;
    const messageTopic = fields.messageTopic || SSE_TOPIC_DEFAULT;
    return { target, messageTopic, heartbeatMs, idleTimeoutMs, hardTimeoutMs, metadata: fields.metadata };
  }

  #resolveTarget(destination: string): Pid | (Refusal & { readonly cause: string }) {
    try {
      const pid = this.#relay.system.resolve(destination);
      if (!this.#relay.clientPids.has(pid)) return pid;
      return { status: 400, body: 'invalid target PID', cause: 'the target is a client connection' };
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      return { status: 503, body: 'target process not found', cause: error.message };
    }
  }

  #accept(exchange: Exchange, settings: SseSettings): void {
    const connection = new SseConnection(this.#relay, settings);
    this.#relay.system.spawnProgram({ hostId: exchange.server.id, program: connection });
    const response = exchange.takeOverResponse(connection);
    for (const [name, value] of STREAM_HEADERS)
      if (!response.hasHeader(name)) response.setHeader(name, value);
    response.removeHeader('Content-Length');
    response.setTimeout(0); // Q11
    response.socket?.setTimeout(0);
    response.flushHeaders();
    connection.open(response);
  }
}

/** The server began to stop while the handler ran. */
const SHUTTING_DOWN = { status: 503, body: 'server is shutting down', cause: 'server stopping' };

const STREAM_HEADERS = [
  ['Content-Type', 'text/event-stream'],
  ['Cache-Control', 'no-cache'],
  ['Connection', 'keep-alive'],
  ['X-Accel-Buffering', 'no'],
] as const;

function isStreamWanted({ failure, request, response, upgrade }: Exchange): boolean {
  return (
    failure === undefined &&
    upgrade === undefined &&
    request.method !== 'HEAD' &&
    response.status === 200 &&
    response.byteCount === 0 &&
    !response.isCommitted &&
    !response.isStreaming &&
    !response.hasBodyStream
  );
}

function parseHeader(header: Buffer): SseFields | (Refusal & { readonly cause: string }) {
  let value: LuaValue;
  try {
    value = decodeJson(header.toString('latin1'));
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return { status: 400, body: 'invalid relay configuration', cause };
  }
  const parsed = parseSseFields(value);
  if (parsed.ok) return parsed.fields;
  const body = parsed.fault === 'target' ? 'invalid target PID' : 'invalid relay configuration';
  return { status: 400, body, cause: parsed.cause };
}

/** `undefined` = malformed. */
function toMs(given: SseDuration, defaultMs: number): number | undefined {
  if (given === 'invalid') return undefined;
  return given === undefined || given === 'default' ? defaultMs : given;
}
