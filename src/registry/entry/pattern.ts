/**
 * Regular expressions of people and programs: RE2, so that matching takes time in proportion to the text whatever the
 * pattern. Compiling does not: `a{1000}` becomes a thousand steps, and a hundred of them more memory than a host has to
 * spare. So what a pattern becomes is worked out before it is compiled, in one pass, and bounded.
 */
import { RE2JS } from 're2js';
import { PATTERN_LENGTH_MAX, PATTERN_STEPS_MAX } from '../../base/index.ts';

/** A compiled pattern. */
export interface Pattern {
  /** Steps it was compiled to; reading a character may take so many. */
  readonly size: number;
  /** Whether it is found anywhere in a text. */
  isIn(text: string): boolean;
}

/**
 * Compiles a pattern.
 * @param options `isTranslated`: the pattern is written for JavaScript, `/` and named groups included.
 * @throws Error saying what is wrong with it: it is broken, longer than PATTERN_LENGTH_MAX characters or becomes more
 *   than PATTERN_STEPS_MAX steps
 */
export function compilePattern(pattern: string, options: { readonly isTranslated?: boolean } = {}): Pattern {
  if (pattern.length > PATTERN_LENGTH_MAX)
    throw new Error(`it is longer than ${PATTERN_LENGTH_MAX} characters`);
  if (patternSteps(pattern) > PATTERN_STEPS_MAX)
    throw new Error(`its repetitions come to more than ${PATTERN_STEPS_MAX} steps`);
  const program = RE2JS.compile(options.isTranslated === true ? RE2JS.translateRegExp(pattern) : pattern);
  return { size: program.programSize(), isIn: (text) => program.matcher(text).find() };
}

/** About how many steps a pattern becomes, at least a third of what it does; of a broken one any number. */
export function patternSteps(pattern: string): number {
  const groups: Group[] = [{ before: 0, last: 0 }];
  let group = groups[0]!;
  const atom = (steps: number): void => {
    group.before += group.last;
    group.last = steps;
  };
  for (let at = 0; at < pattern.length; at++) {
    switch (pattern[at]) {
      case '\\':
        at = endOfEscape(pattern, at);
        atom(1);
        break;
      case '[':
        at = endOfClass(pattern, at);
        atom(1);
        break;
      case '(':
        group = { before: 0, last: 0 };
        groups.push(group);
        break;
      case ')': {
        const inside = group.before + group.last + 2;
        if (groups.length > 1) {
          groups.pop();
          group = groups.at(-1)!;
        }
        atom(inside);
        break;
      }
      case '*':
      case '+':
      case '?':
        group.last++;
        break;
      case '{': {
        REPETITION.lastIndex = at;
        const match = REPETITION.exec(pattern);
        if (match === null) {
          atom(1);
          break;
        }
        group.last = (group.last + 1) * (Math.max(Number(match[1]), Number(match[2] ?? 0)) + 1);
        at += match[0].length - 1;
        break;
      }
      default:
        atom(1);
    }
  }
  return groups.reduce((sum, { before, last }) => sum + before + last, 0);
}

/** Steps of a group so far: those before what a repetition would repeat, and those of it. */
interface Group {
  before: number;
  last: number;
}

const REPETITION = /\{(\d+)(?:,(\d*))?\}/y;

/** `\p{Greek}`, `\x{10FFFF}`, or one character; what is quoted by `\Q` counts as if it were not. */
function endOfEscape(pattern: string, at: number): number {
  if (!/[pPx]/.test(pattern[at + 1] ?? '') || pattern[at + 2] !== '{') return at + 1;
  const end = pattern.indexOf('}', at);
  return end < 0 ? pattern.length : end;
}

function endOfClass(pattern: string, from: number): number {
  let at = pattern[from + 1] === '^' ? from + 2 : from + 1;
  if (pattern[at] === ']') at++;
  for (; at < pattern.length && pattern[at] !== ']'; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern.startsWith('[:', at)) {
      const end = pattern.indexOf(':]', at);
      if (end >= 0) at = end + 1;
    }
  }
  return at;
}
