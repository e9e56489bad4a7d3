/**
 * Variables (`app-format.md` § 5.4 env.*, `modules.md` § 5): declared ones with their storages, then those of
 * the operating system. Used twice: for placeholders while loading, and for the `env` module of programs.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { HubError, resolveReference } from '../../base/index.ts';
import type { ReadVariable } from '../check/placeholder.ts';
import type { Entry, EntryLookup, Mapping } from '../entry/entry.ts';
import { isMapping } from '../entry/value.ts';
import { parseVariables, writeVariable } from './environment-file.ts';
import { findPublicNames } from './public-names.ts';

/** Routers of storages behind each other; they may name each other in a circle. Beyond: such a variable is read-only. */
const STORAGE_DEPTH_MAX = 100;

/** What an environment reads from. */
export interface EnvironmentOptions {
  /** The entries as they are now; references in them may be bare. */
  readonly entries: () => EntryLookup;
  /** Variables of the operating system. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Files are relative to it. Absolute. */
  readonly cwd: string;
}

/** See `modules.md` § 5. A key is a public name, a bare entry name of the caller's namespace, or an entry ID. */
export interface Environment {
  /**
   * The value, else the variable's default; `undefined` when unset. The empty string counts as unset.
   * @throws MH_ENV_KEY_INVALID, MH_ENV_STORAGE_FAILED
   */
  get(key: string, namespace?: string): string | undefined;
  /**
   * Writes through to the storage.
   * @throws MH_ENV_KEY_INVALID, MH_ENV_NOT_FOUND, MH_ENV_READONLY, MH_ENV_VALUE_INVALID, MH_ENV_STORAGE_FAILED
   */
  set(key: string, value: string, namespace?: string): void;
  /** All set variables that have a public name. */
  getAll(): Readonly<Record<string, string>>;
}

/** Opens an environment. Values of `env.storage.memory` live as long as it does. */
export function createEnvironment(options: EnvironmentOptions): Environment {
  return new EntryEnvironment(options);
}

/** The reader of placeholders, for entries that are being decoded: what counts is how they are written. */
export function createVariables(
  entries: EntryLookup,
  environment: Readonly<Record<string, string | undefined>>,
  cwd: string,
): ReadVariable {
  const dataOf = (entry: Entry): Mapping => entry.written.data;
  const variables = new EntryEnvironment({ entries: () => entries, environment, cwd }, dataOf);
  return (name) => ({ value: variables.get(name), entryId: variables.find(name)?.id });
}

class EntryEnvironment implements Environment {
  readonly #options: EnvironmentOptions;
  readonly #memories = new Map<string, Map<string, string>>();
  readonly #files = new Map<string, CachedFile>();
  readonly #dataOf: (entry: Entry) => Mapping;

  constructor(options: EnvironmentOptions, dataOf = (entry: Entry): Mapping => entry.data) {
    this.#options = options;
    this.#dataOf = dataOf;
  }

  get(key: string, namespace?: string): string | undefined {
    const variable = this.find(key, namespace);
    return variable === undefined ? this.#system(key) : this.#read(variable);
  }

  set(key: string, value: string, namespace?: string): void {
    const variable = this.find(key, namespace);
    if (variable === undefined) {
      throw new HubError('MH_ENV_NOT_FOUND', {
        message: `Cannot set variable "${key}": no env.variable has this name or ID`,
      });
    }
    if (isReadOnly(this.#dataOf(variable))) throw readOnly(key);
    const storage = this.#storageOf(variable);
    if (storage === undefined) throw readOnly(key);
    this.#write(storage, this.#keyOf(variable), value, key);
  }

  getAll(): Readonly<Record<string, string>> {
    const all: Record<string, string> = Object.create(null);
    for (const [name, variable] of this.#publicNames()) {
      const value = this.#read(variable);
      if (value !== undefined) all[name] = value;
    }
    return all;
  }

  /** The declaration behind a key. */
  find(key: string, namespace?: string): Entry | undefined {
    if (key === '') {
      throw new HubError('MH_ENV_KEY_INVALID', { message: 'Cannot look up a variable: the name is empty' });
    }
    const named = this.#publicNames().get(key);
    if (named !== undefined) return named;
    const entry = this.#options.entries().get(resolveReference(key, namespace ?? ''));
    return entry?.kind === 'env.variable' ? entry : undefined;
  }

  #publicNames(): ReadonlyMap<string, Entry> {
    return findPublicNames(this.#options.entries().ofKind('env.variable'));
  }

  #system(name: string): string | undefined {
    const { environment } = this.#options;
    return Object.hasOwn(environment, name) ? environment[name] || undefined : undefined;
  }

  #read(variable: Entry): string | undefined {
    const storage = this.#storageOf(variable);
    const key = this.#keyOf(variable);
    const value = storage === undefined ? this.#system(key) : this.#readStorage(storage, key, []);
    return value || toText(this.#dataOf(variable).default) || undefined;
  }

  #storageOf(variable: Entry): Entry | undefined {
    const { storage } = this.#dataOf(variable);
    if (typeof storage !== 'string' || storage === '') return undefined;
    return this.#options.entries().get(resolveReference(storage, variable.namespace));
  }

