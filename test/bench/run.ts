/**
 * `npm run bench -- vm` runs the kernels of the Lua machine (`vm.ts`);
 * `npm run bench -- [rows] [--seconds=2] [--rounds=3] [--profile=folder]`: what moonhub costs next to a bare `ws`
 * server. With a profile folder the hub writes a V8 CPU profile there when it ends.
 *
 * Bare server and hub take turns in one run, so both meet the same machine in the same mood. Every row names the
 * share of a CPU the server itself used: a row where it is far below 1 measured the client, not the server, and
 * is marked.
 */
import { cpus } from 'node:os';
import {
  checkAnswer,
  closeConnections,
  type LoadConnection,
  type LoadResult,
  openConnections,
  runBroadcast,
  runEcho,
} from './load-client.ts';
import { measureRegistry } from './registry.ts';
import { type ServerProcess, startServer } from './server-process.ts';

interface Settings {
  readonly durationMs: number;
  readonly rounds: number;
}

/** One measurement of one server. */
interface Sample {
  readonly perSecond: number;
  readonly latenciesMs: readonly number[];
  /** CPU milliseconds of the server per millisecond of wall time. */
  readonly cpuShare: number;
}

type Row = (settings: Settings) => Promise<string>;

/** Below this the server was waiting for the client. */
const SATURATED_SHARE = 0.9;

const ROWS: Readonly<Record<string, Row>> = {
  'echo-1': (settings) =>
    compare('echo, 100 connections, 1 in flight', settings, {
      path: '/echo',
      count: 100,
      run: (connections, durationMs) => runEcho(connections, { inFlight: 1, durationMs }),
    }),
  'echo-8': (settings) =>
    compare('echo, 100 connections, 8 in flight', settings, {
      path: '/echo',
      count: 100,
      run: (connections, durationMs) => runEcho(connections, { inFlight: 8, durationMs }),
    }),
  broadcast: (settings) =>
    compare('broadcast, 1 to 500', settings, {
      path: '/room',
      count: 500,
      run: (connections, durationMs) => runBroadcast(connections, { durationMs }),
    }),
  fairness: (settings) => measureFairness(settings),
  messages: () => work('messages, 1000 in flight', 'stream', 300_000, 'messages/s'),
  'ping-pong': () => work('messages, 1 in flight', 'ping_pong', 50_000, 'round trips/s'),
  spawn: () => work('spawn to EXIT', 'spawner', 20_000, 'processes/s'),
  registry: ({ rounds }) => measureRegistry(rounds),
  'idle-processes': () => measureIdleProcesses(10_000),
  'idle-connections': () => measureIdleConnections(10_000),
};

const args = process.argv.slice(2);
if (args[0] === 'vm') {
  // The kernels of the Lua machine are a bench of their own, with options of their own.
  process.argv.splice(2, 1);
  await import('./vm.ts');
  process.exit();
}
const option = (name: string, fallback: number): number =>
  Number(args.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1] ?? fallback);
const wanted = args.filter((arg) => !arg.startsWith('--'));
const settings: Settings = { durationMs: option('seconds', 2) * 1000, rounds: option('rounds', 3) };

const profileFolder = args.find((arg) => arg.startsWith('--profile='))?.split('=')[1];
const startHub = (): Promise<ServerProcess> =>
  startServer('hub.ts', profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]);

