/** Examples that come with the package, found under the names the README uses. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json, two folders up from `src/cli` and from `dist/cli` alike. */
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

/**
 * A path below `registry/` that is not in the working directory, in the package if it is there.
 * @returns the path as given, or an absolute one.
 */
export function findExample(given: string | undefined, cwd: string): string | undefined {
  if (given === undefined || existsSync(path.resolve(cwd, given))) return given;
  const relative = path.normalize(given).replaceAll('\\', '/');
  if (!relative.startsWith('registry/')) return given;
  const example = path.join(PACKAGE, relative);
  return existsSync(example) ? example : given;
}
