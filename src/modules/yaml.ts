/** `require("yaml")` (`modules.md` § 14): block style, stable order, YAML 1.2 core types. */
import { HubError, YAML_AT_ONCE_LENGTH_MAX, YAML_TEXT_LENGTH_MAX } from '../base/index.ts';
import {
  canPause,
  decodeYaml,
  defineModule,
  encodeYaml,
  inPieces,
  tableGet,
  toText as textOf,
  toArray,
} from '../lua/index.ts';
import { type LuaState, pushOwned, pushText, toText, typeOf, valueAt } from '../vm/index.ts';

/** The `yaml` module. */
export const yamlModule = defineModule({
  name: 'yaml',
  functions: {
    encode(L) {
      if (typeOf(L, 1) !== 'table') throw argumentInvalid('encode', 'table', L);
      return inPieces(L, 'yaml.encode', encodeYaml(valueAt(L, 1), readFieldOrder(L, 2)), (inner, text) => {
        pushText(inner, text);
        return 1;
      });
    },
    decode(L) {
      const text = typeOf(L, 1) === 'string' ? toText(L, 1)! : '';
      if (text === '') throw argumentInvalid('decode', 'non-empty string', L);
      const lengthMax = canPause(L) ? YAML_TEXT_LENGTH_MAX : YAML_AT_ONCE_LENGTH_MAX;
      return inPieces(L, 'yaml.decode', decodeYaml(text, lengthMax), (inner, value) => {
        pushOwned(inner, value);
        return 1;
      });
    },
  },
});

function readFieldOrder(L: LuaState, index: number): readonly string[] {
  if (typeOf(L, index) !== 'table') return [];
  const order = tableGet(valueAt(L, index), 'field_order');
  if (order === undefined) return [];
  return (toArray(order) ?? []).flatMap((item) => textOf(item) ?? []);
}

function argumentInvalid(verb: string, expected: string, L: LuaState): HubError {
  return new HubError('MH_YAML_ARGUMENT_INVALID', {
    message: `Cannot ${verb} YAML: expected a ${expected}, got ${typeOf(L, 1)}`,
  });
}
