/**
 * How long a file that is gone, out of reach or emptied is taken as it was (`app-format.md` 8.6): editors and tools take
 * files away for a moment, and nothing of that is meant.
 */
import type { Clock } from '../base/index.ts';

/** A file that is still gone after this counts as deleted, in milliseconds (`app-format.md` 8.6). */
export const GONE_GRACE_MS = 2000;

/** A file that is still empty after this is a mistake, in milliseconds: who truncates to write is long done. */
export const EMPTIED_GRACE_MS = 500;

const GRACE_MS = { absent: GONE_GRACE_MS, empty: EMPTIED_GRACE_MS } as const;

/** What may be wrong with a file for a while. */
export type Lapse = keyof typeof GRACE_MS;

/** The files that are being given time. */
export class Grace {
  readonly #clock: Clock;
  /** When each was missed first. */
  #missed = new Map<string, number>();
  #stillMissed = new Map<string, number>();
  #nextLookMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A new look at the files begins. */
  begin(): void {
    this.#missed = this.#stillMissed;
    this.#stillMissed = new Map();
    this.#nextLookMs = undefined;
  }

  /** Whether it is taken as it was; asked about every file that is not as it should be, once a look. */
  mayStandIn(file: string, lapse: Lapse): boolean {
    const key = `${lapse} ${file}`;
    const now = this.#clock.monotonicMs();
    const since = this.#stillMissed.get(key) ?? this.#missed.get(key) ?? now;
    this.#stillMissed.set(key, since);
    const left = since + GRACE_MS[lapse] - now;
    if (left <= 0) return false;
    this.#nextLookMs = Math.min(this.#nextLookMs ?? left, left);
    return true;
  }

  /** Time until somebody's grace is over, in milliseconds; `undefined` when nobody has any. */
  get nextLookMs(): number | undefined {
    return this.#nextLookMs;
  }
}
