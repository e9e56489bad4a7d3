/** `file://…` values: found inside the source root, read as UTF-8 (`app-format.md` 1.12-1.16). */
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { SOURCE_BYTES_MAX } from '../../base/index.ts';
import { createProblem } from '../check/problem.ts';
import type { Draft } from '../entry/draft.ts';
import type { Mapping, Origin, Problem } from '../entry/entry.ts';
import { forEachString, type Path, setAt } from '../entry/value.ts';
import { isInside } from './source-tree.ts';

const SCHEME = 'file://';

/** What was read before, and whether it may stand in for what is not there now. */
export interface FileMemory {
  /** Text of files as they were read last, by path. */
  readonly texts: Map<string, string>;
  /** @returns whether the text that was read last is taken instead. */
  mayStandIn(file: string, state: 'absent' | 'empty'): boolean;
}

/** Reads files of one load; each file once. */
export class FileReader {
  readonly #memory: FileMemory;
  readonly #texts = new Map<string, Promise<string>>();
  readonly #realPaths = new Map<string, Promise<string>>();
  readonly #files = new Set<string>();

  constructor(memory: FileMemory = NO_MEMORY) {
    this.#memory = memory;
  }

  /** Absolute paths of all files read or looked for. */
  get files(): ReadonlySet<string> {
    return this.#files;
  }

  /** Replaces every `file://` value of a draft by the file's content. */
  async inline(draft: Draft): Promise<{ draft: Draft; problems: Problem[] }> {
    const { origin } = draft;
    const places: { field: string; steps: Path; reference: string }[] = [];
    if (origin === undefined) return { draft, problems: [] };
    const visit = (text: string, steps: Path): void => {
      if (!text.startsWith(SCHEME)) return;
      const field = steps[0] === 'data' ? steps.slice(1).join('.') : steps.join('.');
      places.push({ field, steps, reference: text.slice(SCHEME.length) });
    };
    forEachString(draft.data, visit, ['data']);
    forEachString(draft.meta, visit, ['meta']);
    if (places.length === 0) return { draft, problems: [] };

    const problems: Problem[] = [];
    const files = new Map<string, string>();
    let whole = { data: draft.data, meta: draft.meta } as unknown as Mapping;
    for (const { field, steps, reference } of places) {
      const top = draft.module === undefined ? undefined : origin.root;
      const found = await this.#read(reference, origin, top);
      if ('reason' in found) {
        problems.push(createProblem({ id: draft.id as never, origin }, { field, reason: found.reason }));
      } else {
        files.set(field, found.file);
        whole = setAt(whole, steps, found.text) as Mapping;
      }
    }
    const { data, meta } = whole as unknown as Pick<Draft, 'data' | 'meta'>;
    return { draft: { ...draft, data, meta, origin: { ...origin, files } }, problems };
  }

  async #read(
    reference: string,
    origin: Origin,
    top: string | undefined,
  ): Promise<{ file: string; text: string } | { reason: string }> {
    if (reference.includes('\0')) return { reason: 'path traversal: the path holds a NUL byte' };
    const isRooted = reference.startsWith('/');
    const relative = reference.replace(/^\/+/, '');
    if (relative === '') return { reason: 'path traversal: the path is empty' };
    const directory = path.dirname(origin.file);
    const first = path.resolve(isRooted ? origin.root : directory, relative);
    if (!isInside(first, origin.root))
      return { reason: `path traversal: "${reference}" leaves the source root` };

    const tried: string[] = [];
    const candidates = [{ file: first, jail: origin.root }, ...(await luaFolders(relative, directory, top))];
    for (const { file, jail } of candidates) {
      this.#files.add(file);
      tried.push(origin.show(file));
      try {
        // A link may point out of the jail although its name lies inside.
        const [realFile, realJail] = await Promise.all([this.#realPath(file), this.#realPath(jail)]);
        if (!isInside(realFile, realJail)) {
          return { reason: `path traversal: "${reference}" is a link that leaves the source root` };
        }
        return { file, text: this.#remembered(file, await this.#text(realFile)) };
      } catch (error) {
        const earlier = isOfSystem(error) ? this.#memory.texts.get(file) : undefined;
        if (earlier !== undefined && this.#memory.mayStandIn(file, 'absent')) return { file, text: earlier };
        if (!isMissing(error)) return { reason: `cannot read file "${reference}": ${toReason(error)}` };
      }
    }
    return { reason: `file "${reference}" not found, tried ${tried.join(' and ')}` };
  }

  /** The text, or, of a file that was just emptied, what it was: whoever empties it usually writes it then. */
  #remembered(file: string, text: string): string {
    const { texts } = this.#memory;
    const earlier = texts.get(file);
    if (text.trim() === '' && earlier !== undefined && this.#memory.mayStandIn(file, 'empty')) return earlier;
    texts.set(file, text);
    return text;
  }

  #realPath(file: string): Promise<string> {
    return remember(this.#realPaths, file, () => fs.realpath(file));
  }

  #text(file: string): Promise<string> {
    return remember(this.#texts, file, () => readText(file, SOURCE_BYTES_MAX));
  }
}

/** Nothing was read before. */
const NO_MEMORY: FileMemory = {
  texts: new Map(),
  mayStandIn: () => false,
};

/** True for what the operating system says about a file, false for what we say about its content. */
export function isOfSystem(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code !== undefined;
}

/**
 * Where a file not found beside its definition is looked for: the `lua/` folders of the directory and of those above it,
 * nearest first, wherever the program was started. A directory that all users share, such as `/tmp`, ends the search: what
 * lies there may be anybody's.
 * @param top the search ends here: a module sees its own files only. Default: the root of the file system.
 */
async function luaFolders(
  relative: string,
  directory: string,
  top: string | undefined,
): Promise<{ file: string; jail: string }[]> {
  const folders: { file: string; jail: string }[] = [];
  for (let current = directory; folders.length < PARENTS_MAX; current = path.dirname(current)) {
    if (current !== directory && (await isShared(current))) break;
    const jail = path.join(current, 'lua');
    const file = path.resolve(jail, relative);
    if (isInside(file, jail) && file !== jail) folders.push({ file, jail });
    if (current === top || current === path.dirname(current)) break;
  }
  return folders;
}

/** Directories above a definition file that are searched. */
const PARENTS_MAX = 64;

/** Everybody may write there and only owners may delete: the sticky bit of POSIX, which Windows does not have. */
async function isShared(directory: string): Promise<boolean> {
  const status = await fs.stat(directory).catch(() => undefined);
  return status !== undefined && (status.mode & SHARED) === SHARED;
}

const SHARED = 0o1002;

/**
 * Reads a file as UTF-8 without its byte order mark.
 * @throws a node error, or an Error saying that the file is too large or not UTF-8.
 */
export async function readText(file: string, bytesMax: number): Promise<string> {
  const status = await fs.stat(file);
  // A named pipe or a device would be waited for without end.
  if (!status.isFile()) throw new Error(status.isDirectory() ? 'it is a directory' : 'it is no regular file');
  if (status.size > bytesMax) throw new Error(`it is larger than ${bytesMax} bytes`);
  const bytes = await fs.readFile(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('it is not UTF-8 text');
  }
}

/** True for "there is no such file". */
export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** What went wrong with a file, without its path and system call. */
export function toReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'ELOOP') return 'its symbolic links form a loop';
  if (code === 'ENAMETOOLONG') return 'the path is too long';
  return code === undefined ? message : `${code.toLowerCase()} ${message.split(',')[0]}`;
}

function remember<T>(memory: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const made = make();
  memory.set(key, made);
  return made;
}
