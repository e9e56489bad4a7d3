/** Reads a moment from text in a given layout. Strict: ranges, day of month and every literal are checked. */
import { HubError } from '../../base/index.ts';
import { daysInMonth, isLeapYear, toCivilDay, toEpochDays } from './calendar.ts';
import { MONTHS, type NumberToken, type OffsetForm, type Token, toTokens, WEEKDAYS } from './layout.ts';
import { createFixedLocation, type Location, UTC } from './location.ts';
import { Moment, type MomentParts } from './moment.ts';

/**
 * Reads `value` as `layout` shows it. Parts that are not there default to year 0, January 1, midnight.
 * @param location told by text without a zone; also decides what abbreviations mean.
 * @throws MH_TIME_INVALID when the text does not fit.
 */
export function parseMoment(layout: string, value: string, location: Location): Moment {
  const reader = new Reader(layout, value);
  const tokens = toTokens(layout);
  for (let i = 0; i < tokens.length; i++) readToken(reader, tokens[i]!, tokens[i + 1]);
  if (reader.rest !== '') reader.fail(`extra text '${reader.rest}'`);
  return assemble(reader, location);
}

/** What has been read so far. */
class Reader {
  readonly #layout: string;
  readonly #value: string;
  #at = 0;
  year = 0;
  month: number | undefined;
  day: number | undefined;
  yearDay: number | undefined;
  hour = 0;
  minute = 0;
  second = 0;
  nanosecond = 0;
  half: 'AM' | 'PM' | undefined;
  zone: 'UTC' | { readonly offsetSeconds: number } | undefined;
  zoneName = '';

  constructor(layout: string, value: string) {
    this.#layout = layout;
    this.#value = value;
  }

  get rest(): string {
    return this.#value.slice(this.#at);
  }

  /** Consumes what a sticky pattern matches here, or fails naming what was expected. */
  take(pattern: RegExp, expected: string): string {
    const text = this.tryTake(pattern);
    return text === undefined ? this.fail(`expected ${expected} at '${this.rest}'`) : text;
  }

  tryTake(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#value);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match[0];
  }

  number(pattern: RegExp, expected: string, min: number, max: number): number {
    const value = Number(this.take(pattern, expected));
    return value >= min && value <= max ? value : this.fail(`${expected} out of range`);
  }

