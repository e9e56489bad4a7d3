/** What `hosts` and `supervisor` show: what `hub.inspect()` reads, as plain data for programs. */
import { describeFailure } from '../../base/index.ts';
import { type HostValue, isActor } from '../../lua/index.ts';
import type { HostSnapshot, ProcessSnapshot, ProcessSystem } from '../../process/index.ts';
import type { ServiceStatus } from '../../service/index.ts';

/** One host of `hosts.list()`. All run on the one thread of JavaScript: one worker, and nothing to steal from others. */
export function hostView({ id, population, steps }: HostSnapshot, ready: number): HostValue {
  return { id, workers: 1, processes: population, executed: steps, stolen: 0, queue_depth: ready };
}

/** One process of `hosts.processes(id)`; without a parent or an actor their text is empty. */
export function processView(process: ProcessSnapshot, system: ProcessSystem): HostValue {
  const actor = system.ambientOf(process.pid)?.actor;
  return {
    pid: process.pid,
    host: process.hostId,
    source: process.entryId,
    state: process.state,
    steps: process.steps,
    started_at: toNanoseconds(process.startedAtMs),
    parent: process.parent ?? '',
    actor_id: isActor(actor) ? actor.id : '',
    stats: {
      messages: process.mailboxDepth,
      events: process.eventCount,
      links: process.links.length,
      monitors: process.monitors.length,
      names: process.names.length,
    },
  };
}

/** One service. `started_at` is 0 while it does not run. */
export function serviceView(status: ServiceStatus): HostValue {
  const { id, state, failure, failures, sinceMs, restartAtMs } = status;
  const isWanted = state === 'starting' || state === 'running' || restartAtMs !== undefined;
  return {
    id,
    status: state,
    desired: isWanted ? 'running' : 'stopped',
    retry_count: failures,
    last_update: toNanoseconds(sinceMs),
    started_at: state === 'running' ? toNanoseconds(sinceMs) : 0,
    details: failure === undefined ? '' : describeFailure(failure),
  };
}

/** Unix time as `time` counts it. */
function toNanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms)) * 1_000_000n;
}
