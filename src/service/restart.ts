/** Whether a failed service is tried again, and when (`process.md` § 16). */
import type { Failure } from '../base/index.ts';
import { TERMINATED } from '../process/index.ts';
import type { RestartOptions } from '../registry/index.ts';

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
