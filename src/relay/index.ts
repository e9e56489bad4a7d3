/**
 * Sockets as processes. A handler sets `X-WS-Relay`; the middleware here writes the 101 and spawns a
 * `ClientProcess`, a program like any other. From then on frames become messages to its target and messages to its
 * PID become frames, with no promise on the way.
 */

export type { Ending } from './client/ending.ts';
export type { ObservedConnection, ObservedRequest, RelayObserver } from './client/observer.ts';
export type { Refusal } from './client/refusal.ts';
export { relayExtension } from './extension.ts';
export { createRelay, type Relay } from './relay.ts';
