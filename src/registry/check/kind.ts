/**
 * What a room says about the kinds it handles. The registry room knows no kind by name: the hub collects
 * these from all rooms and hands them to the loader.
 */
import type { Entry, EntryDefinition, EntryLookup, Problem } from '../entry/entry.ts';

/** A field that names another entry (`app-format.md` § 4.1). */
export interface ReferenceField {
  /**
   * Dotted path below the entry, `*` matching any key or list item: `func`, `meta.router`, `imports.*`,
   * `contracts.*.methods.*`. Paths not starting with `meta.` are below `data`. A field that is absent, null,
   * empty or no text is not a reference; the schema judges that.
   */
  readonly path: string;
  /** Kinds the target may have; empty = any. */
  readonly kinds: readonly string[];
  /** The word used in messages: `function "app:x" not found`. */
  readonly noun: string;
  /** false: a missing target is not an error here (the owner judges it). Default true. */
  readonly mustExist?: boolean;
  /** The text is a name of its own kind and no entry (a group of policies): it is completed, and refers to nothing. */
  readonly isName?: boolean;
  /**
   * Values that are legal without naming an entry, e.g. built-in module names for imports. They stay as
   * written. Asked only when no entry has that ID.
   */
  isExempt?(text: string): boolean;
}

/** One entry kind. */
export interface KindDefinition {
  readonly kind: string;
  /** One line for the generated schema. */
  readonly summary: string;
  /**
   * JSON Schema (2020-12) of `data`. Unknown keys stay allowed; defaults live here only. Durations: `{ type:
   * 'string', format: 'duration' }`. The `description` of a property appears in messages as "expected
   * <description>, got …" when its pattern or format does not fit.
   */
  readonly schema: Readonly<Record<string, unknown>>;
  /** JSON Schema of `meta` where the kind gives its keys a meaning. */
  readonly metaSchema?: Readonly<Record<string, unknown>>;
  readonly references?: readonly ReferenceField[];
  /** The kind takes a `lifecycle` block (`app-format.md` § 5.2): its schema, defaults and references are added. */
  readonly hasLifecycle?: boolean;
  /**
   * Rules no schema can say. Called after schema and references were checked: of every entry when the application
   * loads; later when the entry, one it names, or one of a kind that `isCheckedWith` names changes.
   */
  check?(entry: Entry, entries: EntryLookup): readonly Problem[];
  /** Whether `check` looks at entries of this kind which its entry does not name. Default: at none. */
  isCheckedWith?(kind: string): boolean;
  /** Known upstream, not supported here: loads as inert data with a warning. */
  readonly isUnsupported?: boolean;
  /**
   * Entries created when the application does not declare them (`app-format.md` § 5.3): called once per load,
   * before references are resolved. Returned entries whose ID exists already are ignored.
   */
  implicit?(entries: EntryLookup): readonly EntryDefinition[];
}
