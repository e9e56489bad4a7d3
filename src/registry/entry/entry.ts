/** What the registry holds: checked, deep-frozen values with their place of origin (`app-format.md` § 1). */
import { type EntryId, HubError, tryParseEntryId } from '../../base/index.ts';
import { toMapping } from './value.ts';

/** A YAML/JSON value. Mappings are objects without prototype surprises: `Object.create(null)` underneath. */
export type Value = null | boolean | number | bigint | string | readonly Value[] | Mapping;

/** A mapping with string keys. */
export interface Mapping {
  readonly [key: string]: Value | undefined;
}

/** A place in a file; line and column count from 1. */
export interface Position {
  /** Path relative to the working directory. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where an entry was written. Absent for entries created at run time and implicit ones. */
export interface Origin {
  /** Absolute path of the definition file. */
  readonly file: string;
  /** Position of the entry's item (its `name` where present). */
  readonly position: Position;
  /** Position of the value at a path such as `['meta', 'router']` or `['data', 'func']`; nearest known parent otherwise. */
  locate(path: readonly (string | number)[]): Position;
  /** Absolute path of the file a `file://` value came from, keyed by dotted data path (`source`). */
  readonly files: ReadonlyMap<string, string>;
  /** Root directory that bounds the entry's files. */
  readonly root: string;
  /** An absolute path as a `Position` writes it: relative to the working directory of the load. */
  show(file: string): string;
}

/** One entry named by another. */
export interface Reference {
  /** Where it is named, e.g. `func`, `meta.router`, `imports.util`. */
  readonly field: string;
  readonly target: EntryId;
  /** The target may be missing (groups, `lifecycle.requires`, `meta.depends_on`, an import that is a module so far). */
  readonly isOptional: boolean;
}

/** One registry entry. Deep-frozen. */
export interface Entry {
  readonly id: EntryId;
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  /** As `data`: references are full IDs. */
  readonly meta: Mapping;
  /**
   * Everything of the entry besides name, kind and meta, ready for use: `file://` values replaced by content,
   * references completed to full IDs, placeholders resolved, defaults of the kind's schema filled in.
   */
  readonly data: Mapping;
  /** The entry as its author wrote it (files inlined, overrides and links applied): what Lua programs read and write. */
  readonly written: { readonly meta: Mapping; readonly data: Mapping };
  /** Entries this one names: what start order, deletion and hot reload follow. */
  readonly references: readonly Reference[];
  readonly origin: Origin | undefined;
}

/** The parts of an entry a caller supplies. */
export interface EntryDefinition {
  readonly id: string;
  readonly kind: string;
  readonly meta?: Mapping;
  readonly data?: Mapping;
}

/** Read access to a set of entries. */
export interface EntryLookup {
  get(id: string): Entry | undefined;
  /** In load order. */
  all(): readonly Entry[];
  ofKind(kind: string): readonly Entry[];
  /** Entries with a reference to this ID, whether or not there is such an entry. */
  referrers(id: string): readonly Entry[];
}

/** One operation of a change set; the old value is kept so that a change can be shown and undone. */
export type Change =
  | { readonly operation: 'create'; readonly entry: Entry }
  | { readonly operation: 'update'; readonly entry: Entry; readonly previous: Entry }
  | { readonly operation: 'delete'; readonly previous: Entry };

/** Something wrong with a definition. Errors stop the load; warnings are printed. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly position: Position | undefined;
  readonly entryId: string | undefined;
  /** Dotted field, e.g. `meta.router`. */
  readonly field: string | undefined;
  /** One line, without position. */
  readonly reason: string;
  /** What to do, e.g. `did you mean "app.api:get_user"?`. */
  readonly hint?: string;
  /** Code of `moonhub lint` (`app-format.md` § 11), e.g. `P0001` for a syntax error. */
  readonly code?: string;
}

/**
 * An entry from plain data, unchecked: `data` is taken as ready for use and as written.
 * Programs get entries from the loader and the registry; this is for those two and for tests.
 * @throws MH_REGISTRY_ID_INVALID, MH_REGISTRY_VALUE_INVALID
 */
export function createEntry(definition: EntryDefinition, origin?: Origin): Entry {
  const parts = tryParseEntryId(definition.id);
  if (parts === undefined) {
    throw new HubError('MH_REGISTRY_ID_INVALID', {
      message: `Cannot make an entry: expected an ID "namespace:name", got "${definition.id}"`,
    });
  }
  const meta = toMapping(definition.meta ?? {});
  const data = toMapping(definition.data ?? {});
  return Object.freeze({
    id: definition.id as EntryId,
    namespace: parts.namespace,
    name: parts.name,
    kind: definition.kind,
    meta,
    data,
    written: Object.freeze({ meta, data }),
    references: [],
    origin,
  });
}
