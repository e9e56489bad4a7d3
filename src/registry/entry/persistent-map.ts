/**
 * A sorted map that never changes: writing gives another one, which shares with the first all but the path to what
 * was written (an AVL tree). A step costs what the logarithm of the size costs, and a version that is kept costs
 * only what it does not share. A tree rather than a table of hashes, because keys come from programs: none of them
 * can make two keys collide.
 */

/** What can be a key: compared with `<`. */
type Key = string | number;

interface Node<K extends Key, V> {
  readonly key: K;
  readonly value: V;
  readonly left: Tree<K, V>;
  readonly right: Tree<K, V>;
  /** Of the higher side, plus one. */
  readonly height: number;
}

type Tree<K extends Key, V> = Node<K, V> | undefined;

/** See the head of the file. */
export class PersistentMap<K extends Key, V> {
  readonly #root: Tree<K, V>;

  private constructor(root: Tree<K, V>) {
    this.#root = root;
  }

  /** The map without keys. */
  static empty<K extends Key, V>(): PersistentMap<K, V> {
    return new PersistentMap<K, V>(undefined);
  }

  /** @param pairs with different keys, in any order. */
  static from<K extends Key, V>(pairs: Iterable<readonly [K, V]>): PersistentMap<K, V> {
    const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
    return new PersistentMap(build(sorted, 0, sorted.length));
  }

  get isEmpty(): boolean {
    return this.#root === undefined;
  }

  get(key: K): V | undefined {
    let at = this.#root;
    while (at !== undefined && at.key !== key) at = key < at.key ? at.left : at.right;
    return at?.value;
  }

  /** This map with another value at a key. */
  with(key: K, value: V): PersistentMap<K, V> {
    return new PersistentMap(insert(this.#root, key, value));
  }

  /** This map without a key; the same when it has none. */
  without(key: K): PersistentMap<K, V> {
    return this.get(key) === undefined ? this : new PersistentMap(remove(this.#root!, key));
  }

  /** Values in the order of their keys. */
  values(): V[] {
    const found: V[] = [];
    collect(this.#root, found, (node) => node.value);
    return found;
  }

  /** Keys, sorted. */
  keys(): K[] {
    const found: K[] = [];
    collect(this.#root, found, (node) => node.key);
    return found;
  }
}

function build<K extends Key, V>(
  sorted: readonly (readonly [K, V])[],
  start: number,
  end: number,
): Tree<K, V> {
  if (start === end) return undefined;
  const middle = (start + end) >> 1;
  const [key, value] = sorted[middle]!;
  return createNode(key, value, build(sorted, start, middle), build(sorted, middle + 1, end));
}

function createNode<K extends Key, V>(key: K, value: V, left: Tree<K, V>, right: Tree<K, V>): Node<K, V> {
  return { key, value, left, right, height: 1 + Math.max(left?.height ?? 0, right?.height ?? 0) };
}

function insert<K extends Key, V>(node: Tree<K, V>, key: K, value: V): Node<K, V> {
  if (node === undefined) return createNode(key, value, undefined, undefined);
  if (key === node.key) return createNode(key, value, node.left, node.right);
  return key < node.key
    ? balance(node, insert(node.left, key, value), node.right)
    : balance(node, node.left, insert(node.right, key, value));
}

/** @param key is in the tree. */
function remove<K extends Key, V>(node: Node<K, V>, key: K): Tree<K, V> {
  if (key < node.key) return balance(node, remove(node.left!, key), node.right);
  if (key > node.key) return balance(node, node.left, remove(node.right!, key));
  if (node.left === undefined) return node.right;
  if (node.right === undefined) return node.left;
  let heir = node.right;
  while (heir.left !== undefined) heir = heir.left;
  return balance(heir, node.left, remove(node.right, heir.key));
}

/** A node with these sides, which differ in height by two at most; in the result by one. */
function balance<K extends Key, V>(
  { key, value }: Pick<Node<K, V>, 'key' | 'value'>,
  left: Tree<K, V>,
  right: Tree<K, V>,
): Node<K, V> {
  const lean = (left?.height ?? 0) - (right?.height ?? 0);
  if (left !== undefined && lean > 1) {
    const { left: outer, right: inner } = left;
    if ((outer?.height ?? 0) >= (inner?.height ?? 0))
      return createNode(left.key, left.value, outer, createNode(key, value, inner, right));
    return createNode(
      inner!.key,
      inner!.value,
      createNode(left.key, left.value, outer, inner!.left),
      createNode(key, value, inner!.right, right),
    );
  }
  if (right !== undefined && lean < -1) {
    const { left: inner, right: outer } = right;
    if ((outer?.height ?? 0) >= (inner?.height ?? 0))
      return createNode(right.key, right.value, createNode(key, value, left, inner), outer);
    return createNode(
      inner!.key,
      inner!.value,
      createNode(key, value, left, inner!.left),
      createNode(right.key, right.value, inner!.right, outer),
    );
  }
  return createNode(key, value, left, right);
}

function collect<K extends Key, V, T>(node: Tree<K, V>, found: T[], read: (node: Node<K, V>) => T): void {
  if (node === undefined) return;
  collect(node.left, found, read);
  found.push(read(node));
  collect(node.right, found, read);
}
