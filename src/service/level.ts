/** Order out of requirements: who can start together once everybody before has. */

/** The order, as far as there is one. */
export interface Levels {
  /** IDs by distance from those that require nothing; each level keeps the given order. */
  readonly levels: string[][];
  /** IDs that require each other in a circle, first = last; `undefined` when there is none. */
  readonly cycle: string[] | undefined;
}

/**
 * Sorts IDs into levels: everything an ID requires is in an earlier level. Requirements outside `ids` are ignored.
 * Takes no recursion, so chains may be as long as they like.
 */
export function toLevels(ids: Iterable<string>, requiresOf: (id: string) => readonly string[]): Levels {
  const open = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const id of ids) open.set(id, 0);
  for (const id of open.keys()) {
    for (const required of new Set(requiresOf(id))) {
      if (!open.has(required)) continue;
      open.set(id, open.get(id)! + 1);
      const known = dependents.get(required);
      if (known === undefined) dependents.set(required, [id]);
      else known.push(id);
    }
  }
  const levels: string[][] = [];
  let level = [...open.keys()].filter((id) => open.get(id) === 0);
  while (level.length > 0) {
    levels.push(level);
    const next: string[] = [];
    for (const id of level) {
      open.delete(id);
      for (const dependent of dependents.get(id) ?? []) {
        const left = open.get(dependent)! - 1;
        open.set(dependent, left);
        if (left === 0) next.push(dependent);
      }
    }
    level = next;
  }
  return { levels, cycle: open.size === 0 ? undefined : findCycle(open, requiresOf) };
}

/** Walks requirements among IDs that all still wait for one of each other, until one comes up twice. */
function findCycle(
  open: ReadonlyMap<string, number>,
  requiresOf: (id: string) => readonly string[],
): string[] {
  const path: string[] = [];
  let id = open.keys().next().value!;
  while (!path.includes(id)) {
    path.push(id);
    id = requiresOf(id).find((required) => open.has(required))!;
  }
  return [...path.slice(path.indexOf(id)), id];
}
