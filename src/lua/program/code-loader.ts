/**
 * From an entry to running code (`errors-and-payloads.md` § 7, 9, 10). What is the same for every process is made
 * once per entry: the compiled chunks, the order of its imports, its `require`. What a process gets of its own are
 * its global tables and the values its library chunks return.
 *
 * Scopes. User globals live in one table per unit. Names of listed modules and imports are visible in their entry
 * only: an entry without imports has them in that same table; as soon as several entries share a unit, each has a
 * scope table of its own that falls through to the shared globals, for reading and writing.
 */
import { type EntryId, HubError } from '../../base/index.ts';
import type { Entry, EntryLookup } from '../../registry/index.ts';
import {
  type Chunk,
  checkText,
  compile,
  eraseTypes,
  getTop,
  type HostFunction,
  type LuaState,
  LuaSyntaxError,
  type LuaValue,
  makeBoolean,
  newTable,
  pushChunk,
  pushFunction,
  pushGlobals,
  pushOwned,
  raise,
  remove,
  setField,
  setMetatable,
  setTop,
  typeOf,
  valueAt,
  valueType,
} from '../../vm/index.ts';
import { guard } from '../binding/module.ts';
import { type UnitContext, unitOf } from '../coroutine/context.ts';
import { tableGet } from '../value/values.ts';
import { readImports, readModules } from './entry-fields.ts';
import { raisedFailure } from './failure.ts';
import type { ModuleTable } from './module-table.ts';

/** Time slices a unit may use for its top-level code. Beyond: the load fails (`errors-and-payloads.md` § 10.5). */
const LOAD_SLICES_MAX = 200;

/** What loading needs of a unit beyond what its code sees. */
export interface LoadingUnit extends UnitContext {
  /** Entries it was loaded from besides its own: transitive imports. */
  imported: readonly EntryId[];
  /** What a faulty binding did to this unit, if one did. */
  readonly faultMessage: string | undefined;
}

/** One entry, compiled; shared by all units. */
interface Code {
  readonly entry: Entry;
  /** Compiled with `return <method>` at its end where that is possible (`http.md` B2). */
  readonly main: Chunk;
  /** Compiled as written: what an importer gets. */
  readonly library: Chunk;
  readonly method: string | undefined;
  /** Built-in modules by the name the code uses: listed ones and imported ones. */
  readonly modules: ReadonlyMap<string, LuaValue>;
  /** Imported entries by alias. */
  readonly imports: ReadonlyMap<string, EntryId>;
  readonly require: HostFunction;
}

/** An entry with everything it imports, dependencies first, itself last. */
interface Plan {
  readonly code: Code;
  readonly libraries: readonly Code[];
  /** IDs of `libraries`. */
  readonly imported: readonly EntryId[];
}

/** Loads code into units. */
export class CodeLoader {
  readonly #registry: () => EntryLookup;
  readonly #modules: ModuleTable;
  readonly #codes = new Map<EntryId, Code>();
  readonly #plans = new Map<EntryId, Plan>();

  constructor(registry: () => EntryLookup, modules: ModuleTable) {
    this.#registry = registry;
    this.#modules = modules;
  }

