/**
 * One request from its arrival to its last byte: match, layers outside-in, handler, layers inside-out, send.
 * `http.md` §§ 1.3, 3, 4.
 */
import type { Clock, Log, Timer } from '../../base/index.ts';
import { toFailure, WRITE_GRACE_MS } from '../../base/index.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { findMount, serveMount } from '../files/static-files.ts';
import type { Layer } from '../middleware/layers.ts';
import type { RouteMatch } from '../routes/route-table.ts';
import { METHODS } from '../routes/topology.ts';
import type { Generation, Route } from './generation.ts';
import { callHandler, type HandlerSettings } from './handler-call.ts';

/** What serving needs to know about its server. */
export interface ServeContext extends HandlerSettings {
  readonly generation: Generation;
  readonly clock: Clock;
  readonly log: Log;
  /** From the end of the request head to the end of the response; 0 = none. */
  readonly writeTimeoutMs: number;
}

/** Serves one exchange. Never rejects; resolves when the response was handed to the socket. */
export async function serve(exchange: Exchange, context: ServeContext): Promise<void> {
  const deadline = startWriteTimer(exchange, context);
  try {
    await answer(exchange, context);
  } catch (error) {
    // A layer of ours threw: the client gets an answer, the log gets the cause.
    const { message } = toFailure(error);
    const { method, path } = exchange.request;
    context.log.error('request failed', {
      message,
      method,
      path,
      stack: error instanceof Error ? error.stack : undefined,
    });
    exchange.failure ??= toFailure(error);
    if (exchange.response.isStreaming) exchange.abort();
    else if (!exchange.isTaken) exchange.response.answer(500, 'internal server error');
  }
  exchange.close();
  if (exchange.isTaken || exchange.isGone) {
    deadline?.cancel();
    return;
  }
  try {
    send(exchange, context, deadline);
  } catch (error) {
    // Node refused what was prepared; that must cost this client its answer, not everyone the hub.
    context.log.error('response failed', { message: toFailure(error).message, path: exchange.request.path });
    exchange.destroy();
  }
}

async function answer(exchange: Exchange, context: ServeContext): Promise<void> {
  const { table, mounts } = context.generation;
  const { method, target } = exchange.request;
  // R7: a GET endpoint serves HEAD unless HEAD has an endpoint of its own.
  const match = table.match(method, target) ?? (method === 'HEAD' ? table.match('GET', target) : undefined);
  if (match !== undefined) return serveRoute(exchange, match, context);
  const methods = table.methodsFor(target);
  if (method === 'OPTIONS' && methods.length > 0) return serveOptions(exchange, methods, context);
  const mount = findMount(mounts, target);
  // R10: an endpoint's path is its own, but a file may answer the methods of files.
  if (mount !== undefined && (methods.length === 0 || method === 'GET' || method === 'HEAD')) {
    const { pre, post } = mount.layers;
    return runLayers(exchange, [...pre, ...post], 0, () => serveMount(exchange, mount));
  }
  if (methods.length > 0) exchange.response.answer(405, 'method not allowed', { Allow: allowed(methods) });
  else exchange.response.answer(404, 'not found');
  return undefined;
}

function serveRoute(exchange: Exchange, match: RouteMatch<Route>, context: ServeContext): Promise<void> {
  const { endpoint, layers } = match.route;
  exchange.endpoint = endpoint.entry;
  exchange.router = endpoint.router.entry;
  return runLayers(exchange, layers.pre, 0, () => {
    exchange.request.params = match.params; // M2: layers around the route cannot see parameters.
    return runLayers(exchange, layers.post, 0, () => callHandler(exchange, endpoint.func, context));
  });
}

/** R8: automatic OPTIONS, through the router's `middleware`. */
function serveOptions(exchange: Exchange, methods: readonly string[], context: ServeContext): Promise<void> {
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

function send(exchange: Exchange, context: ServeContext, deadline: Timer | undefined): void {
  const { response, request, body } = exchange;
  for (const name of ['x-ws-relay', 'x-sse-relay', 'x-sendfile', 'x-file-path'] as const) {
    // relay.md E3, http.md W7: nobody is there to act on it, so its author should know.
    if (response.takePrivateHeader(name) === undefined) continue;
    context.log.warn('header without middleware', {
      header: name,
      path: request.path,
      endpoint: exchange.endpoint?.id,
    });
  }
  if (exchange.isServerStopping || body.isTooLongToDrain) response.mustClose = true;
  exchange.onSent(() => {
    deadline?.cancel();
    body.answered();
  });
  body.close();
  response.end();
}

/** `timeouts.write`: a client that does not take its response in time loses the connection. */
function startWriteTimer(exchange: Exchange, context: ServeContext): Timer | undefined {
  const { writeTimeoutMs, handlerTimeoutMs, clock } = context;
  if (writeTimeoutMs === 0) return undefined;
  // A handler cut off at the same moment still gets its 504 out.
  const graceMs = handlerTimeoutMs > 0 && handlerTimeoutMs <= writeTimeoutMs ? WRITE_GRACE_MS : 0;
  return clock.setTimer(writeTimeoutMs + graceMs, () => {
    if (!exchange.isTaken) exchange.destroy();
  });
}

function allowed(methods: readonly string[]): string {
  const all = new Set([...methods, 'OPTIONS']);
  if (all.has('GET')) all.add('HEAD');
  return METHODS.filter((method) => all.has(method)).join(', ');
}
