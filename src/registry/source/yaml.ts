/**
 * YAML text -> a value that knows where each part was written. The only file that imports `yaml`.
 *
 * The package parses; the conversion is ours, because we need positions of merged and aliased values, both
 * places of a duplicate key, mappings without prototypes, and bounds against documents that grow when read:
 * an alias shares the value it names, and what it would unfold to is counted, not built.
 */
import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  type Scalar,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { DEFINITION_DEPTH_MAX, DEFINITION_VALUES_MAX } from '../../base/index.ts';
import type { Value } from '../entry/entry.ts';
import { freezeList, freezeMapping, isMapping } from '../entry/value.ts';

/** Where a value and its parts were written: offsets into the text. */
export interface Spot {
  readonly offset: number;
  /** By mapping key or list index. */
  readonly children?: ReadonlyMap<string | number, Spot>;
}

/** Something wrong with the text. */
export interface YamlFault {
  readonly severity: 'error' | 'warning';
  readonly offset: number;
  readonly reason: string;
  /** Offset of the other place concerned, e.g. the first of two equal keys. */
  readonly earlier?: number;
}

/** A parsed document. */
export interface YamlDocument {
  /** `undefined` when a fault is an error. */
  readonly value: Value | undefined;
  readonly spot: Spot;
  readonly faults: readonly YamlFault[];
  /** Line and column of an offset, both from 1. */
  positionOf(offset: number): { line: number; column: number };
}

/** Reads the first document of a text (`app-format.md` 1.7). Never throws. JSON is YAML. */
export function parseYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  const positionOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults: YamlFault[] = [];
  const failed = (offset: number, reason: string): YamlDocument => {
    return {
      value: undefined,
      spot: { offset: 0 },
      faults: [{ severity: 'error', offset, reason }],
      positionOf,
    };
  };
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  // Composing recurses into collections. Running out of stack there can end the whole program, not only
  // the parse: V8 gives up when it has to compile a regular expression with no stack left.
  const tooDeep = findTooDeep(tokens);
  if (tooDeep !== undefined)
    return failed(tooDeep, `nested too deeply: more than ${DEFINITION_DEPTH_MAX} levels`);
  const composer = new Composer({
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    intAsBigInt: true,
  });
  const [first, second] = [...composer.compose(tokens)] as Document.Parsed[];
  if (first === undefined) return { value: null, spot: { offset: 0 }, faults, positionOf };
  if (second !== undefined) {
    const offset = second.range[0];
    faults.push({ severity: 'warning', offset, reason: 'only the first YAML document of a file counts' });
  }
  for (const error of first.errors)
    faults.push({ severity: 'error', offset: error.pos[0], reason: toReason(error.message) });
  for (const warning of first.warnings)
    faults.push({ severity: 'warning', offset: warning.pos[0], reason: toReason(warning.message) });
  const { value, spot } = new Converter(faults).convert(first.contents);
  return { value: hasError(faults) ? undefined : value, spot, faults, positionOf };
}

/** Offset of the first collection that lies too deep. A loop, not a recursion: that is its point. */
function findTooDeep(tokens: readonly CST.Token[]): number | undefined {
  const open: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > DEFINITION_DEPTH_MAX) return token.offset;
    if (token.type === 'document' && token.value !== undefined) open.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    for (const { key, value } of token.items as CST.CollectionItem[]) {
      if (key != null) open.push({ token: key, depth: depth + 1 });
      if (value !== undefined) open.push({ token: value, depth: depth + 1 });
    }
  }
  return undefined;
}

interface Converted {
  readonly value: Value;
  readonly spot: Spot;
  /** Values this one unfolds to, itself included. */
  readonly weight: number;
}

/** A value as YAML text, ending with a line break. */
export function formatYaml(value: Value): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}

/** Walks one document in the order it was written. */
class Converter {
  readonly #faults: YamlFault[];
  readonly #anchors = new Map<string, Converted | 'open'>();
  #isTooLarge = false;

  constructor(faults: YamlFault[]) {
    this.#faults = faults;
  }

