/**
 * Entries that run by themselves, as services of the supervisor. A process service restarts with new code by
 * itself (`app-format.md` 8.7); everything else about a service is a change of its entry.
 */
import type { EntryId, Log } from '../base/index.ts';
import { assert, toFailure } from '../base/index.ts';
import type { HttpRoom } from '../http/index.ts';
import { fromHost, type HostValue } from '../lua/index.ts';
import type { Ambient, ProcessSystem } from '../process/index.ts';
import {
  type Change,
  type Entry,
  type EntryLookup,
  isMapping,
  type KindTable,
  type RegistrySubscriber,
  type RegistryUpdate,
  readLifecycle,
} from '../registry/index.ts';
import {
  createHostServiceRunner,
  createProcessServiceRunner,
  type ProcessServiceRunner,
  type ServiceRunner,
  type ServiceSpec,
  type Supervisor,
} from '../service/index.ts';

/** What services are made of. */
export interface ServiceParts {
  readonly system: ProcessSystem;
  readonly supervisor: Supervisor;
  readonly http: HttpRoom;
  readonly kinds: KindTable;
  readonly log: Log;
  /** Context, actor and scope an entry's process starts with. */
  readonly ambientOf: (entry: Entry) => Ambient;
}

/** The services of a hub. */
export class Services {
  readonly #parts: ServiceParts;
  readonly #processes = new Map<string, ProcessServiceRunner>();
  /** Changes being followed. */
  readonly #underWay = new Set<Promise<void>>();
  #isClosed = false;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  /** Declares every service of the application; nothing starts. */
  declareAll(entries: EntryLookup): void {
    for (const entry of entries.all()) if (this.#isService(entry)) this.#declare(entry, entries);
  }

  /** Follows changes of service entries (`app-format.md` § 8, "Effect of a change"). */
  subscriber(): RegistrySubscriber {
    return { name: 'services', commit: (update) => this.#track(this.#follow(update)) };
  }

  /** From now on changes start nothing: the hub is stopping. */
  close(): void {
    this.#isClosed = true;
  }

  /** Resolves when no change is being followed any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /**
   * Restarts running services whose process code is new; processes that asked for OUTDATED instead are left to
   * themselves (`app-format.md` 8.7). Resolves when all have been restarted; failures are logged.
   * @param affected entries that changed, importers included. A service among them was started anew already.
   */
  async restartOutdated(entries: EntryLookup, affected: ReadonlySet<string>): Promise<void> {
    const outdated = [...this.#processes].filter(([id, runner]) => {
      const target = entries.get(id)?.data.process;
      const isOutdated = typeof target === 'string' && affected.has(target) && !affected.has(id);
      return isOutdated && this.#mustRestart(id, runner);
    });
    const restarts = outdated.map(([id]) => this.#attempt(id, () => this.#parts.supervisor.restart(id)));
    await this.#track(Promise.all(restarts).then(() => {}));
  }

  async #track(work: Promise<void>): Promise<void> {
    this.#underWay.add(work);
    try {
      await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  #isService(entry: Entry): boolean {
    return this.#parts.kinds.get(entry.kind)?.hasLifecycle === true;
  }

  #mustRestart(id: string, runner: ProcessServiceRunner): boolean {
    // One that failed with the old code may run with the new; one that ended normally has done its work.
    if (runner.pid === undefined) return this.#parts.supervisor.status(id)?.failure !== undefined;
    return !this.#parts.system.getOptions(runner.pid).upgradable;
  }

  #declare(entry: Entry, entries: EntryLookup): void {
    this.#parts.supervisor.add(this.#spec(entry, entries));
  }

  #spec(entry: Entry, entries: EntryLookup): ServiceSpec {
    const lifecycle = readLifecycle(entry);
    const references = this.#referencedServices(entry, entries);
    return {
      id: entry.id,
      requires: [...new Set([...lifecycle.requires, ...references])],
      lifecycle,
      runner: this.#runner(entry),
    };
  }

  /** Services an entry names, directly or through entries that are no services (`process.md` § 16.8). */
  #referencedServices(entry: Entry, entries: EntryLookup): Set<string> {
    const found = new Set<string>();
    const seen = new Set<string>([entry.id]);
    const open = [entry];
    for (let current = open.pop(); current !== undefined; current = open.pop()) {
      for (const { target } of current.references) {
        if (seen.has(target)) continue;
        seen.add(target);
        const next = entries.get(target);
        if (next === undefined) continue;
        if (this.#isService(next)) found.add(target);
        else open.push(next);
      }
    }
    return found;
  }

  #runner(entry: Entry): ServiceRunner {
    const { system, http, ambientOf } = this.#parts;
    const { id, data } = entry;
    switch (entry.kind) {
      case 'process.host': {
        const figures = isMapping(data.host) ? data.host : {};
        const mailboxLimit = typeof figures.mailbox_limit === 'number' ? figures.mailbox_limit : undefined;
        return createHostServiceRunner(system, { hostId: id, mailboxLimit });
      }
      case 'terminal.host':
        return createHostServiceRunner(system, { hostId: id });
      case 'process.service': {
        const runner = createProcessServiceRunner(system, {
          entryId: data.process as EntryId,
          hostId: data.host as EntryId,
          ambient: ambientOf(entry),
          input: () =>
            Array.isArray(data.input) ? data.input.map((item) => fromHost(item as HostValue)) : [],
        });
        this.#processes.set(id, runner);
        return runner;
      }
      case 'http.service':
        return {
          start: async () => void (await serverOf(http, id).start()),
          stop: () => http.server(id)?.stop(),
          kill: () => void http.server(id)?.stop(0),
        };
      default:
        return { start() {}, stop() {} };
    }
  }

  async #follow(update: RegistryUpdate): Promise<void> {
    for (const change of update.changes) await this.#followOne(change, update.after);
  }

  async #followOne(change: Change, after: EntryLookup): Promise<void> {
    const { supervisor, system } = this.#parts;
    const entry = change.operation === 'delete' ? change.previous : change.entry;
    const { id } = entry;
    if (!this.#isService(entry)) return;
    switch (change.operation) {
      case 'create':
        if (supervisor.has(id)) await supervisor.remove(id);
        this.#declare(entry, after);
        if (readLifecycle(entry).autoStart) await this.#attempt(id, () => supervisor.start(id));
        return;
      case 'update':
        // A server moves by itself; a host's figures count for processes started from now on.
        if (entry.kind === 'process.service')
          await this.#attempt(id, () => supervisor.replace(this.#spec(entry, after)));
        return;
      case 'delete':
        await supervisor.remove(id);
        this.#processes.delete(id);
        if (entry.kind === 'process.host') system.forgetHost(id);
        return;
    }
  }

  /** A service that does not start is the supervisor's to retry and to report; it does not undo a change. */
  async #attempt(id: string, run: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return;
    try {
      await run();
    } catch (error) {
      this.#parts.log.warn('service not started', { service: id, cause: toFailure(error).message });
    }
  }
}

function serverOf(http: HttpRoom, id: string) {
  const server = http.server(id);
  assert(server !== undefined, `routes of ${id} are applied before it starts`);
  return server;
}
