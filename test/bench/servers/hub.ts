/** A hub with the bench application. */
import { resolve } from 'node:path';
import type { EntryId } from '../../../src/base/index.ts';
import { createHub } from '../../../src/index.ts';
import { serveControl } from './control.ts';

const hub = await createHub({
  path: resolve(import.meta.dirname, '../app'),
  environment: { PORT: '0' },
  log: { level: 'error' },
});
await hub.start();

async function run(work: string, count: number): Promise<number> {
  const startedMs = performance.now();
  const { ended } = hub.runCommand({
    entryId: `bench:${work}` as EntryId,
    hostId: 'bench:processes',
    args: [String(count)],
  });
  const outcome = await ended;
  if (!outcome.ok) throw new Error(`${work}: ${outcome.failure.message}`);
  return performance.now() - startedMs;
}

/** Starts `count` processes that wait for ever. */
async function startIdle(count: number): Promise<number> {
  const startedMs = performance.now();
  for (let i = 0; i < count; i++) {
    hub.runCommand({ entryId: 'bench:idle' as EntryId, hostId: 'bench:processes', args: [] });
  }
  await new Promise((resolve) => setImmediate(resolve));
  return performance.now() - startedMs;
}

/** Starts one process that never waits. */
async function startBusy(): Promise<number> {
  hub.runCommand({ entryId: 'bench:busy' as EntryId, hostId: 'bench:processes', args: [] });
  return 0;
}

serveControl(hub.listening()[0]!.port, (work, count) => {
  if (work === 'idle') return startIdle(count);
  return work === 'busy' ? startBusy() : run(work, count);
});
