/** The entry kinds behind the standard modules; the hub adds them to its kind table. */
import type { KindDefinition } from '../registry/index.ts';
import { PG_SCOPE_KIND } from './pg/scopes.ts';
import { POLICY_KIND, TOKEN_STORE_KIND } from './security/catalog.ts';
import { MEMORY_STORE_KIND } from './store/stores.ts';

/** Stores, policies, token stores and scopes of process groups. */
export const standardKinds: readonly KindDefinition[] = [
  MEMORY_STORE_KIND,
  POLICY_KIND,
  TOKEN_STORE_KIND,
  PG_SCOPE_KIND,
];