  /**
   * Runs libraries and the entry's chunk in a new unit; leaves the main function as the only value on `L`'s stack.
   * @throws MH_PROCESS_LOAD_FAILED when code raises, blocks or does not compile
   * @throws MH_PROCESS_METHOD_NOT_FOUND
   */
  load(unit: LoadingUnit, L: LuaState): void {
    const { code, libraries, imported } = this.#plan(unit.entry);
    unit.imported = imported;
    pushGlobals(L, this.#modules.machine);
    const globals = valueAt(L, -1);
    if (libraries.length > 0) {
      pushFunction(L, code.require, 'require');
      setField(L, -2, 'require');
      setTop(L, 0);
      unit.libraries = new Map();
      for (const library of libraries) {
        this.#pushScope(L, globals, library, unit);
        runChunk(unit, L, library.library, library.entry.id);
        const hasValue = getTop(L) > 0 && typeOf(L, 1) !== 'nil';
        unit.libraries.set(library.entry.id, hasValue ? valueAt(L, 1) : makeBoolean(true));
        setTop(L, 0);
      }
      this.#pushScope(L, globals, code, unit);
    } else fillScope(L, code, unit, this.#modules);
    runChunk(unit, L, code.main, code.entry.id);
    keepMethod(L, globals, code);
  }

  /**
   * Compiles an entry without running it.
   * @throws LuaSyntaxError
   */
  compile(entry: Entry): void {
    this.#compiled(entry);
  }

  /** Forgets compiled code of these entries and of everything that imports them. */
  invalidate(ids: Iterable<string>): void {
    const changed = new Set(ids);
    for (const id of changed) this.#codes.delete(id as EntryId);
    for (const [id, plan] of this.#plans) {
      if (changed.has(id) || plan.libraries.some((library) => changed.has(library.entry.id))) {
        this.#plans.delete(id);
      }
    }
  }

  /** The scope of one entry, on top of the stack. */
  #pushScope(L: LuaState, globals: LuaValue, code: Code, unit: UnitContext): void {
    newTable(L, 0, code.modules.size + code.imports.size + 1);
    fillScope(L, code, unit, this.#modules);
    newTable(L, 0, 2);
    pushOwned(L, globals);
    setField(L, -2, '__index');
    pushOwned(L, globals);
    setField(L, -2, '__newindex');
    setMetatable(L, -2);
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
    const text = eraseTypes(typeof source === 'string' ? source : '');
    const library = compile(text, entry.id);
    const main = typeof method === 'string' ? compileMain(text, method, entry.id) : undefined;
    const modules = new Map<string, LuaValue>();
    const imports = new Map<string, EntryId>();
    for (const name of readModules(entry)) {
      const value = this.#modules.listed(name);
      if (value !== undefined) modules.set(name, value);
    }
    for (const { alias, target, isModule } of readImports(entry, (name) => this.#modules.isKnown(name))) {
      if (!isModule) imports.set(alias, target as EntryId);
      else modules.set(alias, this.#modules.any(target)!);
    }
    const parts = { entry, library, modules, imports };
    const code: Code = {
      ...parts,
      main: main ?? library,
      method: typeof method === 'string' ? method : undefined,
      require: createRequire(parts, this.#modules),
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

/** Puts `require` and the names of modules and imports into the table on top (`errors-and-payloads.md` § 9.6). */
function fillScope(L: LuaState, code: Code, unit: UnitContext, modules: ModuleTable): void {
  for (const [name, value] of code.modules) {
    if (modules.isBaseGlobal(name)) continue;
    pushOwned(L, value);
    setField(L, -2, name);
  }
  for (const [alias, id] of code.imports) {
    if (modules.isBaseGlobal(alias)) continue;
    pushOwned(L, unit.libraries!.get(id)!);
    setField(L, -2, alias);
  }
  pushFunction(L, code.require, 'require');
  setField(L, -2, 'require');
}

/** `require` of one entry; finds the values of its unit, so one function serves all units. */
function createRequire(
  code: Pick<Code, 'entry' | 'modules' | 'imports'>,
  modules: ModuleTable,
): HostFunction {
  return guard('require', (L) => {
    const name = checkText(L, 1);
    const imported = code.imports.get(name);
    if (imported !== undefined) pushOwned(L, unitOf(L).libraries!.get(imported)!);
    else {
      const value = code.modules.get(name) ?? modules.always(name);
      if (value === undefined) return raise(L, modules.absence(name, code.entry.id));
      pushOwned(L, value);
    }
    return 1;
  });
}

/** Runs a chunk in the scope that is the only value on the stack; leaves its results instead. */
function runChunk(unit: LoadingUnit, L: LuaState, chunk: Chunk, id: EntryId): void {
  pushChunk(L, chunk, -1);
  remove(L, 1);
  for (let slices = 0; slices < LOAD_SLICES_MAX; slices++) {
    const status = unit.resumeThread(L, 0);
    if (status === 'done') return;
    if (status === 'error') throw loadFailed(id, raisedFailure(L).message);
    if (status === 'yield') throw loadFailed(id, 'attempt to yield from outside a coroutine');
    if (status === 'killed') break;
  }
  throw loadFailed(id, unit.faultMessage ?? 'its top-level code runs too long');
}

/** Replaces the results of the entry's chunk by its main function (`errors-and-payloads.md` § 10.1). */
function keepMethod(L: LuaState, globals: LuaValue, code: Code): void {
  const method = code.method ?? '';
  let found = getTop(L) > 0 ? valueAt(L, 1) : undefined;
  if (found !== undefined && valueType(found) === 'table') found = tableGet(found, method);
  if (found === undefined || valueType(found) !== 'function') found = tableGet(globals, method);
  setTop(L, 0);
  if (found === undefined || valueType(found) !== 'function') throw methodNotFound(method, code.entry.id);
  pushOwned(L, found);
}

function loadFailed(id: string, reason: string): HubError {
  return new HubError('MH_PROCESS_LOAD_FAILED', { message: `Cannot load '${id}': ${reason}` });
}

function methodNotFound(method: string, id: string): HubError {
  return new HubError('MH_PROCESS_METHOD_NOT_FOUND', {
    message: `Cannot start '${id}': method "${method}" not found in module`,
    hint: `Return a table with a field '${method}', return the function, or define it at the top level.`,
  });
}
