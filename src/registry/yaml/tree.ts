/**
 * The third step of reading YAML: nodes -> whatever a builder makes of them. Aliases, merge keys, duplicate keys and
 * the size a document unfolds to are judged here, the same for everybody who reads YAML.
 */
import { type Alias, isAlias, isMap, isPair, isScalar, type Node, type Pair, type Scalar } from 'yaml';
import { YAML_VALUES_MAX } from '../../base/index.ts';
import type { PieceComposer } from './composer.ts';
import type { Faults } from './faults.ts';

/** A scalar by the rules of YAML 1.2 core. */
export type YamlScalar = string | number | bigint | boolean | null | Uint8Array;

/** A key that is equal (`===`) for keys that count as the same. */
export type YamlKey = string | number | bigint | boolean;

/** Makes values of a document, from its leaves up. Offsets say where each was written. */
export interface YamlBuilder<T> {
  /** @param text as it was written, without quotes */
  scalar(value: YamlScalar, text: string, offset: number): T;
  key(value: YamlScalar, text: string): YamlKey;
  list(offset: number): { add(value: T): void; close(): T };
  /** Each key is set once. */
  mapping(offset: number): { set(key: YamlKey, value: T): void; close(): T };
  /** What an alias or a merge key gives for the value it names. */
  again(value: T): T;
  /** Values `again` may have to copy at once. Beyond: an error of the text. Default: no bound, for builders that share. */
  readonly copiedMax?: number;
}

/** A value that was read. */
interface Read<T> {
  readonly value: T;
  /** Values this one unfolds to, itself included. */
  readonly weight: number;
  /** Of a mapping, for merge keys. */
  readonly entries?: ReadonlyMap<YamlKey, T>;
  /** Of a list, likewise. */
  readonly items?: readonly Read<T>[];
}

/** Nodes converted between two looks at the time. */
const NODES_AT_ONCE = 256;

/** Walks one document in the order it was written. Yields the steps it has taken, again and again. */
export class Tree<T> {
  readonly #builder: YamlBuilder<T>;
  readonly #composer: PieceComposer;
  readonly #faults: Faults;
  readonly #anchors = new Map<string, Read<T> | 'open'>();
  #isTooLarge = false;
  #steps = 0;

  constructor(builder: YamlBuilder<T>, composer: PieceComposer, faults: Faults) {
    this.#builder = builder;
    this.#composer = composer;
    this.#faults = faults;
  }

  /** @returns `undefined` when there are too many errors to go on. */
  *read(contents: Node | null): Generator<number, T | undefined> {
    const { value } = yield* this.#node(contents, 0);
    yield this.#steps;
    return this.#faults.isFull ? undefined : value;
  }

