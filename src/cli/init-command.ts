/** `moonhub init`: writes a lock file and makes the source folder (`app-format.md` § 11). */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HubError } from '../base/index.ts';
import { formatYaml } from '../registry/index.ts';
import type { Console } from './console.ts';
import { printError } from './report.ts';

/** The flags of `init`. */
export interface InitFlags {
  /** Default `./src`. */
  readonly srcDir: string;
  /** Default `.wippy`. */
  readonly modulesDir: string;
  /** Default `wippy.lock`. */
  readonly lockFile: string;
}

/** Never throws. @returns the exit code; an existing lock file is an error and stays as it is. */
export async function init(flags: InitFlags, console: Console): Promise<number> {
  const file = path.resolve(console.cwd, flags.lockFile);
  const text = formatYaml({ directories: { modules: flags.modulesDir, src: flags.srcDir } });
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
    await mkdir(path.resolve(path.dirname(file), flags.srcDir), { recursive: true });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const fact = exists ? 'it exists already' : (error as Error).message;
    printError(
      console,
      new HubError('MH_CLI_INIT_FAILED', {
        message: `Cannot write "${flags.lockFile}": ${fact}`,
        cause: error,
      }),
    );
    return 1;
  }
  console.write(`wrote ${flags.lockFile}; definitions go to ${flags.srcDir}\n`);
  return 0;
}
