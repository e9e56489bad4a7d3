/**
 * JSON Schema 2020-12 for `json.validate` (`json-and-clients.md` § 4). Schemas come from programs, so they are
 * hostile until proven otherwise: patterns run in a linear-time engine, what is checked is counted while it is
 * (a small schema and a small value can multiply), `uniqueItems` does not compare every pair, nothing is fetched.
 */
import { type ErrorObject, type ValidateFunction, Ajv2020 as Validator } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import {
  HubError,
  JSON_FORMAT_TEXT_MAX,
  JSON_SCHEMA_BYTES_MAX,
  JSON_SCHEMA_OBJECTS_MAX,
  JSON_SCHEMA_PATTERN_STEPS_MAX,
  JSON_SCHEMA_PATTERNS_MAX,
  JSON_SCHEMA_REFERENCES_MAX,
  JSON_SCHEMA_STEPS_MAX,
  JSON_SCHEMA_UNEVALUATED_MAX,
  JSON_SCHEMAS_MAX,
} from '../../base/index.ts';
import { compilePattern } from '../../registry/index.ts';
import { charge } from '../../vm/index.ts';
import { type JsonSchema, normalizeSchema, STEP_KEYWORD } from './schema-shape.ts';

/** One reason why a value does not match. */
export interface Mismatch {
  /** JSON pointer to the value, `''` = the value itself. */
  readonly path: string;
  readonly keyword: string;
  readonly message: string;
}

/** Mismatches reported at most; one bad list can produce a million. */
const MISMATCHES_MAX = 100;
/** Empty Lua tables are turned from `[]` to `{}` where the schema wants it, in at most so many rounds. */
const EMPTY_TABLE_ROUNDS_MAX = 8;

/**
 * Checks a value against a schema.
 * @param schemaText JSON text of the schema.
 * @param data JSON data; fresh, may be changed.
 * @param hasLuaEmpties the data comes from Lua tables, where an empty one is array and object alike (V4).
 * @throws MH_JSON_SCHEMA_INVALID when the schema does not compile.
 */
export function validateJson(schemaText: string, data: unknown, hasLuaEmpties: boolean): readonly Mismatch[] {
  const schema = compiled(schemaText);
  const root = { value: data };
  let mismatches = schema.check(root.value);
  for (let round = 0; hasLuaEmpties && round < EMPTY_TABLE_ROUNDS_MAX; round++) {
    if (!mismatches.map((mismatch) => turnEmptyArray(root, mismatch)).includes(true)) break;
    mismatches = schema.check(root.value);
  }
  return mismatches.slice(0, MISMATCHES_MAX).map(({ instancePath, keyword, message }) => ({
    path: instancePath,
    keyword,
    message: message ?? `must match '${keyword}'`,
  }));
}

interface CompiledSchema {
  check(data: unknown): readonly ErrorObject[];
}

/** By schema text, least recently used first. */
const cache = new Map<string, CompiledSchema>();

function compiled(schemaText: string): CompiledSchema {
  const known = cache.get(schemaText);
  const schema = known ?? compileSchema(schemaText);
  cache.delete(schemaText);
  cache.set(schemaText, schema);
  if (cache.size > JSON_SCHEMAS_MAX) cache.delete(cache.keys().next().value!);
  return schema;
}

