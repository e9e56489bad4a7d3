/** The composition root. Wires the rooms, starts them in order, stops them in reverse. */

export type {
  CallResult,
  Contribution,
  EntryOutline,
  Extension,
  ExtensionPorts,
  ExtensionReference,
  KeyValueStore,
  Listening,
  UnstablePorts,
} from './extension.ts';
export { createHub, type Hub, type HubSnapshot, type RunningCommand } from './hub.ts';
export { createLog, type LogOptions } from './log.ts';
export type { CallRequest, CommandRequest, HubOptions, ReloadEvent, StopOptions } from './options.ts';
export type { StopProgress, StopStage } from './stop-progress.ts';
