/**
 * The services of an application: every entry of a kind that can be started and stopped, and what becomes of it when
 * entries or code change (`app-format.md` § 8, "Effect of a change").
 *
 * A change is followed once it is settled, when nobody can take it back any more. Work on one service happens in
 * order; services wait for each other only where one requires the other. Whoever applied the change is made to wait
 * for what starts, and for nothing that has to stop first: it may be the process of the very service.
 */
import { HubError, isolate, type Log, toFailure } from '../base/index.ts';
import {
  collectAffected,
  type Entry,
  type EntryLookup,
  type RegistrySubscriber,
  type RegistryUpdate,
  readLifecycle,
} from '../registry/index.ts';
import { KeyedQueue } from './keyed-queue.ts';
import type { RunnableKind, ServiceRunner, UpdateVerdict } from './runnable-kind.ts';
import type { ServiceSpec } from './service.ts';
import type { Supervisor } from './supervisor.ts';

/** What services are made of. */
export interface ServicesOptions {
  readonly supervisor: Supervisor;
  /** The kinds there are at first; entries of those with `hasLifecycle` are services. */
  readonly kinds: Iterable<RunnableKind>;
  readonly log: Log;
}

/** See the head of the file. */
export class Services {
  readonly #supervisor: Supervisor;
  readonly #log: Log;
  readonly #kinds = new Map<string, RunnableKind>();
  readonly #runners = new Map<string, ServiceRunner>();
  /** By service ID. */
  readonly #work = new KeyedQueue();
  #isClosed = false;

  /** @throws MH_SERVICE_KIND_INVALID */
  constructor({ supervisor, kinds, log }: ServicesOptions) {
    this.#supervisor = supervisor;
    this.#log = log;
    this.stageKinds(kinds)();
  }

  /**
   * Checks further kinds whose entries may come, and takes none of them yet.
   * @returns takes them; cannot fail.
   * @throws MH_SERVICE_KIND_INVALID
   */
  stageKinds(kinds: Iterable<RunnableKind>): () => void {
    const services: RunnableKind[] = [];
    for (const kind of kinds) {
      if (kind.hasLifecycle === true) services.push(kind);
      else if (kind.run !== undefined) throw kindInvalid(kind.kind);
    }
    return () => {
      for (const kind of services) this.#kinds.set(kind.kind, kind);
    };
  }

  /** Declares every service of the application; nothing starts. */
  declareAll(entries: EntryLookup): void {
    for (const entry of entries.all()) if (this.#isService(entry)) this.#declare(entry, entries);
  }

  /** Follows changes of service entries, and of the code they run. */
  subscriber(): RegistrySubscriber {
    return { name: 'services', settled: (update) => this.#follow(update) };
  }

  /** From now on changes start nothing: the hub is stopping. */
  close(): void {
    this.#isClosed = true;
  }

  /** Resolves when no change is being followed any more. */
  idle(): Promise<void> {
    return this.#work.idle();
  }

  #isService(entry: Entry): boolean {
    return this.#kinds.has(entry.kind);
  }

  /** Resolves when what starts without anything stopping first has started, or has failed to. */
  async #follow(update: RegistryUpdate): Promise<void> {
    const created: Entry[] = [];
    const removed: string[] = [];
    const edited: { readonly before: Entry; readonly entry: Entry }[] = [];
    const touched = new Set<string>();
    for (const change of update.changes) {
      const entry = change.operation === 'delete' ? change.previous : change.entry;
      if (!this.#isService(entry)) continue;
      touched.add(entry.id);
      if (change.operation === 'create') created.push(entry);
      else if (change.operation === 'delete') removed.push(entry.id);
      else edited.push({ before: change.previous, entry });
    }
    const replaced = new Set<string>(created.map(({ id }) => id));
    this.#removeAll(removed, replaced);
    // Before any of them starts: they may require each other, and edited ones may require them.
    const declared = this.#declareCreated(created, update.after);
    const affected = collectAffected(update);
    const started = [
      ...created.map((entry) => this.#startCreated(entry, declared)),
      ...edited.map(({ before, entry }) => {
        const edit = (): Promise<void> | undefined => this.#edit(before, entry, update.after, affected);
        return this.#workWhenDown(entry.id, declared, edit);
      }),
    ];
    for (const id of this.#findRunning(affected, update.after)) {
      if (!touched.has(id) && this.#isOutdated(id, affected))
        void this.#inTurn(id, () => this.#revive(id, true, false));
    }
    await Promise.all(started);
  }

  /** Services that name one of these entries: whose code it may be. */
  #findRunning(affected: ReadonlySet<string>, entries: EntryLookup): Set<string> {
    const found = new Set<string>();
    for (const id of affected) {
      for (const referrer of entries.referrers(id))
        if (this.#runners.has(referrer.id)) found.add(referrer.id);
    }
    return found;
  }

  /** One after the other, in the order given: dependents first. */
  #removeAll(ids: readonly string[], replaced: ReadonlySet<string>): void {
    let before = Promise.resolve();
    for (const id of ids) {
      const turn = before;
      before = this.#inTurn(id, async () => {
        await turn;
        await this.#supervisor.remove(id, replaced.has(id) ? 'restart' : 'stop');
        this.#runners.delete(id);
      });
    }
  }

