/** A server in a process of its own, so that its CPU time is its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { ControlRequest, Usage } from './servers/control.ts';

/** A running server. */
export interface ServerProcess {
  readonly port: number;
  usage(): Promise<Usage>;
  /** @returns milliseconds the work took */
  run(work: string, count: number): Promise<number>;
  stop(): Promise<void>;
}

/** @param file below `servers/` */
export async function startServer(file: string, nodeOptions: readonly string[] = []): Promise<ServerProcess> {
  const child = fork(resolve(import.meta.dirname, 'servers', file), {
    execArgv: [
      '--expose-gc',
      '--import',
      resolve(import.meta.dirname, '../tools/register.mjs'),
      ...nodeOptions,
    ],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { port } = await answer<{ port: number }>(child);
  const ask = async <T>(request: ControlRequest): Promise<T> => {
    const reply = answer<T>(child);
    child.send(request);
    return reply;
  };
  return {
    port,
    usage: () => ask<Usage>({ kind: 'usage' }),
    run: async (work, count) => (await ask<{ elapsedMs: number }>({ kind: 'run', work, count })).elapsedMs,
    async stop() {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const [first] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`the server ended with ${code}`);
      }),
    ]);
    return first as T;
  } finally {
    settled.abort();
  }
}
