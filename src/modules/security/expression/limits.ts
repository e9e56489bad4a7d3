/** What an expression may cost; beyond, it cannot be used, and whoever asked is denied. */
import { HubError } from '../../../base/index.ts';

/** Characters of an expression. */
export const EXPRESSION_TEXT_MAX = 4096;

/** Operators, brackets and calls one inside another, and operators of one level in a row. */
export const EXPRESSION_DEPTH_MAX = 128;

/** Operations of one evaluation; what looks at a list or a text counts its length. */
export const EXPRESSION_STEPS_MAX = 20_000;

/** Characters of a text and items of a list an expression makes. */
export const EXPRESSION_RESULT_MAX = 10_000;

/** Characters of a pattern of `matches`. */
export const EXPRESSION_PATTERN_MAX = 1000;

/** Of an expression that cannot be read or evaluated. */
export function expressionInvalid(fact: string): HubError {
  return new HubError('MH_SECURITY_ARGUMENT_INVALID', { message: `Cannot use the expression: ${fact}` });
}