  /** @returns `undefined` when all are declared; a promise when one of them has to wait for its predecessor's end. */
  #declareCreated(entries: readonly Entry[], after: EntryLookup): Promise<unknown> | undefined {
    const mustWait = entries.some(({ id }) => this.#work.isBusy(id));
    const declared = entries.map((entry) => this.#inTurn(entry.id, () => this.#declare(entry, after)));
    return mustWait ? Promise.all(declared) : undefined;
  }

  #startCreated(entry: Entry, declared: Promise<unknown> | undefined): Promise<void> | undefined {
    if (!readLifecycle(entry).autoStart) return undefined;
    return this.#workWhenDown(entry.id, declared, () =>
      this.#attempt(entry.id, () => this.#supervisor.start(entry.id)),
    );
  }

  /** @returns its end, unless something of the service or of `ready` may have to stop before. */
  #workWhenDown(
    id: string,
    ready: Promise<unknown> | undefined,
    job: () => Promise<void> | undefined,
  ): Promise<void> | undefined {
    const isDown = ready === undefined && !this.#work.isBusy(id) && !this.#supervisor.isActive(id);
    const done = this.#inTurn(id, () => (ready === undefined ? job() : ready.then(job)));
    return isDown ? done : undefined;
  }

  /** After earlier work on this service; at once, when there is none. One that fails harms no other (H12). */
  #inTurn(id: string, job: () => unknown): Promise<void> {
    return this.#work.run(id, () => isolate(this.#log, 'service not changed', { service: id }, job));
  }

  #edit(
    before: Entry,
    after: Entry,
    entries: EntryLookup,
    affected: ReadonlySet<string>,
  ): Promise<void> | undefined {
    const { id } = after;
    const runner = this.#runners.get(id);
    if (runner === undefined) return undefined;
    const verdict = this.#ask(runner, before, after);
    this.#configure(after, entries, verdict === 'followed' ? runner : this.#makeRunner(after));
    const isTurnedOn = readLifecycle(after).autoStart && !readLifecycle(before).autoStart;
    return this.#revive(id, verdict === 'restart' || this.#isOutdated(id, affected), isTurnedOn);
  }

  /**
   * Restarts what must not go on as it is, and starts what is down and should run now: it was turned on, or it had
   * failed and may do better after the edit. One that ended well has done its work.
   */
  #revive(id: string, isRestart: boolean, isTurnedOn: boolean): Promise<void> | undefined {
    if (this.#supervisor.isActive(id))
      return isRestart ? this.#attempt(id, () => this.#supervisor.restart(id)) : undefined;
    const hasFailed = this.#supervisor.status(id)?.failure !== undefined;
    return isTurnedOn || hasFailed ? this.#attempt(id, () => this.#supervisor.start(id)) : undefined;
  }

  #ask(runner: ServiceRunner, before: Entry, after: Entry): UpdateVerdict {
    let verdict: UpdateVerdict = 'restart';
    isolate(this.#log, 'service update failed', { service: after.id }, () => {
      verdict = runner.update(before, after);
    });
    return verdict;
  }

  #isOutdated(id: string, affected: ReadonlySet<string>): boolean {
    let isOutdated = false;
    isolate(this.#log, 'service update failed', { service: id }, () => {
      isOutdated = this.#runners.get(id)?.isOutdated?.(affected) === true;
    });
    return isOutdated;
  }

  #declare(entry: Entry, entries: EntryLookup): void {
    const runner = this.#makeRunner(entry);
    this.#runners.set(entry.id, runner);
    this.#supervisor.add(this.#spec(entry, entries, runner));
  }

  #configure(entry: Entry, entries: EntryLookup, runner: ServiceRunner): void {
    this.#runners.set(entry.id, runner);
    this.#supervisor.configure(this.#spec(entry, entries, runner));
  }

  #spec(entry: Entry, entries: EntryLookup, runner: ServiceRunner): ServiceSpec {
    const lifecycle = readLifecycle(entry);
    const references = this.#referencedServices(entry, entries);
    return {
      id: entry.id,
      requires: [...new Set([...lifecycle.requires, ...references])],
      lifecycle,
      runner,
    };
  }

  #makeRunner(entry: Entry): ServiceRunner {
    try {
      return this.#kinds.get(entry.kind)?.run?.(entry) ?? IDLE;
    } catch (thrown) {
      return createFailingRunner(thrown);
    }
  }

  /** Services an entry names, directly or through entries that are no services (`process.md` § 16.8). */
  #referencedServices(entry: Entry, entries: EntryLookup): Set<string> {
    const found = new Set<string>();
    const seen = new Set<string>([entry.id]);
    const open = [entry];
    for (let current = open.pop(); current !== undefined; current = open.pop()) {
      for (const { target } of current.references) {
        if (seen.has(target)) continue;
        seen.add(target);
        const next = entries.get(target);
        if (next === undefined) continue;
        if (this.#isService(next)) found.add(target);
        else open.push(next);
      }
    }
    return found;
  }

  /** A service that does not start is the supervisor's to retry and to report; it does not undo a change. */
  async #attempt(id: string, run: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return;
    try {
      await run();
    } catch (error) {
      if (this.#isClosed) return; // the hub stops: it was not meant to start any more
      this.#log.warn('service not started', { service: id, cause: toFailure(error).message });
    }
  }
}

/** What a kind without `run` does. */
const IDLE: ServiceRunner = { start() {}, stop() {}, update: () => 'followed' };

/** Of an entry whose kind could not make a runner: as if it had failed to start. */
function createFailingRunner(thrown: unknown): ServiceRunner {
  return {
    start() {
      throw thrown;
    },
    stop() {},
    update: () => 'restart',
  };
}

function kindInvalid(kind: string): HubError {
  return new HubError('MH_SERVICE_KIND_INVALID', {
    message: `Cannot run entries of kind '${kind}': it takes no lifecycle block`,
    hint: 'Set hasLifecycle in its definition.',
  });
}
