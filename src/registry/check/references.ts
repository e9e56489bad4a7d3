/** Finds, completes and judges the references of one entry (`app-format.md` § 4.1). */
import { type EntryId, resolveReference, tryParseEntryId } from '../../base/index.ts';
import type { Mapping, Origin, Problem, Reference, Value } from '../entry/entry.ts';
import { isMapping, type Path, setAt } from '../entry/value.ts';
import type { ReferenceField } from './kind.ts';
import { suggest } from './nearest.ts';
import { createProblem } from './problem.ts';

/** An entry whose references are to be completed. */
export interface Referrer {
  readonly id: string;
  readonly namespace: string;
  readonly meta: Mapping;
  readonly data: Mapping;
  readonly origin: Origin | undefined;
}

/** What can be referred to. */
export interface ReferenceTargets {
  /** Kind of the entry with this ID; `undefined` when there is none. */
  kindOf(id: string): string | undefined;
  /** All entries there are. */
  all(): Iterable<{ readonly id: string; readonly kind: string }>;
  hasNamespace(namespace: string): boolean;
  /** Entries of this kind are inert here; they may stand where another kind is expected. */
  isUnsupported(kind: string): boolean;
  /** False when enough suggestions were made: each one looks at every ID. */
  maySuggest(): boolean;
}

/** The entry with full IDs, what it names, and what is wrong with that. */
export interface ResolvedReferences {
  readonly meta: Mapping;
  readonly data: Mapping;
  readonly references: readonly Reference[];
  readonly problems: readonly Problem[];
}

/** Completes bare names in the given fields. A second run over its own result changes nothing. */
export function resolveReferences(
  entry: Referrer,
  fields: readonly ReferenceField[],
  targets: ReferenceTargets,
): ResolvedReferences {
  let { meta, data } = entry;
  const references: Reference[] = [];
  const problems: Problem[] = [];
  for (const field of fields) {
    const steps = field.path.split('.');
    const isMeta = steps[0] === 'meta';
    for (const { path, text } of matches(isMeta ? meta : data, isMeta ? steps.slice(1) : steps)) {
      const name = [...(isMeta ? ['meta'] : []), ...path].join('.');
      const verdict = judge(text, entry, field, targets);
      const { target } = verdict;
      if (verdict.problem !== undefined) {
        const at = { id: entry.id as EntryId, origin: entry.origin };
        problems.push(createProblem(at, { ...verdict.problem, field: name }));
      }
      if (tryParseEntryId(target) === undefined) continue;
      const isOptional = field.mustExist === false || verdict.isExempt === true;
      if (field.isName !== true) references.push({ field: name, target, isOptional });
      // The ordering fields are free-form meta that programs search: they stay as written.
      if (verdict.isExempt === true || isOrderingOnly(field) || text === target) continue;
      if (isMeta) meta = setAt(meta, path, target) as Mapping;
      else data = setAt(data, path, target) as Mapping;
    }
  }
  return { meta, data, references, problems };
}

interface Verdict {
  /** The entry that is meant, or would be meant if there was one. */
  readonly target: EntryId;
  /** The text means something else as long as there is no such entry. */
  readonly isExempt?: boolean;
  readonly problem?: { reason: string; hint?: string | undefined; severity?: Problem['severity'] };
}

function judge(text: string, entry: Referrer, field: ReferenceField, targets: ReferenceTargets): Verdict {
  const target = resolveReference(text, entry.namespace);
  if (field.isName === true) return { target };
  const kind = targets.kindOf(target);
  if (kind === undefined) {
    if (field.isExempt?.(text) === true) return { target, isExempt: true };
    if (isOrderingOnly(field)) return judgeOrdering(text, target, targets);
    if (field.mustExist === false) return { target };
    const hint = suggestTarget(target, field.kinds, targets);
    return { target, problem: { reason: `${field.noun} "${target}" not found`, hint } };
  }
  const fits = field.kinds.length === 0 || field.kinds.includes(kind) || targets.isUnsupported(kind);
  if (fits) return { target };
  const reason = `${field.noun} "${target}" is a ${kind}, expected ${field.kinds.join(' or ')}`;
  return { target, problem: { reason } };
}

function isOrderingOnly(field: ReferenceField): boolean {
  return field.path === 'meta.parent' || field.path === 'meta.depends_on.*';
}

/** `ns:x` may mean the whole namespace x; a bare word in free-form meta may mean anything. */
function judgeOrdering(text: string, target: EntryId, targets: ReferenceTargets): Verdict {
  if (!text.includes(':') || (text.startsWith('ns:') && targets.hasNamespace(text.slice(3))))
    return { target, isExempt: true };
  const hint = suggestTarget(text, [], targets);
  return { target, problem: { severity: 'warning', reason: `entry "${text}" not found`, hint } };
}

/** The nearest ID of a fitting kind; else the same name in another namespace. */
function suggestTarget(id: string, kinds: readonly string[], targets: ReferenceTargets): string | undefined {
  if (!targets.maySuggest()) return undefined;
  const fitting: string[] = [];
  for (const { id: candidate, kind } of targets.all())
    if (kinds.length === 0 || kinds.includes(kind)) fitting.push(candidate);
  const name = id.slice(id.indexOf(':') + 1);
  const namesake = fitting.find((candidate) => candidate.slice(candidate.indexOf(':') + 1) === name);
  return namesake === undefined ? suggest(id, fitting) : `did you mean "${namesake}"?`;
}

/** Non-empty strings at a pattern, with their paths. A scalar where `*` expects a list is taken as its only item. */
function matches(root: Value, pattern: readonly string[]): { path: Path; text: string }[] {
  let level: { path: (string | number)[]; value: Value | undefined }[] = [{ path: [], value: root }];
  for (const step of pattern) {
    level = level.flatMap(({ path, value }) => {
      if (step !== '*') return isMapping(value) ? [{ path: [...path, step], value: value[step] }] : [];
      if (Array.isArray(value))
        return value.map((item: Value, index) => ({ path: [...path, index], value: item }));
      if (isMapping(value))
        return Object.entries(value).map(([key, item]) => ({ path: [...path, key], value: item }));
      return typeof value === 'string' ? [{ path, value }] : [];
    });
  }
  return level.flatMap(({ path, value }) =>
    typeof value === 'string' && value !== '' ? [{ path, text: value }] : [],
  );
}
