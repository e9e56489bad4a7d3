/** `require("pg")` (`modules.md` § 30, `process.md` § 18): process groups. Each method has a permission of its name. */
import { HubError } from '../../base/index.ts';
import {
  COST,
  checkString,
  checkTopic,
  copyArguments,
  defineModule,
  defineType,
  fromHost,
  type LuaModule,
  pushError,
  requirePermission,
  toArray,
  toText,
  type UnitContext,
  unitOf,
} from '../../lua/index.ts';
import {
  argumentError,
  checkHostObject,
  getTop,
  type HostFunction,
  type HostType,
  type LuaState,
  type LuaValue,
  makeText,
  pushBoolean,
  pushHostObject,
  pushNil,
  pushOwned,
  spend,
  tableFromArray,
  typeError,
  typeOf,
  valueAt,
} from '../../vm/index.ts';
import type { GroupScope } from './group-scope.ts';
import type { GroupScopes, OpenScope } from './scopes.ts';
import { GROUP_SUBSCRIPTION, GroupSubscription } from './subscription.ts';

/** Makes the `pg` module. */
export function createPgModule(scopes: GroupScopes): LuaModule {
  return defineModule({
    name: 'pg',
    reach: { open: 'reads' },
    functions: {
      open(L) {
        const id = checkString(L, 1);
        if (id === '') throw argumentInvalid('open a scope', 'its ID is empty');
        requirePermission(L, 'pg.open', id);
        scopes.get(id);
        pushHostObject(L, new Instance(scopes, id), INSTANCE);
        return 1;
      },
    },
  });
}

/** What a program holds; unusable once released or when the scope is deleted. What it joined it stays in. */
class Instance {
  readonly scopes: GroupScopes;
  readonly #id: string;
  #isReleased = false;

  constructor(scopes: GroupScopes, id: string) {
    this.scopes = scopes;
    this.#id = id;
  }

