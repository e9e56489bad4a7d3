import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { severalRanges } from '../../../src/http/files/byte-ranges.ts';
import { attachment } from '../../../src/http/middleware/sendfile.ts';
import { bootHttp, type Handler, rawClient } from '../../support/http-world.ts';

let base: string;
let root: string;

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'moonhub-static-'));
  root = join(base, 'public');
  mkdirSync(join(root, 'docs/empty'), { recursive: true });
  mkdirSync(join(base, 'public-secret'));
  writeFileSync(join(base, 'secret.txt'), 'SECRET');
  writeFileSync(join(base, 'public-secret/s.txt'), 'SECRET');
  writeFileSync(join(root, 'index.html'), '<h1>home</h1>');
  writeFileSync(join(root, 'docs/index.html'), '<h1>docs</h1>');
  writeFileSync(join(root, 'app.js'), 'let a = 1;');
  writeFileSync(join(root, 'digits.txt'), '0123456789');
  writeFileSync(join(root, 'a b\u00e9.txt'), 'spaced');
  writeFileSync(join(root, 'zero.txt'), '');
  symlinkSync(join(base, 'secret.txt'), join(root, 'escape.txt'));
  symlinkSync(base, join(root, 'up'));
  symlinkSync(join(root, 'app.js'), join(root, 'inside.js'));
});

afterAll(() => rmSync(base, { recursive: true, force: true }));

const boot = (fields = {}, options: Parameters<typeof bootHttp>[0] = {}) =>
  bootHttp({
    ...options,
    entries: [
      { id: 'app:files', kind: 'fs.directory', data: { directory: root } },
      {
        id: 'app:static',
        kind: 'http.static',
        meta: { server: 'app:gateway' },
        data: { path: '/', fs: 'app:files', ...fields },
      },
    ],
  });

