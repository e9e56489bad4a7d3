/** `require("time")` (`concurrency.md` § 6-7). */
import { HubError } from '../../base/index.ts';
import { COST, defineModule, unitOf } from '../../lua/index.ts';
import {
  argumentError,
  checkHostObject,
  checkInteger,
  checkText,
  getTop,
  isInteger,
  type LuaState,
  optHostObject,
  spend,
  toInteger,
  toNumber,
  typeError,
  typeOf,
} from '../../vm/index.ts';
import { createFixedLocation, localLocation, tryLoadLocation, UTC } from './location.ts';
import { Moment } from './moment.ts';
import { parseMoment } from './parse.ts';
import { checkCalendarPart, LOCATION, pushDuration, pushLocation, pushMoment, tryToNs } from './types.ts';
import { after, durationInvalid, sleep, ticker, timer } from './waiting.ts';

/** The `time` module. */
export const timeModule = defineModule({
  name: 'time',
  functions: {
    now,
    date,
    unix,
    parse,
    parse_duration: parseDuration,
    load_location: loadLocation,
    fixed_zone: fixedZone,
    sleep,
    after,
    timer,
    ticker,
  },
  constants: {
    utc: (L) => void pushLocation(L, UTC),
    localtz: (L) => void pushLocation(L, localLocation()),
    ANSIC: 'Mon Jan _2 15:04:05 2006',
    UNIX_DATE: 'Mon Jan _2 15:04:05 MST 2006',
    RFC3339: '2006-01-02T15:04:05Z07:00',
    RFC3339NANO: '2006-01-02T15:04:05.999999999Z07:00',
    RFC822: '02 Jan 06 15:04 MST',
    RFC822Z: '02 Jan 06 15:04 -0700',
    RFC850: 'Monday, 02-Jan-06 15:04:05 MST',
    RFC1123: 'Mon, 02 Jan 2006 15:04:05 MST',
    RFC1123Z: 'Mon, 02 Jan 2006 15:04:05 -0700',
    KITCHEN: '3:04PM',
    STAMP: 'Jan _2 15:04:05',
    STAMP_MILLI: 'Jan _2 15:04:05.000',
    STAMP_MICRO: 'Jan _2 15:04:05.000000',
    STAMP_NANO: 'Jan _2 15:04:05.000000000',
    DATE_TIME: '2006-01-02 15:04:05',
    DATE_ONLY: '2006-01-02',
    TIME_ONLY: '15:04:05',
    NANOSECOND: 1,
    MICROSECOND: 1_000,
    MILLISECOND: 1_000_000,
    SECOND: 1_000_000_000,
    MINUTE: 60_000_000_000,
    HOUR: 3_600_000_000_000,
    JANUARY: 1,
    FEBRUARY: 2,
    MARCH: 3,
    APRIL: 4,
    MAY: 5,
    JUNE: 6,
    JULY: 7,
    AUGUST: 8,
    SEPTEMBER: 9,
    OCTOBER: 10,
    NOVEMBER: 11,
    DECEMBER: 12,
    SUNDAY: 0,
    MONDAY: 1,
    TUESDAY: 2,
    WEDNESDAY: 3,
    THURSDAY: 4,
    FRIDAY: 5,
    SATURDAY: 6,
  },
});

function now(L: LuaState): number {
  return pushMoment(L, new Moment(unitOf(L).runtime.clock.epochNs(), localLocation()));
}

/** A location that is given must be one: an explicit nil is a mistake, not the default (`concurrency.md` § 6). */
function date(L: LuaState): number {
  const parts = {
    year: checkCalendarPart(L, 1),
    month: checkCalendarPart(L, 2),
    day: checkCalendarPart(L, 3),
    hour: checkInteger(L, 4),
    minute: checkInteger(L, 5),
    second: checkInteger(L, 6),
    nanosecond: checkInteger(L, 7),
  };
  return pushMoment(L, Moment.of(parts, getTop(L) < 8 ? localLocation() : checkHostObject(L, 8, LOCATION)));
}

function unix(L: LuaState): number {
  const ns = toNs(L, 1, 1_000_000_000) + (getTop(L) >= 2 && typeOf(L, 2) !== 'nil' ? toNs(L, 2, 1) : 0n);
  return pushMoment(L, new Moment(ns, localLocation()));
}

/** A number of units as nanoseconds; the fraction of a float counts. */
function toNs(L: LuaState, index: number, unitNs: number): bigint {
  if (typeOf(L, index) !== 'number') return typeError(L, index, 'number');
  if (isInteger(L, index)) return BigInt(toInteger(L, index)!) * BigInt(unitNs);
  const value = toNumber(L, index)!;
  if (!Number.isFinite(value)) return argumentError(L, index, 'number has no integer representation');
  const whole = Math.trunc(value);
  return BigInt(whole) * BigInt(unitNs) + BigInt(Math.trunc((value - whole) * unitNs));
}

function parse(L: LuaState): number {
  spend(L, (checkText(L, 1).length + checkText(L, 2).length) * COST.layoutByte);
  return pushMoment(
    L,
    parseMoment(checkText(L, 1), checkText(L, 2), optHostObject(L, 3, LOCATION, localLocation())),
  );
}

function parseDuration(L: LuaState): number {
  const ns = tryToNs(L, 1);
  if (ns === undefined) throw durationInvalid(L, 1, 'parse a duration');
  return pushDuration(L, ns);
}

function loadLocation(L: LuaState): number {
  const name = checkText(L, 1);
  if (name === '') {
    throw new HubError('MH_TIME_INVALID', { message: 'Cannot load a location: the name is empty' });
  }
  const location = tryLoadLocation(name);
  if (location === undefined) {
    throw new HubError('MH_TIME_LOCATION_NOT_FOUND', {
      message: `Cannot load a location: unknown time zone '${name}'`,
      hint: 'Use an IANA name such as "Europe/Berlin", "UTC" or "Local".',
    });
  }
  return pushLocation(L, location);
}

function fixedZone(L: LuaState): number {
  return pushLocation(L, createFixedLocation(checkText(L, 1), checkInteger(L, 2)));
}
