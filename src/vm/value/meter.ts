/** What a unit may use of the machine: instructions by the slice, strings, coroutines, call depth. */

/** Lua frames of one thread (`vm.md` S3 call_depth). Beyond: `stack overflow`. */
export const FRAMES_MAX = 200_000;
/** Longest string by default (`vm.md` S3 string_bytes). Beyond: a catchable error. */
export const STRING_BYTES_MAX = 64 * 1024 * 1024;

/** Coroutines of one program by default (`vm.md` S3 coroutines). Beyond: a catchable error. */
export const COROUTINES_MAX = 10_000;

/**
 * How many instructions a unit may run. Shared by all its threads; loops and calls subtract from `fuel`.
 */
export interface Meter {
  /** Instructions per slice (`vm.md` S1). */
  readonly slice: number;
  /** Instructions since the owner last set this to 0. */
  used: number;
  /** `used` beyond this kills the unit; 0 = no limit. */
  limit: number;
  /** Longest string a program may make, in bytes. */
  readonly stringBytesMax: number;
  /** Set by the owner at any time: the unit stops at its next check. */
  killed: boolean;
  /** Coroutines a program may have that have not ended. */
  readonly coroutinesMax: number;
  /** Lua calls that may be open in one coroutine. */
  readonly framesMax: number;
  /** Coroutines that have not ended. Internal. */
  coroutines: number;
  /** What is left of the grant. Internal. */
  fuel: number;
  /** The last grant. Internal. */
  grant: number;
}

/** A meter; without options slices are 100,000 instructions long, strings 64 MiB, and there is no limit. */
export function createMeter(
  options: {
    slice?: number;
    limit?: number;
    stringBytesMax?: number;
    coroutinesMax?: number;
    framesMax?: number;
  } = {},
): Meter {
  return {
    slice: options.slice ?? 100_000,
    stringBytesMax: options.stringBytesMax ?? STRING_BYTES_MAX,
    coroutinesMax: options.coroutinesMax ?? COROUTINES_MAX,
    framesMax: options.framesMax ?? FRAMES_MAX,
    coroutines: 0,
    used: 0,
    limit: options.limit ?? 0,
    killed: false,
    fuel: 0,
    grant: 0,
  };
}

/** A coroutine counted towards its program's limit. */
export interface Ticket {
  readonly meter: Meter;
  isCounted: boolean;
}

/** The coroutine has ended or is garbage: it counts no more. */
export function release(ticket: Ticket): void {
  if (!ticket.isCounted) return;
  ticket.isCounted = false;
  ticket.meter.coroutines--;
}

/** Coroutines that nobody refers to any more will never end; they stop counting when they are collected. */
export const abandoned = new FinalizationRegistry<Ticket>(release);
