/** Calendar dates and C's `strftime` in the "C" locale. */

/** A moment taken apart; ranges as in `os.date('*t')`. */
export interface Calendar {
  readonly year: number;
  /** 1-12 */
  readonly month: number;
  /** 1-31 */
  readonly day: number;
  /** 0-23 */
  readonly hour: number;
  readonly min: number;
  readonly sec: number;
  /** 1-366 */
  readonly yday: number;
  /** 1 = Sunday */
  readonly wday: number;
  readonly isdst: boolean;
  /** Seconds since 1970. */
  readonly epoch: number;
  /** Minutes east of UTC. */
  readonly offset: number;
  /** Abbreviation of the zone. */
  readonly zone: string;
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAY_MS = 86_400_000;

/** Takes a moment apart; `undefined` when it is out of the range of dates. */
export function calendarOf(seconds: number, isUtc: boolean): Calendar | undefined {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  const offset = isUtc ? 0 : -date.getTimezoneOffset();
  // The same wall clock read as UTC, so that one set of getters serves both.
  const wall = new Date(date.getTime() + offset * 60_000);
  if (Number.isNaN(wall.getTime())) return undefined;
  const year = wall.getUTCFullYear();
  const firstDay = new Date(0).setUTCFullYear(year, 0, 1);
  return {
    year,
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    min: wall.getUTCMinutes(),
    sec: wall.getUTCSeconds(),
    yday: Math.floor((wall.getTime() - firstDay) / DAY_MS) + 1,
    wday: wall.getUTCDay() + 1,
    isdst: !isUtc && offset > standardOffset(year),
    epoch: seconds,
    offset,
    zone: isUtc ? 'GMT' : zoneName(date),
  };
}

/** Summer time is whatever is ahead of the smaller offset of the year. */
function standardOffset(year: number): number {
  return Math.min(-new Date(year, 0, 1).getTimezoneOffset(), -new Date(year, 6, 1).getTimezoneOffset());
}

function zoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
}

/** Formats as `strftime` does; a letter it does not know stays as it is written (`%Q`). */
export function formatDate(format: string, date: Calendar): string {
  return format.replace(/%([EO]?[A-Za-z%])/g, (written, letter: string) => {
    const known = CONVERSIONS[letter.length > 1 ? letter.slice(1) : letter];
    return known === undefined ? written : known(date);
  });
}

const pad = (value: number, size = 2, fill = '0'): string => {
  const digits = String(Math.abs(value)).padStart(size, fill);
  return value < 0 ? `-${digits}` : digits;
};

const hour12 = (date: Calendar): number => date.hour % 12 || 12;
const clock = (date: Calendar): string => `${pad(date.hour)}:${pad(date.min)}:${pad(date.sec)}`;
const dayName = (date: Calendar): string => DAYS[date.wday - 1]!;
const monthName = (date: Calendar): string => MONTHS[date.month - 1]!;

const CONVERSIONS: Readonly<Record<string, (date: Calendar) => string>> = {
  '%': () => '%',
  a: (date) => dayName(date).slice(0, 3),
  A: dayName,
  b: (date) => monthName(date).slice(0, 3),
  B: monthName,
  c: (date) =>
    `${dayName(date).slice(0, 3)} ${monthName(date).slice(0, 3)} ${pad(date.day, 2, ' ')} ${clock(date)} ${date.year}`,
  C: (date) => pad(Math.floor(date.year / 100)),
  d: (date) => pad(date.day),
  D: (date) => `${pad(date.month)}/${pad(date.day)}/${pad(date.year % 100)}`,
  e: (date) => pad(date.day, 2, ' '),
  F: (date) => `${date.year}-${pad(date.month)}-${pad(date.day)}`,
  g: (date) => pad(isoWeek(date).year % 100),
  G: (date) => String(isoWeek(date).year),
  h: (date) => monthName(date).slice(0, 3),
  H: (date) => pad(date.hour),
  I: (date) => pad(hour12(date)),
  j: (date) => pad(date.yday, 3),
  m: (date) => pad(date.month),
  M: (date) => pad(date.min),
  n: () => '\n',
  p: (date) => (date.hour < 12 ? 'AM' : 'PM'),
  r: (date) => `${pad(hour12(date))}:${pad(date.min)}:${pad(date.sec)} ${date.hour < 12 ? 'AM' : 'PM'}`,
  R: (date) => `${pad(date.hour)}:${pad(date.min)}`,
  s: (date) => String(date.epoch),
  S: (date) => pad(date.sec),
  t: () => '\t',
  T: clock,
  u: (date) => String((date.wday + 5) % 7 || 7),
  // The weeks of the reference runtime are ISO weeks throughout (errors-and-payloads.md § 7.6).
  U: (date) => pad(isoWeek(date).week),
  V: (date) => pad(isoWeek(date).week),
  w: (date) => String(date.wday - 1),
  W: (date) => pad(isoWeek(date).week),
  x: (date) => `${pad(date.month)}/${pad(date.day)}/${pad(date.year % 100)}`,
  X: clock,
  y: (date) => pad(date.year % 100),
  Y: (date) => String(date.year),
  z: (date) => {
    const size = Math.abs(date.offset);
    return `${date.offset < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}${pad(size % 60)}`;
  },
  Z: (date) => date.zone,
};

/** ISO 8601: the week of a day is the week of its Thursday. */
function isoWeek(date: Calendar): { year: number; week: number } {
  const day = new Date(0).setUTCFullYear(date.year, date.month - 1, date.day);
  const thursday = new Date(day + (4 - ((date.wday + 6) % 7 || 7)) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const first = new Date(0).setUTCFullYear(year, 0, 1);
  return { year, week: Math.floor((thursday.getTime() - first) / DAY_MS / 7) + 1 };
}
