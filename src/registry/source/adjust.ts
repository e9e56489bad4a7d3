/** Changes to drafts that come from outside the definition files: overrides and disabled entries (`app-format.md` 3.1, 3.2). */
import { type EntryId, HubError } from '../../base/index.ts';
import { suggest } from '../check/nearest.ts';
import { coerceText } from '../check/placeholder.ts';
import { createProblem, toEntryPath } from '../check/problem.ts';
import type { Draft } from '../entry/draft.ts';
import type { Mapping, Problem, Value } from '../entry/entry.ts';
import { compileIdPattern, compilePattern } from '../entry/id-pattern.ts';
import { describeValue, equalValues, setAt, toValue } from '../entry/value.ts';

/** One value to put in place of another. */
export interface Override {
  readonly entryId: string;
  /** `kind`, `meta.x.y`, `data.x.y` or `x.y`. */
  readonly path: string;
  readonly value: Value;
}

/** Which entries vanish. Patterns: `app-format.md` § 3.2. */
export interface DisableRules {
  /** Patterns over namespaces. */
  readonly namespaces?: readonly string[];
  /** Patterns `ns:name`. */
  readonly entries?: readonly string[];
  /** Meta fields with the values that disable an entry; a list in the entry matches when it holds one. */
  readonly meta?: Readonly<Record<string, readonly Value[]>>;
}

/**
 * Reads `ns:entry:path` with a value.
 * @throws MH_REGISTRY_CONFIG_INVALID
 */
export function parseOverride(key: string, value: unknown): Override {
  const match = /^([^:]+:[^:]+):([^:]+)$/.exec(key);
  if (match === null) {
    throw new HubError('MH_REGISTRY_CONFIG_INVALID', {
      message: `Cannot read an override: expected "namespace:entry:path", got "${key}"`,
    });
  }
  return { entryId: match[1]!, path: match[2]!, value: toValue(value) };
}

/**
 * Reads `ns:entry:path=value` of a command line; the value becomes what it looks like.
 * @throws MH_REGISTRY_CONFIG_INVALID
 */
export function parseOverrideFlag(text: string): Override {
  const equals = text.indexOf('=');
  if (equals < 0) {
    throw new HubError('MH_REGISTRY_CONFIG_INVALID', {
      message: `Cannot read an override: expected "namespace:entry:path=value", got "${text}"`,
    });
  }
  return parseOverride(text.slice(0, equals), coerceText(text.slice(equals + 1)));
}

/** Applies overrides in order; later ones win. An override for no entry is an error. */
export function applyOverrides(
  drafts: readonly Draft[],
  overrides: readonly Override[],
): { drafts: readonly Draft[]; problems: Problem[] } {
  if (overrides.length === 0) return { drafts, problems: [] };
  const problems: Problem[] = [];
  const byId = new Map(drafts.map((draft) => [draft.id, draft]));
  for (const { entryId, path, value } of overrides) {
    const draft = byId.get(entryId);
    const place = { id: entryId as EntryId, origin: draft?.origin };
    if (draft === undefined) {
      const hint = suggest(entryId, byId.keys());
      problems.push(createProblem(place, { reason: `override of "${path}": there is no such entry`, hint }));
    } else if (path !== 'kind') {
      byId.set(entryId, writeAt(draft, path, value));
    } else if (typeof value === 'string' && value !== '') {
      byId.set(entryId, { ...draft, kind: value });
    } else {
      const reason = `override of the kind: expected text, got ${describeValue(value)}`;
      problems.push(createProblem(place, { reason }));
    }
  }
  return { drafts: drafts.map((draft) => byId.get(draft.id)!), problems };
}

/** A draft with another value at `meta.x`, `data.x` or `x`. */
export function writeAt(draft: Draft, path: string, value: Value): Draft {
  const [part, ...steps] = toEntryPath(path.replace(/^data\./, ''));
  if (part === 'meta') return { ...draft, meta: setAt(draft.meta, steps, value) as Mapping };
  return { ...draft, data: setAt(draft.data, steps, value) as Mapping };
}

/** Drops disabled entries. */
export function dropDisabled(drafts: readonly Draft[], rules: DisableRules): readonly Draft[] {
  const namespaces = (rules.namespaces ?? []).map(compilePattern);
  const ids = (rules.entries ?? []).map(compileIdPattern);
  const metas = Object.entries(rules.meta ?? {});
  if (namespaces.length + ids.length + metas.length === 0) return drafts;
  return drafts.filter(
    (draft) =>
      !namespaces.some((matches) => matches(draft.namespace)) &&
      !ids.some((matches) => matches(draft)) &&
      !metas.some(([field, values]) => hasOneOf(draft.meta[field], values)),
  );
}

function hasOneOf(actual: Value | undefined, values: readonly Value[]): boolean {
  const held = Array.isArray(actual) ? (actual as readonly Value[]) : [actual];
  return values.some((value) => held.some((item) => item !== undefined && equalValues(item, value)));
}
