/**
 * How a Lua module is written down: one value with its name, functions and constants. Tables are built once per
 * machine, frozen, and shared by every process; functions find out for whom they run with `unitOf(L)`.
 *
 * What a function may do: push results and return their count; `throw new HubError` for an expected failure
 * (Lua sees `nil, err`, or `false, err` where the spec says so); raise a Lua error through the engine. Anything
 * else thrown is our bug: it ends that process with an INTERNAL error naming the binding (`vm.md` S8).
 */

import { HubError } from '../../base/index.ts';
import {
  defineHostType,
  freezeTable,
  type HostFunction,
  type HostType,
  type HostTypeSpec,
  isUnwinding,
  kill,
  type LuaState,
  newTable,
  pushBoolean,
  pushFunction,
  pushNil,
  pushOwned,
  setField,
  spend,
} from '../../vm/index.ts';
import { unitOf } from '../coroutine/context.ts';
import { pushError } from '../value/error-object.ts';
import { fromHost, type HostValue } from '../value/values.ts';
import { COST } from './cost.ts';

/**
 * What a function has to do with the world outside its unit, where code is tried before it may run (`program/trial.ts`):
 * - `acts`: it changes something; a trial leaves it undone and answers `true`;
 * - `reads`: it is carried out; when it fails nobody can say what it will answer once the change is there, and the trial
 *   is over: what was tried until then counts;
 * - `depends`: what it answers depends on who runs the code, and when; the trial is over.
 */
export type Reach = 'acts' | 'reads' | 'depends';

/** A constant of a module: plain data, or a function that pushes one value. */
export type ModuleConstant = HostValue | ((L: LuaState) => void);

/** What `defineModule` takes. */
export interface ModuleSpec {
  /** Name for `require` and `modules:`. */
  readonly name: string;
  readonly functions?: Readonly<Record<string, HostFunction>>;
  readonly constants?: Readonly<Record<string, ModuleConstant>>;
  /** Nested frozen tables, e.g. `process.registry`. */
  readonly submodules?: Readonly<Record<string, Omit<ModuleSpec, 'name'>>>;
  /** Functions whose failures are `false, err` instead of `nil, err`. */
  readonly failsWithFalse?: readonly string[];
  /** Functions that reach beyond their unit. A name that is missing here touches nothing outside. */
  readonly reach?: Readonly<Record<string, Reach>>;
  /** Present in every state without being listed. Default false. */
  readonly isGlobal?: boolean;
  /** Further globals this module puts into every state, e.g. `print`, `subscribe`. */
  readonly globals?: Readonly<Record<string, HostFunction>>;
  /**
   * The module value is what this pushes instead of a table (`logger` is itself a Logger).
   * Runs once per machine, so what it pushes must not belong to one unit.
   */
  readonly value?: (L: LuaState) => void;
}

/** A Lua module; made by `defineModule`, handed to `createLuaRuntime`. */
export interface LuaModule extends ModuleSpec {
  /** Pushes the module's value, newly built. The runtime calls it once per machine and keeps the result. */
  push(L: LuaState): void;
}

/** Makes a module. */
export function defineModule(spec: ModuleSpec): LuaModule {
  return {
    ...spec,
    push: spec.value ?? ((L) => pushModuleTable(L, spec.name, spec)),
  };
}

/**
 * Makes a type of userdata whose methods follow the same rules as module functions.
 * @param spec as `defineHostType`; `failsWithFalse` names methods that answer `false, err`, `reach` those that reach
 *   beyond their unit.
 */
export function defineType<T extends object>(
  spec: HostTypeSpec<T> & Pick<ModuleSpec, 'failsWithFalse' | 'reach'>,
): HostType<T> {
  const methods: Record<string, HostFunction> = {};
  for (const [name, method] of Object.entries(spec.methods)) {
    const failsWithFalse = spec.failsWithFalse?.includes(name) === true;
    methods[name] = guard(`${spec.name}:${name}`, method, failsWithFalse, spec.reach?.[name]);
  }
  return defineHostType<T>({ ...spec, methods });
}

/**
 * Wraps a binding: HubError -> `nil, err`; machine throws pass; any other throw ends the unit.
 * @param name of the binding, for the log.
 * @param reach what it has to do with the world; default nothing.
 */
export function guard(
  name: string,
  run: HostFunction,
  failsWithFalse = false,
  reach: Reach | undefined = undefined,
): HostFunction {
  return (L) => {
    spend(L, COST.binding);
    try {
      if (reach === undefined || unitOf(L).trial === undefined) return run(L);
      return tryOut(L, run, reach);
    } catch (thrown) {
      if (isUnwinding(thrown)) throw thrown;
      if (thrown instanceof HubError) return pushFailed(L, thrown, failsWithFalse);
      unitOf(L).fault(name, thrown);
      return kill(L);
    }
  };
}

/** What a function that reaches out does where code is only tried. */
function tryOut(L: LuaState, run: HostFunction, reach: Reach): number {
  if (reach === 'depends') return endTrial(L);
  if (reach === 'acts') {
    pushBoolean(L, true);
    return 1;
  }
  try {
    return run(L);
  } catch (thrown) {
    if (thrown instanceof HubError) return endTrial(L);
    throw thrown;
  }
}

/** In a trial: nobody can say what the code would get here; what was tried until now counts. */
export function endTrial(L: LuaState): number {
  unitOf(L).trial!.isOver = true;
  return kill(L);
}

/** Pushes `nil, err` (or `false, err`); the usual last line of a failing binding. */
export function pushFailed(L: LuaState, error: HubError, withFalse = false): number {
  if (withFalse) pushBoolean(L, false);
  else pushNil(L);
  pushError(L, error);
  return 2;
}

function pushModuleTable(L: LuaState, path: string, spec: Omit<ModuleSpec, 'name'>): void {
  newTable(L);
  for (const [name, run] of Object.entries(spec.functions ?? {})) {
    const failsWithFalse = spec.failsWithFalse?.includes(name) === true;
    pushFunction(L, guard(`${path}.${name}`, run, failsWithFalse, spec.reach?.[name]), name);
    setField(L, -2, name);
  }
  for (const [name, constant] of Object.entries(spec.constants ?? {})) {
    pushConstant(L, constant);
    setField(L, -2, name);
  }
  for (const [name, submodule] of Object.entries(spec.submodules ?? {})) {
    pushModuleTable(L, `${path}.${name}`, submodule);
    setField(L, -2, name);
  }
  freezeTable(L, -1);
}

function pushConstant(L: LuaState, constant: ModuleConstant): void {
  if (typeof constant === 'function') constant(L);
  else pushOwned(L, fromHost(constant));
}
