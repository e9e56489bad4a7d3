/**
 * Lua programs as processes. `createLuaRuntime` is the `ProgramSource` behind every Lua process and function; the rest
 * of this list is what writing a Lua module takes, beside the stack of the machine, which is `vm/index.ts`.
 *
 * Two families of readers have the same names: those here read a detached `LuaValue` (message payloads, results), those
 * of the machine a place on the stack.
 */

export { checkString, checkTopic, raising, requireArguments } from './binding/argument.ts';
export { COST } from './binding/cost.ts';
export { Actor, isActor, isScope, type Question, type Scope, type Verdict } from './binding/identity.ts';
export { locationOf } from './binding/location.ts';
export {
  defineModule,
  defineType,
  guard,
  type LuaModule,
  type ModuleSpec,
  pushFailed,
} from './binding/module.ts';
export { nullOption } from './binding/null-option.ts';
export { isPermitted, requirePermission } from './binding/permission.ts';
export { canPause, inPieces } from './binding/pieces.ts';
export {
  type BindingCall,
  defineObject,
  HostObject,
  type ModuleDefinition,
  type ModuleFunction,
  type ModuleResult,
  type ModuleValue,
  type ObjectDefinition,
  type ObjectMethod,
  type ObjectType,
  refusal,
  toLuaModule,
} from './binding/plain-module.ts';
export {
  type Cancel,
  canHold,
  checkCanWait,
  hold,
  pushNothing,
  type Resume,
  suspend,
  suspendOn,
} from './binding/suspend.ts';
export { BacklogChannel, type BacklogOptions } from './channel/backlog-channel.ts';
export {
  answered,
  CHANNEL_TYPE,
  pushChannel,
  SEND_ON_CLOSED,
  serveEarlier,
} from './channel/channel-type.ts';
export { createHostChannel, type HostChannel, type HostChannelOptions } from './channel/host-channel.ts';
export { EVENT_KINDS, mailOf } from './channel/mail-port.ts';
export { Channel, firstReady, SelectCase } from './coroutine/channel.ts';
export {
  type LuaLimits,
  type RuntimeServices,
  tailRefusal,
  type UnitContext,
  unitOf,
} from './coroutine/context.ts';
export { ManagedCoroutine, type Push } from './coroutine/coroutine.ts';
export { type BusEvent, EventBus, eventTable, type SentEvent } from './event/event-bus.ts';
export { LossLog } from './event/loss-log.ts';
export { MessageObject, messageValue } from './message/message-object.ts';
export {
  checkStringKeyed,
  copyArgument,
  copyArguments,
  copyReceived,
  createPayload,
  formatOf,
  payloadOf,
  payloadValue,
  unwrapPayload,
} from './message/payload.ts';
export { luaKinds } from './program/kinds.ts';
export { LIMITS_SCHEMA } from './program/limits.ts';
export { createLuaRuntime, type LuaRuntime, type LuaRuntimeOptions } from './program/runtime.ts';
export {
  captureFrames,
  ERROR_KINDS,
  errorValue,
  knownKind,
  LuaError,
  type LuaErrorFields,
  LuaFailure,
  pushCallStack,
  pushError,
  tryErrorAt,
} from './value/error-object.ts';
export { decodeJson, decodeJsonInPieces } from './value/json-decode.ts';
export { encodeJson, toValidUtf8 } from './value/json-encode.ts';
export { JSON_NULL } from './value/json-null.ts';
export { PAYLOAD_FORMATS, type PayloadFormat } from './value/payload-format.ts';
export * from './value/values.ts';
export { decodeYaml } from './value/yaml-decode.ts';
export { encodeYaml } from './value/yaml-encode.ts';