function compileSchema(schemaText: string): CompiledSchema {
  if (schemaText.length > JSON_SCHEMA_BYTES_MAX) {
    throw schemaInvalid(`its text is larger than ${JSON_SCHEMA_BYTES_MAX} bytes`);
  }
  let steps = 0;
  // One validator per schema: identifiers inside (`$id`) must not meet those of another program.
  const validator = createValidator((count) => {
    steps += count;
    if (steps > JSON_SCHEMA_STEPS_MAX) throw schemaInvalid('checking this value takes too many steps');
  });
  charge(schemaText.length);
  let validate: ValidateFunction;
  try {
    const written: unknown = JSON.parse(schemaText);
    assertBounded(written);
    const schema = normalizeSchema(written as Parameters<typeof normalizeSchema>[0]);
    assertSchema(schema);
    validate = validator.compile(schema);
  } catch (cause) {
    if (cause instanceof RangeError) throw schemaInvalid('its references lead too deep', cause);
    throw schemaInvalid(cause instanceof Error ? cause.message : String(cause), cause);
  }
  return {
    check(data) {
      steps = 0;
      try {
        return validate(data) ? [] : (validate.errors ?? []);
      } catch (cause) {
        if (cause instanceof HubError) throw cause;
        throw schemaInvalid('it refers to itself without end', cause); // RangeError: the stack is used up
      } finally {
        charge(Math.ceil(steps) * STEP_COST);
      }
    },
  };
}

/** What a step costs, in instructions; and an object of a schema that is compiled, and a step of its patterns. */
const STEP_COST = 2;
const OBJECT_COST = 15_000;
const PATTERN_STEP_COST = 100;

/**
 * What compiling a schema may take that its size does not show: references are followed by recursion, and each
 * `unevaluated...` looks at all schemas beside it.
 * @throws Error beyond JSON_SCHEMA_OBJECTS_MAX, JSON_SCHEMA_REFERENCES_MAX or JSON_SCHEMA_UNEVALUATED_MAX
 */
function assertBounded(schema: unknown): void {
  let references = 0;
  let unevaluated = 0;
  let objects = 0;
  const rest = [schema];
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (!Array.isArray(value)) objects++;
    for (const [key, inner] of Object.entries(value)) {
      if (key.endsWith('$ref') || key === '$dynamicRef') references++;
      if (key.startsWith('unevaluated')) unevaluated++;
      rest.push(inner);
    }
  }
  charge(objects * OBJECT_COST);
  if (objects > JSON_SCHEMA_OBJECTS_MAX)
    throw new Error(`it has more than ${JSON_SCHEMA_OBJECTS_MAX} objects`);
  if (references > JSON_SCHEMA_REFERENCES_MAX)
    throw new Error(`it has more than ${JSON_SCHEMA_REFERENCES_MAX} references`);
  if (unevaluated * objects > JSON_SCHEMA_UNEVALUATED_MAX)
    throw new Error(`'unevaluatedProperties' and 'unevaluatedItems' in it look at too many schemas`);
}

/** Knows what a schema looks like; made when the first one is compiled. */
let schemaValidator: Validator | undefined;

/** @throws Error naming the first fault of a schema. */
function assertSchema(schema: JsonSchema): void {
  schemaValidator ??= new Validator({ strict: false, logger: false, code: { regExp: LINEAR_REG_EXP } });
  if (schemaValidator.validateSchema(schema) === true) return;
  throw new Error(schemaValidator.errorsText(schemaValidator.errors?.slice(0, 1), { dataVar: 'schema' }));
}

function createValidator(step: (count: number) => void): Validator {
  const validator = new Validator({
    allErrors: true,
    strict: false,
    ownProperties: true,
    inlineRefs: false,
    logger: false,
    // Checked by `assertSchema`; the schemas of schemas would be compiled anew for every validator.
    meta: false,
    validateSchema: false,
    code: { regExp: boundedRegExp(step), optimize: false },
  });
  formats.default(validator, [...FORMATS]);
  for (const name of FORMATS) boundFormat(validator, name);
  validator.addKeyword({
    keyword: STEP_KEYWORD,
    schemaType: 'number',
    errors: false,
    validate: (count: number, data: unknown) => {
      // Lengths are counted in letters, so a text is read through.
      step(typeof data === 'string' ? count + data.length / TEXT_BYTES_PER_STEP : count);
      return true;
    },
  });
  validator.removeKeyword('uniqueItems');
  validator.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must not have equal items' },
    validate: (isWanted: boolean, items: unknown[]) => {
      if (!isWanted) return true;
      const texts = new Set<string>();
      for (const item of items) {
        const text = canonicalText(item);
        step(1 + text.length / TEXT_BYTES_PER_STEP);
        texts.add(text);
      }
      return texts.size === items.length;
    },
  });
  return validator;
}

