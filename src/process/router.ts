/** Addresses: from a PID text or a name to the process behind it (`process.md` § 1, § 3). */
import { type Pid, tryParsePid } from '../base/index.ts';
import type { NameTable } from './names.ts';
import type { ProcessRecord } from './record.ts';
import { nameNotFound, nodeNotFound, processNotFound } from './refusal.ts';

/** What a router looks into. */
export interface RouterOptions {
  readonly processes: ReadonlyMap<Pid, ProcessRecord>;
  readonly names: NameTable;
  readonly nodeName: string;
}

/** Finds processes. One that is being dismantled is not found any more. */
export class Router {
  readonly #processes: ReadonlyMap<Pid, ProcessRecord>;
  readonly #names: NameTable;
  readonly #nodeName: string;

  constructor(options: RouterOptions) {
    this.#processes = options.processes;
    this.#names = options.names;
    this.#nodeName = options.nodeName;
  }

  /** The live process behind an address. */
  find(destination: string): ProcessRecord | undefined {
    // A name never reads as a PID, so the order of the two tables cannot matter.
    const record =
      this.#processes.get(destination as Pid) ??
      this.#names.find(destination) ??
      this.#findByOtherSpelling(destination);
    return record === undefined || record.phase === 'ending' ? undefined : record;
  }

  /**
   * The live process behind an address.
   * @param action completes "Cannot <action> '<destination>'".
   * @throws MH_PROCESS_NOT_FOUND, MH_PROCESS_NAME_NOT_FOUND, MH_PROCESS_NODE_NOT_FOUND
   */
  require(destination: string, action: string): ProcessRecord {
    const record = this.find(destination);
    if (record !== undefined) return record;
    const parts = tryParsePid(destination);
    if (parts === undefined) throw nameNotFound(action, destination);
    if (parts.node !== undefined && parts.node !== this.#nodeName) throw nodeNotFound(action, destination);
    throw processNotFound(action, destination);
  }

  /** PIDs with our own node name, and the legacy form with three parts (§ 1.2, § 1.6). */
  #findByOtherSpelling(destination: string): ProcessRecord | undefined {
    const parts = tryParsePid(destination);
    if (parts === undefined || (parts.node !== undefined && parts.node !== this.#nodeName)) return undefined;
    return this.#processes.get(`{${parts.host}|${parts.unique}}` as Pid);
  }
}
