/** The entry kinds of this room: code that runs and code that is imported (`app-format.md` § 5.4). */
import {
  createProblem,
  type Entry,
  isMapping,
  type KindDefinition,
  type Problem,
  SECURITY_SCHEMA,
  securityReferences,
  suggest,
} from '../../registry/index.ts';
import { moduleOfImport, readImports, readModules } from './entry-fields.ts';
import { LIMITS_SCHEMA } from './limits.ts';
import type { LuaRuntime } from './runtime.ts';

/** What the checks ask of the Lua room. */
type CodeChecker = Pick<LuaRuntime, 'check' | 'standing' | 'moduleNames'>;

const CODE_PROPERTIES = {
  source: { type: 'string', minLength: 1, description: 'Lua code, or file:// and a path' },
  modules: { type: 'array', items: { type: 'string' }, default: [], description: 'a list of module names' },
  imports: {
    type: 'object',
    additionalProperties: { type: 'string' },
    default: {},
    description: 'a mapping from alias to library',
  },
} as const;

const METHOD = { type: 'string', minLength: 1, description: 'the name of a function in the source' } as const;

const COUNT = { type: 'integer', minimum: 0 } as const;

const POOL = {
  type: 'object',
  properties: {
    type: { enum: ['inline', 'lazy', 'static', 'adaptive'] },
    workers: COUNT,
    size: COUNT,
    buffer: COUNT,
    max_size: COUNT,
    warm_start: { type: 'boolean' },
  },
} as const;

/** Kinds whose chunk may be imported. */
const IMPORTABLE = ['library.lua', 'module.lua', 'function.lua', 'process.lua'];

/** Kinds of code, checked with this runtime: modules must exist, sources must compile. */
export function luaKinds(runtime: CodeChecker): KindDefinition[] {
  const isModule = (name: string): boolean => runtime.standing(name) !== 'unknown';
  const shared = {
    references: [
      {
        path: 'imports.*',
        kinds: IMPORTABLE,
        noun: 'library',
        isExempt: (text: string) => moduleOfImport(text, isModule) !== undefined,
      },
      ...securityReferences('security'),
    ],
    check: (entry: Entry) => [
      ...checkModules(entry, runtime),
      ...checkImports(entry, runtime, isModule),
      ...runtime.check(entry),
    ],
  };
  const runnable = {
    ...CODE_PROPERTIES,
    method: METHOD,
    limits: LIMITS_SCHEMA,
    security: SECURITY_SCHEMA,
  };
  const library = {
    schema: { type: 'object', properties: CODE_PROPERTIES, required: ['source'] },
    ...shared,
  };
  return [
    {
      kind: 'function.lua',
      summary: 'A Lua function, callable by its ID',
      schema: { type: 'object', properties: { ...runnable, pool: POOL }, required: ['source', 'method'] },
      ...shared,
    },
    {
      kind: 'process.lua',
      summary: 'A Lua program that can be spawned as a process',
      schema: { type: 'object', properties: runnable, required: ['source', 'method'] },
      metaSchema: PROCESS_META,
      ...shared,
    },
    { kind: 'library.lua', summary: 'Lua code that others import', ...library },
    { kind: 'module.lua', summary: 'Lua code that others import, as library.lua', ...library },
  ];
}

const PROCESS_META = {
  type: 'object',
  properties: {
    default_host: { type: 'string', minLength: 1 },
    command: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        short: { type: 'string' },
        main: { type: 'boolean' },
        use_case: { type: 'string' },
      },
    },
  },
} as const;

/** Faults of `modules:` (`errors-and-payloads.md` § 9). */
function checkModules(entry: Entry, runtime: CodeChecker): Problem[] {
  const problems: Problem[] = [];
  for (const name of readModules(entry)) {
    const field = `modules.${listIndex(entry, name)}`;
    if (name === '' || name.includes(':')) {
      problems.push(createProblem(entry, { field, reason: `expected the name of a module, got "${name}"` }));
    } else problems.push(...checkModule(entry, { field, name, alias: name }, runtime));
  }
  return problems;
}

/** The same judgement wherever a module is named: one this host lacks is a warning, one nobody has an error. */
function checkModule(
  entry: Entry,
  use: { readonly field: string; readonly name: string; readonly alias: string },
  runtime: CodeChecker,
): Problem[] {
  const { field, name, alias } = use;
  switch (runtime.standing(name)) {
    case 'unsupported': {
      const reason = `module "${name}" is not supported by this host: require("${alias}") will raise an error`;
      return [createProblem(entry, { field, severity: 'warning', reason })];
    }
    case 'unknown': {
      const hint = suggest(name, runtime.moduleNames);
      return [createProblem(entry, { field, reason: `module "${name}" not found`, hint })];
    }
    default:
      return [];
  }
}

function listIndex(entry: Entry, name: string): number {
  const { modules } = entry.data;
  return Array.isArray(modules) ? modules.indexOf(name) : 0;
}

/** Faults of `imports:` that the reference check does not see; missing targets and circles it does. */
function checkImports(entry: Entry, runtime: CodeChecker, isModule: (name: string) => boolean): Problem[] {
  const problems: Problem[] = [];
  const { imports } = entry.data;
  if (isMapping(imports) && Object.hasOwn(imports, '')) {
    problems.push(createProblem(entry, { field: 'imports', reason: 'expected an alias, got ""' }));
  }
  const listed = new Set(readModules(entry));
  for (const { alias, target, isModule: isBuiltIn } of readImports(entry, isModule)) {
    const field = `imports.${alias}`;
    if (listed.has(alias)) {
      problems.push(createProblem(entry, { field, reason: `"${alias}" is also listed under modules` }));
    }
    if (isBuiltIn) problems.push(...checkModule(entry, { field, name: target, alias }, runtime));
  }
  return problems;
}
