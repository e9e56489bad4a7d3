import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  daysInMonth,
  toCivilDay,
  toEpochDays,
  toWeekday,
  toYearDay,
} from '../../../src/modules/time/calendar.ts';
import { formatDuration, tryParseDuration } from '../../../src/modules/time/duration.ts';
import { DISPLAY_LAYOUT, formatMoment } from '../../../src/modules/time/format.ts';
import {
  createFixedLocation,
  type Location,
  tryLoadLocation,
  UTC,
} from '../../../src/modules/time/location.ts';
import { Moment } from '../../../src/modules/time/moment.ts';
import { parseMoment } from '../../../src/modules/time/parse.ts';

const SECOND = 1_000_000_000n;

function moment(text: string, location: Location = UTC): Moment {
  return parseMoment('2006-01-02 15:04:05', text, location);
}

function zone(name: string): Location {
  const location = tryLoadLocation(name);
  if (location === undefined) throw new Error(`no zone ${name}`);
  return location;
}

describe('calendar', () => {
  it('agrees with the platform about every day it knows', () => {
    fc.assert(
      fc.property(fc.integer({ min: -90_000_000, max: 90_000_000 }), (days) => {
        const date = toCivilDay(days);
        const platform = new Date(days * 86_400_000);
        expect([date.year, date.month, date.day, toWeekday(days)]).toEqual([
          platform.getUTCFullYear(),
          platform.getUTCMonth() + 1,
          platform.getUTCDate(),
          platform.getUTCDay(),
        ]);
        expect(toEpochDays(date.year, date.month, date.day)).toBe(days);
      }),
    );
  });

  it('toYearDay() counts from 1 and knows leap years', () => {
    expect(toYearDay({ year: 2024, month: 12, day: 31 })).toBe(366);
    expect(toYearDay({ year: 2023, month: 3, day: 1 })).toBe(60);
    expect(daysInMonth(1900, 2)).toBe(28);
  });
});

describe('duration', () => {
  it.each([
    ['1h30m', 5_400n * SECOND, '1h30m0s'],
    ['2m5.5s', 125_500_000_000n, '2m5.5s'],
    ['1.5s', 1_500_000_000n, '1.5s'],
    ['500ms', 500_000_000n, '500ms'],
    ['15µs', 15_000n, '15µs'],
    ['15us', 15_000n, '15µs'],
    ['7ns', 7n, '7ns'],
    ['0', 0n, '0s'],
    ['-1.5h', -5_400n * SECOND, '-1h30m0s'],
    ['2.3ms', 2_300_000n, '2.3ms'],
    ['.5s', 500_000_000n, '500ms'],
    ['+3s', 3n * SECOND, '3s'],
  ])('%s is exact and prints in normal form (concurrency.md § 6.4, 6.5)', (text, ns, printed) => {
    expect(tryParseDuration(text)).toBe(ns);
    expect(formatDuration(ns)).toBe(printed);
  });

  it.each(['', '5', '1d', '1w', ' 1s', '1s ', '1 s', '1s5', '.s', '-', '--1s', '1e3s', '9999999999h', 'NaN'])(
    'refuses %j',
    (text) => {
      expect(tryParseDuration(text)).toBeUndefined();
    },
  );

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }), (ns) => {
        expect(tryParseDuration(formatDuration(ns))).toBe(ns);
      }),
    );
  });

  it('answers at once on hostile text', () => {
    expect(tryParseDuration(`${'9'.repeat(100_000)}s`)).toBeUndefined();
    expect(tryParseDuration('1s'.repeat(100_000))).toBeUndefined();
  });
});

