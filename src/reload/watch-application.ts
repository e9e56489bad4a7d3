/**
 * Files changed -> one change set (`app-format.md` 8.6).
 *
 * Every event only says "look again": the tree is loaded, judged, and compared with the last state of the
 * files that was accepted. So it does not matter how an editor saves (write, rename, delete and create), how
 * many files one save touches, or whether events are lost or doubled. The comparison is with the files, not
 * with the registry: entries that programs created are left alone. What is refused changes nothing and is
 * compared again at the next event; the same mistake is told once.
 */
import { type Clock, HubError, isolate, type Log, type Timer } from '../base/index.ts';
import {
  type Change,
  type ChangeRequest,
  collectReferrers,
  createEntrySet,
  diffEntries,
  formatProblem,
  type LoadResult,
  type Problem,
  type Registry,
  type RunningState,
  type Snapshot,
  tryReadProblems,
} from '../registry/index.ts';
import type { FileEvent, FileWatcher, OpenFileWatcher, WatchPaths } from './file-watcher.ts';
import { Grace } from './grace.ts';

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
  /** Warnings of the load that were not there before. */
  readonly problems: readonly Problem[];
  /** The state before this one had been refused. */
  readonly isRecovery: boolean;
  readonly durationMs: number;
}

/** An entry whose code is new. */
export interface AffectedEntry {
  readonly id: string;
  /** The changed entry through which it is affected; `undefined` when it was changed itself. */
  readonly via: string | undefined;
}

/** Why nothing changed. Problems or an error are given. */
export interface RejectedReload {
  /** Errors and warnings, with their places; those of files sorted. */
  readonly problems: readonly Problem[];
  /** What the registry or one of its subscribers threw, when it is more than problems. */
  readonly error: Error | undefined;
  /** IDs of the entries whose new state was refused; none when the files could not be read as entries. */
  readonly refused: readonly string[];
}

/** What watching needs. */
export interface WatchApplicationOptions {
  readonly load: (state: RunningState) => Promise<LoadResult>;
  /** What the registry was started with. */
  readonly initial: LoadResult;
  readonly registry: Pick<Registry, 'apply' | 'snapshot' | 'version'>;
  readonly openWatcher: OpenFileWatcher;
  readonly clock: Clock;
  readonly log: Log;
  // What one of these throws is logged: the next save is read all the same.
  onApplied?(reload: AppliedReload): void;
  onRejected?(reload: RejectedReload): void;
  /** The files are back at the accepted state after a rejection. */
  onRestored?(): void;
  /** Files that are read at the start and never again; absolute. Default none. */
  readonly startFiles?: readonly string[];
  /** One of them was saved: nothing follows before the next start. */
  onStartFile?(file: string): void;
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
  /** What was told of the refused state, as text; `undefined` when the accepted state is the newest. */
  #refusal: string | undefined;
  readonly #grace: Grace;
  /** The next look at files that are given time. */
  #graceTimer: Timer | undefined;
  readonly #savedStartFiles = new Set<string>();
  readonly #watchingFaults = new Set<string>();
  #isClosed = false;

  constructor(options: WatchApplicationOptions) {
    this.#options = options;
    this.#accepted = options.initial;
    this.#files = new Set(options.initial.files);
    this.#grace = new Grace(options.clock);
  }

  async open(): Promise<void> {
    const { openWatcher } = this.#options;
    this.#watcher = await openWatcher(this.#toPaths(this.#accepted.files), {
      changed: (event) => this.#changed(event),
      failed: (error) => this.#watchingFailed(error),
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
    this.#graceTimer?.cancel();
    await this.#watcher?.close();
    await this.#tail;
  }

