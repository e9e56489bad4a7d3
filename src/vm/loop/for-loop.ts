/**
 * Numeric `for` loops. The usual one, over integers far from the ends of the range, keeps index, limit and step as
 * plain numbers in three registers. All others keep a `ForLoop` in the step's register.
 */

import {
  coerceInteger,
  coerceNumber,
  isInteger,
  MAX_INTEGER,
  MIN_INTEGER,
  toDouble,
  toFloatValue,
  wrapInteger,
} from '../value/number.ts';
import type { Thread, Value } from '../value/value.ts';
import { runtimeError } from './metamethods.ts';

/** Beyond this, index plus step may leave the safe integers. */
const PLAIN_MAX = 2 ** 52;

/** A loop over floats, or over integers near the ends of the 64-bit range. */
export class ForLoop {
  #at: number | bigint;
  readonly #limit: number | bigint;
  readonly #step: number | bigint;
  #isFirst = true;

  constructor(start: number | bigint, limit: number | bigint, step: number | bigint) {
    this.#at = start;
    this.#limit = limit;
    this.#step = step;
  }

  /** Goes to the next value; false at the end. */
  advance(): boolean {
    if (this.#isFirst) this.#isFirst = false;
    else {
      const at = this.#at;
      const step = this.#step;
      if (typeof at === 'bigint') this.#at = BigInt.asIntN(64, at + (step as bigint));
      else this.#at = at + (step as number);
    }
    return this.#step > 0 ? this.#at <= this.#limit : this.#limit <= this.#at;
  }

  value(): Value {
    const at = this.#at;
    return typeof at === 'bigint' ? wrapInteger(at) : toFloatValue(at);
  }
}

/** Checks and prepares the three control registers at `ra`, so that FORLOOP can do the first step. */
export function prepareLoop(thread: Thread, ra: number): void {
  const stack = thread.stack;
  const start = stack[ra];
  const limit = stack[ra + 1];
  const step = stack[ra + 2];
  if (isInteger(start) && isInteger(step)) {
    const bound = integerLimit(thread, limit, step < 0);
    if (
      typeof start === 'number' &&
      typeof step === 'number' &&
      Math.abs(start) <= PLAIN_MAX &&
      Math.abs(step) <= PLAIN_MAX
    ) {
      const plain = plainLimit(bound, step);
      if (plain !== undefined) {
        stack[ra] = start - step;
        stack[ra + 1] = plain;
        if (step === 0) stack[ra + 2] = new ForLoop(BigInt(start), BigInt(plain), 0n) as unknown as Value;
        return;
      }
    }
    stack[ra + 2] = new ForLoop(BigInt(start), BigInt(bound), BigInt(step)) as unknown as Value;
    return;
  }
  const floatLimit = coerceNumber(limit);
  if (floatLimit === undefined) runtimeError(thread, "'for' limit must be a number");
  const floatStep = coerceNumber(step);
  if (floatStep === undefined) runtimeError(thread, "'for' step must be a number");
  const floatStart = coerceNumber(start);
  if (floatStart === undefined) runtimeError(thread, "'for' initial value must be a number");
  const loop = new ForLoop(toDouble(floatStart), toDouble(floatLimit), toDouble(floatStep));
  stack[ra + 2] = loop as unknown as Value;
}

/** The limit as an integer: floats are rounded towards the loop, or cut to the range. */
function integerLimit(thread: Thread, limit: Value, isDown: boolean): number | bigint {
  const exact = coerceInteger(limit);
  if (exact !== undefined) return exact;
  const number = coerceNumber(limit);
  if (number === undefined) return runtimeError(thread, "'for' limit must be a number");
  const n = toDouble(number);
  if (Number.isNaN(n)) return isDown ? MAX_INTEGER : MIN_INTEGER;
  const rounded = isDown ? Math.ceil(n) : Math.floor(n);
  const cut = coerceInteger(toFloatValue(rounded));
  if (cut !== undefined) return cut;
  return n > 0 ? MAX_INTEGER : MIN_INTEGER;
}

/** The limit of a plain loop; one that a plain loop can never reach is as good as the largest plain number. */
function plainLimit(limit: number | bigint, step: number): number | undefined {
  if (typeof limit === 'number' && Math.abs(limit) <= PLAIN_MAX) return limit;
  if (limit > 0 !== step > 0) return limit > 0 ? PLAIN_MAX : -PLAIN_MAX;
  return Math.abs(step) < 2 ** 20 ? (limit > 0 ? PLAIN_MAX : -PLAIN_MAX) : undefined;
}