describe('formatMoment()', () => {
  const sample = Moment.of(
    { year: 2024, month: 1, day: 2, hour: 15, minute: 4, second: 5, nanosecond: 67_000_000 },
    createFixedLocation('', -7 * 3600),
  );

  it.each([
    ['2006 06', '2024 24'],
    ['January Jan 01 1', 'January Jan 01 1'],
    ['02 2 _2 002 __2', '02 2  2 002   2'],
    ['Monday Mon', 'Tuesday Tue'],
    ['15 03 3 PM pm', '15 03 3 PM pm'],
    ['04 4 05 5', '04 4 05 5'],
    ['.000 ,000000 .999 ,999999999 .0', '.067 ,067000 .067 ,067 .0'],
    ['-0700 -07:00 -07 -070000 -07:00:00', '-0700 -07:00 -07 -070000 -07:00:00'],
    ['Z0700 Z07:00 Z07', '-0700 -07:00 -07'],
    ['MST', '-0700'],
    ['Month of Mondays: Janet', 'Month of Tuesdays: Janet'],
    ['20060102150405', '20240102150405'],
    ['_2006', '_2024'],
    ['no tokens é', 'no tokens é'],
  ])('%j gives %j', (layout, expected) => {
    expect(formatMoment(sample, layout)).toBe(expected);
  });

  it('prints Z for UTC where the layout says so', () => {
    expect(formatMoment(sample.utc(), 'Z0700 Z07:00 Z07 -07:00 MST')).toBe('Z Z Z +00:00 UTC');
  });

  it('leaves out an empty fraction of nines', () => {
    expect(formatMoment(moment('2024-12-29 15:04:05'), '15:04:05.999')).toBe('15:04:05');
  });

  it('shows a time as tostring does (concurrency.md § 6.3)', () => {
    expect(formatMoment(moment('2024-12-29 15:04:05').add(SECOND / 2n), DISPLAY_LAYOUT)).toBe(
      '2024-12-29 15:04:05.5 +0000 UTC',
    );
  });

  it('knows the letters of zones', () => {
    const winter = moment('2024-01-15 12:00:00');
    const summer = moment('2024-07-15 12:00:00');
    const text = (at: Moment, name: string): string => formatMoment(at.in(zone(name)), '15:04 -0700 MST');
    expect(text(winter, 'America/New_York')).toBe('07:00 -0500 EST');
    expect(text(summer, 'America/New_York')).toBe('08:00 -0400 EDT');
    expect(text(winter, 'Europe/Berlin')).toBe('13:00 +0100 CET');
    expect(text(summer, 'Europe/Berlin')).toBe('14:00 +0200 CEST');
    expect(text(winter, 'Asia/Kolkata')).toBe('17:30 +0530 IST');
    expect(text(winter, 'Asia/Tokyo')).toBe('21:00 +0900 JST');
    expect(text(winter, 'America/Sao_Paulo')).toBe('09:00 -0300 -03');
  });
});

describe('parseMoment()', () => {
  it('defaults to year 0, January 1, midnight', () => {
    expect(formatMoment(parseMoment('15:04', '07:30', UTC), '2006-01-02 15:04:05')).toBe(
      '0000-01-01 07:30:00',
    );
  });

  it.each([
    ['2006-01-02', '2024-02-30'],
    ['2006-01-02', '2023-02-29'],
    ['2006-01-02', '2024-13-01'],
    ['2006-01-02', '2024-00-01'],
    ['2006-01-02', '24-01-01'],
    ['15:04', '24:00'],
    ['15:04', '12:60'],
    ['3:04PM', '13:00PM'],
    ['2006-01-02', '2024-01-01 '],
    ['2006-01-02', ' 2024-01-01'],
    ['2006', ''],
    ['.000', '.12'],
    ['-07:00', '+0100'],
    ['Jan', 'Foo'],
    ['MST', 'x'],
    ['2006 002', '2023 366'],
  ])('%s refuses %j', (layout, value) => {
    expect(() => parseMoment(layout, value, UTC)).toThrowError(
      expect.objectContaining({ code: 'MH_TIME_INVALID', kind: 'Invalid' }),
    );
  });

  it('accepts a fraction after seconds the layout does not show (concurrency.md § 6.7)', () => {
    expect(parseMoment('2006-01-02T15:04:05Z07:00', '2024-01-02T03:04:05.123456789Z', UTC).nanosecond).toBe(
      123_456_789,
    );
    expect(parseMoment('15:04:05.000', '01:02:03.250', UTC).nanosecond).toBe(250_000_000);
    expect(parseMoment('15:04:05.999', '01:02:03', UTC).nanosecond).toBe(0);
  });

  it('reads names in any case, two-digit years around 1969, and halves of the day', () => {
    expect(formatMoment(parseMoment('02-Jan-06', '05-fEB-69', UTC), '2006-01-02')).toBe('1969-02-05');
    expect(formatMoment(parseMoment('02-Jan-06', '05-feb-68', UTC), '2006-01-02')).toBe('2068-02-05');
    expect(parseMoment('3:04PM', '12:05AM', UTC).hour).toBe(0);
    expect(parseMoment('3:04PM', '12:05PM', UTC).hour).toBe(12);
    expect(parseMoment('3:04pm', '3:05pm', UTC).hour).toBe(15);
  });

  it('keeps the offset of the text, and the zone when it is the same', () => {
    const berlin = zone('Europe/Berlin');
    const here = parseMoment('2006-01-02 15:04 -0700', '2024-07-01 12:00 +0200', berlin);
    expect(here.location).toBe(berlin);
    const there = parseMoment('2006-01-02 15:04 -0700', '2024-07-01 12:00 -0300', berlin);
    expect(formatMoment(there, '15:04 -0700')).toBe('12:00 -0300');
    expect(there.epochSeconds).toBe(Date.UTC(2024, 6, 1, 15) / 1000);
    expect(parseMoment('2006-01-02 MST', '2024-07-01 CEST', berlin).zone.offsetSeconds).toBe(7200);
    expect(parseMoment('2006-01-02 MST', '2024-07-01 XYZ', berlin).zone).toEqual({
      offsetSeconds: 0,
      abbreviation: 'XYZ',
    });
    expect(parseMoment('2006-01-02 MST', '2024-07-01 UTC', berlin).location).toBe(UTC);
  });

  it('is the inverse of formatting in every complete layout', () => {
    const layouts = [
      '2006-01-02T15:04:05.999999999Z07:00',
      'Mon, 02 Jan 2006 15:04:05.000000000 -0700',
      'Monday January _2 2006 3:04:05,999999999PM -07:00:00',
      '2006 __2 15h4m5s.000000000 -070000',
      '2/1/2006 03:04:05.000000000 pm Z0700',
    ];
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'].map(
      zone,
    );
    fc.assert(
      fc.property(
        fc.bigInt({ min: -2_000_000_000n * SECOND, max: 200_000_000_000n * SECOND }),
        fc.constantFrom(...layouts),
        fc.constantFrom(...zones),
        (ns, layout, location) => {
          const original = new Moment(ns, location);
          const text = formatMoment(original, layout);
          expect(formatMoment(parseMoment(layout, text, location), layout)).toBe(text);
          expect(parseMoment(layout, text, location).ns).toBe(ns);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never fails otherwise on garbage', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (layout, value) => {
        try {
          parseMoment(layout, value, UTC);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'MH_TIME_INVALID' });
        }
      }),
    );
  });
});

