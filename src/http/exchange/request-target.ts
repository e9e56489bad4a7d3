/**
 * What a request is aimed at: path, segments and query of its target (RFC 9112 3.2). Percent-escapes may spell any
 * bytes, so decoded text is a *binary* string, one character per byte.
 */

/** What a request target splits into. */
export interface RequestTarget {
  /** Decoded path, e.g. `/a b`. */
  readonly path: string;
  /** Decoded path segments: `/a/b%2Fc/` is `['a', 'b/c', '']`. */
  readonly segments: readonly string[];
  /** Undecoded text after `?`; empty when there is none. */
  readonly query: string;
}

/**
 * Splits a request target (origin form or absolute form).
 * @returns `undefined` when a percent-escape is malformed or the target is no path (`http.md` R5).
 */
export function tryParseTarget(url: string): RequestTarget | undefined {
  let text = url;
  if (!text.startsWith('/')) {
    // RFC 9112 3.2.2: servers must accept the absolute form.
    const absolute = /^https?:\/\/[^/?#]*/i.exec(text);
    if (absolute === null) return undefined;
    text = text.slice(absolute[0].length);
    if (!text.startsWith('/')) text = `/${text}`;
  }
  const hash = text.indexOf('#');
  if (hash >= 0) text = text.slice(0, hash);
  const mark = text.indexOf('?');
  const rawPath = mark < 0 ? text : text.slice(0, mark);
  const query = mark < 0 ? '' : text.slice(mark + 1);
  const escaped = rawPath.includes('%');
  if (escaped && /%(?![0-9a-fA-F]{2})/.test(rawPath)) return undefined;
  const segments = rawPath.slice(1).split('/');
  if (!escaped) return { path: rawPath, segments, query };
  return { path: decodePercent(rawPath), segments: segments.map(decodePercent), query };
}

/** Replaces valid percent-escapes by their bytes; malformed ones stay as they are. */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
