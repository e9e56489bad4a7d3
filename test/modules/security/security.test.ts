import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/base/index.ts';
import { Actor } from '../../../src/lua/index.ts';
import { ctxModule } from '../../../src/modules/ctx.ts';
import { funcsModule } from '../../../src/modules/funcs/index.ts';
import { SecurityCatalog } from '../../../src/modules/security/catalog.ts';
import { createSecurityModule } from '../../../src/modules/security/lua.ts';
import { PolicySet, readPolicy } from '../../../src/modules/security/policy.ts';
import { createStoreModule } from '../../../src/modules/store/lua.ts';
import { Stores } from '../../../src/modules/store/stores.ts';
import { createEntry, createEntrySet, type Mapping, toMapping } from '../../../src/registry/index.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { bootLua, resultOf } from '../../support/lua-world.ts';

const NO_META = toMapping({});

function policy(rule: Record<string, unknown>) {
  const all = { actions: '*', resources: '*', effect: 'allow', ...rule };
  return readPolicy(createEntry({ id: 'app:p', kind: 'security.policy', data: toMapping({ policy: all }) }));
}

function ask(
  rule: Record<string, unknown>,
  question: { action?: string; resource?: string; meta?: Mapping } = {},
) {
  const actor = new Actor('u1', toMapping({ role: 'admin', level: 5, tags: ['a', 'b'], team: { id: 't1' } }));
  return policy(rule).evaluate({ actor, action: 'read', resource: 'doc:1', meta: NO_META, ...question });
}

describe('Policy', () => {
  it.each([
    ['*', 'x', true],
    ['read', 'read', true],
    ['read', 'reads', false],
    ['read.*', 'read.doc', true],
    ['read.*', 'read', false],
    ['re*', 'read', true],
    ['', 'read', false],
  ])('action pattern %j on %j', (pattern, action, matches) => {
    expect(ask({ actions: pattern }, { action })).toBe(matches ? 'allow' : 'undefined');
    expect(ask({ resources: ['none', pattern] }, { resource: action })).toBe(matches ? 'allow' : 'undefined');
  });

  it.each<[Record<string, unknown>, boolean]>([
    [{ field: 'actor.id', operator: 'eq', value: 'u1' }, true],
    [{ field: 'actor.id', operator: 'eq', value_from: 'meta.owner' }, true],
    [{ field: 'actor.id', operator: 'ne', value_from: 'meta.owner' }, false],
    [{ field: 'actor.meta.level', operator: 'gte', value: 5 }, true],
    [{ field: 'actor.meta.level', operator: 'lt', value: 5 }, false],
    [{ field: 'actor.meta.level', operator: 'gt', value: 'text' }, false],
    [{ field: 'actor.meta.team.id', operator: 'in', value: ['t1', 't2'] }, true],
    [{ field: 'actor.meta.role', operator: 'nin', value: ['admin'] }, false],
    [{ field: 'actor.meta.tags', operator: 'contains', value: 'b' }, true],
    [{ field: 'actor.meta.role', operator: 'contains', value: 'dm' }, true],
    [{ field: 'actor.meta.tags', operator: 'ncontains', value: 'c' }, true],
    [{ field: 'actor.meta.none', operator: 'exists' }, false],
    [{ field: 'actor.meta.none', operator: 'nexists' }, true],
    [{ field: 'resource', operator: 'matches', value: '^doc:\\d+$' }, true],
    [{ field: 'action', operator: 'nmatches', value: '^w' }, true],
    [{ field: 'actor.meta.__proto__', operator: 'exists' }, false],
    [{ field: 'unknown', operator: 'eq', value_from: 'unknown' }, false],
  ])('condition %j', (condition, holds) => {
    const verdict = ask({ conditions: [condition] }, { meta: toMapping({ owner: 'u1' }) });
    expect(verdict).toBe(holds ? 'allow' : 'undefined');
  });

  it.each([
    { conditions: [{ field: 'resource', operator: 'matches', value: '(' }] },
    { conditions: [{ field: 'resource', operator: 'nmatches', value: '(' }] },
    { conditions: [{ field: 'actor.id', operator: 'eq' }] },
    { expression: 'actor.id ==' },
    { expression: 'user.id == "u1"' },
  ])('a rule that could never be evaluated is refused, not passed over: %j', (rule) => {
    expect(() => ask(rule)).toThrow(expect.objectContaining({ code: 'MH_SECURITY_ARGUMENT_INVALID' }));
  });

  it.each([
    ['actor.id == meta.owner', 'allow'],
    ['actor.meta.level > 5 or resource startsWith "doc:"', 'allow'],
    ['"c" in actor.meta.tags', 'undefined'],
    // What cannot be evaluated for this question denies.
    ['meta.missing.deeper == 1', 'deny'],
    ['actor.id', 'deny'],
    ['resource matches meta.pattern', 'deny'],
  ])('expression %s', (expression, verdict) => {
    const meta = toMapping({ owner: 'u1', pattern: '(' });
    expect(ask({ expression }, { meta })).toBe(verdict);
    expect(ask({ expression, effect: 'deny' }, { meta })).toBe(
      verdict === 'undefined' ? 'undefined' : 'deny',
    );
    expect(ask({ expression, actions: 'write' }, { meta }), 'not asked').toBe('undefined');
  });

  it('a condition that cannot be evaluated denies', () => {
    const conditions = [{ field: 'resource', operator: 'nmatches', value_from: 'meta.pattern' }];
    expect(ask({ conditions }, { meta: toMapping({ pattern: '(' }) })).toBe('deny');
  });
});

