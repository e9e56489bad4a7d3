/**
 * Saves under load: the real command line watches a folder, WebSocket clients talk to its upgradable hub all the while,
 * and files are saved in every way there is, good and bad. Nothing may be dropped, lost or doubled, and a good save must
 * be live soon.
 *
 *   npm run saves -- --sockets 1000 --rate 1000 --every 2000 --rounds 2 [--live-ms 300]
 *
 * Prints one JSON line per save and a verdict; exits with 1 when something was wrong. Ends by itself.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SaveClients } from './save-clients.ts';
import { SAVE_KINDS, type Saved } from './save-kinds.ts';

const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '1000' },
    /** Messages a second, all sockets together. */
    rate: { type: 'string', default: '1000' },
    /** Milliseconds from one save to the next. */
    every: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '2' },
    'live-ms': { type: 'string', default: '300' },
  },
});
/** Longest wait for a good save to be live; beyond it, it never was. */
const LIVE_TIMEOUT_MS = 10_000;

const folder = await mkdtemp(join(tmpdir(), 'moonhub-saves-'));
await cp(resolve(import.meta.dirname, '../fixtures/saves'), folder, { recursive: true });
const host = startHost();
const faults: string[] = [];
try {
  const port = await listening(host);
  const clients = await SaveClients.connect(`ws://127.0.0.1:${port}/`, Number(values.sockets));
  clients.start(Number(values.rate));
  const liveMs: number[] = [];
  let version = 0;
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const kind of SAVE_KINDS) {
      const began = performance.now();
      version++;
      const saved = await kind.save({ folder, version, pause });
      const live = saved === 'nothing' ? undefined : await untilLive(clients, saved, version);
      if (live !== undefined) liveMs.push(live);
      if (live === LIVE_TIMEOUT_MS) faults.push(`never live: ${kind.name}`);
      const { slowestMs } = clients.takeStretch();
      console.log(
        JSON.stringify({ version, save: kind.name, liveMs: round1(live), slowestReplyMs: round1(slowestMs) }),
      );
      await pause(Math.max(0, Number(values.every) - (performance.now() - began)));
    }
  }
  const report = await clients.finish();
  liveMs.sort((a, b) => a - b);
  const p95 = liveMs[Math.max(0, Math.ceil(liveMs.length * 0.95) - 1)]!;
  console.log(
    JSON.stringify({
      ...report,
      saves: version,
      liveMedianMs: round1(liveMs[liveMs.length >> 1]),
      liveP95Ms: round1(p95),
    }),
  );
  for (const fact of ['dropped', 'lost', 'doubled', 'misordered', 'restarts'] as const)
    if (report[fact] > 0) faults.push(`${fact}: ${report[fact]}`);
  if (p95 > Number(values['live-ms'])) faults.push(`p95 from save to live: ${Math.round(p95)} ms`);
  if (host.exitCode !== null) faults.push(`the host ended with ${host.exitCode}`);
} finally {
  if (host.exitCode === null) {
    host.kill('SIGTERM');
    await once(host, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
}
for (const fault of faults) console.error(fault);
console.log(faults.length === 0 ? 'every save was right' : `${faults.length} things were wrong`);
process.exitCode = faults.length === 0 ? 0 : 1;

function startHost(): ChildProcess {
  const register = resolve(import.meta.dirname, 'register.mjs');
  const cli = resolve(import.meta.dirname, '../../src/cli.ts');
  const env = { ...process.env, PORT: '0', NO_COLOR: '1' };
  const args = ['--import', register, cli, 'run', folder, '--watch'];
  return spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Waits for the line that says where it listens. What it prints afterwards is shown when it says `--verbose`. */
function listening(child: ChildProcess): Promise<number> {
  let printed = '';
  return new Promise((found, failed) => {
    const read = (chunk: Buffer): void => {
      if (printed.length < 100_000) printed += chunk.toString();
      const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
      if (port !== undefined && printed.includes('watching files')) found(Number(port));
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
    child.once('exit', () => failed(new Error(`the host ended:\n${printed}`)));
  });
}

async function untilLive(clients: SaveClients, saved: Saved, version: number): Promise<number> {
  const began = performance.now();
  const isLive = (): boolean => (saved === 'hub' ? clients.hubVersion : clients.wordVersion) >= version;
  while (!isLive()) {
    if (performance.now() - began > LIVE_TIMEOUT_MS) return LIVE_TIMEOUT_MS;
    await pause(2);
  }
  return performance.now() - began;
}

function pause(ms: number): Promise<void> {
  return new Promise((resume) => void setTimeout(resume, ms));
}

function round1(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}
