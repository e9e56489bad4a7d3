/** `moonhub lint`: loads and judges an application, tries its programs, starts nothing (`app-format.md` § 11). */
import { compileIdPattern, findUnknownFields, type Problem, tryReadProblems } from '../registry/index.ts';
import { type ApplicationFlags, toHubOptions } from './flags.ts';
import type { CliWorld } from './hub-port.ts';
import { count, printError, printProblems } from './report.ts';

/** The flags of `lint`. */
export interface LintFlags extends ApplicationFlags {
  /** The least severe to report. Default `warning`. */
  readonly level?: 'error' | 'warning' | 'hint';
  /** Patterns over namespaces or entry IDs. */
  readonly ns?: readonly string[];
  /** Codes to report; default all. */
  readonly code?: readonly string[];
  /** Only the counts. */
  readonly summary?: boolean;
  readonly limit?: number;
  readonly json?: boolean;
}

/** Never throws. @returns 1 when there are errors, whether shown or not. */
export async function lint(flags: LintFlags, path: string | undefined, world: CliWorld): Promise<number> {
  const { console } = world;
  const problems: Problem[] = [];
  let entries = 0;
  try {
    const options = await toHubOptions(flags, { path, logsByDefault: false }, console);
    const hub = await world.createHub({ ...options, onProblems: (found) => void problems.push(...found) });
    problems.push(...findUnknownFields(hub.registry.all(), hub.kinds));
    problems.push(...(await hub.tryPrograms()));
    entries = hub.registry.all().length;
  } catch (error) {
    const found = tryReadProblems(error);
    if (found === undefined) {
      printError(console, error);
      return 1;
    }
    problems.push(...found);
  }
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const shown = select(problems, flags);
  const counts = { errors, warnings: problems.length - errors, entries };
  if (flags.json === true) console.write(`${JSON.stringify(toReport(shown, counts), null, 2)}\n`);
  else {
    if (flags.summary !== true) printProblems(console, shown);
    const text = `${count(errors, 'error', 'errors')}, ${count(counts.warnings, 'warning', 'warnings')}`;
    console.write(`${text}\n`);
  }
  return errors > 0 ? 1 : 0;
}

function select(problems: readonly Problem[], flags: LintFlags): readonly Problem[] {
  const patterns = (flags.ns ?? []).map(compileIdPattern);
  const isWanted = ({ severity, entryId, code }: Problem): boolean => {
    if (flags.level === 'error' && severity !== 'error') return false;
    if (flags.code !== undefined && !flags.code.includes(code ?? DEFAULT_CODES[severity])) return false;
    if (patterns.length === 0) return true;
    const [namespace = '', name = ''] = (entryId ?? '').split(/:(.*)/s);
    return patterns.some((matches) => matches({ namespace, name }));
  };
  return problems.filter(isWanted).slice(0, flags.limit);
}

/** For problems whose finder gave no code. */
const DEFAULT_CODES = { error: 'E0001', warning: 'W1000' } as const;

function toReport(
  problems: readonly Problem[],
  counts: { readonly errors: number; readonly warnings: number; readonly entries: number },
) {
  return {
    diagnostics: problems.map(({ entryId, code, severity, field, reason, hint, position }) => ({
      entry_id: entryId ?? null,
      code: code ?? DEFAULT_CODES[severity],
      severity,
      message: `${field === undefined ? '' : `field "${field}": `}${reason}${hint === undefined ? '' : ` (${hint})`}`,
      file: position?.file ?? null,
      line: position?.line ?? null,
      column: position?.column ?? null,
    })),
    total_entries: counts.entries,
    error_count: counts.errors,
    warning_count: counts.warnings,
    hint_count: 0,
  };
}
