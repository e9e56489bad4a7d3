/** The relay as an extension of a hub: the middleware that turns requests into connections. */
import type { Clock, Log, Pid } from '../base/index.ts';
import type { MiddlewareFactory } from '../http/index.ts';
import type { ProcessSystem } from '../process/index.ts';
import { createSseRelay } from './sse/middleware.ts';
import { createWebSocketRelay } from './websocket/middleware.ts';

/** The middleware this room brings: hand them to the HTTP room. One set per hub. */
export function relayMiddleware(parts: {
  readonly system: ProcessSystem;
  readonly clock: Clock;
  readonly log: Log;
}): readonly MiddlewareFactory[] {
  const relay = { ...parts, clientPids: new Set<Pid>() };
  return [createWebSocketRelay(relay), createSseRelay(relay)];
}

/** What it uses of a hub. */
export interface RelayPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly unstable: { readonly system: ProcessSystem };
}

/** Opens it. */
export const relayExtension = {
  name: 'relay',
  open: ({ clock, log, unstable: { system } }: RelayPorts) => ({
    middleware: relayMiddleware({ system, clock, log }),
  }),
};
