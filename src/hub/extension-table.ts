/** The extensions of one hub: which there are, which are open, and what those have brought. */
import { HubError, isolate, type Log, toFailure } from '../base/index.ts';
import type { MiddlewareFactory } from '../http/index.ts';
import { type LuaRuntime, toLuaModule } from '../lua/index.ts';
import { type Ambient, EMPTY_AMBIENT } from '../process/index.ts';
import {
  type Entry,
  type EntryLookup,
  isMapping,
  type KindTable,
  type RegistrySubscriber,
} from '../registry/index.ts';
import type { Services } from '../service/index.ts';
import {
  type Contribution,
  type EntryOutline,
  type Extension,
  type ExtensionPorts,
  type ExtensionReference,
  isReference,
  type KeyValueStore,
  type Listening,
} from './extension.ts';
import { checkContribution } from './option-check.ts';

/** Where contributions go. */
export interface ExtensionSinks {
  readonly kinds: KindTable;
  readonly services: Services;
  readonly runtime: LuaRuntime;
  readonly log: Log;
}

interface Opened {
  readonly name: string;
  readonly contribution: Contribution;
  isClosed?: boolean;
}

/** See the head of the file. */
export class ExtensionTable {
  /** Every middleware that is there, by name. */
  readonly middleware = new Map<string, MiddlewareFactory>();
  readonly #sinks: ExtensionSinks;
  readonly #ports: ExtensionPorts;
  /** Not loaded yet. */
  readonly #waiting = new Set<ExtensionReference>();
  /** In the order in which they were opened. */
  readonly #opened: Opened[] = [];
  /** How one joins those who follow changes; `undefined` until there is a registry. */
  #subscribe: ((subscriber: RegistrySubscriber) => void) | undefined;
  /** One at a time: what one brings, the next may need. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(sinks: ExtensionSinks, ports: ExtensionPorts) {
    this.#sinks = sinks;
    this.#ports = ports;
  }

  /**
   * Adds extensions in their order. One that is there as a value is opened now, one behind a reference when an entry
   * needs it.
   */
  addAll(extensions: readonly (Extension | ExtensionReference)[]): void {
    for (const extension of extensions) {
      if (!isReference(extension)) this.#open(extension);
      else {
        this.#waiting.add(extension);
        this.#sinks.kinds.reserve(extension.kinds ?? []);
        this.#sinks.runtime.reserveModules(extension.modules ?? []);
      }
    }
  }

  /** Loads and opens what these entries need and is not open. @throws MH_EXTENSION_LOAD_FAILED, MH_EXTENSION_OPEN_FAILED */
  admit(entries: readonly EntryOutline[]): Promise<void> {
    return this.#loadWhere((reference) => entries.some((entry) => isNeeded(reference, entry)));
  }

  /** Loads and opens all. */
  async openAll(): Promise<void> {
    const before = this.#opened.length;
    await this.#loadWhere(() => true);
    if (this.#subscribe === undefined) return;
    // No change is on its way that would tell them what there is.
    for (const { contribution } of this.#opened.slice(before))
      await contribution.follow?.(this.#ports.entries());
  }

  /** Makes the entries real everywhere, and from now on after every change. */
  async follow(entries: EntryLookup, subscribe: (subscriber: RegistrySubscriber) => void): Promise<void> {
    for (const { contribution } of this.#opened) await contribution.follow?.(entries);
    this.#subscribe = subscribe;
    for (const opened of this.#opened) this.#join(opened);
  }

  /** Addresses of all. */
  listening(): readonly Listening[] {
    return this.#opened.flatMap(({ contribution }) => contribution.listening?.() ?? []);
  }

  /** Who an entry runs as. */
  identityOf(entry: Entry): Ambient {
    for (const { contribution } of this.#opened) {
      if (contribution.unstable_identityOf !== undefined) return contribution.unstable_identityOf(entry);
    }
    return EMPTY_AMBIENT;
  }

  /** The store of an entry. @throws MH_STORE_NOT_FOUND */
  store(id: string): KeyValueStore {
    for (const { contribution } of this.#opened) {
      const store = contribution.unstable_store?.(id);
      if (store !== undefined) return store;
    }
    throw new HubError('MH_STORE_NOT_FOUND', { message: `Cannot open store '${id}': not found` });
  }

  /** Nobody takes new work from now on. */
  refuse(): void {
    for (const { name, contribution } of this.#opened.toReversed()) {
      isolate(this.#sinks.log, 'extension does not refuse', { extension: name }, () =>
        contribution.refuse?.(),
      );
    }
  }

  /** Resolves when what was under way has ended everywhere. */
  async drain(): Promise<void> {
    await Promise.all(
      this.#opened.toReversed().map(({ name, contribution }) => {
        const fields = { extension: name };
        return isolate(this.#sinks.log, 'extension not drained', fields, () => contribution.drain?.());
      }),
    );
  }

  /** What is under way everywhere, counted by plural nouns. */
  work(): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const { name, contribution } of this.#opened) {
      isolate(this.#sinks.log, 'extension does not count', { extension: name }, () => {
        for (const [noun, count] of Object.entries(contribution.work?.() ?? {}))
          sums[noun] = (sums[noun] ?? 0) + count;
      });
    }
    return sums;
  }

  /** Closes all, newest first; the faults of one are its own. */
  async close(): Promise<void> {
    for (const opened of this.#opened.toReversed()) await this.#closeOne(opened, {});
  }

  /** Closes at once what has not closed yet: all of it, whatever one of them waits for. */
  async cut(): Promise<void> {
    const open = this.#opened.filter(({ isClosed }) => isClosed !== true).toReversed();
    await Promise.all(open.map((opened) => this.#closeOne(opened, { timeoutMs: 0 })));
  }

  #loadWhere(isWanted: (reference: ExtensionReference) => boolean): Promise<void> {
    const loaded = this.#tail.then(async () => {
      for (const reference of [...this.#waiting]) {
        if (!isWanted(reference)) continue;
        this.#open(await load(reference));
        this.#waiting.delete(reference);
      }
    });
    // The next in line does not care how this one ended; its own caller hears of it.
    this.#tail = loaded.catch(() => {});
    return loaded;
  }

  /** All of what it brings, or nothing: what is refused throws before anything is added. */
  #open(extension: Extension): Opened {
    const { name } = extension;
    const contribution = guarded(name, () => extension.open(this.#ports));
    checkContribution(contribution, name);
    let additions: readonly (() => void)[];
    try {
      additions = this.#stage(name, contribution);
    } catch (refused) {
      // It is open and nobody will ever use it.
      void this.#closeOne({ name, contribution }, { timeoutMs: 0 });
      throw refused;
    }
    for (const add of additions) add();
    const opened = { name, contribution };
    this.#opened.push(opened);
    this.#join(opened);
    return opened;
  }

  #join({ name, contribution }: Opened): void {
    if (contribution.follow === undefined && contribution.settled === undefined) return;
    this.#subscribe?.({
      name,
      commit: ({ after }) => contribution.follow?.(after),
      settled: ({ after }) => contribution.settled?.(after),
    });
  }

