/** Change sets as data: what is different between two states, in an order that can be carried out. */
import type { Change, Entry, EntryLookup } from './entry.ts';
import { createEntrySet } from './entry-set.ts';
import { sortByReferences } from './order.ts';
import { equalValues } from './value.ts';

/** Same kind, same content, written and ready for use. Where they were written does not matter. */
export function equalEntries(a: Entry, b: Entry): boolean {
  return (
    a === b ||
    (a.id === b.id &&
      a.kind === b.kind &&
      equalValues(a.written.data, b.written.data) &&
      equalValues(a.written.meta, b.written.meta) &&
      equalValues(a.data, b.data) &&
      equalValues(a.meta, b.meta))
  );
}

/**
 * What turns state `before` into state `after` (`app-format.md` 8.2): deletions of entries that come back with
 * another kind; then creations and updates, dependencies first; then the other deletions, dependents first.
 */
export function diffEntries(before: EntryLookup, after: EntryLookup): Change[] {
  const replaced: Change[] = [];
  const changes: Change[] = [];
  for (const entry of sortByReferences(after.all()).sorted) {
    const previous = before.get(entry.id);
    if (previous === undefined) {
      changes.push({ operation: 'create', entry });
    } else if (previous.kind !== entry.kind) {
      replaced.push({ operation: 'delete', previous });
      changes.push({ operation: 'create', entry });
    } else if (!equalEntries(previous, entry)) {
      changes.push({ operation: 'update', entry, previous });
    }
  }
  const removed: Change[] = sortByReferences(before.all())
    .sorted.filter(({ id }) => after.get(id) === undefined)
    .map((previous) => ({ operation: 'delete', previous }));
  return [...replaced, ...changes, ...removed.reverse()];
}

/** The change set that undoes another. */
export function invertChanges(changes: readonly Change[]): Change[] {
  return changes.toReversed().map((change): Change => {
    if (change.operation === 'create') return { operation: 'delete', previous: change.entry };
    if (change.operation === 'delete') return { operation: 'create', entry: change.previous };
    return { operation: 'update', entry: change.previous, previous: change.entry };
  });
}

/** The state after a change set. Updated entries keep their place; created ones come last. */
export function applyChanges(before: EntryLookup, changes: readonly Change[]): EntryLookup {
  const byId = new Map<string, Entry>(before.all().map((entry) => [entry.id, entry]));
  for (const change of changes) {
    if (change.operation === 'delete') byId.delete(change.previous.id);
    else byId.set(change.entry.id, change.entry);
  }
  return createEntrySet(byId.values());
}
