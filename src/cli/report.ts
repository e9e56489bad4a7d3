/** What people see: problems with source lines, what listens where, what a reload did. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { HubError, printable } from '../base/index.ts';
import { formatProblem, type Problem, tryReadProblems } from '../registry/index.ts';
import type { Console } from './console.ts';
import type { CliHub, ReloadEvent, StopProgress } from './hub-port.ts';

/** More problems than this do not help; the rest is counted. */
const PROBLEMS_SHOWN_MAX = 100;

/** More names on one line do not help either. */
const NAMES_SHOWN_MAX = 8;

/** Prints problems to standard error, each with its source line. */
export function printProblems(console: Console, problems: readonly Problem[]): void {
  const source = createSourceReader(console.cwd);
  for (const problem of problems.slice(0, PROBLEMS_SHOWN_MAX))
    console.writeError(`${formatProblem(problem, { color: console.paint, source })}\n`);
  const left = problems.length - PROBLEMS_SHOWN_MAX;
  if (left > 0) console.writeError(`… and ${left} more\n`);
}

/** `Error: …` with the hint, or all problems of a failed load (`app-format.md` 6.4). */
export function printError(console: Console, error: unknown): void {
  const { paint } = console;
  const problems = tryReadProblems(error);
  if (problems !== undefined) printProblems(console, problems);
  const message = error instanceof Error ? error.message : String(error);
  console.writeError(`${paint.red('Error:')} ${printable(message)}\n`);
  if (error instanceof HubError && error.hint !== undefined) console.writeError(`${paint.dim(error.hint)}\n`);
  // Not one of ours: a bug, so show where.
  if (!(error instanceof HubError) && error instanceof Error && error.stack !== undefined)
    console.writeError(`${paint.dim(error.stack)}\n`);
}

/** What runs and where it listens. */
export function printStarted(
  console: Console,
  hub: CliHub,
  facts: { readonly version: string; readonly path: string; readonly isWatching: boolean },
): void {
  const { paint } = console;
  // What was written, not what we added.
  const entries = hub.registry.all().filter(({ origin }) => origin !== undefined).length;
  const lines = [
    `${paint.bold('moonhub')} ${facts.version}  ${facts.path}  ${paint.dim(count(entries, 'entry', 'entries'))}`,
  ];
  const listening = hub.listening();
  const width = Math.max(0, ...listening.map(({ id }) => id.length));
  for (const { id, url } of listening) lines.push(`  ${id.padEnd(width)}  ${paint.cyan(url)}`);
  for (const { id } of hub.registry.ofKind('http.service')) {
    if (listening.some((server) => server.id === id)) continue;
    lines.push(
      `  ${paint.yellow(`${id} does not listen: set lifecycle.auto_start to true to start it with the application`)}`,
    );
  }
  const watching = facts.isWatching ? 'watching files, ' : '';
  lines.push(`  ${paint.dim(`${watching}Ctrl+C stops, a second one at once`)}`);
  console.write(`${lines.join('\n')}\n`);
}

/** One line for what was reloaded; the problems when nothing was. */
export function printReload(console: Console, event: ReloadEvent): void {
  const { paint } = console;
  switch (event.kind) {
    case 'applied': {
      printProblems(console, event.problems);
      const deleted = new Set(
        event.changes.flatMap((change) => (change.operation === 'delete' ? [change.previous.id] : [])),
      );
      const names = event.affected.map(({ id, via }) => {
        if (via !== undefined) return `${id} ${paint.dim(`via ${via}`)}`;
        return deleted.has(id as never) ? `${id} ${paint.dim('removed')}` : id;
      });
      const shown = names.slice(0, NAMES_SHOWN_MAX).join(', ');
      const more = names.length > NAMES_SHOWN_MAX ? ` and ${names.length - NAMES_SHOWN_MAX} more` : '';
      const time = paint.dim(`v${event.version} in ${Math.round(event.durationMs)} ms`);
      const verb = event.isRecovery ? 'back to good: reloaded' : 'reloaded';
      console.write(`${paint.green(verb)} ${shown}${more} ${time}\n`);
      return;
    }
    case 'rejected':
      printProblems(console, event.problems);
      if (event.error !== undefined) printError(console, event.error);
      console.writeError(
        `${paint.yellow('not reloaded')}${listRefused(event.refused)}, the last good version keeps running\n`,
      );
      return;
    case 'restored':
      console.write(`${paint.green('files are good again')}, nothing to reload\n`);
      return;
    case 'start-file': {
      const file = path.relative(console.cwd, event.file);
      console.write(`${paint.yellow(`${file} saved`)}, it counts from the next start on\n`);
      return;
    }
    default:
      event satisfies never;
  }
}

/** ` app:a, app:b and 3 more`. */
function listRefused(ids: readonly string[]): string {
  if (ids.length === 0) return '';
  const more = ids.length > NAMES_SHOWN_MAX ? ` and ${ids.length - NAMES_SHOWN_MAX} more` : '';
  return ` ${ids.slice(0, NAMES_SHOWN_MAX).join(', ')}${more}`;
}

/** Who a stop is waiting for: services by ID, the rest counted. */
export function printStopProgress(console: Console, { stage, services, work }: StopProgress): void {
  const counts = Object.entries(work).map(([noun, amount]) => `${noun}: ${amount}`);
  printWaiting(console, [...counts, ...services], STAGE_TEXTS[stage]);
}

/** Who is waited for after a first Ctrl+C. @param otherwise said when there is nobody to name. */
export function printWaiting(console: Console, names: readonly string[], otherwise: string): void {
  const { paint } = console;
  const left = names.length - NAMES_SHOWN_MAX;
  const shown = names.slice(0, NAMES_SHOWN_MAX).join(', ');
  const whom = names.length === 0 ? otherwise : `${shown}${left > 0 ? ` and ${left} more` : ''}`;
  console.writeError(`${paint.yellow('stopping')}, waiting for ${whom}; Ctrl+C again ends at once\n`);
}

/** What a stage waits for when nothing is counted. */
const STAGE_TEXTS: Readonly<Record<StopProgress['stage'], string>> = {
  refuse: 'servers to close',
  drain: 'targets to read that their clients left',
  services: 'what is starting or reloading',
  extensions: 'extensions to close',
  processes: 'processes to end',
};

/** `1 entry`, `2 entries`. */
export function count(amount: number, one: string, many: string): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

/** Reads files named in positions, each once; they may have vanished since. */
function createSourceReader(cwd: string): (file: string) => string | undefined {
  const texts = new Map<string, string | undefined>();
  return (file) => {
    if (!texts.has(file)) {
      try {
        texts.set(file, readFileSync(path.resolve(cwd, file), 'utf8').replace(/^\uFEFF/, ''));
      } catch {
        texts.set(file, undefined);
      }
    }
    return texts.get(file);
  };
}
