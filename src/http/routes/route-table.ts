/**
 * Finds the route of a request: a tree of path segments per method. Literals are tried before parameters and
 * parameters before rests; since crossing patterns are refused at load (`http.md` R4), the first match is the
 * most specific one. A search visits each node of the tree at most once, whatever the client sends.
 */
import type { RequestTarget } from '../exchange/request-target.ts';
import type { RoutePattern } from './route-pattern.ts';
import { endsInRest, growTo, type SegmentNode } from './segment-tree.ts';

/** A route that matches. */
export interface RouteMatch<T> {
  readonly route: T;
  /** Decoded values by parameter name, binary strings. */
  readonly params: ReadonlyMap<string, string>;
}

interface Leaf<T> {
  readonly route: T;
  /** Parameter names in the order of their segments. */
  readonly names: readonly string[];
}

interface Node<T> extends SegmentNode<Node<T>> {
  rest: Leaf<T> | undefined;
  /** Pattern ends here, without slash. */
  exact: Leaf<T> | undefined;
  /** Pattern ends here, with a slash that may be left out. */
  slash: Leaf<T> | undefined;
}

/** Routes by method and path. Filled once, then only read. */
export class RouteTable<T> {
  readonly #roots = new Map<string, Node<T>>();

  /** Adds a route. A pattern equal to an earlier one of that method replaces it. */
  add(method: string, pattern: RoutePattern, route: T): void {
    const root = this.#roots.get(method) ?? createNode<T>();
    this.#roots.set(method, root);
    const node = growTo(root, pattern, createNode<T>);
    const names = pattern.segments.flatMap((segment) => (segment.kind === 'literal' ? [] : [segment.name]));
    const leaf = { route, names };
    if (endsInRest(pattern)) node.rest = leaf;
    else if (pattern.endsInSlash) node.slash = leaf;
    else node.exact = leaf;
  }

  /** The most specific route of exactly this method. */
  match(method: string, target: RequestTarget): RouteMatch<T> | undefined {
    const root = this.#roots.get(method);
    if (root === undefined) return undefined;
    const values: string[] = [];
    const leaf = search(root, target.segments, 0, values);
    if (leaf === undefined) return undefined;
    return { route: leaf.route, params: new Map(leaf.names.map((name, index) => [name, values[index]!])) };
  }

  /** Methods that have a route for this path, in the order they were first added. */
  methodsFor(target: RequestTarget): string[] {
    return [...this.#roots.keys()].filter((method) => this.match(method, target) !== undefined);
  }
}

function createNode<T>(): Node<T> {
  return { literals: new Map(), parameter: undefined, rest: undefined, exact: undefined, slash: undefined };
}

/** `values` holds the parameters on the way to the answer; what a failed branch pushed is popped again. */
function search<T>(
  node: Node<T>,
  segments: readonly string[],
  at: number,
  values: string[],
): Leaf<T> | undefined {
  if (at === segments.length) {
    const leaf = node.exact ?? node.slash;
    if (leaf !== undefined) return leaf;
  } else if (at === segments.length - 1 && segments[at] === '') {
    if (node.slash !== undefined) return node.slash;
  } else {
    const text = segments[at]!;
    const literal = node.literals.get(text);
    const found = literal && search(literal, segments, at + 1, values);
    if (found !== undefined) return found;
    if (node.parameter !== undefined && text !== '') {
      values.push(text);
      const leaf = search(node.parameter, segments, at + 1, values);
      if (leaf !== undefined) return leaf;
      values.pop();
    }
  }
  if (node.rest !== undefined) values.push(segments.slice(at).join('/'));
  return node.rest;
}
