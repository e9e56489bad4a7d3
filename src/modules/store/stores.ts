/** The stores of one hub: entries of kind `store.memory`, opened when first used (`app-format.md` § 5.4). */
import { type Clock, HubError, parseDurationMs } from '../../base/index.ts';
import type { Entry, EntryLookup, KindDefinition } from '../../registry/index.ts';
import type { LuaValue } from '../../vm/index.ts';
import { MemoryStore } from './memory-store.ts';

/** The kind of stores in memory. */
export const MEMORY_STORE_KIND: KindDefinition = {
  kind: 'store.memory',
  summary: 'Key-value store in memory with expiry',
  hasLifecycle: true,
  schema: {
    type: 'object',
    properties: {
      max_size: { type: 'integer', minimum: 0, default: 10_000, description: 'a number of keys, 0 = any' },
      cleanup_interval: { type: 'string', format: 'duration', default: '5m', description: 'a duration' },
    },
  },
};

/** Finds stores by entry ID. What they hold lives as long as their entry. */
export class Stores {
  readonly #entries: () => EntryLookup;
  readonly #clock: Clock;
  readonly #open = new Map<string, { readonly entry: Entry; readonly store: MemoryStore<LuaValue> }>();

  constructor(options: { readonly entries: () => EntryLookup; readonly clock: Clock }) {
    this.#entries = options.entries;
    this.#clock = options.clock;
  }

  /** @throws MH_STORE_NOT_FOUND */
  get(id: string): MemoryStore<LuaValue> {
    this.#forgetDeleted();
    const known = this.#open.get(id);
    const entry = this.#entries().get(id);
    if (entry === undefined || entry.kind !== MEMORY_STORE_KIND.kind) {
      throw new HubError('MH_STORE_NOT_FOUND', {
        message: `Cannot open store '${id}': ${entry === undefined ? 'not found' : `its kind is '${entry.kind}'`}`,
      });
    }
    if (known?.entry === entry) return known.store;
    const store = new MemoryStore<LuaValue>({
      id,
      clock: this.#clock,
      keysMax: typeof entry.data.max_size === 'number' ? entry.data.max_size : 10_000,
      cleanupIntervalMs: parseDurationMs(String(entry.data.cleanup_interval ?? '5m')),
    });
    this.#open.set(id, { entry, store });
    return store;
  }

  #forgetDeleted(): void {
    for (const id of this.#open.keys()) if (this.#entries().get(id) === undefined) this.#open.delete(id);
  }
}
