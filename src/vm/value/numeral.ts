/**
 * Numbers as text, both ways, exactly as PUC Lua on a C99 library does it. Pure functions on plain values:
 * an integer is a `number` while a double holds it exactly and a `bigint` beyond, a float is a `number`.
 *
 * JavaScript's own decimal conversion is exact, but rounds a tie away from zero where C rounds it to even;
 * `isTie` finds those cases by looking at the lowest bit of the double.
 */

/** A Lua integer: a safe `number`, or a `bigint` of the 64-bit range beyond. */
export type Integer = number | bigint;

/** What a numeral stands for. */
export interface Numeral {
  readonly isFloat: boolean;
  readonly value: Integer;
}

const INTEGER_MAX = 2n ** 63n - 1n;

/** Wraps to 64 bits (two's complement) and uses a `number` where one is exact. */
export function toInteger(value: bigint): Integer {
  const wrapped = BigInt.asIntN(64, value);
  return wrapped >= -0x1fffffffffffffn && wrapped <= 0x1fffffffffffffn ? Number(wrapped) : wrapped;
}

/** The integer a float stands for, or `undefined` when it has a fraction or lies outside 64 bits. */
export function floatToInteger(value: number): Integer | undefined {
  if (Number.isSafeInteger(value)) return value + 0 === 0 ? 0 : value;
  if (!Number.isInteger(value) || value < -(2 ** 63) || value >= 2 ** 63) return undefined;
  return toInteger(BigInt(value));
}

