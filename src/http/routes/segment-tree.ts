/** A tree of path segments, which both indexes of patterns stand on. */
import type { RoutePattern } from './route-pattern.ts';

/** A node has one child per literal and one for all parameters. */
export interface SegmentNode<N> {
  readonly literals: Map<string, N>;
  parameter: N | undefined;
}

/**
 * The node at which a pattern ends, or goes on with a rest (`endsInRest`). Nodes on the way are made as needed.
 * @param create makes a node without children.
 */
export function growTo<N extends SegmentNode<N>>(root: N, pattern: RoutePattern, create: () => N): N {
  let node = root;
  for (const segment of pattern.segments) {
    if (segment.kind === 'rest') break;
    let next = segment.kind === 'literal' ? node.literals.get(segment.text) : node.parameter;
    if (next === undefined) {
      next = create();
      if (segment.kind === 'literal') node.literals.set(segment.text, next);
      else node.parameter = next;
    }
    node = next;
  }
  return node;
}

/** Whether a pattern goes on with everything that is left of a path. */
export function endsInRest(pattern: RoutePattern): boolean {
  return pattern.segments.at(-1)?.kind === 'rest';
}