describe('Scope', () => {
  it('denies when any policy denies, else allows when any allows (modules.md § 33)', () => {
    const effect = fc.constantFrom<'allow' | 'deny' | 'silent'>('allow', 'deny', 'silent');
    fc.assert(
      fc.property(fc.array(effect), (effects) => {
        const scope = new PolicySet(
          effects.map((one) => policy(one === 'silent' ? { actions: 'other' } : { effect: one })),
        );
        const verdict = scope.evaluate({
          actor: new Actor('u', NO_META),
          action: 'a',
          resource: 'r',
          meta: NO_META,
        });
        const expected = effects.includes('deny')
          ? 'deny'
          : effects.includes('allow')
            ? 'allow'
            : 'undefined';
        expect(verdict).toBe(expected);
      }),
    );
  });
});

const ENTRIES = [
  { id: 'app:kv', kind: 'store.memory', data: {} },
  { id: 'app:tokens', kind: 'security.token_store', data: { store: 'app:kv', token_key: 'secret' } },
  {
    id: 'app:read',
    kind: 'security.policy',
    data: {
      groups: ['app:users'],
      policy: {
        actions: 'read',
        resources: '*',
        effect: 'allow',
        conditions: [{ field: 'actor.id', operator: 'eq', value_from: 'meta.owner' }],
      },
    },
  },
  {
    id: 'app:stores',
    kind: 'security.policy',
    data: {
      groups: ['app:users'],
      policy: { actions: ['store.get', 'security.token_store.get'], resources: '*', effect: 'allow' },
    },
  },
  {
    id: 'app:calls',
    kind: 'security.policy',
    data: {
      groups: ['app:users'],
      policy: { actions: 'funcs.call', resources: 'app:deep', effect: 'allow' },
    },
  },
];

async function run(
  body: string,
  more: Record<string, { source: string; kind: string; modules: string[] }> = {},
) {
  const clock = createFakeClock();
  const entries = createEntrySet(ENTRIES.map((entry) => createEntry(entry)));
  const stores = new Stores({ entries: () => entries, clock });
  const catalog = new SecurityCatalog({
    entries: () => entries,
    storage: (id) => stores.get(id),
    readVariable: () => undefined,
    log: silentLog,
  });
  const modules = ['security', 'funcs', 'store'];
  const world = bootLua(
    {
      'app:main': {
        modules,
        source: `local security, funcs, store = require("security"), require("funcs"), require("store")
          local function fails(kind, value, err) assert(value == nil and err:kind() == kind, tostring(err)) end
          local function main()\n${body}\nend\nreturn main`,
      },
      ...more,
    },
    { modules: [createSecurityModule(catalog), createStoreModule(stores), funcsModule, ctxModule] },
  );
  resultOf(await world.run('app:main'));
}

