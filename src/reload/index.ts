/** Watches the files of an application and turns what changed into one change set of the registry. */
export {
  createOpenFileWatcher,
  type FileEvent,
  type FileWatcher,
  type OpenFileWatcher,
  type WatchListener,
  type WatchPaths,
} from './file-watcher.ts';
export { EMPTIED_GRACE_MS, GONE_GRACE_MS } from './grace.ts';
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
