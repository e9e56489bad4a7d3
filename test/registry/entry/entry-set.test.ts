import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EntryId } from '../../../src/base/index.ts';
import { createEntry, createEntrySet, type Entry } from '../../../src/registry/index.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;

const entry = fc
  .record({
    name: fc.constantFrom(...NAMES),
    kind: fc.constantFrom('k.one', 'k.two'),
    targets: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 3 }),
  })
  .map(
    ({ name, kind, targets }): Entry => ({
      ...createEntry({ id: `app:${name}`, kind }),
      references: targets.map((target) => ({
        field: 'x',
        target: `app:${target}` as EntryId,
        isOptional: true,
      })),
    }),
  );

const change = fc.record({
  removed: fc.array(
    fc.constantFrom(...NAMES).map((name) => `app:${name}`),
    { maxLength: 3 },
  ),
  put: fc.array(entry, { maxLength: 4 }),
});

const sorted = (entries: readonly Entry[]): string[] => entries.map(({ id }) => id).sort();

describe('EntrySet', () => {
  test('after any changes answers as a set made anew, and the sets before stay as they were', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        let set = createEntrySet([]);
        // The model: a list in order.
        let model: readonly Entry[] = [];
        const history = [{ set, model }];
        for (const { removed, put } of changes) {
          model = model.filter(({ id }) => !removed.includes(id));
          for (const added of put) {
            const at = model.findIndex(({ id, kind }) => id === added.id && kind === added.kind);
            model = at >= 0 ? model.with(at, added) : [...model.filter(({ id }) => id !== added.id), added];
          }
          set = set.with({ removed, put });
          history.push({ set, model });
        }
        for (const moment of history) {
          const anew = createEntrySet(moment.model);
          expect(moment.set.all()).toEqual(moment.model);
          for (const kind of ['k.one', 'k.two']) expect(moment.set.ofKind(kind)).toEqual(anew.ofKind(kind));
          for (const name of NAMES) {
            expect(moment.set.get(`app:${name}`)).toBe(anew.get(`app:${name}`));
            expect(sorted(moment.set.referrers(`app:${name}`))).toEqual(
              sorted(
                moment.model.filter(({ references }) =>
                  references.some(({ target }) => target === `app:${name}`),
                ),
              ),
            );
          }
        }
      }),
    );
  });

  test('keeps the list of a kind nobody changed, so that what was made from it can be kept', () => {
    const set = createEntrySet(NAMES.map((name) => createEntry({ id: `app:${name}`, kind: `k.${name}` })));
    const changed = set.with({ put: [createEntry({ id: 'app:z', kind: 'k.z' })], removed: ['app:b'] });
    expect(changed.ofKind('k.a')).toBe(set.ofKind('k.a'));
    expect(changed.ofKind('k.b')).toEqual([]);
    expect(set.with({ removed: ['app:nobody'] })).toBe(set);
  });

  test('copes with keys that come sorted, in either direction', () => {
    const ids = Array.from({ length: 5000 }, (_, index) => `app:${String(index).padStart(5, '0')}`);
    for (const order of [ids, ids.toReversed()]) {
      let set = createEntrySet([]);
      for (const id of order) set = set.with({ put: [createEntry({ id, kind: 'k' })] });
      expect(set.all().map(({ id }) => id)).toEqual(order);
      for (const id of order.slice(100)) set = set.with({ removed: [id] });
      expect(set.all()).toHaveLength(100);
    }
  });
});
