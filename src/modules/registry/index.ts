/** The registry as programs see it: the `registry` module (`modules.md` § 2). */
import type { Registry } from '../../registry/index.ts';
import { createRegistryModule } from './lua.ts';

/** Opens it. */
export const registryExtension = {
  name: 'registry',
  open: ({ unstable }: { readonly unstable: { registry(): Registry } }) => ({
    unstable_bindings: [createRegistryModule(() => unstable.registry())],
  }),
};
