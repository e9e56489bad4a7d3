/**
 * The registry of a running hub: versions of a checked set of entries, changed by whole change sets.
 *
 * A change set passes through: its own rules (8.2) -> what it changes is decoded and judged like files are, together
 * with what refers to it -> every subscriber prepares and may refuse -> the state is swapped -> every subscriber commits ->
 * the update is settled, and every subscriber may show it to the world.
 * Until the swap nothing is visible. Whatever fails before the update is settled, the old state and version
 * stand and every subscriber that had begun is told to roll back, in reverse order; what fails afterwards is the
 * one subscriber's own trouble.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Clock, HubError, isolate, type Log, REGISTRY_VERSIONS_MAX, silentLog } from '../base/index.ts';
import { type Decoded, decodeInSteps } from './check/decode.ts';
import type { KindTable } from './check/kind-table.ts';
import { hasErrors, toRefusal } from './check/problem.ts';
import { diffEntries, invertChanges } from './entry/change.ts';
import type { Change, Entry, EntryLookup } from './entry/entry.ts';
import { createEntrySet, type EntrySet } from './entry/entry-set.ts';
import { type Filter, findEntries, type SearchMeter } from './entry/filter.ts';
import { collectReferrers } from './entry/order.ts';
import { type ChangeRequest, PendingChanges, toAdmitted } from './pending-changes.ts';
import { createVariables } from './variable/environment.ts';

/** A change set on its way into the registry. */
export interface RegistryUpdate {
  /** Version before; what a rollback returns to. */
  readonly fromVersion: number;
  readonly version: number;
  /** In an order that can be carried out (`app-format.md` 8.2). Never empty. */
  readonly changes: readonly Change[];
  readonly before: EntryLookup;
  readonly after: EntryLookup;
}

/**
 * Someone who makes entries real. The first three come while the update is under way: applying another change set
 * there is refused (MH_REGISTRY_REENTERED), because the two would wait for each other.
 */
export interface RegistrySubscriber {
  /** For messages and logs. */
  readonly name: string;
  /** Refuses by throwing. Nothing that others can see may change yet. */
  prepare?(update: RegistryUpdate): void | Promise<void>;
  /**
   * The update is in the registry: follow it, with nothing that could not be undone. A throw takes the whole
   * update back.
   */
  commit?(update: RegistryUpdate): void | Promise<void>;
  /**
   * Undoes whatever `prepare` and `commit` did for this update; called also when they threw or were not
   * reached. A throw is logged. Default: `commit` of the inverse update when `commit` had been called.
   */
  rollback?(update: RegistryUpdate): void | Promise<void>;
  /**
   * Everybody has committed, nothing takes the update back any more: what programs and people see of it - events,
   * starts, restarts - belongs here. Subscribers are called in their order and do not wait for each other, but
   * `apply` waits for all of them. A throw is logged. May apply change sets.
   */
  settled?(update: RegistryUpdate): void | Promise<void>;
}

/** One version, fixed for ever. */
export interface Snapshot extends EntryLookup {
  readonly version: number;
  /** Entries matching a filter (`modules.md` § 2), in load order. @throws MH_REGISTRY_FILTER_INVALID */
  find(filter: Filter, meter?: SearchMeter): readonly Entry[];
}

/** How a registry decodes and what it keeps. */
export interface RegistryOptions {
  readonly kinds: KindTable;
  /** Shown what a change set creates and updates, before it is decoded. Default: nobody. A throw refuses the set. */
  readonly admit?: (entries: readonly Pick<Entry, 'kind' | 'data' | 'meta'>[]) => Promise<void>;
  /** Variables of the operating system, for placeholders in entries that programs write. Default: none. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Files of variables are relative to it. Absolute; default `/`. */
  readonly cwd?: string;
  /** Default REGISTRY_VERSIONS_MAX; 1 = only the current one. */
  readonly versionsMax?: number;
  /** Gives others their turn while a large change set is decoded. Default: it is decoded in one go. */
  readonly clock?: Pick<Clock, 'defer'>;
  /** Where the faults of subscribers go that change nothing. Default: nowhere. */
  readonly log?: Log;
}

