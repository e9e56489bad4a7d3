/** The part of the hub that the command line uses; tests pass a double. */
import type { Clock } from '../base/index.ts';
import type { Hub, HubOptions, RunningCommand } from '../hub/index.ts';
import type { Entry, EntryLookup, Filter, KindTable } from '../registry/index.ts';
import type { Console } from './console.ts';

export type { ReloadEvent, StopProgress } from '../hub/index.ts';

/** A hub, loaded and ready to start. */
export interface CliHub extends Pick<Hub, 'start' | 'stop' | 'listening' | 'call' | 'tryPrograms'> {
  readonly registry: EntryLookup & { find(filter: Filter): readonly Entry[] };
  readonly kinds: Pick<KindTable, 'get' | 'schemaOf'>;
  runCommand(request: Parameters<Hub['runCommand']>[0]): Pick<RunningCommand, 'ended' | 'cancel'>;
}

/** Loads an application. @throws MH_REGISTRY_LOAD_FAILED with the problems, or another HubError. */
export type CreateHub = (options: HubOptions) => Promise<CliHub>;

/** What every command may use. */
export interface CliWorld {
  readonly console: Console;
  readonly clock: Clock;
  readonly createHub: CreateHub;
}
