/**
 * Definition files that the running application was made of and the walk does not find any more (`app-format.md` 8.6).
 * Editors and tools take files away for a moment; a folder may be moved, a volume be swapped. So for a while a file
 * is taken as it was read last, except for entries that are declared somewhere else by now. Then one that is gone is
 * gone, and one that is there and cannot be read is a mistake, not a wish to delete.
 */
import { promises as fs } from 'node:fs';
import type { Draft } from '../entry/draft.ts';
import type { Entry, Problem } from '../entry/entry.ts';
import { showFile } from './definition-file.ts';
import { isMissing, toReason } from './file-value.ts';
import type { Source } from './source.ts';
import { isInside } from './source-tree.ts';

/** The application as it runs, for a load that is to follow its files. */
export interface RunningState {
  readonly entries: readonly Entry[];
  /**
   * Whether a file is taken as it was read last.
   * @param state `absent`: not there, or out of reach; `empty`: there, and nothing is in it.
   */
  mayStandIn(file: string, state: 'absent' | 'empty'): boolean;
}

/** Definition files of the running application, with the number of entries each brought. */
export function countHeld(state: RunningState | undefined): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const { origin } of state?.entries ?? [])
    if (origin !== undefined) held.set(origin.file, (held.get(origin.file) ?? 0) + 1);
  return held;
}

/** What becomes of the entries of files that were not found. */
export interface Absence {
  /** Taken as they were. */
  readonly drafts: readonly Draft[];
  readonly problems: readonly Problem[];
  readonly files: readonly string[];
}

/** Judges the held files that a walk over the sources did not come to. */
export async function judgeAbsent(options: {
  readonly state: RunningState;
  readonly held: ReadonlyMap<string, number>;
  readonly seen: ReadonlySet<string>;
  readonly sources: readonly Source[];
  readonly cwd: string;
  /** Drafts of a file as it was read last. */
  readonly draftsOf: (file: string) => readonly Draft[] | undefined;
  /** Entries that were found elsewhere. */
  readonly declared: ReadonlySet<string>;
}): Promise<Absence> {
  const { state, held, seen, sources, cwd, draftsOf, declared } = options;
  const drafts: Draft[] = [];
  const problems: Problem[] = [];
  const files: string[] = [];
  for (const [file, count] of held) {
    // One outside every source is out by decision: of the lock file, or of whoever disabled its module.
    if (seen.has(file) || !sources.some((source) => isInside(file, source.root))) continue;
    files.push(file);
    const earlier = draftsOf(file)?.filter(({ id }) => !declared.has(id));
    if (earlier?.length === 0) continue;
    if (earlier !== undefined && state.mayStandIn(file, 'absent')) drafts.push(...earlier);
    else {
      const fact = await whyUnreachable(file);
      if (fact !== undefined) problems.push(unreachable(file, count, fact, cwd));
    }
  }
  return { drafts, problems, files };
}

/** @returns `undefined` when it is gone. */
async function whyUnreachable(file: string): Promise<string | undefined> {
  try {
    const status = await fs.stat(file);
    if (status.isDirectory()) return 'it is a folder now';
    return 'it is out of reach: a link out of the source root, or in a folder that cannot be listed';
  } catch (error) {
    return isMissing(error) ? undefined : toReason(error);
  }
}

function unreachable(file: string, count: number, fact: string, cwd: string): Problem {
  return {
    severity: 'error',
    position: { file: showFile(file, cwd), line: 1, column: 1 },
    entryId: undefined,
    field: undefined,
    reason: `cannot read file, and ${count} ${count === 1 ? 'entry' : 'entries'} of the running application came from it: ${fact}`,
    hint: 'delete it to remove them',
  };
}
