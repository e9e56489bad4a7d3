/** The fields `modules` and `imports` of a code entry (`errors-and-payloads.md` § 9). */
import { resolveReference } from '../../base/index.ts';
import { type Entry, isMapping } from '../../registry/index.ts';

/** One import. */
export interface Import {
  readonly alias: string;
  /** Entry ID, or the name of a built-in module. */
  readonly target: string;
  readonly isModule: boolean;
}

/** Names listed under `modules`, each once. */
export function readModules(entry: Entry): readonly string[] {
  const { modules } = entry.data;
  if (!Array.isArray(modules)) return [];
  return [...new Set(modules.filter((name): name is string => typeof name === 'string'))];
}

/**
 * The imports. `:name` names a built-in module, and so does a bare name some module has.
 * @param isModule whether a bare name is a module's.
 */
export function readImports(entry: Entry, isModule: (name: string) => boolean): readonly Import[] {
  const { imports } = entry.data;
  if (!isMapping(imports)) return [];
  return Object.entries(imports).flatMap(([alias, target]): Import[] => {
    if (typeof target !== 'string') return [];
    const module = moduleOfImport(target, isModule);
    if (module !== undefined) return [{ alias, target: module, isModule: true }];
    return [{ alias, target: resolveReference(target, entry.namespace), isModule: false }];
  });
}

/** The module an import names, or `undefined` when it names an entry. */
export function moduleOfImport(target: string, isModule: (name: string) => boolean): string | undefined {
  const name = target.startsWith(':') ? target.slice(1) : target;
  return target.startsWith(':') || isModule(name) ? name : undefined;
}
