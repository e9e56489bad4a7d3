/** What the command line asks of the hub. The hub room fits this shape; tests pass a double. */
import type { EntryId, LogLevel } from '../base/index.ts';
import type { Outcome } from '../process/index.ts';
import type { EntryLookup, Problem } from '../registry/index.ts';
import type { AppliedReload, RejectedReload } from '../reload/index.ts';

/** What happened to files that changed under a running hub. */
export type ReloadEvent =
  /** The registry follows the files. */
  | ({ readonly kind: 'applied' } & AppliedReload)
  /** Nothing changed; the files have errors, or a room refused. */
  | ({ readonly kind: 'rejected' } & RejectedReload)
  /** After a rejection the files are again what is running. */
  | { readonly kind: 'restored' };

/** How a hub is made. */
export interface CliHubOptions {
  readonly path?: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly watch: boolean;
  readonly log: {
    readonly level: LogLevel | 'silent';
    readonly encoding: 'console' | 'json';
    readonly color: boolean;
  };
  /** Warnings of a load that had no errors. */
  onProblems(problems: readonly Problem[]): void;
  onReload(event: ReloadEvent): void;
}

/** A process started for the terminal. */
export interface CliCommand {
  readonly ended: Promise<Outcome>;
  /** Sends CANCEL (`app-format.md` 10.3). */
  cancel(): void;
}

/** A hub, loaded and ready to start. */
export interface CliHub {
  readonly registry: EntryLookup;
  /** Starts everything with `auto_start`. */
  start(): Promise<void>;
  /** Stops everything in order; rejects when the time limit cut it short. */
  stop(): Promise<void>;
  /** Servers that listen, with their real addresses. */
  listening(): readonly { readonly id: string; readonly url: string }[];
  /** Runs a process on a terminal host. */
  runCommand(request: {
    readonly entryId: EntryId;
    readonly hostId: string | undefined;
    readonly args: readonly string[];
  }): CliCommand;
  /** Resolves with the code a program gave to `system.exit`. */
  readonly exitRequested: Promise<number>;
}

/** Loads an application. @throws MH_REGISTRY_LOAD_FAILED with the problems, or another HubError. */
export type CreateHub = (options: CliHubOptions) => Promise<CliHub>;
