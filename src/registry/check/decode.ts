/**
 * Drafts -> entries ready for use: implicit entries are added, placeholders filled, references completed,
 * defaults set, and everything judged (`app-format.md` § 3 from "resolve references" on). The loader runs it
 * over files, the registry over change sets made by programs.
 */
import { type EntryId, SUGGESTIONS_MAX } from '../../base/index.ts';
import type { Draft } from '../entry/draft.ts';
import { createEntry, type Entry, type EntryLookup, type Problem, type Reference } from '../entry/entry.ts';
import { createEntrySet } from '../entry/entry-set.ts';
import { sortByReferences } from '../entry/order.ts';
import { equalValues, type Path, toMapping } from '../entry/value.ts';
import type { KindTable } from './kind-table.ts';
import { suggest } from './nearest.ts';
import { fillPlaceholders, type ReadVariable } from './placeholder.ts';
import { createProblem } from './problem.ts';
import { type ReferenceTargets, resolveReferences } from './references.ts';
import { isUnsupportedKind } from './unsupported-kinds.ts';

/** What decoding may use. */
export interface DecodeOptions {
  readonly kinds: KindTable;
  /** Makes the reader of variables for these drafts. */
  readonly openVariables: (drafts: readonly Draft[]) => ReadVariable;
  /** Entries decoded before: one whose written form is the same is not filled and checked again. */
  readonly previous?: EntryLookup;
  /** IDs of drafts a file of which could not be read: what the placeholder text says is not judged. */
  readonly unreadable?: ReadonlySet<string>;
}

/** Decodes drafts with unique IDs. The entries are complete only when no problem is an error. */
export function decodeDrafts(
  drafts: readonly Draft[],
  options: DecodeOptions,
): { entries: readonly Entry[]; problems: readonly Problem[] } {
  const all = [...drafts, ...createImplicit(drafts, options.kinds)];
  const targets = createTargets(all, options.kinds);
  const readVariable = options.openVariables(all);
  const problems: Problem[] = [];
  const entries = all.map((draft) => {
    const decoded = decodeDraft(draft, options, targets, readVariable);
    problems.push(...decoded.problems);
    return decoded.entry;
  });
  problems.push(...findCycles(entries));
  problems.push(...checkKinds(entries, problems, options));
  return { entries, problems };
}

/** Rules of the kinds. All of them, so that everything wrong is told at once; but nothing twice. */
function checkKinds(
  entries: readonly Entry[],
  found: readonly Problem[],
  { kinds, unreadable }: DecodeOptions,
): Problem[] {
  const faulty = new Map<string, Set<string | undefined>>();
  for (const { severity, entryId, field } of found) {
    if (severity !== 'error' || entryId === undefined) continue;
    const fields = faulty.get(entryId);
    if (fields === undefined) faulty.set(entryId, new Set([field]));
    else fields.add(field);
  }
  const lookup = createEntrySet(entries);
  return entries.flatMap((entry): readonly Problem[] => {
    const check = kinds.get(entry.kind)?.check;
    if (check === undefined || unreadable?.has(entry.id) === true) return [];
    const fields = faulty.get(entry.id);
    if (fields === undefined) return check(entry, lookup);
    try {
      return check(entry, lookup).filter(({ field }) => !fields.has(field));
    } catch {
      // A rule may rely on what the schema promises; this entry broke that promise and is reported for it.
      return [];
    }
  });
}

/** `app-format.md` § 5.3. Each kind sees the application and what the kinds before it added. */
function createImplicit(drafts: readonly Draft[], kinds: KindTable): Draft[] {
  const added: Draft[] = [];
  const ids = new Set(drafts.map((draft) => draft.id));
  for (const definition of kinds.all()) {
    if (definition.implicit === undefined) continue;
    const lookup = createEntrySet([...drafts, ...added].map((draft) => createEntry(draft, draft.origin)));
    for (const implicit of definition.implicit(lookup)) {
      if (ids.has(implicit.id)) continue;
      ids.add(implicit.id);
      added.push(toDraft(createEntry(implicit)));
    }
  }
  return added;
}

/** The written form of an entry, to be decoded again. */
export function toDraft(entry: Entry): Draft {
  const { id, namespace, name, kind, written, origin } = entry;
  return { id, namespace, name, kind, meta: written.meta, data: written.data, origin };
}

function createTargets(drafts: readonly Draft[], kinds: KindTable): ReferenceTargets {
  const kindById = new Map(drafts.map((draft) => [draft.id, draft.kind]));
  const namespaces = new Set(drafts.map((draft) => draft.namespace));
  let suggestionsLeft = SUGGESTIONS_MAX;
  return {
    kindOf: (id) => kindById.get(id),
    ids: () => kindById,
    hasNamespace: (namespace) => namespaces.has(namespace),
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

function findCycles(entries: readonly Entry[]): Problem[] {
  const byId = createEntrySet(entries);
  return sortByReferences(entries).cycles.map((chain) => {
    const first = byId.get(chain[0]!)!;
    const second = chain[1] ?? chain[0]!;
    const field = first.references.find(({ target }) => target === second)?.field;
    const reason = `entries refer to each other in a circle: ${[...chain, chain[0]].join(' -> ')}`;
    return createProblem(first, { field, reason });
  });
}
