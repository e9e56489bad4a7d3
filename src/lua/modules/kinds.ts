/** The entry kinds behind the standard modules; the hub adds them to its kind table. */
import type { KindDefinition } from '../../registry/index.ts';
import { POLICY_KIND, TOKEN_STORE_KIND } from './security/catalog.ts';
import { MEMORY_STORE_KIND } from './store/stores.ts';

/** Stores, policies and token stores. */
export const standardKinds: readonly KindDefinition[] = [MEMORY_STORE_KIND, POLICY_KIND, TOKEN_STORE_KIND];
