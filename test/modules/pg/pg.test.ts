import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_BACKLOG_MAX, EVENT_BUFFER_MAX, GROUP_JOINS_MAX } from '../../../src/base/index.ts';
import { Actor } from '../../../src/lua/index.ts';
import { type GroupEvent, GroupScope } from '../../../src/modules/pg/group-scope.ts';
import { createPgModule } from '../../../src/modules/pg/lua.ts';
import { GroupScopes, PG_SCOPE_KIND } from '../../../src/modules/pg/scopes.ts';
import { PolicySet, readPolicy } from '../../../src/modules/security/policy.ts';
import {
  createEntry,
  createEntrySet,
  KindTable,
  REGISTRY_KINDS,
  Registry,
  toMapping,
} from '../../../src/registry/index.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { standardModules } from '../../support/lua-modules.ts';
import { testLuaFolder } from '../../support/lua-scripts.ts';
import { bootLua, resultOf } from '../../support/lua-world.ts';
import { createLogDouble } from '../../support/programs.ts';

const UNLIMITED = { groupsMax: 0, membersMax: 0 };

function scopeEntries() {
  return [
    createEntry({ id: 'app:scope', kind: 'pg.scope' }),
    createEntry({ id: 'app:small', kind: 'pg.scope', data: { max_groups: 2, max_members_per_group: 2 } }),
    createEntry({ id: 'app:no_scope', kind: 'registry.entry' }),
  ];
}

testLuaFolder(import.meta.dirname, {
  // Worlds number their processes alike, so each script has scopes of its own.
  get modules() {
    const kinds = new KindTable([...REGISTRY_KINDS, PG_SCOPE_KIND]);
    const registry = new Registry(scopeEntries(), { kinds });
    return standardModules({ clock: createFakeClock(), log: createLogDouble().log, registry });
  },
});

describe('GroupScope', () => {
  it('does what a list of joins does, whatever happens in which order (process.md § 18)', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const names = fc.array(name, { minLength: 1, maxLength: 3 });
    const member = fc.constantFrom('p', 'q', 'r');
    const action = fc.oneof(
      fc.record({ type: fc.constant('join' as const), names, member }),
      fc.record({ type: fc.constant('leave' as const), names, member }),
      fc.record({ type: fc.constant('end' as const), names: fc.constant([] as string[]), member }),
    );
    const limits = fc.record({ groupsMax: fc.nat(3), membersMax: fc.nat(4) });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), limits, (actions, most) => {
        const scope = new GroupScope('app:s', most);
        const model = new JoinList(most);
        // What a watcher knows: the empty snapshot and all events since.
        const heard = new JoinList(UNLIMITED);
        scope.subscribe(undefined, (event) => heard.hear(event));
        for (const { type, names: groups, member: who } of actions) {
          expect(succeeds(() => act(scope, type, groups, who))).toBe(model.act(type, groups, who));
          for (const group of ['a', 'b', 'c']) {
            const members = [...scope.members(group)].sort();
            expect(members).toEqual(model.members(group));
            expect(members).toEqual(heard.members(group));
            expect(scope.sizeOf(group)).toBe(members.length);
          }
          expect([...scope.groups].sort()).toEqual(model.groups());
        }
      }),
    );
  });

  it('lists members in the order of their first joins', () => {
    const scope = new GroupScope('app:s', UNLIMITED);
    for (const member of ['p', 'q', 'p', 'r']) scope.join(['a'], member);
    expect(scope.members('a')).toEqual(['p', 'p', 'q', 'r']);
  });

  it('tells receivers of the group, then those of all, in the order they came, until they end', () => {
    const scope = new GroupScope('app:s', UNLIMITED);
    const heard: string[] = [];
    const hear = (name: string) => (event: GroupEvent) => heard.push(`${name} ${event.kind} ${event.group}`);
    scope.subscribe(undefined, hear('all'));
    const end = scope.subscribe('a', hear('first'));
    scope.subscribe('a', hear('second'));
    scope.join(['a', 'b'], 'p');
    end();
    end();
    scope.leave(['a'], 'p');
    expect(heard).toEqual([
      'first member.joined a',
      'second member.joined a',
      'all member.joined a',
      'all member.joined b',
      'second member.left a',
      'all member.left a',
    ]);
  });

  it('ending a subscription twice spares the ones that came later', () => {
    const scope = new GroupScope('app:s', UNLIMITED);
    let count = 0;
    const end = scope.subscribe('a', () => count++);
    end();
    scope.subscribe('a', () => count++);
    end();
    scope.join(['a'], 'p');
    expect(count).toBe(1);
  });

  it('leaveAll() is one event per group, repeated per join, and nothing the second time', () => {
    const scope = new GroupScope('app:s', UNLIMITED);
    scope.join(['a', 'b', 'a'], 'p');
    const events: GroupEvent[] = [];
    scope.subscribe(undefined, (event) => events.push(event));
    scope.leaveAll('p');
    scope.leaveAll('p');
    expect(events).toEqual([
      { kind: 'member.left', group: 'a', members: ['p', 'p'] },
      { kind: 'member.left', group: 'b', members: ['p'] },
    ]);
  });

  it.each<[string, string[], string[]]>([
    ['a third group', ['a', 'b'], ['c']],
    ['two groups where one has room', ['a'], ['b', 'c']],
    ['a fourth member', ['a', 'a', 'a'], ['a']],
    ['two joins where one has room', ['a', 'a'], ['a', 'a']],
  ])('refuses %s as a whole', (_, before, tooMuch) => {
    const scope = new GroupScope('app:s', { groupsMax: 2, membersMax: 3 });
    scope.join(before, 'p');
    let count = 0;
    scope.subscribe(undefined, () => count++);
    expect(() => scope.join(tooMuch, 'q')).toThrowError(
      expect.objectContaining({ code: 'MH_PG_FULL', kind: 'Unavailable', retryable: true }),
    );
    expect(count).toBe(0);
    expect(scope.groups.flatMap((group) => scope.members(group))).not.toContain('q');
  });

  it('bounds how often one process is in one group, also without limits', () => {
    const scope = new GroupScope('app:s', UNLIMITED);
    scope.join(Array<string>(GROUP_JOINS_MAX).fill('a'), 'p');
    expect(() => scope.join(['a'], 'p')).toThrowError(expect.objectContaining({ code: 'MH_PG_FULL' }));
    scope.join(['a'], 'q');
    scope.leave(['a'], 'p');
    scope.join(['a'], 'p');
    expect(scope.sizeOf('a')).toBe(GROUP_JOINS_MAX + 1);
  });

  it('lets members of its groups join again when its limit was lowered below what it holds', () => {
    const scope = new GroupScope('app:s', UNLIMITED);
    scope.join(['a', 'b'], 'p');
    scope.limits = { groupsMax: 1, membersMax: 0 };
    scope.join(['a'], 'q');
    expect(() => scope.join(['c'], 'q')).toThrowError(expect.objectContaining({ code: 'MH_PG_FULL' }));
  });
});