  /** The system may say it for every file; once is enough. */
  #watchingFailed(error: Error): void {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (this.#watchingFaults.has(code)) return;
    this.#watchingFaults.add(code);
    const hint = 'watch by polling (--watch=poll), or allow more watches';
    this.#options.log.error('watching files failed', { reason: error.message, hint });
  }

  #changed(event: FileEvent): void {
    if (this.#options.startFiles?.includes(event.path) === true) this.#savedStartFiles.add(event.path);
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
    this.#tellStartFiles();
    const startedMs = this.#options.clock.monotonicMs();
    this.#grace.begin();
    let loaded: LoadResult;
    try {
      loaded = await this.#load();
    } catch (error) {
      // The folder itself may be away for a moment.
      if (this.#grace.mayStandIn('', 'absent')) this.#lookAgain();
      else this.#reject({ problems: [], error: error as Error, refused: [] });
      return;
    }
    this.#lookAgain();
    this.#files = new Set([...this.#accepted.files, ...loaded.files]);
    if (!loaded.isValid) {
      this.#reject({ problems: loaded.problems, error: undefined, refused: [] });
      return;
    }
    const changes = diffEntries(createEntrySet(this.#accepted.entries), createEntrySet(loaded.entries));
    if (changes.length === 0) {
      this.#accept(loaded);
      if (this.#refusal !== undefined) this.#tell(() => this.#options.onRestored?.());
      this.#refusal = undefined;
      return;
    }
    await this.#apply(loaded, changes, startedMs);
  }

  #load(): Promise<LoadResult> {
    const { entries } = this.#accepted;
    return this.#options.load({
      entries,
      mayStandIn: (file, lapse) => this.#grace.mayStandIn(file, lapse),
    });
  }

  /** When the time given to a file is over, without an event. */
  #lookAgain(): void {
    this.#graceTimer?.cancel();
    const { nextLookMs } = this.#grace;
    this.#graceTimer =
      nextLookMs === undefined || this.#isClosed
        ? undefined
        : this.#options.clock.setTimer(nextLookMs, () => void this.reload());
  }

  async #apply(loaded: LoadResult, changes: readonly Change[], startedMs: number): Promise<void> {
    const { registry, log, clock } = this.#options;
    const before = registry.snapshot();
    let version: number;
    try {
      version = await registry.apply(changes.map(toRequest), { isForced: true });
    } catch (thrown) {
      const found = tryReadProblems(thrown);
      const problems = [...loaded.problems, ...(found ?? [])];
      this.#reject({
        problems,
        error: found === undefined ? (thrown as Error) : undefined,
        refused: changes.map(idOf),
      });
      return;
    }
    const known = new Set(this.#accepted.problems.map((problem) => formatProblem(problem)));
    const problems = loaded.problems.filter((problem) => !known.has(formatProblem(problem)));
    const isRecovery = this.#refusal !== undefined;
    this.#accept(loaded);
    this.#refusal = undefined;
    const affected = findAffected(changes, [before, registry.snapshot()]);
    const durationMs = clock.monotonicMs() - startedMs;
    // Whoever is told says it to people, with names and places.
    log.debug('reloaded', { version, changes: changes.length, affected: affected.length });
    const reload = { version, changes, affected, problems, isRecovery, durationMs };
    this.#tell(() => this.#options.onApplied?.(reload));
  }

  #accept(loaded: LoadResult): void {
    this.#accepted = loaded;
    this.#watcher?.update(this.#toPaths(loaded.files));
  }

  #reject(rejected: RejectedReload): void {
    const { log } = this.#options;
    // Files that only the rejected state names may be the ones to be repaired.
    this.#watcher?.update(this.#toPaths(this.#files));
    const errors = rejected.problems.filter(({ severity }) => severity === 'error');
    const { error } = rejected;
    const code = error instanceof HubError ? error.code : undefined;
    log.debug('reload rejected', { errors: errors.length, reason: error?.message, code });
    // With another entry beside it the same mistake is told again: whoever saved that one waits for it.
    const reasons = errors.map((problem) => formatProblem(problem));
    const refusal = [...reasons, error?.message, ...rejected.refused].join('\n');
    const isTold = this.#refusal === refusal;
    this.#refusal = refusal;
    if (!isTold) this.#tell(() => this.#options.onRejected?.(rejected));
  }

  #tellStartFiles(): void {
    for (const file of this.#savedStartFiles) this.#tell(() => this.#options.onStartFile?.(file));
    this.#savedStartFiles.clear();
  }

  #tell(call: () => unknown): void {
    void isolate(this.#options.log, 'reload callback failed', {}, call);
  }

  #toPaths(files: Iterable<string>): WatchPaths {
    return { roots: this.#accepted.roots, files: [...files, ...(this.#options.startFiles ?? [])] };
  }
}

function idOf(change: Change): string {
  return change.operation === 'delete' ? change.previous.id : change.entry.id;
}

function toRequest(change: Change): ChangeRequest {
  return change.operation === 'delete'
    ? { operation: 'delete', id: change.previous.id }
    : { operation: change.operation, entry: change.entry };
}

/** `app-format.md` § 8: importers, direct and indirect, count as changed. */
function findAffected(changes: readonly Change[], states: readonly Snapshot[]): AffectedEntry[] {
  const affected = new Map<string, string | undefined>();
  const changed = changes.map(idOf);
  for (const id of changed) affected.set(id, undefined);
  for (const id of changed) {
    for (const referrer of collectReferrers([id], states, (field) => field.startsWith('imports.')))
      if (!affected.has(referrer)) affected.set(referrer, id);
  }
  return [...affected].map(([id, via]) => ({ id, via }));
}
