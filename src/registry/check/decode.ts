/**
 * Drafts -> entries ready for use: implicit entries are added, placeholders filled, references completed,
 * defaults set, and everything judged (`app-format.md` § 3 from "resolve references" on). The loader runs it
 * over files, the registry over change sets made by programs.
 *
 * Decoded and judged is what changes, and what may come out differently because of it: entries that refer to it
 * (`EntrySet.referrers`), and kinds that say whom else they look at (`isCheckedWith`). An application that is loaded
 * is a change from nothing.
 */
import { type EntryId, SUGGESTIONS_MAX } from '../../base/index.ts';
import type { Draft } from '../entry/draft.ts';
import { createEntry, type Entry, type EntryLookup, type Problem, type Reference } from '../entry/entry.ts';
import { createEntrySet, type EntrySet } from '../entry/entry-set.ts';
import { sortByReferences } from '../entry/order.ts';
import { equalValues, type Path, toMapping } from '../entry/value.ts';
import type { KindDefinition } from './kind.ts';
import type { KindTable } from './kind-table.ts';
import { suggest } from './nearest.ts';
import { fillPlaceholders, type ReadVariable } from './placeholder.ts';
import { createProblem } from './problem.ts';
import { type ReferenceTargets, resolveReferences } from './references.ts';
import { isUnsupportedKind } from './unsupported-kinds.ts';

/** What decoding may use. */
export interface DecodeOptions {
  readonly kinds: KindTable;
  /** Makes the reader of variables declared by these entries. */
  readonly openVariables: (entries: EntryLookup) => ReadVariable;
  /** Entries decoded before: one whose written form is the same is not filled and checked again. */
  readonly previous?: Pick<EntryLookup, 'get'>;
  /** IDs of drafts a file of which could not be read: what the placeholder text says is not judged. */
  readonly unreadable?: ReadonlySet<string>;
}

/** Drafts by ID; `undefined` = the entry goes. */
export type DraftChanges = ReadonlyMap<string, Draft | undefined>;