  /** A run of spaces in the layout stands for any number of them. */
  literal(text: string): void {
    for (const piece of text.match(/ +|[^ ]+/g) ?? []) {
      if (piece[0] === ' ') {
        if (this.rest !== '') this.take(/ +/y, 'a space');
      } else if (this.#value.startsWith(piece, this.#at)) this.#at += piece.length;
      else this.fail(`expected '${piece}' at '${this.rest}'`);
    }
  }

  /** Index of a name in any letter case. */
  name(names: readonly string[], length: number | undefined, expected: string): number {
    for (let i = 0; i < names.length; i++) {
      const name = length === undefined ? names[i]! : names[i]!.slice(0, length);
      if (this.#value.slice(this.#at, this.#at + name.length).toLowerCase() === name.toLowerCase()) {
        this.#at += name.length;
        return i;
      }
    }
    return this.fail(`expected ${expected} at '${this.rest}'`);
  }

  fail(fact: string): never {
    throw new HubError('MH_TIME_INVALID', {
      message: `Cannot parse time '${this.#value}' as '${this.#layout}': ${fact}`,
    });
  }
}

const TWO_DIGITS = /\d\d/y;
const ONE_OR_TWO_DIGITS = /\d\d?/y;
/** More digits than nanoseconds have are read and dropped, up to here. */
const FRACTION_DIGITS_MAX = 64;
const FRACTION = /[.,]\d+/y;

function readToken(reader: Reader, token: Token, next: Token | undefined): void {
  switch (token.kind) {
    case 'literal':
      reader.literal(token.text);
      return;
    case 'monthName':
      reader.month = reader.name(MONTHS, undefined, 'a month') + 1;
      return;
    case 'monthShort':
      reader.month = reader.name(MONTHS, 3, 'a month') + 1;
      return;
    case 'weekdayName':
      reader.name(WEEKDAYS, undefined, 'a day of the week');
      return;
    case 'weekdayShort':
      reader.name(WEEKDAYS, 3, 'a day of the week');
      return;
    case 'PM':
      reader.half = reader.take(/[AP]M/y, 'AM or PM') === 'PM' ? 'PM' : 'AM';
      return;
    case 'pm':
      reader.half = reader.take(/[ap]m/y, 'am or pm') === 'pm' ? 'PM' : 'AM';
      return;
    case 'fractionFixed':
      readFraction(
        reader,
        reader.take(new RegExp(`[.,]\\d{${Math.min(token.digits, FRACTION_DIGITS_MAX)}}`, 'y'), 'a fraction'),
      );
      return;
    case 'fractionTrimmed':
      readFraction(reader, reader.tryTake(FRACTION) ?? '.0');
      return;
    case 'zoneName':
      readZoneName(reader);
      return;
    case 'zoneOffset':
      readZoneOffset(reader, token.form, token.isZuluForUtc);
      return;
    default:
      readNumber(reader, token.kind);
      // A fraction after the seconds is welcome even where the layout has none.
      if (
        (token.kind === 'second2' || token.kind === 'second') &&
        next?.kind !== 'fractionFixed' &&
        next?.kind !== 'fractionTrimmed'
      ) {
        const fraction = reader.tryTake(FRACTION);
        if (fraction !== undefined) readFraction(reader, fraction);
      }
  }
}

function readNumber(reader: Reader, kind: NumberToken): void {
  switch (kind) {
    case 'year4':
      reader.year = reader.number(/\d{4}/y, 'a year of four digits', 0, 9999);
      return;
    case 'year2': {
      const year = reader.number(TWO_DIGITS, 'a year of two digits', 0, 99);
      reader.year = year >= 69 ? 1900 + year : 2000 + year;
      return;
    }
    case 'month2':
      reader.month = reader.number(TWO_DIGITS, 'month', 1, 12);
      return;
    case 'month':
      reader.month = reader.number(ONE_OR_TWO_DIGITS, 'month', 1, 12);
      return;
    case 'day2':
      reader.day = reader.number(TWO_DIGITS, 'day', 1, 31);
      return;
    case 'daySpace':
      reader.day = reader.number(/ ?\d\d?/y, 'day', 1, 31);
      return;
    case 'day':
      reader.day = reader.number(ONE_OR_TWO_DIGITS, 'day', 1, 31);
      return;
    case 'yearDay3':
      reader.yearDay = reader.number(/\d{3}/y, 'day of the year', 1, 366);
      return;
    case 'yearDaySpace':
      reader.yearDay = reader.number(/ {0,2}\d{1,3}/y, 'day of the year', 1, 366);
      return;
    case 'hour24':
      reader.hour = reader.number(ONE_OR_TWO_DIGITS, 'hour', 0, 23);
      return;
    case 'hour12two':
      reader.hour = reader.number(TWO_DIGITS, 'hour', 0, 12);
      return;
    case 'hour12':
      reader.hour = reader.number(ONE_OR_TWO_DIGITS, 'hour', 0, 12);
      return;
    case 'minute2':
      reader.minute = reader.number(TWO_DIGITS, 'minute', 0, 59);
      return;
    case 'minute':
      reader.minute = reader.number(ONE_OR_TWO_DIGITS, 'minute', 0, 59);
      return;
    case 'second2':
      reader.second = reader.number(TWO_DIGITS, 'second', 0, 59);
      return;
    case 'second':
      reader.second = reader.number(ONE_OR_TWO_DIGITS, 'second', 0, 59);
      return;
    default:
      kind satisfies never;
  }
}

/** `text` is a separator and digits; beyond nanoseconds they are dropped. */
function readFraction(reader: Reader, text: string): void {
  reader.nanosecond = Number(text.slice(1, 10).padEnd(9, '0'));
}

/** Three letters, or four or five ending in T; the few odd ones by name. */
const ZONE_NAME = /ChST|MeST|WITA|GMT[+-]\d{1,2}|[+-]\d\d(?:\d\d)?|[A-Z]{3,4}T(?![A-Z])|[A-Z]{3}(?![A-Z])/y;

function readZoneName(reader: Reader): void {
  const name = reader.take(ZONE_NAME, 'a time zone');
  if (name === 'UTC') reader.zone = 'UTC';
  else reader.zoneName = name;
}

const OFFSET_PATTERNS: Readonly<Record<OffsetForm, RegExp>> = {
  hh: /[+-]\d\d/y,
  hhmm: /[+-]\d{4}/y,
  'hh:mm': /[+-]\d\d:\d\d/y,
  hhmmss: /[+-]\d{6}/y,
  'hh:mm:ss': /[+-]\d\d:\d\d:\d\d/y,
};

function readZoneOffset(reader: Reader, form: OffsetForm, isZuluForUtc: boolean): void {
  if (isZuluForUtc && reader.tryTake(/Z/y) !== undefined) {
    reader.zone = 'UTC';
    return;
  }
  const text = reader.take(OFFSET_PATTERNS[form], 'an offset from UTC');
  const [hours = 0, minutes = 0, seconds = 0] = text.match(/\d\d/g)!.map(Number);
  if (hours > 24 || minutes > 60 || seconds > 60) reader.fail('offset from UTC out of range');
  const size = hours * 3600 + minutes * 60 + seconds;
  reader.zone = { offsetSeconds: text[0] === '-' ? -size : size };
}

function assemble(reader: Reader, location: Location): Moment {
  const parts = toParts(reader);
  if (reader.zone === 'UTC') return Moment.of(parts, UTC);
  const asUtc = Moment.of(parts, UTC);
  if (reader.zone !== undefined) {
    const { offsetSeconds } = reader.zone;
    const ns = asUtc.ns - BigInt(offsetSeconds) * 1_000_000_000n;
    const here = new Moment(ns, location);
    const isHere =
      here.zone.offsetSeconds === offsetSeconds &&
      (reader.zoneName === '' || reader.zoneName === here.zone.abbreviation);
    return isHere ? here : here.in(createFixedLocation(reader.zoneName, offsetSeconds));
  }
  if (reader.zoneName === '') return Moment.of(parts, location);
  const offsetHere = location.offsetOf(reader.zoneName, asUtc.epochSeconds);
  if (offsetHere !== undefined) {
    return new Moment(asUtc.ns - BigInt(offsetHere) * 1_000_000_000n, location);
  }
  // An abbreviation nobody here uses says nothing about the offset, except in the form GMT+3.
  const hours = reader.zoneName.startsWith('GMT') ? Number(reader.zoneName.slice(3)) : 0;
  return Moment.of(parts, createFixedLocation(reader.zoneName, hours * 3600));
}

function toParts(reader: Reader): MomentParts {
  const { year, minute, second, nanosecond } = reader;
  let { hour, month, day } = reader;
  if (reader.half === 'PM' && hour < 12) hour += 12;
  else if (reader.half === 'AM' && hour === 12) hour = 0;
  if (reader.yearDay !== undefined) {
    if (reader.yearDay === 366 && !isLeapYear(year)) reader.fail('day of the year out of range');
    const date = toCivilDay(toEpochDays(year, 1, reader.yearDay));
    if (month !== undefined && month !== date.month) reader.fail('day of the year does not match the month');
    if (day !== undefined && day !== date.day) reader.fail('day of the year does not match the day');
    month = date.month;
    day = date.day;
  }
  month ??= 1;
  day ??= 1;
  if (day > daysInMonth(year, month)) reader.fail('day out of range');
  return { year, month, day, hour, minute, second, nanosecond };
}
