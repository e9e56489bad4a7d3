/** Where the definition files of an application are (`app-format.md` § 2). */
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { HubError } from '../base/index.ts';
import type { Draft } from './definition-file.ts';
import type { Problem } from './entry.ts';

/** One folder of definition files, or one file. */
export interface Source {
  /** Absolute. Bounds the files its entries name. */
  readonly root: string;
  /** Set when only this file counts. */
  readonly file?: string;
  /** Set for modules: marks their entries. */
  readonly module?: { claim(draft: Draft): Draft };
}

/** All sources in load order. */
export interface Sources {
  readonly sources: readonly Source[];
  readonly problems: readonly Problem[];
  /** Files that decided, e.g. the lock file. */
  readonly files: readonly string[];
}

/** Finds the sources of an application. */
export async function findSources(options: {
  readonly path?: string | undefined;
  readonly cwd: string;
}): Promise<Sources> {
  const target = path.resolve(options.cwd, options.path ?? '.');
  const status = await fs.stat(target).catch(() => undefined);
  if (status === undefined) {
    throw new HubError('MH_REGISTRY_PATH_INVALID', {
      message: `Cannot load an application: there is no file or folder "${options.path}"`,
    });
  }
  if (status.isFile()) {
    return { sources: [{ root: path.dirname(target), file: target }], problems: [], files: [] };
  }
  return { sources: [{ root: await findSourceFolder(target) }], problems: [], files: [] };
}

/** `app-format.md` 2.1, and a folder with definitions of its own is the source folder itself. */
async function findSourceFolder(folder: string): Promise<string> {
  const items = await fs.readdir(folder, { withFileTypes: true });
  if (items.some((item) => /^_index\.(ya?ml|json)$/.test(item.name))) return folder;
  const hasSrc = items.some((item) => item.name === 'src' && item.isDirectory());
  return hasSrc ? path.join(folder, 'src') : folder;
}
