/**
 * A point in time with the place it is told in (`concurrency.md` § 6): exact nanoseconds, immutable. Lua calls
 * it Time; here it is `Moment`, so that it is not mistaken for a clock or a duration.
 */
import { type CivilDay, toCivilDay, toEpochDays, toWeekday, toYearDay } from './calendar.ts';
import { type Location, UTC, type ZoneState } from './location.ts';

const NS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_DAY = 86_400;
/** Year 1, January 1, 00:00 UTC: where rounding boundaries count from. */
const ZERO_NS = -62_135_596_800n * NS_PER_SECOND;

/** Parts of a date and time of day; all may be out of range and normalise. */
export interface MomentParts {
  readonly year: number;
  /** 1-12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
}

/** What clock and calendar on the wall show. */
interface WallClock {
  readonly epochSeconds: number;
  readonly zone: ZoneState;
  readonly epochDays: number;
  readonly secondOfDay: number;
}

/** A point in time. */
export class Moment {
  /** Nanoseconds since the Unix epoch. */
  readonly ns: bigint;
  readonly location: Location;
  #wall: WallClock | undefined;
  #date: CivilDay | undefined;

  constructor(ns: bigint, location: Location) {
    this.ns = ns;
    this.location = location;
  }

  /** The moment a wall clock at `location` shows these parts; in a gap or overlap one of the two candidates. */
  static of(parts: MomentParts, location: Location): Moment {
    const days = toEpochDays(parts.year, parts.month, parts.day);
    const wallNs =
      (BigInt(days) * BigInt(SECONDS_PER_DAY) +
        BigInt(parts.hour) * 3600n +
        BigInt(parts.minute) * 60n +
        BigInt(parts.second)) *
        NS_PER_SECOND +
      BigInt(parts.nanosecond);
    const wallSeconds = Number(floorDivide(wallNs, NS_PER_SECOND));
    const guess = location.at(wallSeconds).offsetSeconds;
    const offset = location.at(wallSeconds - guess).offsetSeconds;
    return new Moment(wallNs - BigInt(offset) * NS_PER_SECOND, location);
  }

  /** Whole seconds since the Unix epoch, rounded down. */
  get epochSeconds(): number {
    return this.#wallClock().epochSeconds;
  }

  /** Offset and abbreviation that hold here and then. */
  get zone(): ZoneState {
    return this.#wallClock().zone;
  }

  get date(): CivilDay {
    this.#date ??= toCivilDay(this.#wallClock().epochDays);
    return this.#date;
  }

  get hour(): number {
    return Math.floor(this.#wallClock().secondOfDay / 3600);
  }

  get minute(): number {
    return Math.floor(this.#wallClock().secondOfDay / 60) % 60;
  }

  get second(): number {
    return this.#wallClock().secondOfDay % 60;
  }

  get nanosecond(): number {
    return Number(floorModulo(this.ns, NS_PER_SECOND));
  }

  /** 0 = Sunday. */
  get weekday(): number {
    return toWeekday(this.#wallClock().epochDays);
  }

  /** 1-366. */
  get yearDay(): number {
    return toYearDay(this.date);
  }

  /** Whether this is year 1, January 1, 00:00 UTC. */
  get isZero(): boolean {
    return this.ns === ZERO_NS;
  }

  add(ns: bigint): Moment {
    return new Moment(this.ns + ns, this.location);
  }

  /** Moves the calendar date; the time of day stays. January 31 plus a month is March 2 or 3. */
  addDate(years: number, months: number, days: number): Moment {
    const { year, month, day } = this.date;
    return Moment.of(
      {
        year: year + years,
        month: month + months,
        day: day + days,
        hour: this.hour,
        minute: this.minute,
        second: this.second,
        nanosecond: this.nanosecond,
      },
      this.location,
    );
  }

  in(location: Location): Moment {
    return new Moment(this.ns, location);
  }

  /** The last multiple of `stepNs` since the zero time; unchanged when the step is not positive. */
  truncate(stepNs: bigint): Moment {
    if (stepNs <= 0n) return this;
    return this.add(-floorModulo(this.ns - ZERO_NS, stepNs));
  }

  /** The nearest multiple of `stepNs` since the zero time, halves up; unchanged when the step is not positive. */
  round(stepNs: bigint): Moment {
    if (stepNs <= 0n) return this;
    const rest = floorModulo(this.ns - ZERO_NS, stepNs);
    return this.add(rest * 2n < stepNs ? -rest : stepNs - rest);
  }

  /** The same instant told in UTC. */
  utc(): Moment {
    return this.in(UTC);
  }

  /** Worked out when first asked for: most moments are only compared or subtracted. */
  #wallClock(): WallClock {
    if (this.#wall === undefined) {
      const epochSeconds = Number(floorDivide(this.ns, NS_PER_SECOND));
      const zone = this.location.at(epochSeconds);
      const wallSeconds = epochSeconds + zone.offsetSeconds;
      const epochDays = Math.floor(wallSeconds / SECONDS_PER_DAY);
      const secondOfDay = wallSeconds - epochDays * SECONDS_PER_DAY;
      this.#wall = { epochSeconds, zone, epochDays, secondOfDay };
    }
    return this.#wall;
  }
}

function floorModulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  return (value - floorModulo(value, divisor)) / divisor;
}
