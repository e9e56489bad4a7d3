/**
 * Schemas as Lua programs write them, in the shape the validator wants: an empty table is an empty object where a
 * schema or a mapping belongs (`json-and-clients.md` E3), and draft-07 spellings become those of 2020-12 (V1).
 */

/** Put into every schema, with what checking a value against it costs; its check counts that. */
export const STEP_KEYWORD = 'moonhub-step';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** A schema in shape. */
export type JsonSchema = JsonObject | boolean;

const SCHEMA_KEYWORDS = [
  'items',
  'additionalItems',
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
];
const SCHEMA_LIST_KEYWORDS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const SCHEMA_MAP_KEYWORDS = ['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties'];

/**
 * Brings a decoded schema into shape. The nesting is bounded by the decoder.
 * @throws Error when the schema is neither an object nor a boolean.
 */
export function normalizeSchema(schema: Json): JsonSchema {
  if (typeof schema === 'boolean') return schema;
  if (isEmptyList(schema)) return {};
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw new Error('a schema is an object or a boolean');
  }
  const result: JsonObject = { ...schema };
  delete result.$schema; // every draft is read as 2020-12
  if (Array.isArray(result.items) && result.items.length > 0) moveTuple(result);
  if (isObject(result.dependencies)) splitDependencies(result, result.dependencies);
  for (const keyword of SCHEMA_KEYWORDS) {
    if (result[keyword] !== undefined) result[keyword] = normalizeSchema(result[keyword]);
  }
  for (const keyword of SCHEMA_LIST_KEYWORDS) {
    const list = result[keyword];
    if (Array.isArray(list)) result[keyword] = list.map(normalizeSchema);
  }
  for (const keyword of SCHEMA_MAP_KEYWORDS) {
    const map = result[keyword];
    if (isEmptyList(map)) result[keyword] = {};
    else if (isObject(map)) result[keyword] = mapValues(map, normalizeSchema);
  }
  if (isEmptyList(result.dependentRequired)) result.dependentRequired = {};
  result[STEP_KEYWORD] = stepsOf(result);
  return result;
}

/** Bytes of a value that is compared in one step. */
const COMPARED_BYTES = 16;

/** What one value costs here, in steps; the schemas inside count for themselves. */
function stepsOf(schema: JsonObject): number {
  let steps = 1 + Object.keys(schema).length;
  for (const compared of [schema.enum, schema.const]) {
    if (compared !== undefined) steps += JSON.stringify(compared).length / COMPARED_BYTES;
  }
  for (const named of [schema.required, schema.properties, schema.patternProperties]) {
    if (named !== undefined && named !== null) steps += Object.keys(named).length;
  }
  return Math.ceil(steps);
}

/** draft-07: `items` as a list, the rest under `additionalItems`. */
function moveTuple(schema: JsonObject): void {
  schema.prefixItems = schema.items!;
  delete schema.items;
  if (schema.additionalItems !== undefined) schema.items = schema.additionalItems;
  delete schema.additionalItems;
}

/** draft-07: one keyword for what are two now. */
function splitDependencies(schema: JsonObject, dependencies: JsonObject): void {
  const required: JsonObject = {};
  const schemas: JsonObject = {};
  for (const [name, value] of Object.entries(dependencies)) {
    if (Array.isArray(value)) required[name] = value;
    else schemas[name] = value;
  }
  delete schema.dependencies;
  schema.dependentRequired ??= required;
  schema.dependentSchemas ??= schemas;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmptyList(value: Json | undefined): boolean {
  return Array.isArray(value) && value.length === 0;
}

function mapValues(map: JsonObject, change: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}
