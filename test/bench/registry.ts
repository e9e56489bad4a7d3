/**
 * What one change of the registry costs in a running hub, by the size of the application: it should not follow from
 * the size (`app-format.md` 8.2). A ratio near 1 says so; the milliseconds are this machine's.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChangeRequest, createHub, type Hub } from '../../src/index.ts';

/** Entries of the applications. */
const SIZES = [10, 200, 1000, 3000];

/** One entry created, updated and deleted, that often. */
const CHANGES = 40;

/** One line: the median change at each size, and how the last compares with the first. */
export async function measureRegistry(rounds: number): Promise<string> {
  const medians: number[] = [];
  for (const size of SIZES) {
    const folder = await mkdtemp(join(tmpdir(), 'moonhub-bench-'));
    await writeFile(join(folder, '_index.yaml'), application(size));
    const hub = await createHub({ path: folder, cwd: folder, environment: {}, log: { level: 'silent' } });
    try {
      await hub.start();
      const durations: number[] = [];
      for (let round = 0; round < rounds * CHANGES; round++)
        durations.push(...(await changeOnce(hub, round)));
      // The first ones are compiled while they run.
      medians.push(median(durations.slice(CHANGES)));
    } finally {
      await hub.stop();
      await rm(folder, { recursive: true, force: true });
    }
  }
  const figures = SIZES.map((size, index) => `${size}: ${medians[index]!.toFixed(2)} ms`).join(', ');
  const ratio = (medians.at(-1)! / medians[0]!).toFixed(2);
  return `one change among so many functions: ${figures}; ratio of the last to the first ${ratio}`;
}

/** @returns milliseconds of a creation, an update and a deletion. */
async function changeOnce(hub: Hub, round: number): Promise<number[]> {
  const id = `app:new${round}`;
  const write = (operation: 'create' | 'update', value: number): ChangeRequest => ({
    operation,
    entry: {
      id,
      kind: 'function.lua',
      data: { source: `return function() return ${value} end`, method: 'f' },
    },
  });
  const durations: number[] = [];
  for (const request of [write('create', 1), write('update', 2), { operation: 'delete', id } as const]) {
    const startedMs = performance.now();
    await hub.registry.apply([request]);
    durations.push(performance.now() - startedMs);
  }
  return durations;
}

/** Functions that import a library, behind endpoints of one router for every tenth. */
function application(size: number): string {
  const lines = [
    'version: "1.0"',
    'namespace: app',
    'entries:',
    '  - {name: gateway, kind: http.service, addr: "127.0.0.1:0", lifecycle: {auto_start: true}}',
    '  - {name: api, kind: http.router, meta: {server: gateway}}',
    '  - {name: lib, kind: library.lua, source: "return {}"}',
  ];
  for (let index = 0; index < size; index++) {
    lines.push(
      `  - {name: f${index}, kind: function.lua, source: "return function() return ${index} end", method: f, imports: {lib: lib}}`,
    );
    if (index % 10 === 0)
      lines.push(
        `  - {name: e${index}, kind: http.endpoint, meta: {router: api}, method: GET, path: /p${index}, func: f${index}}`,
      );
  }
  return lines.join('\n');
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
