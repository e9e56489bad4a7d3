/** Room 4, command line: reads words and flags, calls the hub, prints (`app-format.md` § 11). */
import { Command, CommanderError } from 'commander';
import type { Console } from './console.ts';
import type { CreateHub } from './hub-port.ts';
import { printError } from './report.ts';
import { isPath, type RunOptions, run, toRunTarget } from './run-command.ts';
import { readVersion } from './version.ts';

export { type Console, createNodeConsole } from './console.ts';
export type { CliHub, CreateHub } from './hub-port.ts';

const EXAMPLES = `
Examples:
  moonhub run                          serve the application of this folder
  moonhub run registry/guide --watch   serve a folder and reload what is saved
  moonhub run app/_index.yaml          serve one definition file
  moonhub run migrate --dry            run the command an entry declares as "migrate"
  moonhub run -x app:cli a b           run one process with arguments
`;

/** Runs one command line; never throws. @returns the exit code. */
export async function runCli(
  argv: readonly string[],
  world: { readonly console: Console; readonly createHub: CreateHub },
): Promise<number> {
  const { console } = world;
  let code = 0;
  const program = createProgram(console);
  program
    .command('run')
    .summary('start an application, or run one of its processes')
    .description(
      'Starts the application at PATH (a folder or a definition file) and serves until a signal.\n' +
        'A first word that is no path is the name of a command the application declares.',
    )
    .argument('[words...]', 'PATH, or NAME and its arguments, or "list"')
    .passThroughOptions()
    .addHelpText('after', EXAMPLES)
    .action(async (words: string[], _options, command: Command) => {
      const parsed = parseRun(words, command, console.cwd);
      code = await run(toRunTarget(parsed.words, parsed.options, console.cwd), parsed.options, world);
    });
  addRunFlags(program.commands[0]!);
  program
    .command('version')
    .summary('print name and version')
    .option('--short', 'the version alone')
    .action((options: { short?: boolean }) => {
      console.write(options.short === true ? `${readVersion()}\n` : `moonhub ${readVersion()}\n`);
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

function createProgram(console: Console): Command {
  const program = new Command('moonhub');
  return program
    .description(
      'An embedded Lua scripting host: HTTP handlers, processes, and WebSockets that are processes.',
    )
    .version(readVersion(), '--version', 'print the version')
    .option('-v, --verbose', 'write debug logs')
    .option('--very-verbose', 'write all logs')
    .option('-c, --console', 'write logs for people, also where they are off by default')
    .option('-s, --silent', 'write no logs')
    .addHelpText('after', EXAMPLES)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => console.write(text),
      writeErr: (text) => console.writeError(text),
      outputError: (text, write) => write(text.replace(/^error: /, `${console.paint.red('Error:')} `)),
    });
}

function addRunFlags(command: Command): Command {
  return command
    .option('-w, --watch', 'reload definitions and sources when they are saved')
    .option('-x, --exec <entry>', 'run this process on a terminal host, with the words as arguments')
    .option('--host <id>', 'terminal host for --exec')
    .option('-v, --verbose', 'write debug logs')
    .option('--very-verbose', 'write all logs')
    .option('-c, --console', 'write logs for people, also where they are off by default')
    .option('-s, --silent', 'write no logs');
}

/**
 * Everything after a command's name goes to the command unchanged, so flags are read only up to the first
 * word. After a path there is nobody to give flags to but us: they are read there too.
 */
function parseRun(
  words: readonly string[],
  command: Command,
  cwd: string,
): { words: readonly string[]; options: RunOptions } {
  const options = command.optsWithGlobals<RunOptions>();
  const [first] = words;
  if (options.exec !== undefined || first === undefined || !isPath(first, cwd)) return { words, options };
  const rest = addRunFlags(new Command('run').exitOverride().copyInheritedSettings(command)).argument(
    '<path>',
  );
  rest.parse([...words], { from: 'user' });
  return { words: rest.args, options: { ...options, ...rest.opts<RunOptions>() } };
}
