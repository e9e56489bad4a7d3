/**
 * Any saves in any order (`app-format.md` 8.6): what runs is always a state that was saved as a whole, nothing ever
 * vanishes that was not deleted, and the last good save is what runs in the end. The seed of a failure is printed.
 */
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { silentLog } from '../../src/base/index.ts';
import { createLoader, KindTable, Registry } from '../../src/registry/index.ts';
import { EMPTIED_GRACE_MS, GONE_GRACE_MS, watchApplication } from '../../src/reload/index.ts';
import { createTree, TEST_KINDS } from '../registry/world.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const index = (version: number): string => `namespace: app
entries:
  - { name: a, kind: library.lua, source: file://a.lua, meta: { version: ${version} } }
  - { name: b, kind: library.lua, source: "${version}" }
`;

/** What may be done to the two files; `version` is new every time. */
const SAVES = {
  good: (at: string, version: number) => writeFile(path.join(at, '_index.yaml'), index(version)),
  async renamedOver(at: string, version: number) {
    await writeFile(path.join(at, '.tmp'), index(version));
    await rename(path.join(at, '.tmp'), path.join(at, '_index.yaml'));
  },
  source: (at: string, version: number) => writeFile(path.join(at, 'a.lua'), `return ${version}`),
  empty: (at: string) => writeFile(path.join(at, '_index.yaml'), ''),
  emptySource: (at: string) => writeFile(path.join(at, 'a.lua'), ''),
  comment: (at: string) => writeFile(path.join(at, '_index.yaml'), '# later\n'),
  head: (at: string) => writeFile(path.join(at, '_index.yaml'), 'namespace: app\nentries:\n'),
  half: (at: string, version: number) =>
    writeFile(path.join(at, '_index.yaml'), index(version).slice(0, -20)),
  gone: (at: string) => rm(path.join(at, '_index.yaml'), { force: true }),
  sourceGone: (at: string) => rm(path.join(at, 'a.lua'), { force: true }),
} as const;

const step = fc.record({
  save: fc.constantFrom(...(Object.keys(SAVES) as (keyof typeof SAVES)[])),
  waitMs: fc.constantFrom(0, 50, EMPTIED_GRACE_MS - 1, EMPTIED_GRACE_MS, GONE_GRACE_MS - 1, GONE_GRACE_MS),
  looks: fc.boolean(),
});

test('whatever is saved in whatever order, what runs was saved as a whole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const cwd = await createTree({ '_index.yaml': index(0), 'a.lua': 'return 0' });
      const clock = createFakeClock();
      const kinds = new KindTable(TEST_KINDS);
      const loader = createLoader({ cwd, kinds });
      const initial = await loader.load();
      const registry = new Registry(initial.entries, { kinds });
      const watch = await watchApplication({
        load: loader.load,
        initial,
        registry,
        openWatcher: async () => ({ update() {}, async close() {} }),
        clock,
        log: silentLog,
      });
      /** Since when the definition file has not been there. */
      let goneSinceMs: number | undefined;
      const check = (): void => {
        const [a, b] = ['app:a', 'app:b'].map((id) => registry.get(id));
        const mayBeGone = goneSinceMs !== undefined && clock.monotonicMs() - goneSinceMs >= GONE_GRACE_MS;
        if (!mayBeGone) expect([a?.id, b?.id]).toEqual(['app:a', 'app:b']);
        expect(a === undefined).toBe(b === undefined);
        if (b !== undefined) expect(String(a!.meta.version)).toBe(b.data.source);
      };
      let isDeleted = false;
      for (const [number, { save, waitMs, looks }] of steps.entries()) {
        await SAVES[save](cwd, number + 1);
        const isBack = save !== 'gone' && !save.toLowerCase().includes('source');
        if (save === 'gone') goneSinceMs ??= clock.monotonicMs();
        else if (isBack) goneSinceMs = undefined;
        if (looks) await watch.reload();
        isDeleted ||= registry.get('app:b') === undefined;
        if (!isDeleted) check();
        clock.advance(waitMs);
        await watch.reload();
        isDeleted ||= registry.get('app:b') === undefined;
        if (isDeleted) break;
        check();
      }
      await SAVES.good(cwd, 100);
      await SAVES.source(cwd, 100);
      await watch.reload();
      check();
      expect([registry.get('app:a')?.data.source, registry.get('app:b')?.data.source]).toEqual([
        'return 100',
        '100',
      ]);
      await watch.close();
      expect(clock.timerCount).toBe(0);
    }),
    { numRuns: 25 },
  );
});
