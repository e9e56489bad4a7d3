/** The userdata types of `time` that are plain values: Time, Duration, Location (`concurrency.md` § 6). */

import { COST, defineType } from '../../lua/index.ts';
import {
  argumentError,
  checkHostObject,
  checkInteger,
  checkText,
  freshHostObject,
  type HostFunction,
  type HostType,
  isHostObject,
  isInteger,
  type LuaState,
  pushBoolean,
  pushFloat,
  pushHostObject,
  pushInteger,
  pushOwned,
  pushText,
  spend,
  toHostObject,
  toInteger,
  toNumber,
  toText,
  typeOf,
} from '../../vm/index.ts';
import { formatDuration, tryParseDuration } from './duration.ts';
import { DISPLAY_LAYOUT, formatMoment } from './format.ts';
import { type Location, localLocation } from './location.ts';
import { Moment } from './moment.ts';

/** Furthest calendar part in years, months or days a program may name; beyond, days would lose exactness. */
const CALENDAR_PART_MAX = 100_000_000;

const NS_MAX = 2n ** 63n - 1n;
const NS_MIN = -(2n ** 63n);

/** A length of time. */
export class Duration {
  readonly ns: bigint;

  constructor(ns: bigint) {
    this.ns = ns;
  }

  /** In units of `unitNs`, with a fraction. */
  in(unitNs: bigint): number {
    return Number(this.ns / unitNs) + Number(this.ns % unitNs) / Number(unitNs);
  }
}

/**
 * Reads a duration argument: whole or fractional nanoseconds, text, or a Duration.
 * @returns `undefined` for anything else, also for numbers that are not finite or do not fit 64 bits.
 */
export function tryToNs(L: LuaState, index: number): bigint | undefined {
  switch (typeOf(L, index)) {
    case 'number': {
      const value = isInteger(L, index) ? toInteger(L, index)! : Math.trunc(toNumber(L, index)!);
      if (typeof value === 'number' && !Number.isFinite(value)) return undefined;
      const ns = BigInt(value);
      return ns >= NS_MIN && ns <= NS_MAX ? ns : undefined;
    }
    case 'string':
      return tryParseDuration(toText(L, index)!);
    default: {
      const object = toHostObject(L, index);
      return object instanceof Duration ? object.ns : undefined;
    }
  }
}

/** As `tryToNs`, but raises `bad argument`. */
export function checkNs(L: LuaState, index: number): bigint {
  return (
    tryToNs(L, index) ?? argumentError(L, index, 'duration expected: number of nanoseconds, text or Duration')
  );
}

/** An integer that names a year, month or day. */
export function checkCalendarPart(L: LuaState, index: number): number {
  const part = checkInteger(L, index);
  return Math.abs(part) <= CALENDAR_PART_MAX ? part : argumentError(L, index, 'value out of range');
}

/** Pushes a Time; give it a new one: every push is another userdata. */
export function pushMoment(L: LuaState, moment: Moment): number {
  pushOwned(L, freshHostObject(moment, TIME));
  return 1;
}

/** Pushes a Duration, cut to 64 bits at the ends of the range. */
export function pushDuration(L: LuaState, ns: bigint): number {
  const bounded = ns > NS_MAX ? NS_MAX : ns < NS_MIN ? NS_MIN : ns;
  pushOwned(L, freshHostObject(new Duration(bounded), DURATION));
  return 1;
}

/** Pushes a Location; the same userdata for the same location. */
export function pushLocation(L: LuaState, location: Location): number {
  pushHostObject(L, location, LOCATION);
  return 1;
}

/** The Location type. */
export const LOCATION: HostType<Location> = defineType<Location>({
  name: 'Location',
  methods: {
    string(L) {
      pushText(L, checkHostObject(L, 1, LOCATION).name);
      return 1;
    },
  },
  tostring: (location) => location.name,
});

/** The Duration type. */
export const DURATION: HostType<Duration> = defineType<Duration>({
  name: 'Duration',
  methods: {
    hours: (L) => pushUnits(L, 3_600_000_000_000n),
    minutes: (L) => pushUnits(L, 60_000_000_000n),
    seconds: (L) => pushUnits(L, 1_000_000_000n),
    milliseconds: (L) => pushWhole(L, 1_000_000n),
    microseconds: (L) => pushWhole(L, 1_000n),
    nanoseconds: (L) => pushWhole(L, 1n),
  },
  tostring: (duration) => formatDuration(duration.ns),
});

