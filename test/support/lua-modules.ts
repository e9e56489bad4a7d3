/** The modules of the Lua room, for worlds in tests. */
import type { Clock, Log } from '../../src/base/index.ts';
import { EventBus, type LuaModule } from '../../src/lua/index.ts';
import { ctxModule } from '../../src/lua/modules/ctx.ts';
import { createEventsModule } from '../../src/lua/modules/events.ts';
import { funcsModule } from '../../src/lua/modules/funcs/index.ts';
import { jsonModule } from '../../src/lua/modules/json/index.ts';
import { loggerModule } from '../../src/lua/modules/logger.ts';
import { timeModule } from '../../src/lua/modules/time/index.ts';

/** All modules that need nothing from outside. */
export function standardModules({ clock, log }: { readonly clock: Clock; readonly log: Log }): LuaModule[] {
  const bus = new EventBus({ clock, log });
  return [ctxModule, createEventsModule(bus), funcsModule, jsonModule, loggerModule, timeModule];
}
