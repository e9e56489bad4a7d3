/**
 * One supervised service: a state machine around a runner (`process.md` § 16).
 *
 *   unknown/stopped/failed/exited --start--> starting --> running --ended well--> exited
 *   starting/running --failure--> failed --back-off--> starting       (terminal failure --> exited)
 *   running --stop--> stopping --> stopped                            (too slow: killed --> failed)
 *
 * Every run has a number. A runner keeps the callback of its run, and one that reports late - after a timeout, after
 * a kill, after a restart - is recognised by the old number and ignored.
 */
import {
  type Clock,
  describeFailure,
  type Failure,
  HubError,
  isolate,
  type Log,
  type Timer,
  toFailure,
} from '../base/index.ts';
import type { EndPurpose, Outcome } from '../process/index.ts';
import type { Lifecycle } from '../registry/index.ts';
import { isTerminal, restartDelayMs } from './restart.ts';
import type { ServiceRunner } from './runnable-kind.ts';

/**
 * `unknown`: never started. `starting`: the start step runs. `running`. `stopping`: asked to stop. `stopped`: on
 * request. `failed`: will be restarted, or is out of attempts, or had to be killed. `exited`: ended by itself, or
 * failed in a way no restart mends.
 */
export type ServiceState = 'unknown' | 'starting' | 'running' | 'stopping' | 'stopped' | 'failed' | 'exited';

/** A service as the supervisor is told of it. */
export interface ServiceSpec {
  /** Entry ID. */
  readonly id: string;
  /**
   * Services that must run first; started before this one, stopped after it. Those of the lifecycle block and those
   * the entry names.
   */
  readonly requires: readonly string[];
  readonly lifecycle: Lifecycle;
  readonly runner: ServiceRunner;
}

/** A service as it is now. */
export interface ServiceStatus {
  readonly id: string;
  readonly state: ServiceState;
  /** Why it is `failed` or `exited`; undefined after a normal end. */
  readonly failure: Failure | undefined;
  /** Failures in a row. */
  readonly failures: number;
  /** When the state began, milliseconds since the Unix epoch. */
  readonly sinceMs: number;
  /** When it will be started again, if it waits for that; milliseconds since the Unix epoch. */
  readonly restartAtMs: number | undefined;
}

/** What a service needs from its surroundings. */
export interface ServicePorts {
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Told after every change of state. */
  readonly changed: (status: ServiceStatus) => void;
}

/** Why a service failed that was ended with the whole application, without time for a stop. */
const CUT: Failure = { kind: 'Canceled', message: 'it was cut: there was no time left', retryable: false };

/** Reason a process reads in its CANCEL event (`process.md` § 9.6). */
export const STOP_REASON = 'service stopping';

/** One service. */
export class Service {
  readonly #ports: ServicePorts;
  #spec: ServiceSpec;
  /** Whose run this is. Another one in the spec takes its place with the next start. */
  #runner: ServiceRunner;
  #state: ServiceState = 'unknown';
  #failure: Failure | undefined;
  #failures = 0;
  #run = 0;
  /** The latest run that was given up before it had started or ended. */
  #abandoned = 0;
  #runningSinceMs = 0;
  #sinceMs: number;
  #restartAtMs: number | undefined;
  #restartTimer: Timer | undefined;
  /** Settles when the start step under way has; true = it runs. */
  #starting: Promise<boolean> = Promise.resolve(false);
  #stopping: Promise<void> = Promise.resolve();
  #finishStart: ((isRunning: boolean) => void) | undefined;
  #finishStop: ((state: 'stopped' | 'failed') => void) | undefined;

  constructor(spec: ServiceSpec, ports: ServicePorts) {
    this.#spec = spec;
    this.#runner = spec.runner;
    this.#ports = ports;
    this.#sinceMs = ports.clock.epochMs();
  }

  /** The settings in force. */
  get spec(): ServiceSpec {
    return this.#spec;
  }

  get state(): ServiceState {
    return this.#state;
  }

  /** Something of it runs. */
  get isRunning(): boolean {
    return this.#state === 'starting' || this.#state === 'running' || this.#state === 'stopping';
  }

  /** Something of it runs, or will run again without being asked. */
  get isActive(): boolean {
    return this.isRunning || this.#restartTimer !== undefined;
  }

  status(): ServiceStatus {
    return {
      id: this.#spec.id,
      state: this.#state,
      failure: this.#failure,
      failures: this.#failures,
      sinceMs: this.#sinceMs,
      restartAtMs: this.#restartAtMs,
    };
  }

