/**
 * The door to the Lua machine: Lua's C API under TypeScript names. Stack discipline is Lua's own: positive
 * indices count from the bottom of the current function, negative ones from the top, and every function
 * leaves the stack as the Lua 5.3 manual says of its namesake.
 *
 * Other rooms import `vm/index.ts` only, and nothing outside `vm/compiler/` touches Fengari.
 *
 * Strings cross in three spellings, chosen by the caller and never guessed:
 *   bytes  `Uint8Array`;
 *   binary a JavaScript string whose characters are the bytes (0-255), the cheapest form;
 *   text   Unicode, UTF-8 on the Lua side.
 */

/** A Lua thread (coroutine). `unit` is the program it belongs to; threads made by a thread inherit it. */
export interface LuaState {
  unit: unknown;
}

/** A host function: arguments on the stack from index 1, pushes its results, returns how many. */
export type HostFunction = (L: LuaState) => number;

/** Runs when a yielded host function goes on; the values passed to resume are on the stack. */
export type Continuation = (L: LuaState, status: number, context: unknown) => number;

/**
 * A Lua value outside any stack: a message in transit, a result, a constant. Opaque; make and read it with
 * `lua/value/values.ts`. Immutable by agreement once it is handed over.
 */
export interface LuaValue {
  readonly __luaValue: never;
}

/** A compiled chunk: shared by all processes that run it. */
export interface Chunk {
  readonly __chunk: never;
  readonly chunkName: string;
}
