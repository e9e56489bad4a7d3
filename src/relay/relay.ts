/** The relay of one hub: its middleware, and what it knows of itself. */
import { type ByteBudget, type Clock, LimitedLog, type Log, type Pid } from '../base/index.ts';
import type { MiddlewareFactory } from '../http/index.ts';
import type { ProcessSystem } from '../process/index.ts';
import type { RelayContext } from './client/context.ts';
import { Farewell } from './client/farewell.ts';
import { ObserverSlot, type RelayObserver } from './client/observer.ts';
import { SharedFrames } from './flow/outbox.ts';
import { Turns } from './flow/turns.ts';
import { createSseRelay } from './sse/middleware.ts';
import { createWebSocketRelay } from './websocket/middleware.ts';

/** The relay of one hub. */
export interface Relay {
  /** `websocket_relay` and `sse_relay`: hand them to the HTTP room. */
  readonly middleware: readonly MiddlewareFactory[];
  /**
   * The hub stops, and whoever owns the sockets has been told: resolves when every connection has said goodbye and its
   * target has read it, or shows no sign that it will (L9).
   */
  drain(): Promise<void>;
  /** Looks at connections, one observer at a time. @returns a way to stop. */
  observe(observer: RelayObserver): () => void;
}

/** Makes the relay: one per hub. */
export function createRelay(parts: {
  readonly system: ProcessSystem;
  readonly clock: Clock;
  readonly log: Log;
  /** What connections hold together (`relay.md` L8). */
  readonly budget: ByteBudget;
}): Relay {
  const slot = new ObserverSlot(parts.log);
  const clientPids = new Set<Pid>();
  const relay: RelayContext = {
    ...parts,
    limitedLog: new LimitedLog(parts),
    slot,
    clientPids,
    farewell: new Farewell({ ...parts, clientPids }),
    frames: new SharedFrames(),
    turns: new Turns(parts.clock),
  };
  return {
    middleware: [createWebSocketRelay(relay), createSseRelay(relay)],
    drain: () => relay.farewell.drain(),
    observe: (observer) => slot.observe(observer),
  };
}
