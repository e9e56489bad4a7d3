/**
 * Files changed -> one change set (`app-format.md` 8.6).
 *
 * Every event only says "look again": the tree is loaded, judged, and compared with the last state of the
 * files that was accepted. So it does not matter how an editor saves (write, rename, delete and create), how
 * many files one save touches, or whether events are lost or doubled. The comparison is with the files, not
 * with the registry: entries that programs created are left alone. What is refused changes nothing and is
 * compared again at the next event.
 */
import { type Clock, HubError, isolate, type Log, type Timer } from '../base/index.ts';
import {
  type Change,
  type ChangeRequest,
  collectReferrers,
  createEntrySet,
  diffEntries,
  type Entry,
  type LoadResult,
  type Problem,
  type Registry,
} from '../registry/index.ts';
import type { FileEvent, FileWatcher, OpenFileWatcher, WatchPaths } from './file-watcher.ts';

/** Quiet time after the last event before the files are read (`app-format.md` 8.6). */
export const RELOAD_DEBOUNCE_MS = 100;

/** With events that never pause, the files are read this long after the first one all the same. */
export const RELOAD_DELAY_MAX_MS = 1000;

/** What was taken into the registry. */
export interface AppliedReload {
  readonly version: number;
  readonly changes: readonly Change[];
  /** Changed entries and those that import them, directly or not. */
  readonly affected: readonly AffectedEntry[];
  /** Warnings of the load. */
  readonly problems: readonly Problem[];
  readonly durationMs: number;
}

/** An entry whose code is new. */
export interface AffectedEntry {
  readonly id: string;
  /** The changed entry through which it is affected; `undefined` when it was changed itself. */
  readonly via: string | undefined;
}

/** Why nothing changed. At least one of the two is given. */
export interface RejectedReload {
  /** Sorted; errors and warnings. */
  readonly problems: readonly Problem[];
  /** What the registry or one of its subscribers threw. */
  readonly error: Error | undefined;
}

/** What watching needs. */
export interface WatchApplicationOptions {
  readonly load: () => Promise<LoadResult>;
  /** What the registry was started with. */
  readonly initial: LoadResult;
  readonly registry: Pick<Registry, 'apply' | 'all' | 'version'>;
  readonly openWatcher: OpenFileWatcher;
  readonly clock: Clock;
  readonly log: Log;
  // What one of these throws is logged: the next save is read all the same.
  onApplied?(reload: AppliedReload): void;
  onRejected?(reload: RejectedReload): void;
  /** The files are back at the accepted state after a rejection. */
  onRestored?(): void;
}

/** A watched application. */
export interface ApplicationWatch {
  /** Looks at once, e.g. on a signal. Resolves when the outcome was reported. */
  reload(): Promise<void>;
  /** Stops watching; a reload under way is waited for. Idempotent. */
  close(): Promise<void>;
}

/** Starts watching. Resolves once changes are seen; looks once more then, for what changed meanwhile. */
export async function watchApplication(options: WatchApplicationOptions): Promise<ApplicationWatch> {
  const watch = new Watch(options);
  await watch.open();
  return watch;
}

class Watch implements ApplicationWatch {
  readonly #options: WatchApplicationOptions;
  #accepted: LoadResult;
  /** Includes what a rejected load read: the mistake may be in a file that no accepted entry names. */
  #files: ReadonlySet<string>;
  #watcher: FileWatcher | undefined;
  #timer: Timer | undefined;
  #firstEventMs: number | undefined;
  #tail: Promise<void> = Promise.resolve();
  #wasRejected = false;
  #isClosed = false;

  constructor(options: WatchApplicationOptions) {
    this.#options = options;
    this.#accepted = options.initial;
    this.#files = new Set(options.initial.files);
  }

