/** The host under attack: a hub with the application of a folder, and answers to whoever started it. */
import { readdirSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { createHub, type Log, type LogFields } from '../../../src/index.ts';
import type { LoggedLine, Usage, VictimRequest, Worst } from './protocol.ts';

/** Lines kept between two questions; a flood of lines must not be the leak that is looked for. */
const LINES_MAX = 1000;
/** How often the loop is looked at. */
const LOOK_MS = 10;

let lines: LoggedLine[] = [];
let worst = createWorst();
let mark = look();
let last = look();
setInterval(() => {
  const now = look();
  // Late because this process worked, or because the machine gave it no time: only the first is the host's fault.
  const lateMs = Math.max(0, now.atMs - last.atMs - LOOK_MS);
  const workedMs = Math.min(lateMs, now.cpuMs - last.cpuMs);
  worst.gapMs = Math.max(worst.gapMs, workedMs);
  worst.starvedMs += lateMs - workedMs;
  worst.peakBytes = Math.max(worst.peakBytes, heldBytes());
  last = now;
}, LOOK_MS);

const folder = process.argv[2]!;
const hub = await createHub({ path: folder, cwd: folder, environment: {}, log: createLog({}) });
await hub.start();
process.on('message', (request: VictimRequest) => void answer(request));
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => void hub.stop().finally(() => process.exit(0)));
const { port } = new URL(hub.listening()[0]!.url);
process.send!({ port: Number(port) });

async function answer(request: VictimRequest): Promise<void> {
  switch (request.kind) {
    case 'usage':
      process.send!(await readUsage());
      return;
    case 'mark':
      worst = createWorst();
      mark = look();
      process.send!({});
      return;
    case 'worst':
      process.send!(readWorst());
      return;
    case 'log':
      process.send!(lines);
      lines = [];
      return;
  }
}

async function readUsage(): Promise<Usage> {
  const { gc } = globalThis as { gc?: () => void };
  // Twice: what the first run finalised is free after the second.
  for (let i = 0; i < 2; i++) {
    gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { processes } = hub.inspect();
  return {
    heldBytes: heldBytes(),
    descriptors: countDescriptors(),
    processes: count(processes.map(({ entryId }) => entryId)),
    processCount: processes.length,
    names: processes.reduce((sum, { names }) => sum + names.length, 0),
  };
}

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function readWorst(): Worst {
  const now = look();
  return {
    ...worst,
    peakBytes: Math.max(worst.peakBytes, heldBytes()),
    cpuShare: (now.cpuMs - mark.cpuMs) / Math.max(1, now.atMs - mark.atMs),
  };
}

function createWorst(): { gapMs: number; starvedMs: number; peakBytes: number } {
  return { gapMs: 0, starvedMs: 0, peakBytes: 0 };
}

function look(): { readonly atMs: number; readonly cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { atMs: performance.now(), cpuMs: (user + system) / 1000 };
}

function heldBytes(): number {
  // Not process.memoryUsage(): it reads a file, and there may be no descriptor to do so with.
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

function countDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return -1; // Not Linux, or not one is left to look with.
  }
}

function createLog(bound: LogFields): Log {
  const keep =
    (level: LoggedLine['level']) =>
    (event: string, fields: LogFields = {}): void => {
      if (lines.length < LINES_MAX)
        lines.push({ level, event, fields: JSON.stringify({ ...bound, ...fields }) });
    };
  return {
    debug() {},
    info() {},
    warn: keep('warn'),
    error: keep('error'),
    isEnabled: (level) => level === 'warn' || level === 'error',
    with: (fields) => createLog({ ...bound, ...fields }),
  };
}
