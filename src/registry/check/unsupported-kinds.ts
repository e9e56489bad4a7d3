/** The kinds known upstream that this host does not run (`app-format.md` § 5.1). */

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
