/** Problems: how they are put in order, made into text, and thrown where a program asked for the change. */
import { HubError, printable } from '../../base/index.ts';
import type { Entry, Position, Problem } from '../entry/entry.ts';

/** True when at least one problem is an error. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

/** By file, line and column; problems without a place come last in the order they were found. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const rank = (a: Problem, b: Problem): number => {
    if (a.position === undefined || b.position === undefined)
      return Number(a.position === undefined) - Number(b.position === undefined);
    if (a.position.file !== b.position.file) return a.position.file < b.position.file ? -1 : 1;
    return a.position.line - b.position.line || a.position.column - b.position.column;
  };
  return [...problems].sort(rank);
}

/**
 * A problem of one entry, at the place of the field (or of the entry's name when the field is absent).
 * @param field dotted: `meta.…` is below the meta of the entry, anything else below its data.
 */
export function createProblem(
  entry: Pick<Entry, 'id' | 'origin'>,
  problem: {
    readonly field?: string | undefined;
    readonly reason: string;
    readonly hint?: string | undefined;
    readonly severity?: Problem['severity'];
  },
): Problem {
  const { field, reason, hint, severity = 'error' } = problem;
  const position = field === undefined ? entry.origin?.position : entry.origin?.locate(toEntryPath(field));
  const base = { severity, position, entryId: entry.id, field, reason };
  return hint === undefined ? base : { ...base, hint };
}

/** `meta.router` -> `['meta', 'router']`, `func` -> `['data', 'func']`; digits are list indices. */
export function toEntryPath(field: string): (string | number)[] {
  const steps = field.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  return steps[0] === 'meta' ? steps : ['data', ...steps];
}

/** What `formatProblem` may use. */
export interface ProblemFormat {
  /** Colours for a terminal; default none. */
  readonly color?: Painter;
  /** Text of a file named in a position, to show the line and a caret; default: not shown. */
  readonly source?: (file: string) => string | undefined;
}

/** The colours a problem is painted with. picocolors fits. */
export interface Painter {
  bold(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
  dim(text: string): string;
}

const PLAIN: Painter = {
  bold: (text) => text,
  red: (text) => text,
  yellow: (text) => text,
  cyan: (text) => text,
  dim: (text) => text,
};

/**
 * One problem as text (`app-format.md` 6.3):
 * `src/_index.yaml:12:7: error: app.api:get_user: field "func": function "app.api:x" not found (did you mean …)`,
 * followed by the source line and a caret when `source` is given.
 */
export function formatProblem(problem: Problem, format: ProblemFormat = {}): string {
  const paint = format.color ?? PLAIN;
  const { position, severity, entryId, field, hint } = problem;
  const parts: string[] = [];
  if (position !== undefined) {
    parts.push(paint.bold(printable(`${position.file}:${position.line}:${position.column}:`)));
  }
  parts.push((severity === 'error' ? paint.red : paint.yellow)(`${severity}:`));
  if (entryId !== undefined) parts.push(printable(`${entryId}:`));
  if (field !== undefined) parts.push(printable(`field "${field}":`));
  parts.push(printable(problem.reason));
  if (hint !== undefined) parts.push(paint.cyan(printable(`(${hint})`)));
  const line = parts.join(' ');
  const excerpt = position === undefined ? undefined : formatExcerpt(position, format, paint);
  return excerpt === undefined ? line : `${line}\n${excerpt}`;
}

/** How much of a long line is shown. */
const EXCERPT_WIDTH = 120;

/** The source line of a position with a caret below its column; `undefined` without a source or for a blank line. */
export function formatExcerpt(position: Position, format: ProblemFormat, paint = PLAIN): string | undefined {
  const text = format.source?.(position.file);
  const line = text?.split('\n', position.line)[position.line - 1]?.replace(/\r$/, '');
  if (line === undefined || line.trim() === '') return undefined;
  const start = Math.max(0, position.column - EXCERPT_WIDTH + 20);
  const shown = printable(line.slice(start, start + EXCERPT_WIDTH));
  const gutter = ` ${position.line} | `;
  // Tabs before the caret stay tabs, so that it stands below its column at any tab width.
  const indent = line.slice(start, position.column - 1).replace(/[^\t]/g, ' ');
  return `${paint.dim(gutter)}${shown}\n${paint.dim(`${' '.repeat(gutter.length - 3)} | `)}${indent}${paint.red('^')}`;
}

/** The problems of a failed load as an exception; `tryReadProblems` gets them back. */
export function toLoadFailure(problems: readonly Problem[]): HubError {
  const count = problems.filter((problem) => problem.severity === 'error').length;
  return new HubError('MH_REGISTRY_LOAD_FAILED', {
    message: `Cannot load the application: its definitions have ${count} ${count === 1 ? 'error' : 'errors'}`,
    details: { problems },
  });
}

/** The problems inside a load failure or a refused change; `undefined` for any other error. */
export function tryReadProblems(error: unknown): readonly Problem[] | undefined {
  if (!(error instanceof HubError)) return undefined;
  if (error.code === 'MH_REGISTRY_ENTRY_INVALID') return tryReadProblems(error.cause);
  if (error.code !== 'MH_REGISTRY_LOAD_FAILED') return undefined;
  return error.details?.problems as readonly Problem[];
}

/** The first error as an exception with its place, all of them as text in its details; for changes made by programs. */
export function toRefusal(problems: readonly Problem[]): HubError {
  const errors = problems.filter((problem) => problem.severity === 'error');
  const first = errors[0]!;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new HubError('MH_REGISTRY_ENTRY_INVALID', {
    message: formatProblem(first).replace(/^(.*?:\d+:\d+: )?error: /, '$1') + more,
    details: { problems: errors.map((problem) => formatProblem(problem)) },
    cause: toLoadFailure(problems),
  });
}
