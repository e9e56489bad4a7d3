/** `require("json")` (`json-and-clients.md` § 1), and the codec for host code that holds detached values. */
import { HubError } from '../../base/index.ts';
import {
  decodeJson,
  decodeJsonInPieces,
  defineModule,
  encodeJson,
  inPieces,
  JSON_NULL,
  nullOption,
  toValidUtf8,
} from '../../lua/index.ts';
import {
  binaryOf,
  type LuaState,
  type LuaValue,
  newTable,
  pushBinary,
  pushBoolean,
  pushNil,
  pushOwned,
  setShape,
  setTop,
  spend,
  toBinary,
  typeOf,
  valueAt,
} from '../../vm/index.ts';
import { validateJson } from './schema.ts';

/** Instructions one byte of a schema counts for: it may have to be compiled. */
const SCHEMA_STEPS_PER_BYTE = 20;

/** The `json` module. */
export const jsonModule = defineModule({
  name: 'json',
  functions: {
    encode,
    decode,
    validate,
    validate_string: validateString,
    object: (L) => shape(L, 'object'),
    array: (L) => shape(L, 'array'),
  },
  constants: { null: (L) => pushOwned(L, JSON_NULL) },
  failsWithFalse: ['validate', 'validate_string'],
});

function encode(L: LuaState): number {
  const text = encodeJson(valueAt(L, 1));
  pushBinary(L, text);
  pushNil(L);
  return 2;
}

function decode(L: LuaState): number {
  if (typeOf(L, 1) !== 'string') {
    throw argumentInvalid(`Cannot decode JSON: string expected, got ${typeName(L, 1)}`);
  }
  const text = toBinary(L, 1)!;
  return inPieces(L, 'json.decode', decodeJsonInPieces(text, nullOption(L, 2)), (inner, value) => {
    pushOwned(inner, value);
    pushNil(inner);
    return 2;
  });
}

/** Says what a table is, given or new (`everyday.md` § 6). */
function shape(L: LuaState, kind: 'object' | 'array'): number {
  if (isAbsent(L, 1)) {
    setTop(L, 0);
    newTable(L);
  } else if (typeOf(L, 1) !== 'table') {
    throw argumentInvalid(`Cannot make a JSON ${kind}: table expected, got ${typeName(L, 1)}`);
  }
  const table = valueAt(L, 1);
  if (!setShape(table, kind)) throw argumentInvalid(`Cannot make a JSON ${kind}: the table is read-only`);
  pushOwned(L, table);
  pushNil(L);
  return 2;
}

function validate(L: LuaState): number {
  const schema = schemaText(L);
  if (isAbsent(L, 2)) throw argumentInvalid('Cannot validate: data is required');
  const text = encodeJson(valueAt(L, 2));
  spend(L, text.length + schema.length * SCHEMA_STEPS_PER_BYTE);
  const data: unknown = JSON.parse(toUnicode(text));
  return pushVerdict(L, schema, data, true);
}

function validateString(L: LuaState): number {
  const schema = schemaText(L);
  if (typeOf(L, 2) !== 'string') {
    throw argumentInvalid(`Cannot validate: data must be a JSON string, got ${typeName(L, 2)}`);
  }
  const text = toBinary(L, 2)!;
  spend(L, text.length + schema.length * SCHEMA_STEPS_PER_BYTE);
  try {
    decodeJson(text); // our limits and our strictness; the parser below knows neither
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    throw new HubError('MH_JSON_VALIDATION_FAILED', {
      message: `validation failed: ${cause.message}`,
      cause,
    });
  }
  return pushVerdict(L, schema, JSON.parse(toUnicode(toValidUtf8(text))), false);
}

function schemaText(L: LuaState): string {
  if (isAbsent(L, 1)) throw argumentInvalid('Cannot validate: schema is required');
  const type = typeOf(L, 1);
  if (type !== 'table' && type !== 'string') {
    throw argumentInvalid(`Cannot validate: schema must be a table or JSON text, got ${typeName(L, 1)}`);
  }
  const value: LuaValue = valueAt(L, 1);
  try {
    if (type === 'table') return toUnicode(encodeJson(value));
    const text = binaryOf(value)!;
    decodeJson(text);
    return toUnicode(toValidUtf8(text));
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    throw new HubError('MH_JSON_SCHEMA_INVALID', {
      message: `Cannot use the JSON schema: ${cause.message}`,
      cause,
    });
  }
}

function pushVerdict(L: LuaState, schema: string, data: unknown, hasLuaEmpties: boolean): number {
  const mismatches = validateJson(schema, data, hasLuaEmpties);
  const first = mismatches[0];
  if (first === undefined) {
    pushBoolean(L, true);
    return 1;
  }
  throw new HubError('MH_JSON_VALIDATION_FAILED', {
    message: `validation failed: ${first.path === '' ? 'value' : first.path} ${first.message}`,
    details: { errors: mismatches },
  });
}

function argumentInvalid(message: string): HubError {
  return new HubError('MH_JSON_ARGUMENT_INVALID', { message });
}

function isAbsent(L: LuaState, index: number): boolean {
  const type = typeOf(L, index);
  return type === 'nil' || type === 'none';
}

function typeName(L: LuaState, index: number): string {
  const type = typeOf(L, index);
  return type === 'none' ? 'no value' : type;
}

function toUnicode(binary: string): string {
  return Buffer.from(binary, 'latin1').toString('utf8');
}
