/**
 * Definition files -> checked entries (`app-format.md` § 3). Everything found wrong is collected; the caller
 * decides what to do when there are errors. A loader remembers parsed files, so that a reload parses only
 * what changed.
 */
import path from 'node:path';
import { DEFINITION_BYTES_MAX, type EntryId } from '../../base/index.ts';
import { decodeDrafts } from '../check/decode.ts';
import type { KindTable } from '../check/kind-table.ts';
import { createProblem, hasErrors, sortProblems } from '../check/problem.ts';
import type { Draft } from '../entry/draft.ts';
import type { Entry, Problem } from '../entry/entry.ts';
import { createEntrySet } from '../entry/entry-set.ts';
import { createVariables } from '../variable/environment.ts';
import { countHeld, judgeAbsent, type RunningState } from './absence.ts';
import { applyOverrides, type DisableRules, dropDisabled, type Override } from './adjust.ts';
import { type DefinitionResult, readDefinition, showFile } from './definition-file.ts';
import { FileReader, isMissing, isOfSystem, readText, toReason } from './file-value.ts';
import { linkRequirements } from './link.ts';
import { claimForModule, findSources, type Source, type SourceOptions, type Sources } from './source.ts';
import { findCandidates, isInside } from './source-tree.ts';

/** What to load and how. */
export interface LoadOptions extends Pick<SourceOptions, 'lockFile' | 'replacements'> {
  /**
   * Application folder or one definition file, absolute or relative to `cwd`. Default: the application of
   * the working directory (`app-format.md` § 2).
   */
  readonly path?: string | undefined;
  /** Working directory; positions are relative to it. Absolute. */
  readonly cwd: string;
  readonly kinds: KindTable;
  /** Shown what is about to be decoded: whoever defines kinds for it does so now. Default: nobody. */
  readonly admit?: ((drafts: readonly Draft[]) => Promise<void>) | undefined;
  /** Variables of the operating system, for placeholders. Default: none. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Values put in place of written ones, in order (`app-format.md` 3.1). Default: none. */
  readonly overrides?: readonly Override[] | undefined;
  /** Entries left out (`app-format.md` 3.2). Default: none. */
  readonly disable?: DisableRules | undefined;
  /** A requirement without a value is an error (`app-format.md` 3.3). Default: a warning. */
  readonly isStrictLinking?: boolean | undefined;
}

/** The options a command line or a configuration file decides. */
export type LoadRules = Pick<
  LoadOptions,
  'lockFile' | 'replacements' | 'overrides' | 'disable' | 'isStrictLinking'
>;

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
  /**
   * @param state given by whoever follows the files of a running application: files that vanish, are emptied or cannot
   *   be read are judged with it (`absence.ts`).
   * @throws HubError MH_REGISTRY_PATH_INVALID when there is nothing to load at the path.
   */
  load(state?: RunningState): Promise<LoadResult>;
}

/** Loads once. */
export function loadDefinitions(options: LoadOptions): Promise<LoadResult> {
  return createLoader(options).load();
}

/** Makes a loader. */
export function createLoader(options: LoadOptions): Loader {
  const memory: LoaderMemory = { parsed: new Map(), texts: new Map() };
  let previous: readonly Entry[] = [];
  return {
    async load(state) {
      const result = await load(options, memory, state, previous);
      if (result.isValid) previous = result.entries;
      return result;
    },
  };
}

interface ParsedFile {
  readonly text: string;
  readonly isHeld: boolean;
  /** Where it was found. */
  readonly source: Source;
  readonly result: DefinitionResult;
}

/** What one load leaves to the next. */
interface LoaderMemory {
  /** Definition files as they were read last. */
  readonly parsed: Map<string, ParsedFile>;
  /** Texts of `file://` values as they were read last. */
  readonly texts: Map<string, string>;
}

async function load(
  options: LoadOptions,
  memory: LoaderMemory,
  state: RunningState | undefined,
  previous: readonly Entry[],
): Promise<LoadResult> {
  const { cwd, kinds, overrides = [] } = options;
  const gathered = await gather(options, memory, state);
  const problems: Problem[] = [...gathered.problems];

  const unique = dropDuplicates(gathered.drafts);
  const overridden = applyOverrides(unique.drafts, overrides);
  const enabled = dropDisabled(overridden.drafts, options.disable ?? {});
  const linked = linkRequirements(enabled, { isStrict: options.isStrictLinking === true });
  // What the user says last wins over what modules write into each other (`app-format.md` § 3).
  const still = overrides.filter(({ entryId }) => linked.drafts.some(({ id }) => id === entryId));
  const final = applyOverrides(linked.drafts, still);
  problems.push(...unique.problems, ...overridden.problems, ...linked.problems);

  await options.admit?.(final.drafts);
  const decoded = decodeDrafts(final.drafts, {
    kinds,
    openVariables: (all) => createVariables(all, options.environment ?? {}, cwd),
    previous: createEntrySet(previous),
    unreadable: gathered.unreadable,
  });
  problems.push(...decoded.problems);
  return {
    entries: decoded.entries,
    problems: sortProblems(problems),
    isValid: !hasErrors(problems),
    files: gathered.files,
    roots: gathered.roots,
  };
}

interface Gathered {
  readonly drafts: readonly Draft[];
  /** IDs of drafts a file of which could not be read. */
  readonly unreadable: ReadonlySet<string>;
  readonly problems: readonly Problem[];
  readonly files: readonly string[];
  readonly roots: readonly string[];
}

