/**
 * A set of entries that never changes, with lookups by ID, by kind and by what they name. A change gives another set
 * and costs what changes, not what exists; a list of a kind nobody changed stays the same object.
 */
import type { Entry, EntryLookup } from './entry.ts';
import { PersistentMap } from './persistent-map.ts';

/** What a change takes away and puts in. */
export interface SetChange {
  readonly removed?: Iterable<string>;
  /** One that is there already is replaced, in its place when its kind is the same; others come last. */
  readonly put?: Iterable<Entry>;
}

/** Where an entry stands in the order. */
interface Slot {
  readonly entry: Entry;
  readonly order: number;
}

/** Entries by their place in the order, with their list once somebody has asked for it. */
class Shelf {
  readonly entries: PersistentMap<number, Entry>;
  #list: readonly Entry[] | undefined;

  constructor(entries: PersistentMap<number, Entry>) {
    this.entries = entries;
  }

  get list(): readonly Entry[] {
    this.#list ??= Object.freeze(this.entries.values());
    return this.#list;
  }
}

const NOTHING = new Shelf(PersistentMap.empty());

/** IDs of the entries that name another, by its ID. */
type Referrers = PersistentMap<string, PersistentMap<string, true>>;

/** See the head of the file. */
export class EntrySet implements EntryLookup {
  readonly #slots: PersistentMap<string, Slot>;
  readonly #shelf: Shelf;
  readonly #kinds: ReadonlyMap<string, Shelf>;
  readonly #referrers: Referrers;
  readonly #nextOrder: number;

  private constructor(
    slots: PersistentMap<string, Slot>,
    shelf: Shelf,
    kinds: ReadonlyMap<string, Shelf>,
    referrers: Referrers,
    nextOrder: number,
  ) {
    this.#slots = slots;
    this.#shelf = shelf;
    this.#kinds = kinds;
    this.#referrers = referrers;
    this.#nextOrder = nextOrder;
  }

  /** Of several entries with one ID the last is found, at the place of the first. */
  static from(entries: Iterable<Entry>): EntrySet {
    const byId = new Map<string, Entry>();
    for (const entry of entries) byId.set(entry.id, entry);
    const kinds = new Map<string, [number, Entry][]>();
    const referrers = new Map<string, Map<string, true>>();
    const slots = [...byId.values()].map((entry, order): Slot => ({ entry, order }));
    for (const { entry, order } of slots) {
      getOrAdd(kinds, entry.kind, () => []).push([order, entry]);
      for (const { target } of entry.references)
        getOrAdd(referrers, target, () => new Map()).set(entry.id, true);
    }
    return new EntrySet(
      PersistentMap.from(slots.map((slot) => [slot.entry.id, slot])),
      new Shelf(PersistentMap.from(slots.map(({ entry, order }) => [order, entry]))),
      new Map([...kinds].map(([kind, pairs]) => [kind, new Shelf(PersistentMap.from(pairs))])),
      PersistentMap.from([...referrers].map(([target, ids]) => [target, PersistentMap.from(ids)])),
      slots.length,
    );
  }

  get isEmpty(): boolean {
    return this.#slots.isEmpty;
  }

  get(id: string): Entry | undefined {
    return this.#slots.get(id)?.entry;
  }

  all(): readonly Entry[] {
    return this.#shelf.list;
  }

  ofKind(kind: string): readonly Entry[] {
    return (this.#kinds.get(kind) ?? NOTHING).list;
  }

  referrers(id: string): readonly Entry[] {
    return (this.#referrers.get(id)?.keys() ?? []).map((referrer) => this.get(referrer)!);
  }

  /** This set after a change. */
  with({ removed = [], put = [] }: SetChange): EntrySet {
    let slots = this.#slots;
    let all = this.#shelf.entries;
    let referrers = this.#referrers;
    let nextOrder = this.#nextOrder;
    const kinds = new Map<string, PersistentMap<number, Entry>>();
    const shelf = (kind: string) => kinds.get(kind) ?? (this.#kinds.get(kind) ?? NOTHING).entries;
    const take = ({ entry, order }: Slot): void => {
      slots = slots.without(entry.id);
      all = all.without(order);
      kinds.set(entry.kind, shelf(entry.kind).without(order));
      for (const { target } of entry.references) referrers = withoutReferrer(referrers, target, entry.id);
    };
    for (const id of removed) {
      const slot = slots.get(id);
      if (slot !== undefined) take(slot);
    }
    for (const entry of put) {
      const slot = slots.get(entry.id);
      if (slot?.entry === entry) continue;
      if (slot !== undefined) take(slot);
      const order = slot?.entry.kind === entry.kind ? slot.order : nextOrder++;
      slots = slots.with(entry.id, { entry, order });
      all = all.with(order, entry);
      kinds.set(entry.kind, shelf(entry.kind).with(order, entry));
      for (const { target } of entry.references) {
        const ids = referrers.get(target) ?? PersistentMap.empty<string, true>();
        referrers = referrers.with(target, ids.with(entry.id, true));
      }
    }
    if (slots === this.#slots) return this;
    const shelves = new Map(this.#kinds);
    for (const [kind, entries] of kinds) {
      if (entries.isEmpty) shelves.delete(kind);
      else shelves.set(kind, new Shelf(entries));
    }
    return new EntrySet(slots, new Shelf(all), shelves, referrers, nextOrder);
  }
}

/** As `EntrySet.from`. */
export function createEntrySet(entries: Iterable<Entry>): EntrySet {
  return EntrySet.from(entries);
}

function withoutReferrer(referrers: Referrers, target: string, id: string): Referrers {
  const ids = referrers.get(target)?.without(id);
  if (ids === undefined) return referrers;
  return ids.isEmpty ? referrers.without(target) : referrers.with(target, ids);
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}
