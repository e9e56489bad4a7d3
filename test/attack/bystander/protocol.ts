/** What the ordinary clients tell about the service they got. */

/** `mark` forgets what was measured so far; both are answered with a report. */
export interface BystanderRequest {
  readonly kind: 'mark' | 'report';
}

/** How one kind of question was answered. Milliseconds; questions still without an answer count with their age. */
export interface Service {
  readonly count: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly worstMs: number;
  readonly failed: number;
}

/** What the clients saw since the last mark. */
export interface BystanderReport {
  /** Frames on an open WebSocket. */
  readonly echo: Service;
  /** Requests on kept connections. */
  readonly get: Service;
  /** Requests with a connection of their own. */
  readonly newcomer: Service;
  /** Open WebSockets that were lost. */
  readonly dropped: number;
}

/** Orders and counts. */
export function summarise(latenciesMs: readonly number[], failed: number): Service {
  const sorted = [...latenciesMs].sort((left, right) => left - right);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, medianMs: at(0.5), p99Ms: at(0.99), worstMs: sorted.at(-1) ?? 0, failed };
}
