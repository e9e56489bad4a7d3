/** A small world that runs Lua entries on a fake clock: processes, functions, libraries, no files. */

import type { LogFields, Pid } from '../../src/base/index.ts';
import {
  createLuaRuntime,
  fromHost,
  type HostValue,
  type LuaLimits,
  type LuaModule,
  type LuaRuntime,
  type LuaValue,
  toHost,
} from '../../src/lua/index.ts';
import { CORE_MODULES, spawnCoroutine } from '../../src/modules/core/index.ts';
import { type Outcome, ProcessSystem } from '../../src/process/index.ts';
import {
  createEntry,
  createEntrySet,
  type Entry,
  type EntryDefinition,
  type Mapping,
} from '../../src/registry/index.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { standardModules } from './lua-modules.ts';
import { createLogDouble } from './programs.ts';

/** One entry; `kind` default `process.lua`, `method` default `main`. */
export interface LuaEntry {
  readonly kind?: string;
  readonly source: string;
  readonly method?: string;
  readonly modules?: readonly string[];
  readonly imports?: Readonly<Record<string, string>>;
  readonly meta?: Mapping;
  readonly limits?: Mapping;
}

/** What `bootLua` takes. */
export interface LuaWorldOptions {
  /** Default: the modules of the Lua room. */
  readonly modules?: readonly LuaModule[];
  readonly limits?: Partial<LuaLimits>;
  /** Default: a clock that stands still until moved. */
  readonly clock?: FakeClock;
}

/** One line that was logged, with the fields its log carries. */
export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly fields: LogFields;
}

/** Lua entries, ready to run. */
export interface LuaWorld {
  readonly clock: FakeClock;
  readonly system: ProcessSystem;
  readonly runtime: LuaRuntime;
  readonly lines: LogLine[];
  /** What programs printed. */
  printed(): string[];
  /** Starts a process on `app:host`. */
  spawn(id: string, ...args: HostValue[]): Pid;
  /** Runs a process to its end; time passes as it needs. */
  run(id: string, ...args: HostValue[]): Promise<Outcome>;
  /** Calls a function and waits for its result; time passes as it needs. */
  call(id: string, ...args: HostValue[]): Promise<Outcome>;
  /** Remembers how a process ends. */
  watch(pid: Pid): { outcome: Outcome | undefined };
  /** An entry that is not part of the world. */
  entry(definition: EntryDefinition): Entry;
  /** Replaces or adds entries, as a registry change would. */
  change(entries: Readonly<Record<string, LuaEntry | string>>): void;
}

/** Host every process runs on. */
export const HOST = 'app:host';

/** How long `run` lets time pass for a program that does not end. */
const PATIENCE_MS = 120_000;

/** One look at what came from outside. */
async function outside(settle: () => Promise<void>): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  await settle();
}

/** Builds the world. A plain string is the source of a process. */
export function bootLua(
  entries: Readonly<Record<string, LuaEntry | string>>,
  options: LuaWorldOptions = {},
): LuaWorld {
  const clock = options.clock ?? createFakeClock();
  const { log, lines } = createLogDouble();
  const definitions = new Map<string, EntryDefinition>();
  let lookup = createEntrySet([]);
  const change: LuaWorld['change'] = (changed) => {
    for (const [id, entry] of Object.entries(changed)) definitions.set(id, toDefinition(id, entry));
    lookup = createEntrySet([...definitions.values()].map((definition) => createEntry(definition)));
  };
  change(entries);
  const runtime = createLuaRuntime({
    registry: () => lookup,
    clock,
    log,
    modules: [...CORE_MODULES, ...(options.modules ?? standardModules({ clock, log }))],
    coroutines: { spawn: spawnCoroutine },
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const system = new ProcessSystem({ clock, log, source: runtime });
  runtime.attach(system);
  system.openHost(HOST);

  const finish = async (seen: { outcome: Outcome | undefined }, what: string): Promise<Outcome> => {
    await clock.settle();
    for (let ms = 0; seen.outcome === undefined && ms < PATIENCE_MS; ms += 10) {
      // Without a timer only the world outside can bring anything: threads of Node.js that sign and derive keys.
      if (clock.timerCount > 0) await clock.advanceAndSettle(10);
      else await outside(() => clock.settle());
    }
    if (seen.outcome === undefined)
      throw new Error(`${what} did not end within ${PATIENCE_MS} ms of its time`);
    return seen.outcome;
  };
  const watch: LuaWorld['watch'] = (pid) => {
    const seen: { outcome: Outcome | undefined } = { outcome: undefined };
    system.watch(pid, (outcome) => {
      seen.outcome = outcome;
    });
    return seen;
  };
  const spawn: LuaWorld['spawn'] = (id, ...args) =>
    system.spawn({ entryId: id, hostId: HOST, args: args.map(fromHost) });

  return {
    clock,
    system,
    runtime,
    lines,
    printed: () => lines.filter(({ fields }) => 'location' in fields).map(({ event }) => event),
    spawn,
    watch,
    change,
    entry: (definition) => createEntry(definition),
    run: (id, ...args) => finish(watch(spawn(id, ...args)), id),
    call(id, ...args) {
      const seen: { outcome: Outcome | undefined } = { outcome: undefined };
      system.call({ entryId: id, args: args.map(fromHost) }, (outcome) => {
        seen.outcome = outcome;
      });
      return finish(seen, id);
    },
  };
}

/** The plain data a successful outcome carries. @throws Error with the failure's message and stack */
export function resultOf(outcome: Outcome): HostValue {
  if (!outcome.ok) throw new Error(`${outcome.failure.message}\n${outcome.failure.stack ?? ''}`);
  return outcome.value === undefined ? null : toHost(outcome.value as LuaValue);
}

function toDefinition(id: string, entry: LuaEntry | string): EntryDefinition {
  const {
    kind = 'process.lua',
    source,
    method = 'main',
    modules = [],
    imports = {},
    meta = {},
    limits = {},
  } = typeof entry === 'string' ? { source: entry } : entry;
  const isLibrary = kind === 'library.lua' || kind === 'module.lua';
  return { id, kind, meta, data: { source, modules, imports, limits, ...(isLibrary ? {} : { method }) } };
}
