/** Watches the files of an application and turns what changed into one change set of the registry. */
export {
  type FileEvent,
  type FileWatcher,
  type OpenFileWatcher,
  openFileWatcher,
  type WatchListener,
  type WatchPaths,
} from './file-watcher.ts';
export {
  type AffectedEntry,
  type ApplicationWatch,
  type AppliedReload,
  RELOAD_DEBOUNCE_MS,
  RELOAD_DELAY_MAX_MS,
  type RejectedReload,
  type WatchApplicationOptions,
  watchApplication,
} from './watch-application.ts';
