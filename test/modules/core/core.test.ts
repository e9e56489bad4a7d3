/** Tests written in Lua: one folder per module. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { testLuaFolder } from '../../support/lua-scripts.ts';

for (const module of ['process', 'channel', 'coroutine', 'errors', 'payload', 'pubsub']) {
  const folder = join(import.meta.dirname, module);
  if (existsSync(folder)) testLuaFolder(folder);
}
