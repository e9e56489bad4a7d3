/**
 * The process groups of one scope (`process.md` § 18): who is in which group how often, and who wants to hear of it.
 * Nothing is awaited and no receiver may call back, so what `members` says and what a subscription made next to it
 * hears fit together without a gap.
 */
import { GROUP_JOINS_MAX, HubError } from '../../base/index.ts';

/** What happened to a group. `members` names who joined or left, repeated per join; shared, never changed. */
export interface GroupEvent {
  readonly kind: 'member.joined' | 'member.left';
  readonly group: string;
  readonly members: readonly string[];
}

/** Hears of changes, in their order. Must not change the scope. */
export type GroupReceiver = (event: GroupEvent) => void;

/** How much a scope may hold; 0 = any number. */
export interface GroupLimits {
  readonly groupsMax: number;
  /** Joins count, as in the list of members. */
  readonly membersMax: number;
}

/** A group somebody is in. */
interface Group {
  /** How often each member joined, in the order of their first joins. */
  readonly joins: Map<string, number>;
  /** Sum of `joins`. */
  size: number;
}

/** See the head of the file. Members are PIDs. */
export class GroupScope {
  readonly id: string;
  /** May change while the scope is in use; who is in stays in. */
  limits: GroupLimits;
  readonly #groups = new Map<string, Group>();
  readonly #groupsOf = new Map<string, Set<string>>();
  readonly #receivers = new Map<string, Set<GroupReceiver>>();
  readonly #receiversOfAll = new Set<GroupReceiver>();

  constructor(id: string, limits: GroupLimits) {
    this.id = id;
    this.limits = limits;
  }

  /** Names of the groups that have members, oldest first. */
  get groups(): readonly string[] {
    return [...this.#groups.keys()];
  }

  /** Number of members of a group, each counted per join. */
  sizeOf(group: string): number {
    return this.#groups.get(group)?.size ?? 0;
  }

  /** Number of receivers that hear of a change of this group. */
  audienceOf(group: string): number {
    return (this.#receivers.get(group)?.size ?? 0) + this.#receiversOfAll.size;
  }

  /** Members of a group in the order of their first joins, repeated per join; empty for an unknown group. */
  members(group: string): readonly string[] {
    const members: string[] = [];
    for (const [member, count] of this.#groups.get(group)?.joins ?? []) {
      for (let i = 0; i < count; i++) members.push(member);
    }
    return members;
  }

  /**
   * Puts a member into groups, once more for each time a group is named; one event per name.
   * @throws MH_PG_FULL; nobody joined anything then.
   */
  join(groups: readonly string[], member: string): void {
    this.#requireRoom(groups, member);
    for (const name of groups) {
      this.#add(name, member);
      this.#tell({ kind: 'member.joined', group: name, members: [member] });
    }
  }

  /**
   * Undoes one join for each time a group is named; groups it is not in are passed over.
   * @throws MH_PG_NOT_MEMBER when it is in none of them.
   */
  leave(groups: readonly string[], member: string): void {
    if (!groups.some((name) => this.#groupsOf.get(member)?.has(name) === true))
      throw notMember(groups, member);
    for (const name of groups) {
      if (this.#remove(name, member, 1) > 0) {
        this.#tell({ kind: 'member.left', group: name, members: [member] });
      }
    }
  }

  /** Takes a member out of everything, one event per group. Nothing happens when it is in none. */
  leaveAll(member: string): void {
    for (const name of [...(this.#groupsOf.get(member) ?? [])]) {
      const count = this.#remove(name, member, Number.POSITIVE_INFINITY);
      this.#tell({ kind: 'member.left', group: name, members: Array<string>(count).fill(member) });
    }
  }

  /**
   * Tells `receive` of every change from now on: receivers of the group first, then those of all groups, each in
   * the order they subscribed.
   * @param group need not exist yet; `undefined` = all groups.
   * @returns ends it; nothing is received afterwards.
   */
  subscribe(group: string | undefined, receive: GroupReceiver): () => void {
    // A wrapper, so that subscribing one function twice is two subscriptions.
    const receiver: GroupReceiver = (event) => receive(event);
    if (group === undefined) {
      this.#receiversOfAll.add(receiver);
      return () => void this.#receiversOfAll.delete(receiver);
    }
    const receivers = this.#receivers.get(group) ?? new Set();
    this.#receivers.set(group, receivers.add(receiver));
    return () => {
      // An emptied set leaves the table: ending twice must not take a later one with it.
      if (!receivers.delete(receiver) || receivers.size > 0) return;
      this.#receivers.delete(group);
    };
  }

  #requireRoom(groups: readonly string[], member: string): void {
    const { groupsMax, membersMax } = this.limits;
    const wanted = new Map<string, number>();
    for (const name of groups) wanted.set(name, (wanted.get(name) ?? 0) + 1);
    let groupCount = this.#groups.size;
    for (const [name, count] of wanted) {
      const group = this.#groups.get(name);
      if (group === undefined) groupCount++;
      if ((group?.joins.get(member) ?? 0) + count > GROUP_JOINS_MAX) {
        throw full(`join '${name}' again`, `a process can be in a group ${GROUP_JOINS_MAX} times`);
      }
      if (membersMax > 0 && (group?.size ?? 0) + count > membersMax) {
        throw full(`join '${name}'`, `a group of '${this.id}' holds ${membersMax} members at most`);
      }
    }
    if (groupsMax > 0 && groupCount > Math.max(groupsMax, this.#groups.size)) {
      throw full('open another group', `'${this.id}' holds ${groupsMax} groups at most`);
    }
  }

  #add(name: string, member: string): void {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { joins: new Map(), size: 0 };
      this.#groups.set(name, group);
    }
    group.joins.set(member, (group.joins.get(member) ?? 0) + 1);
    group.size++;
    let names = this.#groupsOf.get(member);
    if (names === undefined) {
      names = new Set();
      this.#groupsOf.set(member, names);
    }
    names.add(name);
  }

  /** Undoes up to `countMax` joins. @returns how many it undid */
  #remove(name: string, member: string, countMax: number): number {
    const group = this.#groups.get(name);
    const joined = group?.joins.get(member);
    if (group === undefined || joined === undefined) return 0;
    const count = Math.min(joined, countMax);
    group.size -= count;
    if (count < joined) {
      group.joins.set(member, joined - count);
      return count;
    }
    group.joins.delete(member);
    if (group.size === 0) this.#groups.delete(name);
    const names = this.#groupsOf.get(member);
    names?.delete(name);
    if (names?.size === 0) this.#groupsOf.delete(member);
    return count;
  }

  #tell(event: GroupEvent): void {
    for (const receive of this.#receivers.get(event.group) ?? []) receive(event);
    for (const receive of this.#receiversOfAll) receive(event);
  }
}

function full(verb: string, fact: string): HubError {
  return new HubError('MH_PG_FULL', {
    message: `Cannot ${verb}: ${fact}`,
    hint: 'Try again when somebody has left, or raise max_groups or max_members_per_group of the scope.',
  });
}

function notMember(groups: readonly string[], member: string): HubError {
  const names = groups.length === 1 ? `'${groups[0]}'` : `any of ${groups.length} groups`;
  return new HubError('MH_PG_NOT_MEMBER', { message: `Cannot leave ${names}: '${member}' is not a member` });
}