it('security: actors, scopes and policies (modules.md § 19)', async () => {
  await run(`
    assert(security.actor() == nil and security.scope() == nil and security.can("read", "x") == false)
    local actor = security.new_actor("u1", {role = "admin", f = nil})
    assert(actor:id() == "u1" and actor:meta().role == "admin")
    actor:meta().role = "changed"
    assert(actor:meta().role == "admin", "a fresh copy")
    local policy = assert(security.policy("app:read"))
    assert(policy:id() == "app:read" and policy:evaluate(actor, "read", "d", {owner = "u1"}) == "allow")
    assert(policy:evaluate(actor, "read", "d", {owner = "u2"}) == "undefined")
    local scope = security.new_scope({policy})
    assert(scope:contains(policy) and scope:contains("app:read") and not scope:contains("app:x"))
    assert(#scope:policies() == 1 and #scope:with(policy):policies() == 1 and #scope:without(policy):policies() == 0)
    assert(scope:evaluate(actor, "read", "d", {owner = "u1"}) == "allow")
    assert(scope:evaluate(actor, "write", "d") == "undefined" and #scope:policies() == 1, "scopes do not change")
    assert(#security.named_scope("app:users"):policies() == 3)
    fails(errors.INTERNAL, security.named_scope("nobody"))
    fails(errors.INVALID, security.named_scope(""))
    fails(errors.INVALID, security.policy(""))
    fails(errors.INVALID, store.get(""))
    fails(errors.INTERNAL, security.policy("app:none"))
    fails(errors.INVALID, security.new_actor(""))
    fails(errors.INVALID, security.token_store(""))
    assert(not pcall(security.new_scope, {1}) and not pcall(security.new_actor) and not pcall(scope.with, scope, "x"))`);
});

it('security: identity goes down calls and decides what bindings may do (modules.md § 0.8, § 33)', async () => {
  await run(
    `local actor = security.new_actor("u1")
     local executor = funcs.new():with_actor(actor):with_scope(security.named_scope("app:users"))
     local seen = assert(executor:call("app:inner"))
     assert(seen.id == "u1" and seen.can and not seen.cannot and seen.deep == "u1")
     assert(seen.store == true and seen.key == errors.PERMISSION_DENIED, seen.key)
     assert(seen.call == errors.PERMISSION_DENIED and seen.token == errors.INVALID, "refusals of this module are INVALID")
     assert(security.actor() == nil, "nothing flows back")
     assert(not pcall(function() funcs.new():with_actor("x") end) and not pcall(function() funcs.new():with_scope() end))`,
    {
      'app:inner': {
        kind: 'function.lua',
        modules: ['security', 'funcs', 'store'],
        source: `local security = require("security")
          return { main = function()
            local kv = require("store").get("app:kv")
            local _, err = kv:get("k")
            local _, refused = require("funcs").call("app:main")
            return { id = security.actor():id(), can = security.can("read", "d", {owner = "u1"}),
              cannot = security.can("read", "d"), store = kv ~= nil,
              token = select(2, security.new_actor("x")):kind(), key = err:kind(), call = refused:kind(),
              deep = require("funcs").call("app:deep") }
          end }`,
      },
      'app:deep': {
        kind: 'function.lua',
        modules: ['security'],
        source: 'return function() return require("security").actor():id() end',
      },
    },
  );
});

it('security: tokens stand for actor and scope until they expire or are revoked', async () => {
  await run(`
    local tokens = assert(security.token_store("app:tokens"))
    local token = assert(tokens:create(security.new_actor("u1", {role = "x"}), security.named_scope("app:users"), {expiration = "7d"}))
    assert(token:match("^[%w_-]+%.[%w_-]+$"), token)
    local actor, scope = tokens:validate(token)
    assert(actor:id() == "u1" and actor:meta().role == "x" and scope:contains("app:read"))
    for _, bad in ipairs({token .. "x", "x" .. token, "x.y", "", token:match("^[^.]+")}) do
      local a, s, err = tokens:validate(bad)
      assert(a == nil and s == nil and err:kind() == errors.INTERNAL, "forged " .. bad)
    end
    assert(tokens:revoke(token) == true)
    fails(errors.INTERNAL, tokens:revoke(token))
    assert(select(3, tokens:validate(token)):kind() == errors.INTERNAL, "revoked")
    fails(errors.INVALID, tokens:create(security.new_actor("u"), security.new_scope(), {expiration = "soon"}))
    assert(tokens:close() == true)
    fails(errors.INTERNAL, tokens:create(security.new_actor("u"), security.new_scope()))`);
});
