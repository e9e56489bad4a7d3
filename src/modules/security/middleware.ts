/** Who asks, and may they: `token_auth`, `endpoint_firewall`, `resource_firewall` (`http.md` 3.5, 3.6). */
import { HubError, resolveReference, toFailure } from '../../base/index.ts';
import type { Exchange, MiddlewareFactory, MiddlewarePlace, RequestView } from '../../http/index.ts';
import { type Actor, isActor, isScope, type Scope } from '../../lua/index.ts';
import { toMapping } from '../../registry/index.ts';

/** Where tokens are checked; `catalog.ts` is one. */
export interface TokenStores {
  /** @throws HubError when the store does not exist; `validate` throws one for a token it does not accept. */
  tokenStore(id: string): {
    validate(token: string): { readonly actor: Actor; readonly scope: Scope };
  };
}

const NO_FACTS = toMapping({});

/** The three factories; `stores` is asked per request. */
export function createSecurityMiddleware(stores: TokenStores): readonly MiddlewareFactory[] {
  return [createTokenAuth(stores), endpointFirewall, resourceFirewall];
}

/** Sets actor and scope from a valid token. Anything else changes nothing: it never blocks. */
function createTokenAuth(stores: TokenStores): MiddlewareFactory {
  return {
    name: 'token_auth',
    kinds: ['security.token_store'],
    create(place) {
      const storeId = requiredId(place, 'token_auth.store', 'token_store');
      if (place.entries.get(storeId)?.kind !== 'security.token_store') {
        throw invalidOption('token_auth.store', `no token store has this ID, got '${storeId}'`, storeId);
      }
      const tokenOf = tokenReader(place);
      return {
        before(exchange) {
          const token = tokenOf(exchange.request);
          if (token === undefined) return undefined;
          try {
            const { actor, scope } = stores.tokenStore(storeId).validate(token);
            exchange.ambient = { ...exchange.ambient, actor, scope };
          } catch (error) {
            if (!(error instanceof HubError)) throw error;
            exchange.log.debug('token not accepted', { store: storeId, cause: toFailure(error).message });
          }
          return undefined;
        },
      };
    },
  };
}

/** Lets pass who is allowed to use the endpoint. Needs the route, so it stands among `post_middleware`. */
const endpointFirewall: MiddlewareFactory = {
  name: 'endpoint_firewall',
  create({ options, position }) {
    const action = options.text('access', 'endpoint_firewall.action', 'action');
    return {
      before(exchange) {
        if (position === 'post' && exchange.endpoint !== undefined) {
          return admit(exchange, action, exchange.endpoint.id);
        }
        return refuse(exchange, 500, 'Configuration error', 'endpoint_firewall belongs to post_middleware');
      },
    };
  },
};

/** Lets pass who is allowed to use a resource named in the options. */
const resourceFirewall: MiddlewareFactory = {
  name: 'resource_firewall',
  create(place) {
    const action = place.options.text('access', 'resource_firewall.action', 'action');
    const target = requiredId(place, 'resource_firewall.target', 'target');
    return { before: (exchange) => admit(exchange, action, target) };
  },
};

function admit(exchange: Exchange, action: string, resource: string): 'answered' | undefined {
  const { actor, scope } = exchange.ambient;
  if (!isActor(actor)) {
    return refuse(exchange, 401, 'Authentication required', 'no actor is known for this request');
  }
  const question = { actor, action, resource, meta: NO_FACTS };
  const verdict = isScope(scope) ? scope.evaluate(question) : 'undefined';
  if (verdict === 'allow') return undefined;
  return refuse(exchange, 403, 'Access denied', `action "${action}" on "${resource}" is not allowed`);
}

function refuse({ response }: Exchange, status: number, error: string, details: string): 'answered' {
  response.discard();
  response.setStatus(status);
  response.setHeader('Content-Type', 'application/json');
  response.setBody(Buffer.from(JSON.stringify({ success: false, error, details })));
  return 'answered';
}

/** Header, then query, then cookie; a header without the prefix is passed over. */
function tokenReader({ options }: MiddlewarePlace): (request: RequestView) => string | undefined {
  const header = options.text('Authorization', 'token_auth.header.name', 'header_name');
  const prefix = options.text('Bearer ', 'token_auth.header.prefix', 'header_prefix');
  const parameter = options.text('x-auth-token', 'token_auth.query.param', 'query_param');
  const cookie = options.text('x-auth-token', 'token_auth.cookie.name', 'cookie_name');
  return (request) => {
    const value = request.header(header);
    const candidates = [
      value?.startsWith(prefix) ? value.slice(prefix.length) : undefined,
      request.query.find(([key]) => key === parameter)?.[1],
      cookieValue(request.header('Cookie'), cookie),
    ];
    return candidates.find((token) => token !== undefined && token !== '');
  };
}

/** RFC 6265 4.2: `name=value` pairs separated by semicolons; quotes around a value are not part of it. */
function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    return pair
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}

/** @throws MH_HTTP_OPTION_INVALID when the option is missing */
function requiredId({ options, router }: MiddlewarePlace, key: string, legacyKey: string): string {
  const text = options.text('', key, legacyKey);
  if (text === '') throw invalidOption(key, 'a value is required, got nothing', '');
  return resolveReference(text, router.namespace);
}

function invalidOption(key: string, fact: string, value: string): HubError {
  return new HubError('MH_HTTP_OPTION_INVALID', {
    message: `Cannot use option '${key}': ${fact}`,
    details: { key, value },
  });
}
