/**
 * One hub: an application, loaded, checked and running. Nothing here is global; two hubs live in one Node.js
 * process without knowing of each other.
 */
import path from 'node:path';
import {
  type ByteBudgetSnapshot,
  type EntryId,
  HubError,
  isolate,
  type Pid,
  printable,
  type Timer,
} from '../base/index.ts';
import { makeText } from '../lua/index.ts';
import type { ProcessSnapshot } from '../process/index.ts';
import {
  collectAffected,
  formatProblem,
  type KindTable,
  type LoadResult,
  type Problem,
  Registry,
  type RegistryUpdate,
  toLoadFailure,
  toRefusal,
} from '../registry/index.ts';
import { type ApplicationWatch, createOpenFileWatcher, watchApplication } from '../reload/index.ts';
import {
  defaultTerminalHost,
  IMPLICIT_TERMINAL,
  type ServiceStatus,
  TerminalArguments,
} from '../service/index.ts';
import { callFunction, toCallResult } from './call-result.ts';
import type { CallResult, Listening } from './extension.ts';
import { checkCallRequest, checkCommandRequest, checkHubOptions, checkStopOptions } from './option-check.ts';
import {
  type CallRequest,
  type CommandRequest,
  type HubOptions,
  type ReloadEvent,
  SHUTDOWN_TIMEOUT_MS,
  type StopOptions,
} from './options.ts';
import { type Rooms, wireRooms } from './rooms.ts';
import { Shutdown } from './shutdown.ts';
import type { StopProgress } from './stop-progress.ts';

/** What runs at one moment. Plain data. */
export interface HubSnapshot {
  /** Oldest first; connections and function calls included. */
  readonly processes: readonly ProcessSnapshot[];
  readonly services: readonly ServiceStatus[];
  readonly listening: readonly Listening[];
  /** Version of the registry; 0 = as loaded. */
  readonly version: number;
  /** What waits for slow clients and slow processes, against what may. */
  readonly queued: ByteBudgetSnapshot;
  /** Who a stop is waiting for; absent when the hub is not stopping. */
  readonly stopping?: StopProgress;
}

/** A process started with `runCommand`. */
export interface RunningCommand {
  readonly pid: Pid;
  /** Never rejects. */
  readonly ended: Promise<CallResult>;
  /** Sends CANCEL; nothing happens when it has ended. */
  cancel(): void;
}

/** An application, ready to start. */
export interface Hub extends AsyncDisposable {
  /** The entries as they are now. */
  readonly registry: Registry;
  /** The kinds of the extensions that are open, with their schemas. */
  readonly kinds: KindTable;
  /**
   * Starts every service with `auto_start`, dependencies first. A second call waits for the first.
   * @throws HubError when a required service does not start or `stop()` came first; what had started is stopped
   * again, and after a failure `start()` may be tried once more. MH_HUB_STOPPED after `stop()`.
   */
  start(): Promise<void>;
  /**
   * First nothing new is taken: connections are refused, requests get 503, `start`, `call` and `runCommand`
   * MH_HUB_STOPPED. Then
   * clients are told to come back, while everything still runs, and what is under way may end; then services stop,
   * dependents before what they require (servers and process hosts are services too); then whatever is left. A step that
   * fails is logged and the others are taken. One that takes long is reported to `onStopProgress`. Idempotent: the same
   * promise.
   * @throws MH_HUB_STOP_TIMEOUT when the time was not enough; the rest was cut then. MH_HUB_OPTION_INVALID; nothing is
   * stopped then.
   */
  stop(options?: StopOptions): Promise<void>;
  listening(): readonly Listening[];
  /** Loads and opens every extension, needed or not: from then on `kinds` has all there are. */
  openExtensions(): Promise<void>;
  /**
   * Loads every program once and throws it away, as is done with what changes before it is applied: nothing it does
   * reaches the world.
   * @returns what would not load, with its place.
   */
  tryPrograms(): Promise<readonly Problem[]>;
  /** One snapshot of everything that runs. */
  inspect(): HubSnapshot;
  /**
   * Calls a function and waits for its end.
   * @param request.args plain data, copied.
   * @returns plain data too: strings as text, tables as arrays and objects.
   * @throws HubError when there is no such function or its code cannot be loaded; MH_HUB_STOPPED after `stop()`.
   */
  call(request: CallRequest): Promise<CallResult>;
  /**
   * Starts a process for the terminal. Without `hostId`: the only `terminal.host`, else the implicit one.
   * @throws HubError when it cannot be started, or several terminal hosts leave the choice open. A load that goes on
   *   after this has returned and fails is how the process `ended`.
   */
  runCommand(request: CommandRequest): RunningCommand;
}