  convert(node: Node | null): Converted {
    if (node === null) return { value: null, spot: { offset: 0 }, weight: 1 };
    if (isAlias(node)) return this.#alias(node);
    const anchor = (node as { anchor?: string }).anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, 'open');
    const converted = this.#plain(node);
    if (anchor !== undefined) this.#anchors.set(anchor, converted);
    return converted;
  }

  #plain(node: Node): Converted {
    if (isScalar(node)) return { value: toScalar(node), spot: { offset: offsetOf(node) }, weight: 1 };
    if (isMap(node)) return this.#mapping(node);
    if (isSeq(node)) return this.#list(node);
    return this.#fail(node, 'not a mapping, list or scalar');
  }

  #alias(node: Alias): Converted {
    const target = this.#anchors.get(node.source);
    if (target === undefined) return this.#fail(node, `alias "*${node.source}" names no earlier anchor`);
    if (target === 'open') return this.#fail(node, `alias "*${node.source}" lies inside the value it names`);
    return target;
  }

  #list(node: YAMLSeq): Converted {
    const children = new Map<number, Spot>();
    const items: Value[] = [];
    let weight = 1;
    for (const item of node.items) {
      const converted = this.convert(item as Node | null);
      children.set(items.length, converted.spot);
      items.push(converted.value);
      weight = this.#add(weight, converted.weight, node);
    }
    return { value: freezeList(items), spot: { offset: offsetOf(node), children }, weight };
  }

  #mapping(node: YAMLMap): Converted {
    const mapping: Record<string, Value> = Object.create(null);
    const children = new Map<string, Spot>();
    const keyOffsets = new Map<string, number>();
    const merges: Converted[] = [];
    let weight = 1;
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      if (isMergeKey(pair.key)) {
        const merged = this.convert(pair.value);
        merges.push(merged);
        weight = this.#add(weight, merged.weight, node);
        continue;
      }
      const key = this.#key(pair.key);
      if (key === undefined) continue;
      const earlier = keyOffsets.get(key);
      if (earlier !== undefined) this.#duplicate(key, earlier, offsetOf(pair.key));
      keyOffsets.set(key, offsetOf(pair.key));
      const converted = this.convert(pair.value);
      mapping[key] = converted.value;
      children.set(key, pair.value === null ? { offset: offsetOf(pair.key) } : converted.spot);
      weight = this.#add(weight, converted.weight, node);
    }
    for (const merged of merges) this.#merge(merged, mapping, children, node);
    return { value: freezeMapping(mapping), spot: { offset: offsetOf(node), children }, weight };
  }

  /** YAML merge key: one mapping or a list of them; own keys win, then earlier ones. */
  #merge(merged: Converted, into: Record<string, Value>, children: Map<string, Spot>, node: Node): void {
    const sources = Array.isArray(merged.value) ? (merged.value as readonly Value[]) : [merged.value];
    sources.forEach((source, index) => {
      if (!isMapping(source)) {
        this.#fail(node, 'a merge key "<<" takes a mapping or a list of mappings');
        return;
      }
      const spot = Array.isArray(merged.value) ? merged.spot.children?.get(index) : merged.spot;
      for (const [key, value] of Object.entries(source)) {
        if (key in into) continue;
        into[key] = value as Value;
        children.set(key, spot?.children?.get(key) ?? merged.spot);
      }
    });
  }

  #key(node: Node | null): string | undefined {
    if (node === null) return 'null';
    if (isScalar(node)) {
      // `on: x` or `8080: x`: the key is the text as written, also where YAML sees a boolean or a number.
      if (node.anchor !== undefined)
        this.#anchors.set(node.anchor, {
          value: toScalar(node),
          spot: { offset: offsetOf(node) },
          weight: 1,
        });
      return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    }
    this.#fail(node, 'a mapping key must be a scalar');
    return undefined;
  }

  #duplicate(key: string, first: number, second: number): void {
    this.#faults.push({
      severity: 'error',
      offset: second,
      reason: `duplicate key "${key}"`,
      earlier: first,
    });
  }

  #add(weight: number, more: number, node: Node): number {
    const sum = weight + more;
    if (sum > DEFINITION_VALUES_MAX && !this.#isTooLarge) {
      this.#isTooLarge = true;
      this.#fail(node, `unfolds to more than ${DEFINITION_VALUES_MAX} values`);
    }
    return Math.min(sum, DEFINITION_VALUES_MAX + 1);
  }

  #fail(node: Node, reason: string): Converted {
    this.#faults.push({ severity: 'error', offset: offsetOf(node), reason });
    return { value: null, spot: { offset: offsetOf(node) }, weight: 1 };
  }
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

function toScalar(node: Scalar): Value {
  const value = node.value;
  if (typeof value === 'bigint') {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }
  return value as Value;
}

function isMergeKey(node: Node | null): boolean {
  return isScalar(node) && node.value === '<<' && node.type === 'PLAIN';
}

function hasError(faults: readonly YamlFault[]): boolean {
  return faults.some((fault) => fault.severity === 'error');
}

function toReason(message: string): string {
  return message.split('\n')[0]!.replace(/:$/, '').replace(/\.$/, '');
}
