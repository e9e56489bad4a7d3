import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EntryId } from '../../../src/base/index.ts';
import {
  applyChanges,
  type Change,
  collectReferrers,
  createEntry,
  createEntrySet,
  diffEntries,
  type Entry,
  type EntryLookup,
  equalEntries,
  invertChanges,
  sortByReferences,
  toMapping,
} from '../../../src/registry/index.ts';

/** States of up to twelve entries that refer to earlier ones (no cycles) and change kind and content freely. */
const state = fc
  .uniqueArray(
    fc.record({
      index: fc.nat(11),
      kind: fc.constantFrom('k.one', 'k.two'),
      value: fc.nat(2),
      targets: fc.uniqueArray(fc.nat(11), { maxLength: 3 }),
    }),
    { selector: ({ index }) => index, maxLength: 12 },
  )
  .map((items) => {
    const present = new Set(items.map(({ index }) => index));
    return createEntrySet(
      items.map(({ index, kind, value, targets }): Entry => {
        const named = targets.filter((target) => target < index && present.has(target));
        const data = toMapping({ value, targets: named });
        return {
          ...createEntry({ id: `app:e${index}`, kind, data }),
          references: named.map((target) => ({
            field: 'x',
            target: `app:e${target}` as EntryId,
            isOptional: false,
          })),
        };
      }),
    );
  });

function expectSame(a: EntryLookup, b: EntryLookup): void {
  expect(
    a
      .all()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(
    b
      .all()
      .map(({ id }) => id)
      .sort(),
  );
  for (const entry of a.all()) expect(equalEntries(entry, b.get(entry.id)!)).toBe(true);
}

const idOf = (change: Change): string =>
  change.operation === 'delete' ? change.previous.id : change.entry.id;

describe('diffEntries() (app-format.md 8.2)', () => {
  test('applied to the first state gives the second; its inverse leads back', () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        const changes = diffEntries(a, b);
        expectSame(applyChanges(a, changes), b);
        expectSame(applyChanges(b, invertChanges(changes)), a);
      }),
    );
  });

  test('of equal states is empty', () => {
    fc.assert(
      fc.property(state, (a) => {
        const copies = a.all().map((entry) => ({ ...entry }));
        expect(diffEntries(a, createEntrySet(copies.reverse()))).toEqual([]);
      }),
    );
  });

  test('creates what is named before what names it, and deletes in the opposite order', () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        const changes = diffEntries(a, b);
        const replaced = new Set(changes.map(idOf).filter((id, index, ids) => ids.indexOf(id) !== index));
        const live = new Set<string>(a.all().map(({ id }) => id));
        for (const change of changes) {
          if (change.operation === 'delete') {
            live.delete(change.previous.id);
            continue;
          }
          for (const { target } of change.entry.references) expect(live.has(target)).toBe(true);
          live.add(change.entry.id);
        }
        const deleted = changes.filter((change) => change.operation === 'delete').map(idOf);
        for (const [index, id] of deleted.entries()) {
          for (const { target } of a.get(id)!.references)
            if (!replaced.has(target))
              expect(deleted.indexOf(target)).not.toBeLessThan(deleted.includes(target) ? index : -1);
        }
      }),
    );
  });

  test('turns another kind into delete and create (app-format.md 8.5)', () => {
    const before = createEntrySet([createEntry({ id: 'a:x', kind: 'one' })]);
    const after = createEntrySet([createEntry({ id: 'a:x', kind: 'two' })]);
    expect(diffEntries(before, after).map(({ operation }) => operation)).toEqual(['delete', 'create']);
  });
});

const chain = (length: number): Entry[] =>
  Array.from({ length }, (_, index) => ({
    ...createEntry({ id: `app:e${index}`, kind: 'k' }),
    references: [{ field: 'imports.x', target: `app:e${index + 1}` as EntryId, isOptional: false }],
  }));

describe('sortByReferences()', () => {
  test('copes with chains longer than the stack', () => {
    const { sorted, cycles } = sortByReferences(chain(30_000));
    expect(sorted[0]!.id).toBe('app:e29999');
    expect(cycles).toEqual([]);
  });

  test('keeps the given order where references say nothing', () => {
    const entries = ['c', 'a', 'b'].map((name) => createEntry({ id: `x:${name}`, kind: 'k' }));
    expect(sortByReferences(entries).sorted.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });

  test('names each circle and still gives all entries', () => {
    const ring = chain(3);
    const closed = [
      ...ring.slice(0, 2),
      { ...ring[2]!, references: [{ ...ring[2]!.references[0]!, target: ring[0]!.id }] },
    ];
    const { sorted, cycles } = sortByReferences(closed);
    expect(cycles).toEqual([['app:e0', 'app:e1', 'app:e2']]);
    expect(sorted).toHaveLength(3);
  });
});

test('collectReferrers() follows chains upwards, only along the wanted fields', () => {
  const entries = createEntrySet(chain(5));
  expect([...collectReferrers(['app:e3'], [entries])].sort()).toEqual([
    'app:e0',
    'app:e1',
    'app:e2',
    'app:e3',
  ]);
  expect([...collectReferrers(['app:e3'], [entries], (field) => field === 'func')]).toEqual(['app:e3']);
});
