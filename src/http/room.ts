/**
 * All servers of an application. The hub starts and stops them as services; a change of entries becomes new
 * routes in one step (`app-format.md` § 8).
 */
import { assert, type ByteBudget, type Clock, type Log, type Stoppable } from '../base/index.ts';
import type { Ambient, ProcessSystem } from '../process/index.ts';
import type { Entry, EntryLookup } from '../registry/index.ts';
import type { LayerContext } from './middleware/layers.ts';
import type { MiddlewareFactory } from './middleware/middleware.ts';
import { planTopology, type Topology } from './routes/topology.ts';
import { buildGeneration, type Generation, retireGeneration } from './server/generation.ts';
import { HttpServer, type ServerContext } from './server/server.ts';

/** What the room is made with. */
export interface HttpRoomOptions {
  readonly system: Pick<ProcessSystem, 'call'>;
  readonly clock: Clock;
  readonly log: Log;
  /** What waits for slow clients, all of it together. */
  readonly budget: ByteBudget;
  /** Every middleware there is, by name: `builtinMiddleware` and those of other rooms. It may grow. */
  readonly middleware: ReadonlyMap<string, MiddlewareFactory>;
  /** Working directory of the hub, absolute: relative directories of file systems start there. */
  readonly cwd: string;
  /** Environment variables for `cert_env` and its like. Default: none. */
  readonly environment?: (name: string) => string | undefined;
  /** Context, actor and scope requests of a server start with (`lifecycle.security`). Default: none. */
  readonly ambientOf?: (server: Entry) => Ambient;
}

/** The HTTP side of a hub. */
export class HttpRoom implements Stoppable {
  readonly #context: ServerContext;
  readonly #layers: LayerContext;
  readonly #servers = new Map<string, HttpServer>();
  /** Servers that were deleted and still have requests in flight. */
  readonly #leaving = new Set<HttpServer>();
  #entries: EntryLookup | undefined;
  /** What the servers were last built from. */
  #topology: Topology | undefined;

  constructor(options: HttpRoomOptions) {
    const { system, clock, log, budget, ambientOf, environment = () => undefined } = options;
    this.#context = {
      system,
      clock,
      log,
      budget,
      environment,
      ...(ambientOf === undefined ? {} : { ambientOf }),
    };
    const present = (): EntryLookup => {
      assert(this.#entries !== undefined, 'layers are made from entries');
      return this.#entries;
    };
    this.#layers = {
      factories: options.middleware,
      // Layers outlive a reload of other entries, so they look at the entries of the moment.
      entries: {
        get: (id) => present().get(id),
        all: () => present().all(),
        ofKind: (kind) => present().ofKind(kind),
        referrers: (id) => present().referrers(id),
      },
      cwd: options.cwd,
      clock,
      log,
    };
  }

  /** The server of an `http.service`; `undefined` before `applyRoutes` has seen it. */
  server(id: string): HttpServer | undefined {
    return this.#servers.get(id);
  }

  /** All servers, listening or not. */
  servers(): readonly HttpServer[] {
    return [...this.#servers.values()];
  }

  /**
   * Makes the routes of all servers anew and swaps them in one step; open connections and requests in flight
   * are not affected. Servers that are new wait for their `start`; servers that went serve on until `dropMissing`.
   * @throws HubError when any of it cannot be built; everything goes on as before then.
   */
  async applyRoutes(entries: EntryLookup): Promise<void> {
    const before = this.#entries;
    const topology = planTopology(entries);
    this.#entries = entries;
    // The same plan again: none of the entries it is made of has changed.
    if (topology === this.#topology) return;
    const built: Generation[] = [];
    try {
      for (const plan of topology.servers.values()) {
        built.push(buildGeneration(plan, this.#layers, this.#servers.get(plan.entry.id)?.generation));
      }
    } catch (error) {
      this.#entries = before;
      for (const generation of built) {
        this.#closeUnused(generation);
      }
      throw error;
    }
    this.#topology = topology;
    await Promise.all(built.map((generation) => this.#install(generation)));
  }

  /** Accepts nothing new on any server from now on, for good (`relay.md` L9). */
  refuse(): void {
    for (const server of this.#all()) server.refuse();
  }

  /** Refuses, and waits for what is under way on all servers; see `HttpServer.drain`. */
  async drain(): Promise<void> {
    this.refuse();
    await Promise.all(this.#all().map((server) => server.drain()));
  }

  /** Requests under way, and connections that left HTTP, on all servers. */
  get work(): { readonly requests: number; readonly connections: number } {
    const works = this.#all().map(({ work }) => work);
    return {
      requests: works.reduce((sum, { requests }) => sum + requests, 0),
      connections: works.reduce((sum, { connections }) => sum + connections, 0),
    };
  }

  /**
   * Servers whose entry is gone stop in the background: a change must not wait for their last request. To be called when
   * the change that `applyRoutes` followed cannot be taken back any more.
   */
  dropMissing(): void {
    for (const [id, server] of this.#servers) {
      if (this.#entries?.get(id)?.kind === 'http.service') continue;
      this.#servers.delete(id);
      this.#leaving.add(server);
      void this.#leave(server);
    }
  }

  /** Stops all servers, deleted ones too; see `HttpServer.stop`. */
  async stop(timeoutMs?: number): Promise<void> {
    await Promise.all(this.#all().map((server) => server.stop(timeoutMs)));
  }

  #all(): readonly HttpServer[] {
    return [...this.servers(), ...this.#leaving];
  }

  async #install(generation: Generation): Promise<void> {
    const { entry } = generation.plan;
    const server = this.#servers.get(entry.id);
    if (server === undefined) {
      this.#servers.set(entry.id, new HttpServer(generation, this.#context));
      return;
    }
    retireGeneration(server.swap(generation), generation, this.#context.log);
    if (server.entry !== entry) await server.reconfigure(entry);
  }

  async #leave(server: HttpServer): Promise<void> {
    await server.stop();
    retireGeneration(server.generation, undefined, this.#context.log);
    this.#leaving.delete(server);
  }

  /** A generation that never came into service: what it shares with the one in service stays open. */
  #closeUnused(generation: Generation): void {
    const inService = this.#servers.get(generation.plan.entry.id)?.generation;
    retireGeneration(generation, inService, this.#context.log);
  }
}
