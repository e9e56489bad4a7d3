/** The scopes of one hub: entries of kind `pg.scope`, opened when first used (`app-format.md` § 5.4). */
import { EVENT_BUFFER_MAX, HubError, type Pid } from '../../base/index.ts';
import { tailRefusal, type UnitContext } from '../../lua/index.ts';
import type { Entry, EntryLookup, KindDefinition } from '../../registry/index.ts';
import { GroupScope } from './group-scope.ts';

/** The kind of scopes of process groups. */
export const PG_SCOPE_KIND: KindDefinition = {
  kind: 'pg.scope',
  summary: 'Scope of process groups',
  hasLifecycle: true,
  schema: {
    type: 'object',
    properties: {
      max_groups: { type: 'integer', minimum: 0, default: 0, description: 'a number of groups, 0 = any' },
      max_members_per_group: {
        type: 'integer',
        minimum: 0,
        default: 0,
        description: 'a number of joins, 0 = any',
      },
      monitor_buffer: {
        type: 'integer',
        minimum: 1,
        maximum: 65_536,
        default: EVENT_BUFFER_MAX,
        description: 'a number of events',
      },
    },
  },
};

/** A scope and what its entry says beside its limits. */
export interface OpenScope {
  readonly scope: GroupScope;
  /** Events a subscription keeps in its channel. */
  readonly monitorBuffer: number;
}

/** Finds scopes by entry ID. Groups live as long as the entry of their scope; a changed entry changes its limits. */
export class GroupScopes {
  readonly #entries: () => EntryLookup;
  readonly #open = new Map<string, OpenScope & { readonly entry: Entry }>();
  /** Processes whose end is watched because an upgrade closed the code that had joined. */
  readonly #watched = new Set<Pid>();

  constructor(entries: () => EntryLookup) {
    this.#entries = entries;
  }

  /** @throws MH_PG_SCOPE_NOT_FOUND */
  get(id: string): OpenScope {
    const known = this.#open.get(id);
    const entry = this.#entries().get(id);
    if (entry === undefined || entry.kind !== PG_SCOPE_KIND.kind) {
      this.#open.delete(id);
      throw new HubError('MH_PG_SCOPE_NOT_FOUND', {
        message: `Cannot open scope '${id}': ${entry === undefined ? 'not found' : `its kind is '${entry.kind}'`}`,
      });
    }
    if (known?.entry === entry) return known;
    const limits = {
      groupsMax: numberOr(entry.data.max_groups, 0),
      membersMax: numberOr(entry.data.max_members_per_group, 0),
    };
    const scope = known?.scope ?? new GroupScope(id, limits);
    scope.limits = limits;
    const opened = { entry, scope, monitorBuffer: numberOr(entry.data.monitor_buffer, EVENT_BUFFER_MAX) };
    this.#open.set(id, opened);
    return opened;
  }

  /**
   * Sees to it that the program leaves everything when it ends (`process.md` § 18.2). Call it before a join.
   * @throws MH_LUA_CALL_ENDED in the background tail of a function call, which has ended already
   */
  leaveAtEnd(unit: UnitContext): void {
    if (unit.isInTail) throw tailRefusal('join a group');
    unit.local(this, () => unit.onMainEnd(() => this.#codeClosed(unit)));
  }

  /** An upgrade closes the code under a PID that lives on, and so do its memberships (`process.md` § 12.4). */
  #codeClosed(unit: UnitContext): void {
    const { pid } = unit.context;
    const { system } = unit.runtime;
    if (unit.isInTail || !system.isAlive(pid)) {
      this.#leaveAll(pid);
      return;
    }
    if (this.#watched.has(pid)) return;
    this.#watched.add(pid);
    system.watch(pid, () => {
      this.#watched.delete(pid);
      this.#leaveAll(pid);
    });
  }

  #leaveAll(pid: Pid): void {
    for (const { scope } of this.#open.values()) scope.leaveAll(pid);
  }
}

function numberOr(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}
