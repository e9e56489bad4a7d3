/**
 * The routes of one server as of one moment: built as a whole, swapped in one assignment, read-only since.
 * Requests finish on the generation they started on. Middleware of routers that did not change is handed on
 * to the next generation, so that a rate limit survives an edit elsewhere.
 */
import type { Log } from '../../base/index.ts';
import type { Entry } from '../../registry/index.ts';
import { type Mount, openMount } from '../files/static-files.ts';
import { buildStack, closeLayers, type LayerContext, type LayerStack } from '../middleware/layers.ts';
import { RouteTable } from '../routes/route-table.ts';
import type { EndpointPlan, ServerPlan } from '../routes/topology.ts';

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
    for (const stack of fresh) closeStack(stack, context.log);
    throw error;
  }
}

/** Closes the layers of a retired generation which its successor did not take over. */
export function retireGeneration(retired: Generation, successor: Generation | undefined, log: Log): void {
  for (const [id, stack] of retired.stacks) {
    if (successor?.stacks.get(id) !== stack) closeStack(stack, log);
  }
}

function closeStack({ pre, post }: LayerStack, log: Log): void {
  closeLayers([...pre, ...post], log);
}
