/**
 * Tries changed programs before a change touches anything (`app-format.md` 8.6): each is loaded as it would be for real -
 * libraries first, then its own chunk - in a unit of its own that is thrown away, over the entries as they would be.
 *
 * Nothing of it reaches the world. A function that acts (`process.send`, `registry.register`, `store:set`) answers
 * `true` and does nothing; `print` and the logger are silent; channels and timers are the unit's own and end with it.
 * Where the code asks what nobody can know yet - who calls, which request, a PID it would spawn, an entry of the same
 * change - the trial is over, and what it has shown until then counts. So a trial may miss a mistake, and never
 * refuses code for what it would find in the world. What is read from the words alone holds in any case: a `require`
 * of a name that nobody lists, also where it would be reached later, and a method that is named nowhere.
 *
 * Bounds: the instructions of a load (LOAD_INSTRUCTIONS_MAX), TRIAL_MEMORY_BYTES_MAX, and TRIAL_STRETCH_MS in one piece:
 * then everybody else has a turn.
 */
import { getHeapStatistics } from 'node:v8';
import { type Clock, type EntryId, HubError, silentLog, toFailure, toPid } from '../../base/index.ts';
import { EMPTY_AMBIENT, Mailbox, type ProcessContext } from '../../process/index.ts';
import {
  type Entry,
  type EntryLookup,
  isMapping,
  type Position,
  type Problem,
  suggest,
} from '../../registry/index.ts';
import type { RuntimeServices, TrialState } from '../coroutine/context.ts';
import type { CodeLoader } from './code-loader.ts';
import { placeInCode } from './code-place.ts';
import { readModules } from './entry-fields.ts';
import type { ModuleTable } from './module-table.ts';
import { Unit } from './unit.ts';
import { readWords } from './words.ts';

/** Memory one load may take, in bytes; measured slice by slice. Beyond: the program is refused. */
export const TRIAL_MEMORY_BYTES_MAX = 64 * 1024 * 1024;

/** Instructions of one slice: fewer than when a program runs, because nobody waits for it. */
const TRIAL_SLICE = 20_000;

/** Longest time trials run in one piece, in milliseconds. Beyond: they go on when everybody else had a turn. */
const TRIAL_STRETCH_MS = 5;

/** Time for importers of what changed, in milliseconds. Beyond: those that are left are not tried. */
const IMPORTERS_MS_MAX = 10_000;

/** Mistakes that are looked for. Beyond: those that are left come with the next save. */
const PROBLEMS_MAX = 100;

/** Longest reason that is told, in characters; a program may raise a megabyte. Beyond: cut. */
const REASON_LENGTH_MAX = 2000;

/** And in lines. */
const REASON_LINES_MAX = 20;

/** Kinds that have code. */
const CODE_KINDS: ReadonlySet<string> = new Set(['function.lua', 'process.lua', 'library.lua', 'module.lua']);

/** A change, as far as trials look at it. */
export interface TriedChange {
  /** IDs of entries that are written anew. */
  readonly changed: ReadonlySet<string>;
  /** Those and everything that imports them, directly or not. */
  readonly affected: Iterable<string>;
  readonly before: EntryLookup;
  readonly after: EntryLookup;
}

/** What trials work with. */
export interface TrialOptions {
  readonly services: RuntimeServices;
  readonly modules: ModuleTable;
  readonly loader: CodeLoader;
}

/** A change that makes these entries out of nothing: tries all of them. */
export function fromNothing(entries: EntryLookup): TriedChange {
  const ids = new Set<string>(entries.all().map(({ id }) => id));
  return { changed: ids, affected: ids, before: entries, after: entries };
}

