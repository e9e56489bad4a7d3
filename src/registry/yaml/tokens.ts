/**
 * The first step of reading YAML: text -> the tokens of its first document, a lexeme at a time.
 *
 * Everything that composes or converts tokens recurses into them, so nesting is judged here, while the parser's stack
 * grows. Running out of the machine's stack later could end the whole program, not only the parse: V8 gives up when
 * it has to compile a regular expression with no stack left.
 */
import { type CST, Lexer, Parser } from 'yaml';
import {
  type Pieces,
  YAML_DEPTH_MAX,
  YAML_NUMBER_DIGITS_MAX,
  YAML_SCALAR_LINES_MAX,
} from '../../base/index.ts';
import type { Faults } from './faults.ts';

/** What the text has of its first document. */
export interface FirstDocument {
  /** Its directives, itself and its end, in this order; nothing for a text without a document. */
  readonly tokens: readonly CST.Token[];
}

/** Lexemes between two looks at the time. */
const LEXEMES_AT_ONCE = 128;
/** A lexeme counts as one step for each so many of its characters. */
const CHARACTERS_PER_STEP = 32;

/**
 * Reads up to the end of the first document: no further error is looked for behind it.
 * @param onLine told the offset of each line, in order
 * @param lexemesMax lexemes read; each is a few hundred bytes of memory until the document is done
 * @returns after yielding the steps taken, again and again.
 */
export function* readTokens(
  text: string,
  faults: Faults,
  onLine: (offset: number) => void,
  lexemesMax: number,
): Pieces<FirstDocument> {
  const parser = new Parser(onLine);
  const tokens: CST.Token[] = [];
  let hasDocument = false;
  const take = (token: CST.Token): void => {
    if (token.type === 'error') faults.add('error', token.offset, reasonOf(token));
    else if (token.type === 'document') hasDocument = true;
    if (token.type === 'document' || token.type === 'directive' || token.type === 'doc-end')
      tokens.push(token);
  };
  const tooMuch = (fact: string): FirstDocument => {
    faults.add('limit', parser.offset, fact);
    return { tokens: [] };
  };
  onLine(0);
  let steps = 0;
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme.length > YAML_NUMBER_DIGITS_MAX && INTEGER.test(lexeme))
      return tooMuch(`a number of more than ${YAML_NUMBER_DIGITS_MAX} digits`);
    if (lexeme.length > YAML_SCALAR_LINES_MAX && countLines(lexeme) > YAML_SCALAR_LINES_MAX)
      return tooMuch(`a text of more than ${YAML_SCALAR_LINES_MAX} lines`);
    for (const token of parser.next(lexeme)) take(token);
    // The document and a scalar stand on the stack beside the collections.
    if (parser.stack.length > YAML_DEPTH_MAX + 2)
      return tooMuch(`nested too deeply: more than ${YAML_DEPTH_MAX} levels`);
    if (faults.isFull) return { tokens: [] };
    if (hasDocument && parser.stack[0]?.type === 'document') {
      faults.add('warning', parser.offset, 'only the first YAML document of a file counts');
      return { tokens };
    }
    steps += 1 + Math.floor(lexeme.length / CHARACTERS_PER_STEP);
    if (++lexemes % LEXEMES_AT_ONCE !== 0) continue;
    if (lexemes > lexemesMax) return tooMuch(`more than ${lexemesMax} lexemes`);
    yield steps;
    steps = 0;
  }
  for (const token of parser.end()) take(token);
  yield steps;
  return { tokens };
}

/** What becomes a whole number, in any of its notations. */
const INTEGER = /^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$/;

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

function reasonOf({ message, source }: CST.ErrorToken): string {
  return source === '' ? message : `${message}: ${JSON.stringify(source.slice(0, SHOWN_SOURCE_MAX))}`;
}

/** Characters of what is wrong that a message repeats. */
const SHOWN_SOURCE_MAX = 40;
