/** The middleware of one router or mount: its two lists, made and closed as a whole (`http.md` M1). */
import { HubError, isolate, type Log, toFailure } from '../../base/index.ts';
import { type Entry, isMapping } from '../../registry/index.ts';
import { nameList } from '../routes/topology.ts';
import type { Middleware, MiddlewareFactory, MiddlewarePlace } from './middleware.ts';
import { MiddlewareOptions } from './middleware-options.ts';

/** A middleware in its place. */
export interface Layer {
  readonly name: string;
  readonly middleware: Middleware;
}

/** Layers of one router or mount. */
export interface LayerStack {
  readonly owner: Entry;
  readonly pre: readonly Layer[];
  readonly post: readonly Layer[];
}

/** What layers are made with. */
export interface LayerContext extends Pick<MiddlewarePlace, 'entries' | 'cwd' | 'clock' | 'log'> {
  readonly factories: ReadonlyMap<string, MiddlewareFactory>;
}

/** One list of a router: position, names, and where its options are. */
export const LAYER_LISTS = [
  { position: 'pre', names: 'middleware', options: 'options' },
  { position: 'post', names: 'post_middleware', options: 'post_options' },
] as const;

/**
 * Makes one list of layers.
 * @throws HubError naming the middleware; layers made before it are closed again.
 */
export function buildLayers(
  list: (typeof LAYER_LISTS)[number],
  owner: Entry,
  server: Entry,
  context: LayerContext,
): Layer[] {
  const values = owner.data[list.options];
  const options = new MiddlewareOptions(
    new Map(
      isMapping(values) ? Object.entries(values).map(([key, value]) => [key, optionText(key, value)]) : [],
    ),
  );
  const layers: Layer[] = [];
  try {
    for (const name of nameList(owner.data[list.names])) {
      const factory = context.factories.get(name);
      if (factory === undefined) throw unknownMiddleware(name, context.factories);
      const { entries, cwd, clock, log } = context;
      const place = { position: list.position, options, router: owner, server, entries, cwd, clock };
      layers.push({ name, middleware: factory.create({ ...place, log: log.with({ router: owner.id }) }) });
    }
  } catch (error) {
    closeLayers(layers, context.log);
    throw error;
  }
  return layers;
}

/**
 * Makes both lists.
 * @throws MH_HTTP_MIDDLEWARE_FAILED; nothing is left open then.
 */
export function buildStack(owner: Entry, server: Entry, context: LayerContext): LayerStack {
  const [preList, postList] = LAYER_LISTS;
  const pre: Layer[] = [];
  try {
    pre.push(...buildLayers(preList, owner, server, context));
    return { owner, pre, post: buildLayers(postList, owner, server, context) };
  } catch (error) {
    closeLayers(pre, context.log);
    throw new HubError('MH_HTTP_MIDDLEWARE_FAILED', {
      message: `failed to create middleware of "${owner.id}": ${toFailure(error).message}`,
      cause: error,
    });
  }
}

/** Closes layers, every one whatever another throws. */
export function closeLayers(layers: readonly Layer[], log: Log): void {
  for (const { name, middleware } of layers) {
    isolate(log, 'middleware close failed', { middleware: name }, () => middleware.close?.());
  }
}

/**
 * Scalars become text; a list becomes a comma list. A mapping is an option of the owner itself: no middleware has one.
 */
function optionText(key: string, value: unknown): string {
  if (value === null || value === undefined || isMapping(value)) return '';
  return Array.isArray(value) ? value.map((item) => optionText(key, item)).join(',') : String(value);
}

function unknownMiddleware(name: string, factories: ReadonlyMap<string, unknown>): HubError {
  return new HubError('MH_HTTP_MIDDLEWARE_UNKNOWN', {
    message: `failed to create middleware: "${name}" is unknown`,
    hint: `Known are: ${[...factories.keys()].sort().join(', ')}.`,
    details: { name },
  });
}
