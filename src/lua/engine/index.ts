/** The Lua machine. See README.md. Only `src/lua/` imports this; edge rooms use `lua/index.ts`. */
export type { Chunk, Continuation, HostFunction, LuaState, LuaValue } from './api.ts';
export * from './stock.ts';
