import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { acceptsGzip } from '../../../src/http/exchange/accept.ts';
import { bootHttp, type Handler } from '../../support/http-world.ts';

const TEXT = 'moonhub '.repeat(200);

async function ask(change: (response: Parameters<Handler>[0]['response']) => void, request = {}) {
  const world = await bootHttp({
    router: { middleware: ['compress'] },
    routes: {
      'GET /x': ({ response }) => {
        change(response);
        if (response.byteCount === 0) response.write(Buffer.from(TEXT));
        return undefined;
      },
    },
  });
  return world.inject({ method: 'GET', url: '/x', headers: { 'accept-encoding': 'br, gzip' }, ...request });
}

describe('compress', () => {
  test('compresses a long text for a client that accepts gzip (http.md 3.3)', async () => {
    const answer = await ask((response) => response.setHeader('ETag', '"v1"'));
    expect(answer.headers).toMatchObject({
      'content-encoding': 'gzip',
      vary: 'Accept-Encoding',
      'content-type': 'text/plain; charset=utf-8',
      etag: 'W/"v1"',
    });
    expect(gunzipSync(answer.rawPayload).toString()).toBe(TEXT);
    expect(answer.headers['content-length']).toBe(String(answer.rawPayload.length));
  });

  test('leaves the body alone when the client does not accept gzip, but varies', async () => {
    const answer = await ask(() => {}, { headers: { 'accept-encoding': 'gzip;q=0, br' } });
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.headers.vary).toBe('Accept-Encoding');
    expect(answer.body).toBe(TEXT);
  });

  test.each<[string, (response: Parameters<Handler>[0]['response']) => void]>([
    ['a short body', (response) => void response.write(Buffer.alloc(1023, 'a'))],
    ['206', (response) => response.setStatus(206)],
    ['an existing encoding', (response) => response.setHeader('Content-Encoding', 'br')],
    ['an image', (response) => response.setHeader('Content-Type', 'image/png')],
    ['an event stream', (response) => response.setHeader('Content-Type', 'text/event-stream')],
    ['no-transform', (response) => response.setHeader('Cache-Control', 'public, no-transform')],
    ['a streaming response', (response) => response.setTransfer('chunked')],
  ])('skips %s (http.md 3.3, M5)', async (_what, change) => {
    const answer = await ask(change);
    expect(answer.headers['content-encoding']).not.toBe('gzip');
    expect(answer.body).toMatch(/^(a+|(moonhub )+)$/);
  });

  test('refuses an unknown level at load', async () => {
    const world = bootHttp({
      router: { middleware: ['compress'], options: { 'compress.level': 'constructor' } },
    });
    await expect(world).rejects.toThrow('compress.level');
  });
});

describe('acceptsGzip()', () => {
  test.each([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['x-gzip', true],
    ['*', true],
    ['*;q=0', false],
    ['*, gzip;q=0', false],
    ['GZIP;Q=0.5', true],
    ['deflate', false],
    ['gzip;q=nonsense', false],
  ])('reads %j as %s', (header, expected) => {
    expect(acceptsGzip(header)).toBe(expected);
  });
});