/** See `Registry.apply`. */
interface ApplyOptions {
  readonly base?: number;
  readonly isForced?: boolean;
}

/** An update of ours. */
type Update = RegistryUpdate & { readonly before: EntrySet; readonly after: EntrySet };

/** What became of a change set. */
interface Applied {
  /** The version that is current now. */
  readonly version: number;
  /** Ends when every subscriber has settled; never rejects. Absent when nothing changed. */
  readonly settled?: Promise<unknown>;
}

/** See the head of the file. */
export class Registry implements EntryLookup {
  readonly #options: RegistryOptions;
  readonly #log: Log;
  readonly #subscribers = new Set<RegistrySubscriber>();
  /** Every version that is kept, in the order they came. They share what did not change. */
  readonly #versions: Map<number, EntrySet>;
  #current: EntrySet;
  #version = 0;
  #newestVersion = 0;
  /** The end of the line of updates: one at a time, in the order they came. */
  #tail: Promise<unknown> = Promise.resolve();
  /** The update whose subscribers are being asked. */
  #underWay: RegistryUpdate | undefined;
  /** The update in whose `prepare`, `commit` or `rollback` code runs, whatever it has awaited since. */
  readonly #caller = new AsyncLocalStorage<RegistryUpdate>();

  /** @param entries version 0: what a loader returned without errors. */
  constructor(entries: Iterable<Entry>, options: RegistryOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#current = createEntrySet(entries);
    this.#versions = new Map([[0, this.#current]]);
  }

  /** Number of the current version. */
  get version(): number {
    return this.#version;
  }

  get(id: string): Entry | undefined {
    return this.#current.get(id);
  }

  all(): readonly Entry[] {
    return this.#current.all();
  }

  ofKind(kind: string): readonly Entry[] {
    return this.#current.ofKind(kind);
  }

