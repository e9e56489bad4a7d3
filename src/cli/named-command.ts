/** Processes that can be run by name: a process.lua with `meta.command` (`app-format.md` § 5.4, § 11). */
import { type EntryId, HubError, toEntryId, tryParseEntryId } from '../base/index.ts';
import { type Entry, type EntryLookup, isMapping, suggest } from '../registry/index.ts';

/** One of them. */
export interface NamedCommand {
  readonly name: string;
  readonly entry: Entry;
  /** One line about it; `''` when there is none. */
  readonly short: string;
  /** Runs when no name is given and nothing else would. */
  readonly isMain: boolean;
}

/** All with a use case (`run` unless written otherwise), by name. */
export function namedCommands(entries: EntryLookup, useCase: 'run' | 'test'): NamedCommand[] {
  const commands: NamedCommand[] = [];
  for (const entry of entries.all()) {
    const { command } = entry.meta;
    if (!isMapping(command) || typeof command.name !== 'string') continue;
    if ((command.use_case ?? 'run') !== useCase) continue;
    const short = typeof command.short === 'string' ? command.short : '';
    commands.push({ name: command.name, entry, short, isMain: command.main === true });
  }
  return commands.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @throws MH_CLI_COMMAND_NOT_FOUND with the names there are. */
export function findNamedCommand(name: string, entries: EntryLookup): EntryId {
  const commands = namedCommands(entries, 'run');
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found.entry.id;
  const names = commands.map((command) => command.name);
  throw new HubError('MH_CLI_COMMAND_NOT_FOUND', {
    message: `command "${name}" not found`,
    hint:
      names.length === 0
        ? 'The application declares no commands (meta.command.name of a process.lua), and no such path exists.'
        : `${suggest(name, names) ?? ''} Commands: ${names.join(', ')}`.trim(),
  });
}

/** The process with an ID. @throws MH_CLI_COMMAND_NOT_FOUND with the nearest one. */
export function findProcess(text: string, entries: EntryLookup): EntryId {
  const parts = tryParseEntryId(text);
  if (parts !== undefined && entries.get(text) !== undefined) return toEntryId(parts.namespace, parts.name);
  const nearest = suggest(
    text,
    entries.ofKind('process.lua').map(({ id }) => id),
  );
  throw new HubError('MH_CLI_COMMAND_NOT_FOUND', {
    message: `Cannot run "${text}": there is no such entry`,
    ...(nearest === undefined ? {} : { hint: nearest }),
  });
}

/** The main command, when nothing that was declared starts by itself. */
export function findMainCommand(entries: EntryLookup): EntryId | undefined {
  const isAutoStarted = entries.all().some(({ data, origin }) => {
    const { lifecycle } = data;
    return origin !== undefined && isMapping(lifecycle) && lifecycle.auto_start === true;
  });
  if (isAutoStarted) return undefined;
  return namedCommands(entries, 'run').find(({ isMain }) => isMain)?.entry.id;
}
