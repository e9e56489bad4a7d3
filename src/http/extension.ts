/** HTTP as an extension of a hub: servers, routers, endpoints, static files, the `http` module, built-in middleware. */
import type { ByteBudget, Clock, Log } from '../base/index.ts';
import type { Ambient, ProcessSystem } from '../process/index.ts';
import type { Entry, EntryLookup } from '../registry/index.ts';
import { createHttpKinds } from './kinds.ts';
import { httpModule } from './lua/module.ts';
import { builtinMiddleware } from './middleware/builtin.ts';
import { MetricStore } from './middleware/metric-store.ts';
import { createMetricsMiddleware } from './middleware/metrics.ts';
import type { MiddlewareFactory } from './middleware/middleware.ts';
import { HttpRoom } from './room.ts';
import type { HttpServer } from './server/server.ts';

/** What it uses of a hub. */
export interface HttpPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly cwd: string;
  readonly unstable: {
    readonly system: Pick<ProcessSystem, 'call'>;
    readonly budget: ByteBudget;
    readonly middleware: ReadonlyMap<string, MiddlewareFactory>;
    readonly processEnvironment: Readonly<Record<string, string | undefined>>;
    identityOf(entry: Entry): Ambient;
  };
}

/** Opens it. */
export const httpExtension = {
  name: 'http',
  open({ clock, log, cwd, unstable }: HttpPorts) {
    const { system, budget, middleware, processEnvironment } = unstable;
    const room = new HttpRoom({
      system,
      clock,
      log,
      budget,
      cwd,
      middleware,
      environment: (name) => processEnvironment[name],
      ambientOf: (entry) => unstable.identityOf(entry),
    });
    return {
      kinds: createHttpKinds({ middleware, cwd, clock, room }),
      unstable_bindings: [httpModule],
      middleware: [...builtinMiddleware, createMetricsMiddleware(new MetricStore())],
      follow: (entries: EntryLookup) => room.applyRoutes(entries),
      settled: () => room.dropMissing(),
      listening: () => room.servers().flatMap(toListening),
      refuse: () => room.refuse(),
      drain: () => room.drain(),
      work: () => ({ ...room.work }),
      close: ({ timeoutMs }: { readonly timeoutMs?: number }) => room.stop(timeoutMs),
    };
  },
};

/** Where a server is reached, and where it wants to be; nothing for one that does not listen. */
function toListening({ entry, address, isSecure, obstacle }: HttpServer) {
  if (address === undefined) return [];
  const { host, port } = address;
  const url = `${isSecure ? 'https' : 'http'}://${toUrlHost(host)}:${port}`;
  const wanted = obstacle && { wanted: { address: obstacle.wanted, reason: obstacle.failure.message } };
  return [{ id: entry.id, host, port, url, ...wanted }];
}

function toUrlHost(host: string): string {
  if (host === '' || host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
