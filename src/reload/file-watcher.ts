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

/** Watches the disk. Directories that loading skips are skipped here too (`app-format.md` 1.1). */
export const openFileWatcher: OpenFileWatcher = (paths, listener) =>
  new Promise((resolve) => {
    let watched = toTargets(paths);
    let roots = paths.roots;
    const watcher: FSWatcher = watch([...watched], {
      ignoreInitial: true,
      ignored: (file) => isSkipped(file, roots),
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
          roots = next.roots;
          const targets = toTargets(next);
          const added = [...targets].filter((target) => !watched.has(target));
          const removed = [...watched].filter((target) => !targets.has(target));
          watched = targets;
          if (removed.length > 0) watcher.unwatch(removed);
          if (added.length > 0) watcher.add(added);
        },
        close: () => watcher.close(),
      });
    });
  });

/** Files below a root are seen through it. */
function toTargets(paths: WatchPaths): Set<string> {
  const outside = paths.files.filter((file) => !paths.roots.some((root) => isBelow(file, root)));
  return new Set([...paths.roots, ...outside]);
}

function isSkipped(file: string, roots: readonly string[]): boolean {
  const root = roots.find((candidate) => isBelow(file, candidate));
  if (root === undefined) return false;
  const steps = path.relative(root, file).split(path.sep);
  return steps.some((step) => step === 'node_modules' || (step.startsWith('.') && step.length > 1));
}

function isBelow(file: string, directory: string): boolean {
  return file.startsWith(directory.endsWith(path.sep) ? directory : directory + path.sep);
}
