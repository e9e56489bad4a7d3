/** `require("security")` (`modules.md` § 19): identities, policies, tokens. */
import { HubError, tryParseDurationNs } from '../../base/index.ts';
import {
  Actor,
  COST,
  checkString,
  defineModule,
  defineType,
  fromHost,
  type HostValue,
  hostObjectOf,
  type LuaModule,
  pushError,
  requirePermission,
  tableGet,
  toText as textOf,
  toArray,
  toHost,
  toNumber,
  unitOf,
} from '../../lua/index.ts';
import { type Mapping, toMapping } from '../../registry/index.ts';
import {
  checkHostObject,
  checkTable,
  type HostType,
  hostObject,
  type LuaState,
  pushBoolean,
  pushHostObject,
  pushNil,
  pushOwned,
  pushText,
  spend,
  tableFromArray,
  toHostObject,
  toText,
  typeError,
  typeOf,
  valueAt,
} from '../../vm/index.ts';
import type { SecurityCatalog } from './catalog.ts';
import { Policy, PolicySet } from './policy.ts';
import type { TokenStore } from './token-store.ts';

/** Makes the `security` module. */
export function createSecurityModule(catalog: SecurityCatalog): LuaModule {
  return defineModule({
    name: 'security',
    reach: {
      actor: 'depends',
      scope: 'depends',
      can: 'depends',
      policy: 'reads',
      named_scope: 'reads',
      token_store: 'reads',
    },
    functions: {
      actor: (L) => pushOptional(L, unitOf(L).ambient.actor, ACTOR),
      scope: (L) => pushOptional(L, unitOf(L).ambient.scope, SCOPE),
      can(L) {
        const { actor, scope } = unitOf(L).ambient;
        const question = { action: checkString(L, 1), resource: checkString(L, 2), meta: readMeta(L, 3) };
        const isKnown = actor instanceof Actor && scope instanceof PolicySet;
        pushBoolean(L, isKnown && scope.evaluate({ actor, ...question }) === 'allow');
        return 1;
      },
      new_actor(L) {
        const id = checkNamed(L, 1, 'actor ID');
        requirePermission(L, 'security.actor.create', id, DENIED_AS);
        pushHostObject(L, new Actor(id, readMeta(L, 2)), ACTOR);
        return 1;
      },
      new_scope(L) {
        requirePermission(L, 'security.scope.create', 'custom', DENIED_AS);
        pushHostObject(L, new PolicySet(readPolicies(L, 1)), SCOPE);
        return 1;
      },
      policy(L) {
        const id = checkNamed(L, 1, 'policy ID');
        requirePermission(L, 'security.policy.get', id, DENIED_AS);
        pushHostObject(L, catalog.policy(id), POLICY);
        return 1;
      },
      named_scope(L) {
        const group = checkNamed(L, 1, 'policy group');
        requirePermission(L, 'security.policy_group.get', group, DENIED_AS);
        pushHostObject(L, catalog.group(group), SCOPE);
        return 1;
      },
      token_store(L) {
        const id = checkNamed(L, 1, 'token store ID');
        requirePermission(L, 'security.token_store.get', id, DENIED_AS);
        pushHostObject(L, new TokenStoreHandle(catalog.tokenStore(id)), TOKEN_STORE);
        return 1;
      },
    },
  });
}

/** In this module a refusal is INVALID (`modules.md` § 0.8). */
const DENIED_AS = { kind: 'Invalid' } as const;

/** What a program holds; unusable once closed. */
class TokenStoreHandle {
  readonly #tokens: TokenStore;
  #isClosed = false;

  constructor(tokens: TokenStore) {
    this.#tokens = tokens;
  }

