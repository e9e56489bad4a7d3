import type { ByteBudget, Clock, LimitedLog, Log, Pid } from '../../base/index.ts';
import type { ProcessSystem } from '../../process/index.ts';
import type { SharedFrames } from '../flow/outbox.ts';
import type { Turns } from '../flow/turns.ts';
import type { Farewell } from './farewell.ts';
import type { ObserverSlot } from './observer.ts';

/** What the connections of one hub share. */
export interface RelayContext {
  readonly system: ProcessSystem;
  readonly clock: Clock;
  readonly log: Log;
  /** For what strangers can cause (H18). */
  readonly limitedLog: LimitedLog;
  /** PIDs of all live connections, WebSocket and SSE: none of them may be a target. */
  readonly clientPids: Set<Pid>;
  readonly farewell: Farewell;
  readonly slot: ObserverSlot;
  /** What connections hold together (L8). */
  readonly budget: ByteBudget;
  readonly frames: SharedFrames;
  readonly turns: Turns;
}
