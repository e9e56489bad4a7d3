import type { Outcome } from '../../process/index.ts';

/** How a connection ends, as its target, its monitors and its client are told (`relay.md` § 7). */
export interface Ending {
  readonly reason: string;
  /** Close code of RFC 6455 § 7.4; 1006 = nothing can be told to the client any more. Event streams do not show it. */
  readonly code: number;
  /** Abnormal ends fail links and give monitors an error. */
  readonly isAbnormal: boolean;
  /** Text for the client when it differs from `reason`. */
  readonly clientReason?: string;
}

/** The ends that need no words of anybody else: the table of § 7. */
export const ENDINGS = {
  connectionLost: { reason: 'connection lost', code: 1006, isAbnormal: true },
  pingTimeout: { reason: 'ping timeout', code: 1006, isAbnormal: true },
  slowClient: { reason: 'slow client', code: 1013, isAbnormal: true },
  /** The byte budget of the hub is used up, and this connection is the worst of those that hold it (L8). */
  overloaded: { reason: 'overloaded', code: 1013, isAbnormal: true },
  targetReturned: { reason: 'target process exited', code: 1000, isAbnormal: false },
  targetFailed: { reason: 'target process exited', code: 1011, isAbnormal: false },
  linkedProcessFailed: { reason: 'linked process failed', code: 1011, isAbnormal: true },
  terminated: { reason: 'terminated', code: 1001, isAbnormal: true },
  serviceRestart: { reason: 'service restart', code: 1012, isAbnormal: false },
  serviceStopped: { reason: 'service stopped', code: 1001, isAbnormal: false },
  serverShutdown: { reason: 'server shutdown', code: 1001, isAbnormal: false },
  internalError: { reason: 'internal error', code: 1011, isAbnormal: true },
} as const satisfies Record<string, Ending>;

/**
 * How a connection ends with its target: a client reads 1000 only of one that ended by itself, and comes back for one
 * that somebody ended (L9, L10).
 */
export function endingOfTarget(outcome: Outcome): Ending {
  return endingOfPurpose(outcome) ?? (outcome.ok ? ENDINGS.targetReturned : ENDINGS.targetFailed);
}

/** The same with a linked process that failed (P5). */
export function endingOfLinked(outcome: Outcome): Ending {
  return endingOfPurpose(outcome) ?? ENDINGS.linkedProcessFailed;
}

function endingOfPurpose({ purpose }: Outcome): Ending | undefined {
  switch (purpose) {
    case 'restart':
      return ENDINGS.serviceRestart;
    case 'stop':
      return ENDINGS.serviceStopped;
    case 'shutdown':
      return ENDINGS.serverShutdown;
    case undefined:
      return undefined;
    default: {
      const impossible: never = purpose;
      return impossible;
    }
  }
}
