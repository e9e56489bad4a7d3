/** Policies and token stores of one hub, read from their entries when asked for (`app-format.md` § 5.4). */
import { HubError, type Log } from '../../base/index.ts';
import { Actor, COST } from '../../lua/index.ts';
import {
  createProblem,
  type Entry,
  type EntryLookup,
  isMapping,
  type KindDefinition,
  type Mapping,
  type Problem,
  toMapping,
} from '../../registry/index.ts';
import { charge } from '../../vm/index.ts';
import { OPERATORS, type Policy, PolicySet, readPolicy, toTexts } from './policy.ts';
import { type TokenStorage, TokenStore } from './token-store.ts';

const TEXT_OR_TEXTS = {
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
  description: 'a text or a list of texts',
} as const;

/** Kinds of policies: a rule with conditions, and one with an expression. */
export const POLICY_KINDS: readonly KindDefinition[] = [
  policyKind('security.policy', 'Rule that allows or denies actions on resources', {
    required: ['actions', 'resources', 'effect'],
    properties: {
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
  }),
  policyKind('security.policy.expr', 'Rule that allows or denies where an expression is true', {
    required: ['actions', 'resources', 'effect', 'expression'],
    properties: {
      expression: { type: 'string', minLength: 1, description: 'an expression that is true or false' },
    },
  }),
];

function policyKind(
  kind: string,
  summary: string,
  { required, properties }: { required: readonly string[]; properties: object },
): KindDefinition {
  const effect = { enum: ['allow', 'deny'] };
  return {
    kind,
    summary,
    schema: {
      type: 'object',
      required: ['policy'],
      properties: {
        policy: {
          type: 'object',
          required,
          properties: { actions: TEXT_OR_TEXTS, resources: TEXT_OR_TEXTS, effect, ...properties },
        },
        groups: { type: 'array', items: { type: 'string' }, default: [], description: 'a list of groups' },
      },
    },
    // A group is there because policies name it; a bare name is one of the policy's namespace.
    references: [{ path: 'groups.*', kinds: [], noun: 'group', isName: true }],
    check: checkPolicy,
  };
}

/** What cannot be evaluated is refused, never passed over: a rule that denies may be the one. */
function checkPolicy(entry: Entry): readonly Problem[] {
  try {
    readPolicy(entry);
    return [];
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const field = entry.kind === 'security.policy' ? 'policy.conditions' : 'policy.expression';
    return [createProblem(entry, { field, reason: error.message })];
  }
}

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
  readonly log: Log;
}

/** Finds what security is made of. */
export class SecurityCatalog {
  readonly #options: SecurityCatalogOptions;
  /** Read policies by their entry: an entry that did not change is read once. */
  readonly #policies = new WeakMap<Entry, Policy>();
  readonly #groups = new WeakMap<readonly Entry[], ReadonlyMap<string, readonly Policy[]>>();

  constructor(options: SecurityCatalogOptions) {
    this.#options = options;
  }

  /** @throws MH_SECURITY_NOT_FOUND */
  policy(id: string): Policy {
    const [policy] = this.#existing([id]);
    if (policy === undefined) throw notFound('policy', id);
    return policy;
  }

  /** All policies of a group. @throws MH_SECURITY_NOT_FOUND when no policy names it */
  group(name: string): PolicySet {
    const entries = this.#options.entries();
    const policies = POLICY_KINDS.flatMap(({ kind }) => this.#groupsOf(entries.ofKind(kind)).get(name) ?? []);
    if (policies.length === 0) throw notFound('policy group', name);
    charge(policies.length * COST.policy);
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
      return entry !== undefined && isPolicy(entry) ? [this.#read(entry)] : [];
    });
  }

  /** The registry gives another list as soon as one of the policies changes. */
  #groupsOf(entries: readonly Entry[]): ReadonlyMap<string, readonly Policy[]> {
    const known = this.#groups.get(entries);
    if (known !== undefined) return known;
    charge(entries.length * COST.policy);
    const groups = new Map<string, Policy[]>();
    for (const policy of entries.map((entry) => this.#read(entry))) {
      for (const group of new Set(policy.groups)) {
        const members = groups.get(group);
        if (members === undefined) groups.set(group, [policy]);
        else members.push(policy);
      }
    }
    this.#groups.set(entries, groups);
    return groups;
  }

  #read(entry: Entry): Policy {
    let policy = this.#policies.get(entry);
    if (policy === undefined) {
      let isTold = false;
      policy = readPolicy(entry, (error) => {
        // Whoever can ask can ask often.
        if (!isTold)
          this.#options.log.warn('policy denies: it cannot be evaluated', {
            policy: entry.id,
            cause: error.message,
          });
        isTold = true;
      });
      this.#policies.set(entry, policy);
    }
    return policy;
  }
}

function isPolicy({ kind }: Entry): boolean {
  return POLICY_KINDS.some((policyKind) => policyKind.kind === kind);
}

function notFound(noun: string, name: string): HubError {
  return new HubError('MH_SECURITY_NOT_FOUND', { message: `Cannot use ${noun} '${name}': not found` });
}
