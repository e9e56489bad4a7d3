/**
 * Room 2: Lua. `createLuaRuntime` is the `ProgramSource` behind every Lua process and function; the rest of this list
 * is what writing a Lua module takes.
 *
 * Two families of readers: those of `values.ts` read a detached `LuaValue` (message payloads, results) and keep their
 * plain names; those of the stack that would collide end in `At`: `textAt(L, 1)`.
 */

export {
  absIndex,
  argumentError,
  callK,
  checkAny,
  checkBinary,
  checkBytes,
  checkFunction,
  checkHostObject,
  checkInteger,
  checkNumber,
  checkStack,
  checkTable,
  checkText,
  freshHostObject,
  getField,
  getTop,
  type HostFunction,
  type HostType,
  insert,
  isHostObject,
  isInteger,
  kill,
  type LuaState,
  newTable,
  next,
  optBinary,
  optBytes,
  optHostObject,
  optInteger,
  optNumber,
  optText,
  pcallK,
  pop,
  pushBinary,
  pushBoolean,
  pushBytes,
  pushFloat,
  pushFunction,
  pushHostObject,
  pushInteger,
  pushNil,
  pushNumber,
  pushOwned,
  pushText,
  pushValue,
  raise,
  raiseValue,
  rawGet,
  rawGetIndex,
  rawLength,
  rawSet,
  rawSetIndex,
  remove,
  replace,
  setField,
  setTop,
  toBinary as binaryAt,
  toBoolean as booleanAt,
  toBytes as bytesAt,
  toDisplay as displayAt,
  toHostObject as hostObjectAt,
  toInteger as integerAt,
  toNumber as numberAt,
  toText as textAt,
  typeError,
  typeOf,
  valueAt,
} from '../vm/index.ts';
export { checkStringKeyed, raising, requireArguments } from './binding/argument.ts';
export {
  defineModule,
  defineType,
  guard,
  type LuaModule,
  type ModuleSpec,
  pushFailed,
} from './binding/module.ts';
export {
  type Cancel,
  checkCanWait,
  pushNothing,
  type Resume,
  suspend,
  suspendOn,
} from './binding/suspend.ts';
export { CHANNEL_TYPE, pushChannel } from './channel/channel-type.ts';
export { createHostChannel, type HostChannel, type HostChannelOptions } from './channel/host-channel.ts';
export { Channel } from './coroutine/channel.ts';
export { type LuaLimits, type RuntimeServices, type UnitContext, unitOf } from './coroutine/context.ts';
export type { Push } from './coroutine/coroutine.ts';
export { EventBus } from './event/event-bus.ts';
export { MESSAGE_TYPE, MessageObject, messageValue } from './message/message-object.ts';
export {
  copyArgument,
  copyArguments,
  copyReceived,
  createPayload,
  PAYLOAD_TYPE,
  Payload,
  payloadOf,
  payloadValue,
  unwrapPayload,
} from './message/payload.ts';
export type { EnvironmentPort } from './modules/env.ts';
export { createStreamTerminal, type StreamTerminalOptions, type Terminal } from './modules/io/index.ts';
export { decodeJson, encodeJson } from './modules/json/index.ts';
export { standardKinds } from './modules/kinds.ts';
export { locationOf } from './modules/print.ts';
export { SecurityCatalog } from './modules/security/catalog.ts';
export { Actor, Policy, Scope } from './modules/security/policy.ts';
export {
  createSecurity,
  createStandardModules,
  type Security,
  type StandardModulePorts,
} from './modules/standard.ts';
export { luaKinds } from './program/kinds.ts';
export { LIMITS_SCHEMA } from './program/limits.ts';
export { createLuaRuntime, type LuaRuntime, type LuaRuntimeOptions } from './program/runtime.ts';
export {
  errorValue,
  LuaError,
  type LuaErrorFields,
  LuaFailure,
  pushError,
  toLuaError,
  tryErrorAt,
} from './value/error-object.ts';
export type { PayloadFormat } from './value/payload-format.ts';
export * from './value/values.ts';
