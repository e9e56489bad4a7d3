/**
 * Instructions that were interrupted by the call of a metamethod: what is left to do with its result (PUC's
 * luaV_finishOp), and `..`, which may be interrupted several times.
 */

import { OP } from '../compiler/opcodes.ts';
import { isNumber, type LuaNumber, numberToString } from '../value/number.ts';
import type { Value } from '../value/value.ts';
import { FRAME, type Frame, type Thread } from '../value/value.ts';
import { SIGNAL, startCall } from './calls.ts';
import { concatError, findConcat, pending, runtimeError } from './metamethods.ts';

/** Completes the instruction `frame` is at; the result of the metamethod is on top of the stack. */
export function finishInstruction(thread: Thread, frame: Frame, isNegated: boolean): number {
  const proto = frame.closure!.proto;
  const instruction = proto.code[frame.pc - 1]!;
  const stack = thread.stack;
  switch (instruction & 255) {
    case OP.EQ:
    case OP.EQK:
    case OP.LT:
    case OP.LE:
    case OP.LTRR:
    case OP.LERR: {
      const value = stack[thread.top - 1];
      const isTrue = (value !== undefined && value !== false) !== isNegated;
      if (isTrue !== ((instruction >>> 8) & 255) > 0) frame.pc++;
      return SIGNAL.run;
    }
    case OP.SETTABLE:
    case OP.SETTABUP:
    case OP.SETFIELD:
    case OP.SETFIELDK:
    case OP.SETINDEX:
      return SIGNAL.run;
    case OP.CONCAT: {
      const top = thread.top - 1;
      const total = top - 1 - (frame.base + ((instruction >>> 16) & 255));
      stack[top - 2] = stack[top];
      thread.top = top - 1;
      return concatenate(thread, frame, total);
    }
    default:
      stack[frame.base + ((instruction >>> 8) & 255)] = stack[thread.top - 1];
      return SIGNAL.run;
  }
}

/**
 * Joins the `total` values at the top and puts the result into the register of the instruction at hand, unless a
 * metamethod has to run first.
 */
export function concatenate(thread: Thread, frame: Frame, total: number): number {
  const stack = thread.stack;
  let left = total;
  while (left > 1) {
    const top = thread.top;
    const a = stack[top - 2];
    const b = stack[top - 1];
    if (!isJoinable(a) || !isJoinable(b)) {
      if (!findConcat(thread, a, b)) concatError(thread, a, b, top - 2 - frame.base);
      stack[top] = pending.fn;
      stack[top + 1] = a;
      stack[top + 2] = b;
      thread.top = top + 3;
      return startCall(thread, top, 1, FRAME.meta);
    }
    let text = toPiece(b);
    let count = 1;
    while (count < left && isJoinable(stack[top - count - 1])) {
      text = toPiece(stack[top - count - 1]) + text;
      count++;
      if (text.length > thread.meter.stringBytesMax) runtimeError(thread, 'resulting string too large');
    }
    stack[top - count] = text;
    left -= count - 1;
    thread.top = top - count + 1;
  }
  const instruction = frame.closure!.proto.code[frame.pc - 1]!;
  stack[frame.base + ((instruction >>> 8) & 255)] = stack[thread.top - 1];
  return SIGNAL.run;
}

function isJoinable(value: Value): boolean {
  return typeof value === 'string' || isNumber(value);
}

function toPiece(value: Value): string {
  return typeof value === 'string' ? value : numberToString(value as LuaNumber);
}
