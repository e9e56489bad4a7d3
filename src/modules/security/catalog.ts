/** Policies and token stores of one hub, read from their entries when asked for (`app-format.md` § 5.4). */
import { HubError } from '../../base/index.ts';
import { Actor, COST } from '../../lua/index.ts';
import {
  type Entry,
  type EntryLookup,
  isMapping,
  type KindDefinition,
  type Mapping,
  toMapping,
} from '../../registry/index.ts';
import { charge } from '../../vm/index.ts';
import { OPERATORS, type Policy, PolicySet, readPolicy, toTexts } from './policy.ts';
import { type TokenStorage, TokenStore } from './token-store.ts';

const TEXT_OR_TEXTS = {
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
  description: 'a text or a list of texts',
} as const;

/** The kind of policies. */
export const POLICY_KIND: KindDefinition = {
  kind: 'security.policy',
  summary: 'Rule that allows or denies actions on resources',
  schema: {
    type: 'object',
    required: ['policy'],
    properties: {
      policy: {
        type: 'object',
        required: ['actions', 'resources', 'effect'],
        properties: {
          actions: TEXT_OR_TEXTS,
          resources: TEXT_OR_TEXTS,
          effect: { enum: ['allow', 'deny'] },
          conditions: {
            type: 'array',
            items: {
              type: 'object',
              required: ['field', 'operator'],
              properties: {
                field: { type: 'string' },
                operator: { enum: [...OPERATORS] },
                value_from: { type: 'string' },
              },
            },
          },
        },
      },
      groups: { type: 'array', items: { type: 'string' }, default: [], description: 'a list of groups' },
    },
  },
};

/** The kind of token stores. */
export const TOKEN_STORE_KIND: KindDefinition = {
  kind: 'security.token_store',
  summary: 'Issues and checks tokens that stand for an actor and a scope',
  hasLifecycle: true,
  schema: {
    type: 'object',
    required: ['store'],
    properties: {
      store: { type: 'string', description: 'the ID of a store' },
      token_length: {
        type: 'integer',
        minimum: 16,
        maximum: 1024,
        default: 32,
        description: 'bytes of a token',
      },
      default_expiration: { type: 'string', format: 'duration', default: '24h', description: 'a duration' },
      token_key: { type: 'string', description: 'a secret' },
      token_key_env: { type: 'string', description: 'the name of a variable' },
    },
  },
  references: [{ path: 'store', kinds: ['store.memory'], noun: 'store' }],
};

/** What `SecurityCatalog` takes. */
export interface SecurityCatalogOptions {
  readonly entries: () => EntryLookup;
  /** Where tokens of a store entry lie. @throws MH_STORE_NOT_FOUND */
  readonly storage: (id: string) => TokenStorage;
  /** Reads the variable named by `token_key_env`. */
  readonly readVariable: (name: string) => string | undefined;
}

/** Finds what security is made of. */
export class SecurityCatalog {
  readonly #options: SecurityCatalogOptions;
  /** Read policies by their entry: an entry that did not change is read once. */
  readonly #policies = new WeakMap<Entry, Policy>();

  constructor(options: SecurityCatalogOptions) {
    this.#options = options;
  }

  /** @throws MH_SECURITY_NOT_FOUND */
  policy(id: string): Policy {
    const entry = this.#options.entries().get(id);
    if (entry === undefined || entry.kind !== POLICY_KIND.kind) throw notFound('policy', id);
    return this.#read(entry);
  }

  /** All policies of a group. @throws MH_SECURITY_NOT_FOUND when no policy names it */
  group(name: string): PolicySet {
    const entries = this.#options.entries().ofKind(POLICY_KIND.kind);
    charge(entries.length * COST.policy);
    const policies = entries
      .map((entry) => this.#read(entry))
      .filter((policy) => policy.groups.includes(name));
    if (policies.length === 0) throw notFound('policy group', name);
    return new PolicySet(policies);
  }

  /**
   * Who a thing runs as by its `lifecycle.security` block: actor, named policies and groups together.
   * @throws MH_SECURITY_NOT_FOUND when a policy or group does not exist
   */
  identity(block: Mapping): { readonly actor: Actor | undefined; readonly scope: PolicySet } {
    const actor = isMapping(block.actor) ? block.actor : undefined;
    const policies = toTexts(block.policies).map((id) => this.policy(id));
    const groups = toTexts(block.groups).flatMap((name) => this.group(name).policies);
    return {
      actor:
        actor === undefined
          ? undefined
          : new Actor(String(actor.id), isMapping(actor.meta) ? actor.meta : toMapping({})),
      scope: [...policies, ...groups].reduce((scope, policy) => scope.with(policy), new PolicySet([])),
    };
  }

  /** @throws MH_SECURITY_NOT_FOUND */
  tokenStore(id: string): TokenStore {
    const { entries, storage, readVariable } = this.#options;
    const entry = entries().get(id);
    if (entry === undefined || entry.kind !== TOKEN_STORE_KIND.kind) throw notFound('token store', id);
    return new TokenStore({
      id,
      data: entry.data,
      storage,
      policiesOf: (ids) => this.#existing(ids),
      readVariable,
    });
  }

  /** The policies of these IDs that exist. */
  #existing(ids: readonly string[]): Policy[] {
    return ids.flatMap((id) => {
      const entry = this.#options.entries().get(id);
      return entry?.kind === POLICY_KIND.kind ? [this.#read(entry)] : [];
    });
  }

  #read(entry: Entry): Policy {
    let policy = this.#policies.get(entry);
    if (policy === undefined) {
      policy = readPolicy(entry.id, entry.data);
      this.#policies.set(entry, policy);
    }
    return policy;
  }
}

function notFound(noun: string, name: string): HubError {
  return new HubError('MH_SECURITY_NOT_FOUND', { message: `Cannot use ${noun} '${name}': not found` });
}
