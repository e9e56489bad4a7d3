/**
 * moonhub: an embedded Lua scripting host. Everything exported here is promised, apart from what is called `unstable`;
 * everything else may change on any day. The list is everything an embedder can hold: what a signature here mentions
 * is named here too.
 */
export {
  type Clock,
  type EntryId,
  type ErrorCode,
  type ErrorKind,
  type Failure,
  HubError,
  type HubErrorOptions,
  type Log,
  type LogFields,
  type LogLevel,
  type Pid,
  type Timer,
} from './base/index.ts';
export type {
  Exchange,
  Middleware,
  MiddlewareFactory,
  MiddlewareOptions,
  MiddlewarePlace,
  MiddlewareVerdict,
  RequestView,
} from './http/index.ts';
export {
  type CallResult,
  type Contribution,
  createHub,
  type EntryOutline,
  type Extension,
  type ExtensionPorts,
  type ExtensionReference,
  type Hub,
  type HubOptions,
  type HubSnapshot,
  type KeyValueStore,
  type Listening,
  type LogOptions,
  type ReloadEvent,
  type RunningCommand,
  type UnstablePorts,
} from './hub/index.ts';
export {
  type BindingCall,
  defineObject,
  type HostObject,
  type HostValue,
  type ModuleDefinition,
  type ModuleFunction,
  type ModuleResult,
  type ModuleValue,
  type ObjectDefinition,
  type ObjectMethod,
  type ObjectType,
  refusal,
} from './lua/index.ts';
export type {
  LifecycleEvent,
  Outcome,
  OutcomeFields,
  ProcessObserver,
  ProcessSnapshot,
} from './process/index.ts';
export type {
  Change,
  ChangeRequest,
  Entry,
  EntryDefinition,
  EntryLookup,
  Filter,
  KindDefinition,
  KindTable,
  LoadRules,
  Mapping,
  Origin,
  Position,
  Problem,
  Reference,
  ReferenceField,
  Registry,
  RegistrySubscriber,
  RegistryUpdate,
  Snapshot,
  Value,
} from './registry/index.ts';
export type {
  RunnableKind,
  ServiceRunner,
  ServiceState,
  ServiceStatus,
  UpdateVerdict,
} from './service/index.ts';
