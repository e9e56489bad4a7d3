/** Runs command lines against a hub that only remembers what it was asked. */
import { createColors } from 'picocolors';
import { type CliHub, type Console, type CreateHub, runCli } from '../../src/cli/index.ts';
import type { CallResult, HubOptions, StopProgress } from '../../src/hub/index.ts';
import type { HostValue } from '../../src/lua/index.ts';
import {
  createEntry,
  type Entry,
  KindTable,
  type Problem,
  Registry,
  toMapping,
} from '../../src/registry/index.ts';
import { TEST_KINDS } from '../registry/world.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const kinds = new KindTable(TEST_KINDS);

interface Script {
  readonly entries?: readonly Entry[];
  readonly cwd?: string;
  /** What the command process comes to; default: it never ends by itself. */
  readonly outcome?: CallResult;
  /** What functions come to, by ID; default: nil. */
  readonly results?: Readonly<Record<string, CallResult>>;
  /** What createHub, start or stop throws. */
  readonly fails?: { readonly create?: Error; readonly start?: Error; readonly stop?: Error };
  /** Somebody looks on. Default false. */
  readonly isTerminal?: boolean;
  /** What the hub says while it stops. */
  readonly progress?: readonly StopProgress[];
  /** The command ignores its CANCEL for so long, milliseconds. */
  readonly ignoresMs?: number;
  /** Sent once the hub has started. */
  readonly signals?: number;
  /** What the load warned about. */
  readonly warnings?: readonly Problem[];
}

/** Runs one command line against a hub that only remembers what it was asked. */
export async function cli(argv: readonly string[], script: Script = {}) {
  const clock = createFakeClock();
  const printed: string[] = [];
  const out: string[] = [];
  const errors: string[] = [];
  const exits: number[] = [];
  const calls: string[] = [];
  let signalled: (signal: 'SIGINT') => void = () => {};
  let options: HubOptions | undefined;
  const console: Console = {
    cwd: script.cwd ?? '/nowhere',
    environment: {},
    isTerminal: script.isTerminal ?? false,
    paint: createColors(false),
    plain: createColors(false),
    write(text) {
      out.push(typeof text === 'string' ? text : Buffer.from(text).toString());
      printed.push(out.at(-1)!);
    },
    writeError(text) {
      errors.push(text);
      printed.push(text);
    },
    onSignal(callback) {
      signalled = callback;
      return () => calls.push('unlisten');
    },
    exit: (code) => void exits.push(code),
  };
  const hub: CliHub = {
    tryPrograms: async () => [],
    registry: new Registry(script.entries ?? [], { kinds }),
    kinds,
    async start() {
      calls.push('start');
      if (script.fails?.start !== undefined) throw script.fails.start;
      void sendSignals(script.signals ?? 0, () => signalled('SIGINT'));
    },
    async stop() {
      calls.push('stop');
      for (const progress of script.progress ?? []) options?.onStopProgress?.(progress);
      if (script.fails?.stop !== undefined) throw script.fails.stop;
    },
    listening: () => [{ id: 'app:gateway', host: '127.0.0.1', port: 8080, url: 'http://127.0.0.1:8080' }],
    async call({ entryId }) {
      calls.push(`call ${entryId}`);
      return script.results?.[entryId] ?? ok(null);
    },
    runCommand({ entryId, hostId, args }) {
      calls.push(`run ${entryId} ${hostId ?? '-'} ${args.join(',')}`);
      let end: (outcome: CallResult) => void = () => {};
      const ended = new Promise<CallResult>((resolve) => {
        end = resolve;
      });
      if (script.outcome !== undefined) end(script.outcome);
      return {
        ended,
        cancel() {
          calls.push('cancel');
          clock.setTimer(script.ignoresMs ?? 0, () => end({ ok: true, value: undefined }));
          clock.advance(script.ignoresMs ?? 0);
        },
      };
    },
  };
  const createHub: CreateHub = async (given) => {
    options = given;
    if (script.fails?.create !== undefined) throw script.fails.create;
    if (script.warnings !== undefined) given.onProblems?.(script.warnings);
    return hub;
  };
  const code = await runCli(argv, { console, clock, createHub });
  return { code, out: out.join(''), errors: errors.join(''), exits, calls, options, printed };
}

/** Once what follows the start has had its turn. */
async function sendSignals(count: number, send: () => void): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  for (let i = 0; i < count; i++) send();
}

/** A process.lua with a command name. */
export const command = (name: string, extra: Record<string, unknown> = {}): Entry =>
  createEntry({
    id: `app:${name}.process`,
    kind: 'process.lua',
    meta: toMapping({ command: { name, short: `does ${name}`, ...extra } }),
  });
/** A run that returned this. */
export const ok = (value: HostValue): CallResult => ({ ok: true, value });
