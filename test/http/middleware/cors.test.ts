import { describe, expect, test } from 'vitest';
import { isOriginAllowed } from '../../../src/http/middleware/cors.ts';
import { bootHttp, failed, type Handler } from '../../support/http-world.ts';

const hello: Handler = ({ response }) => {
  response.write(Buffer.from('hello'));
  return undefined;
};

const boot = (options = {}) =>
  bootHttp({
    router: { middleware: ['cors'], options },
    routes: { 'GET /x': hello, 'POST /bad': () => failed('boom') },
  });

describe('cors', () => {
  test('echoes an allowed origin, never a star, and varies by it (http.md 3.1)', async () => {
    const world = await boot();
    const answer = await world.inject({ url: '/x', headers: { origin: 'https://a.test' } });
    expect(answer.headers['access-control-allow-origin']).toBe('https://a.test');
    expect(answer.headers.vary).toBe('Origin');
    expect(answer.body).toBe('hello');
  });

  test('lets other origins through without headers', async () => {
    const world = await boot({ 'cors.allow.origins': 'https://a.test' });
    for (const headers of [{ origin: 'https://b.test' }, {}]) {
      const answer = await world.inject({ url: '/x', headers });
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test('answers a preflight itself with 204 (http.md 3.1)', async () => {
    const world = await boot({ 'cors.max.age': 60, 'cors.allow.credentials': true });
    const answer = await world.inject({
      method: 'OPTIONS',
      url: '/x',
      headers: { origin: 'https://a.test', 'access-control-request-method': 'PUT' },
    });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://a.test',
      'access-control-allow-methods': 'GET,POST,PUT,DELETE,OPTIONS,PATCH',
      'access-control-allow-headers': 'Origin,Content-Type,Accept,Authorization,X-Requested-With',
      'access-control-max-age': '60',
      'access-control-allow-credentials': 'true',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    });
  });

  test('continues an OPTIONS that is no preflight (http.md 3.1)', async () => {
    const world = await boot();
    const answer = await world.inject({
      method: 'OPTIONS',
      url: '/x',
      headers: { origin: 'https://a.test' },
    });
    expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS');
    expect(answer.headers['access-control-allow-methods']).toBeUndefined();
  });

  test('keeps its headers on failed requests, so that browsers show the failure', async () => {
    const world = await boot();
    const answer = await world.inject({ method: 'POST', url: '/bad', headers: { origin: 'https://a.test' } });
    expect(answer.statusCode).toBe(500);
    expect(answer.headers['access-control-allow-origin']).toBe('https://a.test');
  });

  test('gives credentials only for the exact value true, expose headers only on actual requests', async () => {
    const world = await boot({ allow_credentials: 'yes', 'cors.expose.headers': 'X-A' });
    const answer = await world.inject({ url: '/x', headers: { origin: 'https://a.test' } });
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    expect(answer.headers['access-control-expose-headers']).toBe('X-A');
  });

  test('prefers the dotted key, and an empty value means the default (http.md M4)', async () => {
    const world = await boot({ 'cors.allow.origins': '', allow_origins: 'https://b.test' });
    const answer = await world.inject({ url: '/x', headers: { origin: 'https://a.test' } });
    expect(answer.headers['access-control-allow-origin']).toBe('https://a.test');
  });
});

describe('isOriginAllowed()', () => {
  test.each([
    ['*', 'null', true],
    ['https://a.test', 'https://a.test', true],
    ['https://a.test', 'https://A.test', false],
    ['https://a.test', 'https://a.test:8443', false],
    ['*.example.com', 'http://a.example.com', true],
    ['*.example.com', 'https://a.b.example.com', true],
    ['*.example.com', 'https://example.com', false],
    ['*.example.com', 'https://.example.com', false],
    ['*.example.com', 'https://badexample.com', false],
    ['*.example.com', 'https://a.example.com:8443', false],
    ['*.example.com', 'https://a.example.com.evil.test', false],
    ['localhost', 'http://localhost:5173', true],
    ['localhost', 'https://localhost', true],
    ['localhost', 'https://localhost.evil.test', false],
    ['a.test', 'https://a.test', true],
    ['a.test', 'https://a.test:1', false],
  ])('entry %s covers %s: %s', (entry, origin, expected) => {
    expect(isOriginAllowed([entry], origin)).toBe(expected);
  });
});
