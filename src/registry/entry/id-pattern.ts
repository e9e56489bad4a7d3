/**
 * Patterns over dotted names (`app-format.md` § 3.2): segments are split at dots; `*` is one segment (or part
 * of one), `**` any number of segments, also none, `(a|b)` alternatives.
 */

/** Tells whether a text matches. */
export type MatchText = (text: string) => boolean;

/** Compiles a pattern over a namespace or a name. */
export function compilePattern(pattern: string): MatchText {
  const segments = pattern
    .split('.')
    .map((segment) => (segment === '**' ? ('any' as const) : compileSegment(segment)));
  return (text) => matchFrom(segments, text.split('.'), 0, 0, new Set());
}

/** Compiles a pattern over entry IDs, `ns:name`; without a colon it is a pattern over namespaces. */
export function compileIdPattern(pattern: string): (entry: { namespace: string; name: string }) => boolean {
  const colon = pattern.indexOf(':');
  const namespace = compilePattern(colon < 0 ? pattern : pattern.slice(0, colon));
  const name = colon < 0 ? () => true : compilePattern(pattern.slice(colon + 1));
  return (entry) => namespace(entry.namespace) && name(entry.name);
}

function compileSegment(segment: string): RegExp {
  const source = segment.replace(/[\\^$.*+?()[\]{}|]/g, (letter) => {
    if (letter === '*') return '[^.]*';
    if (letter === '(') return '(?:';
    return letter === ')' || letter === '|' ? letter : `\\${letter}`;
  });
  try {
    return new RegExp(`^(?:${source})$`);
  } catch {
    // Unbalanced parentheses: then they are letters like others.
    return new RegExp(`^${segment.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`);
  }
}

/** `failed` remembers pairs of places that lead nowhere, so that several `**` stay cheap. */
function matchFrom(
  pattern: readonly (RegExp | 'any')[],
  text: readonly string[],
  at: number,
  from: number,
  failed: Set<number>,
): boolean {
  if (at === pattern.length) return from === text.length;
  const key = at * (text.length + 1) + from;
  if (failed.has(key)) return false;
  const segment = pattern[at]!;
  const matched =
    segment === 'any'
      ? matchFrom(pattern, text, at + 1, from, failed) ||
        (from < text.length && matchFrom(pattern, text, at, from + 1, failed))
      : from < text.length && segment.test(text[from]!) && matchFrom(pattern, text, at + 1, from + 1, failed);
  if (!matched) failed.add(key);
  return matched;
}
