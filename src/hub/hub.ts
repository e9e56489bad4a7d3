/**
 * One hub: an application, loaded, checked and running. Nothing here is global; two hubs live in one Node.js
 * process without knowing of each other.
 */
import { type EntryId, HubError, type Pid, type Timer } from '../base/index.ts';
import { fromHost, type HostValue, makeText } from '../lua/index.ts';
import type { Outcome, ProcessSnapshot } from '../process/index.ts';
import {
  collectAffected,
  formatProblem,
  isMapping,
  type KindTable,
  type LoadResult,
  Registry,
  type RegistryUpdate,
  toLoadFailure,
} from '../registry/index.ts';
import { type ApplicationWatch, openFileWatcher, watchApplication } from '../reload/index.ts';
import { IMPLICIT_TERMINAL, type ServiceStatus } from '../service/index.ts';
import { type HubOptions, type ReloadEvent, SHUTDOWN_TIMEOUT_MS } from './options.ts';
import { type Rooms, wireRooms } from './rooms.ts';
import { TerminalArguments } from './terminals.ts';

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
  /** Never rejects. */
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
   * Starts every service with `auto_start`, dependencies first. A second call waits for the first.
   * @throws HubError when a required service does not start or `stop()` came first; what had started is stopped
   * again, and after a failure `start()` may be tried once more. MH_HUB_STOPPED after `stop()`.
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
   * @throws HubError when it cannot be started, or several terminal hosts leave the choice open. A load that goes on
   *   after this has returned and fails is how the process `ended`.
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
  readonly #rooms: Rooms;
  #loaded: LoadResult | undefined;
  #registry: Registry | undefined;
  #watch: ApplicationWatch | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #aliveTimer: Timer | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#rooms = wireRooms(options, () => this.#registry);
  }

  get kinds(): KindTable {
    return this.#rooms.kinds;
  }

  get registry(): Registry {
    if (this.#registry === undefined) throw new Error('moonhub bug: a hub is handed out after load()');
    return this.#registry;
  }

  async load(): Promise<void> {
    const loaded = await this.#rooms.loader.load();
    if (!loaded.isValid) throw toLoadFailure(loaded.problems);
    this.#loaded = loaded;
    const registry = new Registry(loaded.entries, {
      kinds: this.kinds,
      environment: this.#rooms.environment,
      cwd: this.#rooms.cwd,
      log: this.#rooms.log,
      ...(this.#options.registryVersionsMax === undefined
        ? {}
        : { versionsMax: this.#options.registryVersionsMax }),
    });
    this.#registry = registry;
    await this.#rooms.http.applyRoutes(registry.snapshot());
    this.#rooms.services.declareAll(registry);
    // In this order: code first, so that whatever starts next runs the new one; servers before services need them.
    registry.subscribe({
      name: 'code',
      commit: (update) => this.#rooms.runtime.invalidate(collectAffected(update)),
      settled: (update) => this.#tellOutdated(update),
    });
    registry.subscribe({ name: 'http', commit: (update) => this.#rooms.http.applyRoutes(update.after) });
    registry.subscribe({ name: 'events', settled: (update) => this.#announce(update) });
    registry.subscribe(this.#rooms.services.subscriber());
    this.#rooms.supervisor.subscribe(({ id, state }) =>
      this.#rooms.bus.publish('supervisor', `service.${state}`, id),
    );
    if (loaded.problems.length > 0) this.#options.onProblems?.(loaded.problems);
  }

  start(): Promise<void> {
    if (this.#stopping !== undefined) return Promise.reject(hubStopped());
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = undefined;
      this.#aliveTimer?.cancel();
      throw error;
    });
    return this.#starting;
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
    return this.#rooms.http.servers().flatMap((server) => {
      if (server.address === undefined) return [];
      const { host, port } = server.address;
      const { tls } = server.entry.data;
      const scheme = isMapping(tls) && tls.mode === 'manual' ? 'https' : 'http';
      return [{ id: server.entry.id, host, port, url: `${scheme}://${toUrlHost(host)}:${port}` }];
    });
  }

  inspect(): HubSnapshot {
    return {
      processes: this.#rooms.system.inspect(),
      services: this.#rooms.supervisor.states(),
      listening: this.listening(),
      version: this.registry.version,
    };
  }

  async call({ entryId, args = [] }: Parameters<Hub['call']>[0]): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      try {
        this.#rooms.system.call({ entryId, args: args.map(fromHost) }, (outcome) => {
          if (!outcome.ok && outcome.loadError !== undefined) reject(outcome.loadError);
          else resolve(outcome);
        });
      } catch (error) {
        reject(error);
      }
    });
  }

  runCommand(request: Parameters<Hub['runCommand']>[0]): RunningCommand {
    const hostId = request.hostId ?? this.#rooms.terminals.defaultHost();
    if (hostId === IMPLICIT_TERMINAL) this.#rooms.system.openHost(hostId);
    const { entryId, args } = request;
    const attachment = new TerminalArguments(args);
    const { system } = this.#rooms;
    const started = system.beginSpawn({ entryId, hostId, args: args.map(makeText), attachment });
    const pid = typeof started === 'string' ? started : started.pid;
    const ended = new Promise<Outcome>((resolve) => void system.watch(pid, resolve));
    return { pid, ended, cancel: () => system.cancel('', pid, 'interrupted') };
  }

  async #start(): Promise<void> {
    // Processes wait on timers that do not hold Node.js; a hub that runs does, whatever it consists of.
    this.#aliveTimer = this.#rooms.clock.setTimer(ALIVE_TIMER_MS, () => {}, { keepAlive: true });
    await this.#rooms.supervisor.startAll();
    if (this.#options.watch === true) this.#watch = await this.#openWatch();
    if (this.#stopping !== undefined) throw hubStopped();
  }

  #openWatch(): Promise<ApplicationWatch> {
    const onReload = this.#options.onReload ?? ((event) => this.#logReload(event));
    return watchApplication({
      load: () => this.#rooms.loader.load(),
      initial: this.#loaded!,
      registry: this.registry,
      openWatcher: openFileWatcher,
      clock: this.#rooms.clock,
      log: this.#rooms.log,
      onApplied: (reload) => onReload({ kind: 'applied', ...reload }),
      onRejected: (reload) => onReload({ kind: 'rejected', ...reload }),
      onRestored: () => onReload({ kind: 'restored' }),
    });
  }

  /** For programs that embed a hub and do not listen. */
  #logReload(event: ReloadEvent): void {
    switch (event.kind) {
      case 'applied':
        this.#rooms.log.info('reloaded', {
          version: event.version,
          entries: event.affected.map(({ id }) => id),
        });
        return;
      case 'rejected':
        this.#rooms.log.warn('reload rejected', {
          problems: event.problems.map((problem) => formatProblem(problem)),
          reason: event.error?.message,
        });
        return;
      case 'restored':
        this.#rooms.log.info('reload restored');
    }
  }

  #tellOutdated(update: RegistryUpdate): void {
    this.#rooms.system.notifyOutdated(collectAffected(update) as Set<EntryId>);
  }

  /** `app-format.md` 8.4. */
  #announce({ changes, version }: RegistryUpdate): void {
    this.#rooms.bus.publish('registry', 'registry.begin', `v${version}`);
    for (const change of changes) {
      const { id, kind } = change.operation === 'delete' ? change.previous : change.entry;
      this.#rooms.bus.publish('registry', `entry.${change.operation}`, id, { id, kind });
    }
    this.#rooms.bus.publish('registry', 'registry.commit', `v${version}`);
  }

  async #stopWithin(timeoutMs: number): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = this.#rooms.clock.setTimer(timeoutMs, () => resolve('late'), { keepAlive: true });
    });
    const result = await Promise.race([this.#stopInOrder(), late]).finally(() => timer?.cancel());
    if (result !== 'late') return;
    await Promise.all([this.#rooms.http.stop(0), this.#rooms.system.stop()]);
    throw new HubError('MH_HUB_STOP_TIMEOUT', {
      message: `Cannot stop in order: not finished after ${timeoutMs} ms, the rest was cut`,
      hint: 'Let processes end when they read CANCEL, or allow more time with shutdown.timeout.',
    });
  }

  /**
   * `app-format.md` § 10.1: no new work first, then services, then whatever is left. Two things may be starting
   * services meanwhile: `start()`, and changes of the registry. Both are told, waited for, and what they started
   * after all is stopped as well.
   */
  async #stopInOrder(): Promise<void> {
    const { services, supervisor } = this.#rooms;
    services.close();
    // Not waited for yet: a reload under way may be starting a service that takes its time.
    const watchClosed = this.#watch?.close();
    await supervisor.stopAll();
    await Promise.allSettled([this.#starting, watchClosed, services.idle()]);
    await this.#watch?.close();
    await supervisor.stopAll();
    await this.#rooms.http.stop();
    await this.#rooms.system.stop();
  }
}

function hubStopped(): HubError {
  return new HubError('MH_HUB_STOPPED', {
    message: 'Cannot start the hub: it was stopped',
    hint: 'Make another one with createHub.',
  });
}

/** Never fires in the life of a program; it is there to be pending. */
const ALIVE_TIMER_MS = Number.MAX_SAFE_INTEGER;

function toUrlHost(host: string): string {
  if (host === '' || host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
