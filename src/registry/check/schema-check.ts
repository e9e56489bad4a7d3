/**
 * Checks data against the JSON Schema of its kind and fills in defaults. The only file that imports `ajv`.
 * Ajv finds the faults; the sentences are ours: expected, got, nearest legal word.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { tryParseDurationNs } from '../../base/index.ts';
import type { Mapping } from '../entry/entry.ts';
import { describeValue, toMapping, toMutable } from '../entry/value.ts';
import { findNearest, suggest } from './nearest.ts';

/** A JSON Schema (2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One fault; `field` is dotted and relative to the checked value (`''` = the value itself). */
export interface SchemaFault {
  readonly field: string;
  readonly reason: string;
  readonly hint?: string;
}

/** What a check came to. */
export interface SchemaResult {
  /** The value with defaults filled in, also when it has faults. */
  readonly value: Mapping;
  readonly faults: readonly SchemaFault[];
}

/** A compiled schema. */
export type SchemaCheck = (value: Mapping) => SchemaResult;

/** More faults of one entry are not worth a reader's time. */
const FAULTS_MAX = 20;

/** Compiles schemas. Throws for a broken one: that is a bug of the room that wrote it. */
export type SchemaCompiler = (schema: JsonSchema) => SchemaCheck;

/** Makes a compiler; one serves all schemas of a hub, because making one costs more than a schema does. */
export function createSchemaCompiler(): SchemaCompiler {
  const ajv = createAjv();
  return (schema) => {
    const validate = ajv.compile(schema);
    return (value) => check(schema, validate, value);
  };
}

function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    useDefaults: true,
    verbose: true,
    allowUnionTypes: true,
    strictTypes: false,
    strictRequired: false,
    validateFormats: true,
    // `default` inside items and alternatives is documentation there, not a fault.
    strict: 'log',
    logger: false,
  });
  ajv.addFormat('duration', {
    type: 'string',
    validate: (text: string) => {
      const ns = tryParseDurationNs(text, { days: true });
      return ns !== undefined && ns >= 0;
    },
  });
  return ajv;
}

function check(schema: JsonSchema, validate: ValidateFunction, value: Mapping): SchemaResult {
  const copy = toMutable(value) as Record<string, unknown>;
  normalize(copy, schema);
  if (validate(copy)) return { value: toMapping(copy), faults: [] };
  const faults = dropBranches(validate.errors ?? [])
    .slice(0, FAULTS_MAX)
    .map(toFault);
  return { value, faults };
}

/**
 * Two habits of YAML authors: a known field written without a value (`modules:`) counts as not written, and
 * the YAML 1.1 words for booleans are booleans where a boolean is expected.
 */
function normalize(data: Record<string, unknown>, schema: JsonSchema): void {
  for (const [key, property] of Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)) {
    const value = data[key];
    if (value === null && property.type !== undefined && ![property.type].flat().includes('null')) {
      delete data[key];
    } else if (typeof value === 'string' && property.type === 'boolean') {
      const word = BOOLEAN_WORDS.get(value.toLowerCase());
      if (word !== undefined) data[key] = word;
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      normalize(value as Record<string, unknown>, property);
    }
  }
}

const BOOLEAN_WORDS: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['on', true],
  ['no', false],
  ['off', false],
]);

/** Of alternatives, the sentence about the whole says more than those about each branch. */
function dropBranches(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  return errors.filter(
    (error) =>
      !choices.some((choice) => error !== choice && error.schemaPath.startsWith(`${choice.schemaPath}/`)),
  );
}

function toFault(error: ErrorObject): SchemaFault {
  const field = toField(error.instancePath);
  const inField = (key: string): string => (field === '' ? key : `${field}.${key}`);
  const params = error.params as Record<string, unknown>;
  const got = `got ${describeValue(error.data)}`;
  switch (error.keyword) {
    case 'required': {
      const key = String(params.missingProperty);
      const known = Object.keys((error.parentSchema?.properties ?? {}) as object);
      const strangers = Object.keys((error.data ?? {}) as object).filter((name) => !known.includes(name));
      // Something required is missing and something unknown is there: a weaker likeness is enough.
      const typo = findNearest(key, strangers, Math.max(3, Math.ceil(key.length / 2)));
      return typo === undefined
        ? { field: inField(key), reason: 'is required' }
        : { field: inField(key), reason: 'is required', hint: `did you mean it by "${typo}"?` };
    }
    case 'additionalProperties': {
      const key = String(params.additionalProperty);
      const hint = suggest(key, Object.keys((error.parentSchema?.properties ?? {}) as object));
      return withHint({ field: inField(key), reason: 'is not known here' }, hint);
    }
    case 'type': {
      const types = [params.type].flat().map((type) => TYPE_NAMES[String(type)] ?? String(type));
      const isDuration = (error.parentSchema as { format?: string } | undefined)?.format === 'duration';
      const reason = `expected ${isDuration ? DURATION : types.join(' or ')}, ${got}`;
      return withHint({ field, reason }, isDuration ? durationHint(error.data) : undefined);
    }
    case 'enum': {
      const allowed = (params.allowedValues as unknown[]).map(String);
      const list = allowed.map((value) => JSON.stringify(value)).join(', ');
      const hint = typeof error.data === 'string' ? suggest(error.data, allowed) : undefined;
      return withHint({ field, reason: `expected one of ${list}, ${got}` }, hint);
    }
    case 'format':
      return {
        field,
        reason: `expected ${params.format === 'duration' ? DURATION : expected(error)}, ${got}`,
      };
    case 'pattern':
    case 'anyOf':
    case 'oneOf':
      return { field, reason: `expected ${expected(error)}, ${got}` };
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return { field, reason: params.limit === 1 ? 'must not be empty' : (error.message ?? 'is too short') };
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum': {
      const negative = error.keyword === 'minimum' && params.limit === 0;
      return { field, reason: `${negative ? 'must be non-negative' : error.message}, ${got}` };
    }
    default:
      return { field, reason: `${error.message ?? 'does not fit'}, ${got}` };
  }
}

const DURATION = 'a duration such as "10s"';

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  null: 'null',
};

/** What the schema says in words, or at least its types and pattern. */
function expected(error: ErrorObject): string {
  const schema = (error.parentSchema ?? {}) as Record<string, unknown>;
  if (typeof schema.description === 'string') return schema.description;
  if (error.keyword === 'pattern') return `text matching ${String(schema.pattern)}`;
  if (error.keyword === 'format') return `text in the format "${String(schema.format)}"`;
  const branches = (schema.anyOf ?? schema.oneOf ?? []) as { type?: unknown }[];
  const types = branches.flatMap((branch) => [branch.type].flat()).filter((type) => typeof type === 'string');
  return (
    [...new Set(types)].map((type) => TYPE_NAMES[type as string] ?? type).join(' or ') || 'another value'
  );
}

function durationHint(data: unknown): string | undefined {
  return typeof data === 'number' ? 'write a number with a unit: "500ms", "30s", "5m"' : undefined;
}

function withHint(fault: SchemaFault, hint: string | undefined): SchemaFault {
  return hint === undefined ? fault : { ...fault, hint };
}

/** `/pool/size` -> `pool.size` (JSON pointer escapes undone). */
function toField(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
}
