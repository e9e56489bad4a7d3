/**
 * Process names (`process.md` § 11): one table for all scopes, because one node is as strong as it gets. What a
 * process is called stands here and nowhere else, by its PID.
 */
import {
  HubError,
  NAMES_PER_PROCESS_MAX,
  type Pid,
  PROCESS_NAME_LENGTH_MAX,
  tryParsePid,
} from '../../base/index.ts';
import type { EndObserver, ProcessRecord, Ref } from '../record/record.ts';
import type { RemoteRef } from '../session/session.ts';
import { nameNotFound } from './refusal.ts';

/** LOCAL = 0, EVENTUAL = 1, CONSISTENT = 2, STRONG = 3. */
export type NameScope = 0 | 1 | 2 | 3;

/** Scope of names registered without one. */
export const LOCAL_SCOPE: NameScope = 0;

interface NameEntry {
  readonly holder: Ref;
  readonly scope: NameScope;
  /** Who registered it; may differ from the process that is named. */
  readonly owner: Pid | undefined;
}

/** Narrows a number from outside. */
export function isNameScope(value: unknown): value is NameScope {
  return value === 0 || value === 1 || value === 2 || value === 3;
}

/** The name table as programs see it. */
export interface ProcessNames {
  /**
   * Names a live process. Same name, same PID: no change. Scope default LOCAL; `owner` is who registers.
   * @throws MH_PROCESS_ARGUMENT_INVALID, MH_PROCESS_NOT_FOUND, MH_PROCESS_NAME_TAKEN
   */
  register(name: string, pid: string, options?: RegisterOptions): void;
  /** @throws MH_PROCESS_ARGUMENT_INVALID for what cannot be a name; MH_PROCESS_NAME_NOT_FOUND */
  lookup(name: string): Pid;
  /** @returns whether a name was removed (`process.md` § 11.4). */
  unregister(name: string, options?: UnregisterOptions): boolean;
}

/** See `ProcessNames.register`. */
export interface RegisterOptions {
  readonly scope?: NameScope | undefined;
  readonly owner?: Pid | undefined;
}

/** See `ProcessNames.unregister`. */
export interface UnregisterOptions {
  readonly scope?: NameScope | undefined;
  readonly caller?: Pid | undefined;
}

/** Which process answers to which name. */
export class NameTable {
  readonly #entries = new Map<string, NameEntry>();
  /** Only processes that hold a name are in here. */
  readonly #namesOf = new Map<Pid, Set<string>>();

  /** The process behind a name: a live one of this node, or one of another node. */
  find(name: string): Ref | undefined {
    const holder = this.#entries.get(name)?.holder;
    return holder?.kind === 'local' && holder.phase === 'ending' ? undefined : holder;
  }

  /** The process of this node behind a name; it may be about to be dismantled. */
  findLocal(name: string): ProcessRecord | undefined {
    const holder = this.#entries.get(name)?.holder;
    return holder?.kind === 'local' ? holder : undefined;
  }

