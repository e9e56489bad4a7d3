/**
 * The registry of a running hub: versions of a checked set of entries, changed by whole change sets.
 *
 * A change set passes through: its own rules (8.2) -> the state it would lead to is decoded and judged like
 * files are -> every subscriber prepares and may refuse -> the state is swapped -> every subscriber commits ->
 * the update is settled, and every subscriber may show it to the world.
 * Until the swap nothing is visible. Whatever fails before the update is settled, the old state and version
 * stand and every subscriber that had begun is told to roll back, in reverse order; what fails afterwards is the
 * one subscriber's own trouble.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { HubError, isolate, type Log, REGISTRY_VERSIONS_MAX, silentLog } from '../base/index.ts';
import { decodeDrafts, toDraft } from './check/decode.ts';
import type { KindTable } from './check/kind-table.ts';
import { hasErrors, toRefusal } from './check/problem.ts';
import { diffEntries, invertChanges } from './entry/change.ts';
import type { Draft } from './entry/draft.ts';
import {
  type Change,
  createEntry,
  type Entry,
  type EntryDefinition,
  type EntryLookup,
} from './entry/entry.ts';
import { createEntrySet } from './entry/entry-set.ts';
import { type Filter, findEntries, type SearchMeter } from './entry/filter.ts';
import { collectReferrers } from './entry/order.ts';
import { History } from './history.ts';
import { createVariables } from './variable/environment.ts';

/** One wish of a change set. An `Entry` from a loader is taken as it is; a definition is decoded. */
export type ChangeRequest =
  | { readonly operation: 'create'; readonly entry: EntryDefinition | Entry }
  | { readonly operation: 'update'; readonly entry: EntryDefinition | Entry }
  | { readonly operation: 'delete'; readonly id: string };

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
  /** Where the faults of subscribers go that change nothing. Default: nowhere. */
  readonly log?: Log;
}

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
  readonly #history: History;
  #current: EntryLookup;
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
    this.#history = new History(this.#current, Math.max(1, options.versionsMax ?? REGISTRY_VERSIONS_MAX));
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

  /** Numbers of the versions kept, oldest first. */
  versions(): readonly number[] {
    return this.#history.numbers();
  }

  /** A version, by default the current one. @throws MH_REGISTRY_VERSION_NOT_FOUND */
  snapshot(version = this.#version): Snapshot {
    const entries = version === this.#version ? this.#current : this.#history.find(version);
    if (entries === undefined) throw versionNotFound(version, this.versions());
    return {
      version,
      get: (id) => entries.get(id),
      all: () => entries.all(),
      ofKind: (kind) => entries.ofKind(kind),
      find: (filter, meter) => findEntries(entries.all(), filter, meter),
    };
  }

  /** Adds a subscriber; they are asked in the order they came. @returns how to leave. */
  subscribe(subscriber: RegistrySubscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  /**
   * Applies a change set as a whole (`app-format.md` 8.2). Resolves when everybody has committed and settled.
   * @param options.base the version the requests were made from; another current version is a conflict.
   * @param options.isForced create and update both mean "make it so", delete means "see that it is gone":
   *   for file reloads, where the file wins over what programs did.
   * @returns the new version, or the current one when a forced set changes nothing.
   * @throws MH_REGISTRY_CHANGES_EMPTY, MH_REGISTRY_CONFLICT, MH_REGISTRY_ENTRY_EXISTS,
   *   MH_REGISTRY_ENTRY_NOT_FOUND, MH_REGISTRY_ENTRY_INVALID, MH_REGISTRY_REENTERED, or what a subscriber threw.
   */
  apply(
    requests: readonly ChangeRequest[],
    options: { readonly base?: number; readonly isForced?: boolean } = {},
  ): Promise<number> {
    return this.#enqueue(async () => {
      if (requests.length === 0 && options.isForced !== true) throw emptyChanges();
      if (options.base !== undefined && options.base !== this.#version)
        throw conflict(options.base, this.#version);
      await this.#options.admit?.(requests.flatMap(toAdmitted));
      const after = this.#decode(requests, options.isForced === true);
      const changes = diffEntries(this.#current, after);
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
      const after = this.#history.find(version);
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

  /** The state the requests lead to. */
  #decode(requests: readonly ChangeRequest[], isForced: boolean): EntryLookup {
    const drafts = new Map<string, Draft>(this.all().map((entry) => [entry.id, toDraft(entry)]));
    const decoded = new Map<string, Entry>(this.all().map((entry) => [entry.id, entry]));
    let waiting = requests;
    while (waiting.length > 0) {
      const left = waiting.filter((request) => !takeRequest(request, drafts, decoded, isForced));
      // What was missing may be made by an operation that stands later in the set.
      if (left.length === waiting.length) throw entryNotFound(left[0]!);
      waiting = left;
    }
    const { kinds, environment = {}, cwd = '/' } = this.#options;
    const result = decodeDrafts([...drafts.values()], {
      kinds,
      openVariables: (all) => createVariables(all, environment, cwd),
      previous: createEntrySet(decoded.values()),
    });
    if (hasErrors(result.problems)) throw toRefusal(result.problems);
    return createEntrySet(keepUnchanged(result.entries, this.#current));
  }

  async #change(after: EntryLookup, changes: readonly Change[], version: number): Promise<Applied> {
    const update: RegistryUpdate = {
      fromVersion: this.#version,
      version,
      changes,
      before: this.#current,
      after,
    };
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
      this.#history.add(version, update.fromVersion, changes);
    }
    return { version, settled: this.#settle(update, subscribers) };
  }

  /** @returns who has committed: everybody who was there. */
  async #commit(update: RegistryUpdate): Promise<RegistrySubscriber[]> {
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
export function collectAffected(update: Pick<RegistryUpdate, 'changes' | 'before' | 'after'>): Set<string> {
  const changed = update.changes.map((change) =>
    change.operation === 'delete' ? change.previous.id : change.entry.id,
  );
  const follow = (field: string): boolean => field.startsWith('imports.');
  // Both states: an importer that dropped the import in the same update is itself among the changed.
  return collectReferrers(changed, [...update.before.all(), ...update.after.all()], follow);
}

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

/** Entries that came out as they were stay the same objects, so that a comparison by identity is enough. */
function* keepUnchanged(entries: readonly Entry[], before: EntryLookup): Iterable<Entry> {
  for (const entry of entries) {
    const previous = before.get(entry.id);
    const isSame =
      previous?.kind === entry.kind &&
      previous.data === entry.data &&
      previous.meta === entry.meta &&
      previous.written.data === entry.written.data &&
      previous.written.meta === entry.written.meta;
    yield isSame ? previous : entry;
  }
}

/** What a request brings in. */
function toAdmitted(request: ChangeRequest): Pick<Entry, 'kind' | 'data' | 'meta'>[] {
  if (request.operation === 'delete') return [];
  return ['written' in request.entry ? request.entry : createEntry(request.entry)];
}

/**
 * Carries out one request on the drafts.
 * @returns false when the entry it needs is not there (yet).
 */
function takeRequest(
  request: ChangeRequest,
  drafts: Map<string, Draft>,
  decoded: Map<string, Entry>,
  isForced: boolean,
): boolean {
  if (request.operation === 'delete') return drafts.delete(request.id) || isForced;
  const entry = 'written' in request.entry ? request.entry : createEntry(request.entry);
  const existing = drafts.get(entry.id);
  if (!isForced && request.operation === 'update') {
    if (existing === undefined) return false;
    if (existing.kind !== entry.kind) {
      throw new HubError('MH_REGISTRY_ENTRY_INVALID', {
        message: `Cannot update entry "${entry.id}": its kind is ${existing.kind}, got ${entry.kind}`,
        hint: 'Delete and create it in one change set to change the kind.',
      });
    }
  }
  if (!isForced && request.operation === 'create' && existing !== undefined) {
    throw new HubError('MH_REGISTRY_ENTRY_EXISTS', {
      message: `Cannot create entry "${entry.id}": it exists already`,
    });
  }
  drafts.set(entry.id, toDraft(entry));
  if ('written' in request.entry) decoded.set(entry.id, request.entry);
  return true;
}

function entryNotFound(request: ChangeRequest): HubError {
  const id = request.operation === 'delete' ? request.id : request.entry.id;
  return new HubError('MH_REGISTRY_ENTRY_NOT_FOUND', {
    message: `Cannot ${request.operation} entry "${id}": there is no such entry`,
  });
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

function conflict(base: number, current: number): HubError {
  return new HubError('MH_REGISTRY_CONFLICT', {
    message: `Cannot apply a change set made from v${base}: the registry is at v${current}`,
    hint: 'Take a new snapshot and make the changes again.',
  });
}
