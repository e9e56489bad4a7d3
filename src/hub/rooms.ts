/** The rooms of one hub, made and plugged into each other. Nothing runs yet. */
import { getRandomValues } from 'node:crypto';
import path from 'node:path';
import { type Clock, createSystemClock, type Log } from '../base/index.ts';
import {
  builtinMiddleware,
  createHttpKinds,
  createMetricsMiddleware,
  HttpRoom,
  httpModule,
  MetricStore,
} from '../http/index.ts';
import {
  createLuaRuntime,
  EventBus,
  fromHost,
  type HostValue,
  LIMITS_SCHEMA,
  type LuaRuntime,
  luaKinds,
} from '../lua/index.ts';
import {
  CORE_MODULES,
  createSecurity,
  createSecurityMiddleware,
  createStandardModules,
  type SecurityCatalog,
  spawnCoroutine,
  standardKinds,
} from '../modules/index.ts';
import { type Ambient, EMPTY_AMBIENT, ProcessSystem } from '../process/index.ts';
import {
  createEntrySet,
  createEnvironment,
  createLoader,
  type Entry,
  type EntryLookup,
  isMapping,
  KindTable,
  type Loader,
  REGISTRY_KINDS,
  type Registry,
} from '../registry/index.ts';
import { relayMiddleware } from '../relay/index.ts';
import {
  processHostKind,
  processServiceKind,
  type RunnableKind,
  Services,
  Supervisor,
  terminalHostKind,
} from '../service/index.ts';
import { createLog } from './log.ts';
import { type HubOptions, isLog, processEnvironment, standardStreams } from './options.ts';
import { Terminals } from './terminals.ts';

/** Everything a hub consists of. */
export interface Rooms {
  readonly clock: Clock;
  readonly log: Log;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly kinds: KindTable;
  readonly loader: Loader;
  readonly bus: EventBus;
  readonly runtime: LuaRuntime;
  readonly system: ProcessSystem;
  readonly supervisor: Supervisor;
  readonly http: HttpRoom;
  readonly services: Services;
  readonly terminals: Terminals;
}

/**
 * Wires the rooms.
 * @param registry the registry, once there is one: rooms are made first, because kinds come from them.
 */
export function wireRooms(options: HubOptions, registry: () => Registry | undefined): Rooms {
  const clock = options.clock ?? createSystemClock();
  const cwd = path.resolve(options.cwd ?? '.');
  const environment = options.environment ?? processEnvironment();
  const given = options.log ?? {};
  const log = isLog(given) ? given : createLog(given);
  const entries = (): EntryLookup => registry() ?? NO_ENTRIES;

  const bus = new EventBus({ clock, log });
  const terminals = new Terminals({ entries, streams: options.terminal ?? standardStreams() });
  const variables = createEnvironment({ entries, environment, cwd });
  const security = createSecurity({ entries, clock, environment: variables });
  const modules = createStandardModules({
    bus,
    registry: () => registry()!,
    terminalOf: (unit) => terminals.of(unit),
    environment: variables,
    clock,
    security,
  });
  const runtime = createLuaRuntime({
    registry: entries,
    clock,
    log,
    modules: [...CORE_MODULES, ...modules, httpModule],
    coroutines: { spawn: spawnCoroutine },
  });
  const system = new ProcessSystem({ clock, log, source: runtime });
  runtime.attach(system);

  const ambientOf = (entry: Entry): Ambient => identityOf(entry, security.catalog);
  const middleware = [
    ...builtinMiddleware,
    createMetricsMiddleware(new MetricStore()),
    ...createSecurityMiddleware(security.catalog),
    ...relayMiddleware({ system, clock, log }),
  ];
  const http = new HttpRoom({
    system,
    clock,
    log,
    middleware,
    cwd,
    environment: (name) => environment[name],
    ambientOf,
  });
  const supervisor = new Supervisor({ clock, log, random });
  const definitions: readonly RunnableKind[] = [
    ...REGISTRY_KINDS,
    ...luaKinds(runtime),
    ...standardKinds,
    ...createHttpKinds({ middleware, cwd, clock, room: http }),
    processHostKind({ system, limitsSchema: LIMITS_SCHEMA }),
    processServiceKind({ system, ambientOf, toArgument: (item) => fromHost(item as HostValue) }),
    terminalHostKind({ system }),
  ];
  const kinds = new KindTable(definitions);
  const services = new Services({ supervisor, kinds: definitions, log });
  const loader = createLoader({ ...options.rules, path: options.path, cwd, kinds, environment });
  return {
    clock,
    log,
    cwd,
    environment,
    kinds,
    loader,
    bus,
    runtime,
    system,
    supervisor,
    http,
    services,
    terminals,
  };
}

const NO_ENTRIES: EntryLookup = createEntrySet([]);

/** Who an entry runs as: its `lifecycle.security` block (`app-format.md` § 5.2). */
function identityOf(entry: Entry, catalog: SecurityCatalog): Ambient {
  const { lifecycle } = entry.data;
  const block = isMapping(lifecycle) ? lifecycle.security : undefined;
  return isMapping(block) ? { ...EMPTY_AMBIENT, ...catalog.identity(block) } : EMPTY_AMBIENT;
}

/** From 0 up to 1; spreads restarts. */
function random(): number {
  return getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}
