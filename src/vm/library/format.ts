/** The directives of `string.format`: reading them, and laying out numbers and texts as C's printf does. */
import { formatExponent, formatFixed, formatGeneral, formatHex, type Integer } from '../value/numeral.ts';

/** One directive, `%[flags][width][.precision]conversion`. */
export interface Directive {
  readonly isLeft: boolean;
  readonly hasPlus: boolean;
  readonly hasSpace: boolean;
  readonly isAlternate: boolean;
  readonly hasZeros: boolean;
  /** 0-99. */
  readonly width: number;
  /** 0-99; `undefined` when not written. */
  readonly precision: number | undefined;
  /** The letter, or '' at the end of the format. */
  readonly conversion: string;
  /** Offset behind the directive. */
  readonly end: number;
  /** Written as `%` and the letter alone. */
  readonly isPlain: boolean;
}

/** Reads the directive behind a `%`. @returns what is wrong with it as a text. */
export function readDirective(format: string, from: number): Directive | string {
  let at = from;
  while (at < format.length && '-+ #0'.includes(format[at]!)) at++;
  if (at - from >= 6) return 'invalid format (repeated flags)';
  const flags = format.slice(from, at);
  const width = digitsAt(format, at);
  at += width.length;
  let precision: string | undefined;
  if (format[at] === '.') {
    precision = digitsAt(format, at + 1);
    at += precision.length + 1;
  }
  if (isDigit(format.charCodeAt(at))) return 'invalid format (width or precision too long)';
  return {
    isLeft: flags.includes('-'),
    hasPlus: flags.includes('+'),
    hasSpace: flags.includes(' '),
    isAlternate: flags.includes('#'),
    hasZeros: flags.includes('0'),
    width: Number(width),
    precision: precision === undefined ? undefined : Number(precision),
    conversion: format[at] ?? '',
    end: at + 1,
    isPlain: at === from,
  };
}

/** `%d %i %u %c %o %x %X`. */
export function formatInteger(value: Integer, directive: Directive): string {
  const { conversion, precision } = directive;
  const isSigned = conversion === 'd' || conversion === 'i';
  const isNegative = isSigned && value < 0;
  let digits = isSigned ? String(isNegative ? -value : value) : unsignedDigits(value, conversion);
  if (precision !== undefined) digits = precision === 0 && value === 0 ? '' : digits.padStart(precision, '0');
  let prefix = isSigned ? signOf(isNegative, directive) : '';
  if (directive.isAlternate && conversion === 'o' && !digits.startsWith('0')) digits = `0${digits}`;
  if (directive.isAlternate && (conversion === 'x' || conversion === 'X') && value !== 0) prefix = '0x';
  const text = pad(prefix, digits, directive, directive.hasZeros && precision === undefined);
  return conversion === 'X' ? text.toUpperCase() : text;
}

/**
 * `%e %E %f %g %G %a %A`.
 * @param isPositiveNan the NaN without a sign bit, which C prints as `nan`.
 */
export function formatFloat(value: number, directive: Directive, isPositiveNan = false): string {
  const { conversion, isAlternate } = directive;
  const precision = directive.precision ?? 6;
  let text: string;
  switch (conversion) {
    case 'e':
    case 'E':
      text = formatExponent(value, precision);
      if (isAlternate && precision === 0 && value - value === 0) text = text.replace('e', '.e');
      break;
    case 'f':
      text = formatFixed(value, precision);
      if (isAlternate && precision === 0 && value - value === 0) text += '.';
      break;
    case 'g':
    case 'G':
      text = formatGeneral(value, precision, isAlternate);
      break;
    default:
      text = formatHex(value, directive.precision, isAlternate);
  }
  if (isPositiveNan) text = 'nan';
  const isNegative = text.startsWith('-');
  let digits = isNegative ? text.slice(1) : text;
  let prefix = signOf(isNegative, directive);
  if (digits.startsWith('0x')) {
    prefix += '0x';
    digits = digits.slice(2);
  }
  const laidOut = pad(prefix, digits, directive, directive.hasZeros && value - value === 0);
  return conversion === 'E' || conversion === 'G' || conversion === 'A' ? laidOut.toUpperCase() : laidOut;
}

/** `%c`, for which a precision means nothing. */
export function formatCharacter(code: number, directive: Directive): string {
  return pad('', String.fromCharCode(code), directive, false);
}

/** `%s`. */
export function formatText(text: string, directive: Directive): string {
  const cut = directive.precision === undefined ? text : text.slice(0, directive.precision);
  return pad('', cut, directive, false);
}

/** How many characters `quote` adds for a byte: a backslash, a backslash and up to three digits, or nothing. */
const ADDED_BY_QUOTE = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code === 10 || code === 34 || code === 92) return 1;
  return code < 10 ? 1 : code < 32 ? 2 : code === 127 ? 3 : 0;
});

/** At least how long `quote` makes a string; and how many characters it must escape, each a small piece of work. */
export function measureQuoted(binary: string): { length: number; escapes: number } {
  let added = 0;
  let escapes = 0;
  for (let at = 0; at < binary.length; at++) {
    const more = ADDED_BY_QUOTE[binary.charCodeAt(at)]!;
    added += more;
    if (more > 0) escapes++;
  }
  return { length: binary.length + added + 2, escapes };
}

/** `%q` of a string: a literal that reads back as the same bytes. */
export function quote(binary: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is quoted
  const body = binary.replace(/["\\\n\r\0-\x1f\x7f]/g, (character, at: number) => {
    if (character === '"' || character === '\\' || character === '\n') return `\\${character}`;
    const isBeforeDigit = isDigit(binary.charCodeAt(at + 1));
    const code = String(character.charCodeAt(0));
    return `\\${isBeforeDigit ? code.padStart(3, '0') : code}`;
  });
  return `"${body}"`;
}

function signOf(isNegative: boolean, directive: Directive): string {
  if (isNegative) return '-';
  if (directive.hasPlus) return '+';
  return directive.hasSpace ? ' ' : '';
}

function unsignedDigits(value: Integer, conversion: string): string {
  const radix = conversion === 'o' ? 8 : conversion === 'u' ? 10 : 16;
  return (value < 0 ? BigInt.asUintN(64, BigInt(value)) : value).toString(radix);
}

function pad(prefix: string, body: string, directive: Directive, withZeros: boolean): string {
  const room = directive.width - prefix.length;
  if (directive.isLeft) return prefix + body.padEnd(room);
  if (withZeros) return prefix + body.padStart(room, '0');
  return (prefix + body).padStart(directive.width);
}

function digitsAt(format: string, at: number): string {
  if (!isDigit(format.charCodeAt(at))) return '';
  return isDigit(format.charCodeAt(at + 1)) ? format.slice(at, at + 2) : format.charAt(at);
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
