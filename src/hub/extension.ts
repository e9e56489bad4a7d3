/**
 * The door through which everything comes that a hub can be without: Lua modules, entry kinds and what their entries
 * do, middleware. Our own HTTP servers, relay, stores and modules are made with it and nothing else.
 *
 * Life: a hub is created and reads its definition files -> `load` of those extensions that an entry needs -> `open`,
 * once -> what it contributes is there before any entry is decoded -> `follow` with the first entries and after every
 * change -> when the hub stops: `refuse` and `drain` before its services stop, `close`, newest first, after them. One that
 * is needed later, because somebody applied a change set, joins in at that moment.
 */
import type { ByteBudget, Clock, Failure, Log } from '../base/index.ts';
import type { MiddlewareFactory } from '../http/index.ts';
import type { EventBus, HostValue, LuaModule, LuaValue, ModuleDefinition } from '../lua/index.ts';
import type { TerminalStreams } from '../modules/io/index.ts';
import type { Ambient, ProcessObserver, ProcessSystem } from '../process/index.ts';
import type { Entry, EntryLookup, Environment, Registry } from '../registry/index.ts';
import type { RunnableKind, ServiceStatus } from '../service/index.ts';

/** One extension. */
export interface Extension {
  /** For messages; unique in a hub. */
  readonly name: string;
  /**
   * Called once per hub, before any entry is decoded. A throw refuses the load or the change set that needed it, and
   * it is tried again when an entry needs it the next time.
   */
  open(ports: ExtensionPorts): Contribution;
}

/** An extension whose code is loaded when an entry needs it. */
export interface ExtensionReference {
  readonly name: string;
  /** Kinds it defines: an entry of one of them loads it. Default none. */
  readonly kinds?: readonly string[];
  /** Lua modules it brings: an entry that lists or imports one of them loads it. Default none. */
  readonly modules?: readonly string[];
  /** Middleware it brings: an entry that lists one of them loads it. Default none. */
  readonly middleware?: readonly string[];
  /** Further entries that load it. Default: none. */
  isNeeded?(entry: EntryOutline): boolean;
  /** Usually `async () => (await import('./it.ts')).it`. Once it has opened, never called again. */
  load(): Promise<Extension>;
}

/** What is known of an entry before it is decoded. */
export type EntryOutline = Pick<Entry, 'kind' | 'meta' | 'data'>;

/** What an extension brings. Every field may be missing. */
export interface Contribution {
  /** Entry kinds, and what an entry of them does. */
  readonly kinds?: readonly RunnableKind[];
  /** Lua modules of plain functions; entries list them. */
  readonly modules?: readonly ModuleDefinition[];
  /** Lua modules over the machine's stack: faster, and bound to this version of moonhub. */
  readonly unstable_bindings?: readonly LuaModule[];
  readonly middleware?: readonly MiddlewareFactory[];
  /**
   * Makes the entries as they are now real. Called before the first start and after every change, before services
   * are touched; a throw takes the change back, and `follow` is called again with what was before.
   */
  follow?(entries: EntryLookup): void | Promise<void>;
  /** The change that was followed last cannot be taken back any more: what cannot be undone belongs here. */
  settled?(entries: EntryLookup): void | Promise<void>;
  /** Addresses it listens on, for `hub.listening()`. */
  listening?(): readonly Listening[];
  /**
   * The hub is stopping, and everything still runs: from now on take no new work, and say so to whoever brings some.
   * Called once, before anything else stops; nobody waits, so be short. A throw is logged.
   */
  refuse?(): void;
  /**
   * Right after `refuse` of all: tell those you serve to come back later, and let what is under way end. Services and
   * processes stop when this has resolved for everybody, or half of the time the hub has for its stop is over. Nothing
   * is to be cut here but what has limits of its own. A throw is logged.
   */
  drain?(): void | Promise<void>;
  /** What is still under way, counted by plural nouns, e.g. `{ requests: 3 }`: a stop that takes long says it. */
  work?(): Readonly<Record<string, number>>;
  /**
   * Releases everything. Services have stopped by then, processes have not. Called again with less time when it
   * takes too long: hurry then, 0 = at once. A throw is logged.
   */
  close?(options: { readonly timeoutMs?: number }): void | Promise<void>;
  /** Who an entry runs as (`lifecycle.security`). One extension at most may say it. */
  unstable_identityOf?(entry: Entry): Ambient;
  /** A key-value store that is open under an entry ID; `undefined` when it is not one of this extension. */
  unstable_store?(id: string): KeyValueStore | undefined;
}

