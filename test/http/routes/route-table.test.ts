import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tryParseTarget } from '../../../src/http/exchange/request-target.ts';
import {
  parseRoutePattern,
  type RoutePattern,
  relatePatterns,
} from '../../../src/http/routes/route-pattern.ts';
import { RouteTable } from '../../../src/http/routes/route-table.ts';

const target = (url: string) => tryParseTarget(url)!;

function tableOf(...paths: readonly string[]): RouteTable<string> {
  const table = new RouteTable<string>();
  for (const path of paths) table.add('GET', parseRoutePattern('/', path), path);
  return table;
}

describe('RouteTable.match()', () => {
  test('prefers a literal to a parameter and a parameter to a rest (http.md R3)', () => {
    const table = tableOf('/a/b', '/a/{x}', '/a/{rest...}');
    expect(table.match('GET', target('/a/b'))?.route).toBe('/a/b');
    expect(table.match('GET', target('/a/c'))?.route).toBe('/a/{x}');
    expect(table.match('GET', target('/a/c/d'))?.route).toBe('/a/{rest...}');
  });

  test('goes back to a parameter when the literal leads nowhere (http.md R3)', () => {
    const table = tableOf('/a/b/d', '/a/{x}/c');
    const match = table.match('GET', target('/a/b/c'));
    expect(match?.route).toBe('/a/{x}/c');
    expect(match?.params.get('x')).toBe('b');
  });

  test('matches a path ending in a slash with and without it, and no subtree (http.md R2)', () => {
    const table = tableOf('/docs/');
    expect(table.match('GET', target('/docs'))?.route).toBe('/docs/');
    expect(table.match('GET', target('/docs/'))?.route).toBe('/docs/');
    expect(table.match('GET', target('/docs/a'))).toBeUndefined();
  });

  test('does not match other paths with an added slash, nor in another case (http.md R2)', () => {
    const table = tableOf('/docs');
    expect(table.match('GET', target('/docs/'))).toBeUndefined();
    expect(table.match('GET', target('/Docs'))).toBeUndefined();
  });

  test('never binds a parameter to an empty segment (http.md R1)', () => {
    const table = tableOf('/a/{x}/b', '/u/{id}');
    expect(table.match('GET', target('/a//b'))).toBeUndefined();
    expect(table.match('GET', target('/u/'))).toBeUndefined();
  });

  test('decodes parameter values, an encoded slash included (http.md R5)', () => {
    const match = tableOf('/f/{name}').match('GET', target('/f/a%2Fb%20c%C3%A9'));
    expect(match?.params.get('name')).toBe('a/b c\u00c3\u00a9');
  });

  test('binds a rest to what is left, without leading slash and possibly empty (http.md R1, R6)', () => {
    const table = tableOf('/f/{path...}');
    expect(table.match('GET', target('/f/a/b/'))?.params.get('path')).toBe('a/b/');
    expect(table.match('GET', target('/f/'))?.params.get('path')).toBe('');
    expect(table.match('GET', target('/f'))?.params.get('path')).toBe('');
  });

  test('takes `:name` for `{name}` and ignores a trailing `{$}` (http.md R1)', () => {
    expect(tableOf('/u/:id').match('GET', target('/u/7'))?.params.get('id')).toBe('7');
    expect(tableOf('/u/{$}').match('GET', target('/u'))?.route).toBe('/u/{$}');
  });

  test('compares literals by their decoded bytes', () => {
    expect(tableOf('/caf\u00e9').match('GET', target('/caf%C3%A9'))?.route).toBe('/caf\u00e9');
    expect(tableOf('/a%20b').match('GET', target('/a%20b'))?.route).toBe('/a%20b');
  });

  test('is not fooled by names of Object.prototype', () => {
    expect(tableOf('/a').match('GET', target('/__proto__'))).toBeUndefined();
    expect(tableOf('/a').match('constructor', target('/a'))).toBeUndefined();
  });

  test('finds the most specific matching pattern of any set without conflicts', () => {
    const segment = fc.constantFrom('a', 'b', '{x}');
    const path = fc
      .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom('', '/', '/{r...}'))
      .map(
        ([parts, end]) => `/${parts.map((part, i) => (part === '{x}' ? `{x${i}}` : part)).join('/')}${end}`,
      )
      .map((text) => text.replace('//', '/'));
    const url = fc
      .tuple(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 }), fc.constantFrom('', '/'))
      .map(([parts, end]) => `/${parts.join('/')}${parts.length > 0 ? end : ''}`);
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 6 }), url, (paths, text) => {
        const patterns: RoutePattern[] = [];
        for (const candidate of paths.map((each) => parseRoutePattern('/', each))) {
          const clashes = patterns.some((other) =>
            ['equal', 'crossing'].includes(relatePatterns(candidate, other)),
          );
          if (!clashes) patterns.push(candidate);
        }
        const table = new RouteTable<RoutePattern>();
        for (const pattern of patterns) table.add('GET', pattern, pattern);
        const matching = patterns.filter((pattern) => matchesByRegExp(pattern, text));
        const best = matching.find((pattern) =>
          matching.every((other) => other === pattern || relatePatterns(pattern, other) === 'narrower'),
        );
        expect(table.match('GET', target(text))?.route).toBe(best);
      }),
    );
  });
});

