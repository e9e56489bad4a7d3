/**
 * The one reader of YAML: definition files, settings, what programs decode, payloads. Text -> tokens -> nodes -> values,
 * each step in pieces, so that a program that reads a megabyte shares the time with others.
 *
 * The package does lexing, parsing and composing; the conversion is ours, because we need positions of merged and aliased
 * values, both places of a duplicate key, mappings without prototypes, and bounds against documents that grow when read.
 */
import { LineCounter } from 'yaml';
import type { Pieces } from '../../base/index.ts';
import { PieceComposer } from './composer.ts';
import { Faults, type YamlFault } from './faults.ts';
import { readTokens } from './tokens.ts';
import { Tree, type YamlBuilder } from './tree.ts';

/** What was read. */
export interface YamlReading<T> {
  /** `undefined` when a fault is an error. */
  readonly value: T | undefined;
  readonly faults: readonly YamlFault[];
  /** Line and column of an offset, both from 1. */
  positionOf(offset: number): { line: number; column: number };
}

/** Bounds that depend on who asks; those of `base/limits.ts` hold for all. */
export interface YamlLimits {
  /** Faults of each severity that are kept; reading ends with the last of them. */
  readonly errors: number;
  /** Lexemes: words and marks, white space and line breaks. */
  readonly lexemes: number;
}

/**
 * Reads the first document of a text (`app-format.md` 1.7). Never throws. JSON is YAML; an empty text is null.
 * @returns after yielding the steps taken, again and again: a step is a lexeme read, or a value made.
 */
export function* readYaml<T>(
  text: string,
  builder: YamlBuilder<T>,
  limits: YamlLimits,
): Pieces<YamlReading<T>> {
  const lines = new LineCounter();
  const faults = new Faults(limits.errors);
  const { tokens } = yield* readTokens(text, faults, lines.addNewLine, limits.lexemes);
  const composer = new PieceComposer(faults);
  const contents = faults.isFull ? null : composer.document(tokens, text.length);
  const value = faults.isFull ? undefined : yield* new Tree(builder, composer, faults).read(contents);
  return {
    value: faults.hasError ? undefined : value,
    faults: faults.list,
    positionOf(offset) {
      const { line, col } = lines.linePos(offset);
      return { line: Math.max(1, line), column: Math.max(1, col) };
    },
  };
}