  #readStorage(storage: Entry, key: string, open: readonly Entry[]): string | undefined {
    switch (storage.kind) {
      case 'env.storage.memory':
        return this.#memories.get(storage.id)?.get(key);
      case 'env.storage.static': {
        const { values } = this.#dataOf(storage);
        return isMapping(values) && Object.hasOwn(values, key) ? toText(values[key]) : undefined;
      }
      case 'env.storage.file':
        return this.#readFile(storage).get(key);
      case 'env.storage.router':
        for (const member of this.#membersOf(storage)) {
          // A router inside itself has been refused at load; at load it may still be there.
          const value = open.includes(member)
            ? undefined
            : this.#readStorage(member, key, [...open, storage]);
          if (value !== undefined && value !== '') return value;
        }
        return undefined;
      default:
        return this.#system(key);
    }
  }

  #membersOf(router: Entry): Entry[] {
    const { storages } = this.#dataOf(router);
    const names: readonly unknown[] = Array.isArray(storages) ? storages : [];
    return names.flatMap((name) => {
      const id = resolveReference(String(name), router.namespace);
      return this.#options.entries().get(id) ?? [];
    });
  }

  #write(storage: Entry, key: string, value: string, name: string, depth = 0): void {
    switch (storage.kind) {
      case 'env.storage.memory': {
        const memory = this.#memories.get(storage.id) ?? new Map<string, string>();
        this.#memories.set(storage.id, memory.set(key, value));
        return;
      }
      case 'env.storage.file':
        this.#writeFile(storage, key, value, name);
        return;
      case 'env.storage.router': {
        const [first] = this.#membersOf(storage);
        if (first === undefined || depth > STORAGE_DEPTH_MAX) throw readOnly(name);
        this.#write(first, key, value, name, depth + 1);
        return;
      }
      default:
        throw readOnly(name);
    }
  }

  /** The public name, or for a variable without one its ID (`app-format.md` § 5.4). */
  #keyOf(variable: Entry): string {
    const { variable: name } = this.#dataOf(variable);
    return typeof name === 'string' ? name : variable.id;
  }

  #pathOf(storage: Entry): string {
    return path.resolve(this.#options.cwd, String(this.#dataOf(storage).file_path));
  }

  #readFile(storage: Entry): ReadonlyMap<string, string> {
    const file = this.#pathOf(storage);
    try {
      const { mtimeMs, size, ino } = statSync(file);
      const known = this.#files.get(file);
      if (known?.mtimeMs === mtimeMs && known.size === size && known.ino === ino) return known.variables;
      const variables = parseVariables(readFileSync(file, 'utf8'));
      this.#files.set(file, { mtimeMs, size, ino, variables });
      return variables;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
      throw storageFailed('read', storage, error);
    }
  }

  /** Written beside the file and renamed over it, so that no reader ever sees half a file. */
  #writeFile(storage: Entry, key: string, value: string, name: string): void {
    const file = this.#pathOf(storage);
    const data = this.#dataOf(storage);
    let temporary: string | undefined;
    try {
      const text = readExisting(file, data.auto_create === true, toMode(data.dir_mode, 0o755));
      const written = writeVariable(text ?? '', key, value);
      if (written === undefined) {
        throw new HubError('MH_ENV_VALUE_INVALID', {
          message: `Cannot set variable "${name}": the value does not fit on one line of "${storage.id}"`,
        });
      }
      const mode = text === undefined ? toMode(data.file_mode, 0o644) : statSync(file).mode & 0o777;
      temporary = `${file}.${randomUUID()}.tmp`;
      writeFileSync(temporary, written, { mode });
      chmodSync(temporary, mode);
      renameSync(temporary, file);
      this.#files.delete(file);
    } catch (error) {
      if (temporary !== undefined) rmSync(temporary, { force: true });
      throw error instanceof HubError ? error : storageFailed('write', storage, error);
    }
  }
}

interface CachedFile {
  readonly mtimeMs: number;
  readonly size: number;
  readonly ino: number;
  readonly variables: ReadonlyMap<string, string>;
}

/** The text of a storage file; `undefined` when it is to be created. */
function readExisting(file: string, mayCreate: boolean, directoryMode: number): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (!mayCreate || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(path.dirname(file), { recursive: true, mode: directoryMode });
    return undefined;
  }
}

function isReadOnly(data: Mapping): boolean {
  return data.readonly === true || data.read_only === true;
}

function toText(value: Mapping[string]): string | undefined {
  return value === undefined || value === null || typeof value === 'object' ? undefined : String(value);
}

/** File modes are octal, written as text or as a YAML number whose digits are meant octal. */
function toMode(value: Mapping[string], fallback: number): number {
  const digits = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return /^(0o)?[0-7]{3,4}$/.test(digits) ? Number.parseInt(digits.replace('0o', ''), 8) : fallback;
}

function readOnly(name: string): HubError {
  return new HubError('MH_ENV_READONLY', {
    message: `Cannot set variable "${name}": it or its storage is read-only`,
  });
}

function storageFailed(action: string, storage: Entry, cause: unknown): HubError {
  return new HubError('MH_ENV_STORAGE_FAILED', {
    message: `Cannot ${action} variables of "${storage.id}": ${(cause as Error).message}`,
    cause,
  });
}
