/** One step of one process, and what its result means for the process. */
import { type Clock, describeFailure, type EntryId, type Log, toFailure } from '../../base/index.ts';
import type { Outcome } from '../mail/message.ts';
import type { LoadState, Program, ProgramSource, StepResult } from '../record/program.ts';
import type { ProcessRecord } from '../record/record.ts';
import type { ObserverSlot } from '../table/observer.ts';
import type { Reaper } from './reaper.ts';
import type { Starter } from './starter.ts';

/** What a stepper works with. */
export interface StepperOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly source: ProgramSource;
  readonly reaper: Reaper;
  readonly starter: Starter;
  readonly observers: ObserverSlot;
}

/** Runs steps. */
export class Stepper {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #source: ProgramSource;
  readonly #reaper: Reaper;
  readonly #starter: Starter;
  readonly #observers: ObserverSlot;

  constructor(options: StepperOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#source = options.source;
    this.#reaper = options.reaper;
    this.#starter = options.starter;
    this.#observers = options.observers;
  }

  /**
   * Runs one step. Never throws.
   * @returns whether the process wants another step without being woken.
   */
  step(record: ProcessRecord): boolean {
    const audience = this.#observers.current;
    if (audience === undefined) return this.#step(record);
    const startedMs = this.#clock.monotonicMs();
    const isReady = this.#step(record);
    audience.stepped(record.pid, this.#clock.monotonicMs() - startedMs);
    return isReady;
  }

  #step(record: ProcessRecord): boolean {
    record.steps++;
    if (record.host !== undefined) record.host.steps++;
    if (record.phase === 'starting') return this.#starter.advance(record);
    if (record.isLoading) return this.#continueUpgrade(record);
    const result = this.#run(record);
    if (record.phase === 'tail') return this.#continueTail(record, result);
    if (record.doom !== undefined) return this.#end(record, record.doom);
    switch (result.kind) {
      case 'waiting':
        return false;
      case 'ready':
        return true;
      case 'done':
        return this.#end(record, result.outcome, result.tail);
      case 'upgrade':
        return this.#upgrade(record, result.entryId, result.args);
      default: {
        const impossible: never = result;
        return impossible;
      }
    }
  }

  #run(record: ProcessRecord): StepResult {
    try {
      return record.program.step();
    } catch (thrown) {
      // A program reports faults of what it runs as an outcome; a throw is a fault of the program itself.
      this.#log.error('program step failed', {
        pid: record.pid,
        entry: record.program.entryId,
        error: thrown,
      });
      return { kind: 'done', outcome: { ok: false, failure: toFailure(thrown) }, tail: false };
    }
  }

  #end(record: ProcessRecord, outcome: Outcome, wantsTail = false): boolean {
    // § 14.5: no tail after a failure, and none for processes.
    const hasTail = wantsTail && outcome.ok && record.role === 'call';
    this.#reaper.finish(record, outcome, hasTail);
    return hasTail;
  }

  /** The result was delivered long ago: whatever happens now only ends the rest, sooner or later. */
  #continueTail(record: ProcessRecord, result: StepResult): boolean {
    if (result.kind === 'waiting') return false;
    if (result.kind === 'ready') return true;
    if (result.kind === 'done' && !result.outcome.ok) {
      const { pid, program } = record;
      this.#log.error('background coroutine failed', {
        pid,
        entry: program.entryId,
        error: describeFailure(result.outcome.failure),
      });
    }
    this.#reaper.endTail(record);
    return false;
  }

  /** New code under the old PID (`process.md` § 12.3-12.6). It loads in slices, as at a start. */
  #upgrade(record: ProcessRecord, entryId: EntryId | undefined, args: readonly unknown[]): boolean {
    const target = entryId ?? (record.program.entryId as EntryId);
    this.#reaper.closeProgram(record);
    record.program = new ClosedProgram(record.program.entryId);
    record.mailbox.unsubscribeAll();
    record.mailbox.dropOutdated();
    try {
      record.program = this.#source.open({ entryId: target, role: record.role });
      record.program.init(record, args);
    } catch (thrown) {
      return this.#upgradeFailed(record, thrown);
    }
    return this.#continueUpgrade(record);
  }

  #continueUpgrade(record: ProcessRecord): boolean {
    let state: LoadState;
    try {
      state = record.program.load?.(false) ?? 'loaded';
    } catch (thrown) {
      return this.#upgradeFailed(record, thrown);
    }
    record.isLoading = state !== 'loaded';
    if (record.doom !== undefined) return this.#end(record, record.doom);
    return state !== 'waiting';
  }

  #upgradeFailed(record: ProcessRecord, thrown: unknown): boolean {
    if (record.doom !== undefined) return this.#end(record, record.doom);
    const failure = toFailure(thrown);
    return this.#end(record, { ok: false, failure: { ...failure, message: `upgrade: ${failure.message}` } });
  }
}

/** Stands where a program was closed and no other one came, so that nothing is closed twice. */
class ClosedProgram implements Program {
  readonly entryId: string;

  constructor(entryId: string) {
    this.entryId = entryId;
  }

  init(): void {}

  step(): StepResult {
    return { kind: 'waiting' };
  }

  close(): void {}
}
