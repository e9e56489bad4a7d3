/** Durations as text, in the grammar of `concurrency.md` § 6.5 and `app-format.md` (notation). */
import { HubError } from './errors.ts';

const NS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3, // U+00B5 micro sign
  μs: 1e3, // U+03BC Greek mu
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
};

/**
 * Reads a duration such as `30s`, `1m30s`, `-1.5h`, `0`.
 * @param options.days accept the unit `d` (configuration files only).
 * @returns nanoseconds as a number (exact below 2^53), or `undefined` when the text is not a duration.
 */
export function tryParseDurationNs(text: string, options: { days?: boolean } = {}): number | undefined {
  const match = /^([+-]?)(.*)$/s.exec(text)!;
  const body = match[2]!;
  if (body === '0') return 0;
  if (body === '') return undefined;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h|d)/gy;
  let totalNs = 0;
  let end = 0;
  for (let found = part.exec(body); found !== null; found = part.exec(body)) {
    if (found[2] === 'd' && options.days !== true) return undefined;
    totalNs += Number(found[1]) * NS_PER_UNIT[found[2]!]!;
    end = part.lastIndex;
  }
  if (end !== body.length) return undefined;
  return match[1] === '-' ? -Math.trunc(totalNs) : Math.trunc(totalNs);
}

/**
 * Reads a configuration duration.
 * @returns milliseconds, possibly fractional, never negative.
 * @throws MH_DURATION_INVALID
 */
export function parseDurationMs(text: string): number {
  const ns = tryParseDurationNs(text, { days: true });
  if (ns === undefined || ns < 0) {
    throw new HubError('MH_DURATION_INVALID', {
      message: `Cannot read as a duration: expected a number with a unit, got '${text}'`,
      hint: 'Write for example "250ms", "30s", "1m30s" or "2h".',
    });
  }
  return ns / 1e6;
}

/** Writes nanoseconds the way Lua sees them: `1h30m0s`, `2m5.5s`, `500ms`, `15µs`, `0s`. */
export function formatDurationNs(ns: number): string {
  if (ns === 0) return '0s';
  const sign = ns < 0 ? '-' : '';
  const size = Math.abs(ns);
  if (size < 1e3) return `${sign}${size}ns`;
  if (size < 1e6) return `${sign}${trimNumber(size / 1e3, 3)}µs`;
  if (size < 1e9) return `${sign}${trimNumber(size / 1e6, 6)}ms`;
  const wholeSeconds = Math.floor(size / 1e9);
  const fraction = trimFraction(Math.round(size % 1e9));
  const hours = Math.floor(wholeSeconds / 3600);
  const minutes = Math.floor(wholeSeconds / 60) % 60;
  const seconds = `${wholeSeconds % 60}${fraction}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  if (minutes > 0) return `${sign}${minutes}m${seconds}`;
  return sign + seconds;
}

function trimNumber(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

function trimFraction(nanoseconds: number): string {
  if (nanoseconds === 0) return '';
  return `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
}
