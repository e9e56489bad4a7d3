/**
 * How processes end. One order for all of them (`process.md` § 2): coroutines dropped, names released, EXIT to
 * monitors, LINK_DOWN to links, the PID stops resolving, host-internal observers told.
 *
 * Ways to get here, and why each is safe:
 * - a step came to an end: nothing of the process is on the stack any more;
 * - someone else's code ends it (terminate, abort, shutdown): it is dismantled at once, unless it is busy;
 * - it is busy (it ends itself, or a link reaches it while it runs): it is doomed, and dismantled when its code
 *   returns;
 * - a broken link: the victim joins the queue of the dying, so a chain of 100,000 links costs no stack, and each
 *   process is dismantled completely before the next one begins;
 * - it has not finished loading (`starter.ts`): its start is undone;
 * - `close()` of a dying program, or an observer, ends further processes: they join the same queue.
 *
 * Some ends are meant: a supervisor stops a process, a host closes, everything stops. The outcome says so (`EndPurpose`),
 * and so does that of a process which such an end takes along: one it cancelled or terminated, one that was linked to it,
 * a child that heard of its end and ends soon after.
 */
import {
  CALL_TAIL_MS,
  type Clock,
  Deque,
  type EntryId,
  type Failure,
  type HubError,
  type Log,
  type Pid,
  type Timer,
} from '../../base/index.ts';
import {
  type EndPurpose,
  EVENTS_UNREAD,
  LINKED_PROCESS_FAILED,
  type LifecycleEvent,
  type Outcome,
} from '../mail/message.ts';
import { UnreadLog } from '../mail/unread.ts';
import type { ProcessRecord } from '../record/record.ts';
import type { NameTable } from '../table/names.ts';
import type { ObserverSlot } from '../table/observer.ts';
import { loadFailed } from '../table/refusal.ts';
import { forgetWatcher, reportUnlinked, unmonitor, wakeUnlinked } from '../table/ties.ts';

/** How long after a meant end that of a child counts as part of it. Later it has ended by itself. */
const SAME_END_MS = 5_000;

/** What the reaper cleans up after. */
export interface ReaperOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly processes: Map<Pid, ProcessRecord>;
  readonly names: NameTable;
  readonly observers: ObserverSlot;
}

interface Death {
  readonly record: ProcessRecord;
  readonly outcome: Outcome;
  readonly hasTail: boolean;
  /** Its code was loaded: it was a process to all who look on. */
  readonly hasLived: boolean;
}

/** Ends processes. */
export class Reaper {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #processes: Map<Pid, ProcessRecord>;
  readonly #names: NameTable;
  readonly #observers: ObserverSlot;
  readonly #deaths = new Deque<Death>();
  readonly #tails = new Map<ProcessRecord, Timer>();
  readonly #unread: UnreadLog;
  #isReaping = false;
  #isShutdown = false;

  constructor(options: ReaperOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#processes = options.processes;
    this.#names = options.names;
    this.#observers = options.observers;
    this.#unread = new UnreadLog(options.clock, options.log);
  }

  /** From now on every end belongs to the shutdown. */
  beginShutdown(): void {
    this.#isShutdown = true;
  }

  /** However the process ends from now on, it has this purpose. The first one said counts. */
  expect(record: ProcessRecord, purpose: EndPurpose): void {
    record.expected ??= { purpose, untilMs: Number.POSITIVE_INFINITY };
  }

  /** A process with an expected end has asked another one to end: that is its purpose too. */
  passOn(from: Pid | '' | undefined, record: ProcessRecord): void {
    const purpose = from ? this.#purposeOf(this.#processes.get(from)) : undefined;
    if (purpose !== undefined) this.#expectSoon(record, purpose);
  }

  /** Ends a process by force: now, or when its own code returns. Nothing happens to one that ended. */
  kill(record: ProcessRecord, failure: Failure): void {
    if (record.phase !== 'live' && record.phase !== 'starting') return;
    if (record.isBusy) record.doom ??= { ok: false, failure };
    else if (record.phase === 'starting') {
      this.abandon(
        record,
        { ok: false, failure },
        loadFailed(record, 'it was ended while its top level ran'),
      );
    } else this.finish(record, { ok: false, failure }, false);
  }