/**
 * Loads and checks an application; nothing of it runs yet.
 * @throws MH_REGISTRY_LOAD_FAILED with every problem found in `details.problems`; MH_HUB_OPTION_INVALID for an option
 * that is not known or is of the wrong type.
 * @example
 * const hub = await createHub({ path: 'registry/guide' });
 * await hub.start();
 * console.log(hub.listening()[0]?.url, hub.inspect().processes.length);
 * await hub.stop();
 */
export async function createHub(options: HubOptions = {}): Promise<Hub> {
  checkHubOptions(options);
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
  readonly #shutdown: Shutdown;
  /** Calls of the embedding program that have not ended. */
  #calls = 0;
  #isExiting = false;
  #aliveTimer: Timer | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#rooms = wireRooms(
      options,
      () => this.#registry,
      (code) => this.#exit(code),
    );
    this.#shutdown = new Shutdown({
      rooms: this.#rooms,
      starting: () => this.#starting,
      closeWatch: () => this.#watch?.close(),
      callCount: () => this.#calls,
      report: (progress) => this.#reportStop(progress),
    });
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
      clock: this.#rooms.clock,
      admit: (entries) => this.#rooms.extensions.admit(entries),
      ...(this.#options.registryVersionsMax === undefined
        ? {}
        : { versionsMax: this.#options.registryVersionsMax }),
    });
    this.#registry = registry;
    // In this order: code first, so that whatever starts next runs the new one; servers before services need them.
    registry.subscribe({
      name: 'code',
      prepare: (update) => this.#tryPrograms(update),
      commit: (update) => this.#rooms.runtime.invalidate(collectAffected(update)),
      settled: (update) => this.#tellOutdated(update),
    });
    await this.#rooms.extensions.follow(registry, (subscriber) => void registry.subscribe(subscriber));
    this.#rooms.services.declareAll(registry);
    registry.subscribe({ name: 'events', settled: (update) => this.#announce(update) });
    registry.subscribe(this.#rooms.services.subscriber());
    this.#rooms.supervisor.subscribe(({ id, state }) =>
      this.#rooms.bus.publish('supervisor', `service.${state}`, id),
    );
    if (loaded.problems.length > 0)
      this.#tellEmbedder('onProblems', () => this.#options.onProblems?.(loaded.problems));
  }

  start(): Promise<void> {
    if (this.#shutdown.hasBegun) return Promise.reject(hubStopped('start'));
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = undefined;
      if (!this.#shutdown.hasBegun) this.#aliveTimer?.cancel();
      throw error;
    });
    return this.#starting;
  }

  stop(options: StopOptions = {}): Promise<void> {
    try {
      checkStopOptions(options);
    } catch (error) {
      return Promise.reject(error);
    }
    const { timeoutMs } = options;
    if (this.#shutdown.hasBegun) return this.#shutdown.stop(timeoutMs);
    const stopped = this.#shutdown.stop(timeoutMs ?? this.#options.shutdownTimeoutMs ?? SHUTDOWN_TIMEOUT_MS);
    const letGo = (): void => this.#aliveTimer?.cancel();
    stopped.then(letGo, letGo);
    return stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  listening(): readonly Listening[] {
    return this.#rooms.extensions.listening();
  }

  inspect(): HubSnapshot {
    const stopping = this.#shutdown.progress;
    return {
      processes: this.#rooms.system.inspect(),
      services: this.#rooms.supervisor.states(),
      listening: this.listening(),
      version: this.registry.version,
      queued: this.#rooms.budget.inspect(),
      ...(stopping === undefined ? {} : { stopping }),
    };
  }

  async call(request: CallRequest): Promise<CallResult> {
    checkCallRequest(request);
    const { entryId, args } = request;
    if (this.#shutdown.hasBegun) throw hubStopped(`call '${entryId}'`);
    this.#calls++;
    try {
      return await callFunction(this.#rooms.system, entryId, args);
    } finally {
      this.#calls--;
      this.#shutdown.callEnded();
    }
  }

  openExtensions(): Promise<void> {
    return this.#rooms.extensions.openAll();
  }

  tryPrograms(): Promise<readonly Problem[]> {
    return this.#rooms.runtime.tryAll();
  }

  runCommand(request: CommandRequest): RunningCommand {
    checkCommandRequest(request);
    if (this.#shutdown.hasBegun) throw hubStopped(`run '${request.entryId}'`);
    const hostId = request.hostId ?? defaultTerminalHost(this.registry);
    if (hostId === IMPLICIT_TERMINAL) this.#rooms.system.openHost(hostId);
    const { entryId, args } = request;
    const attachment = new TerminalArguments(args);
    const { system } = this.#rooms;
    const started = system.beginSpawn({ entryId, hostId, args: args.map(makeText), attachment });
    const pid = typeof started === 'string' ? started : started.pid;
    const ended = new Promise<CallResult>(
      (resolve) => void system.watch(pid, (outcome) => resolve(toCallResult(outcome))),
    );
    const cancel = (): void => {
      if (system.isAlive(pid)) system.cancel('', pid, 'interrupted');
    };
    return { pid, ended, cancel };
  }

  async #start(): Promise<void> {
    // Processes wait on timers that do not hold Node.js; a hub that runs does, whatever it consists of.
    this.#aliveTimer = this.#rooms.clock.setTimer(ALIVE_TIMER_MS, () => {}, { keepAlive: true });
    await this.#rooms.supervisor.startAll();
    if (this.#options.watch === true || this.#options.watch === 'poll') this.#watch = await this.#openWatch();
    if (this.#shutdown.hasBegun) throw hubStopped('start');
  }

  #openWatch(): Promise<ApplicationWatch> {
    const given = this.#options.onReload;
    const onReload = (event: ReloadEvent): void =>
      given === undefined ? this.#logReload(event) : this.#tellEmbedder('onReload', () => given(event));
    return watchApplication({
      load: (state) => this.#rooms.loader.load(state),
      initial: this.#loaded!,
      registry: this.registry,
      openWatcher: createOpenFileWatcher({
        isPolling: this.#options.watch === 'poll',
        clock: this.#rooms.clock,
      }),
      startFiles: (this.#options.startFiles ?? []).map((file) => path.resolve(this.#rooms.cwd, file)),
      onStartFile: (file) => onReload({ kind: 'start-file', file }),
      clock: this.#rooms.clock,
      log: this.#rooms.log,
      onApplied: (reload) => onReload({ kind: 'applied', ...reload }),
      onRejected: (reload) => onReload({ kind: 'rejected', ...reload }),
      onRestored: () => onReload({ kind: 'restored' }),
    });
  }

  /** `modules.md` § 22: a program asked for the end. Its own code returns before anything stops. */
  #exit(code: number): void {
    if (this.#isExiting || this.#shutdown.hasBegun) return;
    this.#isExiting = true;
    this.#tellEmbedder('onExit', () => this.#options.onExit?.(code));
    this.#rooms.clock.defer(() => {
      this.stop().catch((error: unknown) => this.#rooms.log.error('stop failed', { error }));
    });
  }

  /** The program's callbacks are the program's: their faults must not become ours. */
  #tellEmbedder(callback: string, call: () => unknown): void {
    void isolate(this.#rooms.log, 'callback failed', { callback }, call);
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
          reason: event.error === undefined ? undefined : printable(event.error.message),
          refused: event.refused,
        });
        return;
      case 'restored':
        this.#rooms.log.info('reload restored');
        return;
      case 'start-file':
        this.#rooms.log.warn('saved file counts from the next start on', { file: event.file });
        return;
      default:
        event satisfies never;
    }
  }

  /** `app-format.md` 8.6: whoever makes a change, what would not load is refused before anything is touched. */
  async #tryPrograms(update: RegistryUpdate): Promise<void> {
    const changed = new Set(
      update.changes.flatMap((change) => (change.operation === 'delete' ? [] : change.entry.id)),
    );
    const { before, after } = update;
    const problems = await this.#rooms.runtime.try({
      changed,
      affected: collectAffected(update),
      before,
      after,
    });
    if (problems.length > 0) throw toRefusal(problems);
  }

  #reportStop(progress: StopProgress): void {
    const given = this.#options.onStopProgress;
    const { work, ...rest } = progress;
    if (given !== undefined) this.#tellEmbedder('onStopProgress', () => given(progress));
    else this.#rooms.log.warn('still stopping', { ...rest, ...work });
  }

  #tellOutdated(update: RegistryUpdate): void {
    this.#rooms.system.notifyOutdated(collectAffected(update) as ReadonlySet<EntryId>);
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
}

function hubStopped(action: string): HubError {
  return new HubError('MH_HUB_STOPPED', {
    message: `Cannot ${action}: the hub was stopped`,
    hint: 'Make another one with createHub.',
  });
}

/** Never fires in the life of a program; it is there to be pending. */
const ALIVE_TIMER_MS = Number.MAX_SAFE_INTEGER;
