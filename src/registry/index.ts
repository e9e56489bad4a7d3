/** Room 1: definition files become checked entries, entries become ordered change sets. Knows no processes. */
export { type DisableRules, type Override, parseOverride, parseOverrideFlag } from './adjust.ts';
export { applyChanges, diffEntries, equalEntries, invertChanges } from './change.ts';
export { createDefinitionSchema } from './definition-schema.ts';
export {
  type Change,
  createEntry,
  type Entry,
  type EntryDefinition,
  type EntryLookup,
  type Mapping,
  type Origin,
  type Position,
  type Problem,
  type Reference,
  type Value,
} from './entry.ts';
export { createEntrySet } from './entry-set.ts';
export { createEnvironment, type Environment, type EnvironmentOptions } from './environment.ts';
export { type Filter, findEntries } from './filter.ts';
export { compileIdPattern } from './id-pattern.ts';
export type { KindDefinition, ReferenceField } from './kind.ts';
export { KindTable } from './kind-table.ts';
export { type Lifecycle, readLifecycle } from './lifecycle.ts';
export { findUnknownFields } from './lint.ts';
export {
  createLoader,
  type Loader,
  type LoadOptions,
  type LoadResult,
  type LoadRules,
  loadDefinitions,
} from './load.ts';
export { findNearest, suggest } from './nearest.ts';
export { collectReferrers, sortByReferences } from './order.ts';
export {
  createProblem,
  formatExcerpt,
  formatProblem,
  hasErrors,
  type Painter,
  type ProblemFormat,
  toLoadFailure,
  tryReadProblems,
} from './problem.ts';
export {
  type ChangeRequest,
  collectAffected,
  Registry,
  type RegistryOptions,
  type RegistrySubscriber,
  type RegistryUpdate,
  type Snapshot,
} from './registry.ts';
export { REGISTRY_KINDS } from './registry-kinds.ts';
export { loadSettings, type Settings, type SettingsOptions } from './settings.ts';
export { equalValues, getAt, isMapping, type Path, setAt, toMapping, toValue } from './value.ts';
export { formatYaml } from './yaml.ts';
