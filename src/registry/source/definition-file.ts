/** One definition file -> drafts of entries (`app-format.md` § 1). Works on text; touches no disk. */
import path from 'node:path';
import { toEntryId } from '../../base/index.ts';
import { hasErrors } from '../check/problem.ts';
import type { Draft } from '../entry/draft.ts';
import type { Mapping, Origin, Position, Problem, Value } from '../entry/entry.ts';
import { describeValue, EMPTY_MAPPING, freezeMapping, isMapping, type Path } from '../entry/value.ts';
import { parseYaml, type Spot, type YamlDocument } from './yaml.ts';

/** A file to read. */
export interface DefinitionText {
  /** Absolute path. */
  readonly file: string;
  /** Working directory: messages name files relative to it. Absolute. */
  readonly cwd: string;
  /** Directory that bounds the entries' files. */
  readonly root: string;
  readonly text: string;
  /** The user named this file, so it must be a definition file. */
  readonly isNamed: boolean;
  /** Entries it has in the application that runs: to lose them all is no way to delete them (`app-format.md` 8.6). */
  readonly entriesHeld: number;
}

/** What a file came to. */
export interface DefinitionResult {
  /** In file order. Empty when the file is no definition file. */
  readonly drafts: readonly Draft[];
  readonly problems: readonly Problem[];
}

const NAMESPACE = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
const NAME = /^[A-Za-z0-9_.-]+$/;
const FILE_KEYS = new Set(['version', 'namespace', 'name', 'kind', 'meta', 'requirements']);
const ITEM_KEYS = new Set(['name', 'kind', 'meta']);

/** Reads one candidate. Candidates that are no definition files give nothing (`app-format.md` 1.3). */
export function readDefinition(source: DefinitionText): DefinitionResult {
  // Skips most foreign YAML and JSON files (data sets, lock files of package managers) without parsing them.
  if (!isOwnFile(source) && !source.text.includes('namespace')) return { drafts: [], problems: [] };
  const document = parseYaml(source.text);
  return new DefinitionReader(source, document).read();
}

/** Files of this name exist for moonhub alone: what is wrong in them is an error (`app-format.md` 1.4, 1.7). */
function isOwnFile(source: DefinitionText): boolean {
  return (
    source.isNamed || source.entriesHeld > 0 || /^_index\.(ya?ml|json)$/.test(path.basename(source.file))
  );
}

class DefinitionReader {
  readonly #source: DefinitionText;
  readonly #shownFile: string;
  readonly #document: YamlDocument;
  readonly #problems: Problem[] = [];

  constructor(source: DefinitionText, document: YamlDocument) {
    this.#source = source;
    this.#shownFile = showFile(source.file, source.cwd);
    this.#document = document;
  }

  read(): DefinitionResult {
    const drafts = this.#readDrafts();
    if (drafts.length === 0 && !hasErrors(this.#problems)) this.#checkLoss();
    return { drafts, problems: this.#problems };
  }

  /** An editor that truncates before it writes, a script that fails half-way: nobody deletes entries like this. */
  #checkLoss(): void {
    const { entriesHeld, text } = this.#source;
    const { value } = this.#document;
    const isWritten = isMapping(value) && typeof value.namespace === 'string' && Array.isArray(value.entries);
    if (entriesHeld === 0 || isWritten) return;
    const state = text.trim() === '' ? 'the file is empty' : 'no entries are written here';
    const count = `${entriesHeld} ${entriesHeld === 1 ? 'entry' : 'entries'}`;
    this.#report(0, {
      severity: 'error',
      reason: `${state}, but ${count} of the running application came from it`,
      hint: 'delete the file, or write "entries: []", to remove them',
    });
  }

