/** A process as `moonhub ps` shows it: plain data, taken at one moment. */
import type { Pid } from '../../base/index.ts';
import type { ProcessRecord } from '../record/record.ts';
import type { NameTable } from './names.ts';

/** One process. */
export interface ProcessSnapshot {
  readonly pid: Pid;
  readonly entryId: string;
  readonly hostId: string;
  readonly role: 'process' | 'call';
  /** `starting`: its code loads. `ready`: will run. `running`: runs now. `waiting`: for messages or the outside. */
  readonly state: 'starting' | 'ready' | 'running' | 'waiting';
  /** Who started it. */
  readonly parent: Pid | undefined;
  /** Messages not taken yet. */
  readonly mailboxDepth: number;
  /** Lifecycle events not taken yet. */
  readonly eventCount: number;
  readonly links: readonly Pid[];
  /** Who gets an EXIT from it. */
  readonly monitors: readonly Pid[];
  readonly names: readonly string[];
  readonly trapLinks: boolean;
  readonly upgradable: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
  /** Times it ran. */
  readonly steps: number;
}

/** Takes the picture. */
export function toSnapshot(record: ProcessRecord, names: NameTable): ProcessSnapshot {
  return {
    pid: record.pid,
    entryId: record.program.entryId,
    hostId: record.hostId,
    role: record.role,
    state: toState(record),
    parent: record.parent,
    mailboxDepth: record.mailbox.messageCount,
    eventCount: record.mailbox.eventCount,
    links: [...(record.links?.keys() ?? [])],
    monitors: [...(record.monitors?.keys() ?? [])],
    names: names.namesOf(record.pid),
    trapLinks: record.trapLinks,
    upgradable: record.upgradable,
    startedAtMs: record.startedAtMs,
    steps: record.steps,
  };
}

function toState(record: ProcessRecord): ProcessSnapshot['state'] {
  if (record.phase === 'starting') return 'starting';
  if (record.runState === 'queued') return 'ready';
  return record.runState === 'running' || record.runState === 'rerun' ? 'running' : 'waiting';
}
