/** Process hosts: named pools that open, refuse newcomers while stopping, and wait until they are empty. */
import { HubError } from '../base/index.ts';

/** `stopped` also means: declared, not opened yet. */
export type HostState = 'running' | 'stopping' | 'stopped';

/** One pool. */
export interface ProcessHost {
  readonly id: string;
  state: HostState;
  /** Messages per mailbox for processes started from now on. */
  mailboxLimit: number;
  /** Live processes placed here. */
  population: number;
  /** Called when the population falls to zero. */
  onEmpty: (() => void) | undefined;
}

/** All pools by ID. */
export class HostTable {
  readonly #hosts = new Map<string, ProcessHost>();

  /** The host, whatever its state. */
  get(id: string): ProcessHost | undefined {
    return this.#hosts.get(id);
  }

  all(): Iterable<ProcessHost> {
    return this.#hosts.values();
  }

  /** Makes a host known without opening it. */
  declare(id: string, mailboxLimit: number): ProcessHost {
    const known = this.#hosts.get(id);
    if (known !== undefined) return known;
    const host: ProcessHost = { id, state: 'stopped', mailboxLimit, population: 0, onEmpty: undefined };
    this.#hosts.set(id, host);
    return host;
  }

  /** Forgets a host; its processes live on without one. */
  forget(id: string): void {
    this.#hosts.delete(id);
  }

  /**
   * The host, ready to take a process (`process.md` § 2.1).
   * @throws MH_PROCESS_HOST_NOT_FOUND, MH_PROCESS_HOST_STOPPED
   */
  require(id: string): ProcessHost {
    const host = this.#hosts.get(id);
    if (host === undefined) {
      throw new HubError('MH_PROCESS_HOST_NOT_FOUND', {
        message: `Cannot spawn on '${id}': host not found`,
        hint: 'Declare an entry of kind process.host with this ID.',
        details: { host_id: id },
      });
    }
    assertOpen(host);
    return host;
  }
}

/** @throws MH_PROCESS_HOST_STOPPED */
export function assertOpen(host: ProcessHost): void {
  if (host.state === 'running') return;
  throw new HubError('MH_PROCESS_HOST_STOPPED', {
    message: `Cannot spawn on '${host.id}': the host is ${host.state}`,
    hint: 'Set lifecycle.auto_start on the host, or start it before spawning.',
    details: { host_id: host.id },
  });
}
