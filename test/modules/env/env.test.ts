import { it } from 'vitest';
import { HubError } from '../../../src/base/index.ts';
import { createEnvModule, type EnvironmentPort } from '../../../src/modules/env.ts';
import { createMemoryEnvironment } from '../../support/lua-modules.ts';
import { bootLua, resultOf } from '../../support/lua-world.ts';

async function run(environment: EnvironmentPort, body: string): Promise<void> {
  const world = bootLua(
    {
      'app.x:main': {
        source: `local env = require("env")\nlocal at_load = env.get("A")\nlocal function main()\n${body}\nend\nreturn main`,
        modules: ['env'],
      },
    },
    { modules: [createEnvModule(environment)] },
  );
  resultOf(await world.run('app.x:main'));
}

it('env reads, writes and lists variables, also while code loads (modules.md § 5)', async () => {
  await run(
    createMemoryEnvironment({ A: '1' }),
    `assert(at_load == "1" and env.get("A") == "1")
     assert(env.set("B", "2") == true and env.get("B") == "2")
     assert(env.get_all().A == "1" and env.get_all().B == "2")
     local v, err = env.get("NONE")
     assert(v == nil and err:kind() == errors.NOT_FOUND)
     v, err = env.get("")
     assert(v == nil and err:kind() == errors.INVALID)
     v, err = env.set("", "x")
     assert(v == nil and err:kind() == errors.INVALID)
     assert(not pcall(env.get, nil) and not pcall(env.set, "A"))`,
  );
});

it('env asks with the namespace of the running entry and passes refusals on', async () => {
  await run(
    {
      get: (key, namespace) => `${namespace}:${key}`,
      set: () => {
        throw new HubError('MH_ENV_READONLY', { message: 'Cannot set' });
      },
      getAll: () => ({}),
    },
    `assert(env.get("k") == "app.x:k")
     local v, err = env.set("k", "v")
     assert(v == nil and err:kind() == errors.PERMISSION_DENIED)`,
  );
});
