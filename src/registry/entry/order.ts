/** Order from references: what an entry names comes before it (`app-format.md` § 4.1, 8.2). */
import type { Entry, EntryLookup } from './entry.ts';

/** What ordering needs to know of an entry. */
export type Node = Pick<Entry, 'id' | 'references'>;

/** The order and the cycles that stood in its way. */
export interface Order<T extends Node> {
  /** Dependencies first; otherwise in the order given. All nodes, also those on cycles. */
  readonly sorted: T[];
  /** Each chain of IDs that returns to its start, e.g. `['a:x', 'a:y']` for x -> y -> x. */
  readonly cycles: string[][];
}

/**
 * Sorts by references. Iterative: chains may be as long as the application.
 * @param find how a reference is followed; what it finds is sorted with the rest. Default: among the given nodes.
 */
export function sortByReferences<T extends Node>(
  nodes: Iterable<T>,
  find?: (id: string) => T | undefined,
): Order<T> {
  const byId = new Map<string, T>();
  for (const node of nodes) byId.set(node.id, node);
  const follow = find ?? ((id: string) => byId.get(id));
  const sorted: T[] = [];
  const cycles: string[][] = [];
  const state = new Map<string, 'open' | 'done'>();

  for (const start of byId.values()) {
    if (state.has(start.id)) continue;
    const stack: { node: T; next: number }[] = [{ node: start, next: 0 }];
    state.set(start.id, 'open');
    while (stack.length > 0) {
      const frame = stack[stack.length - 1]!;
      const reference = frame.node.references[frame.next++];
      if (reference === undefined) {
        state.set(frame.node.id, 'done');
        sorted.push(frame.node);
        stack.pop();
        continue;
      }
      const target = follow(reference.target);
      if (target === undefined) continue;
      const seen = state.get(target.id);
      if (seen === undefined) {
        state.set(target.id, 'open');
        stack.push({ node: target, next: 0 });
      } else if (seen === 'open') {
        const from = stack.findIndex(({ node }) => node === target);
        cycles.push(stack.slice(from).map(({ node }) => node.id));
      }
    }
  }
  return { sorted, cycles };
}

/**
 * IDs of the given entries and of everything that names them, directly or through others: what a change of
 * the given ones affects (`app-format.md` § 8, hot reload).
 * @param states where referrers are looked for.
 * @param follow which references count; default all.
 */
export function collectReferrers(
  ids: Iterable<string>,
  states: readonly Pick<EntryLookup, 'referrers'>[],
  follow: (field: string) => boolean = () => true,
): Set<string> {
  const affected = new Set<string>(ids);
  // A Set iterates over what is added while it is iterated.
  for (const id of affected) {
    for (const state of states) {
      for (const { id: referrer, references } of state.referrers(id))
        if (references.some(({ target, field }) => target === id && follow(field))) affected.add(referrer);
    }
  }
  return affected;
}
