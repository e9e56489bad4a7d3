/** A lifecycle block as its schema fills it in, without the chance of jitter. */
import type { Lifecycle } from '../../src/registry/index.ts';

/** Defaults of `app-format.md` § 5.2, but started with the application and restarted to the millisecond. */
export const LIFECYCLE: Lifecycle = {
  autoStart: true,
  isOptional: false,
  requires: [],
  startTimeoutMs: 10_000,
  stopTimeoutMs: 10_000,
  stableThresholdMs: 5000,
  restart: { initialDelayMs: 1000, maxDelayMs: 90_000, backoffFactor: 2, jitter: 0, attemptsMax: 0 },
};
