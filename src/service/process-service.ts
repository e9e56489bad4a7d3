/** Supervised processes (`process.md` § 16): a run of the service is one process. */
import type { EntryId, Pid } from '../base/index.ts';
import type { Ambient, ProcessSystem } from '../process/index.ts';
import { type Entry, equalValues, isMapping, type Value } from '../registry/index.ts';
import type { RunnableKind, ServiceRunner } from './runnable-kind.ts';

/** What the kind is made with. */
export interface ProcessServicePorts {
  readonly system: Pick<
    ProcessSystem,
    'beginSpawn' | 'watch' | 'expectEnd' | 'cancel' | 'terminate' | 'getOptions'
  >;
  /** Context, actor and scope the process of an entry starts with. Asked at every start. */
  readonly ambientOf: (entry: Entry) => Ambient;
  /** Makes an argument of `main` from an item of `input`, for every run anew: a program owns what it gets. */
  readonly toArgument: (item: Value) => unknown;
}

/** The kind `process.service`. */
export function processServiceKind(ports: ProcessServicePorts): RunnableKind {
  return {
    kind: 'process.service',
    summary: 'One supervised process.',
    hasLifecycle: true,
    schema: {
      type: 'object',
      required: ['process', 'host'],
      properties: {
        process: { type: 'string', minLength: 1 },
        host: { type: 'string', minLength: 1 },
        input: { type: 'array' },
      },
    },
    references: [
      { path: 'process', kinds: ['process.lua'], noun: 'process' },
      { path: 'host', kinds: ['process.host'], noun: 'host' },
    ],
    run: (entry) => createProcessRunner(ports, entry),
  };
}

/** Runs the process of an entry: CANCEL to stop it, terminate when that takes too long. */
export function createProcessRunner(ports: ProcessServicePorts, entry: Entry): ServiceRunner {
  const { system, ambientOf, toArgument } = ports;
  const entryId = entry.data.process as EntryId;
  const hostId = entry.data.host as EntryId;
  const input = Array.isArray(entry.data.input) ? (entry.data.input as readonly Value[]) : [];
  let pid: Pid | undefined;
  return {
    start(ended) {
      const start = system.beginSpawn({
        entryId,
        hostId,
        args: input.map(toArgument),
        ambient: ambientOf(entry),
      });
      const started = typeof start === 'string' ? start : start.pid;
      // From now on, so that `kill` reaches one that is still loading.
      pid = started;
      const forget = (): void => {
        if (pid === started) pid = undefined;
      };
      const watch = (): void => {
        system.watch(started, (outcome) => {
          forget();
          ended(outcome);
        });
      };
      if (typeof start === 'string') return watch();
      return new Promise((resolve, reject) => {
        start.onEnd((error) => {
          if (error === undefined) resolve(watch());
          else {
            forget();
            reject(error);
          }
        });
      });
    },
    stop(reason, purpose) {
      const stopped = pid;
      if (stopped === undefined) return;
      const isGone = new Promise<void>((resolve) => void system.watch(stopped, () => resolve()));
      system.expectEnd(stopped, purpose);
      system.cancel('', stopped, reason);
      return isGone;
    },
    kill() {
      if (pid !== undefined) system.terminate(pid);
    },
    // What a process was started with cannot be taken from it any more.
    update: (before, after) =>
      startFacts(before).every((fact, index) => equalValues(fact, startFacts(after)[index]))
        ? 'followed'
        : 'restart',
    // An upgradable process hears of new code by an event and decides itself (`app-format.md` 8.7).
    isOutdated: (affected) =>
      affected.has(entryId) && (pid === undefined || !system.getOptions(pid).upgradable),
  };
}

function startFacts({ data }: Entry): readonly (Value | undefined)[] {
  const security = isMapping(data.lifecycle) ? data.lifecycle.security : undefined;
  return [data.process, data.host, data.input, security];
}
