/**
 * The Lua room as the rest of moonhub sees it: a `ProgramSource` that opens entries as units. One machine per
 * runtime: units share compiled code and frozen module tables and nothing else.
 */
import { type Clock, HubError, type Log } from '../../base/index.ts';
import type { ProcessSystem, Program, ProgramSource } from '../../process/index.ts';
import type { Entry, EntryLookup, Problem } from '../../registry/index.ts';
import { createMachine, LuaSyntaxError } from '../../vm/index.ts';
import type { LuaModule } from '../binding/module.ts';
import type { LuaLimits, RuntimeServices } from '../coroutine/context.ts';
import { CodeLoader } from './code-loader.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { type CoroutineFunctions, type ModuleStanding, ModuleTable } from './module-table.ts';
import { syntaxProblem } from './syntax-problem.ts';
import { fromNothing, type TriedChange, tryChange } from './trial.ts';
import { Unit } from './unit.ts';

/** What `createLuaRuntime` takes. */
export interface LuaRuntimeOptions {
  /** The entries as they are now. */
  readonly registry: () => EntryLookup;
  readonly clock: Clock;
  readonly log: Log;
  /** Modules; those with `isGlobal` are there without being listed. */
  readonly modules: readonly LuaModule[];
  /** Functions added to the `coroutine` table. */
  readonly coroutines?: CoroutineFunctions;
  /** See `RuntimeServices.identityOf`. Default: every entry runs as whoever starts it. */
  readonly identityOf?: RuntimeServices['identityOf'];
  /** Defaults of `limits:`. Default: `DEFAULT_LIMITS`. */
  readonly limits?: Partial<LuaLimits>;
}

/** The Lua room. */
export interface LuaRuntime extends ProgramSource {
  /** Plugs in the process system; before the first `open`. */
  attach(system: ProcessSystem): void;
  /** Forgets compiled code of these entries, changed ones and what imports them; units that run keep theirs. */
  invalidate(ids: Iterable<string>): void;
  /** Compiles an entry: its syntax errors with file, line, column and the source line. Nothing runs. */
  check(entry: Entry): readonly Problem[];
  /**
   * Loads every program a change affects, over the entries as they would be, and throws it away again: nothing it does
   * reaches the world. Sliced and bounded.
   * @returns what would not load, with its place.
   */
  try(change: TriedChange): Promise<readonly Problem[]>;
  /** The same for all programs there are. */
  tryAll(): Promise<readonly Problem[]>;
  /** What a name under `modules:` means. */
  standing(moduleName: string): ModuleStanding;
  /** Names that may be listed under `modules:`. */
  readonly moduleNames: readonly string[];
  /** Makes names known whose modules are installed when an entry lists them. */
  reserveModules(names: Iterable<string>): void;
  /**
   * Builds modules that entries may list, and adds none of them yet.
   * @returns adds them; cannot fail.
   * @throws MH_EXTENSION_MODULE_INVALID
   */
  stageModules(modules: Iterable<LuaModule>): () => void;
}

/** Kinds that run, by role. */
const KINDS_BY_ROLE = { process: ['process.lua'], call: ['function.lua'] } as const;

/** Creates the Lua room of one hub. */
export function createLuaRuntime(options: LuaRuntimeOptions): LuaRuntime {
  const { registry, clock, log, limits = {} } = options;
  const machine = createMachine();
  const modules = new ModuleTable(machine, options.modules, clock, options.coroutines ?? {});
  const loader = new CodeLoader(registry, modules);
  let system: ProcessSystem | undefined;
  const services: RuntimeServices = {
    machine,
    registry,
    clock,
    log,
    limits: { ...DEFAULT_LIMITS, ...limits },
    identityOf: options.identityOf,
    get system() {
      if (system === undefined) throw new Error('moonhub bug: attach() comes before the first unit');
      return system;
    },
  };

  return {
    attach: (processes) => {
      system = processes;
    },
    open({ entryId, role }): Program {
      const entry = registry().get(entryId);
      const kinds: readonly string[] = KINDS_BY_ROLE[role];
      if (entry === undefined || !kinds.includes(entry.kind)) throw entryNotFound(entryId, role, entry?.kind);
      return new Unit(entry, services, loader);
    },
    invalidate: (ids) => loader.invalidate(ids),
    check(entry) {
      try {
        loader.compile(entry);
        return [];
      } catch (thrown) {
        if (thrown instanceof LuaSyntaxError) return [syntaxProblem(entry, thrown)];
        throw thrown;
      }
    },
    try: (change) => tryChange(change, { services, modules, loader }),
    tryAll: () => tryChange(fromNothing(registry()), { services, modules, loader }),
    standing: (name) => modules.standing(name),
    get moduleNames() {
      return modules.names;
    },
    reserveModules: (names) => modules.reserve(names),
    stageModules: (added) => modules.stage(added),
  };
}

function entryNotFound(id: string, role: 'process' | 'call', kind: string | undefined): HubError {
  const noun = role === 'process' ? 'process' : 'function';
  return new HubError('MH_PROCESS_ENTRY_NOT_FOUND', {
    message:
      kind === undefined
        ? `Cannot run '${id}': ${noun} not found`
        : `Cannot run '${id}': ${noun} not found, its kind is '${kind}'`,
    details: { target: id },
  });
}