describe('Moment', () => {
  it('normalises parts out of range (concurrency.md § 12.14)', () => {
    const parts = { year: 2024, month: 13, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0 };
    expect(formatMoment(Moment.of(parts, UTC), '2006-01-02')).toBe('2025-01-01');
    expect(formatMoment(Moment.of({ ...parts, month: 0, day: 0, nanosecond: -1 }, UTC), DISPLAY_LAYOUT)).toBe(
      '2023-11-29 23:59:59.999999999 +0000 UTC',
    );
  });

  it('addDate() keeps the time of day and lets days run over', () => {
    expect(formatMoment(moment('2024-01-31 10:00:00').addDate(0, 1, 0), '2006-01-02 15')).toBe(
      '2024-03-02 10',
    );
    expect(formatMoment(moment('2023-01-31 10:00:00').addDate(0, 1, 0), '2006-01-02 15')).toBe(
      '2023-03-03 10',
    );
  });

  it('picks one of the two candidates in gaps and overlaps of a zone', () => {
    const york = zone('America/New_York');
    expect(formatMoment(moment('2024-03-10 02:30:00', york), '15:04 MST')).toMatch(/^(01:30 EST|03:30 EDT)$/);
    expect(formatMoment(moment('2024-11-03 01:30:00', york), '15:04')).toBe('01:30');
  });

  it('finds the second at which a zone changes its clock', () => {
    const berlin = zone('Europe/Berlin');
    const change = Date.UTC(2024, 2, 31, 1) / 1000;
    expect(berlin.at(change - 1).offsetSeconds).toBe(3600);
    expect(berlin.at(change).offsetSeconds).toBe(7200);
  });

  it('round() and truncate() count from year 1', () => {
    const at = moment('2024-12-29 15:34:30');
    const hour = 3600n * SECOND;
    expect(formatMoment(at.truncate(hour), '15:04:05')).toBe('15:00:00');
    expect(formatMoment(at.round(hour), '15:04:05')).toBe('16:00:00');
    expect(formatMoment(at.truncate(7n * 24n * hour), 'Mon')).toBe('Mon');
    expect(at.round(0n)).toBe(at);
    expect(at.truncate(-1n)).toBe(at);
  });

  it('knows the zero time', () => {
    const zero = Moment.of({ year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0 }, UTC);
    expect(zero.isZero).toBe(true);
    expect(zero.add(1n).isZero).toBe(false);
  });
});

describe('tryLoadLocation()', () => {
  it('knows UTC, Local and IANA names, and nothing that only looks like a zone', () => {
    expect(tryLoadLocation('UTC')).toBe(UTC);
    expect(tryLoadLocation('Local')?.name).toBe('Local');
    expect(tryLoadLocation('Europe/Paris')?.name).toBe('Europe/Paris');
    for (const name of ['', 'Mars/Base', '+01:00', '../etc/passwd', 'europe/paris', 'Europe/Paris/']) {
      expect(tryLoadLocation(name)).toBeUndefined();
    }
  });
});
