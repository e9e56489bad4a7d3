/**
 * `moonhub run` (`app-format.md` § 10, § 11). Ways it ends: a signal (0, or 1 when the stop was cut short), a
 * second signal (1 at once), a failed start (1), `system.exit` (its code), or the end of the command process.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describeFailure, type EntryId, type Timer } from '../base/index.ts';
import type { CallResult } from '../hub/index.ts';
import type { EntryLookup } from '../registry/index.ts';
import type { Console } from './console.ts';
import { type ApplicationFlags, toHubOptions } from './flags.ts';
import type { CliHub, CliWorld, StopProgress } from './hub-port.ts';
import { findMainCommand, findNamedCommand, findProcess, namedCommands } from './named-command.ts';
import {
  printError,
  printProblems,
  printReload,
  printStarted,
  printStopProgress,
  printWaiting,
} from './report.ts';
import { formatTable } from './table.ts';
import { readVersion } from './version.ts';

/** After a first signal: how long a command may take before it is said that it is waited for. */
const WAITING_MS = 1_000;

/** The flags of `run`. */
export interface RunFlags extends ApplicationFlags {
  readonly watch?: boolean;
  /** `--watch=poll`: watch by polling. */
  readonly 'watch=poll'?: boolean;
  /** Entry given with `-x`. */
  readonly exec?: string;
  /** Terminal host for `-x`. */
  readonly host?: string;
}

/** What the words after `run` mean. */
export type RunTarget = {
  /** The application. Default: that of the working directory. */
  readonly path: string | undefined;
} & (
  | /** Serve it. */ { readonly kind: 'application' }
  /** Run its process whose `meta.command.name` is this. */
  | { readonly kind: 'named'; readonly name: string; readonly args: readonly string[] }
  /** Run its process with this entry ID. */
  | { readonly kind: 'exec'; readonly entry: string; readonly args: readonly string[] }
  /** List what can be run by name. */
  | { readonly kind: 'list' }
);

/**
 * What the words after `run` ask for. Without a path a first word is the name of a command (decision 6).
 * @param path the first word, when it is one. @param words the others.
 */
export function toRunTarget(path: string | undefined, words: readonly string[], flags: RunFlags): RunTarget {
  if (flags.exec !== undefined) return { kind: 'exec', path, entry: flags.exec, args: words };
  const [first, ...args] = words;
  if (first === undefined) return { kind: 'application', path };
  if (first === 'list' && args.length === 0) return { kind: 'list', path };
  return { kind: 'named', path, name: first, args };
}

/** True for an existing path and for what can only be meant as one. */
export function isPath(word: string, cwd: string): boolean {
  return /[/\\]|^\.|\.(ya?ml|json)$/.test(word) || existsSync(path.resolve(cwd, word));
}

/** Runs until the end; never throws. @returns the exit code. */
export async function run(target: RunTarget, flags: RunFlags, world: CliWorld): Promise<number> {
  const { console } = world;
  try {
    const isServing = target.kind === 'application';
    const { path: applicationPath } = target;
    const options = await toHubOptions(flags, { path: applicationPath, logsByDefault: isServing }, console);
    const asked = exitByProgram();
    const hub = await world.createHub({
      ...options,
      onExit: asked.request,
      watch: target.kind === 'list' ? false : howToWatch(flags),
      onReload: (event) => printReload(console, event),
      // Without a terminal the log says it.
      ...(console.isTerminal
        ? { onStopProgress: (progress: StopProgress) => printStopProgress(console, progress) }
        : {}),
    });
    if (target.kind === 'list') return list(hub, console);
    return await serve({ hub, target, flags, world, asked, commandId: findCommand(target, hub.registry) });
  } catch (error) {
    printError(console, error);
    return 1;
  }
}

/** What the two flags say together. */
function howToWatch(flags: RunFlags): boolean | 'poll' {
  return flags['watch=poll'] === true ? 'poll' : flags.watch === true;
}

/** The process to run; `undefined` when the application is to be served. */
function findCommand(target: RunTarget, entries: EntryLookup): EntryId | undefined {
  if (target.kind === 'exec') return findProcess(target.entry, entries);
  if (target.kind === 'named') return findNamedCommand(target.name, entries);
  return findMainCommand(entries);
}