describe('parseRoutePattern()', () => {
  test('joins prefix and path without doubling the slash (http.md R1)', () => {
    expect(parseRoutePattern('/api/', '/users').text).toBe('/api/users');
    expect(parseRoutePattern('/', '/').segments).toEqual([]);
  });

  test.each([
    ['users', 'must start with /'],
    ['/a//b', 'empty segment'],
    ['/a{x}', 'mixes text'],
    ['/{x}/{x}', 'occurs twice'],
    ['/{r...}/b', 'must be the last'],
    ['/{}', 'names no parameter'],
  ])('refuses %s', (path, fact) => {
    expect(() => parseRoutePattern('/', path)).toThrow(fact);
  });
});

describe('relatePatterns()', () => {
  test.each([
    ['/a/{x}', '/a/{y}', 'equal'],
    ['/{x}/b', '/a/{y}', 'crossing'],
    ['/a/b', '/a/{y}', 'narrower'],
    ['/a/{r...}', '/a/{y}', 'wider'],
    ['/a', '/a/', 'narrower'],
    ['/a', '/b', 'disjoint'],
    ['/a/{x}/c', '/a/b/{r...}', 'crossing'],
  ])('calls %s against %s %s (http.md R4)', (a, b, relation) => {
    expect(relatePatterns(parseRoutePattern('/', a), parseRoutePattern('/', b))).toBe(relation);
  });
});

describe('tryParseTarget()', () => {
  test('refuses malformed percent-escapes (http.md R5)', () => {
    expect(tryParseTarget('/a%zz')).toBeUndefined();
    expect(tryParseTarget('/a%2')).toBeUndefined();
  });

  test('accepts the absolute form and keeps the query apart', () => {
    const rest = { path: '/a', segments: ['a'], query: 'b=/c' };
    expect(tryParseTarget('http://h:1/a?b=/c')).toEqual({ ...rest, host: 'h:1' });
  });

  test.each([
    'http://',
    'http:///a',
    'http://u@h/a',
    'http://h:x/a',
    'http://a,b/a',
    'ftp://h/a',
    'h:80',
    '*',
  ])('refuses the target %s (RFC 9112 3.2)', (url) => expect(tryParseTarget(url)).toBeUndefined());

  test('never throws and always yields bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const parsed = tryParseTarget(`/${Buffer.from(bytes).toString('latin1')}`);
        if (parsed !== undefined) expect(isBinary(parsed.path)).toBe(true);
      }),
    );
  });
});

function matchesByRegExp(pattern: RoutePattern, url: string): boolean {
  let source = '';
  for (const segment of pattern.segments) {
    if (segment.kind === 'literal') source += `/${segment.text}`;
    else source += segment.kind === 'parameter' ? '/[^/]+' : '(/.*)?';
  }
  if (pattern.endsInSlash) source += '/?';
  if (pattern.segments.length === 0) source = '/';
  return new RegExp(`^${source}$`).test(url);
}

function isBinary(text: string): boolean {
  return [...text].every((character) => character.charCodeAt(0) <= 0xff);
}