  /** The names of a process, in the order it got them. */
  namesOf(pid: Pid): readonly string[] {
    return [...(this.#namesOf.get(pid) ?? [])];
  }

  /**
   * Gives a name to a process. The same name for the same process again changes nothing.
   * @throws MH_PROCESS_ARGUMENT_INVALID for a name that is empty or reads as a PID (§ 11.5)
   * @throws MH_PROCESS_NAMES_FULL beyond NAMES_PER_PROCESS_MAX
   * @throws MH_PROCESS_NAME_TAKEN, details `{existing_pid}` (§ 11.2)
   */
  claim(name: string, holder: Ref, scope: NameScope, owner: Pid | undefined): void {
    assertName(name);
    const { pid } = holder;
    // One that is being dismantled has lost its names already, if not yet in this table.
    const before = this.find(name);
    if (before?.pid === pid) return;
    if (before !== undefined) {
      throw new HubError('MH_PROCESS_NAME_TAKEN', {
        message: `Cannot register name '${name}': it belongs to ${before.pid}, got a claim for ${pid}`,
        hint: 'Look the name up first, or let its owner release it with process.registry.unregister.',
        details: { existing_pid: before.pid },
      });
    }
    const names = this.#namesOf.get(pid) ?? new Set();
    if (names.size >= NAMES_PER_PROCESS_MAX) throw namesFull(name, pid, names.size);
    this.#entries.set(name, { holder, scope, owner });
    this.#namesOf.set(pid, names.add(name));
  }

  /**
   * Takes a name away. Scopes LOCAL and EVENTUAL: anybody may; CONSISTENT and STRONG: only the named process
   * or who registered it (§ 11.4).
   * @returns whether a name was removed.
   */
  release(name: string, scope: NameScope, caller: Pid | undefined): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.scope !== scope) return false;
    const { pid } = entry.holder;
    if (scope >= 2 && caller !== pid && caller !== entry.owner) return false;
    this.#entries.delete(name);
    const names = this.#namesOf.get(pid);
    names?.delete(name);
    if (names?.size === 0) this.#namesOf.delete(pid);
    return true;
  }

  /** Takes all names of a process away. */
  releaseAll(pid: Pid): void {
    const names = this.#namesOf.get(pid);
    if (names === undefined) return;
    this.#namesOf.delete(pid);
    // A name of one that is being dismantled may have a new holder already.
    for (const name of names) if (this.#entries.get(name)?.holder.pid === pid) this.#entries.delete(name);
  }
}

/** What the name table of a system is made of. */
export interface NamesPorts {
  readonly table: NameTable;
  /** @throws MH_PROCESS_NOT_FOUND, MH_PROCESS_NODE_NOT_FOUND */
  require(pid: string, action: string): Ref;
  /** Tells once how a process of another node ended, its node's loss included. @returns withdraws it */
  watch(ref: RemoteRef, ended: EndObserver): () => void;
}

/** Makes the name table as programs see it. */
export function createProcessNames({ table, require, watch }: NamesPorts): ProcessNames {
  // Names of a process of another node are given up when that node says it ended, or is lost.
  const watched = new Map<Pid, () => void>();
  const watchHolder = (ref: RemoteRef): void => {
    if (watched.has(ref.pid)) return;
    const withdraw = watch(ref, () => {
      watched.delete(ref.pid);
      table.releaseAll(ref.pid);
    });
    watched.set(ref.pid, withdraw);
  };
  const unwatchNameless = (pid: Pid): void => {
    if (table.namesOf(pid).length > 0) return;
    watched.get(pid)?.();
    watched.delete(pid);
  };
  return {
    register(name, pid, { scope = LOCAL_SCOPE, owner } = {}) {
      assertName(name);
      assertPid(pid);
      const holder = require(pid, 'register');
      table.claim(name, holder, scope, owner);
      if (holder.kind === 'local') return;
      try {
        watchHolder(holder);
      } catch (refusal) {
        table.releaseAll(holder.pid);
        throw refusal;
      }
    },
    lookup(name) {
      assertName(name);
      const holder = table.find(name);
      if (holder === undefined) throw nameNotFound('look up', name);
      return holder.pid;
    },
    unregister(name, { scope = LOCAL_SCOPE, caller } = {}) {
      const holder = table.find(name);
      const isReleased = table.release(name, scope, caller);
      if (isReleased && holder?.kind === 'remote') unwatchNameless(holder.pid);
      return isReleased;
    },
  };
}

/** A destination that must be a PID, because a name would be a detour (§ 11.1). */
function assertPid(text: string): void {
  if (tryParsePid(text) !== undefined) return;
  throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
    message: `Cannot register a name: expected a PID, got '${text}'`,
  });
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

function namesFull(name: string, pid: Pid, count: number): HubError {
  return new HubError('MH_PROCESS_NAMES_FULL', {
    message: `Cannot register name '${name}': ${pid} holds too many, got ${count}`,
    hint: 'Release names with process.registry.unregister, or keep a table of your own.',
  });
}
