/**
 * One request from its arrival to its last byte: match, layers outside-in, handler, layers inside-out, send.
 * `http.md` §§ 1.3, 3, 4.
 */
import type { Clock, Log, Timer } from '../../base/index.ts';
import { shorten, toFailure, WRITE_GRACE_MS } from '../../base/index.ts';
import type { Delivery } from '../exchange/delivery.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { answerFromMount, findMount } from '../files/static-files.ts';
import type { Layer } from '../middleware/layers.ts';
import { findNearRoute } from '../routes/near-route.ts';
import type { RouteMatch } from '../routes/route-table.ts';
import { METHODS } from '../routes/topology.ts';
import type { Generation, Route } from './generation.ts';
import { callHandler, type HandlerSettings } from './handler-call.ts';

/** What answering needs to know about its server. */
export interface AnswerContext extends HandlerSettings {
  readonly generation: Generation;
  readonly clock: Clock;
  readonly log: Log;
  /** From the end of the request head to the end of the response; 0 = none. */
  readonly writeTimeoutMs: number;
}

/** Answers one request. Never rejects; resolves when the response was handed to the socket. */
export async function answerRequest(delivery: Delivery, context: AnswerContext): Promise<void> {
  const { exchange } = delivery;
  const deadline = limitWriting(delivery, context);
  try {
    await prepare(exchange, context);
  } catch (error) {
    answerFault(exchange, error, context);
  }
  delivery.close();
  if (exchange.isTaken || exchange.isGone) {
    deadline?.cancel();
    // A file opened for a client that went meanwhile would stay open.
    if (!exchange.isTaken) exchange.response.discard();
    return;
  }
  try {
    warnOfLeftovers(exchange, context);
    warnOfFailedCall(exchange, context);
    if (exchange.isServerStopping || exchange.body.isTooLongToDrain) exchange.response.mustClose = true;
    delivery.send(() => deadline?.cancel());
  } catch (error) {
    // Node refused what was prepared; that must cost this client its answer, not everyone the hub.
    context.log.error('response failed', { message: toFailure(error).message, path: exchange.request.path });
    delivery.destroy();
    exchange.response.discard();
  }
}

/** Finds out what the request is for, and lets it prepare the response. */
async function prepare(exchange: Exchange, context: AnswerContext): Promise<void> {
  const { table, mounts } = context.generation;
  const { method, target } = exchange.request;
  // R7: a GET endpoint serves HEAD unless HEAD has an endpoint of its own.
  const match = table.match(method, target) ?? (method === 'HEAD' ? table.match('GET', target) : undefined);
  if (match !== undefined) return answerRoute(exchange, match, context);
  if (exchange.upgrade !== undefined) reportMiss(exchange, context);
  const methods = table.methodsFor(target);
  if (method === 'OPTIONS' && methods.length > 0) return answerOptions(exchange, methods, context);
  const mount = findMount(mounts, target);
  // R10: an endpoint's path is its own, but a file may answer the methods of files.
  if (mount !== undefined && (methods.length === 0 || method === 'GET' || method === 'HEAD')) {
    const { pre, post } = mount.layers;
    return runLayers(exchange, [...pre, ...post], 0, () => answerFromMount(exchange, mount));
  }
  if (methods.length > 0) exchange.response.answer(405, 'method not allowed', { Allow: allowed(methods) });
  else exchange.response.answer(404, 'not found');
  return undefined;
}

function answerRoute(exchange: Exchange, match: RouteMatch<Route>, context: AnswerContext): Promise<void> {
  const { endpoint, layers } = match.route;
  exchange.endpoint = endpoint.entry;
  exchange.router = endpoint.router.entry;
  return runLayers(exchange, layers.pre, 0, () => {
    exchange.request.params = match.params; // M2: layers around the route cannot see parameters.
    return runLayers(exchange, layers.post, 0, () => callHandler(exchange, endpoint.func, context));
  });
}

/** R8: automatic OPTIONS, through the router's `middleware`. */
function answerOptions(
  exchange: Exchange,
  methods: readonly string[],
  context: AnswerContext,
): Promise<void> {
  const { route } = context.generation.table.match(methods[0]!, exchange.request.target)!;
  exchange.router = route.endpoint.router.entry;
  return runLayers(exchange, route.layers.pre, 0, () => {
    exchange.response.answer(204, '', { Allow: allowed(methods) });
  });
}

