/** `moonhub registry list` and `registry show`: what the loaded application consists of (`app-format.md` § 11). */
import { HubError } from '../base/index.ts';
import {
  type Entry,
  type EntryLookup,
  formatYaml,
  getAt,
  type Mapping,
  suggest,
  type Value,
} from '../registry/index.ts';
import { type ApplicationFlags, toHubOptions } from './flags.ts';
import type { CliHub, CliWorld } from './hub-port.ts';
import { count, printError } from './report.ts';
import { formatTable } from './table.ts';

/** How entries are printed. */
interface OutputFlags extends ApplicationFlags {
  readonly json?: boolean;
  readonly yaml?: boolean;
}

/** The flags of `registry list`. */
export interface ListFlags extends OutputFlags {
  readonly kind?: string;
  readonly ns?: string;
  readonly name?: string;
  /** `field=value`; a value starting with `~ * ^ $` is a pattern, part, start or end. */
  readonly meta?: readonly string[];
}

/** The flags of `registry show`. */
export interface ShowFlags extends OutputFlags {
  /** Dotted path of the one value to print. */
  readonly field?: string;
  /** Text as it is, without quotes. */
  readonly raw?: boolean;
}

/** Never throws. @returns the exit code. */
export function listEntries(flags: ListFlags, path: string | undefined, world: CliWorld): Promise<number> {
  return printFrom(flags, path, world, (registry) => {
    const entries = [...registry.find(toFilter(flags))].sort((a, b) => (a.id < b.id ? -1 : 1));
    if (flags.json === true || flags.yaml === true) return formatValue(entries.map(toPlain), flags);
    const rows = entries.map(({ id, kind }) => [id, kind]);
    const table = formatTable(['ID', 'KIND'], rows, world.console.paint);
    return `${table}\nTotal: ${count(entries.length, 'entry', 'entries')}\n`;
  });
}

/** Never throws. @returns the exit code; 1 when there is no such entry or field. */
export function showEntry(
  id: string,
  flags: ShowFlags,
  path: string | undefined,
  world: CliWorld,
): Promise<number> {
  return printFrom(flags, path, world, (registry) => {
    const entry = toPlain(findEntry(id, registry));
    const value = flags.field === undefined ? entry : readField(entry, flags.field);
    if (flags.raw === true && typeof value === 'string') return value;
    return formatValue(value, { yaml: true, ...flags });
  });
}

/** Loads an application and prints what is to be said about its registry. Never throws. @returns the exit code. */
async function printFrom(
  flags: OutputFlags,
  path: string | undefined,
  { console, createHub }: CliWorld,
  toText: (registry: CliHub['registry']) => string,
): Promise<number> {
  try {
    const { registry } = await createHub(await toHubOptions(flags, { path, logsByDefault: false }, console));
    console.write(toText(registry));
    return 0;
  } catch (error) {
    printError(console, error);
    return 1;
  }
}

function toFilter(flags: ListFlags): Mapping {
  const filter: Record<string, Value> = {};
  if (flags.kind !== undefined) filter['.kind'] = flags.kind;
  if (flags.ns !== undefined) filter['.ns'] = flags.ns;
  if (flags.name !== undefined) filter['.name'] = flags.name;
  for (const condition of flags.meta ?? []) {
    const equals = condition.indexOf('=');
    if (equals <= 0) {
      throw new HubError('MH_REGISTRY_FILTER_INVALID', {
        message: `Cannot search the registry: --meta takes "field=value", got "${condition}"`,
      });
    }
    const value = condition.slice(equals + 1);
    const operator = /^[~*^$]/.test(value) ? value[0]! : '';
    filter[`${operator}meta.${condition.slice(0, equals)}`] = value.slice(operator.length);
  }
  return filter;
}

/** By full ID, or by a name that only one entry has. */
function findEntry(id: string, entries: EntryLookup): Entry {
  const exact = entries.get(id);
  if (exact !== undefined) return exact;
  const namesakes = entries.all().filter(({ name }) => name === id);
  const [only] = namesakes;
  if (namesakes.length === 1) return only!;
  if (only !== undefined) {
    throw new HubError('MH_REGISTRY_ENTRY_NOT_FOUND', {
      message: `Cannot choose an entry named "${id}": there are ${namesakes.length}`,
      hint: `Name one of ${namesakes.map((entry) => entry.id).join(', ')}.`,
    });
  }
  const nearest = suggest(
    id,
    entries.all().flatMap((entry) => [entry.id as string, entry.name]),
  );
  throw new HubError('MH_REGISTRY_ENTRY_NOT_FOUND', {
    message: `Cannot show entry "${id}": there is no such entry`,
    ...(nearest === undefined ? {} : { hint: nearest }),
  });
}

/** As programs see it in `registry.get`. */
function toPlain(entry: Entry): Mapping {
  return { id: entry.id, kind: entry.kind, meta: entry.written.meta, data: entry.written.data };
}

function readField(entry: Mapping, field: string): Value {
  const steps = field.split('.');
  const value = getAt(entry, steps) ?? getAt(entry, ['data', ...steps]);
  if (value !== undefined) return value;
  throw new HubError('MH_REGISTRY_ENTRY_NOT_FOUND', {
    message: `Cannot show field "${field}": "${String(entry.id)}" has no such field`,
  });
}

function formatValue(value: Value, flags: { readonly json?: boolean; readonly yaml?: boolean }): string {
  if (flags.json !== true) return formatYaml(value);
  // JSON has no integers beyond a double; as text they survive.
  const replacer = (_key: string, item: unknown) => (typeof item === 'bigint' ? String(item) : item);
  return `${JSON.stringify(value, replacer, 2)}\n`;
}
