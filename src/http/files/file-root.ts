/** The root of a file system: where an `fs.directory` entry lies on disk, and names that stay below it (`http.md` F6). */
import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { HubError } from '../../base/index.ts';
import type { Entry } from '../../registry/index.ts';

/**
 * The directory of a file system: relative to the working directory, else to the definition file, else to
 * the source root; `base: module` means the source root alone. Created in the first place when `auto_init` is set and none exists.
 * @param cwd working directory of the hub, absolute.
 * @returns an absolute path without symlinks.
 * @throws MH_HTTP_DIRECTORY_NOT_FOUND
 */
export function locateRoot(entry: Entry, cwd: string): string {
  const written = String(entry.data.directory);
  const { origin } = entry;
  const own = origin === undefined ? [] : [dirname(origin.file), origin.root];
  const bases = entry.data.base === 'module' && origin !== undefined ? [origin.root] : [cwd, ...own];
  const places = isAbsolute(written) ? [written] : bases.map((base) => resolve(base, written));
  const found = places.find((place) => existsSync(place) && statSync(place).isDirectory());
  if (found !== undefined) return realpathSync(found);
  if (entry.data.auto_init === true) {
    mkdirSync(places[0]!, { recursive: true });
    return realpathSync(places[0]!);
  }
  throw new HubError('MH_HTTP_DIRECTORY_NOT_FOUND', {
    message: `Cannot open directory "${written}" of "${entry.id}": it does not exist, looked in ${places.join(', ')}`,
    hint: 'Create it, or set "auto_init: true".',
  });
}

/**
 * Finds a file below a root.
 * @param segments decoded path segments, binary strings.
 * @returns its path without symlinks, or `undefined` when it does not exist or lies outside.
 */
export async function findBelow(root: string, segments: readonly string[]): Promise<string | undefined> {
  const names = segments.filter((segment) => segment !== '' && segment !== '.');
  for (const name of names) {
    // A separator here came percent-encoded: no file name has one.
    if (name === '..' || name.includes('\0') || name.includes('/') || name.includes('\\')) return undefined;
  }
  const wanted = join(root, ...names.map((name) => Buffer.from(name, 'latin1').toString('utf8')));
  try {
    const real = await realpath(wanted);
    return real === root || real.startsWith(root.endsWith(sep) ? root : root + sep) ? real : undefined;
  } catch {
    return undefined; // Not there, or not readable: the client learns no more than that.
  }
}
