/** The operations of a change set, carried out on paper (`app-format.md` 8.2). */
import { HubError } from '../base/index.ts';
import { toDraft } from './check/decode.ts';
import type { Draft } from './entry/draft.ts';
import { createEntry, type Entry, type EntryDefinition, type EntryLookup } from './entry/entry.ts';

/** One wish of a change set. An `Entry` from a loader is taken as it is; a definition is decoded. */
export type ChangeRequest =
  | { readonly operation: 'create'; readonly entry: EntryDefinition | Entry }
  | { readonly operation: 'update'; readonly entry: EntryDefinition | Entry }
  | { readonly operation: 'delete'; readonly id: string };

/** How operations are judged. */
export interface PendingOptions {
  /** The version the set was made from. */
  readonly base: number;
  /** The version it meets. */
  readonly version: number;
  /** create and update both mean "make it so", delete means "see that it is gone". */
  readonly isForced: boolean;
}

/** What a request brings in. */
export function toAdmitted(request: ChangeRequest): Pick<Entry, 'kind' | 'data' | 'meta'>[] {
  return request.operation === 'delete' ? [] : [readEntry(request)];
}

/** See the head of the file. */
export class PendingChanges {
  readonly #current: EntryLookup;
  readonly #options: PendingOptions;
  readonly #drafts = new Map<string, Draft | undefined>();
  readonly #decoded = new Map<string, Entry>();

  constructor(current: EntryLookup, options: PendingOptions) {
    this.#current = current;
    this.#options = options;
  }

  /** What has changed; `undefined` = the entry goes. */
  get drafts(): ReadonlyMap<string, Draft | undefined> {
    return this.#drafts;
  }

  /** The decoded entry that is known by this ID: one that came as such, else that of before. */
  get(id: string): Entry | undefined {
    return this.#decoded.get(id) ?? this.#current.get(id);
  }

  /**
   * Carries out one request.
   * @returns false when the entry it needs is not there (yet).
   * @throws MH_REGISTRY_ENTRY_EXISTS, MH_REGISTRY_ENTRY_INVALID
   */
  take(request: ChangeRequest): boolean {
    const { isForced } = this.#options;
    if (request.operation === 'delete') {
      const isThere = this.#find(request.id) !== undefined;
      if (isThere) this.#drafts.set(request.id, undefined);
      return isThere || isForced;
    }
    const entry = readEntry(request);
    const existing = this.#find(entry.id);
    if (!isForced && request.operation === 'update') {
      if (existing === undefined) return false;
      if (existing.kind !== entry.kind) throw this.#otherKind(entry, existing.kind);
    }
    if (!isForced && request.operation === 'create' && existing !== undefined) throw this.#exists(entry.id);
    this.#drafts.set(entry.id, toDraft(entry));
    if ('written' in request.entry) this.#decoded.set(entry.id, request.entry);
    return true;
  }

  /** Why a request cannot be carried out at all. */
  missing(request: ChangeRequest): HubError {
    const id = request.operation === 'delete' ? request.id : request.entry.id;
    return new HubError('MH_REGISTRY_ENTRY_NOT_FOUND', {
      message: `Cannot ${request.operation} entry "${id}": there is no such entry${this.#sinceBase()}`,
    });
  }

  #find(id: string): Pick<Entry, 'kind'> | undefined {
    return this.#drafts.has(id) ? this.#drafts.get(id) : this.#current.get(id);
  }

  #exists(id: string): HubError {
    return new HubError('MH_REGISTRY_ENTRY_EXISTS', {
      message: `Cannot create entry "${id}": it exists already${this.#sinceBase()}`,
    });
  }

  #otherKind({ id, kind }: Entry, present: string): HubError {
    return new HubError('MH_REGISTRY_ENTRY_INVALID', {
      message: `Cannot update entry "${id}": its kind is ${present}, got ${kind}${this.#sinceBase()}`,
      hint: 'Delete and create it in one change set to change the kind.',
    });
  }

  /** What others did meanwhile may be the reason. */
  #sinceBase(): string {
    const { base, version } = this.#options;
    return base === version ? '' : ` at v${version}, the change set was made from v${base}`;
  }
}

function readEntry(request: Exclude<ChangeRequest, { operation: 'delete' }>): Entry {
  return 'written' in request.entry ? request.entry : createEntry(request.entry);
}
