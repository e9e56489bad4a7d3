/**
 * Room 3: sockets as processes. A handler sets `X-WS-Relay`; the middleware here writes the 101 and spawns a
 * `Connection`, a program like any other. From then on frames become messages to its target and messages to its
 * PID become frames, with no promise on the way.
 */
import type { Clock, Log } from '../base/index.ts';
import type { MiddlewareFactory } from '../http/index.ts';
import type { ProcessSystem } from '../process/index.ts';
import { FrameEncoder } from './outbound.ts';
import { createSseRelay } from './sse-relay.ts';
import { createWebSocketRelay } from './websocket-relay.ts';

/** The middleware this room brings: hand them to the HTTP room. One set per hub. */
export function relayMiddleware(parts: {
  readonly system: ProcessSystem;
  readonly clock: Clock;
  readonly log: Log;
}): readonly MiddlewareFactory[] {
  const relay = { ...parts, encoder: new FrameEncoder(), clientPids: new Set<never>() };
  return [createWebSocketRelay(relay), createSseRelay(relay)];
}
