/** How far a stop is; `shutdown.ts` takes its stages. */

/** Who a stop is waiting for. Plain data. */
export interface StopProgress {
  readonly stage: StopStage;
  /** IDs of services that are stopping, or still starting. */
  readonly services: readonly string[];
  /** What else is under way, counted by plural nouns, e.g. `{ requests: 3, connections: 20 }`; nothing that is zero. */
  readonly work: Readonly<Record<string, number>>;
  readonly elapsedMs: number;
}

/** The stages in their order. */
export type StopStage = 'refuse' | 'drain' | 'services' | 'extensions' | 'processes';
