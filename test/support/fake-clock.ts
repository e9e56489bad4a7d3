/**
 * A clock that moves only when a test says so. Timers fire in deadline order (equal deadlines in creation
 * order), deferred callbacks run when asked; nothing depends on how busy the machine is.
 */
import type { Clock, Timer } from '../../src/base/index.ts';

/** Rounds of deferred callbacks after which `flush` decides that the program under test never rests. */
const ROUNDS_MAX = 10_000;

/** Microtask turns `settle` grants promise chains between two looks at the deferred callbacks. */
const MICROTASK_TURNS = 20;

/** A `Clock` under the test's control. */
export interface FakeClock extends Clock {
  /** Moves time forward; runs deferred callbacks before, between and after the timers that come due. */
  advance(ms: number): void;
  /**
   * Runs deferred callbacks until none are left, without moving time.
   * @throws when they never end (a process that is always ready); use `turn` to run some of them.
   */
  flush(): void;
  /** Runs the callbacks deferred so far, once; those they defer in turn wait for the next call. */
  turn(): void;
  /** `flush`, and lets promise chains go on, until both have nothing left to do. */
  settle(): Promise<void>;
  /** `advance`, then `settle`, in steps small enough for promise chains that set further timers. */
  advanceAndSettle(ms: number): Promise<void>;
  /** Number of timers waiting: a world that was closed leaves none. */
  readonly timerCount: number;
  /** Number of deferred callbacks waiting. */
  readonly deferredCount: number;
}

interface FakeTimer {
  readonly deadlineMs: number;
  readonly callback: () => void;
}

/**
 * Creates a clock that stands still.
 * @param startEpochMs wall clock at the start; default 2023-11-14T22:13:20Z.
 */
export function createFakeClock(startEpochMs = 1_700_000_000_000): FakeClock {
  let nowMs = 0;
  let deferred: (() => void)[] = [];
  // Sorted by deadline, then creation; a binary search finds the place of a new one.
  const timers: FakeTimer[] = [];

  const turn = (): void => {
    const batch = deferred;
    deferred = [];
    for (const callback of batch) callback();
  };
  const flush = (): void => {
    for (let round = 0; deferred.length > 0; round++) {
      if (round === ROUNDS_MAX) throw new Error(`deferred callbacks did not end within ${ROUNDS_MAX} rounds`);
      turn();
    }
  };
  const advance = (ms: number): void => {
    const targetMs = nowMs + ms;
    flush();
    while (timers.length > 0 && timers[0]!.deadlineMs <= targetMs) {
      const timer = timers.shift()!;
      nowMs = Math.max(nowMs, timer.deadlineMs);
      timer.callback();
      flush();
    }
    nowMs = targetMs;
  };
  const settle = async (): Promise<void> => {
    do {
      flush();
      for (let i = 0; i < MICROTASK_TURNS; i++) await Promise.resolve();
    } while (deferred.length > 0);
  };

  return {
    epochNs: () => BigInt(Math.trunc(startEpochMs)) * 1_000_000n + BigInt(Math.round(nowMs * 1e6)),
    epochMs: () => startEpochMs + nowMs,
    monotonicMs: () => nowMs,
    setTimer(delayMs, callback): Timer {
      const timer: FakeTimer = { deadlineMs: nowMs + Math.max(0, delayMs), callback };
      timers.splice(placeOf(timers, timer.deadlineMs), 0, timer);
      return {
        cancel() {
          const index = timers.indexOf(timer);
          if (index >= 0) timers.splice(index, 1);
        },
      };
    },
    defer: (callback) => void deferred.push(callback),
    advance,
    flush,
    turn,
    settle,
    async advanceAndSettle(ms) {
      const targetMs = nowMs + ms;
      await settle();
      while (timers.length > 0 && timers[0]!.deadlineMs <= targetMs) {
        advance(Math.max(0, timers[0]!.deadlineMs - nowMs));
        await settle();
      }
      advance(targetMs - nowMs);
      await settle();
    },
    get timerCount() {
      return timers.length;
    },
    get deferredCount() {
      return deferred.length;
    },
  };
}

/** Index of the first timer with a later deadline. */
function placeOf(timers: readonly FakeTimer[], deadlineMs: number): number {
  let low = 0;
  let high = timers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timers[middle]!.deadlineMs <= deadlineMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