  #readDrafts(): Draft[] {
    const isOurs = isOwnFile(this.#source);
    // Of a foreign file one line is enough to explain why it is skipped.
    for (const fault of isOurs ? this.#document.faults : this.#document.faults.slice(0, 1)) {
      const { severity, offset, reason, earlier } = fault;
      const first = earlier === undefined ? '' : `, first written at ${this.#formatPlace(earlier)}`;
      if (isOurs) this.#report(offset, { severity, reason: reason + first });
      else this.#report(offset, { severity: 'warning', reason: `file skipped: ${reason}${first}` });
    }
    const top = this.#document.value;
    if (top === undefined) return [];
    const namespace = isMapping(top) ? top.namespace : undefined;
    if (!isMapping(top) || typeof namespace !== 'string' || namespace === '') {
      this.#notADefinition(top, isOurs);
      return [];
    }
    if (!this.#checkHead(top, namespace)) return [];
    if (top.entries !== undefined) return this.#readList(top, namespace);
    if (top.name !== undefined && top.kind !== undefined) {
      const draft = this.#readItem(top, this.#document.spot, namespace, FILE_KEYS, undefined);
      return draft === undefined ? [] : [draft];
    }
    const severity = isOurs ? 'error' : 'warning';
    this.#report(0, { severity, reason: 'neither "entries" nor "name" and "kind" given' });
    return [];
  }

  #notADefinition(top: Value, isOurs: boolean): void {
    if (this.#source.isNamed) {
      this.#report(0, { severity: 'error', reason: 'not a definition file: no "namespace" given' });
    } else if (isOurs && isMapping(top) && top.entries !== undefined) {
      this.#report(0, { severity: 'warning', reason: 'ignored: "entries" without a "namespace"' });
    }
  }