  /** Queues a CANCEL. @returns false when MAILBOX_EVENTS_MAX events are unread: it is refused, and ends nobody */
  tellCancel(record: ProcessRecord, from: Pid | '', reason: string): boolean {
    this.passOn(from, record);
    return record.mailbox.pushEvent({ kind: 'cancel', from, at: this.#atSeconds(), reason });
  }

  /** Entries the process was built from have changed. */
  tellOutdated(record: ProcessRecord, sources: readonly EntryId[]): void {
    this.#deliver(record, { kind: 'outdated', from: record.pid, at: this.#atSeconds(), sources });
  }

  /** A process the watcher monitored has ended. */
  tellExit(watcher: ProcessRecord, from: Pid, outcome: Outcome): void {
    this.#tellChild(watcher, from, outcome);
    this.#deliver(watcher, { kind: 'exit', from, at: this.#atSeconds(), outcome });
  }

  /** A process that was linked to this one has failed (`process.md` § 8.7, § 8.8). */
  breakLink(record: ProcessRecord, from: Pid, outcome: Outcome): void {
    if (record.trapLinks) {
      this.#tellChild(record, from, outcome);
      this.#deliver(record, { kind: 'linkDown', from, at: this.#atSeconds(), outcome });
    } else {
      if (outcome.purpose !== undefined) this.expect(record, outcome.purpose);
      this.kill(record, LINKED_PROCESS_FAILED);
    }
  }

  /** Ends a live process none of whose code is running. `hasTail`: see `Program` result `done`. */
  finish(record: ProcessRecord, outcome: Outcome, hasTail: boolean): void {
    if (record.phase === 'live') this.#bury({ record, outcome, hasTail, hasLived: true });
  }

  /**
   * Undoes a start that failed (`process.md` § 2.4): for whoever began it there never was a process, so he hears nothing
   * but the error. Others who found its PID meanwhile hear the outcome; what its top level linked to it falls with it, or
   * nobody would ever end that.
   */
  abandon(record: ProcessRecord, outcome: Outcome, error: HubError): void {
    const { start } = record;
    const parent = record.parent === undefined ? undefined : this.#processes.get(record.parent);
    if (parent !== undefined) unmonitor(parent, record);
    record.start = undefined;
    record.isLoading = false;
    this.#bury({ record, outcome, hasTail: false, hasLived: false });
    start?.end(error);
  }

  /** Ends the background part of a function call (`process.md` § 14.5). */
  endTail(record: ProcessRecord): void {
    this.#tails.get(record)?.cancel();
    this.#tails.delete(record);
    record.phase = 'ended';
    record.runState = 'off';
    this.closeProgram(record);
  }

  /** Ends all background parts: there is no tail past shutdown. */
  endTails(): void {
    for (const record of [...this.#tails.keys()]) this.endTail(record);
  }

  /** Lets a program release what it holds; its own faults stay its own. */
  closeProgram(record: ProcessRecord): void {
    this.#guard(record, () => record.program.close());
  }

  /** Puts an event in a mailbox; a process that never reads events does not fill the memory with them. */
  #deliver(record: ProcessRecord, event: LifecycleEvent): void {
    if (!record.mailbox.pushEvent(event)) this.kill(record, EVENTS_UNREAD);
  }

  /** A child that hears of such an end may end because of it: with its parent, or when it finds itself alone. */
  #tellChild(record: ProcessRecord, from: Pid, { purpose }: Outcome): void {
    if (purpose !== undefined && record.parent === from) this.#expectSoon(record, purpose);
  }

  #expectSoon(record: ProcessRecord, purpose: EndPurpose): void {
    record.expected ??= { purpose, untilMs: this.#clock.monotonicMs() + SAME_END_MS };
  }

  #purposeOf(record: ProcessRecord | undefined): EndPurpose | undefined {
    if (this.#isShutdown) return 'shutdown';
    const expected = record?.expected;
    return expected !== undefined && this.#clock.monotonicMs() <= expected.untilMs
      ? expected.purpose
      : undefined;
  }

  #bury(given: Death): void {
    const purpose = this.#purposeOf(given.record);
    const death = purpose === undefined ? given : { ...given, outcome: { ...given.outcome, purpose } };
    death.record.phase = 'ending';
    if (!death.hasTail) death.record.runState = 'off';
    this.#deaths.push(death);
    if (this.#isReaping) return;
    this.#isReaping = true;
    try {
      for (let next = this.#deaths.shift(); next !== undefined; next = this.#deaths.shift()) {
        this.#dismantle(next);
      }
    } finally {
      this.#isReaping = false;
    }
  }

  #dismantle({ record, outcome, hasTail, hasLived }: Death): void {
    if (!hasTail) this.closeProgram(record);
    this.#names.releaseAll(record.pid);
    const isShared = (record.monitors?.size ?? 0) > 0 || (record.observers?.size ?? 0) > 1;
    this.#tellMonitors(record, outcome);
    this.#breakLinks(record, outcome);
    this.#guard(record, () => this.#closeMailbox(record));
    this.#processes.delete(record.pid);
    if (hasTail) this.#beginTail(record);
    else record.phase = 'ended';
    this.#leaveHost(record);
    const observers = record.observers;
    record.observers = undefined;
    for (const observer of observers ?? []) this.#guard(record, () => observer(outcome, isShared));
    if (hasLived) this.#observers.current?.ended(record.pid, outcome);
  }

  #tellMonitors(record: ProcessRecord, outcome: Outcome): void {
    for (const target of record.monitoring?.values() ?? []) forgetWatcher(record, target);
    record.monitoring = undefined;
    const monitors = record.monitors;
    record.monitors = undefined;
    for (const watcher of monitors?.values() ?? []) {
      if (watcher.kind === 'remote') {
        watcher.session.report({ kind: 'exit', from: record.pid, to: watcher.pid, outcome });
      } else {
        watcher.monitoring?.delete(record.pid);
        this.tellExit(watcher, record.pid, outcome);
      }
    }
  }

