/** Waiting in `time`: sleep, after, timers and tickers on the Clock port (`concurrency.md` § 7). */

import { type Clock, type Timer as ClockTimer, HubError, TICKER_BUFFER_MAX } from '../../base/index.ts';
import {
  COST,
  createHostChannel,
  defineType,
  type HostChannel,
  pushChannel,
  pushNothing,
  suspend,
  type UnitContext,
  unitOf,
} from '../../lua/index.ts';
import {
  argumentError,
  checkHostObject,
  freshHostObject,
  type HostType,
  type LuaState,
  type LuaValue,
  pushBoolean,
  pushHostObject,
  spend,
  toDisplay,
} from '../../vm/index.ts';
import { localLocation } from './location.ts';
import { Moment } from './moment.ts';
import { checkNs, TIME, tryToNs } from './types.ts';

const NS_PER_MS = 1e6;

/** `time.sleep(d)`; zero and negative let everything else run once. */
export function sleep(L: LuaState): number {
  spend(L, COST.timer);
  const ns = tryToNs(L, 1);
  if (ns === undefined) throw durationInvalid(L, 1, 'sleep');
  const { clock } = unitOf(L).runtime;
  return suspend(L, (resume) => {
    if (ns <= 0n) {
      clock.defer(() => resume(pushNothing));
      return undefined;
    }
    const timer = clock.setTimer(toMs(ns), () => resume(pushNothing));
    return () => timer.cancel();
  });
}

/** `time.after(d)`: a channel that delivers one Time and is closed then. */
export function after(L: LuaState): number {
  spend(L, COST.timer);
  const timer = new Timer(unitOf(L), positiveNs(L, 'make a channel'));
  pushChannel(L, timer.output.channel);
  return 1;
}

/** `time.timer(d)`. */
export function timer(L: LuaState): number {
  spend(L, COST.timer);
  pushHostObject(L, new Timer(unitOf(L), positiveNs(L, 'make a timer')), TIMER);
  return 1;
}

/** `time.ticker(d)`. */
export function ticker(L: LuaState): number {
  spend(L, COST.timer);
  pushHostObject(L, new Ticker(unitOf(L), positiveNs(L, 'make a ticker')), TICKER);
  return 1;
}

/** Fires once. Ends: it fires; `stop`; the program closes the channel; the unit ends. Each cancels the rest. */
class Timer {
  readonly output: HostChannel;
  readonly #clock: Clock;
  #pending: ClockTimer | undefined;

  constructor(unit: UnitContext, ns: bigint) {
    this.#clock = unit.runtime.clock;
    this.output = createHostChannel(unit, { onClose: () => this.#disarm() });
    this.#arm(ns);
  }

  /** @returns whether it had not fired yet. */
  stop(): boolean {
    const wasPending = this.#pending !== undefined;
    this.output.close();
    return wasPending;
  }

  /** Starts over with another duration. @returns false, and nothing happens, when it fired or was stopped. */
  reset(ns: bigint): boolean {
    if (this.#pending === undefined) return false;
    this.#disarm();
    this.#arm(ns);
    return true;
  }

  #arm(ns: bigint): void {
    this.#pending = this.#clock.setTimer(toMs(ns), () => {
      this.#pending = undefined;
      this.output.offer(timeNow(this.#clock));
      this.output.close();
    });
  }

  #disarm(): void {
    this.#pending?.cancel();
    this.#pending = undefined;
  }
}

/** Fires for ever: tick k is due at start + k * step, however late the one before came. */
class Ticker {
  readonly output: HostChannel;
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #stepMs: number;
  #count = 0;
  #pending: ClockTimer | undefined;

  constructor(unit: UnitContext, ns: bigint) {
    this.#clock = unit.runtime.clock;
    this.#startMs = this.#clock.monotonicMs();
    this.#stepMs = toMs(ns);
    this.output = createHostChannel(unit, {
      capacity: TICKER_BUFFER_MAX,
      onClose: () => this.#pending?.cancel(),
    });
    this.#arm();
  }

  stop(): void {
    this.output.close();
  }

  #arm(): void {
    const dueMs = this.#startMs + (this.#count + 1) * this.#stepMs;
    this.#pending = this.#clock.setTimer(Math.max(0, dueMs - this.#clock.monotonicMs()), () => this.#fire());
  }

  /** Delivers every tick that is due; those that find the buffer full are lost. */
  #fire(): void {
    const elapsed = (this.#clock.monotonicMs() - this.#startMs) / this.#stepMs;
    const due = Math.max(this.#count + 1, Math.floor(elapsed));
    const now = timeNow(this.#clock);
    for (let i = Math.min(due - this.#count, TICKER_BUFFER_MAX); i > 0; i--) this.output.offer(now);
    this.#count = due;
    this.#arm();
  }
}

const TIMER: HostType<Timer> = defineType<Timer>({
  name: 'Timer',
  methods: {
    channel: pushTimerChannel,
    response: pushTimerChannel,
    stop(L) {
      pushBoolean(L, checkHostObject(L, 1, TIMER).stop());
      return 1;
    },
    reset(L) {
      const timer = checkHostObject(L, 1, TIMER);
      const ns = checkNs(L, 2);
      if (ns <= 0n) argumentError(L, 2, 'duration must be positive');
      pushBoolean(L, timer.reset(ns));
      return 1;
    },
  },
});

const TICKER: HostType<Ticker> = defineType<Ticker>({
  name: 'Ticker',
  methods: {
    channel: pushTickerChannel,
    response: pushTickerChannel,
    stop(L) {
      checkHostObject(L, 1, TICKER).stop();
      pushBoolean(L, true);
      return 1;
    },
  },
});

function pushTimerChannel(L: LuaState): number {
  pushChannel(L, checkHostObject(L, 1, TIMER).output.channel);
  return 1;
}

function pushTickerChannel(L: LuaState): number {
  pushChannel(L, checkHostObject(L, 1, TICKER).output.channel);
  return 1;
}

/** Milliseconds with a fraction: a wait never ends early. */
function toMs(ns: bigint): number {
  return Number(ns) / NS_PER_MS;
}

function timeNow(clock: Clock): LuaValue {
  return freshHostObject(new Moment(clock.epochNs(), localLocation()), TIME);
}

function positiveNs(L: LuaState, purpose: string): bigint {
  const ns = tryToNs(L, 1);
  if (ns === undefined || ns <= 0n) throw durationInvalid(L, 1, purpose);
  return ns;
}

/** The error for an argument that is no usable duration. */
export function durationInvalid(L: LuaState, index: number, purpose: string): HubError {
  return new HubError('MH_TIME_INVALID', {
    message: `Cannot ${purpose}: invalid duration, got ${toDisplay(L, index)}`,
    hint: 'Write text such as "250ms" or "1m30s", or a number of nanoseconds such as 5 * time.SECOND.',
  });
}
