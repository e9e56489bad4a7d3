/** `${…}` inside entry data (`app-format.md` § 4.2). */
import type { Mapping, Value } from './entry.ts';
import { forEachString, type Path, setAt } from './value.ts';

/** A variable as placeholders see it. */
export interface Variable {
  /** `undefined` or `''` = unset. The variable's own default is applied already. */
  readonly value: string | undefined;
  /** ID of the declaring entry; `undefined` for a plain variable of the operating system. */
  readonly entryId: string | undefined;
}

/** Reads a variable by public name or entry ID. */
export type ReadVariable = (name: string) => Variable;

/** One placeholder that could not be filled. */
export interface PlaceholderFault {
  readonly path: Path;
  readonly reason: string;
}

/** Data with its placeholders filled. */
export interface Filled {
  readonly data: Mapping;
  /** IDs of the variables used. */
  readonly variables: ReadonlySet<string>;
  readonly faults: readonly PlaceholderFault[];
}

/**
 * `$${` | `${env:NAME}` | `${env:NAME|default}` | `${NAME|default}` | `${NAME:-default}`. A bare `${NAME}` does
 * not match and stays as it is. Names with the `env:` mark may be entry IDs.
 */
const PLACEHOLDER =
  /\$\$\{|\$\{(?:env:(?<marked>[A-Za-z0-9_.:-]+?)(?:(?:\||:-)(?<markedDefault>[^}]*))?|(?<name>[A-Z_][A-Z0-9_]*)(?:\||:-)(?<nameDefault>[^}]*))\}/g;

/**
 * Fills the placeholders of all strings in `data`.
 * @param isExempt paths left alone: program text is not configuration.
 */
export function fillPlaceholders(
  data: Mapping,
  readVariable: ReadVariable,
  isExempt: (path: Path) => boolean,
): Filled {
  const variables = new Set<string>();
  const faults: PlaceholderFault[] = [];
  let filled: Value = data;
  forEachString(data, (text, path) => {
    if (!text.includes('${') || isExempt(path)) return;
    const result = fill(text, (name) => {
      const variable = readVariable(name);
      if (variable.entryId !== undefined) variables.add(variable.entryId);
      return variable.value === '' ? undefined : variable.value;
    });
    if (typeof result === 'object') faults.push({ path, reason: `variable "${result.missing}" is not set` });
    else if (result !== text) filled = setAt(filled, path, result);
  });
  return { data: filled as Mapping, variables, faults };
}

type Missing = { readonly missing: string };

function fill(text: string, read: (name: string) => string | undefined): string | number | boolean | Missing {
  let missing: string | undefined;
  const parts = [...text.matchAll(PLACEHOLDER)];
  const whole = parts.length === 1 && parts[0]![0] === text ? parts[0]! : undefined;
  if (whole !== undefined && whole[0] !== '$${') {
    const { name, fallback } = partsOf(whole.groups!);
    const value = read(name);
    if (value === undefined && fallback === undefined) return { missing: name };
    const type = fallback === undefined ? 'string' : typeof coerceText(fallback);
    const coerced = coerceText(value ?? fallback!);
    return typeof coerced === type ? coerced : (value ?? fallback!);
  }
  const filled = text.replace(PLACEHOLDER, (...match) => {
    if (match[0] === '$${') return '${';
    const { name, fallback } = partsOf(match.at(-1) as Record<string, string | undefined>);
    const value = read(name) ?? fallback;
    if (value === undefined) missing ??= name;
    return value ?? '';
  });
  return missing === undefined ? filled : { missing };
}

function partsOf(groups: Record<string, string | undefined>): { name: string; fallback: string | undefined } {
  return { name: (groups.marked ?? groups.name)!, fallback: groups.markedDefault ?? groups.nameDefault };
}

/** Text from a command line or a variable as the value it looks like: `true`/`false`, a number, else text. */
export function coerceText(text: string): string | number | boolean {
  if (text === 'true') return true;
  if (text === 'false') return false;
  // Leading zeros and a plus sign are how people write identifiers, not numbers.
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) {
    const number = Number(text);
    if (Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number))) return number;
  }
  return text;
}
