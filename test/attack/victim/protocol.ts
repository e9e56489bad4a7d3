/** What is asked of the host under attack: over IPC, so that asking needs none of its sockets. */

/** A question, answered in order. */
export type VictimRequest =
  /** Collects garbage, then looks at what is held. */
  | { readonly kind: 'usage' }
  /** Forgets the worst gap, the highest memory and the CPU time measured so far. */
  | { readonly kind: 'mark' }
  /** What was worst since the last mark. */
  | { readonly kind: 'worst' }
  /** Log lines since the last question, warnings and errors only. */
  | { readonly kind: 'log' };

/** What a host holds. */
export interface Usage {
  /** Bytes on and off the heap, after a garbage collection. */
  readonly heldBytes: number;
  /** Open descriptors; -1 where the system does not say. */
  readonly descriptors: number;
  /** Processes by entry. */
  readonly processes: Readonly<Record<string, number>>;
  readonly processCount: number;
  readonly names: number;
}

/** The worst since a mark. */
export interface Worst {
  /** Longest time the event loop did not come round because the process worked, milliseconds. */
  readonly gapMs: number;
  /** All the time it did not come round because the machine gave it none: others were busy. */
  readonly starvedMs: number;
  /** Most bytes held, garbage included; looked at every 10 ms. */
  readonly peakBytes: number;
  /** Share of one core used, 1 = all of it. */
  readonly cpuShare: number;
}

/** One line of the host's log. */
export interface LoggedLine {
  readonly level: 'warn' | 'error';
  readonly event: string;
  readonly fields: string;
}
