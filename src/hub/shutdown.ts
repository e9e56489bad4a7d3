/**
 * How a hub stops (`app-format.md` § 10, `relay.md` L9): five stages, one after the other.
 *
 *   refuse      nothing new is taken: listeners close, open connections get 503, changes and saves start nothing
 *   drain       clients are told to come back, targets read it, requests and calls under way end; all services still run
 *   services    stop, dependents before what they require; servers and process hosts are services too
 *   extensions  close, newest first
 *   processes   what is left is ended
 *
 * Every stage runs whatever another one, or a part of one, throws. Each has a bound: `drain` half of the time there is,
 * each service its `stop_timeout`, the extensions CLOSE_MS, all of it the deadline. When that is reached the rest is cut.
 * The deadline can be moved closer at any time.
 */
import { Deadline, HubError, isolate, STOP_TIMEOUT_MS, type Timer } from '../base/index.ts';
import { IMPLICIT_TERMINAL } from '../service/index.ts';
import type { Rooms } from './rooms.ts';
import type { StopProgress, StopStage } from './stop-progress.ts';

/** What belongs to the hub and ends with it. */
export interface ShutdownParts {
  readonly rooms: Rooms;
  /** The start under way, if there is one: it may still start something. */
  starting(): Promise<unknown> | undefined;
  /** Stops watching files; resolves when no reload is under way. May be called again. */
  closeWatch(): Promise<unknown> | undefined;
  /** Calls of the embedding program that have not ended. */
  callCount(): number;
  /** Told when it takes longer than REPORT_MS, and whenever that changes. */
  report(progress: StopProgress): void;
}

/** How often it is looked who is waited for; the first time is the first report. */
const REPORT_MS = 1_000;

/** How long extensions may take to close before they are told to do it at once. */
const CLOSE_MS = 10_000;

/** How long what is cut may take to be gone. Beyond: it is left behind. */
const CUT_MS = 1_000;

interface Stage {
  readonly name: StopStage;
  /** Share of the time that is left. */
  readonly share: number;
  /** Longest time whatever is left; default no limit of its own. */
  readonly limitMs?: number;
  run(): unknown;
  /** The time of this stage is over, not that of the stop. */
  cut?(): unknown;
}

/** The stop of one hub. */
export class Shutdown {
  readonly #parts: ShutdownParts;
  readonly #deadline: Deadline;
  /** Resolves at the deadline. */
  readonly #cut: Promise<'late'>;
  readonly #stages: readonly Stage[];
  #stage: { readonly stage: Stage; readonly patience: Deadline } | undefined;
  #stopped: Promise<void> | undefined;
  #startedMs = 0;
  #reportTimer: Timer | undefined;
  #reported = '';
  #onCallEnd: (() => void) | undefined;