  /** @returns what adds each part; none of it can fail. */
  #stage(name: string, contribution: Contribution): readonly (() => void)[] {
    const { kinds = [], modules = [], unstable_bindings = [], middleware = [] } = contribution;
    const { kinds: kindTable, services, runtime } = this.#sinks;
    return [
      kindTable.stage(kinds),
      services.stageKinds(kinds),
      runtime.stageModules([...modules.map(toLuaModule), ...unstable_bindings]),
      this.#stageMiddleware(name, middleware),
    ];
  }

  #stageMiddleware(name: string, factories: readonly MiddlewareFactory[]): () => void {
    const added = new Map<string, MiddlewareFactory>();
    for (const factory of factories) {
      if (this.middleware.has(factory.name) || added.has(factory.name)) {
        throw new HubError('MH_EXTENSION_MIDDLEWARE_TAKEN', {
          message: `Cannot open extension '${name}': there is a middleware '${factory.name}' already`,
          hint: 'Give it another name.',
        });
      }
      added.set(factory.name, factory);
    }
    return () => {
      for (const [middleware, factory] of added) this.middleware.set(middleware, factory);
    };
  }

  async #closeOne(opened: Opened, options: { readonly timeoutMs?: number }): Promise<void> {
    const { name, contribution } = opened;
    const close = (): unknown => contribution.close?.(options);
    await isolate(this.#sinks.log, 'extension not closed', { extension: name }, close);
    opened.isClosed = true;
  }
}

async function load(reference: ExtensionReference): Promise<Extension> {
  try {
    return await reference.load();
  } catch (cause) {
    throw new HubError('MH_EXTENSION_LOAD_FAILED', {
      message: `Cannot load extension '${reference.name}': ${toFailure(cause).message}`,
      hint: 'Install what it needs, or take the entries away that need it.',
      cause,
    });
  }
}

function guarded<T>(name: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw new HubError('MH_EXTENSION_OPEN_FAILED', {
      message: `Cannot open extension '${name}': ${toFailure(cause).message}`,
      cause,
    });
  }
}

/** Fields in which entries of any kind name middleware (`http.md` § 3). */
const MIDDLEWARE_FIELDS = ['middleware', 'post_middleware'] as const;

function isNeeded(reference: ExtensionReference, entry: EntryOutline): boolean {
  const { kinds, modules, middleware } = reference;
  const { data } = entry;
  return (
    kinds?.includes(entry.kind) === true ||
    (modules !== undefined &&
      (names(data.modules).some((name) => modules.includes(name)) ||
        (isMapping(data.imports) &&
          Object.values(data.imports).some(
            (target) => typeof target === 'string' && modules.includes(target),
          )))) ||
    (middleware !== undefined &&
      MIDDLEWARE_FIELDS.some((field) => names(data[field]).some((name) => middleware.includes(name)))) ||
    reference.isNeeded?.(entry) === true
  );
}

function names(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
