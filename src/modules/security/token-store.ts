/**
 * Tokens that stand for an actor and a scope (`modules.md` § 19): random bytes, and with a key a signature behind
 * them. The store keeps who they stand for; a token alone says nothing.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { HubError, parseDurationMs } from '../../base/index.ts';
import { Actor, fromHost, type HostValue, toHost } from '../../lua/index.ts';
import { type Mapping, toMapping } from '../../registry/index.ts';
import type { LuaValue } from '../../vm/index.ts';
import { type Policy, PolicySet } from './policy.ts';

/** What a token store needs of the key-value store it keeps its tokens in. */
export interface TokenStorage {
  get(key: string): { readonly value: LuaValue } | undefined;
  /** @throws MH_STORE_FULL */
  put(key: string, value: LuaValue, options: { readonly ttlMs?: number | undefined }): unknown;
  delete(key: string): boolean;
}

/** What `TokenStore` takes. */
export interface TokenStoreOptions {
  readonly id: string;
  /** Data of the entry. */
  readonly data: Mapping;
  /** @throws MH_STORE_NOT_FOUND */
  readonly storage: (id: string) => TokenStorage;
  /** The policies of these IDs that exist. */
  readonly policiesOf: (ids: readonly string[]) => readonly Policy[];
  readonly readVariable: (name: string) => string | undefined;
}

/** Who a token stands for. */
export interface Identity {
  readonly actor: Actor;
  readonly scope: PolicySet;
}

/** Issues and checks tokens. */
export class TokenStore {
  readonly id: string;
  readonly #store: TokenStorage;
  readonly #policiesOf: (ids: readonly string[]) => readonly Policy[];
  readonly #tokenBytes: number;
  readonly #expirationMs: number;
  readonly #key: string | undefined;

  /** @throws MH_STORE_NOT_FOUND */
  constructor({ id, data, storage, policiesOf, readVariable }: TokenStoreOptions) {
    this.id = id;
    this.#store = storage(String(data.store));
    this.#policiesOf = policiesOf;
    this.#tokenBytes = typeof data.token_length === 'number' ? data.token_length : 32;
    this.#expirationMs = parseDurationMs(String(data.default_expiration ?? '24h'));
    const variable = typeof data.token_key_env === 'string' ? readVariable(data.token_key_env) : undefined;
    // An empty key is none: anybody could sign with it.
    this.#key = (typeof data.token_key === 'string' && data.token_key) || variable || undefined;
  }

  /**
   * Issues a token.
   * @param options.expirationMs default: the store's.
   * @throws MH_STORE_FULL
   */
  create(
    identity: Identity,
    options: { readonly expirationMs?: number | undefined; readonly meta: Mapping },
  ): string {
    const body = randomBytes(this.#tokenBytes).toString('base64url');
    const token = this.#key === undefined ? body : `${body}.${this.#sign(body, this.#key)}`;
    const record: HostValue = {
      actor: identity.actor.id,
      actor_meta: identity.actor.meta as HostValue,
      policies: identity.scope.policies.map((policy) => policy.id),
      meta: options.meta as HostValue,
    };
    this.#store.put(this.#keyOf(token), fromHost(record), {
      ttlMs: options.expirationMs ?? this.#expirationMs,
    });
    return token;
  }

  /**
   * Who a token stands for. Policies that were deleted since are missing from the scope.
   * @throws MH_SECURITY_TOKEN_REFUSED, never saying why
   */
  validate(token: string): Identity {
    const record = this.#isSigned(token) ? this.#store.get(this.#keyOf(token)) : undefined;
    if (record === undefined) throw refused();
    const fields = toMapping(toHost(record.value) as object);
    const ids = Array.isArray(fields.policies) ? (fields.policies as readonly string[]) : [];
    return {
      actor: new Actor(String(fields.actor), toMapping((fields.actor_meta ?? {}) as object)),
      scope: new PolicySet(this.#policiesOf(ids)),
    };
  }

  /** Makes a token worthless. @throws MH_SECURITY_TOKEN_REFUSED when it was */
  revoke(token: string): void {
    if (!this.#isSigned(token) || !this.#store.delete(this.#keyOf(token))) throw refused();
  }

  /** A store that leaks must not leak usable tokens, so it is keyed by their digest. */
  #keyOf(token: string): string {
    return `token:${createHmac('sha256', this.id).update(token).digest('hex')}`;
  }

  #isSigned(token: string): boolean {
    if (this.#key === undefined) return true;
    const dot = token.lastIndexOf('.');
    const expected = Buffer.from(this.#sign(token.slice(0, Math.max(0, dot)), this.#key));
    const given = Buffer.from(token.slice(dot + 1));
    return expected.length === given.length && timingSafeEqual(expected, given);
  }

  #sign(body: string, key: string): string {
    return createHmac('sha256', key).update(body).digest('base64url');
  }
}

function refused(): HubError {
  return new HubError('MH_SECURITY_TOKEN_REFUSED', { message: 'Cannot accept the token: it is not valid' });
}
