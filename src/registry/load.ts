/**
 * Definition files -> checked entries (`app-format.md` § 3). Everything found wrong is collected; the caller
 * decides what to do when there are errors. A loader remembers parsed files, so that a reload parses only
 * what changed.
 */
import path from 'node:path';
import { DEFINITION_BYTES_MAX } from '../base/index.ts';
import { decodeDrafts } from './decode.ts';
import { type DefinitionResult, type Draft, readDefinition, showFile } from './definition-file.ts';
import type { Entry, Problem } from './entry.ts';
import { createEntrySet } from './entry-set.ts';
import { createVariables } from './environment.ts';
import { FileReader, isMissing, readText, toReason } from './file-value.ts';
import type { KindTable } from './kind-table.ts';
import { hasErrors, sortProblems } from './problem.ts';
import { findSources, type Source } from './source.ts';
import { findCandidates } from './source-tree.ts';

/** What to load and how. */
export interface LoadOptions {
  /**
   * Application folder or one definition file, absolute or relative to `cwd`. Default: the application of
   * the working directory (`app-format.md` § 2).
   */
  readonly path?: string | undefined;
  /** Working directory; positions are relative to it. Absolute. */
  readonly cwd: string;
  readonly kinds: KindTable;
  /** Variables of the operating system, for placeholders. Default: none. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** What the files came to. */
export interface LoadResult {
  /** Sorted by load order; usable only when no problem is an error. */
  readonly entries: readonly Entry[];
  /** Sorted by file, line and column. */
  readonly problems: readonly Problem[];
  /** No problem is an error. */
  readonly isValid: boolean;
  /** Absolute paths of all files that were read or looked for. */
  readonly files: readonly string[];
  /** Absolute paths of the directories searched for definition files; none when one file was named. */
  readonly roots: readonly string[];
}

/** Loads the same application any number of times. */
export interface Loader {
  /** @throws HubError MH_REGISTRY_PATH_INVALID when there is nothing to load at the path. */
  load(): Promise<LoadResult>;
}

/** Loads once. */
export function loadDefinitions(options: LoadOptions): Promise<LoadResult> {
  return createLoader(options).load();
}

/** Makes a loader. */
export function createLoader(options: LoadOptions): Loader {
  const parsed = new Map<string, ParsedFile>();
  let previous: readonly Entry[] = [];
  return {
    async load() {
      const result = await load(options, parsed, previous);
      if (result.isValid) previous = result.entries;
      return result;
    },
  };
}

interface ParsedFile {
  readonly text: string;
  readonly result: DefinitionResult;
}

async function load(
  options: LoadOptions,
  parsed: Map<string, ParsedFile>,
  previous: readonly Entry[],
): Promise<LoadResult> {
  const { cwd, kinds } = options;
  const sources = await findSources(options);
  const problems: Problem[] = [...sources.problems];
  const files = new Set<string>(sources.files);
  const reader = new FileReader(cwd);
  const drafts: Draft[] = [];
  const seen = new Set<string>();
  for (const source of sources.sources) {
    for (const file of source.file === undefined ? await findCandidates(source.root) : [source.file]) {
      seen.add(file);
      const definition = await readCandidate(file, source, cwd, parsed);
      if (definition.drafts.length > 0 || definition.problems.length > 0) files.add(file);
      problems.push(...definition.problems);
      for (const draft of definition.drafts) {
        const inlined = await reader.inline(draft);
        problems.push(...inlined.problems);
        drafts.push(withModule(inlined.draft, source));
      }
    }
  }
  for (const file of parsed.keys()) if (!seen.has(file)) parsed.delete(file);

  const unique = dropDuplicates(drafts);
  problems.push(...unique.problems);
  const decoded = decodeDrafts(unique.drafts, {
    kinds,
    openVariables: (all) => createVariables(all, options.environment ?? {}, cwd),
    previous: createEntrySet(previous),
  });
  problems.push(...decoded.problems);
  return {
    entries: decoded.entries,
    problems: sortProblems(problems),
    isValid: !hasErrors(problems),
    files: [...files, ...reader.files],
    roots: [...new Set(sources.sources.flatMap(({ root, file }) => (file === undefined ? [root] : [])))],
  };
}

async function readCandidate(
  file: string,
  source: Source,
  cwd: string,
  parsed: Map<string, ParsedFile>,
): Promise<DefinitionResult> {
  const shownFile = showFile(file, cwd);
  try {
    const text = await readText(file, DEFINITION_BYTES_MAX);
    const known = parsed.get(file);
    if (known?.text === text) return known.result;
    const isNamed = source.file !== undefined;
    const result = readDefinition({ file, cwd, root: source.root, text, isNamed });
    parsed.set(file, { text, result });
    return result;
  } catch (error) {
    // Removed since the folder was listed: the next load will not list it.
    if (isMissing(error)) return { drafts: [], problems: [] };
    const isOurs = source.file !== undefined || path.basename(file).startsWith('_index.');
    const problem: Problem = {
      severity: isOurs ? 'error' : 'warning',
      position: { file: shownFile, line: 1, column: 1 },
      entryId: undefined,
      field: undefined,
      reason: `cannot read file: ${toReason(error)}`,
    };
    return { drafts: [], problems: [problem] };
  }
}

/** `app-format.md` 2.3. */
function withModule(draft: Draft, source: Source): Draft {
  return source.module === undefined ? draft : source.module.claim(draft);
}

/** `app-format.md` 6.1: twice in one file is an error; across files the later one wins, with a warning. */
function dropDuplicates(drafts: readonly Draft[]): { drafts: Draft[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const byId = new Map<string, Draft>();
  for (const draft of drafts) {
    const earlier = byId.get(draft.id);
    if (earlier === undefined) {
      byId.set(draft.id, draft);
      continue;
    }
    // The application comes first in load order, yet what it declares replaces what a module declares.
    const isOverride = (earlier.module === undefined) !== (draft.module === undefined);
    if (!isOverride) problems.push(duplicateProblem(earlier, draft));
    if (isOverride && earlier.module === undefined) continue;
    byId.set(draft.id, draft);
  }
  return { drafts: [...byId.values()], problems };
}

function duplicateProblem(earlier: Draft, later: Draft): Problem {
  const first = earlier.origin!.position;
  const isSameFile = earlier.origin!.file === later.origin!.file;
  const place = `${first.file}:${first.line}:${first.column}`;
  return {
    severity: isSameFile ? 'error' : 'warning',
    position: later.origin!.position,
    entryId: later.id,
    field: undefined,
    reason: isSameFile ? `declared twice, first at ${place}` : `replaces the entry declared at ${place}`,
  };
}
