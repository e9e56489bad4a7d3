/**
 * One attack on one host, with ordinary clients beside it: quiet first, then the attack, then rest. What must be as
 * before afterwards is compared here; what an attack itself must find is said by its scenario.
 */
import type { Bystander } from './bystander/bystander.ts';
import type { BystanderReport } from './bystander/protocol.ts';
import type { Attack, Scenario } from './scenario.ts';
import { pause, Stranger } from './stranger.ts';
import type { Usage, Worst } from './victim/protocol.ts';
import type { Victim } from './victim/victim.ts';

/** How an attack went. */
export interface Verdict {
  readonly name: string;
  /** Empty when everything held. */
  readonly faults: readonly string[];
  readonly notes: readonly string[];
  readonly quiet: BystanderReport;
  readonly under: BystanderReport;
  readonly worst: Worst;
  /** Bytes held afterwards minus before. */
  readonly grownBytes: number;
  readonly elapsedMs: number;
}

/** What is judged how. */
export interface SiegeOptions {
  readonly isSmall: boolean;
  /** Highest p99 of ordinary clients; more when they were slow before the attack already. */
  readonly p99Ms: number;
}

/** Ordinary clients alone, for comparison. */
const QUIET_MS = 700;
const RUN_LIMIT_MS = 60_000;
/** Longest wait until what an attack left behind is gone: the timeouts of the application are 2-10 s. */
const SETTLE_LIMIT_MS = 25_000;
/** What may stay: caches that fill once, code that was optimised meanwhile. */
const GROWTH_BYTES_MAX = 12 * 1024 * 1024;
/** Sockets of ordinary clients come and go. */
const DESCRIPTORS_NOISE = 4;
const PROCESSES_NOISE = 2;
/** The loop may be away this long: several turns and a full garbage collection, on a machine that is shared. */
const GAP_MS_MAX = 1_000;
/** p99 under attack may be this many times what it was in quiet. */
const P99_RATIO_MAX = 20;
/** More than the heap and some buffers: somebody stores what a stranger sends. */
const PEAK_BYTES_MAX = 600 * 1024 * 1024;

/** Runs one attack and judges it. @throws when the host is gone or stands still */
export async function besiege(
  scenario: Scenario,
  victim: Victim,
  bystander: Bystander,
  options: SiegeOptions,
): Promise<Verdict> {
  await bystander.mark();
  await pause(QUIET_MS);
  const quiet = await bystander.report();
  const before = await victim.usage();
  await victim.log();
  await bystander.mark();
  await victim.mark();

  const faults: string[] = [];
  const notes: string[] = [];
  const startedMs = performance.now();
  await attack(scenario, victim, options, { faults, notes });
  const elapsedMs = performance.now() - startedMs;
  const worst = await victim.worst();
  const under = await bystander.report();
  const after = await settle(victim, before);

  faults.push(...judgeRest(before, after), ...judgeService(scenario, quiet, under, worst, options));
  faults.push(...judgeWorst(worst), ...(await judgeLog(scenario, victim)));
  const grownBytes = after.heldBytes - before.heldBytes;
  return { name: scenario.name, faults, notes, quiet, under, worst, grownBytes, elapsedMs };
}

async function attack(
  scenario: Scenario,
  victim: Victim,
  { isSmall }: SiegeOptions,
  { faults, notes }: { faults: string[]; notes: string[] },
): Promise<void> {
  const limitMs = scenario.limitMs ?? RUN_LIMIT_MS;
  const isOver = new AbortController();
  const stranger = new Stranger(victim.port);
  const running = scenario.run({
    stranger,
    victim,
    isSmall,
    amount: (full, small) => (isSmall ? small : full),
    expect: (holds, fact) => void (holds || faults.push(`not so: ${fact}`)),
    note: (figure) => void notes.push(figure),
    signal: isOver.signal,
  } satisfies Attack);
  const timer = setTimeout(() => isOver.abort(), limitMs);
  const late = new Promise<'late'>((resolve) =>
    isOver.signal.addEventListener('abort', () => resolve('late'), { once: true }),
  );
  try {
    const end = await Promise.race([running, late]);
    if (end === 'late') faults.push(`not over after ${limitMs} ms`);
  } catch (thrown) {
    faults.push(thrown instanceof Error ? thrown.message : String(thrown));
  } finally {
    clearTimeout(timer);
    isOver.abort();
    running.catch(() => {});
    await stranger.leave();
  }
}

/** Waits until the host holds what it held before, or long enough. */
async function settle(victim: Victim, before: Usage): Promise<Usage> {
  const endMs = performance.now() + SETTLE_LIMIT_MS;
  for (;;) {
    const now = await victim.usage();
    if (judgeRest(before, now).length === 0 || performance.now() > endMs) return now;
    await pause(200);
  }
}

function judgeRest(before: Usage, after: Usage): string[] {
  const faults: string[] = [];
  const compare = (what: string, was: number, is: number, noise: number): void => {
    if (is > was + noise) faults.push(`${what} stayed: ${was} before, ${is} after`);
  };
  compare('descriptors', before.descriptors, after.descriptors, DESCRIPTORS_NOISE);
  compare('processes', before.processCount, after.processCount, PROCESSES_NOISE);
  for (const [entryId, count] of Object.entries(after.processes)) {
    compare(`processes of ${entryId}`, before.processes[entryId] ?? 0, count, PROCESSES_NOISE);
  }
  compare('names', before.names, after.names, 0);
  compare(
    'memory',
    toMegabytes(before.heldBytes),
    toMegabytes(after.heldBytes),
    toMegabytes(GROWTH_BYTES_MAX),
  );
  return faults;
}

function judgeService(
  { allows = {} }: Scenario,
  quiet: BystanderReport,
  under: BystanderReport,
  { starvedMs }: Worst,
  options: SiegeOptions,
): string[] {
  const faults: string[] = [];
  if (under.dropped > 0) faults.push('an ordinary WebSocket was dropped');
  for (const kind of ['echo', 'get', 'newcomer'] as const) {
    if (kind === 'newcomer' && allows.newcomers === true) continue;
    const { p99Ms, failed } = under[kind];
    const mayWaitMs = Math.max(options.p99Ms, allows.p99Ms ?? 0, P99_RATIO_MAX * quiet[kind].p99Ms);
    const limitMs = mayWaitMs + starvedMs;
    if (p99Ms > limitMs) {
      faults.push(`ordinary clients (${kind}) waited: p99 ${Math.round(p99Ms)} of ${Math.round(limitMs)} ms`);
    }
    if (failed > 0) faults.push(`ordinary clients (${kind}) failed ${failed} times`);
  }
  return faults;
}

function judgeWorst({ gapMs, peakBytes }: Worst): string[] {
  const faults: string[] = [];
  if (gapMs > GAP_MS_MAX) faults.push(`the loop stood still for ${Math.round(gapMs)} ms`);
  if (peakBytes > PEAK_BYTES_MAX) faults.push(`${toMegabytes(peakBytes)} MB were held at the worst moment`);
  return faults;
}

async function judgeLog({ allows = {} }: Scenario, victim: Victim): Promise<string[]> {
  const lines = await victim.log();
  const errors = lines.filter(({ level, event }) => level === 'error' && !allows.errors?.includes(event));
  const faults = errors
    .slice(0, 3)
    .map(({ event, fields }) => `error in the log: ${event} ${fields.slice(0, 400)}`);
  const { child } = victim;
  if (child.errorOutput !== '') faults.push(`on its error output: ${child.errorOutput.slice(0, 400)}`);
  child.errorOutput = '';
  return faults;
}

function toMegabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
