/**
 * What a request is aimed at: path, segments and query of its target (RFC 9112 3.2). Percent-escapes may spell any
 * bytes, so decoded text is a *binary* string, one character per byte.
 */
import { isIPv6 } from 'node:net';

/** What a request target splits into. */
export interface RequestTarget {
  /** Decoded path, e.g. `/a b`. */
  readonly path: string;
  /** Decoded path segments: `/a/b%2Fc/` is `['a', 'b/c', '']`. */
  readonly segments: readonly string[];
  /** Undecoded text after `?`; empty when there is none. */
  readonly query: string;
  /** `host[:port]` of the absolute form, which then counts instead of `Host` (RFC 9112 3.2.2). */
  readonly host: string | undefined;
}

/**
 * Splits a request target (origin form or absolute form).
 * @returns `undefined` when a percent-escape or a host is malformed, or the target is no path (`http.md` R5).
 */
export function tryParseTarget(url: string): RequestTarget | undefined {
  let text = url;
  let host: string | undefined;
  if (!text.startsWith('/')) {
    // RFC 9112 3.2.2: servers must accept the absolute form.
    const absolute = /^https?:\/\/([^/?#]*)/i.exec(text);
    if (absolute === null || !isHost(absolute[1]!)) return undefined;
    host = absolute[1]!;
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
  if (!escaped) return { path: rawPath, segments, query, host };
  return { path: decodePercent(rawPath), segments: segments.map(decodePercent), query, host };
}

/**
 * Whether a text is `host[:port]` (RFC 9110 4.2, RFC 9112 3.2). A comma is legal in a name, and never meant: two hosts that something on the way
 * has joined look so. An empty host is none, with or without a port.
 */
export function isHost(text: string): boolean {
  const match = /^(?:\[([0-9a-f:.]+)\]|((?:[0-9a-z\-._~!$&'()*+;=]|%[0-9a-f]{2})+))(?::(\d{0,5}))?$/i.exec(
    text,
  );
  if (match === null || Number(match[3] ?? 0) > 65_535) return false;
  return match[1] === undefined || isIPv6(match[1]);
}

/** Replaces valid percent-escapes by their bytes; malformed ones stay as they are. */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
