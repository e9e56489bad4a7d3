/** The command line: reads words and flags, calls the hub, prints (`app-format.md` § 11). */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Console } from './console.ts';
import { type ApplicationFlags, addGlobalFlags, addLoadFlags } from './flags.ts';
import type { CliWorld } from './hub-port.ts';
import { type InitFlags, init } from './init-command.ts';
import { type LintFlags, lint } from './lint-command.ts';
import { type ListFlags, listEntries, type ShowFlags, showEntry } from './registry-command.ts';
import { printError } from './report.ts';
import { isPath, type RunFlags, run, toRunTarget } from './run-command.ts';
import { test } from './test-command.ts';
import { readVersion } from './version.ts';

export { type Console, createNodeConsole } from './console.ts';
export type { CliHub, CliWorld, CreateHub } from './hub-port.ts';

const EXAMPLES = `
Examples:
  moonhub run                          serve the application of this folder
  moonhub run registry/guide --watch   serve a folder and reload what is saved
  moonhub run app/_index.yaml          serve one definition file
  moonhub run migrate --dry            run the command an entry declares as "migrate"
  moonhub run -x app:cli a b           run one process with arguments
  moonhub run chat -x app:cli a b      the same of the application in a folder
  moonhub run registry/relay           serve an example that comes with moonhub (registry/guide, registry/relay)
  moonhub lint registry/guide          say what is wrong, start nothing
  moonhub registry list -k 'http.*'    list entries by kind
`;

/** Runs one command line; never throws. @returns the exit code. */
export async function runCli(argv: readonly string[], world: CliWorld): Promise<number> {
  const { console } = world;
  let code = 0;
  const ends = (result: number): void => {
    code = result;
  };
  const program = createProgram(console);
  addRun(program, world, ends);
  addLint(program, world, ends);
  addRegistry(program, world, ends);
  addTest(program, world, ends);
  addInit(program, console, ends);
  program
    .command('version')
    .summary('print name and version')
    .option('--short', 'the version alone')
    .action((flags: { short?: boolean }) => {
      console.write(flags.short === true ? `${readVersion()}\n` : `moonhub ${readVersion()}\n`);
    });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    printError(console, error);
    return 1;
  }
}

type Ends = (code: number) => void;

function createProgram(console: Console): Command {
  return addGlobalFlags(new Command('moonhub'))
    .description(
      'An embedded Lua scripting host: HTTP handlers, processes, and WebSockets that are processes.',
    )
    .version(readVersion(), '--version', 'print the version')
    .addHelpText('after', EXAMPLES)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => console.write(text),
      writeErr: (text) => console.writeError(text),
      outputError: (text, write) => write(text.replace(/^error: /, `${console.paint.red('Error:')} `)),
    });
}

/** A command that loads an application. */
function addApplicationCommand(parent: Command, name: string): Command {
  return addLoadFlags(addGlobalFlags(parent.command(name)));
}

function addRun(program: Command, world: CliWorld, ends: Ends): void {
  addRunFlags(program.command('run'))
    .summary('start an application, or run one of its processes')
    .description(
      'Starts the application at PATH (a folder or a definition file) and serves until a signal.\n' +
        'A first word that is no path is the name of a command the application declares.\n' +
        'A path below registry/ that is not here is looked for among the examples that come with moonhub.',
    )
    .argument('[words...]', 'PATH, or NAME and its arguments, or "list"')
    .passThroughOptions()
    .addHelpText('after', EXAMPLES)
    .action(async (given: string[], _flags, command: Command) => {
      const { path, words, flags } = parseRun(given, command, world.console.cwd);
      ends(await run(toRunTarget(path, words, flags), flags, world));
    });
}

function addRunFlags(command: Command): Command {
  return addLoadFlags(addGlobalFlags(command))
    .option('-w, --watch', 'reload definitions and sources when they are saved')
    .addOption(
      new Option('--watch=poll', 'the same by polling, for mounted folders that send no file events'),
    )
    .option('-x, --exec <entry>', 'run this process on a terminal host, with the words as arguments')
    .option('--host <id>', 'terminal host for --exec');
}

/** The words of `run`, told apart. */
interface RunWords {
  readonly path: string | undefined;
  readonly words: readonly string[];
  readonly flags: RunFlags;
}

/**
 * Everything after a command's name goes to the command unchanged, so flags are read only up to the first
 * word. After a path there is nobody to give flags to but us: they are read there too, up to the next word, which only `-x` has a use for.
 */
