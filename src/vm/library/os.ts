/**
 * What programs may know of the system: time (`errors-and-payloads.md` § 7.6). Local time is the zone of the Node.js
 * process.
 */

import { checkNumber, checkTable, optBinary } from '../loop/check.ts';
import {
  getField,
  newTable,
  pop,
  pushBinary,
  pushBoolean,
  pushFloat,
  pushInteger,
  raise,
  setField,
  toInteger,
} from '../loop/stack.ts';
import type { HostFunction, LuaState } from '../value/api.ts';
import { checkExactInteger, isAbsent, type Library } from './arguments.ts';
import { checkStringBytes } from './limits.ts';
import { type Calendar, calendarOf, formatDate } from './os-date.ts';

/** Where `os` takes the time from; part of `Clock`. */
export interface TimeSource {
  epochMs(): number;
  monotonicMs(): number;
}

/** Builds the library; `os.clock` counts from now on. */
export function osLibrary(time: TimeSource): Library {
  const startMs = time.monotonicMs();
  const nowSeconds = (): number => Math.floor(time.epochMs() / 1000);
  const functions: Record<string, HostFunction> = {
    clock: (L) => {
      pushFloat(L, (time.monotonicMs() - startMs) / 1000);
      return 1;
    },
    date: (L) => {
      const format = optBinary(L, 1, '%c');
      const seconds = isAbsent(L, 2) ? nowSeconds() : Number(checkExactInteger(L, 2));
      const isUtc = format.startsWith('!');
      const calendar = calendarOf(seconds, isUtc);
      if (calendar === undefined) return raise(L, 'date result cannot be represented in this installation');
      const rest = isUtc ? format.slice(1) : format;
      if (rest.startsWith('*t')) return pushCalendar(L, calendar);
      const text = formatDate(rest, calendar);
      checkStringBytes(L, text.length);
      pushBinary(L, text);
      return 1;
    },
    difftime: (L) => {
      pushFloat(L, checkNumber(L, 1) - (isAbsent(L, 2) ? 0 : checkNumber(L, 2)));
      return 1;
    },
    time: (L) => {
      pushInteger(L, isAbsent(L, 1) ? nowSeconds() : timeOf(L, nowSeconds()));
      return 1;
    },
  };
  return { name: 'os', functions, constants: { platform: (L) => pushBinary(L, 'moonhub') } };
}

function pushCalendar(L: LuaState, calendar: Calendar): number {
  newTable(L, 0, 9);
  const { year, month, day, hour, min, sec, yday, wday } = calendar;
  for (const [name, value] of Object.entries({ year, month, day, hour, min, sec, yday, wday })) {
    pushInteger(L, value);
    setField(L, -2, name);
  }
  pushBoolean(L, calendar.isdst);
  setField(L, -2, 'isdst');
  return 1;
}

/** The local time a table describes; fields out of range carry over, missing ones have defaults. */
function timeOf(L: LuaState, nowSeconds: number): number {
  checkTable(L, 1);
  const today = calendarOf(nowSeconds, false)!;
  const field = (name: string, fallback: number): number => {
    const type = getField(L, 1, name);
    const value = toInteger(L, -1);
    pop(L, 1);
    if (value !== undefined) {
      if (Math.abs(Number(value)) > 0x7fffffff) raise(L, `field '${name}' is out-of-bound`);
      return Number(value);
    }
    if (type !== 'nil') raise(L, `field '${name}' is not an integer`);
    return fallback;
  };
  const date = new Date(2000, 0, 1);
  date.setFullYear(field('year', today.year), field('month', today.month) - 1, field('day', today.day));
  date.setHours(field('hour', 0), field('min', 0), field('sec', 0), 0);
  const milliseconds = date.getTime();
  if (Number.isNaN(milliseconds)) raise(L, 'time result cannot be represented in this installation');
  return Math.floor(milliseconds / 1000);
}
