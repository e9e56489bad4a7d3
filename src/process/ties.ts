/**
 * Links and monitors (`process.md` § 8): who hears of whose end. Each side of a tie keeps the other by its PID, both
 * sides change in one call, and the dead are in nobody's table.
 */
import type { ProcessRecord } from './record.ts';

/** Makes a link; twice is once, to itself is nothing (§ 8.4). */
export function link(left: ProcessRecord, right: ProcessRecord): void {
  if (left === right) return;
  left.links ??= new Map();
  right.links ??= new Map();
  left.links.set(right.pid, right);
  right.links.set(left.pid, left);
}

/** Takes a link away; nothing happens without one. */
export function unlink(left: ProcessRecord, right: ProcessRecord): void {
  if (left.links?.delete(right.pid) === true) wakeUnlinked(left);
  if (right.links?.delete(left.pid) === true) wakeUnlinked(right);
}

/** A program that waits for nothing but its last link must learn that it waits for ever (`concurrency.md` § 5). */
export function wakeUnlinked(record: ProcessRecord): void {
  if (record.links?.size === 0) record.wake();
}

/** The watcher will get the target's EXIT. @returns false when it monitors the target already. */
export function monitor(watcher: ProcessRecord, target: ProcessRecord): boolean {
  watcher.monitoring ??= new Map();
  if (watcher.monitoring.has(target.pid)) return false;
  watcher.monitoring.set(target.pid, target);
  target.monitors ??= new Map();
  target.monitors.set(watcher.pid, watcher);
  return true;
}

/** Ends a monitor, if there is one. */
export function unmonitor(watcher: ProcessRecord, target: ProcessRecord): void {
  watcher.monitoring?.delete(target.pid);
  target.monitors?.delete(watcher.pid);
}
