/** The Lua machine. See README.md. Knows `base` and nothing else of moonhub. */

export { compile, LuaSyntaxError } from './compiler/compile.ts';
export { compileSource, type Tokens, tokenize } from './dialect/index.ts';
export { installBaseLibrary } from './library/index.ts';
export { charge } from './loop/calls.ts';
export * from './loop/check.ts';
export type { TraceFrame as Frame } from './loop/debug.ts';
export * from './loop/detached.ts';
export {
  call,
  callK,
  checkYieldable,
  createMachine,
  hostYield,
  isHostYieldable,
  isSliceOver,
  isUnwinding,
  isYieldable,
  kill,
  type Machine,
  newThread,
  newUnitThread,
  pauseK,
  pumpFor,
  pushGlobals,
  type ResumeStatus,
  resume,
  setGlobalsTemplate,
  setHostOwned,
  spend,
  traceback,
  where,
} from './loop/machine.ts';
export {
  freezeTable,
  getField,
  getTop,
  insert,
  isInteger,
  newTable,
  next,
  pop,
  pushBinary,
  pushBoolean,
  pushBytes,
  pushChunk,
  pushFloat,
  pushFunction,
  pushInteger,
  pushNil,
  pushOwned,
  pushText,
  pushValue,
  raise,
  rawGetIndex,
  rawLength,
  rawSet,
  rawSetIndex,
  remove,
  setField,
  setMetatable,
  setTop,
  toBinary,
  toBoolean,
  toBytes,
  toDisplay,
  toHostObject,
  toInteger,
  toNumber,
  toText,
  typeOf,
  valueAt,
  xmove,
} from './loop/stack.ts';
export type { Chunk, Continuation, HostFunction, LuaState, LuaValue } from './value/api.ts';
export {
  defineHostType,
  freshHostObject,
  type HostType,
  type HostTypeSpec,
  hostObject,
  pushHostObject,
} from './value/host-type.ts';
export { createMeter, type Meter } from './value/meter.ts';
export { floatToText } from './value/numeral.ts';
export type { LuaType } from './value/value.ts';
