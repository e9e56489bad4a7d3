/** Named locks of one hub. Each is held by a process or function call, and freed at the latest when that ends. */
import { HubError, type Pid } from '../../base/index.ts';

/** Locks one process or function call may hold. */
export const LOCKS_PER_PROCESS_MAX = 1_000;
/** Characters of a lock's name. */
export const LOCK_NAME_LENGTH_MAX = 256;

interface Holder {
  readonly pid: Pid;
  readonly names: Set<string>;
  unwatch(): void;
}

/** See the head of the file. */
export class HubLocks {
  readonly #watch: (pid: Pid, ended: () => void) => () => void;
  readonly #holderOf = new Map<string, Holder>();
  readonly #holders = new Map<Pid, Holder>();

  /** @param watch calls back once when the process ends; returns how to withdraw that. */
  constructor(watch: (pid: Pid, ended: () => void) => () => void) {
    this.#watch = watch;
  }

  /**
   * Takes a lock; one the process holds already is fine, and released once.
   * @throws MH_SYSTEM_LOCK_HELD, MH_SYSTEM_LOCKS_FULL
   */
  acquire(name: string, pid: Pid): void {
    const holder = this.#holderOf.get(name);
    if (holder?.pid === pid) return;
    if (holder !== undefined) {
      throw new HubError('MH_SYSTEM_LOCK_HELD', {
        message: `Cannot acquire lock '${name}': another process holds it`,
        hint: 'Try again later; it is freed when its holder ends.',
      });
    }
    const own = this.#holders.get(pid) ?? this.#begin(pid);
    if (own.names.size >= LOCKS_PER_PROCESS_MAX) {
      throw new HubError('MH_SYSTEM_LOCKS_FULL', {
        message: `Cannot acquire lock '${name}': a process holds ${LOCKS_PER_PROCESS_MAX} locks at most`,
        hint: 'Release locks that are done.',
      });
    }
    own.names.add(name);
    this.#holderOf.set(name, own);
  }

  /** @returns false when the process does not hold it. */
  release(name: string, pid: Pid): boolean {
    const holder = this.#holderOf.get(name);
    if (holder?.pid !== pid) return false;
    this.#holderOf.delete(name);
    holder.names.delete(name);
    if (holder.names.size === 0) {
      this.#holders.delete(pid);
      holder.unwatch();
    }
    return true;
  }

  #begin(pid: Pid): Holder {
    const unwatch = this.#watch(pid, () => {
      this.#holders.delete(pid);
      for (const name of holder.names) this.#holderOf.delete(name);
    });
    const holder: Holder = { pid, names: new Set(), unwatch };
    this.#holders.set(pid, holder);
    return holder;
  }
}
