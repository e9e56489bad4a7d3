/**
 * Processes. A process is a `Program` behind a PID: the system gives it a mailbox, wakes it when mail
 * arrives, calls `step` when it is its turn, and tells monitors and links when it ends. It knows no Lua and no
 * sockets: Lua units, connections and test doubles are programs alike.
 */

export { Mailbox, type MailboxOwner, type MailQueue } from './mail/mailbox.ts';
export {
  type EndPurpose,
  LINKED_PROCESS_FAILED,
  type LifecycleEvent,
  type Mail,
  type Message,
  NO_CONNECTION,
  type Outcome,
  type OutcomeFields,
  PROCESS_GONE,
  type Receipt,
  TERMINATED,
} from './mail/message.ts';
export type { CloseOptions, HostSnapshot } from './record/host.ts';
export {
  type Ambient,
  EMPTY_AMBIENT,
  type LoadState,
  type ProcessContext,
  type ProcessOptions,
  type Program,
  type ProgramSource,
  type StepResult,
} from './record/program.ts';
export type { EndObserver, PendingStart } from './record/record.ts';
export type {
  Call,
  CallRequest,
  InitialMessage,
  SpawnProgramRequest,
  SpawnRequest,
  StartOptions,
} from './record/request.ts';
export type { AttachedNode, Posted, RemoteNode } from './session/remote-node.ts';
export type { Signal } from './session/signal.ts';
export { ProcessSystem, type ProcessSystemOptions } from './system.ts';
export {
  isNameScope,
  type NameScope,
  type ProcessNames,
  type RegisterOptions,
  type UnregisterOptions,
} from './table/names.ts';
export type { ProcessObserver } from './table/observer.ts';
export type { ProcessSnapshot } from './table/snapshot.ts';
