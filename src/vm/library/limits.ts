/** What library functions owe the meter of the program they run for (`vm.md` S3-S5). */

import { spend, stringBytesMax } from '../loop/machine.ts';
import { raise } from '../loop/stack.ts';
import type { LuaState } from '../value/api.ts';

/** Bytes (as a power of two) that move in the time of one instruction of a program, roughly. */
const BYTES_PER_INSTRUCTION_BITS = 5;

/**
 * Checks the size of a string before it is made.
 * @throws (Lua) `resulting string too large`
 */
export function refuseLongString(L: LuaState, bytes: number): void {
  if (bytes > stringBytesMax(L)) raise(L, 'resulting string too large');
}

/** As `refuseLongString`, and counts the work of making the string: once per string. */
export function checkStringBytes(L: LuaState, bytes: number): void {
  refuseLongString(L, bytes);
  spend(L, bytes >> BYTES_PER_INSTRUCTION_BITS);
}
