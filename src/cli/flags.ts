/** Flags shared by all commands that load an application, and what they mean to the hub (`app-format.md` § 7, § 11). */
import type { Command } from 'commander';
import type { HubOptions } from '../hub/index.ts';
import { DEFAULT_SETTINGS_FILE, loadSettings, parseOverrideFlag, type Settings } from '../registry/index.ts';
import type { Console } from './console.ts';
import { findExample } from './example.ts';
import { printProblems } from './report.ts';

/** As commander gives them. */
export interface ApplicationFlags {
  readonly config?: readonly string[];
  readonly profile?: readonly string[];
  readonly set?: readonly string[];
  readonly override?: readonly string[];
  readonly lockFile?: string;
  readonly verbose?: boolean;
  readonly veryVerbose?: boolean;
  readonly console?: boolean;
  readonly silent?: boolean;
  readonly eventStreams?: boolean;
  readonly profiler?: boolean;
  readonly memoryLimit?: string;
  readonly registry?: string;
}

/** Collects a flag that may be given several times. */
const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Flags that may stand before the command and after it. */
export function addGlobalFlags(command: Command): Command {
  return command
    .option('--config <file>', 'read settings from this file, repeatable (default: .wippy.yaml)', collect)
    .option('-v, --verbose', 'write debug logs')
    .option('--very-verbose', 'write all logs')
    .option('-c, --console', 'write logs for people, also where they are off by default')
    .option('-s, --silent', 'write no logs')
    .option('-e, --event-streams', 'accepted, without effect')
    .option('-p, --profiler', 'accepted, without effect')
    .option('-m, --memory-limit <size>', 'accepted, without effect');
}

/** Flags about what is loaded and how. */
export function addLoadFlags(command: Command): Command {
  return command
    .option('-l, --lock-file <file>', 'lock file (default: wippy.lock of the application)')
    .option(
      '-o, --override <ns:entry:path=value>',
      'put a value in place of a written one, repeatable',
      collect,
    )
    .option('--set <section.path=value>', 'change a setting, repeatable', collect)
    .option('--profile <name>', 'apply a profile of the settings, repeatable', collect)
    .option('--registry <address>', 'accepted, without effect: modules are never downloaded');
}

/**
 * Options for a hub: settings and flags together, what is printed while it loads and runs.
 * @param options.logsByDefault false: logs are off unless a flag asks for them (`run -x`, `lint`, ...).
 * @throws MH_REGISTRY_CONFIG_INVALID
 */
export async function toHubOptions(
  flags: ApplicationFlags,
  options: { readonly path: string | undefined; readonly logsByDefault: boolean },
  console: Console,
): Promise<HubOptions> {
  const { settings, problems } = await loadSettings({
    cwd: console.cwd,
    environment: console.environment,
    files: flags.config,
    profiles: flags.profile,
    sets: flags.set,
  });
  printProblems(console, problems);
  printNotices(flags, console);
  const path = findExample(options.path, console.cwd);
  if (path !== options.path)
    console.writeError(`${console.paint.dim(`note: ${options.path} comes with moonhub: ${path}`)}\n`);
  return {
    path,
    cwd: console.cwd,
    environment: console.environment,
    log: toLogOptions(flags, settings, options.logsByDefault, console),
    startFiles: flags.config ?? [DEFAULT_SETTINGS_FILE],
    nodeName: settings.nodeName,
    shutdownTimeoutMs: settings.shutdownTimeoutMs,
    queuedBytesMax: settings.queuedBytesMax,
    registryVersionsMax: settings.registryVersionsMax,
    rules: {
      lockFile: flags.lockFile,
      replacements: settings.replacements,
      overrides: [...settings.overrides, ...(flags.override ?? []).map(parseOverrideFlag)],
      disable: settings.disable,
      isStrictLinking: settings.isStrictLinking,
    },
    onProblems: (found) => printProblems(console, found),
  };
}

function toLogOptions(
  flags: ApplicationFlags,
  settings: Settings,
  logsByDefault: boolean,
  console: Console,
): HubOptions['log'] {
  const isVerbose = flags.verbose === true || flags.veryVerbose === true;
  const isOn = logsByDefault || isVerbose || flags.console === true;
  const level = isVerbose ? 'debug' : settings.logLevel;
  return {
    level: flags.silent === true || !isOn ? 'silent' : level,
    encoding: flags.console === true ? 'console' : settings.logEncoding,
    color: console.paint.isColorSupported,
  };
}

/** Flags that are accepted and have no effect. */
function printNotices(flags: ApplicationFlags, console: Console): void {
  const given = [
    flags.eventStreams === true ? '--event-streams' : undefined,
    flags.profiler === true ? '--profiler' : undefined,
    flags.memoryLimit !== undefined ? '--memory-limit' : undefined,
    flags.registry !== undefined ? '--registry' : undefined,
  ];
  for (const name of given.filter((flag) => flag !== undefined))
    console.writeError(`${console.paint.dim(`note: ${name} has no effect here`)}\n`);
}
