/** Sees files change. The only file that imports chokidar; tests have a watcher of their own. */
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Clock, Timer } from '../base/index.ts';

/** What to look at; absolute paths. */
export interface WatchPaths {
  /** Directories, with everything below them. */
  readonly roots: readonly string[];
  /** Single files, also such that do not exist yet. */
  readonly files: readonly string[];
}

/** Something created, written, renamed or removed. */
export interface FileEvent {
  /** Absolute path. */
  readonly path: string;
  readonly isDirectory: boolean;
}

/** Who is told. */
export interface WatchListener {
  changed(event: FileEvent): void;
  /** The system refuses to watch (too many files, a vanished mount). Watching goes on where it can. */
  failed(error: Error): void;
}

/** A running watch. */
export interface FileWatcher {
  /** Replaces what is looked at. */
  update(paths: WatchPaths): void;
  close(): Promise<void>;
}

/** Opens a watch; resolves once changes are seen. */
export type OpenFileWatcher = (paths: WatchPaths, listener: WatchListener) => Promise<FileWatcher>;

/** How often files are looked at where the system sends no events, in milliseconds. */
const POLL_INTERVAL_MS = 300;

/**
 * How often the roots themselves are looked at, in milliseconds: a folder that is moved away and replaced, or a link that
 * leads to another release, sends no event below the old one.
 */
const ROOT_INTERVAL_MS = 1000;

/** How the disk is watched. */
export interface DiskWatchOptions {
  /**
   * Look at every file from time to time instead of waiting for events of the system, which folders mounted into a
   * container or over a network do not send. The variables CHOKIDAR_USEPOLLING and CHOKIDAR_INTERVAL (milliseconds)
   * win.
   */
  readonly isPolling: boolean;
  readonly clock: Clock;
}

/** A watch of the disk. Directories that loading skips are skipped here too (`app-format.md` 1.1). */
export function createOpenFileWatcher(options: DiskWatchOptions): OpenFileWatcher {
  return async (paths, listener) => {
    const watcher = new DiskWatcher(paths, listener, options);
    await watcher.open();
    return watcher;
  };
}

class DiskWatcher implements FileWatcher {
  readonly #listener: WatchListener;
  readonly #options: DiskWatchOptions;
  #wanted: Wanted;
  #watcher: FSWatcher | undefined;
  /** Which folders the roots were when they were opened. */
  #identity = '';
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(paths: WatchPaths, listener: WatchListener, options: DiskWatchOptions) {
    this.#wanted = toWanted(paths);
    this.#listener = listener;
    this.#options = options;
  }

  async open(): Promise<void> {
    this.#identity = await identify(this.#wanted.roots);
    await this.#watch();
    this.#lookAtRootsLater();
  }

  update(paths: WatchPaths): void {
    const before = this.#wanted.targets;
    this.#wanted = toWanted(paths);
    const { targets } = this.#wanted;
    const added = [...targets].filter((target) => !before.has(target));
    const removed = [...before].filter((target) => !targets.has(target));
    if (removed.length > 0) this.#watcher?.unwatch(removed);
    if (added.length > 0) this.#watcher?.add(added);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#watcher?.close();
  }

  #watch(): Promise<void> {
    const polling = this.#options.isPolling ? { usePolling: true, interval: POLL_INTERVAL_MS } : {};
    const watcher = watch([...this.#wanted.targets], {
      ...polling,
      ignoreInitial: true,
      ignored: (file) => isSkipped(file, this.#wanted),
    });
    this.#watcher = watcher;
    watcher.on('all', (event, file) => {
      const isDirectory = event === 'addDir' || event === 'unlinkDir';
      this.#listener.changed({ path: path.resolve(file), isDirectory });
    });
    watcher.on('error', (error) => this.#listener.failed(error as Error));
    return new Promise((resolve) => void watcher.once('ready', resolve));
  }

  #lookAtRootsLater(): void {
    if (this.#isClosed) return;
    this.#timer = this.#options.clock.setTimer(ROOT_INTERVAL_MS, () => void this.#lookAtRoots());
  }

  async #lookAtRoots(): Promise<void> {
    const { roots } = this.#wanted;
    const identity = await identify(roots);
    if (!this.#isClosed && identity !== this.#identity) {
      this.#identity = identity;
      // First: chokidar shares what it holds of the system between its watches of one path.
      await this.#watcher?.close();
      await this.#watch();
      // What happened meanwhile nobody saw.
      for (const root of roots) this.#listener.changed({ path: root, isDirectory: true });
    }
    // Closed while it was opened anew.
    if (this.#isClosed) await this.#watcher?.close();
    this.#lookAtRootsLater();
  }
}

/** Which folders these are, whatever their names lead to. */
async function identify(roots: readonly string[]): Promise<string> {
  const found = await Promise.all(roots.map((root) => fs.stat(root).catch(() => undefined)));
  return found.map((status) => (status === undefined ? '-' : `${status.dev}:${status.ino}`)).join(' ');
}

interface Wanted {
  readonly roots: readonly string[];
  readonly files: ReadonlySet<string>;
  /** What chokidar is given: files below a root are seen through it. */
  readonly targets: ReadonlySet<string>;
}

function toWanted({ roots, files }: WatchPaths): Wanted {
  const outside = files.filter((file) => !roots.some((root) => isBelow(file, root)));
  return { roots, files: new Set(files), targets: new Set([...roots, ...outside]) };
}

function isSkipped(file: string, { roots, files }: Wanted): boolean {
  if (files.has(file)) return false;
  const root = roots.find((candidate) => isBelow(file, candidate));
  if (root === undefined) return false;
  const steps = path.relative(root, file).split(path.sep);
  return steps.some((step) => step === 'node_modules' || (step.startsWith('.') && step.length > 1));
}

function isBelow(file: string, directory: string): boolean {
  return file.startsWith(directory.endsWith(path.sep) ? directory : directory + path.sep);
}
