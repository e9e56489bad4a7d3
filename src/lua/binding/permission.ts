/** Permission checks of bindings (`modules.md` § 0.8). */
import { HubError } from '../../base/index.ts';
import type { Mapping } from '../../registry/index.ts';
import type { LuaState } from '../../vm/index.ts';
import { unitOf } from '../coroutine/context.ts';
import { isActor, isScope } from './identity.ts';

const NO_META: Mapping = Object.freeze(Object.create(null) as Mapping);

/**
 * Whether the running program may do something. With actor and scope their policies decide; when one is missing it
 * may: applications without security are not locked out of themselves.
 */
export function isPermitted(L: LuaState, action: string, resource: string, meta: Mapping = NO_META): boolean {
  const { actor, scope } = unitOf(L).ambient;
  if (!isActor(actor) || !isScope(scope)) return true;
  return scope.evaluate({ actor, action, resource, meta }) === 'allow';
}

/**
 * As `isPermitted`, for bindings that cannot go on without.
 * @param options.kind what the refusal is called; queue, events, system, exec and security say INVALID.
 * @throws MH_SECURITY_DENIED
 */
export function requirePermission(
  L: LuaState,
  action: string,
  resource: string,
  options: { readonly meta?: Mapping; readonly kind?: 'Invalid' } = {},
): void {
  if (isPermitted(L, action, resource, options.meta)) return;
  throw new HubError('MH_SECURITY_DENIED', {
    message: `not allowed: ${action} on '${resource}'`,
    details: { action, resource },
    ...(options.kind === undefined ? {} : { kind: options.kind }),
  });
}