/** Tries every program a change affects. @returns what would not load, each place once. */
export async function tryChange(change: TriedChange, options: TrialOptions): Promise<Problem[]> {
  const { clock } = options.services;
  const trials = new Trials(change.after, options);
  const earlier = new Trials(change.before, options);
  const problems = new Map<string, Problem>();
  const broken = new Set<string>();
  const endMs = clock.monotonicMs() + IMPORTERS_MS_MAX;
  for (const id of change.affected) {
    if (problems.size >= PROBLEMS_MAX) break;
    const entry = change.after.get(id);
    if (entry === undefined || !CODE_KINDS.has(entry.kind)) continue;
    const isChanged = change.changed.has(id);
    if (!isChanged && clock.monotonicMs() > endMs) continue;
    // It would say what was said already, and cost as much again.
    if (trials.imports(entry, broken)) continue;
    for (const problem of await trials.run(entry)) {
      // An importer that did not load before either says nothing about this change.
      if (!isChanged && (await earlier.fails(id))) continue;
      if (problem.entryId !== undefined) broken.add(problem.entryId);
      const place = formatPlace(problem) ?? id;
      const key = `${place}: ${problem.reason}`;
      if (!problems.has(key)) problems.set(key, problem);
    }
  }
  return [...problems.values()];
}

function formatPlace({ position }: Problem): string | undefined {
  return position === undefined ? undefined : `${position.file}:${position.line}`;
}

/** Loads over one state of the entries. */
class Trials {
  readonly #entries: EntryLookup;
  readonly #options: TrialOptions;
  readonly #loader: CodeLoader;
  readonly #breather: Breather;

  constructor(entries: EntryLookup, options: TrialOptions) {
    this.#entries = entries;
    this.#options = options;
    this.#loader = options.loader.over(() => entries);
    this.#breather = new Breather(options.services.clock);
  }

  /** Whether it is loaded from one of these, directly or not. */
  imports(entry: Entry, ids: ReadonlySet<string>): boolean {
    return ids.size > 0 && this.#loader.importsOf(entry).some((id) => ids.has(id));
  }

  async run(entry: Entry): Promise<Problem[]> {
    const written = this.#readWords(entry);
    if (written.length > 0) return written;
    const failure = await this.#load(entry);
    return failure === undefined ? [] : [this.#toProblem(entry, failure)];
  }

  async fails(id: string): Promise<boolean> {
    const entry = this.#entries.get(id);
    return entry !== undefined && (await this.run(entry)).length > 0;
  }

  /** Requires of names that nobody lists: they fail wherever they stand. */
  #readWords(entry: Entry): Problem[] {
    const { modules } = this.#options;
    const code = this.#loader.code(entry);
    // One that is declared and not supported was said to be so when the entry was checked.
    const { imports } = entry.data;
    const aliases = isMapping(imports) ? Object.keys(imports) : [];
    const listed = new Set<string>([...readModules(entry), ...aliases]);
    const unlisted = readWords(sourceOf(entry)).requires.filter(
      ({ name }) => !listed.has(name) && modules.always(name) === undefined,
    );
    return unlisted.slice(0, PROBLEMS_MAX).map(({ name, line, column }): Problem => {
      const known = [...modules.names, ...code.imports.keys()];
      const hint = modules.names.includes(name) ? `add ${name} to its modules` : suggest(name, known);
      const reason = modules.absence(name, entry.id);
      const base = {
        severity: 'error',
        position: positionIn(entry, line, column),
        entryId: entry.id,
      } as const;
      return { ...base, field: undefined, reason, ...(hint === undefined ? {} : { hint }) };
    });
  }

  /** @returns why it would not load. */
  async #load(entry: Entry): Promise<Error | undefined> {
    const trial: TrialState = { isOver: false };
    const services = {
      ...this.#options.services,
      limits: { ...this.#options.services.limits, slice: TRIAL_SLICE },
      log: silentLog,
      registry: () => this.#entries,
    };
    const unit = new Unit(entry, services, this.#loader, trial);
    const memory = new MemoryGauge();
    try {
      unit.init(contextOf(entry), []);
      for (;;) {
        const isLoaded = memory.around(() => unit.load(false)) === 'loaded';
        if (memory.isOver) return tooMuchMemory(entry.id);
        if (isLoaded) return undefined;
        await this.#breather.pauseWhenDue();
      }
    } catch (thrown) {
      if (!trial.isOver) return thrown as Error;
      return this.#mentionsMethod(entry) ? undefined : methodNotFound(entry);
    } finally {
      unit.close();
      await this.#breather.pauseWhenDue();
    }
  }

  /** Where a trial ended early: a method that no word names is not there. */
  #mentionsMethod(entry: Entry): boolean {
    const { method } = entry.data;
    if (typeof method !== 'string') return true;
    const libraries = this.#loader.importsOf(entry).flatMap((id) => this.#entries.get(id) ?? []);
    const sources = [entry, ...libraries].map(sourceOf);
    return sources.some((source) => readWords(source).names.has(method) || !/^\w+$/.test(method));
  }