  #breakLinks(record: ProcessRecord, outcome: Outcome): void {
    const links = record.links;
    record.links = undefined;
    for (const peer of links?.values() ?? []) {
      if (peer.kind === 'remote') {
        if (outcome.ok) reportUnlinked(record, peer);
        else peer.session.report({ kind: 'linkDown', from: record.pid, to: peer.pid, outcome });
      } else {
        peer.links?.delete(record.pid);
        if (outcome.ok) wakeUnlinked(peer);
        else this.breakLink(peer, record.pid, outcome);
      }
    }
  }

  /** Connections and calls are told less loudly: a client may go at any time, and a call ends with its answer. */
  #closeMailbox({ pid, program, mailbox, host }: ProcessRecord): void {
    const level = host === undefined ? 'debug' : 'warn';
    this.#unread.report({ pid, entryId: program.entryId, mailbox, level });
    mailbox.close();
  }

  #beginTail(record: ProcessRecord): void {
    record.phase = 'tail';
    this.#tails.set(
      record,
      this.#clock.setTimer(CALL_TAIL_MS, () => this.endTail(record)),
    );
  }

  #leaveHost(record: ProcessRecord): void {
    const host = record.host;
    if (host === undefined || --host.population > 0) return;
    const onEmpty = host.onEmpty;
    host.onEmpty = undefined;
    onEmpty?.();
  }

  #guard(record: ProcessRecord, action: () => void): void {
    try {
      action();
    } catch (thrown) {
      this.#log.error('process clean-up failed', {
        pid: record.pid,
        entry: record.program.entryId,
        error: thrown,
      });
    }
  }

  #atSeconds(): number {
    return Math.floor(this.#clock.epochMs() / 1000);
  }
}
