/** What one attack is made of. A file below `scenarios/` exports one as `scenario`; the suite finds it there. */
import type { Stranger } from './stranger.ts';
import type { Victim, VictimOptions } from './victim/victim.ts';

/** One attack. */
export interface Scenario {
  /** Lower case, with dashes; what `--only` matches. */
  readonly name: string;
  /** What a stranger does. */
  readonly does: string;
  /** What holds against it: the bound, with its rule or file. */
  readonly bound: string;
  /** The machine it needs. Default: one shared with other attacks. */
  readonly machine?: VictimOptions;
  /** What ordinary clients may notice. */
  readonly allows?: Allowance;
  /** Longest run in milliseconds, the time to settle not included. Default 60 s. */
  readonly limitMs?: number;
  run(attack: Attack): Promise<void>;
}

/** What is no fault in one attack although it is one in others. */
export interface Allowance {
  /** Newcomers may be refused or wait: there is nothing left to serve them with. */
  readonly newcomers?: boolean;
  /** Events of error lines that belong to it. */
  readonly errors?: readonly string[];
  /** Highest p99 of ordinary clients, milliseconds, instead of the suite's. */
  readonly p99Ms?: number;
}

/** What a scenario works with. */
export interface Attack {
  readonly stranger: Stranger;
  readonly victim: Victim;
  /** Whether the suite runs at its small size. */
  readonly isSmall: boolean;
  /** How many: the first, or the second at the small size. */
  amount(full: number, small: number): number;
  /** A fact that must hold; the attack goes on when it does not. */
  expect(holds: boolean, fact: string): void;
  /** A figure for the table. */
  note(figure: string): void;
  /** Aborted when the time is over; loops must look at it. */
  readonly signal: AbortSignal;
}
