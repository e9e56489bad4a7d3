/** The modules of the Lua room, for worlds in tests. */
import type { Clock, Log } from '../../src/base/index.ts';
import type { LuaModule } from '../../src/lua/index.ts';

/** All modules that need nothing from outside. */
export function standardModules(_ports: { readonly clock: Clock; readonly log: Log }): LuaModule[] {
  return [];
}
