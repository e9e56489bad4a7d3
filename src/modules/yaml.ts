/** `require("yaml")` (`modules.md` § 14): block style, stable order, YAML 1.2 core types. */
import { type Pair, parseAllDocuments, stringify } from 'yaml';
import { HubError, YAML_TEXT_BYTES_MAX } from '../base/index.ts';
import {
  defineModule,
  encodeJson,
  fromHost,
  type HostValue,
  tableGet,
  toText as textOf,
  toArray,
  toHost,
  YAML_COST,
} from '../lua/index.ts';
import {
  arrayLengthOf,
  eachEntry,
  isMarkedObject,
  type LuaState,
  type LuaValue,
  pushOwned,
  pushText,
  spend,
  tableGetIndex,
  toText,
  typeOf,
  valueAt,
  valueType,
} from '../vm/index.ts';

/** Aliases one text may unfold (a few lines of them can stand for gigabytes). */
const ALIASES_MAX = 100;

/** The `yaml` module. */
export const yamlModule = defineModule({
  name: 'yaml',
  functions: {
    encode(L) {
      if (typeOf(L, 1) !== 'table') throw argumentInvalid('encode', 'table', L);
      const value = valueAt(L, 1);
      encodeJson(value); // same shapes, same faults: cycles, gaps, mixed keys, depth, size
      const text = encodeYaml(value, readFieldOrder(L, 2));
      spend(L, text.length * YAML_COST.byteWritten);
      pushText(L, text);
      return 1;
    },
    decode(L) {
      const text = typeOf(L, 1) === 'string' ? toText(L, 1)! : '';
      if (text === '') throw argumentInvalid('decode', 'non-empty string', L);
      if (text.length > YAML_TEXT_BYTES_MAX) {
        throw new HubError('MH_YAML_FAILED', {
          message: `Cannot decode YAML: the text is larger than ${YAML_TEXT_BYTES_MAX} bytes, got ${text.length}`,
        });
      }
      spend(L, text.length * YAML_COST.byteRead);
      pushOwned(L, decodeYaml(text));
      return 1;
    },
  },
});

function readFieldOrder(L: LuaState, index: number): readonly string[] {
  if (typeOf(L, index) !== 'table') return [];
  const order = tableGet(valueAt(L, index), 'field_order');
  if (order === undefined) return [];
  return (toArray(order) ?? []).flatMap((item) => textOf(item) ?? []);
}

/** Keys named in `fieldOrder` first, the others by name: equal tables give equal text. */
function encodeYaml(value: LuaValue, fieldOrder: readonly string[]): string {
  const rank = new Map(fieldOrder.map((name, i) => [name, i]));
  const place = (pair: Pair): number => rank.get(keyOf(pair)) ?? rank.size;
  return stringify(toYaml(value), {
    indent: 2,
    lineWidth: 0,
    aliasDuplicateObjects: false,
    sortMapEntries: (a: Pair, b: Pair) => place(a) - place(b) || (keyOf(a) < keyOf(b) ? -1 : 1),
  });
}

function keyOf(pair: Pair): string {
  const { key } = pair;
  return String(typeof key === 'object' && key !== null && 'value' in key ? key.value : key);
}

/** Maps, not objects: names such as `__proto__` and `10` stay where and what they are. */
function toYaml(value: LuaValue): unknown {
  if (valueType(value) !== 'table') return toHost(value);
  const length = arrayLengthOf(value);
  if (length === 0) return isMarkedObject(value) ? {} : [];
  if (length > 0) return Array.from({ length }, (_, i) => toYaml(tableGetIndex(value, i + 1)));
  const map = new Map<unknown, unknown>();
  eachEntry(value, (key, item) => {
    const type = valueType(key);
    if (type === 'string' || type === 'number' || type === 'boolean')
      map.set(String(toHost(key)), toYaml(item));
  });
  return map;
}

function decodeYaml(text: string): LuaValue {
  try {
    // Only the first document counts, but the whole text must be YAML.
    const document = [parseAllDocuments(text, { intAsBigInt: true, version: '1.2' })].flat()[0];
    const fault = document?.errors?.[0];
    if (fault !== undefined) throw fault;
    return fromHost(
      document === undefined || !('toJS' in document)
        ? null
        : (document.toJS({ maxAliasCount: ALIASES_MAX, mapAsMap: true }) as HostValue),
    );
  } catch (cause) {
    // Besides syntax errors: too many aliases, or nesting that exhausts the parser's stack.
    const fact = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
    throw new HubError('MH_YAML_FAILED', { message: `Cannot decode YAML: ${fact}`, cause });
  }
}

function argumentInvalid(verb: string, expected: string, L: LuaState): HubError {
  return new HubError('MH_YAML_ARGUMENT_INVALID', {
    message: `Cannot ${verb} YAML: expected a ${expected}, got ${typeOf(L, 1)}`,
  });
}
