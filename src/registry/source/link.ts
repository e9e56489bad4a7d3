/** Parameters of modules: `ns.dependency` gives values, `ns.requirement` says where they go (`app-format.md` § 3.3). */
import { type EntryId, resolveReference } from '../../base/index.ts';
import { suggest } from '../check/nearest.ts';
import { createProblem, toEntryPath } from '../check/problem.ts';
import type { Draft } from '../entry/draft.ts';
import type { Problem, Value } from '../entry/entry.ts';
import { describeValue, equalValues, freezeList, getAt, isMapping } from '../entry/value.ts';
import { writeAt } from './adjust.ts';

/** Writes the values of all requirements into their targets. */
export function linkRequirements(
  drafts: readonly Draft[],
  options: { readonly isStrict?: boolean } = {},
): { drafts: readonly Draft[]; problems: Problem[] } {
  const requirements = drafts.filter(({ kind }) => kind === 'ns.requirement');
  if (requirements.length === 0) return { drafts, problems: [] };
  const parameters = drafts.filter(({ kind }) => kind === 'ns.dependency').flatMap(parametersOf);
  const linker = new Linker(drafts);
  for (const requirement of requirements) {
    const given = parameters.filter((parameter) => appliesTo(parameter, requirement));
    const [first] = given;
    const other = given.find(({ value }) => !equalValues(value, first!.value));
    if (first !== undefined && other !== undefined) {
      linker.report(other.dependency, {
        field: other.field,
        reason: `"${requirement.id}" gets another value from "${first.dependency.id}"`,
      });
    } else if (first !== undefined) linker.write(requirement, first.value);
    else if (requirement.data.default !== undefined) linker.write(requirement, requirement.data.default);
    else {
      const severity = options.isStrict === true ? 'error' : 'warning';
      linker.report(requirement, { severity, reason: `requirement ${requirement.id} has no value` });
    }
  }
  return { drafts: linker.drafts(), problems: linker.problems };
}

interface Parameter {
  readonly dependency: Draft;
  readonly component: string;
  readonly name: string;
  readonly value: Value;
  readonly field: string;
}

/** Malformed ones are left to the schema of the kind. */
function parametersOf(dependency: Draft): Parameter[] {
  const { component, parameters } = dependency.data;
  const list: readonly Value[] = Array.isArray(parameters) ? parameters : [];
  return list.flatMap((item, index) => {
    if (!isMapping(item) || typeof item.name !== 'string' || item.value === undefined) return [];
    const field = `parameters.${index}.value`;
    return [{ dependency, component: String(component), name: item.name, value: item.value, field }];
  });
}

/** By full ID, or by bare name when the requirement lives in the component. */
function appliesTo(parameter: Parameter, requirement: Draft): boolean {
  if (parameter.name === requirement.id) return true;
  if (parameter.name !== requirement.name) return false;
  const namespace = parameter.component.replace('/', '.');
  return (
    requirement.namespace === namespace ||
    requirement.namespace.startsWith(`${namespace}.`) ||
    requirement.meta.module === parameter.component
  );
}

class Linker {
  readonly problems: Problem[] = [];
  readonly #byId: Map<string, Draft>;

  constructor(drafts: readonly Draft[]) {
    this.#byId = new Map(drafts.map((draft) => [draft.id, draft]));
  }

  drafts(): Draft[] {
    return [...this.#byId.values()];
  }

  report(draft: Draft, problem: Parameters<typeof createProblem>[1]): void {
    this.problems.push(createProblem({ id: draft.id as EntryId, origin: draft.origin }, problem));
  }

  write(requirement: Draft, value: Value): void {
    // An empty default means "optional": the targets keep what they have.
    if (value === '') return;
    const targets: readonly Value[] = Array.isArray(requirement.data.targets) ? requirement.data.targets : [];
    for (const [index, target] of targets.entries()) {
      if (!isMapping(target) || typeof target.entry !== 'string' || typeof target.path !== 'string') continue;
      this.#writeTarget(requirement, `targets.${index}`, target as unknown as Target, value);
    }
  }

  #writeTarget(requirement: Draft, field: string, target: Target, value: Value): void {
    const id = resolveReference(target.entry, requirement.namespace);
    const draft = this.#byId.get(id);
    if (draft === undefined) {
      const hint = suggest(id, this.#byId.keys());
      this.report(requirement, { field: `${field}.entry`, reason: `entry "${id}" not found`, hint });
      return;
    }
    const appends = /\s*\+=\s*$/.test(target.path);
    const path = target.path
      .replace(/\s*\+=\s*$/, '')
      .replace(/^\./, '')
      .replace(/^data\./, '');
    if (!appends) {
      this.#byId.set(id, writeAt(draft, path, value));
      return;
    }
    const existing = getAt({ data: draft.data, meta: draft.meta }, toEntryPath(path)) ?? [];
    if (!Array.isArray(existing)) {
      const reason = `"${path}" of "${id}": expected a list to append to, got ${describeValue(existing)}`;
      this.report(requirement, { field: `${field}.path`, reason });
      return;
    }
    const added = Array.isArray(value) ? (value as readonly Value[]) : [value];
    const missing = added.filter((item) => !existing.some((other: Value) => equalValues(other, item)));
    this.#byId.set(id, writeAt(draft, path, freezeList([...existing, ...missing])));
  }
}

interface Target {
  readonly entry: string;
  readonly path: string;
}