  *#node(node: Node | null, offset: number): Generator<number, Read<T>> {
    if (++this.#steps >= NODES_AT_ONCE) {
      yield this.#steps;
      this.#steps = 0;
    }
    if (node === null) return this.#nothing(offset);
    if (isAlias(node)) return this.#alias(node);
    const { anchor } = node as { anchor?: string };
    if (anchor !== undefined) this.#anchors.set(anchor, 'open');
    const read = isScalar(node) ? this.#scalar(node) : yield* this.#collection(node);
    if (anchor !== undefined) this.#anchors.set(anchor, read);
    return read;
  }

  #collection(node: Node): Generator<number, Read<T>> {
    if (isMap(node)) return this.#mapping(node);
    return this.#list(node);
  }

  #nothing(offset: number): Read<T> {
    return { value: this.#builder.scalar(null, '', offset), weight: 1 };
  }

  #scalar(node: Scalar): Read<T> {
    const value = this.#builder.scalar(plainOf(node), textOf(node), placeOf(node));
    return { value, weight: 1 };
  }

  #alias(node: Alias): Read<T> {
    const target = this.#anchors.get(node.source);
    if (target === undefined) return this.#fail(node, `alias "*${node.source}" names no earlier anchor`);
    if (target === 'open') return this.#fail(node, `alias "*${node.source}" lies inside the value it names`);
    if (this.#isTooLarge || !this.#mayCopy(target, node)) return target;
    return { ...target, value: this.#builder.again(target.value) };
  }

  #mayCopy({ weight }: Read<T>, node: Node): boolean {
    const { copiedMax = YAML_VALUES_MAX } = this.#builder;
    if (weight > copiedMax)
      this.#faults.add('limit', placeOf(node), `repeats more than ${copiedMax} values at once`);
    return weight <= copiedMax;
  }

  *#list(node: Node): Generator<number, Read<T>> {
    const offset = placeOf(node);
    const list = this.#builder.list(offset);
    const items: Read<T>[] = [];
    let weight = 1;
    for (const group of this.#groups(node)) {
      for (const item of group) {
        if (isPair(item)) {
          this.#fail(node, 'not a mapping, list or scalar');
          continue;
        }
        const read = yield* this.#node(item, offset);
        list.add(read.value);
        items.push(read);
        weight = this.#add(weight, read.weight, node);
        if (this.#faults.isFull) break;
      }
    }
    return { value: list.close(), weight, items };
  }

  *#mapping(node: Node): Generator<number, Read<T>> {
    const offset = placeOf(node);
    const mapping = this.#builder.mapping(offset);
    const entries = new Map<YamlKey, T>();
    const places = new Map<YamlKey, number>();
    const merges: Read<T>[] = [];
    let weight = 1;
    for (const group of this.#groups(node)) {
      for (const pair of group as readonly Pair<Node | null, Node | null>[]) {
        const isMerge = isMergeKey(pair.key);
        const key = isMerge ? undefined : this.#key(pair.key);
        const keyOffset = placeOf(pair.key);
        const read = yield* this.#node(pair.value, keyOffset);
        weight = this.#add(weight, read.weight, node);
        if (this.#faults.isFull) break;
        if (isMerge) merges.push(read);
        if (key === undefined) continue;
        const earlier = places.get(key);
        if (earlier !== undefined) {
          this.#faults.add('error', keyOffset, `duplicate key "${shown(key)}"`, earlier);
          continue;
        }
        places.set(key, keyOffset);
        entries.set(key, read.value);
        mapping.set(key, read.value);
      }
    }
    for (const merged of merges) {
      for (const source of merged.items ?? [merged]) {
        if (this.#isTooLarge || !this.#mayCopy(source, node)) break;
        this.#merge(source, entries, mapping, node);
        yield this.#steps;
        this.#steps = 0;
      }
    }
    return { value: mapping.close(), weight, entries };
  }

  /** YAML merge key: one mapping or a list of them; own keys win, then earlier ones. */
  #merge(
    source: Read<T>,
    entries: Map<YamlKey, T>,
    mapping: { set(key: YamlKey, value: T): void },
    node: Node,
  ): void {
    if (source.entries === undefined) {
      this.#fail(node, 'a merge key "<<" takes a mapping or a list of mappings');
      return;
    }
    for (const [key, value] of source.entries) {
      this.#steps++;
      if (entries.has(key)) continue;
      const merged = this.#builder.again(value);
      entries.set(key, merged);
      mapping.set(key, merged);
    }
  }

  #groups(node: Node): Iterable<readonly (Pair | Node | null)[]> {
    if (this.#composer.isEmptied(node)) return this.#composer.groupsOf(node);
    return [(node as unknown as { items: readonly (Pair | Node | null)[] }).items];
  }

  #key(node: Node | null): YamlKey | undefined {
    if (node === null) return this.#builder.key(null, 'null');
    if (!isScalar(node)) {
      this.#fail(node, 'a mapping key must be a scalar');
      return undefined;
    }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, this.#scalar(node));
    return this.#builder.key(plainOf(node), textOf(node));
  }

  #add(weight: number, more: number, node: Node): number {
    const sum = weight + more;
    if (sum > YAML_VALUES_MAX && !this.#isTooLarge) {
      this.#isTooLarge = true;
      this.#faults.add('limit', placeOf(node), `unfolds to more than ${YAML_VALUES_MAX} values`);
    }
    return Math.min(sum, YAML_VALUES_MAX + 1);
  }

  #fail(node: Node, reason: string): Read<T> {
    const offset = placeOf(node);
    this.#faults.add('error', offset, reason);
    return this.#nothing(offset);
  }
}

function placeOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

function textOf(node: Scalar): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

function plainOf(node: Scalar): YamlScalar {
  const { value } = node;
  if (typeof value === 'bigint')
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  return value as YamlScalar;
}

function isMergeKey(node: Node | null): boolean {
  return isScalar(node) && node.value === '<<' && node.type === 'PLAIN';
}

/** A key as a message repeats it. */
function shown(key: YamlKey): string {
  return String(key).slice(0, SHOWN_KEY_MAX);
}

const SHOWN_KEY_MAX = 100;
