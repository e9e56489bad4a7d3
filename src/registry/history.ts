/**
 * Versions of the registry. Only the oldest kept and the current one are whole; the others are kept as what
 * changed, so that a program which changes one entry a second costs what it changes, not what exists.
 */
import { applyChanges } from './entry/change.ts';
import type { Change, EntryLookup } from './entry/entry.ts';

/** How a version came about. */
type Version =
  | { readonly kind: 'whole'; readonly entries: EntryLookup }
  | { readonly kind: 'derived'; readonly base: number; readonly changes: readonly Change[] };

/** A bounded line of versions; numbers only grow. */
export class History {
  readonly #versionsMax: number;
  /** In order of creation. A derived version stands after its base. */
  readonly #versions = new Map<number, Version>();

  /** @param versionsMax at least 1; beyond it the oldest is forgotten. */
  constructor(first: EntryLookup, versionsMax: number) {
    this.#versionsMax = versionsMax;
    this.#versions.set(0, { kind: 'whole', entries: first });
  }

  /** Numbers of the versions kept, oldest first. */
  numbers(): readonly number[] {
    return [...this.#versions.keys()];
  }

  /** The entries of a version; `undefined` when it is not kept. */
  find(version: number): EntryLookup | undefined {
    const derived: (readonly Change[])[] = [];
    for (let at = this.#versions.get(version); at !== undefined; at = this.#versions.get(at.base)) {
      if (at.kind === 'whole') return applyChanges(at.entries, derived.reverse().flat());
      derived.push(at.changes);
    }
    return undefined;
  }

  /** Adds the newest version. @param base a version that is kept. */
  add(version: number, base: number, changes: readonly Change[]): void {
    this.#versions.set(version, { kind: 'derived', base, changes });
    for (const oldest of this.#versions.keys()) {
      if (this.#versions.size <= this.#versionsMax) break;
      this.#forget(oldest);
    }
  }

  /** What was derived from a forgotten version becomes whole. */
  #forget(version: number): void {
    const heirs = [...this.#versions].filter(([, heir]) => heir.kind === 'derived' && heir.base === version);
    for (const [number] of heirs) this.#versions.set(number, { kind: 'whole', entries: this.find(number)! });
    this.#versions.delete(version);
  }
}
