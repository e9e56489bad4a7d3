/** Writes a moment the way a layout shows it. */
import { MONTHS, type OffsetForm, type Token, toTokens, WEEKDAYS } from './layout.ts';
import type { Moment } from './moment.ts';

/** `tostring(t)`. */
export const DISPLAY_LAYOUT = '2006-01-02 15:04:05.999999999 -0700 MST';

/** Formats a moment in its own location. Never fails: what is no token is copied. */
export function formatMoment(moment: Moment, layout: string): string {
  let text = '';
  for (const token of toTokens(layout)) text += formatToken(moment, token);
  return text;
}

function formatToken(moment: Moment, token: Token): string {
  switch (token.kind) {
    case 'literal':
      return token.text;
    case 'year4':
      return moment.date.year < 0 ? `-${pad(-moment.date.year, 4)}` : pad(moment.date.year, 4);
    case 'year2':
      return pad(Math.abs(moment.date.year % 100), 2);
    case 'monthName':
      return MONTHS[moment.date.month - 1]!;
    case 'monthShort':
      return MONTHS[moment.date.month - 1]!.slice(0, 3);
    case 'month2':
      return pad(moment.date.month, 2);
    case 'month':
      return String(moment.date.month);
    case 'weekdayName':
      return WEEKDAYS[moment.weekday]!;
    case 'weekdayShort':
      return WEEKDAYS[moment.weekday]!.slice(0, 3);
    case 'day2':
      return pad(moment.date.day, 2);
    case 'daySpace':
      return String(moment.date.day).padStart(2, ' ');
    case 'day':
      return String(moment.date.day);
    case 'yearDay3':
      return pad(moment.yearDay, 3);
    case 'yearDaySpace':
      return String(moment.yearDay).padStart(3, ' ');
    case 'hour24':
      return pad(moment.hour, 2);
    case 'hour12two':
      return pad(moment.hour % 12 || 12, 2);
    case 'hour12':
      return String(moment.hour % 12 || 12);
    case 'minute2':
      return pad(moment.minute, 2);
    case 'minute':
      return String(moment.minute);
    case 'second2':
      return pad(moment.second, 2);
    case 'second':
      return String(moment.second);
    case 'PM':
      return moment.hour < 12 ? 'AM' : 'PM';
    case 'pm':
      return moment.hour < 12 ? 'am' : 'pm';
    case 'fractionFixed':
      return token.separator + fraction(moment, token.digits);
    case 'fractionTrimmed': {
      const digits = fraction(moment, token.digits).replace(/0+$/, '');
      return digits === '' ? '' : token.separator + digits;
    }
    case 'zoneName':
      return moment.zone.abbreviation || formatOffset(moment.zone.offsetSeconds, 'hhmm');
    case 'zoneOffset':
      if (token.isZuluForUtc && moment.zone.offsetSeconds === 0) return 'Z';
      return formatOffset(moment.zone.offsetSeconds, token.form);
    default: {
      const impossible: never = token;
      return impossible;
    }
  }
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** The first `digits` digits of the fraction of a second. */
function fraction(moment: Moment, digits: number): string {
  return pad(moment.nanosecond, 9).slice(0, digits).padEnd(digits, '0');
}

function formatOffset(offsetSeconds: number, form: OffsetForm): string {
  const size = Math.abs(offsetSeconds);
  const hours = pad(Math.floor(size / 3600), 2);
  const minutes = pad(Math.floor(size / 60) % 60, 2);
  const seconds = pad(size % 60, 2);
  const sign = offsetSeconds < 0 ? '-' : '+';
  switch (form) {
    case 'hh':
      return sign + hours;
    case 'hhmm':
      return sign + hours + minutes;
    case 'hh:mm':
      return `${sign}${hours}:${minutes}`;
    case 'hhmmss':
      return sign + hours + minutes + seconds;
    case 'hh:mm:ss':
      return `${sign}${hours}:${minutes}:${seconds}`;
    default: {
      const impossible: never = form;
      return impossible;
    }
  }
}
