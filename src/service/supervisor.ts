/**
 * The supervisor: services and what they require of each other. It decides the order - requirements first on the way
 * up, dependents first on the way down - and leaves each service's own life to its state machine (`service.ts`).
 */
import {
  type Clock,
  describeFailure,
  type Failure,
  HubError,
  isolate,
  type Log,
  toFailure,
} from '../base/index.ts';
import type { EndPurpose } from '../process/index.ts';
import { toLevels } from './level.ts';
import { Service, type ServiceSpec, type ServiceStatus } from './service.ts';

/** What a supervisor needs. */
export interface SupervisorOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to 1; spreads restarts. */
  readonly random: () => number;
}

/** Why services could not be started, by ID. */
type Failures = Map<string, Failure>;

/** All services of the application. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #services = new Map<string, Service>();
  readonly #listeners = new Set<(status: ServiceStatus) => void>();
  /** Counts `stopAll` calls, so that a start under way notices one. */
  #stops = 0;
  #isClosed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /**
   * Makes a service known; it does not start.
   * @throws MH_SERVICE_EXISTS
   */
  add(spec: ServiceSpec): void {
    if (this.#services.has(spec.id)) {
      throw new HubError('MH_SERVICE_EXISTS', { message: `Cannot add '${spec.id}': a service has this ID` });
    }
    const { clock, log, random } = this.#options;
    const changed = (status: ServiceStatus): void => this.#tell(status);
    this.#services.set(spec.id, new Service(spec, { clock, log, random, changed }));
  }

  /** Whether a service of this ID is known. */
  has(id: string): boolean {
    return this.#services.has(id);
  }

  /**
   * Stops a service and forgets it; unknown IDs are fine. Those that require it run on (§ 16.11).
   * @param purpose `restart`: another one of this ID takes its place at once. Default `stop`.
   */
  async remove(id: string, purpose: EndPurpose = 'stop'): Promise<void> {
    const service = this.#services.get(id);
    if (service === undefined) return;
    // Whoever waited for the stop to start it again must not leave a run behind that nobody knows.
    do await service.stop(purpose);
    while (service.isActive);
    if (this.#services.get(id) !== service) return;
    this.#services.delete(id);
    service.close();
  }

  /**
   * Gives a service other settings, in force at once; what runs goes on. Another runner in them takes over with the
   * next start: see `restart`.
   * @throws MH_SERVICE_NOT_FOUND
   */
  configure(spec: ServiceSpec): void {
    this.#require(spec.id).configure(spec);
  }

  /**
   * Stops a service gracefully and starts it again; not counted as a failure.
   * @throws MH_SERVICE_NOT_FOUND, and as `start`
   */
  async restart(id: string): Promise<void> {
    await this.#require(id).stop('restart');
    await this.start(id);
  }

  /**
   * Starts a service and, before it, what it requires.
   * @throws MH_SERVICE_NOT_FOUND, MH_SERVICE_CYCLE; MH_SERVICE_START_FAILED with the reason
   */
  async start(id: string): Promise<void> {
    this.#require(id);
    const failure = (await this.#startSet([id])).get(id);
    if (failure !== undefined) throw startFailed([[id, failure]]);
  }

  /**
   * Stops a service.
   * @throws MH_SERVICE_NOT_FOUND
   */
  async stop(id: string): Promise<void> {
    await this.#require(id).stop();
  }

  /**
   * Starts every service with `autoStart` and all they require, independent ones together. Optional services that
   * do not start are logged; when a required one does not, everything is stopped again (§ 16.10).
   * @throws MH_SERVICE_CYCLE before anything started; MH_SERVICE_START_FAILED, details `{services: {id: reason}}`
   */
  async startAll(): Promise<void> {
    const wanted = [...this.#services.values()].filter(({ spec }) => spec.lifecycle.autoStart);
    const failures = await this.#startSet(wanted.map(({ spec }) => spec.id));
    const fatal = wanted.flatMap(({ spec }): [string, Failure][] => {
      const failure = spec.lifecycle.isOptional ? undefined : failures.get(spec.id);
      return failure === undefined ? [] : [[spec.id, failure]];
    });
    if (fatal.length === 0) return;
    // Whoever closed it stops what had started, when its time has come.
    if (!this.#isClosed) await this.stopAll();
    throw startFailed(fatal);
  }

  /** From now on nothing is started any more; what runs goes on until `stopAll`. */
  close(): void {
    this.#isClosed = true;
  }

  /** Stops everything, dependents before what they require, level by level (§ 16.12). Idempotent. */
  async stopAll(): Promise<void> {
    this.#stops++;
    const { levels, cycle } = toLevels(this.#services.keys(), (id) => this.#requiresOf(id));
    // A circle added at run time has no order; it is stopped first, all at once.
    if (cycle !== undefined)
      await this.#stopLevel([...this.#services.keys()].filter((id) => !levels.flat().includes(id)));
    for (const level of levels.reverse()) await this.#stopLevel(level);
  }

  /** Ends now what `stopAll` has not ended yet; nothing is waited for. */
  cutAll(): void {
    this.#stops++;
    for (const service of this.#services.values()) service.cut();
  }

  /** Whether something of a service runs, or will run again without being asked. */
  isActive(id: string): boolean {
    return this.#services.get(id)?.isActive === true;
  }

  /** One service, or `undefined`. */
  status(id: string): ServiceStatus | undefined {
    return this.#services.get(id)?.status();
  }

  /** Every service as it is now, in the order they were added. */
  states(): ServiceStatus[] {
    return Array.from(this.#services.values(), (service) => service.status());
  }

  /**
   * Tells every change of state.
   * @returns ends the subscription.
   */
  subscribe(listener: (status: ServiceStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async #startSet(targets: readonly string[]): Promise<Failures> {
    const needed = this.#closureOf(targets);
    const { levels, cycle } = toLevels(needed, (id) => this.#requiresOf(id));
    if (cycle !== undefined) {
      throw new HubError('MH_SERVICE_CYCLE', {
        message: `Cannot start services: they require each other, got ${cycle.join(' -> ')}`,
        hint: 'Remove one of the requirements from lifecycle.requires.',
      });
    }
    const failures: Failures = new Map();
    const stops = this.#stops;
    for (const level of levels) {
      if (this.#isClosed || this.#stops !== stops) break;
      await Promise.all(level.map((id) => this.#startOne(id, failures, !targets.includes(id))));
    }
    return this.#stops === stops && !this.#isClosed
      ? failures
      : new Map(targets.map((id) => [id, STOPPED_MEANWHILE]));
  }

  async #startOne(id: string, failures: Failures, isRequirement: boolean): Promise<void> {
    const service = this.#services.get(id);
    if (service === undefined) return;
    const { state, failure } = service.status();
    if (state === 'running') return;
    // A one-shot service that has done its work is not run again for a newcomer's sake.
    if (isRequirement && state === 'exited' && failure === undefined) return;
    const obstacle = this.#obstacleOf(id, failures);
    if (obstacle !== undefined && !service.isActive) service.refuse(obstacle);
    if (obstacle !== undefined) failures.set(id, toFailure(obstacle));
    else if (!(await service.start())) failures.set(id, service.status().failure ?? STOPPED_MEANWHILE);
  }

  /** Why a service cannot be started now, if so (§ 16.9). */
  #obstacleOf(id: string, failures: Failures): HubError | undefined {
    for (const required of this.#requiresOf(id)) {
      if (!this.#services.has(required)) {
        return new HubError('MH_SERVICE_REQUIREMENT_NOT_FOUND', {
          message: `Cannot start '${id}': it requires '${required}', which is no service`,
          hint: 'Correct lifecycle.requires, or declare the missing entry.',
        });
      }
      const failure = failures.get(required);
      if (failure === undefined) continue;
      return new HubError('MH_SERVICE_REQUIREMENT_FAILED', {
        message: `Cannot start '${id}': '${required}' did not start: ${describeFailure(failure)}`,
      });
    }
    return undefined;
  }

  #closureOf(targets: readonly string[]): Set<string> {
    const closure = new Set(targets);
    // A Set iterates over what is added meanwhile.
    for (const id of closure) {
      for (const required of this.#requiresOf(id)) if (this.#services.has(required)) closure.add(required);
    }
    return closure;
  }

  async #stopLevel(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#services.get(id)?.stop()));
  }

  #requiresOf(id: string): readonly string[] {
    return this.#services.get(id)?.spec.requires ?? [];
  }

  #require(id: string): Service {
    const service = this.#services.get(id);
    if (service !== undefined) return service;
    throw new HubError('MH_SERVICE_NOT_FOUND', { message: `Cannot find service '${id}': no such service` });
  }

  #tell(status: ServiceStatus): void {
    // Failures were logged where they were judged.
    const { log } = this.#options;
    const isPassing = status.state === 'starting' || status.state === 'stopping';
    if (status.failure === undefined)
      log[isPassing ? 'debug' : 'info'](`service ${status.state}`, { service: status.id });
    // A listener that throws must not stop a state machine half way.
    for (const listener of this.#listeners)
      isolate(log, 'service listener failed', { service: status.id }, () => listener(status));
  }
}

const STOPPED_MEANWHILE: Failure = {
  kind: 'Canceled',
  message: 'it was stopped while it started',
  retryable: false,
};

function startFailed(failures: readonly (readonly [string, Failure])[]): HubError {
  const [id, failure] = failures[0]!;
  return new HubError('MH_SERVICE_START_FAILED', {
    message: `Cannot start '${id}': ${describeFailure(failure)}`,
    kind: failure.kind === 'Invalid' ? 'Invalid' : 'Unavailable',
    details: { services: Object.fromEntries(failures.map(([key, { message }]) => [key, message])) },
  });
}
