/** The refusals of this room: one function per fact, so that a fact always reads the same. */
import { type EntryId, HubError, PROCESSES_MAX, SPAWN_DEPTH_MAX, tryParseEntryId } from '../../base/index.ts';
import type { ProcessRecord } from '../record/record.ts';
import type { Posted } from '../session/remote-node.ts';

/** A well-formed PID whose process is gone. */
export function processNotFound(action: string, destination: string): HubError {
  return new HubError('MH_PROCESS_NOT_FOUND', {
    message: `Cannot ${action} '${destination}': process not found`,
    hint: 'It has ended, or never existed; monitor a process to learn when it ends.',
  });
}

/** Text that is neither a PID nor a registered name. */
export function nameNotFound(action: string, name: string): HubError {
  return new HubError('MH_PROCESS_NAME_NOT_FOUND', {
    message: `Cannot ${action} '${name}': name not registered, process not found`,
    hint: 'Register the name with process.registry.register first.',
  });
}

/** A PID of a node that is down or unknown. */
export function nodeNotFound(action: string, destination: string): HubError {
  return new HubError('MH_PROCESS_NODE_NOT_FOUND', {
    message: `Cannot ${action} '${destination}': node not found`,
  });
}

/**
 * Passes when another node holds what was asked of it.
 * @throws MH_CLUSTER_CONGESTED, MH_PROCESS_NODE_NOT_FOUND
 */
export function assertHeld(posted: Posted, action: string, destination: string): void {
  if (posted === 'held') return;
  if (posted === 'down') throw nodeNotFound(action, destination);
  throw new HubError('MH_CLUSTER_CONGESTED', {
    message: `Cannot ${action} '${destination}': too much is on its way to its node`,
    hint: 'Try again later.',
  });
}

/** The receiver has as many unread messages as it may have. */
export function mailboxFull(record: ProcessRecord): HubError {
  return new HubError('MH_PROCESS_MAILBOX_FULL', {
    message: `Cannot send to '${record.pid}': its mailbox is full, got ${record.mailbox.messageCount} messages and ${record.mailbox.eventCount} events`,
    hint: 'Try again later, or raise host.mailbox_limit of its process.host.',
  });
}

/** Nothing starts after `stop()`. */
export function systemStopped(): HubError {
  return new HubError('MH_PROCESS_HOST_STOPPED', { message: 'Cannot start a process: the hub is stopping' });
}

/** PROCESSES_MAX run. */
export function tooManyProcesses(): HubError {
  return new HubError('MH_PROCESS_TOO_MANY', {
    message: `Cannot start a process: too many run, got ${PROCESSES_MAX}`,
    hint: 'Look for a program that spawns without end.',
  });
}

/** A top level spawns what spawns at its top level, and so on. */
export function spawnTooDeep(entryId: string): HubError {
  return new HubError('MH_PROCESS_SPAWN_TOO_DEEP', {
    message: `Cannot start '${entryId}': ${SPAWN_DEPTH_MAX} starts are under way, each inside the top level of the other`,
    hint: 'Spawn from the main function instead of the top level.',
  });
}

/** Whether a process takes messages: its host does (`process.md` § 5.9). */
export function isReachable(record: ProcessRecord): boolean {
  return record.host === undefined || record.host.state === 'running';
}

/** @throws MH_PROCESS_HOST_STOPPED */
export function assertReachable(record: ProcessRecord): void {
  if (isReachable(record)) return;
  throw new HubError('MH_PROCESS_HOST_STOPPED', {
    message: `Cannot send to '${record.pid}': its host '${record.hostId}' is stopping`,
  });
}

/** Whether programs may send to a topic: not to the empty one, nor to `@…` (`process.md` § 5.4). */
export function isTopic(topic: string): boolean {
  return topic !== '' && topic.charCodeAt(0) !== 64;
}

/** @throws MH_PROCESS_ARGUMENT_INVALID for topics no program may send to. */
export function assertTopic(topic: string): void {
  if (isTopic(topic)) return;
  throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
    message:
      topic === ''
        ? 'Cannot send a message: the topic is empty'
        : `Cannot send a message: cannot send to @ topics, got '${topic}'`,
    hint: 'Use a topic that does not begin with "@".',
  });
}

/** @throws MH_PROCESS_ARGUMENT_INVALID unless the text reads `namespace:name`. */
export function assertEntryId(text: string): EntryId {
  if (tryParseEntryId(text) !== undefined) return text as EntryId;
  throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
    message: `Cannot run an entry: expected an ID 'namespace:name', got '${text}'`,
    hint: 'Write the full ID, for example "app:worker".',
  });
}

/** What a start reports when `init` threw: coded errors as they are, anything else as a failed load. */
export function toLoadError(record: ProcessRecord, thrown: unknown): HubError {
  if (thrown instanceof HubError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return loadFailed(record, text, thrown);
}

/** The code of a process failed at its top level, or ended itself there. */
export function loadFailed(record: ProcessRecord, reason: string, cause?: unknown): HubError {
  return new HubError('MH_PROCESS_LOAD_FAILED', {
    message: `Cannot load '${record.program.entryId}': ${reason}`,
    ...(cause === undefined ? {} : { cause }),
  });
}
