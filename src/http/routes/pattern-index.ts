/**
 * Patterns by their segments, to find those that share a request path with another pattern without comparing
 * every pair: an application of thousands of endpoints loads in a moment.
 */
import type { RoutePattern } from './route-pattern.ts';
import { endsInRest, growTo, type SegmentNode } from './segment-tree.ts';

interface Node<T> extends SegmentNode<Node<T>> {
  /** Items whose pattern ends here. */
  readonly ends: T[];
  /** Items whose pattern goes on with a rest from here. */
  readonly rests: T[];
}

/** Items by pattern. */
export class PatternIndex<T> {
  readonly #root: Node<T> = createNode();

  /** Adds an item. Several items may have one pattern. */
  add(pattern: RoutePattern, item: T): void {
    const node = growTo(this.#root, pattern, createNode<T>);
    (endsInRest(pattern) ? node.rests : node.ends).push(item);
  }

  /** Items whose pattern shares some request path with this one, slashes at the end aside. */
  overlapping(pattern: RoutePattern): T[] {
    const found: T[] = [];
    collect(this.#root, pattern, 0, found);
    return found;
  }
}

function createNode<T>(): Node<T> {
  return { literals: new Map(), parameter: undefined, ends: [], rests: [] };
}

function collect<T>(node: Node<T>, pattern: RoutePattern, at: number, found: T[]): void {
  found.push(...node.rests);
  const segment = pattern.segments[at];
  if (segment === undefined) found.push(...node.ends);
  else if (segment.kind === 'rest') collectBelow(node, found);
  else {
    const literal = segment.kind === 'literal' ? node.literals.get(segment.text) : undefined;
    const literals =
      segment.kind === 'literal' ? (literal === undefined ? [] : [literal]) : node.literals.values();
    for (const next of literals) collect(next, pattern, at + 1, found);
    if (node.parameter !== undefined) collect(node.parameter, pattern, at + 1, found);
  }
}

/** Everything under a node but its own rests, which the caller has. */
function collectBelow<T>(node: Node<T>, found: T[]): void {
  found.push(...node.ends);
  const children = [...node.literals.values(), ...(node.parameter === undefined ? [] : [node.parameter])];
  for (const child of children) {
    found.push(...child.rests);
    collectBelow(child, found);
  }
}
