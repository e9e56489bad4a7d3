/**
 * What a hub can be extended with out of the box. The one list in which they are named; each is loaded when an entry
 * needs it.
 */
import type { LuaModule } from '../lua/index.ts';
import { isMapping } from '../registry/index.ts';
import type { ExtensionReference } from './extension.ts';

/** All of them, in the order in which they open when all are needed. */
export const STANDARD_EXTENSIONS: readonly ExtensionReference[] = [
  module('json', async () => (await import('../modules/json/index.ts')).jsonModule),
  module('time', async () => (await import('../modules/time/index.ts')).timeModule),
  module('logger', async () => (await import('../modules/logger.ts')).loggerModule),
  module('funcs', async () => (await import('../modules/funcs/index.ts')).funcsModule),
  module('ctx', async () => (await import('../modules/ctx.ts')).ctxModule),
  module('uuid', async () => (await import('../modules/uuid.ts')).uuidModule),
  module('base64', async () => (await import('../modules/base64.ts')).base64Module),
  module('hash', async () => (await import('../modules/hash.ts')).hashModule),
  module('crypto', async () => (await import('../modules/crypto/index.ts')).cryptoModule),
  module('yaml', async () => (await import('../modules/yaml.ts')).yamlModule),
  {
    name: 'events',
    modules: ['events'],
    load: async () => (await import('../modules/events.ts')).eventsExtension,
  },
  {
    name: 'registry',
    modules: ['registry'],
    load: async () => (await import('../modules/registry/index.ts')).registryExtension,
  },
  {
    name: 'io',
    modules: ['io'],
    load: async () => (await import('../modules/io/index.ts')).ioExtension,
  },
  {
    name: 'env',
    modules: ['env'],
    load: async () => (await import('../modules/env.ts')).envExtension,
  },
  {
    name: 'system',
    modules: ['system'],
    load: async () => (await import('../modules/system/index.ts')).systemExtension,
  },
  {
    name: 'store',
    modules: ['store'],
    kinds: ['store.memory'],
    load: async () => (await import('../modules/store/index.ts')).storeExtension,
  },
  {
    name: 'pg',
    modules: ['pg'],
    kinds: ['pg.scope'],
    load: async () => (await import('../modules/pg/index.ts')).pgExtension,
  },
  {
    name: 'security',
    modules: ['security'],
    kinds: ['security.policy', 'security.policy.expr', 'security.token_store'],
    middleware: ['token_auth', 'endpoint_firewall', 'resource_firewall'],
    // Whoever says as whom an entry runs needs what knows actors and policies.
    isNeeded: ({ kind, data: { lifecycle, security } }) =>
      (isMapping(lifecycle) && lifecycle.security !== undefined) ||
      (security !== undefined && (kind === 'function.lua' || kind === 'process.lua')),
    load: async () => (await import('../modules/security/index.ts')).securityExtension,
  },
  {
    name: 'relay',
    // Routers that nobody declares list its middleware too (`app-format.md` § 5.3).
    isNeeded: ({ kind }) => kind.startsWith('http.'),
    load: async () => (await import('../relay/index.ts')).relayExtension,
  },
  {
    name: 'http',
    modules: ['http'],
    kinds: ['http.service', 'http.router', 'http.endpoint', 'http.static', 'fs.directory'],
    load: async () => (await import('../http/index.ts')).httpExtension,
  },
];

/** An extension that is one Lua module of the same name. */
function module(name: string, load: () => Promise<LuaModule>): ExtensionReference {
  return {
    name,
    modules: [name],
    async load() {
      const bindings = [await load()];
      return { name, open: () => ({ unstable_bindings: bindings }) };
    },
  };
}
