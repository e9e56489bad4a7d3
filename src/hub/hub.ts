/**
 * One hub: an application, loaded, checked and running. Nothing here is global; two hubs live in one Node.js
 * process without knowing of each other.
 */
import { getRandomValues } from 'node:crypto';
import {
  type Clock,
  createSystemClock,
  type EntryId,
  HubError,
  type Log,
  type Pid,
  type Timer,
} from '../base/index.ts';
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
  createStandardModules,
  EventBus,
  fromHost,
  type HostValue,
  type LuaRuntime,
  luaKinds,
  makeText,
  standardKinds,
} from '../lua/index.ts';
import {
  type Outcome,
  type ProcessSnapshot,
  ProcessSystem,
  type ServiceStatus,
  Supervisor,
} from '../process/index.ts';
import {
  collectAffected,
  createEntrySet,
  createEnvironment,
  createLoader,
  type EntryLookup,
  formatProblem,
  isMapping,
  KindTable,
  type Loader,
  type LoadResult,
  REGISTRY_KINDS,
  Registry,
  type RegistryUpdate,
  toLoadFailure,
} from '../registry/index.ts';
import { relayMiddleware } from '../relay/index.ts';
import { type ApplicationWatch, openFileWatcher, watchApplication } from '../reload/index.ts';
import { hubKinds, IMPLICIT_TERMINAL } from './kinds.ts';
import { createLog } from './log.ts';
import {
  type HubOptions,
  isLog,
  processEnvironment,
  type ReloadEvent,
  SHUTDOWN_TIMEOUT_MS,
  standardStreams,
} from './options.ts';
import { Services } from './services.ts';
import { TerminalArguments, Terminals } from './terminals.ts';

