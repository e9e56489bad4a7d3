/**
 * The modules of one Lua machine: each built once, its value shared by all units. Also answers what `require` and the
 * checks of entries ask about names.
 */
import type { Clock } from '../../base/index.ts';
import {
  eachEntry,
  type HostFunction,
  installBaseLibrary,
  type LuaState,
  type LuaValue,
  type Machine,
  makeBoolean,
  pop,
  pushFunction,
  setGlobalsTemplate,
  tableSetField,
  textOf,
  valueAt,
} from '../../vm/index.ts';
import { guard, type LuaModule } from '../binding/module.ts';
import { ERROR_TYPE } from '../value/error-object.ts';
import { tableGet } from '../value/values.ts';
import { KNOWN_MODULES } from './known-modules.ts';

/** Standard tables that `require` gives, listed or not. */
const STANDARD_TABLES: readonly string[] = ['string', 'table', 'math', 'coroutine', 'os', 'utf8'];

/** What a module name is to an entry that lists it. */
export type ModuleStanding = 'module' | 'always' | 'unsupported' | 'unknown';

/** Functions a hub adds to the `coroutine` table. */
export type CoroutineFunctions = Readonly<Record<string, HostFunction>>;

/** All modules of a machine. */
export class ModuleTable {
  readonly machine: Machine;
  readonly #listed = new Map<string, LuaValue>();
  readonly #always = new Map<string, LuaValue>();
  readonly #baseGlobals = new Set<string>(['_G', 'require']);

  constructor(machine: Machine, modules: readonly LuaModule[], clock: Clock, coroutines: CoroutineFunctions) {
    this.machine = machine;
    const L = machine.main;
    const template = installBaseLibrary(machine, {
      clock,
      extend: { coroutine: coroutines },
      textTypes: [ERROR_TYPE],
    });
    for (const name of STANDARD_TABLES) this.#always.set(name, tableGet(template, name)!);
    for (const module of modules) this.#install(L, template, module);
    // Every entry has a `require` of its own; the key stands in the template so that copies need no new one.
    tableSetField(template, 'require', makeBoolean(false));
    setGlobalsTemplate(machine, template);
    eachEntry(template, (key) => this.#baseGlobals.add(textOf(key)!));
  }

  /** Names that may be listed under `modules`. */
  get names(): readonly string[] {
    return [...this.#listed.keys(), ...this.#always.keys()];
  }

  /** Value of a module that must be listed. */
  listed(name: string): LuaValue | undefined {
    return this.#listed.get(name);
  }

  /** Value of a table every program has. */
  always(name: string): LuaValue | undefined {
    return this.#always.get(name);
  }

  /** Value of any module. */
  any(name: string): LuaValue | undefined {
    return this.#listed.get(name) ?? this.#always.get(name);
  }

  /** Whether some module of ours has this name. */
  isKnown(name: string): boolean {
    return this.#listed.has(name) || this.#always.has(name);
  }

  /** Whether every program has a global of this name. */
  isBaseGlobal(name: string): boolean {
    return this.#baseGlobals.has(name);
  }

  /** What listing this name means (`errors-and-payloads.md` § 9). */
  standing(name: string): ModuleStanding {
    if (this.#listed.has(name)) return 'module';
    if (this.#always.has(name) || this.#baseGlobals.has(name)) return 'always';
    return KNOWN_MODULES.has(name) ? 'unsupported' : 'unknown';
  }

  /** Why `require(name)` fails in this entry. */
  absence(name: string, entryId: string): string {
    if (this.#listed.has(name))
      return `module '${name}' not found: '${entryId}' does not list it under modules`;
    if (KNOWN_MODULES.has(name)) return `module '${name}' is not supported by this host`;
    return `module '${name}' not found`;
  }

  #install(L: LuaState, template: LuaValue, module: LuaModule): void {
    module.push(L);
    const value = valueAt(L, -1);
    pop(L, 1);
    if (module.isGlobal === true) {
      this.#always.set(module.name, value);
      tableSetField(template, module.name, value);
    } else this.#listed.set(module.name, value);
    for (const [name, run] of Object.entries(module.globals ?? {})) {
      pushFunction(L, guard(name, run), name);
      tableSetField(template, name, valueAt(L, -1));
      pop(L, 1);
    }
  }
}
