/**
 * Path patterns of endpoints (`http.md` R1-R4): `/users/{id}`, `/files/{path...}`, `/docs/`. A pattern stands
 * for a set of request paths; comparing two patterns is comparing these sets.
 */
import { HubError } from '../../base/index.ts';
import { decodePercent } from '../exchange/request-target.ts';

/** One segment of a pattern. Literals are binary strings of the decoded text. */
export type PatternSegment =
  | { readonly kind: 'literal'; readonly text: string }
  /** Exactly one non-empty segment. */
  | { readonly kind: 'parameter'; readonly name: string }
  /** Everything left, possibly nothing; always last. */
  | { readonly kind: 'rest'; readonly name: string };

/** A parsed pattern. */
export interface RoutePattern {
  /** As written, prefix included, for messages. */
  readonly text: string;
  readonly segments: readonly PatternSegment[];
  /** Ends in `/`: matches with and without that slash (R2). */
  readonly endsInSlash: boolean;
}

/** How the path sets of two patterns relate. */
export type PatternRelation = 'disjoint' | 'equal' | 'narrower' | 'wider' | 'crossing';

/**
 * Reads prefix and path as one pattern.
 * @param prefix starts with `/`; trailing slashes are dropped.
 * @throws MH_HTTP_PATH_INVALID
 */
export function parseRoutePattern(prefix: string, path: string): RoutePattern {
  if (!path.startsWith('/')) throw invalidPath(path, 'path must start with /');
  const text = normalizePrefix(prefix).replace(/^\/$/, '') + path;
  const parts = text.slice(1).split('/');
  if (parts[parts.length - 1] === '{$}') parts[parts.length - 1] = ''; // Accepted, changes nothing.
  const endsInSlash = parts[parts.length - 1] === '';
  if (endsInSlash) parts.pop();
  const segments = parts.map((part, index) => parseSegment(part, index === parts.length - 1, text));
  const names = segments.flatMap((segment) => (segment.kind === 'literal' ? [] : [segment.name]));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalidPath(text, `parameter '${twice}' occurs twice`);
  return { text, segments, endsInSlash: endsInSlash && segments.at(-1)?.kind !== 'rest' };
}

/** Drops trailing slashes: `/api//` is `/api`; nothing left is `/`. */
export function normalizePrefix(prefix: string): string {
  return prefix.replace(/\/+$/, '') || '/';
}

/**
 * Compares the path sets of two patterns, segment by segment: a literal is narrower than a parameter, a
 * parameter narrower than a rest. `crossing` = they overlap and neither contains the other (R4).
 */
export function relatePatterns(a: RoutePattern, b: RoutePattern): PatternRelation {
  let narrower = false;
  let wider = false;
  for (let index = 0; ; index++) {
    const left = a.segments[index];
    const right = b.segments[index];
    if (left?.kind === 'rest' || right?.kind === 'rest') {
      if (left?.kind !== 'rest') narrower = true;
      else if (right?.kind !== 'rest') wider = true;
      break;
    }
    if (left === undefined && right === undefined) {
      if (a.endsInSlash && !b.endsInSlash) wider = true;
      if (!a.endsInSlash && b.endsInSlash) narrower = true;
      break;
    }
    if (left === undefined || right === undefined) return 'disjoint';
    if (left.kind === 'literal' && right.kind === 'literal') {
      if (left.text !== right.text) return 'disjoint';
    } else if (left.kind === 'literal') narrower = true;
    else if (right.kind === 'literal') wider = true;
  }
  if (narrower && wider) return 'crossing';
  if (narrower) return 'narrower';
  return wider ? 'wider' : 'equal';
}

function parseSegment(part: string, isLast: boolean, text: string): PatternSegment {
  if (part === '') throw invalidPath(text, 'an empty segment matches nothing');
  if (part.startsWith(':') && part.length > 1) return { kind: 'parameter', name: part.slice(1) };
  if (!part.includes('{') && !part.includes('}')) {
    // A literal may be written plainly or percent-encoded; requests are compared decoded.
    return { kind: 'literal', text: decodePercent(Buffer.from(part, 'utf8').toString('latin1')) };
  }
  const match = /^\{([^{}]*?)(\.\.\.)?\}$/.exec(part);
  if (match === null) throw invalidPath(text, `'${part}' mixes text and a parameter in one segment`);
  const name = match[1]!;
  if (name === '' || name === '$') throw invalidPath(text, `'${part}' names no parameter`);
  if (match[2] === undefined) return { kind: 'parameter', name };
  if (!isLast) throw invalidPath(text, `'${part}' must be the last segment`);
  return { kind: 'rest', name };
}

function invalidPath(path: string, fact: string): HubError {
  return new HubError('MH_HTTP_PATH_INVALID', { message: `Cannot use as a path: ${fact}, got '${path}'` });
}