/** What a change leads to. */
export interface Decoded {
  /** The entries after it; complete only when no problem is an error. */
  readonly after: EntrySet;
  /** IDs of all that may be different from before. */
  readonly touched: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** Decodes drafts with unique IDs. The entries are complete only when no problem is an error. */
export function decodeDrafts(
  drafts: readonly Draft[],
  options: DecodeOptions,
): { entries: readonly Entry[]; problems: readonly Problem[] } {
  const changes = new Map(drafts.map((draft) => [draft.id, draft]));
  const { after, problems } = decodeChanges(createEntrySet([]), changes, options);
  return { entries: after.all(), problems };
}

/** As `decodeInSteps`, in one go. */
function decodeChanges(before: EntrySet, changes: DraftChanges, options: DecodeOptions): Decoded {
  const steps = decodeInSteps(before, changes, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Decodes what changes in a set of decoded entries. Entries that come out as they were stay the same objects.
 * Between two steps, which are entries decoded or checked, others may have their turn.
 */
export function* decodeInSteps(
  before: EntrySet,
  changes: DraftChanges,
  options: DecodeOptions,
): Generator<undefined, Decoded> {
  const { kinds } = options;
  const { written, changed } = writeDrafts(before, changes, kinds);
  const touched = new Set(changed);
  const referrers = new Set<string>();
  for (const id of changed) {
    // What a reference means depends on whether there is such an entry, and of what kind.
    const isSameTarget = before.get(id)?.kind === written.get(id)?.kind;
    for (const referrer of before.referrers(id)) (isSameTarget ? referrers : touched).add(referrer.id);
  }
  const targets = createTargets(written, kinds);
  const readVariable = options.openVariables(written);
  const problems: Problem[] = [];
  const decoded: Entry[] = [];
  for (const id of touched) {
    const entry = written.get(id);
    if (entry === undefined) continue;
    const result = decodeDraft(toDraft(entry), options, targets, readVariable);
    problems.push(...result.problems);
    decoded.push(keepUnchanged(result.entry, before));
    yield;
  }
  const after = before.isEmpty ? createEntrySet(decoded) : written.with({ put: decoded });
  problems.push(
    ...findCycles(
      decoded.filter((entry) => before.get(entry.id) !== entry),
      after,
    ),
  );
  const bystanders = [...referrers].flatMap((id) => after.get(id) ?? []);
  bystanders.push(...findBystanders(changed, before, after, kinds));
  const judged = new Set([...decoded, ...bystanders]);
  problems.push(...(yield* checkKinds(judged, after, problems, options)));
  return { after, touched, problems };
}

/** The state with the drafts as they are written, and with the implicit entries it then needs (`app-format.md` § 5.3). */
function writeDrafts(
  before: EntrySet,
  changes: DraftChanges,
  kinds: KindTable,
): { written: EntrySet; changed: ReadonlySet<string> } {
  const removed: string[] = [];
  const put: Entry[] = [];
  for (const [id, draft] of changes) {
    if (draft === undefined) removed.push(id);
    else put.push(createEntry(draft, draft.origin));
  }
  const changed = new Set(changes.keys());
  let written = before.isEmpty ? createEntrySet(put) : before.with({ removed, put });
  // Each kind sees the application and what the kinds before it added.
  for (const definition of kinds.all()) {
    for (const implicit of definition.implicit?.(written) ?? []) {
      if (written.get(implicit.id) !== undefined) continue;
      written = written.with({ put: [createEntry(implicit)] });
      changed.add(implicit.id);
    }
  }
  return { written, changed };
}

/** An entry that came out as it was stays the same object, so that a comparison by identity is enough. */
function keepUnchanged(entry: Entry, before: EntryLookup): Entry {
  const previous = before.get(entry.id);
  const isSame =
    previous?.kind === entry.kind &&
    previous.data === entry.data &&
    previous.meta === entry.meta &&
    previous.written.data === entry.written.data &&
    previous.written.meta === entry.written.meta;
  return isSame ? previous : entry;
}

/** Entries whose kind looks at entries of a kind that changed, whether they name them or not. */
function findBystanders(
  changed: Iterable<string>,
  before: EntryLookup,
  after: EntryLookup,
  kinds: KindTable,
): Entry[] {
  const changedKinds = new Set<string>();
  for (const id of changed) {
    for (const entry of [before.get(id), after.get(id)])
      if (entry !== undefined) changedKinds.add(entry.kind);
  }
  return kinds.all().flatMap((definition) => {
    const isConcerned = [...changedKinds].some((kind) => definition.isCheckedWith?.(kind) === true);
    return isConcerned ? after.ofKind(definition.kind) : [];
  });
}

/** Rules of the kinds. All of them, so that everything wrong is told at once; but nothing twice. */
function* checkKinds(
  entries: Iterable<Entry>,
  lookup: EntryLookup,
  found: readonly Problem[],
  { kinds, unreadable }: DecodeOptions,
): Generator<undefined, Problem[]> {
  const faulty = new Map<string, Set<string | undefined>>();
  for (const { severity, entryId, field } of found) {
    if (severity !== 'error' || entryId === undefined) continue;
    const fields = faulty.get(entryId);
    if (fields === undefined) faulty.set(entryId, new Set([field]));
    else fields.add(field);
  }
  const problems: Problem[] = [];
  for (const entry of entries) {
    const check = kinds.get(entry.kind)?.check;
    if (check === undefined || unreadable?.has(entry.id) === true) continue;
    problems.push(...checkEntry(entry, lookup, check, faulty.get(entry.id)));
    yield;
  }
  return problems;
}

/** @param faulty fields that have been reported. */
function checkEntry(
  entry: Entry,
  lookup: EntryLookup,
  check: NonNullable<KindDefinition['check']>,
  faulty: ReadonlySet<string | undefined> | undefined,
): readonly Problem[] {
  if (faulty === undefined) return check(entry, lookup);
  try {
    return check(entry, lookup).filter(({ field }) => !faulty.has(field));
  } catch {
    // A rule may rely on what the schema promises; this entry broke that promise and is reported for it.
    return [];
  }
}

/** The written form of an entry, to be decoded again. */
export function toDraft(entry: Entry): Draft {
  const { id, namespace, name, kind, written, origin } = entry;
  return { id, namespace, name, kind, meta: written.meta, data: written.data, origin };
}

function createTargets(entries: EntryLookup, kinds: KindTable): ReferenceTargets {
  let namespaces: Set<string> | undefined;
  let suggestionsLeft = SUGGESTIONS_MAX;
  return {
    kindOf: (id) => entries.get(id)?.kind,
    all: () => entries.all(),
    hasNamespace: (namespace) => {
      namespaces ??= new Set(entries.all().map((entry) => entry.namespace));
      return namespaces.has(namespace);
    },
    isUnsupported: (kind) => kinds.get(kind)?.isUnsupported ?? isUnsupportedKind(kind),
    maySuggest: () => suggestionsLeft-- > 0,
  };
}

function decodeDraft(
  draft: Draft,
  options: DecodeOptions,
  targets: ReferenceTargets,
  readVariable: ReadVariable,
): { entry: Entry; problems: Problem[] } {
  const { kinds } = options;
  const place = { id: draft.id as EntryId, origin: draft.origin };
  const problems: Problem[] = [];
  const definition = kinds.get(draft.kind);
  if (definition === undefined || definition.isUnsupported === true) {
    problems.push(judgeKind(draft, kinds));
    return { entry: toEntry(draft, draft, []), problems };
  }
  const known = options.previous?.get(draft.id);
  const isKnown =
    known?.kind === draft.kind &&
    equalValues(known.written.meta, draft.meta) &&
    equalValues(known.written.data, draft.data);
  let base: Pick<Draft, 'meta' | 'data'> = isKnown ? known : draft;
  const variables: Reference[] = isKnown
    ? known.references.filter(({ field }) => field === VARIABLE_FIELD)
    : [];
  if (!isKnown) {
    const filled = fillPlaceholders(draft.data, readVariable, (path) => isProgramText(draft, path));
    for (const { path, reason } of filled.faults)
      problems.push(createProblem(place, { field: path.join('.'), reason }));
    for (const id of filled.variables)
      variables.push({ field: VARIABLE_FIELD, target: id as EntryId, isOptional: true });
    base = { meta: draft.meta, data: filled.data };
  }
  const resolved = resolveReferences({ ...draft, ...base }, kinds.references(draft.kind), targets);
  problems.push(...resolved.problems);
  if (isKnown) {
    // The same objects again: then a comparison of two loads ends at the first look.
    const same = { ...draft, ...known.written };
    return { entry: toEntry(same, resolved, [...resolved.references, ...variables]), problems };
  }
  const checked = kinds.check({ kind: draft.kind, meta: resolved.meta, data: resolved.data });
  for (const { field, reason, hint } of checked.faults)
    problems.push(createProblem(place, { field: field === '' ? undefined : field, reason, hint }));
  return { entry: toEntry(draft, checked, [...resolved.references, ...variables]), problems };
}

/** The name under which the use of a variable appears among the references of an entry. */
const VARIABLE_FIELD = 'env';

/** Lua text and templates contain `${` for reasons of their own. */
function isProgramText(draft: Draft, path: Path): boolean {
  return path[0] === 'source' || (draft.origin?.files.has(path.join('.')) ?? false);
}

function judgeKind(draft: Draft, kinds: KindTable): Problem {
  const place = { id: draft.id as EntryId, origin: draft.origin };
  const at = draft.origin?.locate(['kind']);
  if (kinds.get(draft.kind)?.isUnsupported === true || isUnsupportedKind(draft.kind)) {
    const reason = `kind "${draft.kind}" is not supported by this host; the entry is kept as data`;
    return { ...createProblem(place, { severity: 'warning', reason }), position: at, field: 'kind' };
  }
  const reason = `unknown kind "${draft.kind}"`;
  return {
    ...createProblem(place, { reason, hint: suggest(draft.kind, kinds.names()) }),
    position: at,
    field: 'kind',
  };
}

function toEntry(
  draft: Draft,
  decoded: Pick<Draft, 'meta' | 'data'>,
  references: readonly Reference[],
): Entry {
  return Object.freeze({
    id: draft.id as EntryId,
    namespace: draft.namespace,
    name: draft.name,
    kind: draft.kind,
    meta: toMapping(decoded.meta),
    data: toMapping(decoded.data),
    written: Object.freeze({ meta: draft.meta, data: draft.data }),
    references: Object.freeze([...references]),
    origin: draft.origin,
  });
}

/** Circles that go through one of the entries. */
function findCycles(entries: readonly Entry[], lookup: EntryLookup): Problem[] {
  return sortByReferences(entries, (id) => lookup.get(id)).cycles.map((chain) => {
    const first = lookup.get(chain[0]!)!;
    const second = chain[1] ?? chain[0]!;
    const field = first.references.find(({ target }) => target === second)?.field;
    const reason = `entries refer to each other in a circle: ${[...chain, chain[0]].join(' -> ')}`;
    return createProblem(first, { field, reason });
  });
}
