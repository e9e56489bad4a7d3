/**
 * What calls into the host cost in instructions (`vm.md` S1): a time slice must hold thousands of additions, not
 * thousands of new processes. Roughly the time the call takes, in instructions of the machine.
 *
 * What the machine does for a binding - copying a value, making a table, turning text into bytes - is charged there,
 * and so are the codecs. A binding charges what it does beside that and what grows with something a program chooses:
 * with `spend` before it begins, or with `charge` where no state is at hand. `test/modules/cost.test.ts` looks for those
 * that forget it.
 */
export const COST = {
  /** Any binding: crossing into the host and back. */
  binding: 10,
  /** `process.spawn*`, `exec`, `funcs.call`, `funcs.async`: a new unit. */
  unit: 2_000,
  /** A timer of the clock. */
  timer: 300,
  /** `channel.new`. */
  channel: 100,
  /** A UUID made or written. */
  uuid: 50,
  /** A time zone looked up, and a year of it worked out. */
  zone: 1_000,
  zoneYear: 12_000,
  /** A byte of a layout of time, read or written. */
  layoutByte: 3,
  /** A line of the log, and each field of it. */
  logLine: 300,
  logField: 50,
  /** A registry entry looked at by a search, for each condition; and one that is read or compared as a whole. */
  entryTest: 15,
  entry: 60,
  /** A policy asked, beside its patterns. */
  policy: 8,
  /** A context value or option handed on: the table of them is made anew. */
  ambientValue: 8,
  /** A message sent, beside what its values cost to copy. */
  message: 100,
  /** An event for one receiver, beside what its data costs to copy. */
  event: 60,
  /** A subscription an event is held against. */
  eventMatch: 4,
  /** Each wrap context an error already has: they are copied by every further wrap and joined by `tostring`. */
  errorContext: 4,
} as const;
