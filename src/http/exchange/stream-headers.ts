/**
 * Headers that a response needs to pass proxies while it is written (`http.md` 5.2, 5.5; `relay.md` § 13). Each goes
 * out unless the handler set its own. nginx holds a response back until it is whole, or 8 KiB are there, unless
 * `X-Accel-Buffering` forbids it; `no-transform` (RFC 9111 5.2.2.6) keeps others from compressing events into blocks.
 */
import type { ResponseHeaders } from './response-headers.ts';

/** How the body travels: `fixed` = buffered with Content-Length, the others as they come. */
export type TransferMode = 'fixed' | 'chunked' | 'sse';

const STREAM_HEADERS: Readonly<Record<TransferMode | 'flushed', readonly (readonly [string, string])[]>> = {
  fixed: [],
  flushed: [['X-Accel-Buffering', 'no']],
  chunked: [
    ['Cache-Control', 'no-cache'],
    ['X-Accel-Buffering', 'no'],
  ],
  sse: [
    ['Content-Type', 'text/event-stream'],
    ['Cache-Control', 'no-cache, no-transform'],
    ['Connection', 'keep-alive'],
    ['X-Accel-Buffering', 'no'],
  ],
};

/** @param mode `flushed` = a buffered response of which a part shall arrive before the rest is written */
export function addStreamHeaders(headers: ResponseHeaders, mode: TransferMode | 'flushed'): void {
  // A browser reads no events from any other type, whatever a handler meant by it.
  const isForeign = mode === 'sse' && !/^text\/event-stream\b/i.test(headers.get('content-type') ?? '');
  if (isForeign) headers.remove('content-type');
  for (const [name, value] of STREAM_HEADERS[mode]) {
    if (headers.get(name) === undefined) headers.put(name, value);
  }
}