/** A float as `tostring` writes it: `%.14g`, and `.0` behind what would look like an integer (`vm.md` X4). */
export function floatToText(value: number): string {
  if (Number.isInteger(value)) {
    if (Object.is(value, -0)) return '-0.0';
    if (value < 1e14 && value > -1e14) return `${value}.0`;
  } else {
    // Up to 14 digits the shortest text is the rounded one; JavaScript writes `1e-7` where C writes `1e-07`.
    const shortest = String(value);
    if (shortest.length <= 15 && Math.abs(value) >= 1e-4 && value - value === 0) return shortest;
  }
  const text = formatGeneral(value, 14);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** `%f` with `precision` digits behind the point (0-99). Infinities and NaN as C prints them. */
export function formatFixed(value: number, precision: number): string {
  if (!Number.isFinite(value)) return notFinite(value);
  return sign(value) + fixed(Math.abs(value), precision);
}

/** `%e` with `precision` digits behind the point (0-99). */
export function formatExponent(value: number, precision: number): string {
  if (!Number.isFinite(value)) return notFinite(value);
  const { digits, exponent } = exponential(Math.abs(value), precision);
  const point = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  return sign(value) + point + exponentText(exponent);
}

/** `%g` with `precision` significant digits (0-99). @param keepsZeros the flag `#`. */
export function formatGeneral(value: number, precision: number, keepsZeros = false): string {
  if (!Number.isFinite(value)) return notFinite(value);
  const count = precision === 0 ? 1 : precision;
  const { digits, exponent } = exponential(Math.abs(value), count - 1);
  if (exponent < -4 || exponent >= count) {
    const fraction = keepsZeros ? digits.slice(1) : digits.slice(1).replace(/0+$/, '');
    const point = fraction !== '' || keepsZeros ? '.' : '';
    return sign(value) + digits[0] + point + fraction + exponentText(exponent);
  }
  const all = exponent < 0 ? '0'.repeat(-exponent) + digits : digits;
  const whole = exponent < 0 ? '0' : digits.slice(0, exponent + 1);
  const rest = exponent < 0 ? all.slice(1) : digits.slice(exponent + 1);
  const fraction = keepsZeros ? rest : rest.replace(/0+$/, '');
  return `${sign(value)}${whole}${fraction !== '' || keepsZeros ? '.' : ''}${fraction}`;
}

/** `%a`, with all digits needed when `precision` is undefined. @param keepsPoint the flag `#`. */
export function formatHex(value: number, precision: number | undefined, keepsPoint = false): string {
  if (!Number.isFinite(value)) return notFinite(value);
  const { mantissa, exponent } = parts(Math.abs(value));
  const isNormal = mantissa >> 52n === 1n;
  let lead = isNormal ? 1n : 0n;
  let fraction = mantissa & (2n ** 52n - 1n);
  let digits = 13;
  if (precision !== undefined && precision < 13) {
    const cut = BigInt(4 * (13 - precision));
    const kept = ((lead << 52n) | fraction) >> cut;
    const rest = fraction & ((1n << cut) - 1n);
    const half = 1n << (cut - 1n);
    const rounded = rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept;
    digits = precision;
    lead = rounded >> BigInt(4 * precision);
    fraction = rounded & ((1n << BigInt(4 * precision)) - 1n);
  }
  let text = digits === 0 ? '' : fraction.toString(16).padStart(digits, '0');
  text = precision === undefined ? text.replace(/0+$/, '') : text.padEnd(precision, '0');
  const power = value === 0 ? 0 : exponent + 52;
  const point = text !== '' || keepsPoint ? '.' : '';
  return `${sign(value)}0x${lead}${point}${text}p${power < 0 ? '' : '+'}${power}`;
}

/**
 * Reads a numeral with white space around it: decimal or hexadecimal, integer or float.
 * Decimal integers beyond 64 bits become floats, hexadecimal ones wrap (`concurrency.md` § 8.1).
 * @param binary one character per byte.
 * @returns `undefined` when it is no numeral.
 */
export function parseNumeral(binary: string): Numeral | undefined {
  const decimal = DECIMAL.exec(binary);
  if (decimal !== null) {
    const isInteger = decimal[2] === undefined && decimal[1]!.indexOf('.') < 0;
    return isInteger ? parseDecimalInteger(decimal[1]!) : { isFloat: true, value: Number(decimal[0].trim()) };
  }
  const hex = HEXADECIMAL.exec(binary);
  if (hex === null) return undefined;
  const [, minus, whole = '', fraction, exponent] = hex;
  if (whole === '' && (fraction === undefined || fraction === '')) return undefined;
  if (fraction === undefined && exponent === undefined) {
    const value = BigInt(`0x${whole.slice(-16)}`);
    return { isFloat: false, value: toInteger(minus === '-' ? -value : value) };
  }
  const size = hexToFloat(whole, fraction ?? '', exponent === undefined ? 0 : Number(exponent));
  return { isFloat: true, value: minus === '-' ? -size : size };
}

// No two quantifiers of these can share a character, so they cannot backtrack more than once per character.
const DECIMAL = /^[ \f\n\r\t\v]*([+-]?(?:\d+(?:\.\d*)?|\.\d+))([eE][+-]?\d+)?[ \f\n\r\t\v]*$/;
const HEXADECIMAL =
  /^[ \f\n\r\t\v]*([+-]?)0[xX]([\da-fA-F]*)(?:\.([\da-fA-F]*))?(?:[pP]([+-]?\d+))?[ \f\n\r\t\v]*$/;

function parseDecimalInteger(text: string): Numeral {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return { isFloat: false, value: value === 0 ? 0 : value };
  if (text.length > 400) return { isFloat: true, value };
  const exact = BigInt(text.startsWith('+') ? text.slice(1) : text);
  if (exact > INTEGER_MAX || exact < -INTEGER_MAX - 1n) return { isFloat: true, value };
  return { isFloat: false, value: toInteger(exact) };
}

/** Only the first 16 significant digits carry bits of a double, the rest decide how the last one is rounded. */
function hexToFloat(whole: string, fraction: string, exponent: number): number {
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return 0;
  const head = BigInt(`0x${digits.slice(0, 30)}`);
  const sticky = /[^0]/.test(digits.slice(30)) ? 1n : 0n;
  const power = exponent + 4 * (Math.max(0, digits.length - 30) - fraction.length);
  return scale((head << 1n) | sticky, power - 1);
}

/** `mantissa * 2^exponent`, rounded once, to even. */
function scale(mantissa: bigint, exponent: number): number {
  const bits = mantissa.toString(2).length;
  const top = bits + exponent; // value < 2^top
  if (top > 1025) return Number.POSITIVE_INFINITY;
  if (top < -1080) return 0;
  // Below the normal range fewer bits are kept; rounding must happen at that place, so do it by hand.
  const kept = Math.min(53, top + 1074);
  const cut = bits - kept;
  if (cut <= 0) return Number(mantissa) * 2 ** Math.max(exponent, -1074) * 2 ** Math.min(0, exponent + 1074);
  const shift = BigInt(cut);
  const rest = mantissa & ((1n << shift) - 1n);
  const half = 1n << (shift - 1n);
  let rounded = mantissa >> shift;
  if (rest > half || (rest === half && (rounded & 1n) === 1n)) rounded++;
  const power = exponent + cut;
  return power > 970 ? Number(rounded) * 2 ** 970 * 2 ** (power - 970) : Number(rounded) * 2 ** power;
}

const sign = (value: number): string => (value < 0 || Object.is(value, -0) ? '-' : '');

/** PUC on x86 prints the NaN of an invalid operation with its sign bit. */
function notFinite(value: number): string {
  if (Number.isNaN(value)) return '-nan';
  return value < 0 ? '-inf' : 'inf';
}

function fixed(value: number, precision: number): string {
  if (value >= 1e21) return BigInt(value).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
  const text = value.toFixed(precision);
  return isTie(value, precision) ? tieToEven(text) : text;
}

function exponential(value: number, precision: number): { digits: string; exponent: number } {
  const text = value.toExponential(precision);
  const at = text.indexOf('e');
  const exponent = Number(text.slice(at + 1));
  const digits = text[0] + text.slice(2, at);
  return { digits: isTie(value, precision - exponent) ? tieToEven(digits) : digits, exponent };
}

function exponentText(exponent: number): string {
  const size = Math.abs(exponent);
  return `e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`;
}

/** Does `value * 10^decimals` end in exactly one half? */
function isTie(value: number, decimals: number): boolean {
  if (value === 0) return false;
  const { mantissa, exponent } = parts(value);
  const low = mantissa & -mantissa;
  const lowestBit = exponent + low.toString(2).length - 1;
  if (decimals >= 0) return lowestBit === -(decimals + 1);
  return lowestBit === -decimals - 1 && (mantissa / low) % 5n ** BigInt(-decimals) === 0n;
}

/** JavaScript rounded the tie up; an odd last digit means the even neighbour is one below. */
function tieToEven(text: string): string {
  const last = text.charCodeAt(text.length - 1) - 48;
  return last % 2 === 1 ? text.slice(0, -1) + String(last - 1) : text;
}

const view = new DataView(new ArrayBuffer(8));

/** A finite non-negative double as `mantissa * 2^exponent`. */
function parts(value: number): { mantissa: bigint; exponent: number } {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & (2n ** 52n - 1n);
  if (biased === 0) return { mantissa: fraction, exponent: -1074 };
  return { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}
