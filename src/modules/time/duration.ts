/**
 * Durations as Lua programs write and see them (`concurrency.md` § 6.4-6.6): exact 64-bit nanoseconds. The
 * configuration grammar (`base/duration.ts`) is looser, knows days and works in milliseconds.
 */

const NS_PER_UNIT: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n], // U+00B5 micro sign
  ['μs', 1_000n], // U+03BC Greek mu
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

const INT64_MAX = 2n ** 63n - 1n;
/** More digits than this cannot change a 64-bit result; it also bounds the work on hostile text. */
const TEXT_LENGTH_MAX = 256;

/**
 * Reads `30s`, `1m30s`, `-1.5h`, `+2us`, `0`.
 * @returns nanoseconds, or `undefined` when the text is no duration or does not fit 64 bits.
 */
export function tryParseDuration(text: string): bigint | undefined {
  if (text.length > TEXT_LENGTH_MAX) return undefined;
  const isNegative = text.startsWith('-');
  const body = isNegative || text.startsWith('+') ? text.slice(1) : text;
  if (body === '0') return 0n;
  if (body === '') return undefined;
  const part = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
  let total = 0n;
  while (part.lastIndex < body.length) {
    const found = part.exec(body);
    if (found === null) return undefined;
    const whole = found[1]!;
    const fraction = found[2] ?? '';
    if (whole === '' && fraction === '') return undefined;
    const unitNs = NS_PER_UNIT.get(found[3]!)!;
    total += BigInt(whole || '0') * unitNs;
    if (fraction !== '') total += (BigInt(fraction) * unitNs) / 10n ** BigInt(fraction.length);
  }
  if (total > INT64_MAX) return undefined;
  return isNegative ? -total : total;
}

/** Writes `1h30m0s`, `2m5.5s`, `500ms`, `15µs`, `7ns`, `0s`. */
export function formatDuration(ns: bigint): string {
  if (ns === 0n) return '0s';
  const sign = ns < 0n ? '-' : '';
  const size = ns < 0n ? -ns : ns;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${withFraction(size, 3)}µs`;
  if (size < 1_000_000_000n) return `${sign}${withFraction(size, 6)}ms`;
  const minutes = size / 60_000_000_000n;
  const seconds = `${withFraction(size % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** `value / 10^digits` as decimal text without trailing zeros. */
function withFraction(value: bigint, digits: number): string {
  const text = value.toString().padStart(digits + 1, '0');
  const fraction = text.slice(-digits).replace(/0+$/, '');
  return fraction === '' ? text.slice(0, -digits) : `${text.slice(0, -digits)}.${fraction}`;
}
