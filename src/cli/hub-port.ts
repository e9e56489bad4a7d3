/** The part of the hub that the command line uses; tests pass a double. */
import type { Hub, HubOptions, RunningCommand } from '../hub/index.ts';
import type { EntryLookup } from '../registry/index.ts';

export type { ReloadEvent } from '../hub/index.ts';

/** A hub, loaded and ready to start. */
export interface CliHub extends Pick<Hub, 'start' | 'stop' | 'listening'> {
  readonly registry: EntryLookup;
  runCommand(request: Parameters<Hub['runCommand']>[0]): Pick<RunningCommand, 'ended' | 'cancel'>;
}

/** Loads an application. @throws MH_REGISTRY_LOAD_FAILED with the problems, or another HubError. */
export type CreateHub = (options: HubOptions) => Promise<CliHub>;
