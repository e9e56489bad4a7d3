/** An immutable set of entries with lookups by ID and kind. */
import type { Entry, EntryLookup } from './entry.ts';

const NO_ENTRIES: readonly Entry[] = Object.freeze([]);

/** Builds the lookups. Of several entries with one ID the last is found and listed, at the place of the first. */
export function createEntrySet(entries: Iterable<Entry>): EntryLookup {
  const byId = new Map<string, Entry>();
  for (const entry of entries) byId.set(entry.id, entry);
  const all = Object.freeze([...byId.values()]);
  let byKind: Map<string, Entry[]> | undefined;
  return {
    get: (id) => byId.get(id),
    all: () => all,
    ofKind(kind) {
      byKind ??= Map.groupBy(all, (entry) => entry.kind);
      return byKind.get(kind) ?? NO_ENTRIES;
    },
  };
}