  /** Entries matching a filter (`modules.md` § 2), in load order. @throws MH_REGISTRY_FILTER_INVALID */
  find(filter: Filter, meter?: SearchMeter): readonly Entry[] {
    return findEntries(this.#current.all(), filter, meter);
  }

  referrers(id: string): readonly Entry[] {
    return this.#current.referrers(id);
  }

  /** Numbers of the versions kept, oldest first. */
  versions(): readonly number[] {
    return [...this.#versions.keys()];
  }

  /** A version, by default the current one. @throws MH_REGISTRY_VERSION_NOT_FOUND */
  snapshot(version = this.#version): Snapshot {
    const entries = version === this.#version ? this.#current : this.#versions.get(version);
    if (entries === undefined) throw versionNotFound(version, this.versions());
    return {
      version,
      get: (id) => entries.get(id),
      all: () => entries.all(),
      ofKind: (kind) => entries.ofKind(kind),
      referrers: (id) => entries.referrers(id),
      find: (filter, meter) => findEntries(entries.all(), filter, meter),
    };
  }

  /** Adds a subscriber; they are asked in the order they came. @returns how to leave. */
  subscribe(subscriber: RegistrySubscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  /**
   * Applies a change set as a whole, to the state as it is when its turn comes (`app-format.md` 8.2). Resolves when
   * everybody has committed and settled.
   * @param options.base the version the requests were made from: named where one of them no longer fits.
   * @param options.isForced create and update both mean "make it so", delete means "see that it is gone":
   *   for file reloads, where the file wins over what programs did.
   * @returns the new version, or the current one when a forced set changes nothing.
   * @throws MH_REGISTRY_CHANGES_EMPTY, MH_REGISTRY_ENTRY_EXISTS, MH_REGISTRY_ENTRY_NOT_FOUND, MH_REGISTRY_ENTRY_INVALID, MH_REGISTRY_REENTERED, or what a subscriber threw.
   */
  apply(requests: readonly ChangeRequest[], options: ApplyOptions = {}): Promise<number> {
    return this.#enqueue(async () => {
      if (requests.length === 0 && options.isForced !== true) throw emptyChanges();
      await this.#options.admit?.(requests.flatMap(toAdmitted));
      const { after, touched } = await this.#decode(requests, options);
      const changes = diffEntries(this.#current, after, touched);
      // A set that writes what is there already is still a version for the program that asked for it.
      if (changes.length === 0 && options.isForced === true) return { version: this.#version };
      return this.#change(after, changes, this.#newestVersion + 1);
    });
  }

  /**
   * Goes to a kept version, forwards or backwards (`app-format.md` 8.3).
   * @throws MH_REGISTRY_VERSION_NOT_FOUND, MH_REGISTRY_REENTERED, or what a subscriber threw.
   */
  applyVersion(version: number): Promise<number> {
    return this.#enqueue(async () => {
      const after = this.#versions.get(version);
      if (after === undefined) throw versionNotFound(version, this.versions());
      if (version === this.#version) return { version };
      return this.#change(after, diffEntries(this.#current, after), version);
    });
  }

  async #enqueue(work: () => Promise<Applied>): Promise<number> {
    if (this.#underWay !== undefined && this.#caller.getStore() === this.#underWay) throw reentered();
    const applying = this.#tail.then(work);
    // The next in line does not care how this one ended; its own caller hears of it. Nor does it wait until
    // everybody has settled: who settles may be the one who applies next.
    this.#tail = applying.catch(() => {});
    const { version, settled } = await applying;
    await settled;
    return version;
  }

  /** What the requests lead to. */
  async #decode(
    requests: readonly ChangeRequest[],
    { base = this.#version, isForced = false }: ApplyOptions,
  ): Promise<Decoded> {
    const pending = new PendingChanges(this.#current, { base, version: this.#version, isForced });
    let waiting = requests;
    while (waiting.length > 0) {
      const left = waiting.filter((request) => !pending.take(request));
      // What was missing may be made by an operation that stands later in the set.
      if (left.length === waiting.length) throw pending.missing(left[0]!);
      waiting = left;
    }
    const { kinds, environment = {}, cwd = '/' } = this.#options;
    const steps = decodeInSteps(this.#current, pending.drafts, {
      kinds,
      openVariables: (entries) => createVariables(entries, environment, cwd),
      previous: pending,
    });
    const decoded = await takeSteps(steps, this.#options.clock);
    if (hasErrors(decoded.problems)) throw toRefusal(decoded.problems);
    return decoded;
  }

  async #change(after: EntrySet, changes: readonly Change[], version: number): Promise<Applied> {
    const update: Update = { fromVersion: this.#version, version, changes, before: this.#current, after };
    this.#underWay = update;
    let subscribers: RegistrySubscriber[];
    try {
      subscribers = await this.#caller.run(update, () => this.#commit(update));
    } finally {
      this.#underWay = undefined;
      // As long as it is enabled, Node.js 20 watches every promise of the program.
      this.#caller.disable();
    }
    if (version > this.#newestVersion) {
      this.#newestVersion = version;
      this.#keep(version, after);
    }
    return { version, settled: this.#settle(update, subscribers) };
  }

  #keep(version: number, entries: EntrySet): void {
    const versionsMax = Math.max(1, this.#options.versionsMax ?? REGISTRY_VERSIONS_MAX);
    this.#versions.set(version, entries);
    for (const oldest of this.#versions.keys()) {
      if (this.#versions.size <= versionsMax) break;
      this.#versions.delete(oldest);
    }
  }

  /** @returns who has committed: everybody who was there. */
  async #commit(update: Update): Promise<RegistrySubscriber[]> {
    const begun: { subscriber: RegistrySubscriber; hasCommitted: boolean }[] = [];
    try {
      for (const subscriber of this.#subscribers) {
        begun.push({ subscriber, hasCommitted: false });
        await subscriber.prepare?.(update);
      }
      this.#current = update.after;
      this.#version = update.version;
      for (const step of begun) {
        step.hasCommitted = true;
        await step.subscriber.commit?.(update);
      }
      return begun.map(({ subscriber }) => subscriber);
    } catch (error) {
      this.#current = update.before;
      this.#version = update.fromVersion;
      for (const { subscriber, hasCommitted } of begun.reverse()) {
        const fields = { subscriber: subscriber.name, version: update.version };
        await isolate(this.#log, 'registry rollback failed', fields, () =>
          rollBack(subscriber, update, hasCommitted),
        );
      }
      throw error;
    }
  }

  #settle(update: RegistryUpdate, subscribers: readonly RegistrySubscriber[]): Promise<unknown> {
    const settling = subscribers.map((subscriber) => {
      const fields = { subscriber: subscriber.name, version: update.version };
      return isolate(this.#log, 'registry subscriber failed', fields, () => subscriber.settled?.(update));
    });
    return Promise.all(settling);
  }
}

/**
 * IDs of changed entries and of everything that imports them, directly or not: whose code is new after an
 * update (`app-format.md` § 8, effect of a change).
 */
export function collectAffected(
  update: Pick<RegistryUpdate, 'changes' | 'before' | 'after'>,
): ReadonlySet<string> {
  const earlier = affectedBy.get(update);
  if (earlier !== undefined) return earlier;
  const changed = update.changes.map((change) =>
    change.operation === 'delete' ? change.previous.id : change.entry.id,
  );
  const follow = (field: string): boolean => field.startsWith('imports.');
  // Both states: an importer that dropped the import in the same update is itself among the changed.
  const affected = collectReferrers(changed, [update.before, update.after], follow);
  affectedBy.set(update, affected);
  return affected;
}

/** Everybody who follows an update asks. */
const affectedBy = new WeakMap<object, ReadonlySet<string>>();

function rollBack(
  subscriber: RegistrySubscriber,
  update: RegistryUpdate,
  hasCommitted: boolean,
): void | Promise<void> {
  if (subscriber.rollback !== undefined) return subscriber.rollback(update);
  if (hasCommitted) return subscriber.commit?.(invertUpdate(update));
}

function invertUpdate(update: RegistryUpdate): RegistryUpdate {
  return {
    fromVersion: update.version,
    version: update.fromVersion,
    changes: invertChanges(update.changes),
    before: update.after,
    after: update.before,
  };
}

/** Entries decoded or checked in one turn: code is compiled then, and sockets wait. */
const STEPS_PER_TURN = 8;

/** Takes the steps of a large change set without keeping everybody else waiting. */
async function takeSteps<T>(
  steps: Iterator<unknown, T>,
  clock: Pick<Clock, 'defer'> | undefined,
): Promise<T> {
  for (let count = 1; ; count++) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (clock !== undefined && count % STEPS_PER_TURN === 0)
      await new Promise<void>((resolve) => clock.defer(resolve));
  }
}

function versionNotFound(version: number, known: Iterable<number>): HubError {
  return new HubError('MH_REGISTRY_VERSION_NOT_FOUND', {
    message: `Cannot find registry version v${version}: kept are ${[...known].map((n) => `v${n}`).join(', ')}`,
  });
}

function emptyChanges(): HubError {
  return new HubError('MH_REGISTRY_CHANGES_EMPTY', {
    message: 'Cannot apply a change set: it has no operations',
  });
}

function reentered(): HubError {
  return new HubError('MH_REGISTRY_REENTERED', {
    message: 'Cannot apply a change set: the subscriber that asks for it is being told of another one',
    hint: 'Apply it in `settled`, or when `apply` has returned.',
  });
}
