/** What the bench asks a server process: over IPC, so that asking does not disturb the sockets. */

/** A question of the bench. */
export type ControlRequest =
  | { readonly kind: 'usage' }
  /** Run a piece of work inside the server. */
  | { readonly kind: 'run'; readonly work: string; readonly count: number };

/** CPU and memory of a server process. */
export interface Usage {
  /** CPU time since start, milliseconds. */
  readonly cpuMs: number;
  /** Bytes, after a garbage collection. */
  readonly heapBytes: number;
  readonly residentBytes: number;
}

/** Tells the bench the port, then answers its questions. `run` returns the milliseconds the work took. */
export function serveControl(port: number, run: (work: string, count: number) => Promise<number>): void {
  process.on('message', async (request: ControlRequest) => {
    if (request.kind === 'usage') process.send!(readUsage());
    else process.send!({ elapsedMs: await run(request.work, request.count) });
  });
  process.on('disconnect', () => process.exit(0));
  process.send!({ port });
}

function readUsage(): Usage {
  (globalThis as { gc?: () => void }).gc?.();
  const { user, system } = process.cpuUsage();
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  return { cpuMs: (user + system) / 1000, heapBytes: heapUsed + external + arrayBuffers, residentBytes: rss };
}
