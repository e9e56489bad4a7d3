/**
 * The modules of one Lua machine: each built once, its value shared by all units. Also answers what `require` and the
 * checks of entries ask about names.
 */
import { type Clock, HubError } from '../../base/index.ts';
import {
  eachEntry,
  type HostFunction,
  installBaseLibrary,
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
  /** Names of modules that are installed when an entry lists them. */
  readonly #reserved = new Set<string>();

  constructor(machine: Machine, modules: readonly LuaModule[], clock: Clock, coroutines: CoroutineFunctions) {
    this.machine = machine;
    const L = machine.main;
    const template = installBaseLibrary(machine, {
      clock,
      extend: { coroutine: coroutines },
      textTypes: [ERROR_TYPE],
    });
    for (const name of STANDARD_TABLES) this.#always.set(name, tableGet(template, name)!);
    for (const module of modules) {
      const value = this.#build(module);
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
    // Every entry has a `require` of its own; the key stands in the template so that copies need no new one.
    tableSetField(template, 'require', makeBoolean(false));
    setGlobalsTemplate(machine, template);
    eachEntry(template, (key) => this.#baseGlobals.add(textOf(key)!));
  }

  /** Names that may be listed under `modules`. */
  get names(): readonly string[] {
    return [...new Set([...this.#listed.keys(), ...this.#always.keys(), ...this.#reserved])];
  }

  /** Makes names known whose modules come later. */
  reserve(names: Iterable<string>): void {
    for (const name of names) this.#reserved.add(name);
  }

  /**
   * Builds modules that entries may list, and adds none of them yet.
   * @returns adds them; programs that run do not see them. Cannot fail.
   * @throws MH_EXTENSION_MODULE_INVALID when one wants to be global, its name is taken or it cannot be built
   */
  stage(added: Iterable<LuaModule>): () => void {
    const values = new Map<string, LuaValue>();
    for (const module of added) {
      const { name } = module;
      if (module.isGlobal === true || module.globals !== undefined) {
        throw moduleInvalid(name, 'it is global', 'Let entries list it under modules.');
      }
      if (this.isKnown(name) || values.has(name))
        throw moduleInvalid(name, 'there is a module of this name', 'Choose another name.');
      try {
        values.set(name, this.#build(module));
      } catch (cause) {
        throw moduleInvalid(name, 'it cannot be built', 'Give it constants that are plain data.', cause);
      }
    }
    return () => {
      for (const [name, value] of values) this.#listed.set(name, value);
    };
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
    if (this.#listed.has(name) || this.#reserved.has(name))
      return `module '${name}' not found: '${entryId}' does not list it under modules`;
    if (KNOWN_MODULES.has(name)) return `module '${name}' is not supported by this host`;
    return `module '${name}' not found`;
  }

  /** The value of a module, made once. */
  #build(module: LuaModule): LuaValue {
    const L = this.machine.main;
    module.push(L);
    const value = valueAt(L, -1);
    pop(L, 1);
    return value;
  }
}

function moduleInvalid(name: string, fact: string, hint: string, cause?: unknown): HubError {
  return new HubError('MH_EXTENSION_MODULE_INVALID', {
    message: `Cannot add module '${name}': ${fact}`,
    hint,
    cause,
  });
}
