/** Who may do what: policies, scopes, tokens, and the middleware that asks them (`modules.md` § 19, `http.md` § 3.5). */
import type { Log } from '../../base/index.ts';
import { type Ambient, EMPTY_AMBIENT } from '../../process/index.ts';
import { type Entry, type EntryLookup, isMapping } from '../../registry/index.ts';
import { POLICY_KINDS, SecurityCatalog, TOKEN_STORE_KIND } from './catalog.ts';
import { createSecurityModule } from './lua.ts';
import { createSecurityMiddleware } from './middleware.ts';
import type { TokenStorage } from './token-store.ts';

/** What it uses of a hub. */
export interface SecurityPorts {
  readonly log: Log;
  entries(): EntryLookup;
  variable(name: string): string | undefined;
  readonly unstable: { store(id: string): TokenStorage };
}

/** Opens it. */
export const securityExtension = {
  name: 'security',
  open({ entries, variable, log, unstable }: SecurityPorts) {
    const storage = (id: string): TokenStorage => unstable.store(id);
    const catalog = new SecurityCatalog({ entries, storage, readVariable: variable, log });
    return {
      kinds: [...POLICY_KINDS, TOKEN_STORE_KIND],
      unstable_bindings: [createSecurityModule(catalog)],
      middleware: createSecurityMiddleware(catalog),
      /**
       * By `lifecycle.security` of what runs, or `security` of code (`app-format.md` § 5.2). Code may say only one of
       * actor and scope: the other is its caller's.
       */
      unstable_identityOf({ data: { lifecycle, security } }: Entry): Ambient {
        const block = isMapping(lifecycle) ? lifecycle.security : undefined;
        if (isMapping(block)) return { ...EMPTY_AMBIENT, ...catalog.identity(block) };
        if (!isMapping(security)) return EMPTY_AMBIENT;
        const { actor, scope } = catalog.identity(security);
        const hasScope = security.policies !== undefined || security.groups !== undefined;
        return { ...EMPTY_AMBIENT, actor, scope: hasScope ? scope : undefined };
      },
    };
  },
};
