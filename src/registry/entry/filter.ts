/** Search among entries: the filter of `registry.find` (`modules.md` § 2). */
import { HubError } from '../../base/index.ts';
import type { Entry, Value } from './entry.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import { equalValues, isMapping } from './value.ts';

/** Conditions by key; all must hold. */
export interface Filter {
  readonly [key: string]: Value | undefined;
}

type Test = (entry: Entry) => boolean;

const OWN_FIELDS: Readonly<Record<string, (entry: Entry) => string>> = {
  kind: (entry) => entry.kind,
  name: (entry) => entry.name,
  ns: (entry) => entry.namespace,
  namespace: (entry) => entry.namespace,
  id: (entry) => entry.id,
};

/** Told how much a search does: a step is about the time of a comparison, a longer pattern or text is more of them. */
export type SearchMeter = (steps: number) => void;

/**
 * Entries that fit, in the order given.
 * @param meter told before each part of the work.
 * @throws MH_REGISTRY_FILTER_INVALID
 */
export function findEntries(
  entries: readonly Entry[],
  filter: Filter,
  meter: SearchMeter = () => {},
): readonly Entry[] {
  const tests = Object.entries(filter).flatMap(([key, value]) =>
    value === undefined ? [] : createTests(key, value, meter),
  );
  meter(entries.length * (1 + tests.length));
  return entries.filter((entry) => tests.every((test) => test(entry)));
}

function createTests(key: string, expected: Value, meter: SearchMeter): Test[] {
  if (key === 'meta' && isMapping(expected)) {
    return Object.entries(expected).flatMap(([name, value]) =>
      createTests(`meta.${name}`, value as Value, meter),
    );
  }
  const operator = /^[~*^$]/.test(key) ? key[0]! : '';
  const field = key.slice(operator.length);
  const own = Object.hasOwn(OWN_FIELDS, field.replace(/^\./, ''))
    ? OWN_FIELDS[field.replace(/^\./, '')]
    : undefined;
  if (own === undefined && field.startsWith('.'))
    throw invalid(`expected .kind, .name, .ns or .id, got "${key}"`);
  const read: (entry: Entry) => Value | undefined =
    own ?? ((entry) => readMeta(entry, field.replace(/^meta\./, '')));
  const matches = createMatcher(operator, expected, { key, isOwnField: own !== undefined, meter });
  return [(entry) => matches(read(entry))];
}

/** `a.b` is the key "a.b" when there is one, else b inside a. */
function readMeta(entry: Entry, field: string): Value | undefined {
  let value: Value | undefined = entry.written.meta;
  let rest = field;
  while (isMapping(value)) {
    if (rest in value) return value[rest];
    const dot = rest.indexOf('.');
    if (dot < 0) return undefined;
    value = value[rest.slice(0, dot)];
    rest = rest.slice(dot + 1);
  }
  return undefined;
}

type Matcher = (actual: Value | undefined) => boolean;

interface MatcherContext {
  readonly key: string;
  readonly isOwnField: boolean;
  readonly meter: SearchMeter;
}

function createMatcher(operator: string, expected: Value, context: MatcherContext): Matcher {
  const { key, isOwnField, meter } = context;
  if (operator === '') {
    if (isOwnField && typeof expected === 'string' && expected.includes('*')) return matchStars(expected);
    // Several expected values: the entry's list holds them all.
    if (Array.isArray(expected)) {
      return (actual) => {
        if (!Array.isArray(actual)) return false;
        meter(expected.length * actual.length);
        return expected.every((item: Value) => actual.some((other: Value) => equalValues(other, item)));
      };
    }
    return (actual) => actual !== undefined && equalValues(actual, expected);
  }
  if (typeof expected !== 'string' && operator !== '*') throw invalid(`"${key}" takes text`);
  const text = String(expected);
  if (operator === '~') {
    const pattern = compile(text, key);
    // Linear in the text; how fast depends on the size of what the pattern became.
    const steps = 1 + (pattern.size >> 4);
    meter(pattern.size * COMPILE_STEPS);
    return (actual) => {
      if (typeof actual !== 'string') return false;
      meter(actual.length * steps);
      return pattern.isIn(actual);
    };
  }
  if (operator === '^') return (actual) => typeof actual === 'string' && actual.startsWith(text);
  if (operator === '$') return (actual) => typeof actual === 'string' && actual.endsWith(text);
  return (actual) =>
    Array.isArray(actual)
      ? actual.some((item: Value) => equalValues(item, expected))
      : typeof actual === 'string' && actual.includes(text);
}

/** `*` at the start and at the end only; elsewhere it is a letter like others. */
function matchStars(pattern: string): Matcher {
  const isOpenStart = pattern.startsWith('*');
  const isOpenEnd = pattern.length > 1 && pattern.endsWith('*');
  const text = pattern.slice(isOpenStart ? 1 : 0, isOpenEnd ? -1 : undefined);
  return (actual) => {
    if (typeof actual !== 'string') return false;
    if (isOpenStart && isOpenEnd) return actual.includes(text);
    if (isOpenStart) return actual.endsWith(text);
    return isOpenEnd ? actual.startsWith(text) : actual === text;
  };
}

/** What a step of a pattern costs to compile, in steps of a search. */
const COMPILE_STEPS = 100;

/** RE2: linear time, so that a pattern from a program cannot stall the hub. */
function compile(pattern: string, key: string): Pattern {
  try {
    return compilePattern(pattern);
  } catch (error) {
    throw invalid(`"${key}" holds a broken pattern: ${(error as Error).message}`);
  }
}

function invalid(fact: string): HubError {
  return new HubError('MH_REGISTRY_FILTER_INVALID', { message: `Cannot search the registry: ${fact}` });
}