function parseRun(given: readonly string[], command: Command, cwd: string): RunWords {
  const flags = command.optsWithGlobals<RunFlags>();
  const [first, ...more] = given;
  if (flags.exec !== undefined || first === undefined || !isPath(first, cwd))
    return { path: undefined, words: given, flags };
  const rest = addRunFlags(new Command('run').copyInheritedSettings(command))
    .argument('[words...]')
    .passThroughOptions();
  rest.parse(more, { from: 'user' });
  const later = rest.opts<RunFlags>();
  const [word] = rest.args;
  if (word !== undefined && later.exec === undefined && rest.args.join(' ') !== 'list')
    rest.error(`error: too many arguments for 'run': a path takes "list" or -x, got '${word}'`);
  return { path: first, words: rest.args, flags: mergeFlags(flags, later) };
}

/** Later ones win; those that may be given several times add up. */
function mergeFlags(before: RunFlags, later: RunFlags): RunFlags {
  const merged: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(later)) {
    const known = merged[name];
    merged[name] = Array.isArray(known) && Array.isArray(value) ? [...known, ...value] : value;
  }
  return merged;
}

function addLint(program: Command, world: CliWorld, ends: Ends): void {
  addApplicationCommand(program, 'lint')
    .summary('load and judge an application without starting it')
    .argument('[path]', 'application folder or definition file')
    .addOption(
      new Option('--level <level>', 'the least severe to report')
        .choices(['error', 'warning', 'hint'])
        .default('warning'),
    )
    .option('--ns <pattern...>', 'only namespaces (or entry IDs) that match')
    .option('--code <code...>', 'only these codes')
    .option('--summary', 'only the counts')
    .option('--limit <number>', 'report at most this many', toCount)
    .option('--json', 'print objects')
    .option('--no-color', 'print without colours')
    .option('--cache-reset', 'accepted, without effect: nothing is cached')
    .action(async (path: string | undefined, _flags, command: Command) => {
      const flags = command.optsWithGlobals<LintFlags & { color: boolean }>();
      const console = flags.color ? world.console : { ...world.console, paint: world.console.plain };
      ends(await lint(flags, path, { ...world, console }));
    });
}

function addRegistry(program: Command, world: CliWorld, ends: Ends): void {
  const registry = program.command('registry').summary('show what an application consists of');
  addApplicationCommand(registry, 'list')
    .summary('list entries')
    .argument('[path]', 'application folder or definition file')
    .option('-k, --kind <kind>', 'only this kind; * at the start or end matches any text')
    .option('-n, --ns <namespace>', 'only this namespace; * as above')
    .option('--name <name>', 'only this name; * as above')
    .option('--meta <field=value...>', 'only this meta value; ~pattern, *part, ^start, $end')
    .option('--json', 'print JSON')
    .option('--yaml', 'print YAML')
    .action(async (path: string | undefined, _flags, command: Command) => {
      ends(await listEntries(command.optsWithGlobals<ListFlags>(), path, world));
    });
  addApplicationCommand(registry, 'show')
    .summary('show one entry')
    .argument('<id>', 'entry ID, or a name that only one entry has')
    .argument('[path]', 'application folder or definition file')
    .option('-f, --field <path>', 'only the value at this dotted path')
    .option('--json', 'print JSON')
    .option('--yaml', 'print YAML (default)')
    .option('--raw', 'print text as it is')
    .action(async (id: string, path: string | undefined, _flags, command: Command) => {
      ends(await showEntry(id, command.optsWithGlobals<ShowFlags>(), path, world));
    });
}

function addTest(program: Command, world: CliWorld, ends: Ends): void {
  addApplicationCommand(program, 'test')
    .summary("run the application's tests")
    .argument('[words...]', 'application folder or definition file; parts of test IDs or suites')
    .action(async (words: string[], _flags, command: Command) => {
      const [first] = words;
      const path = first !== undefined && isPath(first, world.console.cwd) ? first : undefined;
      const filters = path === undefined ? words : words.slice(1);
      ends(await test(filters, command.optsWithGlobals<ApplicationFlags>(), path, world));
    });
}

function addInit(program: Command, console: Console, ends: Ends): void {
  program
    .command('init')
    .summary('write a lock file')
    .option('-d, --src-dir <folder>', 'source folder', './src')
    .option('--modules-dir <folder>', 'module folder', '.wippy')
    .option('-l, --lock-file <file>', 'lock file', 'wippy.lock')
    .action(async (flags: InitFlags) => ends(await init(flags, console)));
}

function toCount(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number.');
}
