/** When a service starts, how long it may take, and how often it may fail (`process.md` § 16). */
import type { Failure } from '../base/index.ts';
import { TERMINATED } from '../process/index.ts';

/** The `lifecycle` block of an entry, read; durations are milliseconds. The defaults stand in its schema. */
export interface LifecycleOptions {
  /** Start with the application. */
  readonly autoStart: boolean;
  /** `startup: optional`: not starting does not fail the application's start. */
  readonly isOptional: boolean;
  /** Limit of the start step; beyond: failed, retried. */
  readonly startTimeoutMs: number;
  /** Limit of a graceful stop; beyond: killed. */
  readonly stopTimeoutMs: number;
  /** A run this long forgives all earlier failures. */
  readonly stableThresholdMs: number;
  readonly restart: RestartOptions;
}

/** How a failed service is tried again. */
export interface RestartOptions {
  /** Delay before the first restart. */
  readonly initialDelayMs: number;
  /** Cap of the delay; jitter may exceed it. */
  readonly maxDelayMs: number;
  /** What the delay is multiplied by from one restart to the next. */
  readonly backoffFactor: number;
  /** Share of the delay that is added or taken away at random, 0 = none. */
  readonly jitter: number;
  /** Starts in a row; 0 = unlimited. */
  readonly attemptsMax: number;
}

/**
 * Delay before a restart (§ 16.2).
 * @param n failures in a row, at least 1.
 * @param random from 0 to 1; 0.5 is the middle.
 */
export function restartDelayMs(options: RestartOptions, n: number, random: number): number {
  const delayMs = Math.min(options.initialDelayMs * options.backoffFactor ** (n - 1), options.maxDelayMs);
  return Math.max(0, delayMs * (1 + options.jitter * (2 * random - 1)));
}

/** Whether a failed run must not be tried again (§ 16, rule 1). */
export function isTerminal(failure: Failure): boolean {
  return failure.retryable === false || failure.kind === 'Canceled' || failure === TERMINATED;
}
