/** The rooms of one hub, made and plugged into each other. Nothing runs yet. */
import { getRandomValues } from 'node:crypto';
import path from 'node:path';
import { getHeapStatistics } from 'node:v8';
import {
  BYTE_BUDGET_HEAP_PART,
  ByteBudget,
  type Clock,
  createSystemClock,
  LimitedLog,
  type Log,
} from '../base/index.ts';
import {
  createLuaRuntime,
  EventBus,
  fromHost,
  type HostValue,
  LIMITS_SCHEMA,
  type LuaRuntime,
  luaKinds,
} from '../lua/index.ts';
import { CORE_MODULES, spawnCoroutine } from '../modules/core/index.ts';
import { ProcessSystem } from '../process/index.ts';
import {
  createEntrySet,
  createEnvironment,
  createLoader,
  type Entry,
  type EntryLookup,
  KindTable,
  type Loader,
  REGISTRY_KINDS,
  type Registry,
} from '../registry/index.ts';
import {
  processHostKind,
  processServiceKind,
  type RunnableKind,
  Services,
  Supervisor,
  terminalHostKind,
} from '../service/index.ts';
import { callFunction } from './call-result.ts';
import type { ExtensionPorts } from './extension.ts';
import { ExtensionTable } from './extension-table.ts';
import { createLog } from './log.ts';
import { type HubOptions, isLog, processEnvironment, standardStreams } from './options.ts';
import { STANDARD_EXTENSIONS } from './standard-extensions.ts';

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
  readonly services: Services;
  readonly extensions: ExtensionTable;
  /** What waits for slow clients and slow processes, all of it together. */
  readonly budget: ByteBudget;
}

/**
 * Wires the rooms.
 * @param registry the registry, once there is one: rooms are made first, because kinds come from them.
 * @param exit what a program that asks for the end of the hub comes to.
 */
export function wireRooms(
  options: HubOptions,
  registry: () => Registry | undefined,
  exit: (code: number) => void,
): Rooms {
  const clock = options.clock ?? createSystemClock();
  const cwd = path.resolve(options.cwd ?? '.');
  const environment = options.environment ?? processEnvironment();
  const given = options.log ?? {};
  const log = isLog(given) ? given : createLog(given);
  const entries = (): EntryLookup => registry() ?? NO_ENTRIES;

  const limitBytes =
    options.queuedBytesMax ?? Math.floor(getHeapStatistics().heap_size_limit * BYTE_BUDGET_HEAP_PART);
  const limitedLog = new LimitedLog({ clock, log });
  const budget = new ByteBudget({
    limitBytes,
    clock,
    onDrop: (dropped) =>
      limitedLog.write(dropped.kind, 'warn', 'too much waits for slow clients: the worst is dropped', {
        ...dropped,
        repair: 'read faster, or allow more with queued.limit in .wippy.yaml (queuedBytesMax of createHub)',
      }),
  });
  const bus = new EventBus({ clock, log });
  const runtime = createLuaRuntime({
    registry: entries,
    clock,
    log,
    modules: CORE_MODULES,
    coroutines: { spawn: spawnCoroutine },
    identityOf: (entry) => (entry.data.security === undefined ? undefined : extensions.identityOf(entry)),
  });
  const system = new ProcessSystem({
    clock,
    log,
    source: runtime,
    ...(options.nodeName === undefined ? {} : { node: { name: options.nodeName } }),
  });
  runtime.attach(system);

  const supervisor = new Supervisor({ clock, log, random });
  const ambientOf = (entry: Entry) => extensions.identityOf(entry);
  const toArgument = (item: unknown) => fromHost(item as HostValue);
  const definitions: readonly RunnableKind[] = [
    ...REGISTRY_KINDS,
    ...luaKinds(runtime),
    processHostKind({ system, limitsSchema: LIMITS_SCHEMA }),
    processServiceKind({ system, ambientOf, toArgument }),
    terminalHostKind({ system }),
  ];
  const kinds = new KindTable(definitions);
  const services = new Services({ supervisor, kinds: definitions, log });

  const variables = createEnvironment({ entries, environment, cwd });
  const ports: ExtensionPorts = {
    clock,
    log,
    cwd,
    entries,
    variable: (name) => variables.get(name),
    publish: (...event) => bus.publish(...event),
    observe: (observer) => system.observe(observer),
    call: (entryId, args) => callFunction(system, entryId, args),
    send: (to, topic, ...payloads) => system.send(undefined, to, topic, payloads.map(fromHost)),
    unstable: {
      system,
      budget,
      bus,
      environment: variables,
      processEnvironment: environment,
      terminal: options.terminal ?? standardStreams(),
      get middleware() {
        return extensions.middleware;
      },
      services: supervisor,
      moduleNames: () => runtime.moduleNames,
      exit,
      registry: () => registry()!,
      identityOf: ambientOf,
      store: (id) => extensions.store(id),
    },
  };
  const extensions = new ExtensionTable({ kinds, services, runtime, log }, ports);
  extensions.addAll([...STANDARD_EXTENSIONS, ...(options.extensions ?? [])]);

  const loader = createLoader({
    ...options.rules,
    path: options.path,
    cwd,
    kinds,
    environment,
    admit: (drafts) => extensions.admit(drafts),
  });
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
    services,
    extensions,
    budget,
  };
}

const NO_ENTRIES: EntryLookup = createEntrySet([]);

/** From 0 up to 1; spreads restarts. */
function random(): number {
  return getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}
