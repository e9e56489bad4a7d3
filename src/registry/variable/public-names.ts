/** Public names of variables (`app-format.md` § 5.4). */
import type { Entry } from '../entry/entry.ts';

/** By the list they were found in: it is another one as soon as a variable changes. */
const known = new WeakMap<readonly Entry[], ReadonlyMap<string, Entry>>();

/** Which variable has a name; of several the first, which makes the others mistakes (6.2). */
export function findPublicNames(variables: readonly Entry[]): ReadonlyMap<string, Entry> {
  const earlier = known.get(variables);
  if (earlier !== undefined) return earlier;
  const names = new Map<string, Entry>();
  for (const entry of variables) {
    const { variable } = entry.data;
    if (typeof variable === 'string' && !names.has(variable)) names.set(variable, entry);
  }
  known.set(variables, names);
  return names;
}
