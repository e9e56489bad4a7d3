// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders in plain text are part of the subject.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeDrafts, toDraft } from '../../src/registry/check/decode.ts';
import { hasErrors } from '../../src/registry/check/problem.ts';
import {
  type ChangeRequest,
  createEntry,
  createEntrySet,
  type Entry,
  type EntryDefinition,
  type KindDefinition,
  KindTable,
  Registry,
  toMapping,
} from '../../src/registry/index.ts';
import { createVariables } from '../../src/registry/variable/environment.ts';
import { TEST_KINDS } from './world.ts';

/** Names clash on purpose: `json` is a module as long as nobody declares an entry of that name. */
const NAMES = ['a', 'b', 'c', 'json'] as const;
const name = fc.constantFrom(...NAMES);

const library = fc.record({ imports: fc.dictionary(fc.constantFrom('x', 'y'), name, { maxKeys: 2 }) });

/** Entries of kinds that name each other, look at each other without naming each other, and bring implicit ones. */
const definition: fc.Arbitrary<EntryDefinition> = fc
  .record({
    name,
    part: fc.oneof(
      library.map((data) => ({ kind: 'library.lua', data: { source: 'x', ...data } })),
      library.map((data) => ({ kind: 'function.lua', data: { source: 'x', method: 'm', ...data } })),
      name.map((func) => ({ kind: 'http.endpoint', data: { path: '/', func } })),
      fc.constant({ kind: 'http.router', data: {} }),
      fc
        .constantFrom('PORT', 'HOST')
        .map((variable) => ({ kind: 'env.variable', data: { variable, default: 1 } })),
      fc
        .constantFrom('${env:PORT|5}', '${env:HOST}')
        .map((value) => ({ kind: 'registry.entry', data: { value } })),
      fc.constantFrom('system:processes', 'c').map((host) => ({ kind: 'process.service', data: { host } })),
    ),
    meta: fc.oneof(
      fc.constant({}),
      fc.array(name, { maxLength: 2 }).map((names) => ({ depends_on: names.map((each) => `app:${each}`) })),
      name.map((parent) => ({ parent })),
      name.map((router) => ({ router })),
    ),
  })
  .map(({ name: own, part, meta }) => ({
    id: `app:${own}`,
    kind: part.kind,
    data: toMapping(part.data),
    meta: toMapping(meta),
  }));

const request: fc.Arbitrary<ChangeRequest> = fc.oneof(
  definition.map((entry): ChangeRequest => ({ operation: 'create', entry })),
  name.map((own): ChangeRequest => ({ operation: 'delete', id: `app:${own}` })),
);

/** A rule about all entries of a kind, as a server has for its routes. */
const ROUTERS_MAX = 2;
const KINDS: readonly KindDefinition[] = TEST_KINDS.map((kind) =>
  kind.kind === 'http.endpoint'
    ? {
        ...kind,
        isCheckedWith: (other) => other === 'http.router',
        check: (entry, entries) =>
          entries.ofKind('http.router').length < ROUTERS_MAX
            ? []
            : [
                {
                  severity: 'error',
                  position: undefined,
                  entryId: entry.id,
                  field: undefined,
                  reason: 'too many',
                },
              ],
      }
    : kind,
);
const kinds = new KindTable(KINDS);

/** What a load of everything makes of these requests; `undefined` when it refuses them. */
function decodeAll(
  before: readonly Entry[],
  requests: readonly ChangeRequest[],
): readonly Entry[] | undefined {
  const drafts = new Map(before.map((entry) => [entry.id as string, toDraft(entry)]));
  for (const change of requests) {
    if (change.operation === 'delete') drafts.delete(change.id);
    else drafts.set(change.entry.id, toDraft(createEntry(change.entry)));
  }
  const decoded = decodeDrafts([...drafts.values()], {
    kinds,
    openVariables: (entries) => createVariables(entries, {}, '/'),
    // Entries keep what their placeholders gave when they were written (app-format.md § 8).
    previous: createEntrySet(before),
  });
  return hasErrors(decoded.problems) ? undefined : decoded.entries;
}

/** By ID, because the order of entries that come is another matter. */
const contentOf = (entries: readonly Entry[]) =>
  Object.fromEntries(
    entries.map(({ id, kind, data, meta, references, written }) => [
      id,
      { kind, data, meta, references, written },
    ]),
  );

test('what is checked and decoded after a change is as if everything had been (app-format.md 8.2)', async () => {
  let refusals = 0;
  let applied = 0;
  const sets = fc.array(fc.array(request, { minLength: 1, maxLength: 4 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(sets, async (changes) => {
      const registry = new Registry([], { kinds });
      for (const set of changes) {
        const before = registry.all();
        const expected = decodeAll(before, set);
        const outcome = await registry.apply(set, { isForced: true }).catch((error: Error) => error);
        expect(outcome instanceof Error).toBe(expected === undefined);
        expect(contentOf(registry.all())).toEqual(contentOf(expected ?? before));
        if (expected === undefined) refusals++;
        else applied++;
      }
    }),
    { numRuns: 300 },
  );
  // Neither answer is a rare one, or nothing would have been shown.
  expect(Math.min(refusals, applied)).toBeGreaterThan(200);
});