  #checkHead(top: Mapping, namespace: string): boolean {
    if (top.version !== undefined && top.version !== '1.0' && top.version !== 1) {
      const reason = `unknown version ${describeValue(top.version)}, expected "1.0"`;
      this.#report(this.#offsetOf('version'), { severity: 'warning', reason });
    }
    if (!NAMESPACE.test(namespace)) {
      const reason = `namespace ${describeValue(namespace)} is not made of letters, digits, "_", "-" and single dots`;
      this.#report(this.#offsetOf('namespace'), { severity: 'error', reason });
      return false;
    }
    if (top.meta != null && !isMapping(top.meta)) {
      const reason = `"meta" of a file: expected a mapping, got ${describeValue(top.meta)}`;
      this.#report(this.#offsetOf('meta'), { severity: 'error', reason });
      return false;
    }
    return true;
  }

  #readList(top: Mapping, namespace: string): Draft[] {
    const spot = this.#document.spot.children?.get('entries');
    const items = top.entries ?? [];
    if (!Array.isArray(items)) {
      const reason = `"entries": expected a list, got ${describeValue(items)}`;
      this.#report(spot?.offset ?? 0, { severity: 'error', reason });
      return [];
    }
    const drafts: Draft[] = [];
    items.forEach((item: Value, index) => {
      const itemSpot = spot?.children?.get(index) ?? this.#document.spot;
      if (isMapping(item)) {
        const draft = this.#readItem(item, itemSpot, namespace, ITEM_KEYS, top.meta ?? undefined);
        if (draft !== undefined) drafts.push(draft);
      } else {
        const reason = `entry ${index + 1}: expected a mapping, got ${describeValue(item)}`;
        this.#report(itemSpot.offset, { severity: 'error', reason });
      }
    });
    return drafts;
  }

  #readItem(
    item: Mapping,
    spot: Spot,
    namespace: string,
    ownKeys: ReadonlySet<string>,
    fileMeta: Value | undefined,
  ): Draft | undefined {
    const { name, kind } = item;
    if (typeof name !== 'string' || !NAME.test(name)) {
      const reason =
        name === undefined
          ? `an entry of "${namespace}" has no "name"`
          : `name ${describeValue(name)} is not made of letters, digits, "_", "-" and "."`;
      this.#report((spot.children?.get('name') ?? spot).offset, { severity: 'error', reason });
      return undefined;
    }
    const id = toEntryId(namespace, name);
    const report = (key: string, reason: string, severity: Problem['severity'] = 'error'): undefined => {
      const offset = (spot.children?.get(key) ?? spot.children?.get('name') ?? spot).offset;
      this.#report(offset, { severity, reason, entryId: id, field: key });
    };
    if (typeof kind !== 'string' || kind === '') {
      return report('kind', kind === undefined ? 'is required' : `expected text, got ${describeValue(kind)}`);
    }
    const meta = item.meta ?? EMPTY_MAPPING;
    if (!isMapping(meta)) return report('meta', `expected a mapping, got ${describeValue(meta)}`);
    const hasDataKey = isMapping(item.data);
    const others = Object.keys(item).filter((key) => !ownKeys.has(key));
    if (hasDataKey && others.length > 1) {
      const extra = others.filter((key) => key !== 'data').map((key) => `"${key}"`);
      report(
        'data',
        `is the whole data of the entry; ${extra.join(', ')} beside it has no effect`,
        'warning',
      );
    }
    return {
      id,
      namespace,
      name,
      kind,
      meta: isMapping(fileMeta) ? mergeMeta(fileMeta, meta) : meta,
      data: hasDataKey ? (item.data as Mapping) : pick(item, others),
      origin: this.#createOrigin(spot, hasDataKey),
    };
  }

  #createOrigin(spot: Spot, hasDataKey: boolean): Origin {
    const { file, root, cwd } = this.#source;
    const shownFile = this.#shownFile;
    const { positionOf, spot: fileSpot } = this.#document;
    const toPosition = (offset: number): Position => ({ file: shownFile, ...positionOf(offset) });
    const entryOffset = (spot.children?.get('name') ?? spot).offset;
    return {
      file,
      root,
      files: NO_FILES,
      show: (other) => showFile(other, cwd),
      position: toPosition(entryOffset),
      locate(steps) {
        const inItem = steps[0] === 'data' && !hasDataKey ? steps.slice(1) : steps;
        const own = findOffset(spot, inItem);
        // A key merged in from the file's `meta` was written there.
        const shared = own === undefined && steps[0] === 'meta' ? findOffset(fileSpot, steps) : undefined;
        return toPosition(own ?? shared ?? entryOffset);
      },
    };
  }

  #offsetOf(key: string): number {
    return this.#document.spot.children?.get(key)?.offset ?? 0;
  }

  #formatPlace(offset: number): string {
    const { line, column } = this.#document.positionOf(offset);
    return `${this.#shownFile}:${line}:${column}`;
  }

  #report(
    offset: number,
    problem: {
      severity: Problem['severity'];
      reason: string;
      entryId?: string;
      field?: string;
      hint?: string;
    },
  ): void {
    const { severity, reason, entryId, field, hint } = problem;
    const position = { file: this.#shownFile, ...this.#document.positionOf(offset) };
    const base = { severity, position, entryId, field, reason };
    this.#problems.push(hint === undefined ? base : { ...base, hint });
  }
}

/** A path as messages show it: relative to the working directory. */
export function showFile(file: string, cwd: string): string {
  return path.relative(cwd, file) || file;
}

const NO_FILES: ReadonlyMap<string, string> = new Map();

/** Offset of the deepest written part of a path below the first step; `undefined` when the first step is absent. */
function findOffset(spot: Spot, steps: Path): number | undefined {
  let current = spot;
  for (const [depth, step] of steps.entries()) {
    const child = current.children?.get(step);
    if (child === undefined)
      return depth === 0 || (depth === 1 && steps[0] === 'meta') ? undefined : current.offset;
    current = child;
  }
  return current.offset;
}

function mergeMeta(shared: Mapping, own: Mapping): Mapping {
  return freezeMapping(Object.assign(Object.create(null), shared, own));
}

function pick(item: Mapping, keys: readonly string[]): Mapping {
  const data: Record<string, Value> = Object.create(null);
  for (const key of keys) data[key] = item[key] as Value;
  return freezeMapping(data);
}
