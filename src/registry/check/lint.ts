/** What is legal and probably not meant: reported by `moonhub lint` only (`app-format.md` § 5.1, § 11). */
import type { Entry, Problem, Value } from '../entry/entry.ts';
import { isMapping } from '../entry/value.ts';
import type { KindTable } from './kind-table.ts';
import { suggest } from './nearest.ts';
import { createProblem } from './problem.ts';
import type { JsonSchema } from './schema-check.ts';

/** Fields that a kind does not know, at any depth where its schema lists fields. */
export function findUnknownFields(entries: readonly Entry[], kinds: Pick<KindTable, 'schemaOf'>): Problem[] {
  return entries.flatMap((entry) => {
    const schema = kinds.schemaOf(entry.kind);
    return schema === undefined ? [] : unknownIn(entry, entry.written.data, schema, []);
  });
}

function unknownIn(entry: Entry, value: Value, schema: JsonSchema, path: readonly string[]): Problem[] {
  const properties = schema.properties as Readonly<Record<string, JsonSchema>> | undefined;
  // Without a list of fields, or with rules for further ones, any name is legal.
  if (!isMapping(value) || properties === undefined || schema.additionalProperties !== undefined) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const field = [...path, key];
    if (Object.hasOwn(properties, key)) return unknownIn(entry, item as Value, properties[key]!, field);
    const reason = `kind "${entry.kind}" knows no such field; it has no effect`;
    const hint = suggest(key, Object.keys(properties));
    return [createProblem(entry, { field: field.join('.'), reason, hint, severity: 'warning' })];
  });
}
