/** Definition files become checked entries, entries become ordered change sets. Knows no processes. */

export { createDefinitionSchema } from './check/definition-schema.ts';
export type { KindDefinition, ReferenceField } from './check/kind.ts';
export { KindTable } from './check/kind-table.ts';
export {
  type Lifecycle,
  type RestartOptions,
  readLifecycle,
  SECURITY_SCHEMA,
  securityReferences,
} from './check/lifecycle.ts';
export { findUnknownFields } from './check/lint.ts';
export { findNearest, suggest } from './check/nearest.ts';
export {
  createProblem,
  formatExcerpt,
  formatProblem,
  hasErrors,
  type Painter,
  type ProblemFormat,
  toLoadFailure,
  toRefusal,
  tryReadProblems,
} from './check/problem.ts';
export type { JsonSchema, SchemaFault } from './check/schema-check.ts';
export { applyChanges, diffEntries, equalEntries, invertChanges } from './entry/change.ts';
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
} from './entry/entry.ts';
export { createEntrySet } from './entry/entry-set.ts';
export { type Filter, findEntries, type SearchMeter } from './entry/filter.ts';
export { compileIdPattern } from './entry/id-pattern.ts';
export { collectReferrers, sortByReferences } from './entry/order.ts';
export { compilePattern, type Pattern } from './entry/pattern.ts';
export {
  describeValue,
  equalValues,
  getAt,
  isMapping,
  type Path,
  setAt,
  toMapping,
  toValue,
} from './entry/value.ts';
export { REGISTRY_KINDS } from './kinds.ts';
export type { ChangeRequest } from './pending-changes.ts';
export {
  collectAffected,
  Registry,
  type RegistryOptions,
  type RegistrySubscriber,
  type RegistryUpdate,
  type Snapshot,
} from './registry.ts';
export type { RunningState } from './source/absence.ts';
export { type DisableRules, type Override, parseOverride, parseOverrideFlag } from './source/adjust.ts';
export {
  createLoader,
  type Loader,
  type LoadOptions,
  type LoadResult,
  type LoadRules,
  loadDefinitions,
} from './source/load.ts';
export {
  DEFAULT_SETTINGS_FILE,
  loadSettings,
  type Settings,
  type SettingsOptions,
} from './source/settings.ts';
export { formatYaml } from './source/yaml.ts';
export { createEnvironment, type Environment, type EnvironmentOptions } from './variable/environment.ts';
export { readYaml, type YamlReading } from './yaml/read.ts';
export type { YamlBuilder, YamlKey, YamlScalar } from './yaml/tree.ts';
