/**
 * Links and monitors (`process.md` § 8): who hears of whose end. Each side of a tie keeps the other by its PID, both
 * sides change in one call, and the dead are in nobody's table.
 *
 * Across nodes the two sides cannot change in one call. A monitor belongs to the watcher alone, so the order of
 * its signals is enough. A link belongs to both, and both may make it and take it away while signals of the other
 * side are on their way. Therefore it consists of two halves: each `link` makes a half of its side, with a number
 * that no half of that side had before; either side may end halves it knows, and says which. A half that ended
 * never comes back, so the sides agree on every half once all signals have arrived, whatever crossed. The link is
 * there while one half is.
 */
import { assert, type Pid } from '../../base/index.ts';
import type { ProcessRecord, Ref } from '../record/record.ts';
import type { NodeSession, RemoteLink, RemoteRef } from '../session/session.ts';
import { assertHeld } from './refusal.ts';

/**
 * Makes a link; twice is once, to itself is nothing (§ 8.4).
 * @throws MH_CLUSTER_CONGESTED, MH_PROCESS_NODE_NOT_FOUND for a process of another node; nothing is linked then
 */
export function link(left: ProcessRecord, right: Ref): void {
  if (left === right) return;
  if (right.kind === 'remote') {
    linkAcross(left, right);
    return;
  }
  left.links ??= new Map();
  right.links ??= new Map();
  left.links.set(right.pid, right);
  right.links.set(left.pid, left);
}

/** Takes a link away; nothing happens without one. */
export function unlink(left: ProcessRecord, right: Ref): void {
  if (right.kind === 'remote') {
    unlinkAcross(left, right.pid);
    return;
  }
  if (left.links?.delete(right.pid) === true) wakeUnlinked(left);
  if (right.links?.delete(left.pid) === true) wakeUnlinked(right);
}

/** A program that waits for nothing but its last link must learn that it waits for ever (`concurrency.md` § 5). */
export function wakeUnlinked(record: ProcessRecord): void {
  if (record.links?.size === 0) record.wake();
}

/**
 * The watcher will get the target's EXIT.
 * @returns false when it monitors the target already.
 * @throws as `link`
 */
export function monitor(watcher: ProcessRecord, target: Ref): boolean {
  watcher.monitoring ??= new Map();
  if (watcher.monitoring.has(target.pid)) return false;
  if (target.kind === 'remote') {
    const signal = { kind: 'monitor', from: watcher.pid, to: target.pid } as const;
    assertHeld(target.session.ask(signal), 'monitor', target.pid);
  } else {
    target.monitors ??= new Map();
    target.monitors.set(watcher.pid, watcher);
  }
  watcher.monitoring.set(target.pid, target);
  return true;
}

/** Ends a monitor, if there is one. */
export function unmonitor(watcher: ProcessRecord, target: Ref): void {
  if (watcher.monitoring?.delete(target.pid) === true) forgetWatcher(watcher, target);
}

/** Takes a watcher that gave up, or has ended, off its target. */
export function forgetWatcher(watcher: ProcessRecord, target: Ref): void {
  if (target.kind === 'local') target.monitors?.delete(watcher.pid);
  else target.session.report({ kind: 'unmonitor', from: watcher.pid, to: target.pid });
}

/** Ends a link from this side after it left the table. */
export function reportUnlinked(left: ProcessRecord, { pid, session, ownHalf, otherHalf }: RemoteLink): void {
  session.report({ kind: 'unlink', from: left.pid, to: pid, ownHalf, otherHalf });
}

/** Another node made a half of a link. */
export function acceptLink(record: ProcessRecord, from: RemoteRef, half: number): void {
  const known = remoteLink(record, from.pid);
  record.links ??= new Map();
  if (known === undefined) record.links.set(from.pid, { ...from, ownHalf: 0, otherHalf: half });
  else known.otherHalf = half;
}

/** Another node ended the halves it knew, as they are called here; one that was made here meanwhile stays. */
export function acceptUnlink(
  record: ProcessRecord,
  from: Pid,
  ended: { readonly ownHalf: number; readonly otherHalf: number },
): void {
  const known = remoteLink(record, from);
  if (known === undefined) return;
  if (known.ownHalf <= ended.ownHalf) known.ownHalf = 0;
  if (known.otherHalf <= ended.otherHalf) known.otherHalf = 0;
  if (known.ownHalf !== 0 || known.otherHalf !== 0) return;
  record.links!.delete(from);
  wakeUnlinked(record);
}

/** A tie that was cut, and what its side here must be told. */
export interface CutTie {
  readonly record: ProcessRecord;
  readonly kind: 'exit' | 'linkDown';
  /** The process on the other side. */
  readonly pid: Pid;
}

/** Takes all ties with one node apart. @returns who must be told, the EXIT of a process before its LINK_DOWN */
export function cutTies(records: Iterable<ProcessRecord>, session: NodeSession): CutTie[] {
  const cut: CutTie[] = [];
  for (const record of records) {
    takeOut(record.monitors, session);
    for (const pid of takeOut(record.monitoring, session)) cut.push({ record, kind: 'exit', pid });
    for (const pid of takeOut(record.links, session)) cut.push({ record, kind: 'linkDown', pid });
  }
  return cut;
}

function linkAcross(left: ProcessRecord, right: RemoteRef): void {
  left.links ??= new Map();
  if (left.links.has(right.pid)) return;
  const half = right.session.nextHalf();
  const signal = { kind: 'link', from: left.pid, to: right.pid, half } as const;
  assertHeld(right.session.ask(signal), 'link', right.pid);
  left.links.set(right.pid, { ...right, ownHalf: half, otherHalf: 0 });
}

function unlinkAcross(left: ProcessRecord, pid: Pid): void {
  const known = remoteLink(left, pid);
  if (known === undefined) return;
  left.links!.delete(pid);
  reportUnlinked(left, known);
  wakeUnlinked(left);
}

function remoteLink(record: ProcessRecord, pid: Pid): RemoteLink | undefined {
  const known = record.links?.get(pid);
  assert(known?.kind !== 'local', 'a PID of another node led to a process of this one');
  return known;
}

function takeOut(table: Map<Pid, Ref> | undefined, session: NodeSession): Pid[] {
  if (table === undefined) return [];
  const pids: Pid[] = [];
  for (const [pid, ref] of table) if (ref.kind === 'remote' && ref.session === session) pids.push(pid);
  for (const pid of pids) table.delete(pid);
  return pids;
}
