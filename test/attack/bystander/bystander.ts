/** Starts the ordinary clients and asks them how they are. */
import { resolve } from 'node:path';
import { Child } from '../child.ts';
import type { BystanderReport, BystanderRequest } from './protocol.ts';

/** Ordinary clients, running. */
export interface Bystander {
  /** Forgets what was measured so far. */
  mark(): Promise<void>;
  report(): Promise<BystanderReport>;
  stop(): Promise<void>;
}

/** Lets ordinary clients use the host on this port until they are stopped. */
export async function startBystander(port: number): Promise<Bystander> {
  const [child] = await Child.start<BystanderReport>({
    file: resolve(import.meta.dirname, 'main.ts'),
    args: [String(port)],
  });
  const ask = (kind: BystanderRequest['kind']): Promise<BystanderReport> => child.ask({ kind });
  return {
    async mark() {
      await ask('mark');
    },
    report: () => ask('report'),
    stop: () => child.stop(),
  };
}