/** `system.exit` of a program. */
interface ProgramExit {
  /** The code, once a program asked. */
  readonly code: Promise<number>;
  readonly isAsked: boolean;
  readonly request: (code: number) => void;
}

function exitByProgram(): ProgramExit {
  let isAsked = false;
  let ask: (code: number) => void = () => {};
  const code = new Promise<number>((resolve) => {
    ask = resolve;
  });
  return {
    code,
    get isAsked() {
      return isAsked;
    },
    request(value) {
      isAsked = true;
      ask(value);
    },
  };
}

interface Run {
  readonly hub: CliHub;
  readonly target: RunTarget;
  readonly flags: RunFlags;
  readonly world: CliWorld;
  readonly asked: ProgramExit;
  readonly commandId: EntryId | undefined;
}

/** Starts, waits for an end, stops. */
async function serve({ hub, target, flags, world, asked, commandId }: Run): Promise<number> {
  const { console, clock } = world;
  let command: ReturnType<CliHub['runCommand']> | undefined;
  let signals = 0;
  let waiting: Timer | undefined;
  let interrupt: () => void = () => {};
  const interrupted = new Promise<number>((resolve) => {
    interrupt = () => resolve(0);
  });
  const stopListening = console.onSignal(() => {
    signals++;
    if (signals > 1) console.exit(1);
    // A terminal program hears of Ctrl+C as an event and ends by itself.
    else if (command === undefined) interrupt();
    else {
      if (console.isTerminal)
        waiting = clock.setTimer(WAITING_MS, () => printWaiting(console, [commandId!], ''));
      command.cancel();
    }
  });
  const start = async (): Promise<number> => {
    try {
      await hub.start();
    } catch (error) {
      if (signals > 0 || asked.isAsked) throw error; // it was stopped
      // Of code that does not load the same is said as at a save: the place, and what to do.
      printProblems(console, await hub.tryPrograms());
      throw error;
    }
    if (signals > 0) return 0;
    if (asked.isAsked) return asked.code;
    if (commandId === undefined) {
      const place = target.path ?? '.';
      printStarted(console, hub, {
        version: readVersion(),
        path: place,
        isWatching: howToWatch(flags) !== false,
      });
      return interrupted;
    }
    const args = target.kind === 'exec' || target.kind === 'named' ? target.args : [];
    command = hub.runCommand({ entryId: commandId, hostId: flags.host, args });
    const outcome = await command.ended;
    waiting?.cancel();
    return asked.isAsked ? asked.code : toExitCode(outcome, console);
  };
  try {
    // A signal during a slow start must not wait for it.
    const code = await Promise.race([start(), interrupted, asked.code]);
    await hub.stop();
    return code;
  } catch (error) {
    printError(console, error);
    // What did start is stopped; a second failure adds nothing to the first.
    await hub.stop().catch(() => {});
    return 1;
  } finally {
    stopListening();
  }
}

/** `app-format.md` § 11, exit code from a command process. */
export function toExitCode(
  outcome: CallResult,
  console: Pick<Console, 'write' | 'writeError' | 'paint'>,
): number {
  if (!outcome.ok) {
    console.writeError(`${console.paint.red('Error:')} ${describeFailure(outcome.failure)}\n`);
    return 1;
  }
  const { value } = outcome;
  if (typeof value === 'boolean') return value ? 0 : 1;
  if (typeof value === 'number' || typeof value === 'bigint') {
    const number = Number(value);
    return Number.isFinite(number) ? Math.trunc(number) & 0xff : 1;
  }
  if (typeof value === 'string' || value instanceof Uint8Array) {
    console.write(value);
    console.write('\n');
  }
  return 0;
}

/** `run list`. */
function list(hub: CliHub, console: Console): number {
  const commands = namedCommands(hub.registry, 'run');
  if (commands.length === 0) console.write('No commands: no process.lua has a meta.command.name.\n');
  else {
    const rows = commands.map(({ name, entry, short }) => [name, entry.id, short]);
    console.write(formatTable(['NAME', 'ENTRY', 'DESCRIPTION'], rows, console.paint));
  }
  return 0;
}
