/** What library functions owe the meter of the program they run for (`vm.md` S3-S5). */
import type { LuaState } from '../api.ts';
import { raise } from '../index.ts';

/** Longest string when the entry says nothing. */
const STRING_BYTES_MAX = 64 * 1024 * 1024;

/** Counts work that no instruction shows: `steps` instructions. Ends the program past its budget. */
export function spend(_L: LuaState, _steps: number): void {}

/**
 * Checks the size of a string before it is made and counts the work of making it.
 * @throws (Lua) `resulting string too large`
 */
export function checkStringBytes(L: LuaState, bytes: number): void {
  if (bytes > STRING_BYTES_MAX) raise(L, 'resulting string too large');
  spend(L, bytes >> 5);
}
