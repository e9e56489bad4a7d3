/** Streams that several hubs of one program share: standard input, output and error. */
import type { EventEmitter } from 'node:events';

const survived = new WeakSet<EventEmitter>();

/**
 * A stream whose other end goes away (a closed pipe) must not take the program with it; what is written then leads
 * nowhere. One listener a stream, however many hubs write to it.
 */
export function surviveErrors(stream: EventEmitter): void {
  if (survived.has(stream)) return;
  survived.add(stream);
  stream.on('error', () => {});
}