/** Reads all sources, and the modules that what was read depends on. */
async function gather(
  options: LoadOptions,
  memory: LoaderMemory,
  state: RunningState | undefined,
): Promise<Gathered> {
  const { cwd } = options;
  const { parsed, texts } = memory;
  const mayStandIn = state?.mayStandIn.bind(state) ?? (() => false);
  const held = countHeld(state);
  const found = await findSources(options);
  const problems: Problem[] = [...found.problems];
  const files = new Set<string>(found.files);
  const reader = new FileReader({ texts, mayStandIn });
  const drafts: Draft[] = [];
  const unreadable = new Set<string>();
  const seen = new Set<string>();
  const sources = [...found.sources];
  const components = new Set<string>(sources.flatMap(({ module }) => module?.name ?? []));
  const take = async (draft: Draft): Promise<void> => {
    const inlined = await reader.inline(draft);
    problems.push(...inlined.problems);
    if (inlined.problems.length > 0) unreadable.add(draft.id);
    drafts.push(inlined.draft);
    const dependency = await findDependency(draft, components, found);
    if (dependency?.source !== undefined) sources.push(dependency.source);
    if (dependency?.problem !== undefined) problems.push(dependency.problem);
  };
  // The list grows while it is walked: a module may depend on further modules.
  for (const source of sources) {
    for (const file of source.file === undefined ? await findCandidates(source.root) : [source.file]) {
      if (seen.has(file) || belongsToOther(file, source, sources)) continue;
      seen.add(file);
      const candidate = { file, source, cwd, entriesHeld: held.get(file) ?? 0, mayStandIn };
      const definition = await readCandidate(candidate, parsed);
      if (definition.drafts.length > 0 || definition.problems.length > 0) files.add(file);
      problems.push(...definition.problems);
      for (const draft of claim(definition.drafts, source)) await take(draft);
    }
  }
  if (state !== undefined) {
    const draftsOf = (file: string): readonly Draft[] | undefined => {
      const known = parsed.get(file);
      return known === undefined ? undefined : claim(known.result.drafts, known.source);
    };
    const declared = new Set(drafts.map(({ id }) => id));
    const absence = await judgeAbsent({ state, held, seen, sources, cwd, draftsOf, declared });
    for (const draft of absence.drafts) await take(draft);
    problems.push(...absence.problems);
    for (const file of absence.files) files.add(file);
  }
  for (const file of parsed.keys()) if (!seen.has(file) && !held.has(file)) parsed.delete(file);
  for (const file of texts.keys()) if (!reader.files.has(file)) texts.delete(file);
  if (drafts.length === 0 && problems.length === 0) problems.push(nothingFound(found, cwd));
  return {
    drafts,
    unreadable,
    problems,
    files: [...files, ...reader.files],
    roots: [...new Set(sources.flatMap(({ root, file }) => (file === undefined ? [root] : [])))],
  };
}

function claim(drafts: readonly Draft[], { module }: Source): readonly Draft[] {
  return module === undefined ? drafts : claimForModule(drafts, module);
}

/** An empty application is legal, but hardly ever what was meant. */
function nothingFound({ sources }: Sources, cwd: string): Problem {
  const places = sources.map(({ root, file }) => showFile(file ?? root, cwd));
  const reason = `no entries found in ${places.join(', ')}`;
  const hint = 'definition files are called _index.yaml';
  return { severity: 'warning', position: undefined, entryId: undefined, field: undefined, reason, hint };
}

/** A module may lie inside the folder of the application; its files are its own. */
function belongsToOther(file: string, source: Source, sources: readonly Source[]): boolean {
  return sources.some(
    ({ root }) => root !== source.root && isInside(root, source.root) && isInside(file, root),
  );
}

/** `app-format.md` 2.4: a component nobody listed may still be vendored; else its requirements stay unlinked. */
async function findDependency(
  draft: Draft,
  components: Set<string>,
  found: Sources,
): Promise<{ source?: Source; problem?: Problem } | undefined> {
  const { component, version } = draft.data;
  if (draft.kind !== 'ns.dependency' || typeof component !== 'string' || components.has(component)) {
    return undefined;
  }
  components.add(component);
  const source = await found.findModule(component, typeof version === 'string' ? version : undefined);
  if (source !== undefined) return { source };
  const reason = `component "${component}" was found ${found.modulePlaces(component)}`;
  const place = { id: draft.id as EntryId, origin: draft.origin };
  return { problem: createProblem(place, { field: 'component', reason, severity: 'warning' }) };
}

/** A file the walk came to. */
interface Candidate {
  readonly file: string;
  readonly source: Source;
  readonly cwd: string;
  /** Entries it has in the running application. */
  readonly entriesHeld: number;
  readonly mayStandIn: RunningState['mayStandIn'];
}

async function readCandidate(
  { file, source, cwd, entriesHeld, mayStandIn }: Candidate,
  parsed: Map<string, ParsedFile>,
): Promise<DefinitionResult> {
  const shownFile = showFile(file, cwd);
  const known = parsed.get(file);
  const isHeld = entriesHeld > 0;
  try {
    const text = await readText(file, DEFINITION_BYTES_MAX);
    if (known?.text === text && known.isHeld === isHeld) return known.result;
    if (known !== undefined && isHeld && text.trim() === '' && mayStandIn(file, 'empty')) return known.result;
    const isNamed = source.file !== undefined;
    const result = readDefinition({ file, cwd, root: source.root, text, isNamed, entriesHeld });
    // Only what may stand in for it later.
    if (!hasErrors(result.problems)) parsed.set(file, { text, source, result, isHeld });
    return result;
  } catch (error) {
    if (known !== undefined && isHeld && isOfSystem(error) && mayStandIn(file, 'absent')) return known.result;
    // Removed since the folder was listed: the next load will not list it.
    if (isMissing(error)) return { drafts: [], problems: [] };
    const isOurs = isHeld || source.file !== undefined || path.basename(file).startsWith('_index.');
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
