/** Process names (`process.md` § 11): one table for all scopes, because one node is as strong as it gets. */
import {
  HubError,
  NAMES_PER_PROCESS_MAX,
  type Pid,
  PROCESS_NAME_LENGTH_MAX,
  tryParsePid,
} from '../base/index.ts';
import type { ProcessRecord } from './record.ts';

/** LOCAL = 0, EVENTUAL = 1, CONSISTENT = 2, STRONG = 3. */
export type NameScope = 0 | 1 | 2 | 3;

/** Scope of names registered without one. */
export const LOCAL_SCOPE: NameScope = 0;

interface NameEntry {
  readonly record: ProcessRecord;
  readonly scope: NameScope;
  /** Who registered it; may differ from the process that is named. */
  readonly owner: Pid | undefined;
}

/** Narrows a number from outside. */
export function isNameScope(value: unknown): value is NameScope {
  return value === 0 || value === 1 || value === 2 || value === 3;
}

/** Which process answers to which name. */
export class NameTable {
  readonly #entries = new Map<string, NameEntry>();

  /** The live process behind a name. */
  find(name: string): ProcessRecord | undefined {
    const record = this.#entries.get(name)?.record;
    return record?.phase === 'ending' ? undefined : record;
  }

  /**
   * Gives a name to a process. The same name for the same process again changes nothing.
   * @throws MH_PROCESS_ARGUMENT_INVALID for a name that is empty or reads as a PID (§ 11.5)
   * @throws MH_PROCESS_NAMES_FULL beyond NAMES_PER_PROCESS_MAX
   * @throws MH_PROCESS_NAME_TAKEN, details `{existing_pid}` (§ 11.2)
   */
  claim(name: string, record: ProcessRecord, scope: NameScope, owner: Pid | undefined): void {
    assertName(name);
    const holder = this.#entries.get(name)?.record;
    if (holder === record) return;
    // One that is being dismantled has lost its names already, if not yet in this table.
    if (holder !== undefined && holder.phase !== 'ending') {
      throw new HubError('MH_PROCESS_NAME_TAKEN', {
        message: `Cannot register name '${name}': it belongs to ${holder.pid}, got a claim for ${record.pid}`,
        hint: 'Look the name up first, or let its owner release it with process.registry.unregister.',
        details: { existing_pid: holder.pid },
      });
    }
    record.names ??= new Set();
    if (record.names.size >= NAMES_PER_PROCESS_MAX) throw namesFull(name, record);
    this.#entries.set(name, { record, scope, owner });
    record.names.add(name);
  }

  /**
   * Takes a name away. Scopes LOCAL and EVENTUAL: anybody may; CONSISTENT and STRONG: only the named process
   * or who registered it (§ 11.4).
   * @returns whether a name was removed.
   */
  release(name: string, scope: NameScope, caller: Pid | undefined): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.scope !== scope) return false;
    if (scope >= 2 && caller !== entry.record.pid && caller !== entry.owner) return false;
    this.#entries.delete(name);
    entry.record.names?.delete(name);
    return true;
  }

  /** Takes all names of a process away. */
  releaseAll(record: ProcessRecord): void {
    if (record.names === undefined) return;
    for (const name of record.names) {
      if (this.#entries.get(name)?.record === record) this.#entries.delete(name);
    }
    record.names = undefined;
  }
}

/** @throws MH_PROCESS_ARGUMENT_INVALID */
export function assertName(name: string): void {
  if (name.length > PROCESS_NAME_LENGTH_MAX) {
    throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
      message: `Cannot use as a process name: expected at most ${PROCESS_NAME_LENGTH_MAX} characters, got ${name.length}`,
    });
  }
  if (name !== '' && tryParsePid(name) === undefined) return;
  throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
    message: `Cannot use as a process name: expected text that is not a PID, got '${name}'`,
    hint: 'Choose a plain name such as "lobby".',
  });
}

function namesFull(name: string, record: ProcessRecord): HubError {
  return new HubError('MH_PROCESS_NAMES_FULL', {
    message: `Cannot register name '${name}': ${record.pid} holds too many, got ${record.names?.size}`,
    hint: 'Release names with process.registry.unregister, or keep a table of your own.',
  });
}
