/** Process hosts as services (`process.md` § 15): a pool is open while its service runs. */
import type { EndPurpose, ProcessSystem } from '../process/index.ts';
import { type Entry, isMapping } from '../registry/index.ts';
import type { RunnableKind, ServiceRunner } from './runnable-kind.ts';

/** The host that exists without being declared (`app-format.md` § 5.3). */
const IMPLICIT_HOST = 'system:processes';

/** What hosts do with processes. */
export type HostSystem = Pick<ProcessSystem, 'declareHost' | 'openHost' | 'closeHost' | 'forgetHost'>;

/** What the kind is made with. */
export interface ProcessHostPorts {
  readonly system: HostSystem;
  /** JSON Schema of `limits`, which the programs on a host are bound by. */
  readonly limitsSchema: Readonly<Record<string, unknown>>;
}

const workerFigures = {
  workers: { type: 'integer', minimum: 0 },
  queue_size: { type: 'integer', minimum: 0 },
  local_queue_size: { type: 'integer', minimum: 0 },
};

/** The kind `process.host`. */
export function processHostKind({ system, limitsSchema }: ProcessHostPorts): RunnableKind {
  return {
    kind: 'process.host',
    summary: 'A named pool of processes: a unit of placement and shutdown.',
    hasLifecycle: true,
    schema: {
      type: 'object',
      properties: {
        limits: limitsSchema,
        host: {
          type: 'object',
          properties: { ...workerFigures, mailbox_limit: { type: 'integer', minimum: 1 } },
        },
      },
    },
    implicit: () => [
      // Wherever a service or a spawn names it; an idle host costs nothing.
      { id: IMPLICIT_HOST, kind: 'process.host', data: { lifecycle: { auto_start: true } } },
    ],
    run: (entry) => createHostRunner(system, entry),
  };
}

/** Reason the processes of a stopping host read in their CANCEL event (`process.md` § 9.6). */
const HOST_STOP_REASON = 'scheduler shutdown';

/**
 * Runs a pool of processes for an entry; the service's stop timeout is the time its processes have to end. An edit is
 * always followed: the figures count for processes started from then on.
 */
export function createHostRunner(system: HostSystem, entry: Entry): ServiceRunner {
  const hostId = entry.id;
  let mailboxLimit = readMailboxLimit(entry);
  let isOpen = false;
  const close = (timeoutMs: number, purpose: EndPurpose): Promise<void> => {
    isOpen = false;
    return system.closeHost(hostId, { reason: HOST_STOP_REASON, timeoutMs, purpose });
  };
  system.declareHost(hostId);
  return {
    start() {
      system.openHost(hostId, { mailboxLimit });
      isOpen = true;
    },
    stop: (_reason, purpose) => close(Number.POSITIVE_INFINITY, purpose),
    kill: () => void close(0, 'stop'),
    update(_, after) {
      mailboxLimit = readMailboxLimit(after);
      if (isOpen) system.openHost(hostId, { mailboxLimit });
      return 'followed';
    },
    close: () => system.forgetHost(hostId),
  };
}

function readMailboxLimit(entry: Entry): number | undefined {
  const { host } = entry.data;
  return isMapping(host) && typeof host.mailbox_limit === 'number' ? host.mailbox_limit : undefined;
}