  get tokens(): TokenStore {
    if (!this.#isClosed) return this.#tokens;
    throw new HubError('MH_SECURITY_NOT_FOUND', { message: 'Cannot use the token store: it was closed' });
  }

  close(): void {
    this.#isClosed = true;
  }
}

const ACTOR: HostType<Actor> = defineType<Actor>({
  name: 'security.Actor',
  methods: {
    id(L) {
      pushText(L, checkHostObject(L, 1, ACTOR).id);
      return 1;
    },
    meta(L) {
      pushOwned(L, fromHost(checkHostObject(L, 1, ACTOR).meta as HostValue));
      return 1;
    },
  },
  tostring: (actor) => `security.Actor{${actor.id}}`,
});

const POLICY: HostType<Policy> = defineType<Policy>({
  name: 'security.Policy',
  methods: {
    id(L) {
      pushText(L, checkHostObject(L, 1, POLICY).id);
      return 1;
    },
    evaluate: (L) => pushVerdict(L, checkHostObject(L, 1, POLICY)),
  },
  tostring: (policy) => `security.Policy{${policy.id}}`,
});

const SCOPE: HostType<PolicySet> = defineType<PolicySet>({
  name: 'security.Scope',
  methods: {
    with(L) {
      pushHostObject(L, checkHostObject(L, 1, SCOPE).with(checkHostObject(L, 2, POLICY)), SCOPE);
      return 1;
    },
    without(L) {
      pushHostObject(L, checkHostObject(L, 1, SCOPE).without(policyId(L, 2)), SCOPE);
      return 1;
    },
    contains(L) {
      pushBoolean(L, checkHostObject(L, 1, SCOPE).contains(policyId(L, 2)));
      return 1;
    },
    policies(L) {
      const { policies } = checkHostObject(L, 1, SCOPE);
      spend(L, policies.length * COST.policy);
      pushOwned(L, tableFromArray(policies.map((policy) => hostObject(policy, POLICY))));
      return 1;
    },
    evaluate: (L) => pushVerdict(L, checkHostObject(L, 1, SCOPE)),
  },
});

const TOKEN_STORE: HostType<TokenStoreHandle> = defineType<TokenStoreHandle>({
  name: 'security.TokenStore',
  reach: { create: 'depends', validate: 'depends', revoke: 'acts' },
  methods: {
    create(L) {
      const { tokens } = checkHostObject(L, 1, TOKEN_STORE);
      requirePermission(L, 'security.token.create', tokens.id, DENIED_AS);
      const identity = { actor: checkHostObject(L, 2, ACTOR), scope: checkHostObject(L, 3, SCOPE) };
      pushText(L, tokens.create(identity, readTokenOptions(L, 4)));
      return 1;
    },
    /** `actor, scope`, or `nil, nil, err`. */
    validate(L) {
      try {
        const { tokens } = checkHostObject(L, 1, TOKEN_STORE);
        const token = checkString(L, 2);
        requirePermission(L, 'security.token.validate', tokens.id, DENIED_AS);
        const { actor, scope } = tokens.validate(token);
        pushHostObject(L, actor, ACTOR);
        pushHostObject(L, scope, SCOPE);
        return 2;
      } catch (thrown) {
        if (!(thrown instanceof HubError)) throw thrown;
        pushNil(L);
        pushNil(L);
        pushError(L, thrown);
        return 3;
      }
    },
    revoke(L) {
      const { tokens } = checkHostObject(L, 1, TOKEN_STORE);
      const token = checkString(L, 2);
      requirePermission(L, 'security.token.revoke', tokens.id, DENIED_AS);
      tokens.revoke(token);
      pushBoolean(L, true);
      return 1;
    },
    close(L) {
      checkHostObject(L, 1, TOKEN_STORE).close();
      pushBoolean(L, true);
      return 1;
    },
  },
});

function pushOptional<T extends object>(L: LuaState, object: unknown, type: HostType<T>): number {
  if (object === undefined) pushNil(L);
  else pushHostObject(L, object as T, type);
  return 1;
}

function pushVerdict(L: LuaState, judge: Policy | PolicySet): number {
  const actor = checkHostObject(L, 2, ACTOR);
  const question = { actor, action: checkString(L, 3), resource: checkString(L, 4), meta: readMeta(L, 5) };
  pushText(L, judge.evaluate(question));
  return 1;
}

/** Plain facts; values that are none (functions, userdata) are left out. */
function readMeta(L: LuaState, index: number): Mapping {
  const type = typeOf(L, index);
  if (type === 'none' || type === 'nil') return toMapping({});
  checkTable(L, index);
  const value = toHost(valueAt(L, index));
  if (Array.isArray(value)) throw argumentInvalid('expected a table with string keys, got a list');
  return toMapping(value as object);
}

function readPolicies(L: LuaState, index: number): readonly Policy[] {
  const type = typeOf(L, index);
  if (type === 'none' || type === 'nil') return [];
  checkTable(L, index);
  const items = toArray(valueAt(L, index))?.map(hostObjectOf);
  spend(L, (items?.length ?? 0) * COST.policy);
  if (items?.every((item): item is Policy => item instanceof Policy) === true) return items;
  return typeError(L, index, 'list of policies');
}

/** A policy or its ID. */
function policyId(L: LuaState, index: number): string {
  const object = toHostObject(L, index);
  if (object instanceof Policy) return object.id;
  return typeOf(L, index) === 'string' ? toText(L, index)! : typeError(L, index, 'policy or its ID');
}

/** `expiration` is milliseconds or a duration, in which days count too. */
function readTokenOptions(L: LuaState, index: number): { expirationMs: number | undefined; meta: Mapping } {
  const type = typeOf(L, index);
  if (type === 'none' || type === 'nil') return { expirationMs: undefined, meta: toMapping({}) };
  checkTable(L, index);
  const options = valueAt(L, index);
  const meta = tableGet(options, 'meta');
  const expiration = tableGet(options, 'expiration');
  const text = textOf(expiration);
  const ns = text === undefined ? undefined : tryParseDurationNs(text, { days: true });
  const expirationMs = ns === undefined ? toNumber(expiration) : ns / 1e6;
  if (expiration !== undefined && !(expirationMs !== undefined && expirationMs > 0)) {
    throw argumentInvalid('expected expiration as milliseconds or a duration');
  }
  return { expirationMs, meta: toMapping((meta === undefined ? {} : toHost(meta)) as object) };
}

function checkNamed(L: LuaState, index: number, noun: string): string {
  const text = checkString(L, index);
  if (text === '') throw argumentInvalid(`the ${noun} is empty`);
  return text;
}

function argumentInvalid(fact: string): HubError {
  return new HubError('MH_SECURITY_ARGUMENT_INVALID', { message: `Cannot use the argument: ${fact}` });
}
