/**
 * Random load on a real hub for as long as told, in rounds. After every round the load stops, and what it started
 * must be gone: processes, names, sockets, timers; over the rounds the heap must not grow.
 *
 *   npm run soak -- --minutes 10 --seed 1 [--users 20] [--round-seconds 15]
 *
 * Prints one JSON line per round and a verdict; exits with 1 when something grew.
 */

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { silentLog } from '../../src/base/index.ts';
import { createHub, type Hub } from '../../src/index.ts';
import { createRandom } from '../simulation/random.ts';

import { runUser, type UserReport } from './soak-user.ts';

/** What is left when nothing is to do. */
interface Rest {
  readonly processes: number;
  readonly names: number;
  /** Open handles and running timers of Node.js, by type. */
  readonly resources: Readonly<Record<string, number>>;
  readonly heapBytes: number;
}

/** Growth of the heap from the first to the last third of the rounds that passes as noise. */
const HEAP_NOISE_BYTES = 3_000_000;
/** Rounds before things count: caches fill, code gets optimised. */
const WARM_UP_ROUNDS = 2;
const SETTLE_TIMEOUT_MS = 20_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    users: { type: 'string', default: '20' },
    'round-seconds': { type: 'string', default: '15' },
  },
});
const userCount = Number(values.users);
const roundMs = Number(values['round-seconds']) * 1000;
const rounds = Math.max(WARM_UP_ROUNDS + 3, Math.ceil((Number(values.minutes) * 60_000) / roundMs));
const random = createRandom(Number(values.seed));

const folder = await mkdtemp(join(tmpdir(), 'moonhub-soak-'));
await cp(resolve(import.meta.dirname, '../fixtures/soak'), folder, { recursive: true });
const hub = await createHub({ path: folder, cwd: folder, log: silentLog });
await hub.start();
const url = hub.listening()[0]!.url;

const rests: Rest[] = [];
const faults: string[] = [];
for (let round = 0; round < rounds; round++) {
  const report = await runRound();
  const rest = await settle();
  rests.push(rest);
  console.log(JSON.stringify({ round, ...report, ...rest }));
  if (round >= WARM_UP_ROUNDS) faults.push(...compare(round, rests[WARM_UP_ROUNDS]!, rest));
}
faults.push(...judgeHeap(rests.slice(WARM_UP_ROUNDS)));
await hub.stop();
await rm(folder, { recursive: true, force: true });
for (const fault of faults) console.error(fault);
console.log(faults.length === 0 ? 'nothing grew' : `${faults.length} things grew`);
process.exitCode = faults.length === 0 ? 0 : 1;

async function runRound(): Promise<UserReport> {
  const endMs = performance.now() + roundMs;
  const users = Array.from({ length: userCount }, () =>
    runUser({ url, random, isOver: () => performance.now() >= endMs }),
  );
  const reports = await Promise.all(users);
  const total: UserReport = { requests: 0, frames: 0, aborted: 0, unexpected: {} };
  for (const { requests, frames, aborted, unexpected } of reports) {
    total.requests += requests;
    total.frames += frames;
    total.aborted += aborted;
    for (const [text, count] of Object.entries(unexpected)) {
      total.unexpected[text] = (total.unexpected[text] ?? 0) + count;
    }
  }
  return total;
}

/** Waits until only the services are left, then looks. */
async function settle(): Promise<Rest> {
  const endMs = performance.now() + SETTLE_TIMEOUT_MS;
  const isBusy = (): boolean => hub.inspect().processes.length > serviceCount(hub) || !isHealthy(hub);
  while (isBusy() && performance.now() < endMs) await pause(50);
  // Sockets and background tails of the last moment.
  await pause(500);
  collectGarbage();
  await pause(50);
  collectGarbage();
  const { processes } = hub.inspect();
  const resources: Record<string, number> = {};
  for (const type of process.getActiveResourcesInfo()) resources[type] = (resources[type] ?? 0) + 1;
  return {
    processes: processes.length,
    names: processes.reduce((sum, { names }) => sum + names.length, 0),
    resources,
    heapBytes: process.memoryUsage().heapUsed,
  };
}

function compare(round: number, before: Rest, after: Rest): string[] {
  const found: string[] = [];
  if (after.processes > before.processes) found.push(`processes ${before.processes} -> ${after.processes}`);
  if (after.names > before.names) found.push(`names ${before.names} -> ${after.names}`);
  for (const [type, count] of Object.entries(after.resources)) {
    const was = before.resources[type] ?? 0;
    if (count > was) found.push(`${type} ${was} -> ${count}`);
  }
  return found.map((text) => `round ${round}: ${text}`);
}

function judgeHeap(measured: readonly Rest[]): string[] {
  const third = Math.max(1, Math.floor(measured.length / 3));
  const first = median(measured.slice(0, third));
  const last = median(measured.slice(-third));
  return last - first > HEAP_NOISE_BYTES ? [`heap ${first} -> ${last} bytes`] : [];
}

function median(measured: readonly Rest[]): number {
  const sorted = measured.map(({ heapBytes }) => heapBytes).sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

function serviceCount({ registry }: Hub): number {
  return registry.ofKind('process.service').length;
}

function isHealthy(running: Hub): boolean {
  return running.inspect().services.every(({ state }) => state === 'running');
}

function pause(ms: number): Promise<void> {
  return new Promise((resume) => void setTimeout(resume, ms));
}
