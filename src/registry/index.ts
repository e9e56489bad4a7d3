/** Room 1: definition files become checked entries, entries become ordered change sets. Knows no processes. */
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
export type { KindDefinition, ReferenceField } from './kind.ts';
export { equalValues, getAt, isMapping, type Path, setAt, toMapping, toValue } from './value.ts';
