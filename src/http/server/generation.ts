/**
 * The routes of one server as of one moment: built as a whole, swapped in one assignment, read-only since.
 * Requests finish on the generation they started on. Middleware of routers that did not change is handed on
 * to the next generation, so that a rate limit survives an edit elsewhere.
 */
import { type Clock, HubError, type Log, toFailure } from '../../base/index.ts';
import { type Entry, type EntryLookup, isMapping } from '../../registry/index.ts';
import { type Mount, openMount } from '../files/static-files.ts';
import { type Middleware, type MiddlewareFactory, MiddlewareOptions } from '../middleware/middleware.ts';
import { RouteTable } from '../routes/route-table.ts';
import { type EndpointPlan, nameList, type ServerPlan } from '../routes/topology.ts';

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

/** What a request can resolve to. */
export interface Route {
  readonly endpoint: EndpointPlan;
  readonly layers: LayerStack;
}

/** A mount with its layers. */
export interface LayeredMount extends Mount {
  readonly layers: LayerStack;
}

/** All routes of a server. */
export interface Generation {
  readonly plan: ServerPlan;
  readonly table: RouteTable<Route>;
  readonly mounts: readonly LayeredMount[];
  readonly stacks: ReadonlyMap<string, LayerStack>;
}

/** What layers are made with. */
export interface LayerContext {
  readonly factories: ReadonlyMap<string, MiddlewareFactory>;
  readonly entries: EntryLookup;
  /** Working directory of the hub, absolute: relative directories start there. */
  readonly cwd: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Builds the routes of a server.
 * @param previous the generation in service; its layers are reused where their owner is the same entry.
 * @throws HubError of the first thing that cannot be built; nothing is left behind then.
 */
export function buildGeneration(
  plan: ServerPlan,
  context: LayerContext,
  previous: Generation | undefined,
): Generation {
  const stacks = new Map<string, LayerStack>();
  const fresh: LayerStack[] = [];
  const stackOf = (owner: Entry): LayerStack => {
    const known = stacks.get(owner.id);
    if (known !== undefined) return known;
    const old = previous?.stacks.get(owner.id);
    const reusable = old?.owner === owner && previous?.plan.entry === plan.entry;
    const stack = reusable ? old : buildStack(owner, plan.entry, context);
    if (!reusable) fresh.push(stack);
    stacks.set(owner.id, stack);
    return stack;
  };
  try {
    const table = new RouteTable<Route>();
    for (const router of plan.routers) stackOf(router.entry);
    for (const endpoint of plan.endpoints) {
      table.add(endpoint.method, endpoint.pattern, { endpoint, layers: stackOf(endpoint.router.entry) });
    }
    const mounts = plan.mounts.map((mount) => ({
      ...openMount(mount, context.cwd),
      layers: stackOf(mount.entry),
    }));
    return { plan, table, mounts, stacks };
  } catch (error) {
    fresh.forEach(closeStack);
    throw error;
  }
}

/** Closes the layers of a retired generation which its successor did not take over. */
export function retireGeneration(retired: Generation, successor: Generation | undefined): void {
  for (const [id, stack] of retired.stacks) {
    if (successor?.stacks.get(id) !== stack) closeStack(stack);
  }
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
    new Map(isMapping(values) ? Object.entries(values).map(([key, value]) => [key, optionText(value)]) : []),
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
    for (const { middleware } of layers) middleware.close?.();
    throw error;
  }
  return layers;
}

function buildStack(owner: Entry, server: Entry, context: LayerContext): LayerStack {
  const [preList, postList] = LAYER_LISTS;
  try {
    const pre = buildLayers(preList, owner, server, context);
    return { owner, pre, post: buildLayers(postList, owner, server, context) };
  } catch (error) {
    throw new HubError('MH_HTTP_MIDDLEWARE_FAILED', {
      message: `failed to create middleware of "${owner.id}": ${toFailure(error).message}`,
      cause: error,
    });
  }
}

function closeStack(stack: LayerStack): void {
  for (const { middleware } of [...stack.pre, ...stack.post]) middleware.close?.();
}

/** Scalars become text; a list becomes a comma list. */
function optionText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return Array.isArray(value) ? value.map(optionText).join(',') : String(value);
}

function unknownMiddleware(name: string, factories: ReadonlyMap<string, unknown>): HubError {
  return new HubError('MH_HTTP_MIDDLEWARE_UNKNOWN', {
    message: `failed to create middleware: "${name}" is unknown`,
    hint: `Known are: ${[...factories.keys()].sort().join(', ')}.`,
    details: { name },
  });
}
