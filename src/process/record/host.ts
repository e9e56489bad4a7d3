/** Process hosts: named pools that open, refuse newcomers while stopping, and wait until they are empty. */
import { type Clock, HubError, MAILBOX_MESSAGES_MAX } from '../../base/index.ts';
import type { EndPurpose } from '../mail/message.ts';

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
  /** Times a process placed here ran. */
  steps: number;
  /** Called when the population falls to zero. */
  onEmpty: (() => void) | undefined;
}

/** A host at one moment. Plain data. */
export type HostSnapshot = Readonly<Pick<ProcessHost, 'id' | 'state' | 'population' | 'steps'>>;

/** How a host is closed. */
export interface CloseOptions {
  /** What the processes read in their CANCEL event. */
  readonly reason: string;
  /** How long they may take; `Infinity` = for ever. */
  readonly timeoutMs: number;
  /** Whether the host comes back. Default `stop`. */
  readonly purpose?: EndPurpose;
}

/** What a table of hosts does with processes. */
export interface HostPorts {
  readonly clock: Clock;
  /** Sends CANCEL to every process of the host, whose end has this purpose. */
  cancelAll(host: ProcessHost, reason: string, purpose: EndPurpose): void;
  /** Ends every process of the host with kind `Canceled`. */
  endAll(host: ProcessHost, reason: string): void;
}

/** All pools by ID. */
export class HostTable {
  readonly #ports: HostPorts;
  readonly #hosts = new Map<string, ProcessHost>();

  constructor(ports: HostPorts) {
    this.#ports = ports;
  }

  /** The host, whatever its state. */
  get(id: string): ProcessHost | undefined {
    return this.#hosts.get(id);
  }

  /** All of them, in the order in which they were made known. */
  inspect(): HostSnapshot[] {
    return Array.from(this.#hosts.values(), ({ id, state, population, steps }) => ({
      id,
      state,
      population,
      steps,
    }));
  }

  /** Makes a host known without opening it. */
  declare(id: string): ProcessHost {
    const known = this.#hosts.get(id);
    if (known !== undefined) return known;
    const host: ProcessHost = {
      id,
      state: 'stopped',
      mailboxLimit: MAILBOX_MESSAGES_MAX,
      population: 0,
      steps: 0,
      onEmpty: undefined,
    };
    this.#hosts.set(id, host);
    return host;
  }

  /**
   * Opens a host, or changes an open one.
   * @throws MH_PROCESS_HOST_STOPPED while it is still stopping
   */
  open(id: string, mailboxLimit: number): void {
    const host = this.declare(id);
    if (host.state === 'stopping') assertOpen(host);
    host.mailboxLimit = mailboxLimit;
    host.state = 'running';
  }

  /** Closes a host (`process.md` § 15.3); resolves when it is empty. Calling again with a shorter time hurries it. */
  async close(id: string, options: CloseOptions): Promise<void> {
    const host = this.#hosts.get(id);
    if (host === undefined || host.state === 'stopped') return;
    if (host.state === 'running') {
      host.state = 'stopping';
      this.#ports.cancelAll(host, options.reason, options.purpose ?? 'stop');
    }
    await this.#emptied(host, options);
    host.state = 'stopped';
  }

  /** Refuses newcomers everywhere from now on. */
  shut(): void {
    for (const host of this.#hosts.values()) host.state = 'stopped';
  }

  /** Forgets a host; its processes live on without one. */
  forget(id: string): void {
    this.#hosts.delete(id);
  }

  /**
   * The host, ready to take a process (`process.md` § 2.1).
   * @throws MH_PROCESS_ARGUMENT_INVALID, MH_PROCESS_HOST_NOT_FOUND, MH_PROCESS_HOST_STOPPED
   */
  require(id: string): ProcessHost {
    const host = this.#hosts.get(id);
    if (host !== undefined) return assertOpen(host);
    if (id === '') {
      throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
        message: 'Cannot spawn: expected the ID of a process host, got an empty string',
      });
    }
    throw new HubError('MH_PROCESS_HOST_NOT_FOUND', {
      message: `Cannot spawn on '${id}': host not found`,
      hint: 'Declare an entry of kind process.host with this ID.',
      details: { host_id: id },
    });
  }

  #emptied(host: ProcessHost, { reason, timeoutMs }: CloseOptions): Promise<void> {
    const { clock } = this.#ports;
    const endAll = (): void => this.#ports.endAll(host, reason);
    if (timeoutMs <= 0) endAll();
    if (host.population === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const isTimed = timeoutMs > 0 && Number.isFinite(timeoutMs);
      const timer = isTimed ? clock.setTimer(timeoutMs, endAll, { keepAlive: true }) : undefined;
      const next = host.onEmpty;
      host.onEmpty = () => {
        timer?.cancel();
        resolve();
        next?.();
      };
    });
  }
}

/** @throws MH_PROCESS_HOST_STOPPED */
export function assertOpen(host: ProcessHost): ProcessHost {
  if (host.state === 'running') return host;
  throw new HubError('MH_PROCESS_HOST_STOPPED', {
    message: `Cannot spawn on '${host.id}': the host is ${host.state}`,
    hint: 'Set lifecycle.auto_start on the host, or start it before spawning.',
    details: { host_id: host.id },
  });
}
