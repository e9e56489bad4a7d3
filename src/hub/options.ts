/** What a hub can be told, with its defaults. The only place that reads the process environment. */
import type { Clock, Log } from '../base/index.ts';
import type { HostValue } from '../lua/index.ts';
import type { TerminalStreams } from '../modules/io/index.ts';
import type { LoadRules, Problem } from '../registry/index.ts';
import type { AppliedReload, RejectedReload } from '../reload/index.ts';
import type { Extension, ExtensionReference } from './extension.ts';
import type { LogOptions } from './log.ts';
import type { StopProgress } from './stop-progress.ts';

/** What happened to files that changed under a running hub. */
export type ReloadEvent =
  /** The registry follows the files. */
  | ({ readonly kind: 'applied' } & AppliedReload)
  /** Nothing changed: the files have errors, or a room refused. The last good version keeps running. */
  | ({ readonly kind: 'rejected' } & RejectedReload)
  /** After a rejection the files are again what is running. */
  | { readonly kind: 'restored' }
  /** One of `startFiles` was saved: it counts from the next start on. */
  | { readonly kind: 'start-file'; readonly file: string };

/** Options of `createHub`. */
export interface HubOptions {
  /**
   * Application folder or one definition file, absolute or relative to `cwd`.
   * Default: the application of the working directory (`./src` if it exists, else `.`).
   */
  readonly path?: string | undefined;
  /**
   * Working directory: relative paths of options, of file systems and of files of variables start here, and messages
   * name files relative to it. Absolute, or relative to that of the Node.js process, which is the default.
   */
  readonly cwd?: string | undefined;
  /**
   * Apply saved files while running. `'poll'`: look at the files from time to time instead of waiting for events, which
   * folders mounted into a container or over a network do not send. Default false.
   */
  readonly watch?: boolean | 'poll' | undefined;
  /** Files that were read to make these options; `onReload` is told when one is saved. Default none. */
  readonly startFiles?: readonly string[] | undefined;
  /** Variables for `${env:NAME}` placeholders and TLS keys. Default: the process environment. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Where log lines go: options for the built-in log, or a log of yours. Default: level `info`, for people. */
  readonly log?: LogOptions | Log | undefined;
  /** What loading does beyond reading files: overrides, disabled entries, lock file. Default: nothing. */
  readonly rules?: LoadRules | undefined;
  /**
   * What it is extended with beside what moonhub brings: Lua modules, entry kinds, middleware. One given as a value
   * opens at once, in this order; one given as a reference when an entry needs it. Default: none.
   */
  readonly extensions?: readonly (Extension | ExtensionReference)[] | undefined;
  /**
   * Name of this node: PIDs carry it (`{name@host|0x00001}`). Letters, digits, `_`, `-`, `.`, at most 63. Default: none,
   * and PIDs carry none.
   */
  readonly nodeName?: string | undefined;
  /** Versions of the registry kept for `apply_version`; 1 = only the current one. */
  readonly registryVersionsMax?: number | undefined;
  /** Longest time `stop()` may take unless it is told, milliseconds; beyond it everything is cut. Default 30,000. */
  readonly shutdownTimeoutMs?: number | undefined;
  /**
   * Bytes that may wait for slow clients and slow processes, in all queues together: messages nobody took, frames,
   * events and responses nobody fetched, bodies being read. Beyond, the largest readers are paused and the worst
   * holders dropped: WebSockets with 1013. Default: a quarter of the heap limit of V8.
   */
  readonly queuedBytesMax?: number | undefined;
  /** Standard streams of programs on a terminal host. Default: those of the Node.js process. */
  readonly terminal?: TerminalStreams | undefined;
  /** Where time comes from. Default: this machine. */
  readonly clock?: Clock | undefined;
  /** Told the warnings of a load that had no errors. A throw is logged. */
  readonly onProblems?: ((problems: readonly Problem[]) => void) | undefined;
  /**
   * Told who a stop is waiting for when it takes longer than a second, and again when that changes. A throw is logged.
   * Default: the log is told.
   */
  readonly onStopProgress?: ((progress: StopProgress) => void) | undefined;
  /**
   * Told the code, 0 to 255, when a program asks for the end of the hub (`system.exit`); the hub stops by itself then, and
   * `hub.stop()` waits for it. A throw is logged. Default: nobody is told.
   */
  readonly onExit?: ((code: number) => void) | undefined;
  /** Told about every reload (`watch` only). A throw is logged. Default: the log is told. */
  readonly onReload?: ((event: ReloadEvent) => void) | undefined;
}

/** Options of `hub.stop`. */
export interface StopOptions {
  /**
   * Longest time it may take, milliseconds; 0 cuts at once. Asking again with less time than is left hurries a stop
   * under way. Default: `shutdownTimeoutMs` when the stop begins, no change afterwards.
   */
  readonly timeoutMs?: number | undefined;
}

/** What `hub.call` calls. */
export interface CallRequest {
  /** ID of a function, `namespace:name`. */
  readonly entryId: string;
  /** Plain data, copied. Default none. */
  readonly args?: readonly HostValue[] | undefined;
}

/** What `hub.runCommand` runs. */
export interface CommandRequest {
  /** ID of a process, `namespace:name`. */
  readonly entryId: string;
  /** Default: the only `terminal.host`, else the implicit one. */
  readonly hostId?: string | undefined;
  readonly args: readonly string[];
}

/** Whether a log was given ready-made. */
export function isLog(log: LogOptions | Log): log is Log {
  return 'isEnabled' in log;
}

/** The variables a hub sees by default. */
export function processEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/** `shutdownTimeoutMs` when none is given (`app-format.md` § 7). */
export const SHUTDOWN_TIMEOUT_MS = 30_000;

/** The streams programs on a terminal host own by default. */
export function standardStreams(): TerminalStreams {
  return { input: process.stdin, output: process.stdout, error: process.stderr };
}
