/**
 * From an entry to running code (`errors-and-payloads.md` § 7, 9, 10). What is the same for every process is made
 * once per entry: the compiled chunks, the order of its imports, its `require`. What a process gets of its own are
 * its global tables and the values its library chunks return.
 */
import type { EntryId } from '../../base/index.ts';
import type { Entry, EntryLookup } from '../../registry/index.ts';
import {
  type Chunk,
  checkText,
  compile,
  compileSource,
  type HostFunction,
  type LuaState,
  LuaSyntaxError,
  type LuaValue,
  type Meter,
  pushOwned,
  raise,
} from '../../vm/index.ts';
import { endTrial, guard } from '../binding/module.ts';
import { unitOf } from '../coroutine/context.ts';
import { readImports, readModules } from './entry-fields.ts';
import { type Code, Load, type LoadingUnit, loadFailed, type Plan } from './load.ts';
import type { ModuleTable } from './module-table.ts';

/** Loads code into units. */
export class CodeLoader {
  readonly #registry: () => EntryLookup;
  readonly #modules: ModuleTable;
  readonly #codes: Map<EntryId, Code>;
  readonly #plans = new Map<EntryId, Plan>();

  /** @param codes compiled code to share. */
  constructor(registry: () => EntryLookup, modules: ModuleTable, codes = new Map<EntryId, Code>()) {
    this.#registry = registry;
    this.#modules = modules;
    this.#codes = codes;
  }

  /** The same for other entries: what is compiled is shared, what they import is not. */
  over(registry: () => EntryLookup): CodeLoader {
    return new CodeLoader(registry, this.#modules, this.#codes);
  }

  /**
   * The entry, compiled, and what its `require` finds.
   * @throws LuaSyntaxError
   */
  code(entry: Entry): Pick<Code, 'modules' | 'imports'> {
    return this.#compiled(entry);
  }

  /**
   * Begins the load of a new unit.
   * @param L its first thread, empty. @param meter that thread's.
   * @throws MH_PROCESS_LOAD_FAILED when code does not compile or an import is missing
   */
  begin(unit: LoadingUnit, L: LuaState, meter: Meter): Load {
    const plan = this.#plan(unit.entry);
    unit.imported = plan.imported;
    return new Load(unit, L, meter, plan, this.#modules);
  }

  /**
   * Compiles an entry without running it.
   * @throws LuaSyntaxError
   */
  compile(entry: Entry): void {
    this.#compiled(entry);
  }

  /**
   * What it is loaded from besides its own code, directly or not.
   * @throws MH_PROCESS_LOAD_FAILED as `begin`
   */
  importsOf(entry: Entry): readonly EntryId[] {
    return this.#plan(entry).imported;
  }

  /** Forgets what was made of these entries and is no longer right: of what changed, and of what imports it. */
  invalidate(ids: Iterable<string>): void {
    const entries = this.#registry();
    for (const id of ids as Iterable<EntryId>) {
      this.#plans.delete(id);
      // The code of an importer is as it was: it names its libraries, it does not hold them.
      if (this.#codes.get(id)?.entry !== entries.get(id)) this.#codes.delete(id);
    }
  }

  #plan(entry: Entry): Plan {
    const known = this.#plans.get(entry.id);
    if (known !== undefined && known.code.entry === entry && this.#isCurrent(known)) return known;
    const libraries: Code[] = [];
    const code = this.#collect(entry, libraries, new Set());
    libraries.pop();
    const plan = { code, libraries, imported: libraries.map((library) => library.entry.id) };
    this.#plans.set(entry.id, plan);
    return plan;
  }

  #isCurrent(plan: Plan): boolean {
    const entries = this.#registry();
    return plan.libraries.every((library) => entries.get(library.entry.id) === library.entry);
  }

  /** Adds an entry after everything it imports. */
  #collect(entry: Entry, found: Code[], open: Set<EntryId>): Code {
    const done = found.find((code) => code.entry.id === entry.id);
    if (done !== undefined) return done;
    if (open.has(entry.id)) throw loadFailed(entry.id, `it imports itself through ${[...open].join(', ')}`);
    open.add(entry.id);
    const code = this.#code(entry);
    for (const [alias, id] of code.imports) {
      const target = this.#registry().get(id);
      if (target === undefined) throw loadFailed(entry.id, `import '${alias}' not found, got '${id}'`);
      this.#collect(target, found, open);
    }
    open.delete(entry.id);
    found.push(code);
    return code;
  }

  #code(entry: Entry): Code {
    try {
      return this.#compiled(entry);
    } catch (thrown) {
      if (thrown instanceof LuaSyntaxError) throw loadFailed(entry.id, thrown.message);
      throw thrown;
    }
  }

  #compiled(entry: Entry): Code {
    const known = this.#codes.get(entry.id);
    if (known?.entry === entry) return known;
    const { source, method } = entry.data;
    const { chunk: library, text } = compileSource(typeof source === 'string' ? source : '', entry.id);
    const main = typeof method === 'string' ? compileMain(text, method, entry.id) : undefined;
    const modules = new Map<string, LuaValue>();
    const imports = new Map<string, EntryId>();
    const missing = new Map<string, string>();
    for (const name of readModules(entry)) {
      const value = this.#modules.listed(name);
      if (value !== undefined) modules.set(name, value);
    }
    const isModuleName = (name: string): boolean => this.#modules.standing(name) !== 'unknown';
    for (const { alias, target, isModule } of readImports(entry, isModuleName)) {
      const value = this.#modules.any(target);
      if (!isModule) imports.set(alias, target as EntryId);
      else if (value !== undefined) modules.set(alias, value);
      else missing.set(alias, target);
    }
    const parts = { entry, library, modules, imports };
    const code: Code = {
      ...parts,
      main: main ?? library,
      method: typeof method === 'string' ? method : undefined,
      require: createRequire(parts, missing, this.#modules),
    };
    this.#codes.set(entry.id, code);
    return code;
  }
}

/** The source with `return <method>` after it, or `undefined` when that does not compile (`http.md` B2). */
function compileMain(text: string, method: string, id: EntryId): Chunk | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(method)) return undefined;
  try {
    return compile(`${text}\nreturn ${method}`, id);
  } catch (thrown) {
    if (thrown instanceof LuaSyntaxError) return undefined;
    throw thrown;
  }
}

/**
 * `require` of one entry; finds the values of its unit, so one function serves all units.
 * @param missing imported modules this host does not have, by alias.
 */
function createRequire(
  code: Pick<Code, 'entry' | 'modules' | 'imports'>,
  missing: ReadonlyMap<string, string>,
  modules: ModuleTable,
): HostFunction {
  return guard('require', (L) => {
    const name = checkText(L, 1);
    const imported = code.imports.get(name);
    if (imported !== undefined) pushOwned(L, unitOf(L).libraries!.get(imported)!);
    else {
      const value = code.modules.get(name) ?? modules.always(name);
      // Of one that is declared and that this host does not have, the check of the entry has warned.
      if (value === undefined && unitOf(L).trial !== undefined) {
        if (missing.has(name) || readModules(code.entry).includes(name)) return endTrial(L);
      }
      if (value === undefined) return raise(L, modules.absence(missing.get(name) ?? name, code.entry.id));
      pushOwned(L, value);
    }
    return 1;
  });
}
