/**
 * How processes start (`process.md` § 2). The record is made, its name claimed, its first messages laid in, and its code
 * loaded. A load that is short ends inside the call that begins the start. A longer one goes on in slices of the
 * scheduler, like any code; until it is over the process is `starting`: it has a PID, a name and a mailbox, but no `main`.
 * Where nobody can wait for it, the load runs to its end at once, within a smaller budget.
 *
 * Ways a load ends, and why each is safe:
 * - it is done: monitor and link stand before `main` may run, then whoever began the start is told;
 * - its code raises, blocks, is past its budget or has no method: it is abandoned, and whoever began the start gets the
 *   error. His monitor and link never stood, so he gets no EXIT; somebody else who found the PID and monitors it does;
 * - it ends itself, or a link it made reaches it while its code runs: it is doomed, and abandoned when that code returns;
 * - it is ended from outside between two slices (terminate, abort, its host is cut, the system stops, a link): nothing
 *   of it is on the stack, so it is abandoned at once. The observer of a call gets the failure it was ended with;
 * - whoever began the start ends: the load goes on, and what was to be linked to him falls as soon as it is over;
 * - its name is its own from the first moment: a second start with that name finds it, whatever becomes of the load;
 * - its host stops: the CANCEL waits in its mailbox, and the cut reaches it like any resident;
 * - it starts others at its own top level: such a start may take long too, then it waits for that with all it has, and
 *   goes on when that has ended in one of these ways. SPAWN_DEPTH_MAX bounds how many wait for each other.
 */
import {
  assert,
  type Clock,
  type NodeIdentity,
  type Pid,
  PROCESSES_MAX,
  SPAWN_DEPTH_MAX,
  toFailure,
  toPid,
} from '../../base/index.ts';
import { LINKED_PROCESS_FAILED } from '../mail/message.ts';
import type { LoadState } from '../record/program.ts';
import { type Birth, PendingStart, ProcessRecord } from '../record/record.ts';
import type { StartOptions } from '../record/request.ts';
import type { Scheduler } from '../record/scheduler.ts';
import { deliverAll } from '../table/delivery.ts';
import { LOCAL_SCOPE, type NameTable } from '../table/names.ts';
import type { ObserverSlot } from '../table/observer.ts';
import {
  loadFailed,
  processNotFound,
  spawnTooDeep,
  systemStopped,
  toLoadError,
  tooManyProcesses,
} from '../table/refusal.ts';
import { link, monitor } from '../table/ties.ts';
import type { Reaper } from './reaper.ts';

/** What a starter works with. */
export interface StarterOptions {
  readonly clock: Clock;
  /** Whose processes they are; their PIDs say it. */
  readonly identity: NodeIdentity | undefined;
  readonly processes: Map<Pid, ProcessRecord>;
  readonly names: NameTable;
  readonly reaper: Reaper;
  readonly observers: ObserverSlot;
  readonly scheduler: Scheduler<ProcessRecord>;
}

/** Starts processes. */
export class Starter {
  readonly #options: StarterOptions;
  #pidCounter = 0;
  /** Starts whose code is on the JavaScript stack, or waits for what is: top levels that start others. */
  #depth = 0;
  #isStopped = false;

  constructor(options: StarterOptions) {
    this.#options = options;
  }

  /** Nothing starts from now on. */
  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Begins a start, and ends it where that takes no longer than a slice.
   * @param atOnce whoever asks cannot wait: the start has ended when this returns.
   * @returns a process whose `main` will run, or, with `start` set, one that is still being loaded.
   * @throws as `ProcessSystem.spawn`
   */
  start(request: StartOptions, birth: Birth, atOnce: boolean): ProcessRecord {
    const { clock, identity, processes, names, scheduler } = this.#options;
    if (this.#isStopped) throw systemStopped();
    if (processes.size >= PROCESSES_MAX) throw tooManyProcesses();
    if (this.#depth >= SPAWN_DEPTH_MAX) throw spawnTooDeep(birth.program.entryId);
    const parent = this.#requireParent(request);
    const pid = toPid(birth.hostId, ++this.#pidCounter, identity);
    const record = new ProcessRecord(pid, birth, request, clock.epochMs(), scheduler);
    processes.set(pid, record);
    if (record.host !== undefined) record.host.population++;
    record.runState = 'running';
    this.#depth++;
    try {
      if (request.name !== undefined) names.claim(request.name, record, LOCAL_SCOPE, pid);
      deliverAll(record, request);
      record.program.init(record, request.args ?? []);
      const state = load(record, atOnce);
      record.runState = 'idle';
      if (state !== 'loaded') this.#defer(record, state, new PendingStart(pid, request, parent, this.#depth));
    } catch (thrown) {
      throw this.#abandon(record, thrown);
    } finally {
      this.#depth--;
    }
    if (!record.isLoading) this.#release(record, request, parent);
    return record;
  }

  /**
   * Runs the next slice of a start that was not over at once. Never throws.
   * @returns whether it wants another slice without being woken.
   */
  advance(record: ProcessRecord): boolean {
    const start = record.start!;
    const depth = this.#depth;
    this.#depth = start.depth;
    try {
      const state = load(record, false);
      if (state !== 'loaded') return state === 'ready';
    } catch (thrown) {
      this.#abandon(record, thrown);
      return false;
    } finally {
      this.#depth = depth;
    }
    record.isLoading = false;
    record.start = undefined;
    this.#release(record, start.request, start.parent);
    start.end(undefined);
    return false;
  }

  #defer(record: ProcessRecord, state: LoadState, start: PendingStart): void {
    record.isLoading = true;
    record.start = start;
    if (state === 'ready') record.wake();
  }

  #abandon(record: ProcessRecord, thrown: unknown): Error {
    const error = toLoadError(record, thrown);
    this.#options.reaper.abandon(record, { ok: false, failure: toFailure(error), loadError: error }, error);
    return error;
  }

  /** Monitor and link stand before the first instruction of `main` (§ 2.5), which runs later (§ 2.6). */
  #release(record: ProcessRecord, request: StartOptions, parent: ProcessRecord | undefined): void {
    record.phase = 'live';
    record.wake();
    const isOrphan = parent?.phase === 'ended';
    if (parent !== undefined && !isOrphan) {
      if (request.monitor === true) monitor(parent, record);
      if (request.link === true) link(parent, record);
    }
    this.#options.observers.current?.started(record);
    // Its parent ended while this was loaded, perhaps by its doing: then nobody is left to break the link.
    if (isOrphan && request.link === true) {
      this.#options.reaper.finish(record, { ok: false, failure: LINKED_PROCESS_FAILED }, false);
    }
  }

  #requireParent(request: StartOptions): ProcessRecord | undefined {
    if (request.monitor !== true && request.link !== true) return undefined;
    const parent = request.caller === undefined ? undefined : this.#options.processes.get(request.caller);
    if (parent === undefined) throw processNotFound('monitor or link from', request.caller ?? '');
    return parent;
  }
}

/** Runs one slice of a load, or all of it. @throws what ends the start */
function load(record: ProcessRecord, atOnce: boolean): LoadState {
  const state = record.program.load?.(atOnce) ?? 'loaded';
  assert(!atOnce || state === 'loaded', 'a load at once is over when it returns');
  if (record.isDoomed) throw loadFailed(record, 'it ended while its top level ran');
  return state;
}
