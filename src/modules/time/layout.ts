/**
 * Layouts: a date format is written as the reference moment `Mon Jan 2 15:04:05 2006 -0700` would look in it
 * (`concurrency.md` § 6, table of tokens). A layout is split into tokens once and then used for both ways.
 */

/** What one piece of a layout stands for. `literal` is text that must appear as it is. */
export type Token =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: NumberToken }
  | { readonly kind: 'monthName' | 'monthShort' | 'weekdayName' | 'weekdayShort' }
  | { readonly kind: 'PM' | 'pm' }
  | {
      readonly kind: 'fractionFixed' | 'fractionTrimmed';
      readonly digits: number;
      readonly separator: string;
    }
  | { readonly kind: 'zoneName' }
  | { readonly kind: 'zoneOffset'; readonly form: OffsetForm; readonly isZuluForUtc: boolean };

/** Tokens whose value is a number. */
export type NumberToken =
  | 'year4'
  | 'year2'
  | 'month2'
  | 'month'
  | 'day2'
  | 'daySpace'
  | 'day'
  | 'yearDay3'
  | 'yearDaySpace'
  | 'hour24'
  | 'hour12two'
  | 'hour12'
  | 'minute2'
  | 'minute'
  | 'second2'
  | 'second';

/** How a numeric offset is written after its sign. */
export type OffsetForm = 'hh' | 'hhmm' | 'hh:mm' | 'hhmmss' | 'hh:mm:ss';

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

export const WEEKDAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;

const SIMPLE_TOKENS: ReadonlyMap<string, Token> = new Map<string, Token>([
  ['January', { kind: 'monthName' }],
  ['Jan', { kind: 'monthShort' }],
  ['Monday', { kind: 'weekdayName' }],
  ['Mon', { kind: 'weekdayShort' }],
  ['MST', { kind: 'zoneName' }],
  ['2006', { kind: 'year4' }],
  ['06', { kind: 'year2' }],
  ['01', { kind: 'month2' }],
  ['1', { kind: 'month' }],
  ['02', { kind: 'day2' }],
  ['_2', { kind: 'daySpace' }],
  ['2', { kind: 'day' }],
  ['002', { kind: 'yearDay3' }],
  ['__2', { kind: 'yearDaySpace' }],
  ['15', { kind: 'hour24' }],
  ['03', { kind: 'hour12two' }],
  ['3', { kind: 'hour12' }],
  ['04', { kind: 'minute2' }],
  ['4', { kind: 'minute' }],
  ['05', { kind: 'second2' }],
  ['5', { kind: 'second' }],
  ['PM', { kind: 'PM' }],
  ['pm', { kind: 'pm' }],
]);

const OFFSET_FORMS: ReadonlyMap<string, OffsetForm> = new Map([
  ['07', 'hh'],
  ['0700', 'hhmm'],
  ['07:00', 'hh:mm'],
  ['070000', 'hhmmss'],
  ['07:00:00', 'hh:mm:ss'],
]);

/** A short name counts only where no lower-case letter follows (`Month` is text); a year wins over `_2`. */
const TOKEN_PATTERN =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|__2|_2(?!006)|[2-5]|PM|pm|[-Z]07(?:00(?:00)?|:00(?::00)?)?|[.,](?:0+|9+)(?!\d)/g;

/** Layouts seen lately. Programs use a handful; the bound protects against generated ones. */
const LAYOUTS_MAX = 256;
const layouts = new Map<string, readonly Token[]>();

/** Splits a layout into tokens. */
export function toTokens(layout: string): readonly Token[] {
  const known = layouts.get(layout);
  if (known !== undefined) return known;
  const tokens: Token[] = [];
  let end = 0;
  for (const match of layout.matchAll(TOKEN_PATTERN)) {
    if (match.index > end) tokens.push({ kind: 'literal', text: layout.slice(end, match.index) });
    tokens.push(toToken(match[0]));
    end = match.index + match[0].length;
  }
  if (end < layout.length) tokens.push({ kind: 'literal', text: layout.slice(end) });
  if (layouts.size >= LAYOUTS_MAX) layouts.clear();
  layouts.set(layout, tokens);
  return tokens;
}

function toToken(text: string): Token {
  const simple = SIMPLE_TOKENS.get(text);
  if (simple !== undefined) return simple;
  const first = text[0]!;
  if (first === '-' || first === 'Z') {
    return { kind: 'zoneOffset', form: OFFSET_FORMS.get(text.slice(1))!, isZuluForUtc: first === 'Z' };
  }
  return {
    kind: text[1] === '0' ? 'fractionFixed' : 'fractionTrimmed',
    digits: text.length - 1,
    separator: first,
  };
}
