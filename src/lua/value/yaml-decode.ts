/**
 * YAML text -> Lua value (`modules.md` § 14), by the reader all YAML goes through (`registry/yaml/read.ts`): YAML 1.2 core
 * types, aliases and merge keys, the first document only.
 */
import {
  HubError,
  type Pieces,
  YAML_COPIED_VALUES_MAX,
  YAML_LEXEMES_MAX,
  YAML_TEXT_LENGTH_MAX,
} from '../../base/index.ts';
import { readYaml, type YamlBuilder, type YamlKey } from '../../registry/index.ts';
import {
  copyValue,
  type LuaValue,
  makeBytes,
  makeTable,
  markArray,
  markObject,
  tableFromArray,
  tableSet,
} from '../../vm/index.ts';
import { fromHost } from './values.ts';

/** What a step of reading YAML costs, in instructions: a lexeme read and its part of composing, or a value made. */
const STEP_COST = 160;

/**
 * Reads the first document of a text; null is nil.
 * @param lengthMax characters; give less where the work cannot be done in pieces
 * @returns after yielding what it has cost, in instructions, again and again
 * @throws MH_YAML_FAILED with line and column, at the first error; MH_YAML_LIMIT beyond a bound
 */
export function* decodeYaml(text: string, lengthMax: number = YAML_TEXT_LENGTH_MAX): Pieces<LuaValue> {
  if (text.length > lengthMax) {
    throw new HubError('MH_YAML_LIMIT', {
      message: `Cannot decode YAML: the text is longer than ${lengthMax} characters, got ${text.length}`,
    });
  }
  const work = readYaml(text, BUILDER, { errors: 1, lexemes: YAML_LEXEMES_MAX });
  for (;;) {
    const { done, value } = work.next();
    if (done !== true) {
      yield value * STEP_COST;
      continue;
    }
    const error = value.faults.find(({ severity }) => severity === 'error');
    if (error === undefined) return value.value as LuaValue;
    const { line, column } = value.positionOf(error.offset);
    throw new HubError(error.isLimit === true ? 'MH_YAML_LIMIT' : 'MH_YAML_FAILED', {
      message: `Cannot decode YAML: ${error.reason} at line ${line} column ${column}`,
      details: { line, column },
    });
  }
}

/** Programs change what they have read, so an alias is a copy. */
const BUILDER: YamlBuilder<LuaValue> = {
  scalar: (value) => (value instanceof Uint8Array ? makeBytes(value) : fromHost(value)),
  key(value, text): YamlKey {
    const isKey = typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint';
    if (isKey || (typeof value === 'number' && !Number.isNaN(value))) return value;
    return text === '' ? 'null' : text;
  },
  list() {
    const items: LuaValue[] = [];
    return {
      add: (value) => void items.push(value),
      close() {
        const table = tableFromArray(items);
        if (items.length > 0) markArray(table);
        return table;
      },
    };
  },
  mapping() {
    const table = makeTable();
    return {
      set(key, value) {
        tableSet(table, fromHost(key), value);
      },
      close() {
        markObject(table);
        return table;
      },
    };
  },
  again: copyValue,
  copiedMax: YAML_COPIED_VALUES_MAX,
};