const unknown = wanted.filter((name) => ROWS[name] === undefined);
if (unknown.length > 0) {
  console.error(`Cannot bench '${unknown.join(', ')}': rows are ${Object.keys(ROWS).join(', ')}`);
  process.exit(1);
}
console.log(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim()}`);
for (const [name, row] of Object.entries(ROWS)) {
  if (wanted.length === 0 || wanted.includes(name)) console.log(`${name.padEnd(17)} ${await row(settings)}`);
}

/** The same load on both servers, taking turns. */
async function compare(
  title: string,
  { durationMs, rounds }: Settings,
  load: {
    path: string;
    count: number;
    run(connections: readonly LoadConnection[], durationMs: number): Promise<LoadResult>;
  },
): Promise<string> {
  const servers = [await startServer('bare-ws.ts'), await startHub()];
  const samples: Sample[][] = [[], []];
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [i, server] of servers.entries()) {
        const connections = await openConnections(server.port, load.path, load.count);
        if (load.path === '/echo') await checkAnswer(connections[0]!);
        await load.run(connections, durationMs / 4); // warm up
        samples[i]!.push(await sample(server, () => load.run(connections, durationMs)));
        await closeConnections(connections);
      }
    }
  } finally {
    for (const server of servers) await server.stop();
  }
  const [bare, ours] = samples as [Sample[], Sample[]];
  const ratioOf = (measure: (one: Sample) => number): string =>
    (median(ours.map(measure)) / median(bare.map(measure))).toFixed(2);
  const ratios = `ratio ${ratioOf((one) => one.perSecond)}, per CPU second ${ratioOf((one) => one.perSecond / one.cpuShare)}`;
  return `${title}: ${ratios}\n${describe('bare ws', bare)}\n${describe('moonhub', ours)}`;
}

/** Echo alone, then beside a process in a busy loop (`vm.md` S1): throughput it keeps, latency it gets. */
async function measureFairness({ durationMs, rounds }: Settings): Promise<string> {
  const quiet = await startHub();
  const shared = await startHub();
  const samples: [Sample[], Sample[]] = [[], []];
  try {
    await shared.run('busy', 1);
    for (let round = 0; round < rounds; round++) {
      for (const [i, server] of [quiet, shared].entries()) {
        const connections = await openConnections(server.port, '/echo', 100);
        const load = (ms: number) => runEcho(connections, { inFlight: 1, durationMs: ms });
        await load(durationMs / 4); // warm up
        samples[i]!.push(await sample(server, () => load(durationMs)));
        await closeConnections(connections);
      }
    }
  } finally {
    await quiet.stop();
    await shared.stop();
  }
  const [alone, beside] = samples;
  const kept = median(beside.map((one) => one.perSecond)) / median(alone.map((one) => one.perSecond));
  const title = `fairness, echo of 100 connections beside a busy loop: keeps ${kept.toFixed(2)} of its throughput`;
  return `${title}\n${describe('alone', alone)}\n${describe('beside', beside)}`;
}

async function sample(server: ServerProcess, run: () => Promise<LoadResult>): Promise<Sample> {
  const before = await server.usage();
  const startedMs = performance.now();
  const { perSecond, latenciesMs } = await run();
  const elapsedMs = performance.now() - startedMs;
  const after = await server.usage();
  return { perSecond, latenciesMs, cpuShare: (after.cpuMs - before.cpuMs) / elapsedMs };
}

function describe(name: string, samples: readonly Sample[]): string {
  const rates = samples.map((one) => one.perSecond);
  const share = median(samples.map((one) => one.cpuShare));
  const latencies = samples.flatMap((one) => [...one.latenciesMs]).sort((a, b) => a - b);
  const latency =
    latencies.length === 0
      ? ''
      : `, p50 ${quantile(latencies, 0.5).toFixed(2)} ms, p99 ${quantile(latencies, 0.99).toFixed(2)} ms`;
  const mark = share < SATURATED_SHARE ? ' (server not saturated)' : '';
  return (
    `  ${name}: ${format(median(rates))}/s (${format(Math.min(...rates))} to ${format(Math.max(...rates))})${latency}, ` +
    `server CPU ${share.toFixed(2)}${mark}`
  );
}

/** Work inside the hub, without sockets. */
async function work(title: string, name: string, count: number, unit: string): Promise<string> {
  const server = await startHub();
  try {
    await server.run(name, Math.ceil(count / 10)); // warm up
    const rates: number[] = [];
    for (let round = 0; round < settings.rounds; round++) {
      rates.push((count / (await server.run(name, count))) * 1000);
    }
    return `${title}: ${format(median(rates))} ${unit} (${format(Math.min(...rates))} to ${format(Math.max(...rates))})`;
  } finally {
    await server.stop();
  }
}

async function measureIdleProcesses(count: number): Promise<string> {
  const server = await startHub();
  try {
    await server.run('idle', 100); // what the first ones load stays out of the count
    const before = await server.usage();
    const elapsedMs = await server.run('idle', count);
    const after = await server.usage();
    return (
      `${count} idle processes: ${format((after.heapBytes - before.heapBytes) / count)} bytes of heap, ` +
      `${format((after.residentBytes - before.residentBytes) / count)} bytes resident each; started in ${elapsedMs.toFixed(0)} ms`
    );
  } finally {
    await server.stop();
  }
}

async function measureIdleConnections(count: number): Promise<string> {
  const lines: string[] = [];
  for (const [name, start] of [
    ['bare ws', () => startServer('bare-ws.ts')],
    ['moonhub', startHub],
  ] as const) {
    const server = await start();
    try {
      await closeConnections(await openConnections(server.port, '/room', 100));
      const before = await server.usage();
      const startedMs = performance.now();
      const connections = await openConnections(server.port, '/room', count);
      const elapsedMs = performance.now() - startedMs;
      const after = await server.usage();
      lines.push(
        `  ${name}: ${format((after.heapBytes - before.heapBytes) / count)} bytes of heap, ` +
          `${format((after.residentBytes - before.residentBytes) / count)} bytes resident each; opened in ${elapsedMs.toFixed(0)} ms`,
      );
      const round = await runBroadcast(connections, { durationMs: 1 }); // all of them are alive
      lines.push(`    one message to all of them took ${round.latenciesMs[0]!.toFixed(0)} ms`);
      await closeConnections(connections);
    } finally {
      await server.stop();
    }
  }
  return `${count} idle connections\n${lines.join('\n')}`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return quantile(sorted, 0.5);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function format(value: number): string {
  return Math.round(value).toLocaleString('en');
}
