/** The route somebody probably meant who asked for a path that has none. */
import { findNearest } from '../../registry/index.ts';
import type { RequestTarget } from '../exchange/request-target.ts';
import type { PatternSegment } from './route-pattern.ts';
import type { EndpointPlan } from './topology.ts';

/** A route, and in what the path misses it. */
export interface NearRoute {
  readonly endpoint: EndpointPlan;
  readonly difference: 'slashes' | 'upper and lower case' | 'prefix' | 'method' | 'spelling';
}

/** Paths with more segments are no slip of anybody. */
const SEGMENTS_MAX = 64;

/**
 * Finds the nearest of the endpoints, the surest guess first. Costs a look at each of them, more for a short path.
 * @param method the endpoint must have, unless its path is exactly the one asked for
 */
export function findNearRoute(
  endpoints: readonly EndpointPlan[],
  method: string,
  target: RequestTarget,
): NearRoute | undefined {
  const path = target.segments.filter((segment) => segment !== '');
  if (path.length > SEGMENTS_MAX) return undefined;
  const guesses = [
    ['method', ({ segments }: Shape) => segments.length === path.length && fits(segments, path, same)],
    ['slashes', ({ segments }: Shape) => segments.length === path.length && fits(segments, path, same)],
    [
      'upper and lower case',
      ({ segments }: Shape) => segments.length === path.length && fits(segments, path, alike),
    ],
    ['prefix', ({ segments }: Shape) => endsAlike(segments, path)],
  ] as const;
  for (const [difference, matches] of guesses) {
    const endpoint = endpoints.find(
      (each) => (each.method === method) !== (difference === 'method') && matches(each.pattern),
    );
    if (endpoint !== undefined) return { endpoint, difference };
  }
  const texts = new Map(
    endpoints.filter((each) => each.method === method).map((each) => [each.pattern.text, each]),
  );
  const nearest = findNearest(target.path, texts.keys());
  return nearest === undefined ? undefined : { endpoint: texts.get(nearest)!, difference: 'spelling' };
}

interface Shape {
  readonly segments: readonly PatternSegment[];
}

type Comparison = (literal: string, segment: string) => boolean;

const same: Comparison = (literal, segment) => literal === segment;
const alike: Comparison = (literal, segment) => literal.toLowerCase() === segment.toLowerCase();

/** Whether each segment of a path fits the one of a pattern at its place; both are equally long. */
function fits(pattern: readonly PatternSegment[], path: readonly string[], compare: Comparison): boolean {
  return pattern.every((segment, index) => segment.kind !== 'literal' || compare(segment.text, path[index]!));
}

/** Whether one has what the other lacks in front, and the rest names something. */
function endsAlike(pattern: readonly PatternSegment[], path: readonly string[]): boolean {
  const length = Math.min(pattern.length, path.length);
  const end = pattern.slice(pattern.length - length);
  if (!end.some(({ kind }) => kind === 'literal')) return false;
  return fits(end, path.slice(path.length - length), alike);
}
