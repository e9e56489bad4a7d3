/** Who may do what: policies, scopes, tokens, and the middleware that asks them (`modules.md` § 19, `http.md` § 3.5). */
import { type Ambient, EMPTY_AMBIENT } from '../../process/index.ts';
import { type Entry, type EntryLookup, isMapping } from '../../registry/index.ts';
import { POLICY_KIND, SecurityCatalog, TOKEN_STORE_KIND } from './catalog.ts';
import { createSecurityModule } from './lua.ts';
import { createSecurityMiddleware } from './middleware.ts';
import type { TokenStorage } from './token-store.ts';

/** What it uses of a hub. */
export interface SecurityPorts {
  entries(): EntryLookup;
  variable(name: string): string | undefined;
  readonly unstable: { store(id: string): TokenStorage };
}

/** Opens it. */
export const securityExtension = {
  name: 'security',
  open({ entries, variable, unstable }: SecurityPorts) {
    const storage = (id: string): TokenStorage => unstable.store(id);
    const catalog = new SecurityCatalog({ entries, storage, readVariable: variable });
    return {
      kinds: [POLICY_KIND, TOKEN_STORE_KIND],
      unstable_bindings: [createSecurityModule(catalog)],
      middleware: createSecurityMiddleware(catalog),
      /** An entry's `lifecycle.security` block (`app-format.md` § 5.2). */
      unstable_identityOf({ data: { lifecycle } }: Entry): Ambient {
        const block = isMapping(lifecycle) ? lifecycle.security : undefined;
        return isMapping(block) ? { ...EMPTY_AMBIENT, ...catalog.identity(block) } : EMPTY_AMBIENT;
      },
    };
  },
};
