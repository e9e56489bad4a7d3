/** YAML text -> a value that knows where each part was written, and back. */
import { stringify } from 'yaml';
import { DEFINITION_FAULTS_MAX, doAtOnce } from '../../base/index.ts';
import type { Value } from '../entry/entry.ts';
import { freezeList, freezeMapping } from '../entry/value.ts';
import { readYaml, type YamlLimits, type YamlReading } from '../yaml/read.ts';
import type { YamlBuilder } from '../yaml/tree.ts';

/** Where a value and its parts were written: offsets into the text. */
export interface Spot {
  readonly offset: number;
  /** By mapping key or list index. */
  readonly children?: ReadonlyMap<string | number, Spot>;
}

/** A parsed document. */
export interface YamlDocument extends YamlReading<Value> {
  readonly spot: Spot;
}

/** A file is read whole, whatever is in it: its size is bounded. */
const LIMITS: YamlLimits = { errors: DEFINITION_FAULTS_MAX, lexemes: Number.POSITIVE_INFINITY };

/** Reads the first document of a text (`app-format.md` 1.7). Never throws. JSON is YAML. */
export function parseYaml(text: string): YamlDocument {
  const { value, ...reading } = doAtOnce(readYaml(text, BUILDER, LIMITS));
  return { ...reading, value: value?.value, spot: value?.spot ?? { offset: 0 } };
}

/** A value as YAML text, ending with a line break. */
export function formatYaml(value: Value): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}

interface Placed {
  readonly value: Value;
  readonly spot: Spot;
}

/** Values are frozen, so what an alias names is shared. */
const BUILDER: YamlBuilder<Placed> = {
  scalar(value, text, offset) {
    return { value: value instanceof Uint8Array ? text : value, spot: { offset } };
  },
  /** `on: x` or `8080: x`: the key is the text as written, also where YAML sees a boolean or a number. */
  key: (_, text) => text,
  list(offset) {
    const items: Value[] = [];
    const children = new Map<number, Spot>();
    return {
      add({ value, spot }) {
        children.set(items.length, spot);
        items.push(value);
      },
      close: () => ({ value: freezeList(items), spot: { offset, children } }),
    };
  },
  mapping(offset) {
    const mapping: Record<string, Value> = Object.create(null);
    const children = new Map<string, Spot>();
    return {
      set(key, { value, spot }) {
        mapping[key as string] = value;
        children.set(key as string, spot);
      },
      close: () => ({ value: freezeMapping(mapping), spot: { offset, children } }),
    };
  },
  again: (value) => value,
};