  async open(): Promise<void> {
    const { openWatcher, log } = this.#options;
    this.#watcher = await openWatcher(toPaths(this.#accepted), {
      changed: (event) => this.#changed(event),
      failed: (error) => log.error('watching files failed', { reason: error.message }),
    });
    this.#schedule();
  }

  reload(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#firstEventMs = undefined;
    // A reload that fails in a way nobody thought of must not be the last one.
    this.#tail = this.#tail.then(() => isolate(this.#options.log, 'reload failed', {}, () => this.#reload()));
    return this.#tail;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#watcher?.close();
    await this.#tail;
  }

  #changed(event: FileEvent): void {
    const isOurs = event.isDirectory || this.#files.has(event.path) || /\.(ya?ml|json|lua)$/.test(event.path);
    if (isOurs) this.#schedule();
  }

  #schedule(): void {
    if (this.#isClosed) return;
    const { clock } = this.#options;
    const now = clock.monotonicMs();
    this.#firstEventMs ??= now;
    const latest = this.#firstEventMs + RELOAD_DELAY_MAX_MS;
    this.#timer?.cancel();
    this.#timer = clock.setTimer(
      Math.max(0, Math.min(RELOAD_DEBOUNCE_MS, latest - now)),
      () => void this.reload(),
    );
  }

  async #reload(): Promise<void> {
    if (this.#isClosed) return;
    const startedMs = this.#options.clock.monotonicMs();
    let loaded: LoadResult;
    try {
      loaded = await this.#options.load();
    } catch (error) {
      this.#reject({ problems: [], error: error as Error });
      return;
    }
    this.#files = new Set([...this.#accepted.files, ...loaded.files]);
    if (!loaded.isValid) {
      this.#reject({ problems: loaded.problems, error: undefined });
      return;
    }
    const changes = diffEntries(createEntrySet(this.#accepted.entries), createEntrySet(loaded.entries));
    if (changes.length === 0) {
      this.#accept(loaded);
      if (this.#wasRejected) this.#tell(() => this.#options.onRestored?.());
      this.#wasRejected = false;
      return;
    }
    await this.#apply(loaded, changes, startedMs);
  }

  async #apply(loaded: LoadResult, changes: readonly Change[], startedMs: number): Promise<void> {
    const { registry, log, clock } = this.#options;
    const before = registry.all();
    let version: number;
    try {
      version = await registry.apply(changes.map(toRequest), { isForced: true });
    } catch (error) {
      this.#reject({ problems: loaded.problems, error: error as Error });
      return;
    }
    this.#accept(loaded);
    this.#wasRejected = false;
    const affected = findAffected(changes, [...before, ...registry.all()]);
    const durationMs = clock.monotonicMs() - startedMs;
    // Whoever is told says it to people, with names and places.
    log.debug('reloaded', { version, changes: changes.length, affected: affected.length });
    const { problems } = loaded;
    this.#tell(() => this.#options.onApplied?.({ version, changes, affected, problems, durationMs }));
  }

  #accept(loaded: LoadResult): void {
    this.#accepted = loaded;
    this.#watcher?.update(toPaths(loaded));
  }

  #reject(rejected: RejectedReload): void {
    const { log } = this.#options;
    this.#wasRejected = true;
    // Files that only the rejected state names may be the ones to be repaired.
    this.#watcher?.update({ roots: this.#accepted.roots, files: [...this.#files] });
    const errors = rejected.problems.filter(({ severity }) => severity === 'error').length;
    const { error } = rejected;
    const code = error instanceof HubError ? error.code : undefined;
    log.debug('reload rejected', { errors, reason: error?.message, code });
    this.#tell(() => this.#options.onRejected?.(rejected));
  }

  #tell(call: () => unknown): void {
    void isolate(this.#options.log, 'reload callback failed', {}, call);
  }
}

function toPaths(loaded: LoadResult): WatchPaths {
  return { roots: loaded.roots, files: loaded.files };
}

function toRequest(change: Change): ChangeRequest {
  return change.operation === 'delete'
    ? { operation: 'delete', id: change.previous.id }
    : { operation: change.operation, entry: change.entry };
}

/** `app-format.md` § 8: importers, direct and indirect, count as changed. */
function findAffected(changes: readonly Change[], entries: readonly Entry[]): AffectedEntry[] {
  const affected = new Map<string, string | undefined>();
  const changed = changes.map((change) =>
    change.operation === 'delete' ? change.previous.id : change.entry.id,
  );
  for (const id of changed) affected.set(id, undefined);
  for (const id of changed) {
    for (const referrer of collectReferrers([id], entries, (field) => field.startsWith('imports.')))
      if (!affected.has(referrer)) affected.set(referrer, id);
  }
  return [...affected].map(([id, via]) => ({ id, via }));
}
