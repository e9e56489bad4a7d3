/**
 * The standard library of moonhub (`errors-and-payloads.md` § 7): one file per library, tables built once per machine,
 * frozen, shared by all programs.
 */

import type { Machine } from '../loop/machine.ts';
import {
  freezeTable,
  newTable,
  pop,
  pushBinary,
  pushBoolean,
  pushFunction,
  pushOwned,
  setField,
  setMetatable,
  valueAt,
} from '../loop/stack.ts';
import type { HostFunction, LuaState, LuaValue } from '../value/api.ts';
import type { HostType } from '../value/host-type.ts';
import { type Library, pushLibrary } from './arguments.ts';
import { baseFunctions, castFunctions, castString } from './base.ts';
import { coroutineLibrary } from './coroutine.ts';
import { mathLibrary } from './math.ts';
import { osLibrary, type TimeSource } from './os.ts';
import { stringLibrary } from './string.ts';
import { tableLibrary, unpack } from './table.ts';
import { utf8Library } from './utf8.ts';

export type { TimeSource } from './os.ts';

/** What the library needs from its host. */
export interface BaseLibraryOptions {
  /** Time for `os`. */
  readonly clock: TimeSource;
  /** Further functions in standard tables: `coroutine.spawn`. */
  readonly extend?: { readonly coroutine?: Readonly<Record<string, HostFunction>> };
  /** Host types whose objects string functions read as their text: error objects. */
  readonly textTypes?: readonly HostType[];
}

/**
 * Builds the standard library of a machine and makes its strings answer to methods. Call once, before any program.
 * @returns the globals a fresh environment starts from, without `_G`; the caller may add to it.
 */
export function installBaseLibrary(machine: Machine, options: BaseLibraryOptions): LuaValue {
  const L = machine.main;
  newTable(L);
  const libraries: readonly Library[] = [
    coroutineLibrary(options.extend?.coroutine),
    mathLibrary,
    osLibrary(options.clock),
    stringLibrary((options.textTypes ?? []) as readonly HostType[]),
    tableLibrary,
    utf8Library,
  ];
  for (const library of libraries) {
    pushLibrary(L, library);
    if (library.name === 'string') addStringMetatables(L);
    freezeTable(L, -1); // errors-and-payloads.md § 7.1
    setField(L, -2, library.name);
  }
  for (const [name, run] of Object.entries({ ...baseFunctions, ...castFunctions, unpack })) {
    pushFunction(L, run, name);
    setField(L, -2, name);
  }
  pushBinary(L, 'Lua 5.3');
  setField(L, -2, '_VERSION');
  const template = valueAt(L, -1);
  pop(L, 1);
  return template;
}

/** With the string table on top: methods on strings, and `string(v)`. Neither metatable can be reached (S7). */
function addStringMetatables(L: LuaState): void {
  const library = valueAt(L, -1);
  pushBinary(L, '');
  pushProtected(L);
  pushOwned(L, library);
  setField(L, -2, '__index');
  setMetatable(L, -2);
  pop(L, 1);
  pushProtected(L);
  pushFunction(L, castString, 'string');
  setField(L, -2, '__call');
  setMetatable(L, -2);
}

function pushProtected(L: LuaState): void {
  newTable(L);
  pushBoolean(L, false);
  setField(L, -2, '__metatable');
}
