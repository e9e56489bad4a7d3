/** Key-value stores: the `store` module and the kind of stores in memory. */
import type { Clock } from '../../base/index.ts';
import type { EntryLookup } from '../../registry/index.ts';
import { createStoreModule } from './lua.ts';
import { MEMORY_STORE_KIND, Stores } from './stores.ts';

/** What it uses of a hub. */
export interface StorePorts {
  readonly clock: Clock;
  entries(): EntryLookup;
}

/** Opens it. */
export const storeExtension = {
  name: 'store',
  open({ clock, entries }: StorePorts) {
    const stores = new Stores({ entries, clock });
    return {
      kinds: [MEMORY_STORE_KIND],
      unstable_bindings: [createStoreModule(stores)],
      unstable_store: (id: string) =>
        entries().get(id)?.kind === MEMORY_STORE_KIND.kind ? stores.get(id) : undefined,
    };
  },
};