/** A server that listens. */
export interface Listening {
  /** ID of its `http.service` entry. */
  readonly id: string;
  /** The address it really listens on, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Where to point a browser, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
}

/** What runs at one moment. Plain data. */
export interface HubSnapshot {
  /** Oldest first; connections and function calls included. */
  readonly processes: readonly ProcessSnapshot[];
  readonly services: readonly ServiceStatus[];
  readonly listening: readonly Listening[];
  /** Version of the registry; 0 = as loaded. */
  readonly version: number;
}

/** A process started with `runCommand`. */
export interface RunningCommand {
  readonly pid: Pid;
  readonly ended: Promise<Outcome>;
  /** Sends CANCEL. */
  cancel(): void;
}

/** An application, ready to start. */
export interface Hub extends AsyncDisposable {
  /** The entries as they are now. */
  readonly registry: Registry;
  /** Every kind there is, with its schema. */
  readonly kinds: KindTable;
  /**
   * Starts every service with `auto_start`, dependencies first.
   * @throws HubError when a required service does not start; what had started is stopped again.
   */
  start(): Promise<void>;
  /**
   * Stops watching, servers, services, hosts and processes, in this order. Idempotent.
   * @throws MH_HUB_STOP_TIMEOUT when `shutdownTimeoutMs` cut it short; everything is stopped then too.
   */
  stop(): Promise<void>;
  listening(): readonly Listening[];
  /** One snapshot of everything that runs. */
  inspect(): HubSnapshot;
  /**
   * Calls a function and waits for its end.
   * @param request.args plain data, copied.
   * @throws HubError when there is no such function or its code cannot be loaded.
   */
  call(request: { readonly entryId: EntryId; readonly args?: readonly HostValue[] }): Promise<Outcome>;
  /**
   * Starts a process for the terminal. Without `hostId`: the only `terminal.host`, else the implicit one.
   * @throws HubError when it cannot be started, or several terminal hosts leave the choice open.
   */
  runCommand(request: {
    readonly entryId: EntryId;
    readonly hostId?: string | undefined;
    readonly args: readonly string[];
  }): RunningCommand;
}

/**
 * Loads and checks an application; nothing of it runs yet.
 * @throws MH_REGISTRY_LOAD_FAILED with every problem found in `details.problems`.
 * @example
 * const hub = await createHub({ path: 'registry/guide' });
 * await hub.start();
 * console.log(hub.listening()[0]?.url, hub.inspect().processes.length);
 * await hub.stop();
 */
export async function createHub(options: HubOptions = {}): Promise<Hub> {
  const hub = new ApplicationHub(options);
  await hub.load();
  return hub;
}

class ApplicationHub implements Hub {
  readonly #options: HubOptions;
  readonly #cwd: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #bus: EventBus;
  readonly #terminals: Terminals;
  readonly #runtime: LuaRuntime;
  readonly #system: ProcessSystem;
  readonly #http: HttpRoom;
  readonly #supervisor: Supervisor;
  readonly #services: Services;
  readonly kinds: KindTable;
  readonly #loader: Loader;
  #loaded: LoadResult | undefined;
  #registry: Registry | undefined;
  #watch: ApplicationWatch | undefined;
  #stopping: Promise<void> | undefined;
  #aliveTimer: Timer | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
    const clock = options.clock ?? createSystemClock();
    const cwd = options.cwd ?? process.cwd();
    const environment = options.environment ?? processEnvironment();
    const given = options.log ?? {};
    const log = isLog(given) ? given : createLog(given);
    this.#cwd = cwd;
    this.#environment = environment;
    this.#clock = clock;
    this.#log = log;
    const entries = (): EntryLookup => this.#registry ?? NO_ENTRIES;
    this.#terminals = new Terminals({ entries, streams: options.terminal ?? standardStreams() });
    this.#bus = new EventBus({ clock, log });
    const modules = createStandardModules({
      bus: this.#bus,
      registry: () => this.registry,
      terminalOf: (unit) => this.#terminals.of(unit),
      environment: createEnvironment({ entries, environment, cwd }),
      clock,
    });
    this.#runtime = createLuaRuntime({ registry: entries, clock, log, modules: [...modules, httpModule] });
    const system = new ProcessSystem({ clock, log, source: this.#runtime });
    this.#system = system;
    this.#runtime.attach(system);
    const middleware = [
      ...builtinMiddleware,
      createMetricsMiddleware(new MetricStore()),
      ...relayMiddleware({ system, clock, log }),
    ];
    this.#http = new HttpRoom({ system, clock, log, middleware, environment: (name) => environment[name] });
    this.#supervisor = new Supervisor({ clock, log, random });
    this.kinds = new KindTable([
      ...REGISTRY_KINDS,
      ...luaKinds(this.#runtime),
      ...standardKinds,
      ...createHttpKinds({ middleware, clock }),
      ...hubKinds,
    ]);
    this.#services = new Services({
      system,
      supervisor: this.#supervisor,
      http: this.#http,
      kinds: this.kinds,
      log,
    });
    this.#loader = createLoader({
      ...options.rules,
      path: options.path,
      cwd,
      kinds: this.kinds,
      environment,
    });
  }

  get registry(): Registry {
    if (this.#registry === undefined) throw new Error('moonhub bug: a hub is handed out after load()');
    return this.#registry;
  }

  async load(): Promise<void> {
    const loaded = await this.#loader.load();
    if (!loaded.isValid) throw toLoadFailure(loaded.problems);
    this.#loaded = loaded;
    const registry = new Registry(loaded.entries, {
      kinds: this.kinds,
      environment: this.#environment,
      cwd: this.#cwd,
      ...(this.#options.registryVersionsMax === undefined
        ? {}
        : { versionsMax: this.#options.registryVersionsMax }),
    });
    this.#registry = registry;
    await this.#http.applyRoutes(registry.snapshot());
    this.#services.declareAll(registry);
    // In this order: code first, so that whatever starts next runs the new one; servers before services need them.
    registry.subscribe({ name: 'code', commit: (update) => this.#followCode(update) });
    registry.subscribe({ name: 'http', commit: (update) => this.#http.applyRoutes(update.after) });
    registry.subscribe(this.#services.subscriber());
    registry.subscribe({ name: 'events', commit: (update) => this.#announce(update) });
    this.#supervisor.subscribe(({ id, state }) => this.#bus.publish('supervisor', `service.${state}`, id));
    if (loaded.problems.length > 0) this.#options.onProblems?.(loaded.problems);
  }

  async start(): Promise<void> {
    // Processes wait on timers that do not hold Node.js; a hub that runs does, whatever it consists of.
    this.#aliveTimer = this.#clock.setTimer(ALIVE_TIMER_MS, () => {}, { keepAlive: true });
    await this.#supervisor.startAll();
    if (this.#options.watch === true) this.#watch = await this.#openWatch();
  }

  stop(): Promise<void> {
    const limitMs = this.#options.shutdownTimeoutMs ?? SHUTDOWN_TIMEOUT_MS;
    this.#stopping ??= this.#stopWithin(limitMs).finally(() => this.#aliveTimer?.cancel());
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  listening(): readonly Listening[] {
    return this.#http.servers().flatMap((server) => {
      if (server.address === undefined) return [];
      const { host, port } = server.address;
      const { tls } = server.entry.data;
      const scheme = isMapping(tls) && tls.mode === 'manual' ? 'https' : 'http';
      return [{ id: server.entry.id, host, port, url: `${scheme}://${toUrlHost(host)}:${port}` }];
    });
  }

  inspect(): HubSnapshot {
    return {
      processes: this.#system.inspect(),
      services: this.#supervisor.states(),
      listening: this.listening(),
      version: this.registry.version,
    };
  }

  async call({ entryId, args = [] }: Parameters<Hub['call']>[0]): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      try {
        this.#system.call({ entryId, args: args.map(fromHost) }, resolve);
      } catch (error) {
        reject(error);
      }
    });
  }

  runCommand(request: Parameters<Hub['runCommand']>[0]): RunningCommand {
    const hostId = request.hostId ?? this.#terminals.defaultHost();
    if (hostId === IMPLICIT_TERMINAL) this.#system.openHost(hostId);
    const { entryId, args } = request;
    const attachment = new TerminalArguments(args);
    const pid = this.#system.spawn({ entryId, hostId, args: args.map(makeText), attachment });
    const ended = new Promise<Outcome>((resolve) => void this.#system.watch(pid, resolve));
    return { pid, ended, cancel: () => this.#system.cancel('', pid, 'interrupted') };
  }

  #openWatch(): Promise<ApplicationWatch> {
    const onReload = this.#options.onReload ?? ((event) => this.#logReload(event));
    return watchApplication({
      load: () => this.#loader.load(),
      initial: this.#loaded!,
      registry: this.registry,
      openWatcher: openFileWatcher,
      clock: this.#clock,
      log: this.#log,
      onApplied: (reload) => {
        onReload({ kind: 'applied', ...reload });
        const affected = new Set(reload.affected.map(({ id }) => id));
        void this.#services.restartOutdated(this.registry, affected);
      },
      onRejected: (reload) => onReload({ kind: 'rejected', ...reload }),
      onRestored: () => onReload({ kind: 'restored' }),
    });
  }

  /** For programs that embed a hub and do not listen. */
  #logReload(event: ReloadEvent): void {
    switch (event.kind) {
      case 'applied':
        this.#log.info('reloaded', { version: event.version, entries: event.affected.map(({ id }) => id) });
        return;
      case 'rejected':
        this.#log.warn('reload rejected', {
          problems: event.problems.map((problem) => formatProblem(problem)),
          reason: event.error?.message,
        });
        return;
      case 'restored':
        this.#log.info('reload restored');
    }
  }

  #followCode(update: RegistryUpdate): void {
    const affected = collectAffected(update);
    this.#runtime.invalidate(affected);
    this.#system.notifyOutdated(new Set([...affected] as EntryId[]));
  }

  /** `app-format.md` 8.4. */
  #announce({ changes, version }: RegistryUpdate): void {
    this.#bus.publish('registry', 'registry.begin', `v${version}`);
    for (const change of changes) {
      const { id, kind } = change.operation === 'delete' ? change.previous : change.entry;
      this.#bus.publish('registry', `entry.${change.operation}`, id, { id, kind });
    }
    this.#bus.publish('registry', 'registry.commit', `v${version}`);
  }

  async #stopWithin(timeoutMs: number): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = this.#clock.setTimer(timeoutMs, () => resolve('late'), { keepAlive: true });
    });
    const result = await Promise.race([this.#stopInOrder(), late]);
    timer?.cancel();
    if (result !== 'late') return;
    await Promise.all([this.#http.stop(0), this.#system.stop()]);
    throw new HubError('MH_HUB_STOP_TIMEOUT', {
      message: `Cannot stop in order: not finished after ${timeoutMs} ms, the rest was cut`,
      hint: 'Let processes end when they read CANCEL, or allow more time with shutdown.timeout.',
    });
  }

  /** `app-format.md` § 10.1: no new work first, then services, then whatever is left. */
  async #stopInOrder(): Promise<void> {
    await this.#watch?.close();
    await this.#supervisor.stopAll();
    await this.#http.stop();
    await this.#system.stop();
  }
}

/** Never fires in the life of a program; it is there to be pending. */
const ALIVE_TIMER_MS = Number.MAX_SAFE_INTEGER;

const NO_ENTRIES: EntryLookup = createEntrySet([]);

/** From 0 up to 1; spreads restarts. */
function random(): number {
  return getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}

function toUrlHost(host: string): string {
  if (host === '' || host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