function pushUnits(L: LuaState, unitNs: bigint): number {
  pushFloat(L, checkHostObject(L, 1, DURATION).in(unitNs));
  return 1;
}

function pushWhole(L: LuaState, unitNs: bigint): number {
  pushInteger(L, checkHostObject(L, 1, DURATION).ns / unitNs);
  return 1;
}

/** The Time type. */
export const TIME: HostType<Moment> = defineType<Moment>({
  name: 'Time',
  methods: {
    add: (L) => pushMoment(L, self(L).add(checkNs(L, 2))),
    sub: (L) => pushDuration(L, self(L).ns - other(L).ns),
    add_date: (L) =>
      pushMoment(
        L,
        self(L).addDate(checkCalendarPart(L, 2), checkCalendarPart(L, 3), checkCalendarPart(L, 4)),
      ),
    after: (L) => pushTruth(L, self(L).ns > other(L).ns),
    before: (L) => pushTruth(L, self(L).ns < other(L).ns),
    equal: (L) => pushTruth(L, self(L).ns === other(L).ns),
    is_zero: (L) => pushTruth(L, self(L).isZero),
    format: (L) => pushFormatted(L, checkText(L, 2)),
    format_rfc3339: (L) => pushFormatted(L, '2006-01-02T15:04:05Z07:00'),
    unix: number((moment) => moment.epochSeconds),
    unix_nano: number((moment) => BigInt.asIntN(64, moment.ns)),
    year: number((moment) => moment.date.year),
    month: number((moment) => moment.date.month),
    day: number((moment) => moment.date.day),
    hour: number((moment) => moment.hour),
    minute: number((moment) => moment.minute),
    second: number((moment) => moment.second),
    nanosecond: number((moment) => moment.nanosecond),
    weekday: number((moment) => moment.weekday),
    year_day: number((moment) => moment.yearDay),
    date(L) {
      const { year, month, day } = self(L).date;
      return pushThree(L, year, month, day);
    },
    clock(L) {
      const { hour, minute, second } = self(L);
      return pushThree(L, hour, minute, second);
    },
    utc: (L) => pushMoment(L, self(L).utc()),
    in_local: (L) => pushMoment(L, self(L).in(localLocation())),
    in_location: (L) => pushMoment(L, self(L).in(checkHostObject(L, 2, LOCATION))),
    location: (L) => pushLocation(L, self(L).location),
    round: (L) => pushMoment(L, copyOf(self(L).round(checkHostObject(L, 2, DURATION).ns))),
    truncate: (L) => pushMoment(L, copyOf(self(L).truncate(checkHostObject(L, 2, DURATION).ns))),
  },
  tostring: (moment) => formatMoment(moment, DISPLAY_LAYOUT),
});

function self(L: LuaState): Moment {
  return checkHostObject(L, 1, TIME);
}

function other(L: LuaState): Moment {
  return checkHostObject(L, 2, TIME);
}

/** Methods return new values; `==` is identity (`concurrency.md` § 6.1). */
function copyOf(moment: Moment): Moment {
  return new Moment(moment.ns, moment.location);
}

function number(read: (moment: Moment) => number | bigint): HostFunction {
  return (L) => {
    pushInteger(L, read(self(L)));
    return 1;
  };
}

function pushTruth(L: LuaState, value: boolean): number {
  pushBoolean(L, value);
  return 1;
}

function pushThree(L: LuaState, first: number, second: number, third: number): number {
  pushInteger(L, first);
  pushInteger(L, second);
  pushInteger(L, third);
  return 3;
}

function pushFormatted(L: LuaState, layout: string): number {
  spend(L, layout.length * COST.layoutByte);
  pushText(L, formatMoment(self(L), layout));
  return 1;
}

/** Whether the argument is a Location. */
export function isLocation(L: LuaState, index: number): boolean {
  return isHostObject(L, index, LOCATION);
}
