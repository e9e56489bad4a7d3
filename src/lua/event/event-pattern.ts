/**
 * Patterns of the event bus (`concurrency.md` § 10.2), over words separated by dots: `(a|b)` one of these words, `*`
 * one word, at the end one or more, `**` any number, none included. The pattern `*` alone matches everything.
 */

import { charge } from '../../vm/index.ts';

/** Whether a text matches. Compiled once per subscription; what it takes is charged to the program that runs. */
export type EventPattern = (text: string) => boolean;

/** Words one pattern may have; keeps matching cheap whatever a program writes. Further ones never match. */
const WORDS_MAX = 64;

type Word = 'any' | 'many' | ReadonlySet<string>;

/** Compiles a pattern; every text is one. */
export function compilePattern(pattern: string): EventPattern {
  if (pattern === '*') return () => true;
  if (!/[*(]/.test(pattern)) return (text) => text === pattern;
  const written = pattern.split('.', WORDS_MAX + 1);
  if (written.length > WORDS_MAX) return () => false;
  const words = written.map(toWord);
  if (written.at(-1) === '*') words.push('many');
  return (text) => matches(words, text.split('.'));
}

function toWord(text: string): Word {
  if (text === '*') return 'any';
  if (text === '**') return 'many';
  const isChoice = text.startsWith('(') && text.endsWith(')');
  return new Set(isChoice ? text.slice(1, -1).split('|') : [text]);
}

/** Greedy, going back to the last `many` only: at most words times parts steps. */
function matches(words: readonly Word[], parts: readonly string[]): boolean {
  let at = 0;
  let retryAt = -1;
  let retryPart = 0;
  let part = 0;
  let steps = parts.length;
  while (part < parts.length) {
    steps++;
    const word = words[at];
    if (word === 'many') {
      retryAt = at++;
      retryPart = part;
    } else if (word === 'any' || word?.has(parts[part]!)) {
      at++;
      part++;
    } else if (retryAt >= 0) {
      at = retryAt + 1;
      part = ++retryPart;
    } else break;
  }
  charge(steps);
  if (part < parts.length) return false;
  while (words[at] === 'many') at++;
  return at === words.length;
}