  /**
   * Gives it other settings: they hold from the next decision on, and timers that run go on as they are. Another
   * runner takes over with the next start.
   */
  configure(spec: ServiceSpec): void {
    const superseded = this.#spec.runner;
    this.#spec = spec;
    if (superseded !== spec.runner && superseded !== this.#runner) this.#letGo(superseded);
    if (!this.isRunning) this.#takeRunner();
  }

  /** Lets go of its runner, for good. Only when nothing runs. */
  close(): void {
    this.#takeRunner();
    this.#letGo(this.#runner);
  }

  /**
   * Starts it, unless it runs. Earlier failures are forgiven: somebody asked.
   * @returns whether it runs, or ran to a good end at once.
   */
  async start(): Promise<boolean> {
    while (this.#state === 'stopping') await this.#stopping;
    if (this.#state === 'running') return true;
    if (this.#state === 'starting') return this.#starting;
    this.#failures = 0;
    return this.#launch();
  }

  /** Gives up before trying, e.g. because a requirement does not run. */
  refuse(error: HubError): void {
    this.#exit(toFailure(error));
  }

  /**
   * Stops it; a pending restart is withdrawn. Does nothing to one that is down (§ 16.6).
   * @param purpose what comes afterwards.
   */
  async stop(purpose: EndPurpose = 'stop'): Promise<void> {
    while (this.#state === 'starting') await this.#starting;
    if (this.#state === 'stopping') return this.#stopping;
    if (this.#restartTimer !== undefined) this.#enter('stopped');
    if (this.#state === 'running') return this.#halt(purpose);
  }

  /** Ends what runs of it now, and waits for nothing; a pending restart is withdrawn. */
  cut(): void {
    switch (this.#state) {
      case 'stopping':
        this.#stopRefused(CUT);
        return;
      case 'starting':
      case 'running':
        this.#abandon();
        this.#failure = CUT;
        this.#enter('failed');
        this.#settleStart(false);
        return;
      default:
        if (this.#restartTimer !== undefined) this.#enter('stopped');
    }
  }

  #launch(): Promise<boolean> {
    this.#takeRunner();
    const runner = this.#runner;
    const run = ++this.#run;
    this.#enter('starting');
    this.#starting = new Promise((resolve) => {
      this.#finishStart = resolve;
    });
    const { lifecycle } = this.#spec;
    const timer = this.#ports.clock.setTimer(lifecycle.startTimeoutMs, () => this.#startTimedOut(run));
    const started = (): void => {
      timer.cancel();
      if (this.#run === run && this.#state === 'starting') this.#begin();
      else if (this.#abandoned === run && this.#run === run + 1 && !this.isRunning) this.#discard(runner);
    };
    const refused = (thrown: unknown): void => {
      timer.cancel();
      if (this.#run === run && this.#state === 'starting') this.#startRefused(toFailure(thrown));
    };
    try {
      const pending = runner.start((outcome) => this.#ended(run, outcome));
      if (pending === undefined) started();
      else pending.then(started, refused);
    } catch (thrown) {
      refused(thrown);
    }
    return this.#starting;
  }

  #begin(): void {
    this.#runningSinceMs = this.#ports.clock.monotonicMs();
    this.#enter('running');
    this.#settleStart(true);
  }

  /** Start failures are terminal (§ 16), except that an optional service is tried again where that may help. */
  #startRefused(failure: Failure): void {
    if (this.#spec.lifecycle.isOptional && failure.retryable === true) this.#retry(failure);
    else this.#exit(failure);
    this.#settleStart(false);
  }

  #startTimedOut(run: number): void {
    if (this.#run !== run || this.#state !== 'starting') return;
    this.#abandon();
    const { id, lifecycle } = this.#spec;
    const error = new HubError('MH_SERVICE_START_TIMEOUT', {
      message: `Cannot start '${id}': it did not start within ${lifecycle.startTimeoutMs} ms`,
      hint: 'Raise lifecycle.start_timeout, or look at what its start waits for.',
    });
    this.#retry(toFailure(error));
    this.#settleStart(false);
  }

  #ended(run: number, outcome: Outcome): void {
    if (this.#run !== run) return;
    if (this.#state === 'stopping') this.#finishStop?.('stopped');
    else if (this.#state === 'running' || this.#state === 'starting') {
      this.#judge(outcome);
      this.#settleStart(outcome.ok);
    }
  }

  #judge(outcome: Outcome): void {
    if (outcome.ok) this.#exit(undefined);
    else if (isTerminal(outcome.failure)) this.#exit(outcome.failure);
    else this.#retry(outcome.failure);
  }

  #exit(failure: Failure | undefined): void {
    this.#failure = failure;
    if (failure === undefined) this.#failures = 0;
    else
      this.#ports.log.error('service failed for good', {
        service: this.#spec.id,
        reason: describeFailure(failure),
      });
    this.#enter('exited');
  }

  #retry(failure: Failure): void {
    const { clock, log, random } = this.#ports;
    const { restart, stableThresholdMs } = this.#spec.lifecycle;
    const isStable =
      this.#state === 'running' && clock.monotonicMs() - this.#runningSinceMs >= stableThresholdMs;
    this.#failures = isStable ? 1 : this.#failures + 1;
    this.#failure = failure;
    const fields = { service: this.#spec.id, reason: describeFailure(failure), failures: this.#failures };
    if (restart.attemptsMax > 0 && this.#failures >= restart.attemptsMax) {
      log.error('service out of attempts', fields);
      this.#enter('failed');
      return;
    }
    const delayMs = restartDelayMs(restart, this.#failures, random());
    log.warn('service failed', { ...fields, restartInMs: Math.round(delayMs) });
    this.#enter('failed', delayMs);
  }

  #halt(purpose: EndPurpose): Promise<void> {
    const { lifecycle } = this.#spec;
    this.#stopping = new Promise((resolve) => {
      const timer = this.#ports.clock.setTimer(lifecycle.stopTimeoutMs, () => this.#stopTimedOut(), {
        keepAlive: true,
      });
      this.#finishStop = (state) => {
        timer.cancel();
        this.#finishStop = undefined;
        this.#run++;
        this.#enter(state);
        resolve();
      };
    });
    const run = this.#run;
    this.#enter('stopping');
    const stopped = (): void => {
      if (this.#run === run) this.#finishStop?.('stopped');
    };
    const refused = (thrown: unknown): void => {
      if (this.#run === run) this.#stopRefused(toFailure(thrown));
    };
    try {
      const pending = this.#runner.stop(STOP_REASON, purpose);
      if (pending === undefined) stopped();
      else pending.then(stopped, refused);
    } catch (thrown) {
      refused(thrown);
    }
    return this.#stopping;
  }

  #stopTimedOut(): void {
    const { id, lifecycle } = this.#spec;
    const error = new HubError('MH_SERVICE_STOP_TIMEOUT', {
      message: `Cannot stop '${id}' gracefully: it did not stop within ${lifecycle.stopTimeoutMs} ms`,
      hint: 'Let the process answer the CANCEL event, or raise lifecycle.stop_timeout.',
    });
    this.#stopRefused(toFailure(error));
  }

  #stopRefused(failure: Failure): void {
    this.#ports.log.warn('service killed', { service: this.#spec.id, reason: describeFailure(failure) });
    this.#failure = failure;
    const finish = this.#finishStop;
    // Before the kill: the end it causes is no graceful stop.
    this.#run++;
    this.#kill();
    finish?.('failed');
  }

  /** From now on this run is nobody's: whatever it still reports is ignored, and if it starts it is ended. */
  #abandon(): void {
    this.#abandoned = this.#run++;
    if (this.#runner.kill !== undefined || this.#state === 'starting') this.#kill();
    else this.#discard(this.#runner);
  }

  /** Ends a run that nobody waits for. */
  #discard(runner: ServiceRunner): void {
    isolate(this.#ports.log, 'service left running', { service: this.#spec.id }, () =>
      runner.stop(STOP_REASON, 'stop'),
    );
  }

  #kill(): void {
    isolate(this.#ports.log, 'service kill failed', { service: this.#spec.id }, () => this.#runner.kill?.());
  }

  #takeRunner(): void {
    const previous = this.#runner;
    this.#runner = this.#spec.runner;
    if (previous !== this.#runner) this.#letGo(previous);
  }

  #letGo(runner: ServiceRunner): void {
    isolate(this.#ports.log, 'service close failed', { service: this.#spec.id }, () => runner.close?.());
  }

  #settleStart(isRunning: boolean): void {
    this.#finishStart?.(isRunning);
    this.#finishStart = undefined;
  }

  #enter(state: ServiceState, restartInMs?: number): void {
    this.#restartTimer?.cancel();
    this.#restartTimer = undefined;
    this.#restartAtMs = undefined;
    if (state === 'starting' || state === 'running' || state === 'stopped') this.#failure = undefined;
    this.#state = state;
    this.#sinceMs = this.#ports.clock.epochMs();
    if (restartInMs !== undefined) {
      this.#restartAtMs = this.#sinceMs + restartInMs;
      this.#restartTimer = this.#ports.clock.setTimer(restartInMs, () => void this.#launch());
    }
    this.#ports.changed(this.status());
  }
}
