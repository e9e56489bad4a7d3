/** A TypeScript file running as a process of its own that answers questions over IPC, one after the other. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** What is started. */
export interface ChildOptions {
  readonly file: string;
  readonly args?: readonly string[];
  readonly nodeOptions?: readonly string[];
  /** `ulimit -n` of the process. Default: that of this one. */
  readonly descriptorsMax?: number | undefined;
}

/** Longest wait for an answer: a host that stands still this long is dead for everybody. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Longest start: hundreds of files are read and compiled, on a machine that may be busy. */
const START_TIMEOUT_MS = 120_000;
const ERROR_OUTPUT_MAX = 20_000;

/** A running process. */
export class Child {
  /** What it printed on its error output, bounded. */
  errorOutput = '';
  readonly #process: ChildProcess;
  #lastAnswer: Promise<unknown> = Promise.resolve();

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      if (this.errorOutput.length < ERROR_OUTPUT_MAX) this.errorOutput += text;
    });
  }

  /** Starts it. @returns it, and the first thing it said */
  static async start<T>(options: ChildOptions): Promise<[Child, T]> {
    const { file, args = [], nodeOptions = [], descriptorsMax } = options;
    const register = resolve(import.meta.dirname, '../tools/register.mjs');
    const node = [process.execPath, ...nodeOptions, '--import', register, file, ...args];
    const limited = ['sh', '-c', `ulimit -n ${descriptorsMax} && exec "$0" "$@"`, ...node];
    const [program, ...rest] = descriptorsMax === undefined ? node : limited;
    const child = new Child(spawn(program!, rest, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] }));
    return [child, await child.#answer<T>(START_TIMEOUT_MS)];
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Why it is gone, in words. */
  get end(): string {
    const { exitCode, signalCode } = this.#process;
    return `it ended with ${signalCode ?? exitCode}`;
  }

  get id(): number {
    return this.#process.pid!;
  }

  /** @throws when it is gone, or has not answered within 20 s */
  ask<T>(request: unknown): Promise<T> {
    const answer = this.#lastAnswer.then(() => {
      if (!this.isAlive) throw new Error(this.end);
      const answered = this.#answer<T>(ANSWER_TIMEOUT_MS);
      this.#process.send(request as object, () => {});
      return answered;
    });
    this.#lastAnswer = answer.catch(() => {});
    return answer;
  }

  async stop(): Promise<void> {
    if (!this.isAlive) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  async #answer<T>(timeoutMs: number): Promise<T> {
    const settled = new AbortController();
    const signal = AbortSignal.any([settled.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      return await Promise.race([
        once(this.#process, 'message', { signal }).then(([message]) => message as T),
        once(this.#process, 'exit', { signal }).then(() => {
          throw new Error(`${this.end}: ${this.errorOutput.slice(-2000)}`);
        }),
      ]);
    } catch (thrown) {
      if (signal.aborted) throw new Error(`no answer within ${timeoutMs} ms`);
      throw thrown;
    } finally {
      settled.abort();
    }
  }
}
