/** A real hub on a free loopback port, in a folder of its own, cleaned up when the test ends. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { createHub, type Hub, type HubOptions } from '../../src/index.ts';
import { createLogDouble } from './programs.ts';

/** The repository. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** A hub under test. */
export interface BootedHub {
  readonly hub: Hub;
  /** `http://127.0.0.1:<port>` of the first server. */
  readonly url: string;
  /** The same with `ws:`. */
  readonly wsUrl: string;
  /** Working directory of the application. */
  readonly folder: string;
  /** Every line the hub logged. */
  readonly log: ReturnType<typeof createLogDouble>;
}

/** What to boot. */
export interface BootOptions
  extends Pick<
    HubOptions,
    'watch' | 'onReload' | 'onProblems' | 'onExit' | 'shutdownTimeoutMs' | 'nodeName'
  > {
  /** Files to write, by path below the folder. `_index.yaml` at the top is the application. */
  readonly files?: Readonly<Record<string, string>>;
  /** Folders of the repository to copy in, e.g. `registry/guide`, `lua`. */
  readonly copies?: readonly string[];
  /** Application folder or file below the folder. Default `.`. */
  readonly path?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Writes the files, loads and starts. Servers must take their port from `${env:PORT|...}` or be `:0`.
 * @param whenOver who says when it is over; `afterAll` for a hub that all tests of a file share
 */
export async function bootHub(
  options: BootOptions,
  whenOver: (cleanUp: () => Promise<void>) => void = onTestFinished,
): Promise<BootedHub> {
  const folder = await mkdtemp(join(tmpdir(), 'moonhub-'));
  whenOver(() => rm(folder, { recursive: true, force: true }));
  for (const copy of options.copies ?? [])
    await cp(join(ROOT, copy), join(folder, copy), { recursive: true });
  await writeFiles(folder, options.files ?? {});
  const log = createLogDouble();
  const { files: _files, copies: _copies, path = '.', environment, ...rest } = options;
  const hub = await createHub({
    ...rest,
    path: join(folder, path),
    cwd: folder,
    environment: { PORT: '0', ...environment },
    log: log.log,
  });
  whenOver(() => hub.stop());
  await hub.start();
  const server = hub.listening()[0];
  const url = server?.url ?? '';
  return { hub, url, wsUrl: url.replace('http:', 'ws:'), folder, log };
}

/** Writes files below a folder, making directories as needed. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}
