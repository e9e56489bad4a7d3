import { describe, expect, test } from 'vitest';
import { HubError } from '../../../src/base/index.ts';
import { Actor } from '../../../src/lua/index.ts';
import { createSecurityMiddleware, type TokenStores } from '../../../src/modules/security/middleware.ts';
import { Policy, PolicySet } from '../../../src/modules/security/policy.ts';
import { bootHttp, type Handler, type HttpWorldOptions } from '../../support/http-world.ts';

const rule = (effect: 'allow' | 'deny', resources: string[]) =>
  new Policy('app:p', [], {
    effect,
    actions: ['access', 'read'],
    resources,
    demands: () => true,
    onFault: () => {},
  });
const ann = new Actor('ann', {});
const identities: Record<string, { actor: Actor; scope: PolicySet }> = {
  good: { actor: ann, scope: new PolicySet([rule('allow', ['app:f0.endpoint', 'app:vault'])]) },
  banned: { actor: ann, scope: new PolicySet([rule('allow', ['*']), rule('deny', ['*'])]) },
  silent: { actor: ann, scope: new PolicySet([]) },
};
const stores: TokenStores = {
  tokenStore: () => ({
    validate(token) {
      const identity = Object.hasOwn(identities, token) ? identities[token] : undefined;
      if (identity === undefined) throw new HubError('MH_SECURITY_TOKEN_REFUSED', { message: 'no' });
      return identity;
    },
  }),
};

const whoami: Handler = ({ ambient, response }) => {
  response.write(Buffer.from((ambient.actor as Actor | undefined)?.id ?? 'nobody'));
  return undefined;
};

const boot = (router: HttpWorldOptions['router']) =>
  bootHttp({
    router: router!,
    middleware: createSecurityMiddleware(stores),
    routes: { 'GET /x': whoami },
    entries: [{ id: 'app:tokens', kind: 'security.token_store', data: { store: 'app:s' } }],
  });

const auth = { middleware: ['token_auth'], options: { 'token_auth.store': 'tokens' } };

describe('token_auth', () => {
  test.each([
    [{ url: '/x', headers: { authorization: 'Bearer good' } }, 'ann'],
    [{ url: '/x', headers: { authorization: 'Basic good' } }, 'nobody'],
    [{ url: '/x', headers: { authorization: 'Basic good', cookie: 'a=b; x-auth-token="good"' } }, 'ann'],
    [{ url: '/x?x-auth-token=good' }, 'ann'],
    [{ url: '/x?x-auth-token=good', headers: { authorization: 'Bearer forged' } }, 'nobody'],
    [{ url: '/x', headers: { authorization: 'Bearer __proto__' } }, 'nobody'],
    [{ url: '/x' }, 'nobody'],
  ])('knows %j as %s and never blocks (http.md 3.5)', async (request, expected) => {
    const world = await boot(auth);
    const answer = await world.inject({ method: 'GET', ...request });
    expect([answer.statusCode, answer.body]).toEqual([200, expected]);
  });

  test('needs a token store that exists (http.md A4, 3.5)', async () => {
    await expect(boot({ middleware: ['token_auth'] })).rejects.toThrow('a value is required');
    const lost = { middleware: ['token_auth'], options: { token_store: 'lost' } };
    await expect(boot(lost)).rejects.toThrow("no token store has this ID, got 'app:lost'");
  });
});

describe('endpoint_firewall', () => {
  const guarded = { ...auth, post_middleware: ['endpoint_firewall'] };

  test.each([
    [undefined, 401, 'Authentication required'],
    ['banned', 403, 'Access denied'],
    ['silent', 403, 'Access denied'],
  ])('refuses %s with %i (http.md 3.6)', async (token, status, error) => {
    const world = await boot(guarded);
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await world.inject({ url: '/x', headers });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.json()).toEqual({ success: false, error, details: expect.any(String) });
  });

  test('lets pass who is allowed on the endpoint (http.md 3.6)', async () => {
    const world = await boot(guarded);
    expect((await world.inject({ url: '/x', headers: { authorization: 'Bearer good' } })).body).toBe('ann');
  });

  test('answers 500 among pre-match middleware (http.md 3.6)', async () => {
    const world = await boot({ ...auth, middleware: ['token_auth', 'endpoint_firewall'] });
    const answer = await world.inject({ url: '/x', headers: { authorization: 'Bearer good' } });
    expect([answer.statusCode, answer.json()]).toEqual([
      500,
      expect.objectContaining({ error: 'Configuration error' }),
    ]);
  });
});

describe('resource_firewall', () => {
  test('asks about its target, relative to the router (http.md A4, 3.6)', async () => {
    const guard = (target: string) =>
      boot({
        ...auth,
        middleware: ['token_auth', 'resource_firewall'],
        options: { ...auth.options, 'resource_firewall.target': target, 'resource_firewall.action': 'read' },
      });
    const request = { url: '/x', headers: { authorization: 'Bearer good' } };
    expect((await (await guard('vault')).inject(request)).statusCode).toBe(200);
    expect((await (await guard('other')).inject(request)).statusCode).toBe(403);
    await expect(guard('')).rejects.toThrow('a value is required');
  });
});