describe('pg', () => {
  function world(source: string, before = '') {
    const entries = new Registry(scopeEntries(), {
      kinds: new KindTable([...REGISTRY_KINDS, PG_SCOPE_KIND]),
    });
    const others = standardModules({
      clock: createFakeClock(),
      log: createLogDouble().log,
      registry: entries,
    });
    const scopes = new GroupScopes(() => entries);
    const modules = [...others.filter(({ name }) => name !== 'pg'), createPgModule(scopes)];
    const lua = { modules: ['pg'], source: `${before} return { main = function(...) ${source} end }` };
    return { scopes, ...bootLua({ 'app:main': lua }, { modules }) };
  }

  it('leaves nothing behind when the top level that joined fails', () => {
    const { scopes, spawn } = world('', 'require("pg").open("app:scope"):join("a") error("no")');
    expect(() => spawn('app:main')).toThrow();
    expect(scopes.get('app:scope').scope.groups).toEqual([]);
  });

  it('ends a subscription nobody reads rather than lose one of its events (process.md § 18.4)', async () => {
    const { scopes, system, run, lines, clock } = world(`
      local sub = require("pg").open("app:scope"):monitor("a")
      process.listen("go"):receive()
      local count = 0
      while sub:channel():receive() do count = count + 1 end
      return count`);
    const ended = run('app:main');
    await clock.settle();
    const { scope } = scopes.get('app:scope');
    const most = EVENT_BUFFER_MAX + EVENT_BACKLOG_MAX;
    for (let i = 0; i < most + 5; i += 2) {
      scope.join(['a'], 'p');
      scope.leave(['a'], 'p');
    }
    expect(lines.map(({ event }) => event)).toEqual(['group subscription closed']);
    system.send(undefined, system.inspect()[0]!.pid, 'go', []);
    expect(resultOf(await ended)).toBe(most);
  });

  it('a deleted scope is gone with its groups, a changed one keeps them and has other limits', () => {
    let entries = createEntrySet(scopeEntries());
    const scopes = new GroupScopes(() => entries);
    scopes.get('app:scope').scope.join(['a', 'b'], 'p');
    const changed = createEntry({ id: 'app:scope', kind: 'pg.scope', data: { max_groups: 1 } });
    entries = createEntrySet([changed]);
    expect(scopes.get('app:scope').scope.groups).toEqual(['a', 'b']);
    expect(scopes.get('app:scope').scope.limits.groupsMax).toBe(1);
    entries = createEntrySet([]);
    expect(() => scopes.get('app:scope')).toThrowError(
      expect.objectContaining({ code: 'MH_PG_SCOPE_NOT_FOUND', kind: 'Internal' }),
    );
    entries = createEntrySet([changed]);
    expect(scopes.get('app:scope').scope.groups).toEqual([]);
  });

  it('reports a live member whose mailbox is full, and reaches the others', async () => {
    const { scopes, system, run, spawn, clock } = world(`
      local role = ...
      local scope = require("pg").open("app:scope")
      if role == "member" then
        scope:join("a")
        process.listen("never"):receive()
      end
      local ok, err = scope:broadcast("a", "news", 1)
      return {failed = ok == nil, kind = err:kind(), retryable = err:retryable()}`);
    system.openHost('app:host', { mailboxLimit: 1 });
    const full = spawn('app:main', 'member');
    system.openHost('app:host', { mailboxLimit: 10 });
    const roomy = spawn('app:main', 'member');
    await clock.settle();
    expect(scopes.get('app:scope').scope.members('a')).toEqual([full, roomy]);
    system.send(undefined, full, 'fills', []);
    const answer = resultOf(await run('app:main', 'sender'));
    expect(answer).toEqual({ failed: true, kind: 'Unavailable', retryable: true });
    const mailboxes = system.inspect().map(({ pid, mailboxDepth }) => [pid, mailboxDepth]);
    expect(mailboxes).toEqual([
      [full, 1],
      [roomy, 1],
    ]);
  });

  it.each([
    ['join', 'g'],
    ['leave', 'g'],
    ['get_members', 'g'],
    ['get_local_members', 'g'],
    ['which_groups', 'app:scope'],
    ['which_local_groups', 'app:scope'],
    ['broadcast', 'g'],
    ['broadcast_local', 'g'],
    ['monitor', 'g'],
    ['events', 'app:scope'],
    ['open', 'app:scope'],
  ])('%s asks for its own permission, on %j (modules.md § 30)', async (method, resource) => {
    const { system, watch, clock } = world(`
      local scope, refusal = require("pg").open("app:scope")
      if not scope then return {"open", refusal:kind()} end
      scope:join("mine")
      local denied = {}
      local function try(name, group)
        local results = table.pack(scope[name](scope, group, "t"))
        if results[1] ~= nil then return end
        denied[#denied + 1] = name
        denied[#denied + 1] = results[results.n]:kind()
      end
      for _, name in ipairs({"join", "get_members", "get_local_members", "which_groups", "which_local_groups",
        "broadcast", "broadcast_local", "monitor", "events"}) do try(name, "g") end
      try("leave", {"mine", "g"})
      return denied`);
    const rule = (effect: string, actions: string, resources: string) =>
      readPolicy(
        createEntry({
          id: `app:${effect}`,
          kind: 'security.policy',
          data: toMapping({ policy: { effect, actions, resources } }),
        }),
      );
    const ambient = {
      values: new Map(),
      actor: new Actor('u', toMapping({})),
      scope: new PolicySet([rule('allow', '*', '*'), rule('deny', `pg.${method}`, resource)]),
    };
    const seen = watch(system.spawn({ entryId: 'app:main', hostId: 'app:host', ambient }));
    await clock.settle();
    expect(resultOf(seen.outcome!)).toEqual([method, 'PermissionDenied']);
  });
});