  /** @throws MH_PG_ARGUMENT_INVALID, MH_PG_SCOPE_NOT_FOUND */
  open(): OpenScope {
    if (this.#isReleased) throw argumentInvalid(`use scope '${this.#id}'`, 'the handle was released');
    return this.scopes.get(this.#id);
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  release(): void {
    this.#isReleased = true;
  }
}

const INSTANCE: HostType<Instance> = defineType<Instance>({
  name: 'pg.Instance',
  reach: {
    join: 'acts',
    leave: 'acts',
    get_members: 'reads',
    get_local_members: 'reads',
    which_groups: 'reads',
    which_local_groups: 'reads',
    broadcast: 'depends',
    broadcast_local: 'depends',
    monitor: 'depends',
    events: 'depends',
  },
  methods: {
    join(L) {
      const instance = checkHostObject(L, 1, INSTANCE);
      const { scope } = instance.open();
      const groups = permittedGroups(L, 'pg.join');
      const unit = unitOf(L);
      instance.scopes.leaveAtEnd(unit);
      payAudience(L, scope, groups);
      scope.join(groups, unit.context.pid);
      return pushTrue(L);
    },
    leave(L) {
      const { scope } = checkHostObject(L, 1, INSTANCE).open();
      const groups = permittedGroups(L, 'pg.leave');
      payAudience(L, scope, groups);
      scope.leave(groups, unitOf(L).context.pid);
      return pushTrue(L);
    },
    get_members: listMembers('pg.get_members'),
    get_local_members: listMembers('pg.get_local_members'),
    which_groups: listGroups('pg.which_groups'),
    which_local_groups: listGroups('pg.which_local_groups'),
    broadcast: broadcastAs('pg.broadcast'),
    broadcast_local: broadcastAs('pg.broadcast_local'),
    monitor: withSnapshot((L) => {
      const opened = checkHostObject(L, 1, INSTANCE).open();
      const group = permittedGroup(L, 'pg.monitor');
      spend(L, opened.scope.sizeOf(group));
      subscribe(L, opened, group);
      pushOwned(L, memberList(opened.scope, group));
      return 2;
    }),
    events: withSnapshot((L) => {
      const opened = checkHostObject(L, 1, INSTANCE).open();
      const { scope } = opened;
      requirePermission(L, 'pg.events', scope.id);
      for (const group of scope.groups) spend(L, 1 + scope.sizeOf(group));
      subscribe(L, opened, undefined);
      pushOwned(L, fromHost(new Map(scope.groups.map((group) => [group, scope.members(group)]))));
      return 2;
    }),
    release(L) {
      checkHostObject(L, 1, INSTANCE).release();
      return pushTrue(L);
    },
  },
  tostring: (instance) => (instance.isReleased ? 'pg.Instance{released}' : 'pg.Instance{}'),
});

/** Whoever changes groups pays for telling everybody who listens. */
function payAudience(L: LuaState, scope: GroupScope, groups: readonly string[]): void {
  for (const group of groups) spend(L, COST.event * (1 + scope.audienceOf(group)));
}

function listMembers(action: string): HostFunction {
  return (L) => {
    const { scope } = checkHostObject(L, 1, INSTANCE).open();
    const group = permittedGroup(L, action);
    spend(L, scope.sizeOf(group));
    pushOwned(L, memberList(scope, group));
    return 1;
  };
}

function listGroups(action: string): HostFunction {
  return (L) => {
    const { scope } = checkHostObject(L, 1, INSTANCE).open();
    requirePermission(L, action, scope.id);
    const { groups } = scope;
    spend(L, groups.length);
    pushOwned(L, tableFromArray(groups.map(makeText)));
    return 1;
  };
}

/** One `process.send` per member. What cannot be sent is refused before anybody got it. */
function broadcastAs(action: string): HostFunction {
  return (L) => {
    const { scope } = checkHostObject(L, 1, INSTANCE).open();
    const group = permittedGroup(L, action);
    const topic = checkString(L, 3);
    checkTopic('send to', topic);
    const top = getTop(L);
    let payloads = copyArguments(L, 4, top);
    let isFirst = true;
    let refusal: HubError | undefined;
    for (const member of scope.members(group)) {
      if (!isFirst) payloads = copyArguments(L, 4, top);
      isFirst = false;
      spend(L, COST.message);
      const refused = trySend(unitOf(L), member, topic, payloads);
      refusal ??= refused;
    }
    if (refusal !== undefined) throw refusal;
    return pushTrue(L);
  };
}

/** @returns why a live member did not get the message, e.g. a full mailbox; those about to end are passed over */
function trySend(
  unit: UnitContext,
  member: string,
  topic: string,
  payloads: readonly LuaValue[],
): HubError | undefined {
  try {
    unit.runtime.system.send(unit.context.pid, member, topic, payloads);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof HubError)) throw thrown;
    const isGone = thrown.code === 'MH_PROCESS_NOT_FOUND' || thrown.code === 'MH_PROCESS_HOST_STOPPED';
    return isGone ? undefined : thrown;
  }
}

/** Failures of what returns `subscription, snapshot, err` have the error in the third place too. */
function withSnapshot(run: HostFunction): HostFunction {
  return (L) => {
    try {
      return run(L);
    } catch (thrown) {
      if (!(thrown instanceof HubError)) throw thrown;
      pushNil(L);
      pushNil(L);
      pushError(L, thrown);
      return 3;
    }
  };
}

function subscribe(L: LuaState, opened: OpenScope, group: string | undefined): void {
  pushHostObject(L, new GroupSubscription(unitOf(L), opened, group), GROUP_SUBSCRIPTION);
}

function memberList(scope: GroupScope, group: string): LuaValue {
  return tableFromArray(scope.members(group).map(makeText));
}

function permittedGroup(L: LuaState, action: string): string {
  const group = checkString(L, 2);
  if (group === '') throw argumentInvalid('use a group', 'its name is empty');
  requirePermission(L, action, group);
  return group;
}

/** The group or list of groups of a call; all of them must be permitted. */
function permittedGroups(L: LuaState, action: string): readonly string[] {
  if (typeOf(L, 2) === 'string') return [permittedGroup(L, action)];
  if (typeOf(L, 2) !== 'table') return typeError(L, 2, 'string or table');
  const items = toArray(valueAt(L, 2));
  if (items === undefined || items.length === 0)
    throw argumentInvalid('use groups', 'expected a list of names');
  spend(L, items.length);
  return items.map((item, i) => {
    const group = toText(item);
    if (group === undefined) return argumentError(L, 2, `item ${i + 1} of the list is not a string`);
    if (group === '') throw argumentInvalid('use groups', `name ${i + 1} of the list is empty`);
    requirePermission(L, action, group);
    return group;
  });
}

function pushTrue(L: LuaState): number {
  pushBoolean(L, true);
  return 1;
}

function argumentInvalid(verb: string, fact: string): HubError {
  return new HubError('MH_PG_ARGUMENT_INVALID', { message: `Cannot ${verb}: ${fact}` });
}
