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

  test('lets other origins through without its headers, and varies by origin all the same (http.md 3.1)', async () => {
    const world = await boot({ 'cors.allow.origins': 'https://a.test' });
    for (const headers of [{ origin: 'https://b.test' }, {}]) {
      const answer = await world.inject({ url: '/x', headers });
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(answer.headers.vary).toBe('Origin'); // else a cache serves this to the page that is allowed
    }
  });

  const PREFLIGHT_VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

  test.each([{ origin: 'https://b.test' }, {}])(
    'varies fully on a preflight it refuses: %j',
    async (headers) => {
      const world = await boot({ 'cors.allow.origins': 'https://a.test' });
      const preflight = { ...headers, 'access-control-request-method': 'PUT' };
      const answer = await world.inject({ method: 'OPTIONS', url: '/x', headers: preflight });
      expect(answer.statusCode).toBe(204);
      expect(answer.headers).toMatchObject({ vary: PREFLIGHT_VARY, allow: 'GET, HEAD, OPTIONS' });
      expect(answer.headers['access-control-allow-methods']).toBeUndefined();
    },
  );

  test('varies by origin on whatever passes it: errors, streams, files and what is not changed', async () => {
    const world = await bootHttp({
      router: { middleware: ['cors', 'compress', 'ratelimit'], options: { 'ratelimit.burst': 4 } },
      routes: {
        'GET /raise': () => failed('boom'),
        'GET /own': ({ response }) => {
          response.answer(404, 'no such thing');
          return undefined;
        },
        'GET /stream': ({ response }) => {
          response.flush();
          return undefined;
        },
        'GET /nothing': () => undefined,
      },
      entries: [
        { id: 'app:root', kind: 'fs.directory', data: { directory: import.meta.dirname } },
        {
          id: 'app:files',
          kind: 'http.static',
          meta: { server: 'app:gateway' },
          data: { path: '/files', fs: 'app:root', middleware: ['cors'] },
        },
      ],
    });
    const file = await world.inject('/files/cors.test.ts');
    const fresh = { 'if-none-match': String(file.headers.etag) };
    const answers = [
      ...(await Promise.all(
        ['/raise', '/own', '/stream', '/nothing', '/raise'].map((url) => world.inject(url)),
      )),
      file,
      await world.inject({ url: '/files/cors.test.ts', headers: fresh }),
      await world.inject({ url: '/files/cors.test.ts', headers: { range: 'bytes=0-1' } }),
      await world.inject({ url: '/files/cors.test.ts', headers: { range: 'bytes=99999999-' } }),
      await world.inject({ method: 'POST', url: '/files/cors.test.ts' }),
      await world.inject('/files/none'),
      await world.inject('/files'),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([
      500, 404, 200, 500, 429, 200, 304, 206, 416, 405, 404, 301,
    ]);
    for (const answer of answers) expect(answer.headers.vary).toBe('Origin');
  });

  test.each([
    ['Accept', 'Accept, Origin'],
    ['origin', 'origin'],
    ['Accept, ORIGIN,accept', 'Accept, ORIGIN'],
    ['*', '*'],
    ['', 'Origin'],
  ])('adds its word to the Vary of the handler, each once: %s (RFC 9110 12.5.5)', async (own, expected) => {
    const world = await bootHttp({
      router: { middleware: ['cors'] },
      routes: {
        'GET /x': ({ response }) => {
          response.setHeader('vary', own, own);
          return undefined;
        },
      },
    });
    expect((await world.inject('/x')).headers.vary).toBe(expected);
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
