/** Registry entries as Lua tables, and back. Every read makes a fresh table (`modules.md` § 2). */
import { HubError, tryParseEntryId } from '../../base/index.ts';
import { COST, fromHost, type HostValue, tableGet, toHost, toText, valueType } from '../../lua/index.ts';
import { type Entry, type EntryDefinition, isMapping, toMapping, type Value } from '../../registry/index.ts';
import { charge, copyValue, type LuaValue, tableFromArray, tableFromEntries } from '../../vm/index.ts';

/** `{id, kind, meta, data}` as its author wrote it. */
export function toEntryTable(entry: Entry): LuaValue {
  charge(COST.entry);
  return fromHost({
    id: entry.id,
    kind: entry.kind,
    meta: toPlain(entry.written.meta),
    data: toPlain(entry.written.data),
  });
}

/** A list of entry tables. */
export function toEntryList(entries: readonly Entry[]): LuaValue {
  return tableFromArray(entries.map(toEntryTable));
}

/** A list of tables `{kind=, entry=}`. */
export function toOperationList(
  operations: readonly { readonly kind: string; readonly entry: LuaValue }[],
): LuaValue {
  return tableFromArray(
    operations.map(({ kind, entry }) => tableFromEntries(['kind', 'entry'], [fromHost(kind), entry])),
  );
}

/**
 * The entry a table describes: `id` (text or `{ns=, name=}`) or `ns` and `name`, `kind`, `meta`, `data`.
 * @throws MH_REGISTRY_ID_INVALID, MH_REGISTRY_ENTRY_INVALID, MH_REGISTRY_VALUE_INVALID, or what a value that
 *   cannot be copied gives.
 */
export function readEntryTable(value: LuaValue): EntryDefinition {
  charge(COST.entry);
  const table = copyValue(value);
  const kind = toText(tableGet(table, 'kind'));
  if (kind === undefined || kind === '') {
    throw new HubError('MH_REGISTRY_ENTRY_INVALID', { message: 'Cannot write an entry: it has no kind' });
  }
  return {
    id: readId(table),
    kind,
    meta: toMapping(toHost(tableGet(table, 'meta') ?? fromHost({})) as object),
    data: toMapping(toHost(tableGet(table, 'data') ?? fromHost({})) as object),
  };
}

/** An ID as text, `{ns=, name=}`, or the ID of an entry table. @throws MH_REGISTRY_ID_INVALID */
export function readId(value: LuaValue): string {
  const id = idText(value);
  if (id !== undefined && tryParseEntryId(id) !== undefined) return id;
  throw new HubError('MH_REGISTRY_ID_INVALID', {
    message: `Cannot use as an entry ID: expected 'namespace:name', got '${id ?? valueType(value)}'`,
  });
}

/** A filter table. @throws MH_REGISTRY_FILTER_INVALID */
export function readFilter(value: LuaValue): { readonly [key: string]: Value | undefined } {
  const filter = toHost(value) as Value;
  if (isMapping(filter)) return filter;
  throw new HubError('MH_REGISTRY_FILTER_INVALID', {
    message: 'Cannot use as a filter: expected a table with string keys, got a list',
  });
}

function idText(value: LuaValue): string | undefined {
  if (valueType(value) === 'string') return toText(value);
  const id = tableGet(value, 'id');
  if (id !== undefined) return idText(id);
  const namespace = toText(tableGet(value, 'ns')) ?? toText(tableGet(value, 'namespace'));
  const name = toText(tableGet(value, 'name'));
  return namespace === undefined || name === undefined ? undefined : `${namespace}:${name}`;
}

/** Registry values are frozen plain data: the same shapes under another name. */
function toPlain(value: Value): HostValue {
  return value as HostValue;
}
