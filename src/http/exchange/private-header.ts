/** Headers by which a handler talks to middleware; they are kept apart from those that are sent. */

/** Headers handlers may set for middleware, in lower case; none ever reaches a client (`http.md` W7). */
export const PRIVATE_HEADERS = [
  'x-ws-relay',
  'x-sse-relay',
  'x-sendfile',
  'x-file-path',
  'x-file-name',
] as const;

/** Name of a private header. */
export type PrivateHeader = (typeof PRIVATE_HEADERS)[number];

/** Whether a lower-case header name is one of PRIVATE_HEADERS. */
export function isPrivateHeader(lower: string): lower is PrivateHeader {
  return (PRIVATE_HEADERS as readonly string[]).includes(lower);
}
