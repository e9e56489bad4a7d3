/** What the command line needs from the program it runs in; tests have one of their own. */
import { createColors } from 'picocolors';

/** Text in, text out, signals and the working directory. */
export interface Console {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Somebody looks on: standard output and error are a terminal, not a file or a service manager. */
  readonly isTerminal: boolean;
  /** Colours where standard output (error output) takes them. */
  readonly paint: Paint;
  /** The same without colours. */
  readonly plain: Paint;
  /** Writes to standard output, as it is. */
  write(text: string | Uint8Array): void;
  /** Writes to standard error, as it is. */
  writeError(text: string): void;
  /** Calls back for every SIGINT and SIGTERM. @returns how to stop listening. */
  onSignal(callback: (signal: 'SIGINT' | 'SIGTERM') => void): () => void;
  /** Ends the program at once. */
  exit(code: number): void;
}

/** Colours, or the same names doing nothing. */
export type Paint = Pick<
  ReturnType<typeof createColors>,
  'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow' | 'isColorSupported'
>;

/** The console of a node process. NO_COLOR and FORCE_COLOR are honoured. */
export function createNodeConsole(host: NodeJS.Process): Console {
  const { env, stdout, stderr } = host;
  const isForced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
  const isRefused = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
  const isTerminal = stdout.isTTY === true && stderr.isTTY === true;
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // `moonhub registry list | head`: whoever read has enough. What runs goes on without a reader.
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    cwd: host.cwd(),
    environment: env,
    isTerminal,
    paint: createColors(isForced || (isTerminal && !isRefused)),
    plain: createColors(false),
    write: (text) => void stdout.write(text),
    writeError: (text) => void stderr.write(text),
    onSignal(callback) {
      const names = ['SIGINT', 'SIGTERM'] as const;
      for (const name of names) host.on(name, callback);
      return () => {
        for (const name of names) host.off(name, callback);
      };
    },
    exit: (code) => host.exit(code),
  };
}
