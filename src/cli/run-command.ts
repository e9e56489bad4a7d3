/**
 * `moonhub run` (`app-format.md` § 10, § 11). Ways it ends: a signal (0, or 1 when the stop was cut short), a
 * second signal (1 at once), a failed start (1), or the end of the command process.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type EntryId, HubError, toEntryId, tryParseEntryId } from '../base/index.ts';
import type { HubOptions } from '../hub/index.ts';
import { type LuaValue, toBoolean, toBytes, toNumber } from '../lua/index.ts';
import type { Outcome } from '../process/index.ts';
import { type Entry, type EntryLookup, isMapping, suggest } from '../registry/index.ts';
import type { Console } from './console.ts';
import type { CliHub, CreateHub } from './hub-port.ts';
import { printError, printProblems, printReload, printStarted } from './report.ts';
import { formatTable } from './table.ts';
import { readVersion } from './version.ts';

/** The flags of `run`, global ones included. */
export interface RunOptions {
  readonly watch?: boolean;
  /** Entry given with `-x`. */
  readonly exec?: string;
  /** Terminal host for `-x`. */
  readonly host?: string;
  readonly verbose?: boolean;
  readonly veryVerbose?: boolean;
  readonly console?: boolean;
  readonly silent?: boolean;
}

/** What the words after `run` mean. */
export type RunTarget =
  /** Serve the application at the path (default: of the working directory). */
  | { readonly kind: 'application'; readonly path: string | undefined }
  /** Run the process whose `meta.command.name` is this. */
  | { readonly kind: 'named'; readonly name: string; readonly args: readonly string[] }
  /** Run the process with this entry ID. */
  | { readonly kind: 'exec'; readonly entry: string; readonly args: readonly string[] }
  /** List what can be run by name. */
  | { readonly kind: 'list' };

/** Runs until the end; never throws. @returns the exit code. */
export async function run(
  target: RunTarget,
  options: RunOptions,
  world: { readonly console: Console; readonly createHub: CreateHub },
): Promise<number> {
  const { console } = world;
  let hub: CliHub;
  try {
    hub = await world.createHub(toHubOptions(target, options, console));
  } catch (error) {
    printError(console, error);
    return 1;
  }
  try {
    if (target.kind === 'list') return list(hub, console);
    const command = findCommand(target, hub.registry);
    return await serve(hub, command, target, options, console);
  } catch (error) {
    printError(console, error);
    return 1;
  }
}

function toHubOptions(target: RunTarget, options: RunOptions, console: Console): HubOptions {
  const isServing = target.kind === 'application';
  const wantsLogs = options.verbose === true || options.veryVerbose === true || options.console === true;
  const isSilent = options.silent === true || (!isServing && !wantsLogs);
  const level = options.verbose === true || options.veryVerbose === true ? 'debug' : 'info';
  return {
    ...(isServing && target.path !== undefined ? { path: target.path } : {}),
    cwd: console.cwd,
    environment: console.environment,
    watch: options.watch === true && target.kind !== 'list',
    log: { level: isSilent ? 'silent' : level, encoding: 'console', color: console.paint.isColorSupported },
    onProblems: (problems) => printProblems(console, problems),
    onReload: (event) => printReload(console, event),
  };
}

