/** The real command line in a child process, watched from outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import { ROOT } from './boot-hub.ts';

/** A finished run. */
export interface CliResult {
  /** Exit code, or the signal that ended it. */
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run under way. */
export interface RunningCli {
  readonly child: ChildProcess;
  /** Resolves with the first match in what was printed, standard output and error together. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves when it has ended. */
  readonly ended: Promise<CliResult>;
}

let built: Promise<string> | undefined;

/** Builds the command line of the working tree once per test file. */
async function cliPath(): Promise<string> {
  built ??= (async () => {
    // Two folders below package.json, like dist/cli: the version is read from there.
    const folder = join(ROOT, 'node_modules/.moonhub-test');
    mkdirSync(folder, { recursive: true });
    const outfile = join(folder, `cli-${process.pid}.mjs`);
    await build({
      entryPoints: [join(ROOT, 'src/cli.ts')],
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
      sourcemap: 'inline',
      outfile,
    });
    return outfile;
  })();
  return built;
}

/** Starts `moonhub` with these words. Killed when the test ends. */
export async function startCli(
  words: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string>; readonly input?: string } = {},
): Promise<RunningCli> {
  const child = spawn(process.execPath, [await cliPath(), ...words], {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  let printed = '';
  const waiting = new Set<() => void>();
  const take = (part: string): void => {
    printed += part;
    for (const look of waiting) look();
  };
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
    take(part);
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
    take(part);
  });
  const ended = new Promise<CliResult>((resolve) => {
    child.on('close', (code, signal) => resolve({ exit: code ?? signal ?? 'unknown', stdout, stderr }));
  });
  return {
    child,
    ended,
    until(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(printed);
          if (match === null) return;
          waiting.delete(look);
          resolve(match);
        };
        waiting.add(look);
        look();
        void ended.then(() => reject(new Error(`ended without printing ${pattern}:\n${printed}`)));
      });
    },
  };
}

/** Runs `moonhub` to its end. */
export async function runCli(...parameters: Parameters<typeof startCli>): Promise<CliResult> {
  return (await startCli(...parameters)).ended;
}
