/** What one unit may use (`vm.md` S3): defaults, then the process host's `limits`, then the entry's. */

import { type Entry, isMapping, type Mapping } from '../../registry/index.ts';
import { createMeter } from '../../vm/index.ts';
import type { LuaLimits } from '../coroutine/context.ts';

/** The machine's own bounds. */
const MACHINE = createMeter();

/** What holds where nobody says otherwise: the machine's bounds, and a budget, which it does not have by itself. */
export const DEFAULT_LIMITS: LuaLimits = {
  slice: MACHINE.slice,
  turnInstructions: 500_000_000,
  stringBytes: MACHINE.stringBytesMax,
  callDepth: MACHINE.framesMax,
  coroutines: MACHINE.coroutinesMax,
};

/** JSON Schema of `limits:` of an entry or process host. */
export const LIMITS_SCHEMA = {
  type: 'object',
  properties: {
    turn_instructions: { type: 'integer', minimum: 0 },
    string_bytes: { type: 'integer', minimum: 1 },
    call_depth: { type: 'integer', minimum: 1 },
    coroutines: { type: 'integer', minimum: 1 },
  },
} as const;

/** Limits of a unit of this entry on this host. */
export function readLimits(defaults: LuaLimits, entry: Entry, host: Entry | undefined): LuaLimits {
  const own = entry.data.limits;
  const shared = host?.data.limits;
  if (!isMapping(own) && !isMapping(shared)) return defaults;
  return overlay(overlay(defaults, shared), own);
}

function overlay(limits: LuaLimits, changes: unknown): LuaLimits {
  if (!isMapping(changes)) return limits;
  const { turn_instructions, string_bytes, call_depth, coroutines } = changes as Mapping;
  return {
    slice: limits.slice,
    turnInstructions: toCount(turn_instructions) ?? limits.turnInstructions,
    stringBytes: toCount(string_bytes) ?? limits.stringBytes,
    callDepth: toCount(call_depth) ?? limits.callDepth,
    coroutines: toCount(coroutines) ?? limits.coroutines,
  };
}

function toCount(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
