/** Finds definition file candidates below a folder (`app-format.md` 1.1, 1.2). */
import { type Dirent, promises as fs } from 'node:fs';
import path from 'node:path';
import { HubError, SOURCE_TREE_ITEMS_MAX } from '../../base/index.ts';

const CANDIDATE = /\.(ya?ml|json)$/;

/**
 * Absolute paths of `*.yaml`, `*.yml` and `*.json` below `root`, in lexical order. Skips `node_modules`,
 * directories starting with `.`, unreadable directories and symlinks that leave the root or return to a
 * directory being walked.
 * @throws MH_REGISTRY_PATH_INVALID when the tree is too large to be an application.
 */
export async function findCandidates(root: string): Promise<string[]> {
  const found: string[] = [];
  const realRoot = await fs.realpath(root);
  let itemsLeft = SOURCE_TREE_ITEMS_MAX;

  const walk = async (directory: string, openDirectories: readonly string[]): Promise<void> => {
    for (const item of await readDirectory(directory)) {
      if (--itemsLeft < 0) {
        throw new HubError('MH_REGISTRY_PATH_INVALID', {
          message: `Cannot load "${root}": it holds more than ${SOURCE_TREE_ITEMS_MAX} files`,
          hint: 'Name the application folder: moonhub run PATH.',
        });
      }
      const file = path.join(directory, item.name);
      const target = await resolveItem(item, file, realRoot);
      if (target === undefined) continue;
      if (!target.isDirectory) {
        if (CANDIDATE.test(item.name)) found.push(file);
      } else if (item.name !== 'node_modules' && !item.name.startsWith('.')) {
        if (!openDirectories.includes(target.realPath))
          await walk(file, [...openDirectories, target.realPath]);
      }
    }
  };
  await walk(root, [realRoot]);
  return found;
}

/** A directory that cannot be read, or vanished while we walked, holds nothing for us. */
async function readDirectory(directory: string): Promise<Dirent[]> {
  try {
    const items = await fs.readdir(directory, { withFileTypes: true });
    return items.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

async function resolveItem(
  item: Dirent,
  file: string,
  realRoot: string,
): Promise<{ isDirectory: boolean; realPath: string } | undefined> {
  if (item.isFile()) return { isDirectory: false, realPath: file };
  // The parent may have been reached through a link, so `file` itself is not canonical.
  if (!item.isDirectory() && !item.isSymbolicLink()) return undefined;
  try {
    const realPath = await fs.realpath(file);
    if (!isInside(realPath, realRoot)) return undefined;
    const status = await fs.stat(realPath);
    if (!status.isDirectory() && !status.isFile()) return undefined;
    return { isDirectory: status.isDirectory(), realPath };
  } catch {
    return undefined;
  }
}

/** True for `directory` itself and everything below it. Compares text; pass real paths where links matter. */
export function isInside(file: string, directory: string): boolean {
  const relative = path.relative(directory, file);
  return (
    relative === '' ||
    (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative))
  );
}