  #toProblem(entry: Entry, error: Error): Problem {
    const message = toFailure(error).message.replace(/^Cannot (?:load|start) '[^']*': /, '');
    const hint = error instanceof HubError ? error.hint : undefined;
    const told = { severity: 'error', entryId: entry.id, ...(hint === undefined ? {} : { hint }) } as const;
    if (error instanceof HubError && error.code === 'MH_PROCESS_METHOD_NOT_FOUND') {
      return {
        ...told,
        position: entry.origin?.locate(['data', 'method']),
        field: 'method',
        reason: message,
      };
    }
    const place = placeInCode(message, (id) => this.#entries.get(id));
    const position = positionIn(place?.entry ?? entry, place?.line ?? 1, place?.column ?? 1);
    // Code that stands in the definition file has lines of its own: the message names them.
    const isInline = place?.entry.origin?.files.has('source') !== true;
    const reason = cut(isInline ? message : place.reason);
    return { ...told, entryId: place?.entry.id ?? entry.id, position, field: undefined, reason };
  }
}

/** Gives everybody else a turn. */
class Breather {
  readonly #clock: Clock;
  #sinceMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
  }

  async pause(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.defer(resolve));
    this.#sinceMs = this.#clock.monotonicMs();
  }

  pauseWhenDue(): Promise<void> | undefined {
    return this.#clock.monotonicMs() - this.#sinceMs > TRIAL_STRETCH_MS ? this.pause() : undefined;
  }
}

/**
 * What slices of one load have taken and not given back. Garbage that is collected between two slices would stay counted,
 * so the heap as a whole must have grown as much.
 */
class MemoryGauge {
  readonly #startBytes = usedBytes();
  #takenBytes = 0;

  around<T>(slice: () => T): T {
    const before = usedBytes();
    try {
      return slice();
    } finally {
      this.#takenBytes = Math.max(0, this.#takenBytes + usedBytes() - before);
    }
  }

  /** Whether it took more than TRIAL_MEMORY_BYTES_MAX. */
  get isOver(): boolean {
    if (this.#takenBytes <= TRIAL_MEMORY_BYTES_MAX) return false;
    return usedBytes() - this.#startBytes > TRIAL_MEMORY_BYTES_MAX;
  }
}

function usedBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

/** A process that is in no table. */
function contextOf(entry: Entry): ProcessContext {
  const wake = (): void => {};
  return {
    pid: toPid('trial', 0),
    hostId: 'trial',
    role: entry.kind === 'function.lua' ? 'call' : 'process',
    mailbox: new Mailbox({ wake }, 0),
    ambient: EMPTY_AMBIENT,
    attachment: undefined,
    isDoomed: false,
    wake,
  };
}

function sourceOf(entry: Entry): string {
  const { source } = entry.data;
  return typeof source === 'string' ? source : '';
}

/** A place in the source of an entry: in its file, or, written inline, the field. */
function positionIn(entry: Entry, line: number, column: number): Position | undefined {
  const file = entry.origin?.files.get('source');
  if (entry.origin === undefined || file === undefined) return entry.origin?.locate(['data', 'source']);
  return { file: entry.origin.show(file), line, column };
}

function cut(text: string): string {
  const short = text.slice(0, REASON_LENGTH_MAX).split('\n', REASON_LINES_MAX).join('\n');
  return short === text ? text : `${short}…`;
}

function tooMuchMemory(id: EntryId): HubError {
  return new HubError('MH_PROCESS_LOAD_FAILED', {
    message: `Cannot load '${id}': its top level takes more than ${TRIAL_MEMORY_BYTES_MAX} bytes`,
    hint: 'Do less at the top level: leave the work to the main function.',
  });
}

function methodNotFound({ id, data }: Entry): HubError {
  return new HubError('MH_PROCESS_METHOD_NOT_FOUND', {
    message: `Cannot start '${id}': method "${String(data.method)}" not found in module`,
    hint: `Return a table with a field '${String(data.method)}', return the function, or define it at the top level.`,
  });
}
