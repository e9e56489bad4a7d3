/** Addresses: from a PID text or a name to the process behind it (`process.md` § 1, § 3). */
import { formatPid, type Pid, tryParsePid } from '../../base/index.ts';
import type { ProcessRecord, Ref } from '../record/record.ts';
import type { NodeSession } from '../session/session.ts';
import type { NameTable } from './names.ts';
import { nameNotFound, nodeNotFound, processNotFound } from './refusal.ts';

/** How PIDs without a node's name address this one (`process.md` § 1.2). */
export const UNNAMED_NODE = 'local';

/** What a router looks into. */
export interface RouterOptions {
  readonly processes: ReadonlyMap<Pid, ProcessRecord>;
  readonly names: NameTable;
  /** The sessions with other nodes, by their names. */
  readonly sessions: ReadonlyMap<string, NodeSession>;
  /** The name the PIDs of this node carry; `undefined` = they carry none. */
  readonly nodeName: string | undefined;
}

/** Finds processes. One that is being dismantled is not found any more. */
export class Router {
  readonly #processes: ReadonlyMap<Pid, ProcessRecord>;
  readonly #names: NameTable;
  readonly #sessions: ReadonlyMap<string, NodeSession>;
  readonly #nodeName: string | undefined;

  constructor(options: RouterOptions) {
    this.#processes = options.processes;
    this.#names = options.names;
    this.#sessions = options.sessions;
    this.#nodeName = options.nodeName;
  }

  /**
   * The live process of this node behind a PID as it was handed out, or a name. The way of almost every message:
   * two tables, and nothing of other nodes. What is not found here may still have another spelling, or be elsewhere.
   */
  findLocal(destination: string): ProcessRecord | undefined {
    // A name never reads as a PID, so the order of the two tables cannot matter.
    const record = this.#processes.get(destination as Pid) ?? this.#names.findLocal(destination);
    return record === undefined || record.phase === 'ending' ? undefined : record;
  }

  /**
   * The live process behind an address. Of a process of another node only the node is known to live: a PID leads
   * there while its session lasts.
   */
  find(destination: string): Ref | undefined {
    return this.findLocal(destination) ?? this.#names.find(destination) ?? this.#findByParts(destination);
  }

  /**
   * The process behind an address, as `find` does.
   * @param action completes "Cannot <action> '<destination>'".
   * @throws MH_PROCESS_NOT_FOUND, MH_PROCESS_NAME_NOT_FOUND, MH_PROCESS_NODE_NOT_FOUND
   */
  require(destination: string, action: string): Ref {
    const ref = this.find(destination);
    if (ref !== undefined) return ref;
    const parts = tryParsePid(destination);
    if (parts === undefined) throw nameNotFound(action, destination);
    if (!this.#isOurs(parts.node)) throw nodeNotFound(action, destination);
    throw processNotFound(action, destination);
  }

  /**
   * The live process of this node behind an address.
   * @throws as `require`; MH_PROCESS_NODE_NOT_FOUND for a process of another node
   */
  requireLocal(destination: string, action: string): ProcessRecord {
    const ref = this.require(destination, action);
    if (ref.kind === 'local') return ref;
    throw nodeNotFound(action, destination);
  }

  /** Other spellings of our own PIDs (§ 1.2, § 1.6), and the PIDs of other nodes. */
  #findByParts(destination: string): Ref | undefined {
    const parts = tryParsePid(destination);
    if (parts === undefined) return undefined;
    if (this.#isOurs(parts.node)) {
      const record = this.#processes.get(formatPid({ ...parts, node: this.#nodeName }));
      return record?.phase === 'ending' ? undefined : record;
    }
    const session = this.#sessions.get(parts.node!);
    return session === undefined ? undefined : { kind: 'remote', pid: formatPid(parts), session };
  }

  #isOurs(node: string | undefined): boolean {
    return node === undefined || node === (this.#nodeName ?? UNNAMED_NODE);
  }
}