/** Layers from `index` on, then the core; each layer's `after` on the way back. */
async function runLayers(
  exchange: Exchange,
  layers: readonly Layer[],
  index: number,
  core: () => Promise<void> | void,
): Promise<void> {
  const layer = layers[index];
  if (layer === undefined) return core();
  const verdict = await layer.middleware.before?.(exchange);
  if (verdict === 'answered') return;
  await runLayers(exchange, layers, index + 1, core);
  if (!exchange.isTaken) await layer.middleware.after?.(exchange);
}

/** A layer of ours threw: the client gets an answer, the log gets the cause. */
function answerFault(exchange: Exchange, error: unknown, { log }: AnswerContext): void {
  const failure = toFailure(error);
  const { method, path } = exchange.request;
  const stack = error instanceof Error ? error.stack : undefined;
  log.error('request failed', { message: failure.message, method, path, stack });
  exchange.failure ??= failure;
  if (exchange.response.isStreaming) exchange.response.mustCut = true;
  else if (!exchange.isTaken) exchange.response.answer(500, 'internal server error');
}

/**
 * A socket that finds no route tells its user nothing: browsers show neither status nor body. A redirect would help no
 * client either, so the log says what was probably meant.
 */
function reportMiss({ request }: Exchange, { generation, limitedLog, log }: AnswerContext): void {
  limitedLog.limit('upgrade without a route', (count) => {
    const { method, target, remoteAddress, host } = request;
    const fields = { method, path: shorten(target.path), remoteAddress, host, ...(count > 1 && { count }) };
    const near = findNearRoute(generation.plan.endpoints, method, target);
    if (near === undefined) {
      log.debug('upgrade without a route', fields);
      return;
    }
    const { endpoint, difference } = near;
    const nearest = `${endpoint.method} ${endpoint.pattern.text}`;
    const router = endpoint.router.entry.id;
    log.warn('upgrade without a route', {
      ...fields,
      nearest,
      difference,
      endpoint: endpoint.entry.id,
      router,
    });
  });
}

/** relay.md E3, http.md W7: nobody is there to act on such a header, so its author should know. */
function warnOfLeftovers({ response, request, endpoint, router }: Exchange, context: AnswerContext): void {
  for (const [header, middleware] of LAYER_HEADERS) {
    if (response.takePrivateHeader(header) === undefined) continue;
    context.limitedLog.write(`${header} ${endpoint?.id}`, 'warn', 'header without middleware', {
      header,
      path: shorten(request.path),
      endpoint: endpoint?.id,
      router: router?.id,
      hint: `list ${middleware} in post_middleware of the router`,
    });
  }
}

const LAYER_HEADERS = [
  ['x-ws-relay', 'websocket_relay'],
  ['x-sse-relay', 'sse_relay'],
  ['x-sendfile', 'sendfile'],
  ['x-file-path', 'sendfile'],
] as const;

/** The handler ended well, but something it asked of the response was refused: what was sent is not what it meant. */
function warnOfFailedCall({ response, request, endpoint, failure }: Exchange, context: AnswerContext): void {
  const { failedCall } = response;
  if (failedCall === undefined || failure !== undefined) return;
  const { method, path } = request;
  context.limitedLog.write(`failed call ${endpoint?.id} ${failedCall.name}`, 'warn', 'response call failed', {
    call: failedCall.name,
    message: failedCall.failure.message,
    method,
    path: shorten(path),
    endpoint: endpoint?.id,
    function: endpoint?.data.func,
  });
}

/** `timeouts.write`: a client that does not take its response in time loses the connection. */
function limitWriting(delivery: Delivery, context: AnswerContext): Timer | undefined {
  const { writeTimeoutMs, handlerTimeoutMs } = context;
  if (writeTimeoutMs === 0) return undefined;
  // A handler cut off at the same moment still gets its 504 out.
  const graceMs = handlerTimeoutMs > 0 && handlerTimeoutMs <= writeTimeoutMs ? WRITE_GRACE_MS : 0;
  return delivery.limit(writeTimeoutMs + graceMs);
}

function allowed(methods: readonly string[]): string {
  const all = new Set([...methods, 'OPTIONS']);
  if (all.has('GET')) all.add('HEAD');
  return METHODS.filter((method) => all.has(method)).join(', ');
}
