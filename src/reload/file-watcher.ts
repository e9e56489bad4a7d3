/** Sees files change. The only file that imports chokidar; tests have a watcher of their own. */
import path from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

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
 * A watch of the disk. Directories that loading skips are skipped here too (`app-format.md` 1.1).
 * @param options.isPolling look at every file from time to time instead of waiting for events of the system, which
 *   folders mounted into a container or over a network do not send. The variables CHOKIDAR_USEPOLLING and
 *   CHOKIDAR_INTERVAL (milliseconds) win.
 */
export function createOpenFileWatcher(options: { readonly isPolling: boolean }): OpenFileWatcher {
  const polling = options.isPolling ? { usePolling: true, interval: POLL_INTERVAL_MS } : {};
  return (paths, listener) =>
    new Promise((resolve) => {
      let wanted = toWanted(paths);
      const watcher: FSWatcher = watch([...wanted.targets], {
        ...polling,
        ignoreInitial: true,
        ignored: (file) => isSkipped(file, wanted),
      });
      watcher.on('all', (event, file) => {
        listener.changed({
          path: path.resolve(file),
          isDirectory: event === 'addDir' || event === 'unlinkDir',
        });
      });
      watcher.on('error', (error) => listener.failed(error as Error));
      watcher.once('ready', () => {
        resolve({
          update(next) {
            const before = wanted.targets;
            wanted = toWanted(next);
            const { targets } = wanted;
            const added = [...targets].filter((target) => !before.has(target));
            const removed = [...before].filter((target) => !targets.has(target));
            if (removed.length > 0) watcher.unwatch(removed);
            if (added.length > 0) watcher.add(added);
          },
          close: () => watcher.close(),
        });
      });
    });
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
