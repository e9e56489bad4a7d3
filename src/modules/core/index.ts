/** The modules every program has without listing them (`errors-and-payloads.md` § 7), and `coroutine.spawn`. */
import type { LuaModule } from '../../lua/index.ts';
import { channelModule } from './channel.ts';
import { errorsModule } from './errors.ts';
import { payloadModule } from './payload.ts';
import { printModule } from './print.ts';
import { processModule } from './process.ts';
import { pubsubModule } from './pubsub.ts';

export { spawn as spawnCoroutine } from './coroutine.ts';

/** In the order in which they are installed. */
export const CORE_MODULES: readonly LuaModule[] = [
  processModule,
  channelModule,
  errorsModule,
  payloadModule,
  pubsubModule,
  printModule,
];
