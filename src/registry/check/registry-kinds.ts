/** Kinds that only hold data, and the kinds known upstream that this host does not run (`app-format.md` § 5.1). */
import { ENVIRONMENT_KINDS } from '../variable/environment-kinds.ts';
import type { KindDefinition } from './kind.ts';

const MODULE = { type: 'string', pattern: '^[^/]+/[^/]+$', description: 'a component "org/module"' };

/** Inert kinds (`app-format.md` § 3.3, § 5.1) and variables. */
export const REGISTRY_KINDS: readonly KindDefinition[] = [
  ...ENVIRONMENT_KINDS,
  {
    kind: 'registry.entry',
    summary: 'Data for programs that search the registry',
    schema: { type: 'object' },
  },
  {
    kind: 'ns.definition',
    summary: 'Describes a namespace',
    schema: {
      type: 'object',
      properties: { module: { type: 'string' }, readme: { type: 'string' } },
    },
  },
  {
    kind: 'ns.dependency',
    summary: 'Names a component and gives values to its requirements',
    schema: {
      type: 'object',
      required: ['component'],
      properties: {
        component: MODULE,
        version: { type: ['string', 'number'] },
        parameters: {
          type: 'array',
          default: [],
          items: {
            type: 'object',
            required: ['name', 'value'],
            properties: { name: { type: 'string', minLength: 1 }, value: {} },
          },
        },
      },
    },
  },
  {
    kind: 'ns.requirement',
    summary: 'A parameter of a component, written into the fields it names',
    schema: {
      type: 'object',
      required: ['targets'],
      properties: {
        targets: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            required: ['entry', 'path'],
            properties: {
              entry: { type: 'string', minLength: 1 },
              path: { type: 'string', minLength: 1 },
            },
          },
        },
        default: {},
      },
    },
  },
];

/** A trailing `*` matches any rest. */
const UNSUPPORTED_KINDS: readonly string[] = [
  'temporal.*',
  'workflow.lua',
  'function.wasm',
  'process.wasm',
  'function.wat',
  'network.*',
  'cloudstorage.s3',
  'config.aws',
  'queue.driver.amqp',
  'queue.driver.sqs',
  'exec.docker',
  'store.kv.*',
  'db.cdc.postgres',
  'function.lua.bc',
  'process.lua.bc',
  'library.lua.bc',
  'module.lua.bc',
  'fs.embed',
  // Of app-format.md § 5.4; a room that defines one of these takes it over.
  'store.memory',
  'store.sql',
  'db.sql.*',
  'queue.driver.memory',
  'queue.queue',
  'queue.consumer',
  'fs.directory',
  'security.policy',
  'security.policy.expr',
  'security.token_store',
  'exec.native',
  'contract.definition',
  'contract.binding',
  'template.set',
  'template.jet',
  'pg.scope',
  'terminal.host',
];

/** True for kinds that exist upstream: their entries are kept as inert data, with a warning. */
export function isUnsupportedKind(kind: string): boolean {
  return UNSUPPORTED_KINDS.some((known) =>
    known.endsWith('*') ? kind.startsWith(known.slice(0, -1)) : kind === known,
  );
}
