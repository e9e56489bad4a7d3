/** Change sets as data: what is different between two states, in an order that can be carried out. */
import type { Change, Entry, EntryLookup } from './entry.ts';
import { createEntrySet, EntrySet } from './entry-set.ts';
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
 * @param ids what may be different. Default: everything.
 */
export function diffEntries(
  before: EntryLookup,
  after: EntryLookup,
  ids: Iterable<string> = idsOf(before, after),
): Change[] {
  const wanted = new Set([...ids].filter((id) => before.get(id) !== after.get(id)));
  const replaced: Change[] = [];
  const changes: Change[] = [];
  for (const entry of sortChosen(wanted, after)) {
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
  const gone = [...wanted].filter((id) => after.get(id) === undefined);
  const removed = sortChosen(new Set(gone), before).map(
    (previous): Change => ({ operation: 'delete', previous }),
  );
  return [...replaced, ...changes, ...removed.reverse()];
}

function* idsOf(...states: readonly EntryLookup[]): Iterable<string> {
  for (const state of states) for (const { id } of state.all()) yield id;
}

/** The chosen ones that exist, dependencies first, also where only others stand between the two. */
function sortChosen(ids: ReadonlySet<string>, state: EntryLookup): Entry[] {
  const chosen = [...ids].flatMap((id) => state.get(id) ?? []);
  return sortByReferences(chosen, (id) => state.get(id)).sorted.filter(({ id }) => ids.has(id));
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
  const state = before instanceof EntrySet ? before : createEntrySet(before.all());
  return changes.reduce(
    (set, change) =>
      change.operation === 'delete'
        ? set.with({ removed: [change.previous.id] })
        : set.with({ put: [change.entry] }),
    state,
  );
}
