/**
 * Time enters moonhub here and nowhere else. Rooms take a `Clock`; tests hold a fake one and move it by
 * hand, so no test sleeps and no rule depends on how busy the machine is.
 */

/** A pending timer. */
export interface Timer {
  /** Withdraws the timer; its callback will not run. Idempotent, also after it fired. */
  cancel(): void;
}

/** Where time comes from. All durations are milliseconds. */
export interface Clock {
  /** Wall clock: nanoseconds since the Unix epoch. */
  epochNs(): bigint;
  /** Wall clock: milliseconds since the Unix epoch, with a fraction. */
  epochMs(): number;
  /** Monotonic milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number;
  /**
   * Calls back once after `delayMs`. Any finite delay works (the platform's 2^31-1 ms limit is hidden).
   * Timers with equal deadlines fire in creation order. A pending timer keeps the program alive
   * only when `keepAlive` is true (default false: servers and processes keep it alive, not timers).
   */
  setTimer(delayMs: number, callback: () => void, options?: { keepAlive?: boolean }): Timer;
  /** Calls back soon, after pending I/O had its chance: the scheduler's heartbeat. */
  defer(callback: () => void): void;
}

/** The longest delay `setTimeout` can hold without wrapping. */
const PLATFORM_DELAY_MAX_MS = 2 ** 31 - 1;

/** The real clock of this machine. */
export function createSystemClock(): Clock {
  const originNs = BigInt(Math.round(performance.timeOrigin * 1e6));
  return {
    epochNs: () => originNs + BigInt(Math.round(performance.now() * 1e6)),
    epochMs: () => performance.timeOrigin + performance.now(),
    monotonicMs: () => performance.now(),
    setTimer(delayMs, callback, options) {
      const deadline = performance.now() + delayMs;
      let handle: NodeJS.Timeout;
      const arm = (): void => {
        const left = deadline - performance.now();
        if (left > PLATFORM_DELAY_MAX_MS) handle = setTimeout(arm, PLATFORM_DELAY_MAX_MS);
        // A platform timer may fire up to a millisecond early; a wait never ends early.
        else handle = setTimeout(fire, Math.max(0, Math.ceil(left)));
        if (options?.keepAlive !== true) handle.unref();
      };
      const fire = (): void => {
        if (performance.now() < deadline) arm();
        else callback();
      };
      arm();
      return { cancel: () => clearTimeout(handle) };
    },
    defer: (callback) => void setImmediate(callback),
  };
}
