/** Starts and stops the host under attack, and asks it how it is. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Child } from '../child.ts';
import type { LoggedLine, Usage, VictimRequest, Worst } from './protocol.ts';

/** The machine a host runs on, as far as it can be chosen. */
export interface VictimOptions {
  /** Limit of the JavaScript heap, megabytes. Default 400. */
  readonly heapMegabytes?: number;
  /** Open files and sockets the system allows. Default: what it allows this program. */
  readonly descriptorsMax?: number;
}

const HEAP_MEGABYTES = 400;
const FILE_BYTES = 16 * 1024 * 1024;

/** A running host. */
export interface Victim {
  readonly port: number;
  readonly child: Child;
  /** Folder of its application; saving a file there changes nothing, it does not watch. */
  readonly folder: string;
  usage(): Promise<Usage>;
  mark(): Promise<void>;
  worst(): Promise<Worst>;
  log(): Promise<LoggedLine[]>;
  stop(): Promise<void>;
}

/** Starts a host in a process of its own, with a copy of the application. */
export async function startVictim(options: VictimOptions): Promise<Victim> {
  const folder = await mkdtemp(join(tmpdir(), 'moonhub-attack-'));
  await cp(resolve(import.meta.dirname, '../app'), folder, { recursive: true });
  await mkdir(join(folder, 'public'));
  await writeFile(join(folder, 'public/big.bin'), Buffer.alloc(FILE_BYTES, 'f'));
  await writeFile(join(folder, 'public/small.txt'), 'a small file');
  const heapMegabytes = options.heapMegabytes ?? HEAP_MEGABYTES;
  const [child, { port }] = await Child.start<{ port: number }>({
    file: resolve(import.meta.dirname, 'main.ts'),
    args: [folder],
    nodeOptions: ['--expose-gc', `--max-old-space-size=${heapMegabytes}`],
    descriptorsMax: options.descriptorsMax,
  });
  const ask = <T>(kind: VictimRequest['kind']): Promise<T> => child.ask<T>({ kind } satisfies VictimRequest);
  return {
    port,
    child,
    folder,
    usage: () => ask<Usage>('usage'),
    mark: () => ask('mark'),
    worst: () => ask<Worst>('worst'),
    log: () => ask<LoggedLine[]>('log'),
    async stop() {
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