/** A server that listens. */
export interface Listening {
  /** ID of its `http.service` entry. */
  readonly id: string;
  /** The address it really listens on, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Where to point a browser, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The address an edit asked for, while it cannot be taken: it is tried again with back-off. */
  readonly wanted?: { readonly address: string; readonly reason: string };
}

/** What a function came to, as plain data. */
export type CallResult =
  | { readonly ok: true; readonly value: HostValue }
  | { readonly ok: false; readonly failure: Failure };

/** What an extension may use. */
export interface ExtensionPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Working directory of the hub: relative paths in entries start here. Absolute. */
  readonly cwd: string;
  /** The entries as they are now; none before the first load is complete. */
  entries(): EntryLookup;
  /** A variable of the application (`env.variable`) or of the operating system; `undefined` = not set. */
  variable(name: string): string | undefined;
  /** Announces something on the event bus (`concurrency.md` § 10). `data` is copied. */
  publish(system: string, kind: string, path: string, data?: HostValue): void;
  /**
   * Looks on at processes: starts, ends, messages, steps. Told at once, so be short; a throw is logged.
   * @returns ends it.
   */
  observe(observer: ProcessObserver): () => void;
  /**
   * Calls a function and waits for its end.
   * @throws HubError when there is no such function or its code cannot be loaded
   */
  call(entryId: string, args?: readonly HostValue[]): Promise<CallResult>;
  /**
   * Sends a message from the host. Payloads are copied.
   * @param to PID or process name.
   * @throws MH_PROCESS_NOT_FOUND, MH_PROCESS_NAME_NOT_FOUND, MH_PROCESS_MAILBOX_FULL
   */
  send(to: string, topic: string, ...payloads: HostValue[]): void;
  /** Parts of the hub itself. They may change in any release. */
  readonly unstable: UnstablePorts;
}

/** What our own extensions use beyond the promised ports. */
export interface UnstablePorts {
  readonly system: ProcessSystem;
  /** What waits for slow clients and slow processes, all of it together (`relay.md` L8). */
  readonly budget: ByteBudget;
  readonly bus: EventBus;
  readonly environment: Environment;
  /** Variables of the operating system alone. */
  readonly processEnvironment: Readonly<Record<string, string | undefined>>;
  /** Every middleware of the extensions that are open, by name; it grows. */
  readonly middleware: ReadonlyMap<string, MiddlewareFactory>;
  /** Standard streams of programs on a terminal host. */
  readonly terminal: TerminalStreams;
  /** The services as they are now, as `hub.inspect()` shows them. */
  readonly services: { states(): readonly ServiceStatus[]; status(id: string): ServiceStatus | undefined };
  /** Names of the Lua modules entries may list now, those not loaded yet too. */
  moduleNames(): readonly string[];
  /**
   * Stops the hub as `hub.stop()` does, once the code that runs now has returned, and tells `onExit` the code at once.
   * The first code counts; nothing happens when the hub stops already.
   * @param code 0 to 255.
   */
  exit(code: number): void;
  /** The registry; only once the first load is complete. */
  registry(): Registry;
  /** Context, actor and scope an entry's process starts with. */
  identityOf(entry: Entry): Ambient;
  /** The store of an entry. @throws MH_STORE_NOT_FOUND */
  store(id: string): KeyValueStore;
}

/** What a token store needs of a key-value store. Values are Lua values, owned by the store. */
export interface KeyValueStore {
  get(key: string): { readonly value: LuaValue } | undefined;
  /** @throws MH_STORE_FULL */
  put(key: string, value: LuaValue, options: { readonly ttlMs?: number | undefined }): unknown;
  delete(key: string): boolean;
}

/** Told apart by `open`. */
export function isReference(extension: Extension | ExtensionReference): extension is ExtensionReference {
  return !('open' in extension);
}
