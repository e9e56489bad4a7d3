/**
 * The load of one unit: the chunks of its libraries, dependencies first, then its own, one after the other on the unit's
 * first thread (`errors-and-payloads.md` § 9.9). Their code runs in slices like any other and may not wait
 * (`concurrency.md` § 2.6); only a start of its own that takes long holds it up.
 *
 * Scopes. User globals live in one table per unit. Names of listed modules and imports are visible in their entry
 * only: an entry without imports has them in that same table; as soon as several entries share a unit, each has a
 * scope table of its own that falls through to the shared globals, for reading and writing.
 */
import { describeFailure, type EntryId, HubError } from '../../base/index.ts';
import type { Entry } from '../../registry/index.ts';
import {
  type Chunk,
  getTop,
  type HostFunction,
  type LuaState,
  type LuaValue,
  type Meter,
  makeBoolean,
  newTable,
  pushChunk,
  pushFunction,
  pushGlobals,
  pushOwned,
  type ResumeStatus,
  remove,
  setField,
  setMetatable,
  setTop,
  typeOf,
  valueAt,
  valueType,
} from '../../vm/index.ts';
import type { UnitContext } from '../coroutine/context.ts';
import { tableGet } from '../value/values.ts';
import { budgetExceeded, raisedFailure } from './failure.ts';
import type { ModuleTable } from './module-table.ts';

/** What loading needs of a unit beyond what its code sees. */
export interface LoadingUnit extends UnitContext {
  /** Entries it was loaded from besides its own: transitive imports. */
  imported: readonly EntryId[];
  /** What a faulty binding did to this unit, if one did. */
  readonly faultMessage: string | undefined;
}

/** One entry, compiled; shared by all units. */
export interface Code {
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
export interface Plan {
  readonly code: Code;
  readonly libraries: readonly Code[];
  /** IDs of `libraries`. */
  readonly imported: readonly EntryId[];
}

/** A load under way. */
export class Load {
  readonly #unit: LoadingUnit;
  readonly #thread: LuaState;
  readonly #meter: Meter;
  readonly #plan: Plan;
  readonly #modules: ModuleTable;
  readonly #globals: LuaValue;
  /** Which chunk is next, or runs: an index of the libraries, or their number for the entry itself. */
  #index = 0;
  #isRunning = false;

  /** @param thread an empty one. @param meter the thread's. */
  constructor(unit: LoadingUnit, thread: LuaState, meter: Meter, plan: Plan, modules: ModuleTable) {
    this.#unit = unit;
    this.#thread = thread;
    this.#meter = meter;
    this.#plan = plan;
    this.#modules = modules;
    pushGlobals(thread, modules.machine);
    this.#globals = valueAt(thread, -1);
    if (plan.libraries.length === 0) return;
    pushFunction(thread, plan.code.require, 'require');
    setField(thread, -2, 'require');
    setTop(thread, 0);
    unit.libraries = new Map();
  }

  /**
   * Runs until the load is over, waits for a start, or has used up a slice.
   * @param atOnce do not stop for the end of a slice.
   * @returns whether it is over: the main function is the only value on the thread's stack then.
   * @throws MH_PROCESS_LOAD_FAILED when code raises, blocks, does not compile or is past its budget
   * @throws MH_PROCESS_METHOD_NOT_FOUND
   */
  advance(atOnce: boolean): boolean {
    const { libraries } = this.#plan;
    const meter = this.#meter;
    const begin = meter.used;
    do {
      if (!this.#isRunning) this.#begin();
      const status = this.#unit.resumeThread(this.#thread, 0);
      if (status === 'done') {
        this.#isRunning = false;
        if (this.#index === libraries.length) {
          this.#keepMethod();
          return true;
        }
        this.#keepLibrary(libraries[this.#index++]!.entry.id);
      } else if (this.#unit.isHeld) return false;
      else if (status !== 'slice') throw this.#failed(status);
    } while (atOnce || meter.used - begin < meter.slice);
    return false;
  }

  #begin(): void {
    const { code, libraries } = this.#plan;
    const library = libraries[this.#index];
    const thread = this.#thread;
    // Without libraries the globals themselves, which lie there already, are the entry's scope.
    if (libraries.length > 0) this.#pushScope(library ?? code);
    else fillScope(thread, code, this.#unit, this.#modules);
    pushChunk(thread, library?.library ?? code.main, -1);
    remove(thread, 1);
    this.#isRunning = true;
  }

  /** The scope of one entry, on top of the stack. */
  #pushScope(code: Code): void {
    const thread = this.#thread;
    newTable(thread, 0, code.modules.size + code.imports.size + 1);
    fillScope(thread, code, this.#unit, this.#modules);
    newTable(thread, 0, 2);
    pushOwned(thread, this.#globals);
    setField(thread, -2, '__index');
    pushOwned(thread, this.#globals);
    setField(thread, -2, '__newindex');
    setMetatable(thread, -2);
  }

  #keepLibrary(id: EntryId): void {
    const thread = this.#thread;
    const hasValue = getTop(thread) > 0 && typeOf(thread, 1) !== 'nil';
    this.#unit.libraries!.set(id, hasValue ? valueAt(thread, 1) : makeBoolean(true));
    setTop(thread, 0);
  }

  /** Replaces the results of the entry's chunk by its main function (`errors-and-payloads.md` § 10.1). */
  #keepMethod(): void {
    const thread = this.#thread;
    const { entry, method } = this.#plan.code;
    // A library alone, which only a trial loads: there is no main to find.
    if (method === undefined) {
      setTop(thread, 0);
      return;
    }
    let found = getTop(thread) > 0 ? valueAt(thread, 1) : undefined;
    if (found !== undefined && valueType(found) === 'table') found = tableGet(found, method);
    if (found === undefined || valueType(found) !== 'function') found = tableGet(this.#globals, method);
    setTop(thread, 0);
    if (found === undefined || valueType(found) !== 'function') throw methodNotFound(method, entry.id);
    pushOwned(thread, found);
  }

  #failed(status: Exclude<ResumeStatus, 'done' | 'slice'>): HubError {
    const { code, libraries } = this.#plan;
    const id = (libraries[this.#index] ?? code).entry.id;
    if (status === 'error') return loadFailed(id, describeFailure(raisedFailure(this.#thread)));
    if (status === 'yield') return loadFailed(id, 'attempt to yield from outside a coroutine');
    const { faultMessage, context } = this.#unit;
    if (faultMessage !== undefined) return loadFailed(id, faultMessage);
    if (context.isDoomed) return loadFailed(id, 'it ended while its top level ran');
    return loadFailed(
      id,
      budgetExceeded(this.#thread).message,
      'Do less at the top level: leave the work to the main function.',
    );
  }
}

/** Puts `require` and the names of modules and imports into the table on top (`errors-and-payloads.md` § 9.6). */
function fillScope(L: LuaState, code: Code, unit: LoadingUnit, modules: ModuleTable): void {
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

/** The refusal of an entry whose code cannot be loaded. */
export function loadFailed(id: string, reason: string, hint?: string): HubError {
  return new HubError('MH_PROCESS_LOAD_FAILED', {
    message: `Cannot load '${id}': ${reason}`,
    ...(hint === undefined ? {} : { hint }),
  });
}

function methodNotFound(method: string, id: string): HubError {
  return new HubError('MH_PROCESS_METHOD_NOT_FOUND', {
    message: `Cannot start '${id}': method "${method}" not found in module`,
    hint: `Return a table with a field '${method}', return the function, or define it at the top level.`,
  });
}
