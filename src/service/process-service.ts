/** Services made of processes: one supervised process, and a process host (`process.md` § 15, § 16). */
import type { Pid } from '../base/index.ts';
import type { Ambient, ProcessSystem } from '../process/index.ts';
import type { ServiceRunner } from './service.ts';

/** One supervised process. */
export interface ProcessServiceOptions {
  readonly entryId: string;
  readonly hostId: string;
  /** Makes the arguments of `main`, for every run anew: a program owns what it gets. Default none. */
  readonly input?: (() => readonly unknown[]) | undefined;
  readonly ambient?: Ambient | undefined;
}

/** A runner whose run is a process. */
export interface ProcessServiceRunner extends ServiceRunner {
  /** PID of the current run. */
  readonly pid: Pid | undefined;
}

/** Runs a process as a service: CANCEL to stop it, terminate when that takes too long. */
export function createProcessServiceRunner(
  system: ProcessSystem,
  options: ProcessServiceOptions,
): ProcessServiceRunner {
  const { entryId, hostId, input, ambient } = options;
  let pid: Pid | undefined;
  return {
    get pid() {
      return pid;
    },
    start(ended) {
      const start = system.beginSpawn({ entryId, hostId, args: input?.(), ambient });
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
    stop(reason) {
      const stopped = pid;
      if (stopped === undefined) return;
      const isGone = new Promise<void>((resolve) => void system.watch(stopped, () => resolve()));
      system.cancel('', stopped, reason);
      return isGone;
    },
    kill() {
      if (pid !== undefined) system.terminate(pid);
    },
  };
}

/** A process host. */
export interface HostServiceOptions {
  readonly hostId: string;
  /** `host.mailbox_limit`. Default MAILBOX_MESSAGES_MAX. */
  readonly mailboxLimit?: number | undefined;
}

/** Reason the processes of a stopping host read in their CANCEL event (`process.md` § 9.6). */
const HOST_STOP_REASON = 'scheduler shutdown';

/** Runs a process host as a service; the service's stop timeout is the time its processes have to end. */
export function createHostServiceRunner(system: ProcessSystem, options: HostServiceOptions): ServiceRunner {
  const { hostId, mailboxLimit } = options;
  system.declareHost(hostId);
  return {
    start: () => system.openHost(hostId, { mailboxLimit }),
    stop: () => system.closeHost(hostId, { reason: HOST_STOP_REASON, timeoutMs: Number.POSITIVE_INFINITY }),
    kill: () => void system.closeHost(hostId, { reason: HOST_STOP_REASON, timeoutMs: 0 }),
  };
}