/** Starts, waits for an end, stops. */
async function serve(
  hub: CliHub,
  commandId: EntryId | undefined,
  target: RunTarget,
  options: RunOptions,
  console: Console,
): Promise<number> {
  let command: ReturnType<CliHub['runCommand']> | undefined;
  let signals = 0;
  let interrupt: () => void = () => {};
  const interrupted = new Promise<number>((resolve) => {
    interrupt = () => resolve(0);
  });
  const stopListening = console.onSignal(() => {
    signals++;
    if (signals > 1) console.exit(1);
    // A terminal program hears of Ctrl+C as an event and ends by itself.
    else if (command !== undefined) command.cancel();
    else interrupt();
  });
  try {
    // A signal during a slow start must not wait for it.
    const code = await Promise.race([start(), interrupted]);
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

  async function start(): Promise<number> {
    await hub.start();
    if (commandId === undefined) {
      const place = target.kind === 'application' ? (target.path ?? '.') : '.';
      if (signals === 0) {
        const facts = { version: readVersion(), path: place, isWatching: options.watch === true };
        printStarted(console, hub, facts);
      }
      return interrupted;
    }
    if (signals > 0) return 0;
    const args = target.kind === 'exec' || target.kind === 'named' ? target.args : [];
    command = hub.runCommand({ entryId: commandId, hostId: options.host, args });
    return toExitCode(await command.ended, console);
  }
}

/** `app-format.md` § 11, exit code from a command process. */
export function toExitCode(
  outcome: Outcome,
  console: Pick<Console, 'write' | 'writeError' | 'paint'>,
): number {
  if (!outcome.ok) {
    console.writeError(`${console.paint.red('Error:')} ${outcome.failure.message}\n`);
    return 1;
  }
  const value = outcome.value as LuaValue | undefined;
  const isSuccess = toBoolean(value);
  if (isSuccess !== undefined) return isSuccess ? 0 : 1;
  const number = toNumber(value);
  if (number !== undefined) return Number.isFinite(number) ? Math.trunc(number) & 0xff : 1;
  const bytes = toBytes(value);
  if (bytes !== undefined) {
    console.write(bytes);
    console.write('\n');
  }
  return 0;
}

/** An entry that can be run by name: `meta.command` of a process.lua. */
interface NamedCommand {
  readonly name: string;
  readonly entry: Entry;
  readonly short: string;
  readonly isMain: boolean;
}

function namedCommands(entries: EntryLookup): NamedCommand[] {
  const commands: NamedCommand[] = [];
  for (const entry of entries.all()) {
    const command = entry.meta.command;
    if (!isMapping(command) || typeof command.name !== 'string') continue;
    if (command.use_case !== undefined && command.use_case !== 'run') continue;
    const short = typeof command.short === 'string' ? command.short : '';
    commands.push({ name: command.name, entry, short, isMain: command.main === true });
  }
  return commands.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The process to run; `undefined` when the application is to be served. */
function findCommand(target: RunTarget, entries: EntryLookup): EntryId | undefined {
  switch (target.kind) {
    case 'exec':
      return findEntry(target.entry, entries);
    case 'named': {
      const commands = namedCommands(entries);
      const found = commands.find(({ name }) => name === target.name);
      if (found !== undefined) return found.entry.id;
      const names = commands.map(({ name }) => name);
      throw new HubError('MH_CLI_COMMAND_NOT_FOUND', {
        message: `command "${target.name}" not found`,
        hint:
          names.length === 0
            ? 'The application declares no commands (meta.command.name of a process.lua), and no such path exists.'
            : `${suggest(target.name, names) ?? ''} Commands: ${names.join(', ')}`.trim(),
      });
    }
    case 'application': {
      const isAutoStarted = entries.all().some(({ data, origin }) => {
        const block = data.lifecycle;
        return origin !== undefined && isMapping(block) && block.auto_start === true;
      });
      const main = namedCommands(entries).find(({ isMain }) => isMain);
      return isAutoStarted ? undefined : main?.entry.id;
    }
    default:
      return undefined;
  }
}

function findEntry(text: string, entries: EntryLookup): EntryId {
  if (entries.get(text) !== undefined) return text as EntryId;
  const parts = tryParseEntryId(text);
  const processes = entries.ofKind('process.lua').map(({ id }) => id);
  const nearest = suggest(parts === undefined ? text : toEntryId(parts.namespace, parts.name), processes);
  throw new HubError('MH_CLI_COMMAND_NOT_FOUND', {
    message: `Cannot run "${text}": there is no such entry`,
    ...(nearest === undefined ? {} : { hint: nearest }),
  });
}

/** `run list`. */
function list(hub: CliHub, console: Console): number {
  const commands = namedCommands(hub.registry);
  if (commands.length === 0) console.write('No commands: no process.lua has a meta.command.name.\n');
  else {
    const rows = commands.map(({ name, entry, short }) => [name, entry.id, short]);
    console.write(formatTable(['NAME', 'ENTRY', 'DESCRIPTION'], rows, console.paint));
  }
  return 0;
}

/**
 * Reads the words after `run`. A word that is a path, or looks like one, is the application; another first
 * word is the name of a command.
 */
export function toRunTarget(words: readonly string[], options: RunOptions, cwd: string): RunTarget {
  if (options.exec !== undefined) return { kind: 'exec', entry: options.exec, args: words };
  const [first, ...args] = words;
  if (first === undefined) return { kind: 'application', path: undefined };
  if (first === 'list' && args.length === 0) return { kind: 'list' };
  if (isPath(first, cwd)) return { kind: 'application', path: first };
  return { kind: 'named', name: first, args };
}

/** True for an existing path and for what can only be meant as one. */
export function isPath(word: string, cwd: string): boolean {
  return /[/\\]|^\.|\.(ya?ml|json)$/.test(word) || existsSync(path.resolve(cwd, word));
}
