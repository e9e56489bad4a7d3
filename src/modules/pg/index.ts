/** Process groups: the `pg` module and the kind of their scopes (`process.md` § 18). */
import type { EntryLookup } from '../../registry/index.ts';
import { createPgModule } from './lua.ts';
import { GroupScopes, PG_SCOPE_KIND } from './scopes.ts';

/** Opens it. */
export const pgExtension = {
  name: 'pg',
  open: ({ entries }: { entries(): EntryLookup }) => ({
    kinds: [PG_SCOPE_KIND],
    unstable_bindings: [createPgModule(new GroupScopes(entries))],
  }),
};
