import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStoreModule } from '../../../src/modules/store/lua.ts';
import { MemoryStore } from '../../../src/modules/store/memory-store.ts';
import { Stores } from '../../../src/modules/store/stores.ts';
import { timeModule } from '../../../src/modules/time/index.ts';
import { createEntry, createEntrySet } from '../../../src/registry/index.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { bootLua, resultOf } from '../../support/lua-world.ts';

function memoryStore(keysMax = 0): { store: MemoryStore<number>; clock: FakeClock } {
  const clock = createFakeClock();
  const store = new MemoryStore<number>({ id: 'app:s', clock, keysMax, cleanupIntervalMs: 60_000 });
  return { store, clock };
}

describe('MemoryStore', () => {
  it('hides expired keys at once and gives their room back', () => {
    const { store, clock } = memoryStore(2);
    store.put('a', 1, { ttlMs: 1000 });
    store.put('b', 2);
    expect(() => store.put('c', 3)).toThrowError(
      expect.objectContaining({ code: 'MH_STORE_FULL', retryable: true }),
    );
    clock.advance(1100);
    expect(store.get('a')).toBeUndefined();
    expect(store.put('c', 3).value).toBe(3);
    expect(store.list({ prefix: '', after: '', limit: 10 }).items.map(({ key }) => key)).toEqual(['b', 'c']);
  });

  it('puts on a condition: only if absent, only if unchanged', () => {
    const { store } = memoryStore();
    const first = store.put('k', 1, { onlyIfAbsent: true });
    expect(() => store.put('k', 2, { onlyIfAbsent: true })).toThrowError(
      expect.objectContaining({ kind: 'AlreadyExists' }),
    );
    store.put('k', 2, { ifVersion: String(first.version) });
    expect(() => store.put('k', 3, { ifVersion: String(first.version) })).toThrowError(
      expect.objectContaining({ kind: 'Conflict', retryable: true }),
    );
    store.delete('k');
    expect(() => store.put('k', 3, { ifVersion: String(first.version) })).toThrowError(
      expect.objectContaining({ kind: 'Conflict' }),
    );
  });

  it('lists every live key once, in order, whatever the page size', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 })),
        fc.integer({ min: 1, max: 5 }),
        (keys, limit) => {
          const { store } = memoryStore();
          for (const key of keys) store.put(key, 1);
          const seen: string[] = [];
          for (let hasMore = true; hasMore; ) {
            const page = store.list({ prefix: '', after: seen.at(-1) ?? '', limit });
            seen.push(...page.items.map(({ key }) => key));
            hasMore = page.hasMore;
          }
          expect(seen).toEqual([...keys].sort());
        },
      ),
    );
  });
});

it('store: values, entries, conditions, lists and handles (modules.md § 6)', async () => {
  const clock = createFakeClock();
  const entries = createEntrySet([
    createEntry({ id: 'app:kv', kind: 'store.memory', data: { max_size: 3, cleanup_interval: '5m' } }),
    createEntry({ id: 'app:no', kind: 'registry.entry' }),
  ]);
  const stores = new Stores({ entries: () => entries, clock });
  const world = bootLua(
    {
      'app:main': {
        modules: ['store', 'time'],
        source: `
          local store = require("store")
          local function fails(kind, value, err) assert(value == nil and err:kind() == kind, tostring(err)) end
          local function main()
            local kv = assert(store.get("app:kv"))
            assert(tostring(kv) == "store.Store{}")
            local value = {list = {1}}
            assert(kv:set("a", value) == true)
            value.list[1] = "changed"
            assert(kv:get("a").list[1] == 1, "copied in")
            kv:get("a").list[1] = "changed"
            assert(kv:get("a").list[1] == 1 and store.get("app:kv"):get("a").list[1] == 1, "and out")
            assert(kv:has("a") and not kv:has("b"))
            fails(errors.NOT_FOUND, kv:get("b"))
            fails(errors.NOT_FOUND, kv:entry("b"))
            fails(errors.INVALID, kv:set("b", nil))
            fails(errors.INVALID, kv:set("", 1))
            fails(errors.INVALID, kv:set("b", print))
            fails(errors.INVALID, kv:set("b", 1, -1))
            assert(kv:set("b", false) and kv:get("b") == false and kv:delete("b") and not kv:delete("b"))
            local entry = kv:put("k", 1, {only_if_absent = true})
            assert(entry.key == "k" and entry.value == 1 and type(entry.version) == "string")
            fails(errors.ALREADY_EXISTS, kv:put("k", 2, {only_if_absent = true}))
            local newer = kv:put("k", 2, {if_version = entry.version})
            local v, err = kv:put("k", 3, {if_version = entry.version})
            assert(v == nil and err:kind() == errors.CONFLICT and err:retryable() == true)
            fails(errors.INVALID, kv:put("k", 3, {if_version = "1", only_if_absent = true}))
            kv:set("z\\255", 1)
            v, err = kv:set("full", 1)
            assert(v == nil and err:kind() == errors.UNAVAILABLE and err:retryable() == true)
            local page = kv:list({limit = 2})
            assert(page.items[1].key == "a" and page.items[2].key == "k" and page.has_more and page.cursor == "k")
            page = kv:list({after = page.cursor})
            assert(page.items[1].key == "z\\255" and #page.items == 1 and not page.has_more, "keys are bytes")
            assert(#kv:list({prefix = "k"}).items == 1)
            fails(errors.INVALID, kv:list({limit = 1001}))
            assert(kv:info().id == "app:kv" and kv:info().backend == store.backend.MEMORY)
            assert(kv:release() == true and tostring(kv) == "store.Store{released}")
            fails(errors.INVALID, kv:get("a"))
            fails(errors.NOT_FOUND, store.get("app:none"))
            fails(errors.NOT_FOUND, store.get("app:no"))
          end
          return main`,
      },
    },
    { modules: [createStoreModule(stores), timeModule] },
  );
  resultOf(await world.run('app:main'));
});
