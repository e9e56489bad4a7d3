/**
 * The proleptic Gregorian calendar on plain numbers: days since 1970-01-01 to year, month, day and back.
 * Months count from 1. Everything is exact for years up to a hundred million either way.
 */

/** A day of the calendar. */
export interface CivilDay {
  readonly year: number;
  /** 1-12 */
  readonly month: number;
  /** 1-31 */
  readonly day: number;
}

const DAYS_PER_400_YEARS = 146_097;
/** Days from 0000-03-01 to 1970-01-01: the arithmetic year starts in March so that leap days come last. */
const MARCH_EPOCH_DAYS = 719_468;
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether the year has a 29 February. */
export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Days of a month (1-12). */
export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : DAYS_IN_MONTH[month - 1]!;
}

/** Days since 1970-01-01; month and day may be out of range and normalise. */
export function toEpochDays(year: number, month: number, day: number): number {
  const months = month - 1;
  const normalYear = year + Math.floor(months / 12);
  const normalMonth = months - Math.floor(months / 12) * 12 + 1;
  const marchYear = normalMonth > 2 ? normalYear : normalYear - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const monthFromMarch = (normalMonth + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_400_YEARS + dayOfEra - MARCH_EPOCH_DAYS;
}

/** The inverse of `toEpochDays`. */
export function toCivilDay(epochDays: number): CivilDay {
  const days = epochDays + MARCH_EPOCH_DAYS;
  const era = Math.floor(days / DAYS_PER_400_YEARS);
  const dayOfEra = days - era * DAYS_PER_400_YEARS;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

/** 0 = Sunday. */
export function toWeekday(epochDays: number): number {
  return (((epochDays + 4) % 7) + 7) % 7;
}

/** 1-366. */
export function toYearDay(date: CivilDay): number {
  const leapDay = date.month > 2 && isLeapYear(date.year) ? 1 : 0;
  return DAYS_BEFORE_MONTH[date.month - 1]! + date.day + leapDay;
}
