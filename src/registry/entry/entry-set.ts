/** An immutable set of entries with lookups by ID and kind. */
import type { Entry, EntryLookup } from './entry.ts';

const NO_ENTRIES: readonly Entry[] = Object.freeze([]);

/** Builds the lookups. Of several entries with one ID the last is found, at the place of the first. */
export function createEntrySet(entries: Iterable<Entry>): EntryLookup {
  const byId = new Map<string, Entry>();
  for (const entry of entries) byId.set(entry.id, entry);
  const all = Object.freeze([...byId.values()]);
  const byKind = new Map<string, Entry[]>();
  for (const entry of all) {
    const siblings = byKind.get(entry.kind);
    if (siblings === undefined) byKind.set(entry.kind, [entry]);
    else siblings.push(entry);
  }
  return {
    get: (id) => byId.get(id),
    all: () => all,
    ofKind: (kind) => byKind.get(kind) ?? NO_ENTRIES,
  };
}
