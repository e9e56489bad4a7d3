/**
 * Values of entries: deep-frozen, without prototypes, so that keys such as `__proto__` are only keys. Nothing
 * in this room changes a value in place: a change is a new value that shares what stayed the same.
 */
import { HubError, VALUE_DEPTH_MAX } from '../../base/index.ts';
import type { Mapping, Value } from './entry.ts';

/** A place inside a value: mapping keys and list indices, outermost first. */
export type Path = readonly (string | number)[];

/** The mapping without keys. */
export const EMPTY_MAPPING: Mapping = Object.freeze(Object.create(null));

/** Values frozen by this module; they need no second copy. */
const frozen = new WeakSet<object>();
frozen.add(EMPTY_MAPPING);

/** True for mappings; false for lists, scalars and anything that is not a value. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Copies plain data (objects, arrays, scalars) into a value. Keys whose value is `undefined` are left out.
 * Values made by this function come back as they are.
 * @throws MH_REGISTRY_VALUE_INVALID for functions, symbols, class instances, cycles and too deep nesting.
 */
export function toValue(input: unknown, depth = 0): Value {
  if (depth > VALUE_DEPTH_MAX)
    throw invalidValue(`nesting deeper than ${VALUE_DEPTH_MAX} levels, or a cycle`);
  switch (typeof input) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return input;
    case 'object':
      break;
    default:
      throw invalidValue(`a ${typeof input}`);
  }
  if (input === null) return null;
  if (frozen.has(input)) return input as Value;
  if (Array.isArray(input))
    return freezeList(input.map((item) => (item === undefined ? null : toValue(item, depth + 1))));
  const prototype: unknown = Object.getPrototypeOf(input);
  if (prototype !== null && prototype !== Object.prototype) throw invalidValue('a class instance');
  const copy: Record<string, Value> = Object.create(null);
  for (const [key, item] of Object.entries(input))
    if (item !== undefined) copy[key] = toValue(item, depth + 1);
  return freezeMapping(copy);
}

/** As `toValue`, for something that must be a mapping. */
export function toMapping(input: object): Mapping {
  const value = toValue(input);
  if (!isMapping(value)) throw invalidValue('a list in place of a mapping');
  return value;
}

/** Freezes a list whose items are values already. The list must not be used by anyone else. */
export function freezeList(items: Value[]): readonly Value[] {
  frozen.add(items);
  return Object.freeze(items);
}

/** Freezes a mapping without prototype whose items are values already. */
export function freezeMapping(mapping: Record<string, Value>): Mapping {
  frozen.add(mapping);
  return Object.freeze(mapping);
}

/** A deep copy that may be changed; mappings have no prototype. */
export function toMutable(value: Value): unknown {
  if (Array.isArray(value)) return value.map(toMutable);
  if (!isMapping(value)) return value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) copy[key] = toMutable(item as Value);
  return copy;
}

/** Same content: key order does not matter, list order does, NaN equals NaN. */
export function equalValues(a: Value | undefined, b: Value | undefined): boolean {
  if (Object.is(a, b) || a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equalValues(item, b[index]));
  }
  if (!isMapping(a) || !isMapping(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => key in b && equalValues(a[key], b[key]))
  );
}

/** The value at a path; `undefined` when there is none. */
export function getAt(value: Value | undefined, path: Path): Value | undefined {
  let current = value;
  for (const step of path) {
    if (Array.isArray(current)) current = typeof step === 'number' ? current[step] : current[toIndex(step)];
    else if (isMapping(current)) current = current[step];
    else return undefined;
  }
  return current;
}

/** A copy with another value at a path. Missing mappings on the way are created; scalars on the way are replaced. */
export function setAt(value: Value | undefined, path: Path, replacement: Value): Value {
  if (path.length === 0) return replacement;
  const [step, ...rest] = path as [string | number, ...(string | number)[]];
  if (Array.isArray(value)) {
    const index = typeof step === 'number' ? step : toIndex(step);
    if (index >= 0 && index <= value.length) {
      const list = [...(value as readonly Value[])];
      list[index] = setAt(list[index], rest, replacement);
      return freezeList(list);
    }
  }
  const copy: Record<string, Value> = Object.create(null);
  if (isMapping(value)) Object.assign(copy, value);
  copy[step] = setAt(copy[step], rest, replacement);
  return freezeMapping(copy);
}

/** Calls back for every string inside a value, with its path, in order. */
export function forEachString(
  value: Value,
  visit: (text: string, path: Path) => void,
  path: Path = [],
): void {
  if (typeof value === 'string') visit(value, path);
  else if (Array.isArray(value))
    value.forEach((item: Value, index) => {
      forEachString(item, visit, [...path, index]);
    });
  else if (isMapping(value))
    for (const [key, item] of Object.entries(value)) forEachString(item as Value, visit, [...path, key]);
}

/** A value as a reader of a message sees it: short, on one line. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'number' && !Number.isFinite(value)) return `number ${nonFinite(value)}`;
  return `${typeof value === 'bigint' ? 'number' : typeof value} ${String(value)}`;
}

/** As YAML writes it. */
function nonFinite(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  return value > 0 ? '.inf' : '-.inf';
}

/** A list index written as text; -1 when it is none. */
function toIndex(step: string | number): number {
  return /^\d+$/.test(String(step)) ? Number(step) : -1;
}

function invalidValue(got: string): HubError {
  return new HubError('MH_REGISTRY_VALUE_INVALID', {
    message: `Cannot keep a value in the registry: expected mappings, lists and scalars, got ${got}`,
  });
}