/** Characters of a text that are read in one step. */
const TEXT_BYTES_PER_STEP = 32;

const FORMATS = [
  'email',
  'uri',
  'uuid',
  'date',
  'date-time',
  'time',
  'ipv4',
  'ipv6',
  'hostname',
  'regex',
] as const;

/** The usual checks are fast on short text only, so longer text does not match. */
function boundFormat(validator: Validator, name: string): void {
  const format = validator.formats[name];
  const check =
    format instanceof RegExp
      ? (text: string) => format.test(text)
      : typeof format === 'function'
        ? format
        : typeof format === 'object' && 'validate' in format && typeof format.validate === 'function'
          ? (format.validate as (text: string) => boolean)
          : undefined;
  if (check === undefined) return;
  validator.addFormat(name, (text: string) => text.length <= JSON_FORMAT_TEXT_MAX && check(text) === true);
}

/**
 * A pattern in RE2 semantics: no look-around, no back-references, linear time. The validator tells patterns apart
 * by `toString()`.
 */
function linearRegExp(
  pattern: string,
  step: (count: number) => void = () => {},
): { readonly size: number; test(text: string): boolean; toString(): string } {
  const program = compilePattern(pattern, { isTranslated: true });
  charge(program.size * PATTERN_STEP_COST);
  // How long a character takes depends on the size of what the pattern became.
  const stepsPerCharacter = (1 + program.size) / TEXT_BYTES_PER_STEP;
  return {
    size: program.size,
    test(text) {
      step(1 + text.length * stepsPerCharacter);
      return program.isIn(text);
    },
    toString: () => pattern,
  };
}

/** As `LINEAR_REG_EXP`, for one schema: only so many patterns, and what they do counts. */
function boundedRegExp(step: (count: number) => void): typeof LINEAR_REG_EXP {
  let count = 0;
  let size = 0;
  const compile = (pattern: string): ReturnType<typeof linearRegExp> => {
    if (++count > JSON_SCHEMA_PATTERNS_MAX) {
      throw new Error(`it has more than ${JSON_SCHEMA_PATTERNS_MAX} patterns`);
    }
    const compiled = linearRegExp(pattern, step);
    size += compiled.size;
    if (size > JSON_SCHEMA_PATTERN_STEPS_MAX)
      throw new Error(`its patterns come to more than ${JSON_SCHEMA_PATTERN_STEPS_MAX} steps`);
    return compiled;
  };
  return Object.assign(compile, { code: 'linearRegExp' });
}

const LINEAR_REG_EXP = Object.assign((pattern: string) => linearRegExp(pattern), { code: 'linearRegExp' });

/** Equal texts for equal values, whatever the order of members. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/** Replaces the `[]` a type mismatch complains about by `{}`. */
function turnEmptyArray(root: { value: unknown }, mismatch: ErrorObject): boolean {
  if (mismatch.keyword !== 'type' || ![mismatch.params.type].flat().includes('object')) return false;
  const keys = mismatch.instancePath
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  let holder: Record<string, unknown> = root;
  let key = 'value';
  for (const next of keys) {
    holder = holder[key] as Record<string, unknown>;
    key = next;
  }
  const value = holder[key];
  if (!Array.isArray(value) || value.length > 0) return false;
  holder[key] = {};
  return true;
}

function schemaInvalid(fact: string, cause?: unknown): HubError {
  return new HubError('MH_JSON_SCHEMA_INVALID', {
    message: `Cannot use the JSON schema: ${fact}`,
    ...(cause === undefined ? {} : { cause }),
  });
}
