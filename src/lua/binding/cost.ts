/**
 * What calls into the host cost in instructions (`vm.md` S1): a time slice must hold thousands of additions, not
 * thousands of new processes. Roughly the time the call takes, in instructions of the machine.
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
  /** A message sent, beside what its values cost to copy. */
  message: 100,
  /** An event for one receiver, beside what its data costs to copy. */
  event: 60,
  /** Each wrap context an error already has: they are copied by every further wrap and joined by `tostring`. */
  errorContext: 4,
} as const;