  constructor(parts: ShutdownParts) {
    this.#parts = parts;
    let cut: (reason: 'late') => void = () => {};
    this.#cut = new Promise((resolve) => {
      cut = resolve;
    });
    this.#deadline = new Deadline(parts.rooms.clock, () => cut('late'));
    this.#stages = [
      { name: 'refuse', share: 1, run: () => this.#refuse() },
      { name: 'drain', share: 0.5, run: () => this.#drain() },
      { name: 'services', share: 1, run: () => this.#stopServices() },
      {
        name: 'extensions',
        share: 1,
        limitMs: CLOSE_MS,
        run: () => parts.rooms.extensions.close(),
        cut: () => this.#within(CUT_MS, parts.rooms.extensions.cut()),
      },
      { name: 'processes', share: 1, run: () => parts.rooms.system.stop() },
    ];
  }

  /** Whether it was asked for. */
  get hasBegun(): boolean {
    return this.#stopped !== undefined;
  }

  /** Who is waited for; `undefined` when nothing stops, or all has stopped. */
  get progress(): StopProgress | undefined {
    if (this.#stage === undefined) return undefined;
    const { rooms, callCount } = this.#parts;
    const isBusy = (state: string): boolean => state === 'stopping' || state === 'starting';
    const work = { ...rooms.extensions.work(), calls: callCount() };
    return {
      stage: this.#stage.stage.name,
      services: rooms.supervisor
        .states()
        .filter(({ state }) => isBusy(state))
        .map(({ id }) => id),
      work: Object.fromEntries(Object.entries(work).filter(([, count]) => count > 0)),
      elapsedMs: Math.round(rooms.clock.monotonicMs() - this.#startedMs),
    };
  }

  /**
   * Stops; asked again, the nearest end counts.
   * @param timeoutMs from now on; `undefined` changes nothing.
   * @throws MH_HUB_STOP_TIMEOUT
   */
  stop(timeoutMs: number | undefined): Promise<void> {
    if (timeoutMs !== undefined) this.#deadline.within(timeoutMs);
    if (this.#stage !== undefined) this.#limit(this.#stage.stage, this.#stage.patience);
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** A call of the embedding program has ended. */
  callEnded(): void {
    if (this.#parts.callCount() === 0) this.#onCallEnd?.();
  }

  async #stop(): Promise<void> {
    const { clock } = this.#parts.rooms;
    this.#startedMs = clock.monotonicMs();
    this.#watch();
    const result = await Promise.race([this.#takeStages(), this.#cut]);
    this.#deadline.cancel();
    if (result === 'late') await this.#cutAll();
    this.#stage = undefined;
    this.#reportTimer?.cancel();
    if (result !== 'late') return;
    throw new HubError('MH_HUB_STOP_TIMEOUT', {
      message: `Cannot stop in order: not finished after ${Math.round(clock.monotonicMs() - this.#startedMs)} ms, the rest was cut`,
      hint: 'Let processes end when they read CANCEL, or allow more time with shutdown.timeout.',
    });
  }

  async #takeStages(): Promise<void> {
    const { clock, log } = this.#parts.rooms;
    for (const stage of this.#stages) {
      let end: () => void = () => {};
      const isOver = new Promise<'over'>((resolve) => {
        end = () => resolve('over');
      });
      const patience = new Deadline(clock, end);
      this.#stage = { stage, patience };
      this.#limit(stage, patience);
      const running = this.#step(stage.name, () => stage.run());
      const result = running && (await Promise.race([running, isOver]));
      patience.cancel();
      if (this.#deadline.leftMs === 0) return; // what is left is cut
      if (result !== 'over') continue;
      log.warn('stop goes on without waiting', { ...this.progress });
      if (stage.cut !== undefined) await this.#step(stage.name, () => stage.cut?.());
    }
  }

  #limit({ share, limitMs = Number.POSITIVE_INFINITY }: Stage, patience: Deadline): void {
    if (share === 1 && limitMs === Number.POSITIVE_INFINITY) return;
    patience.within(Math.min(this.#deadline.leftMs * share, limitMs));
  }

  #refuse(): void {
    const { extensions, services, supervisor, system } = this.#parts.rooms;
    const parts = [
      () => extensions.refuse(),
      () => services.close(),
      () => supervisor.close(),
      () => system.beginShutdown(),
      // Not waited for yet: a reload under way may be starting a service that takes its time.
      () => this.#parts.closeWatch(),
    ];
    for (const part of parts) this.#step('refuse', part);
  }

  async #drain(): Promise<void> {
    await Promise.all([this.#parts.rooms.extensions.drain(), this.#callsEnded()]);
  }

  /** Calls may take as long as requests. */
  #callsEnded(): Promise<unknown> | undefined {
    if (this.#parts.callCount() === 0) return undefined;
    const ended = new Promise<void>((resolve) => {
      this.#onCallEnd = resolve;
    });
    return this.#within(STOP_TIMEOUT_MS, ended);
  }

  /**
   * Two things may be starting services meanwhile: `start()`, and changes of the registry. Both were told, are waited
   * for, and what they started after all is stopped as well.
   */
  async #stopServices(): Promise<void> {
    const { services, supervisor, system } = this.#parts.rooms;
    await this.#step('services', () => supervisor.stopAll());
    await Promise.allSettled([this.#parts.starting(), this.#parts.closeWatch(), services.idle()]);
    await this.#step('services', () => this.#parts.closeWatch());
    await this.#step('services', () => supervisor.stopAll());
    // The terminal nobody declares is a host like the others, but no service.
    const terminal = {
      reason: 'scheduler shutdown',
      timeoutMs: STOP_TIMEOUT_MS,
      purpose: 'shutdown',
    } as const;
    await this.#step('services', () => system.closeHost(IMPLICIT_TERMINAL, terminal));
  }

  async #cutAll(): Promise<void> {
    const { extensions, supervisor, system } = this.#parts.rooms;
    this.#step('services', () => supervisor.cutAll());
    const cut = [
      this.#step('extensions', () => extensions.cut()),
      this.#step('processes', () => system.stop()),
    ];
    await this.#within(CUT_MS, Promise.all(cut));
  }

  #watch(): void {
    this.#reportTimer = this.#parts.rooms.clock.setTimer(REPORT_MS, () => {
      this.#watch();
      const { progress } = this;
      if (progress === undefined) return;
      const { elapsedMs: _, ...facts } = progress;
      const reported = JSON.stringify(facts);
      if (reported === this.#reported) return;
      this.#reported = reported;
      this.#parts.report(progress);
    });
  }

  /** One part of the stop; the next ones are taken whatever becomes of it. */
  #step(step: string, call: () => unknown): Promise<void> | undefined {
    return isolate(this.#parts.rooms.log, 'stop step failed', { step }, call);
  }

  /** Waits for something, at most so long. */
  async #within(ms: number, waited: Promise<unknown>): Promise<void> {
    let timer: Timer | undefined;
    const isOver = new Promise<void>((resolve) => {
      timer = this.#parts.rooms.clock.setTimer(ms, resolve);
    });
    await Promise.race([waited, isOver]);
    timer?.cancel();
  }
}