function act(scope: GroupScope, type: 'join' | 'leave' | 'end', names: readonly string[], who: string): void {
  if (type === 'join') scope.join(names, who);
  else if (type === 'leave') scope.leave(names, who);
  else scope.leaveAll(who);
}

function succeeds(run: () => void): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}

/** The model: one pair per join. */
class JoinList {
  readonly #most: { readonly groupsMax: number; readonly membersMax: number };
  #pairs: { readonly group: string; readonly member: string }[] = [];

  constructor(most: { readonly groupsMax: number; readonly membersMax: number }) {
    this.#most = most;
  }

  act(type: 'join' | 'leave' | 'end', names: readonly string[], member: string): boolean {
    if (type === 'end') {
      this.#pairs = this.#pairs.filter((pair) => pair.member !== member);
      return true;
    }
    if (type === 'leave') return names.filter((group) => this.#drop(group, member)).length > 0;
    const before = this.#pairs;
    this.#pairs = before.concat(names.map((group) => ({ group, member })));
    const { groupsMax, membersMax } = this.#most;
    const isTooMuch =
      (groupsMax > 0 && this.groups().length > groupsMax) ||
      (membersMax > 0 && this.groups().some((group) => this.members(group).length > membersMax));
    if (isTooMuch) this.#pairs = before;
    return !isTooMuch;
  }

  hear({ kind, group, members }: GroupEvent): void {
    for (const member of members) {
      if (kind === 'member.joined') this.#pairs.push({ group, member });
      else expect(this.#drop(group, member)).toBe(true);
    }
  }

  members(group: string): string[] {
    return this.#pairs
      .filter((pair) => pair.group === group)
      .map(({ member }) => member)
      .sort();
  }

  groups(): string[] {
    return [...new Set(this.#pairs.map(({ group }) => group))].sort();
  }

  #drop(group: string, member: string): boolean {
    const at = this.#pairs.findIndex((pair) => pair.group === group && pair.member === member);
    if (at >= 0) this.#pairs.splice(at, 1);
    return at >= 0;
  }
}