describe('answerFromMount()', () => {
  test('D11: starts a relative directory at the working directory of the hub', async () => {
    const world = await bootHttp({
      cwd: base,
      entries: [
        { id: 'app:files', kind: 'fs.directory', data: { directory: './public' } },
        {
          id: 'app:static',
          kind: 'http.static',
          meta: { server: 'app:gateway' },
          data: { path: '/', fs: 'app:files' },
        },
      ],
    });
    expect((await world.inject('/app.js')).body).toBe('let a = 1;');
  });

  test('takes the media types an application names, in either place and with or without the dot', async () => {
    writeFileSync(join(root, 'model.GLB2'), 'glb');
    const types = { '.js': 'text/x-mine', glb2: 'model/gltf-binary; version="2"' };
    for (const fields of [{ options: { mime_types: types } }, { static_options: { mime_types: types } }]) {
      const world = await boot(fields);
      expect((await world.inject('/app.js')).headers['content-type']).toBe('text/x-mine; charset=utf-8');
      expect((await world.inject('/model.GLB2')).headers['content-type']).toBe(
        'model/gltf-binary; version="2"',
      );
      expect((await world.inject('/docs/index.html')).headers['content-type']).toMatch(/^text\/html/);
    }
  });

  test('serves files with type, validators and cache control (http.md F5)', async () => {
    const world = await boot({ static_options: { cache: 'max-age=60' } });
    const answer = await world.inject('/app.js');
    expect(answer.body).toBe('let a = 1;');
    expect(answer.headers['content-type']).toMatch(/javascript; charset=utf-8$/);
    expect(answer.headers['cache-control']).toBe('max-age=60');
    const again = await world.inject({
      url: '/app.js',
      headers: { 'if-none-match': String(answer.headers.etag) },
    });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    expect(again.headers['cache-control']).toBe('max-age=60');
  });

  test('decodes names, spaces and accents included', async () => {
    const world = await boot();
    expect((await world.inject('/a%20b%C3%A9.txt')).body).toBe('spaced');
    expect((await world.inject('/zero.txt')).body).toBe('');
    expect((await world.inject('/inside.js')).body).toBe('let a = 1;');
  });

  test('answers HEAD without body and other methods with 405 (http.md F2)', async () => {
    const world = await boot();
    const head = await world.inject({ method: 'HEAD', url: '/digits.txt' });
    expect([head.statusCode, head.body, head.headers['content-length']]).toEqual([200, '', '10']);
    expect((await world.inject({ method: 'POST', url: '/digits.txt' })).statusCode).toBe(405);
  });

  test('serves the index of a directory, redirects to its slash form, never lists (http.md F3)', async () => {
    const world = await boot();
    expect((await world.inject('/')).body).toBe('<h1>home</h1>');
    expect((await world.inject('/docs/')).body).toBe('<h1>docs</h1>');
    const redirect = await world.inject('/docs?a=1');
    expect([redirect.statusCode, redirect.headers.location]).toEqual([301, '/docs/?a=1']);
    expect((await world.inject('/docs/empty/')).statusCode).toBe(404);
    expect((await world.inject('/digits.txt/')).statusCode).toBe(404);
  });

  test('never redirects to another site', async () => {
    const world = await boot();
    const answer = await world.inject({ url: '/', headers: { host: 'h' } });
    expect(answer.statusCode).toBe(200);
    const client = await rawClient(await world.listen());
    client.send('GET //docs HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    expect(await client.closed()).not.toMatch(/location: \/\//i);
  });

  test('prefers the longest mount and strips its path (http.md F1)', async () => {
    const world = await bootHttp({
      entries: [
        { id: 'app:files', kind: 'fs.directory', data: { directory: root } },
        { id: 'app:docs', kind: 'fs.directory', data: { directory: join(root, 'docs') } },
        { id: 'app:a', kind: 'http.static', data: { server: 'app:gateway', path: '/', fs: 'app:files' } },
        {
          id: 'app:b',
          kind: 'http.static',
          data: { server: 'app:gateway', path: '/guide/', fs: 'app:docs' },
        },
      ],
    });
    expect((await world.inject('/guide/')).body).toBe('<h1>docs</h1>');
    expect((await world.inject('/guide')).headers.location).toBe('/guide/');
    expect((await world.inject('/guidex')).statusCode).toBe(404);
    expect((await world.inject('/app.js')).statusCode).toBe(200);
  });

  test('lets endpoints win, and serves files where an endpoint has another method (http.md R10)', async () => {
    const say: Handler = ({ response }) => {
      response.write(Buffer.from('endpoint'));
      return undefined;
    };
    const world = await boot({}, { routes: { 'GET /app.js': say, 'POST /digits.txt': say } });
    expect((await world.inject('/app.js')).body).toBe('endpoint');
    expect((await world.inject('/digits.txt')).body).toBe('0123456789');
    expect((await world.inject({ method: 'DELETE', url: '/digits.txt' })).statusCode).toBe(405);
  });

  test('gives every other path the index in SPA mode (http.md F4)', async () => {
    const world = await boot({ static_options: { spa: true, index: 'index.html' } });
    const answer = await world.inject('/users/7');
    expect([answer.statusCode, answer.body]).toEqual([200, '<h1>home</h1>']);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect((await world.inject('/app.js')).body).toBe('let a = 1;');
    const broken = await boot({ static_options: { spa: true, index: 'none.html' } });
    expect((await broken.inject('/users/7')).statusCode).toBe(500);
  });

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/docs/../../secret.txt',
    '/docs/%2e%2e/%2e%2e/secret.txt',
    '/%2e%2e%2fpublic-secret/s.txt',
    '/..%5csecret.txt',
    '/app.js%00.txt',
    '/%00',
    '/escape.txt',
    '/up/secret.txt',
    '/up/public-secret/s.txt',
    '/%2fetc/passwd',
    '//etc/passwd',
    '/....//secret.txt',
    '/%252e%252e/secret.txt',
    '/%c0%ae%c0%ae/secret.txt',
  ])('keeps %s from leaving the root (http.md F6)', async (path) => {
    for (const fields of [{}, { static_options: { spa: true, index: 'index.html' } }]) {
      const world = await boot(fields);
      const client = await rawClient(await world.listen());
      client.send(`GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      const text = await client.closed();
      expect(text).not.toContain('SECRET');
      expect(text).not.toContain('root:');
      if (Object.keys(fields).length === 0) expect(text).toMatch(/^HTTP\/1\.1 404 /);
    }
  });
});

describe('answerFile()', () => {
  test('sends one range, several ranges, and 416 (http.md F5)', async () => {
    const world = await boot();
    const ask = (range: string) => world.inject({ url: '/digits.txt', headers: { range } });
    const one = await ask('bytes=2-4');
    expect([one.statusCode, one.body, one.headers['content-range']]).toEqual([206, '234', 'bytes 2-4/10']);
    const several = await ask('bytes=0-1,-2');
    expect(several.statusCode).toBe(206);
    const boundary = /boundary=(.*)$/.exec(String(several.headers['content-type']))![1];
    expect(several.body).toBe(
      `\r\n--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 0-1/10\r\n\r\n01` +
        `\r\n--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 8-9/10\r\n\r\n89` +
        `\r\n--${boundary}--\r\n`,
    );
    expect(several.headers['content-length']).toBe(String(several.rawPayload.length));
    const beyond = await ask('bytes=50-');
    expect([beyond.statusCode, beyond.headers['content-range']]).toEqual([416, 'bytes */10']);
  });

  test('does not work for greedy range lists (RFC 9110 17.15)', () => {
    const many = `bytes=${Array.from({ length: 17 }, (_, i) => `${i}-${i}`).join(',')}`;
    expect(severalRanges(many, undefined, 100)).toBeUndefined();
    expect(severalRanges('bytes=0-,0-,0-', undefined, 100)).toBeUndefined();
    expect(severalRanges('bytes=0-1,3-4', '"etag"', 100)).toBeUndefined();
    expect(severalRanges('bytes=0-1,3-4', undefined, 100)).toEqual([
      { start: 0, end: 1 },
      { start: 3, end: 4 },
    ]);
  });
});

describe('sendfile', () => {
  const bootSend = (
    set: (response: Parameters<Handler>[0]['response']) => void,
    options: object = { 'sendfile.fs': 'files' },
  ) =>
    bootHttp({
      router: { post_middleware: ['sendfile'], post_options: options as Record<string, string> },
      routes: {
        'GET /x': ({ response }) => {
          set(response);
          return undefined;
        },
      },
      cwd: base,
      entries: [{ id: 'app:files', kind: 'fs.directory', data: { directory: 'public' } }],
    });

  test('serves the named file, keeps other headers, drops the body (http.md 3.7)', async () => {
    const world = await bootSend((response) => {
      response.setHeader('X-Sendfile', 'docs/index.html');
      response.setHeader('X-File-Name', 'report "1".html');
      response.setHeader('X-Own', 'kept');
      response.write(Buffer.from('ignored'));
    });
    const answer = await world.inject('/x');
    expect([answer.statusCode, answer.body]).toEqual([200, '<h1>docs</h1>']);
    expect(answer.headers['x-own']).toBe('kept');
    expect(answer.headers['content-disposition']).toBe('attachment; filename="report \\"1\\".html"');
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('x-'))).toEqual(['x-own']);
    const part = await world.inject({ url: '/x', headers: { range: 'bytes=0-3' } });
    expect([part.statusCode, part.body]).toEqual([206, '<h1>']);
  });

  test.each([
    ['.', 400],
    ['..', 400],
    ['', 400],
    ['docs/../../secret.txt', 400],
    ['none.txt', 404],
    ['docs', 404],
    ['escape.txt', 404],
    ['up/secret.txt', 404],
  ])('answers %j with %i (http.md 3.7)', async (file, status) => {
    const world = await bootSend((response) => response.setHeader('X-File-Path', file));
    const answer = await world.inject('/x');
    expect(answer.statusCode).toBe(status);
    expect(answer.body).not.toContain('SECRET');
  });

  test('answers 500 without a filesystem (http.md 3.7)', async () => {
    const world = await bootSend((response) => response.setHeader('X-Sendfile', 'app.js'), {});
    expect((await world.inject('/x')).statusCode).toBe(500);
  });
});

describe('attachment()', () => {
  test('adds the RFC 5987 form for names beyond ASCII and strips directories', () => {
    expect(attachment('../x/\u00e4 \u20ac.txt')).toBe(
      'attachment; filename="_ _.txt"; filename*=UTF-8\'\'%C3%A4%20%E2%82%AC.txt',
    );
    expect(attachment('a\r\nSet-Cookie: x')).not.toMatch(/[\r\n]/);
  });
});
