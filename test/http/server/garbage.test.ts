/** Whatever a client sends, the server answers in HTTP or hangs up, and goes on serving others. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bootHttp, type Handler, rawClient } from '../../support/http-world.ts';

const echo: Handler = async (exchange) => {
  const body = await exchange.body.readWhole({ bytesMax: 10_000, timeoutMs: 60_000 });
  for (const [key, value] of exchange.request.query) {
    try {
      exchange.response.setHeader(key, value);
    } catch {
      exchange.response.setStatus(400);
    }
  }
  exchange.response.write(body);
  return undefined;
};

const PIECES = [
  'GET ',
  'POST ',
  'OPTIONS ',
  '/x',
  '/%',
  '*',
  '?a=%0d%0aX:y',
  '?Content-Length=0',
  '?Connection=close',
  ' HTTP/1.1\r\n',
  ' HTTP/9.9\r\n',
  'Host: h\r\n',
  'Host: other\r\n',
  'Content-Length: 3\r\n',
  'Content-Length: 18446744073709551616\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: chunked, identity\r\n',
  'Connection: upgrade\r\nUpgrade: websocket\r\n',
  'Connection: upgrade\r\nUpgrade: h2c\r\n',
  'Expect: 100-continue\r\n',
  'X: \0\r\n',
  ' folded\r\n',
  '\r\n',
  '\n',
  '3\r\nabc\r\n',
  '0\r\n\r\n',
  'fffffffffffffffff\r\n',
  'abc',
  '\xff\xfe',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
];

describe('a client that sends garbage', () => {
  test('gets HTTP or nothing, and harms nobody', async () => {
    const world = await bootHttp({ routes: { 'GET /x': echo, 'POST /x': echo } });
    const port = await world.listen();
    const piece = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...PIECES) },
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 14 }), async (pieces) => {
        const client = await rawClient(port);
        client.send(pieces.join(''));
        client.socket.end();
        const text = await client.closed();
        expect(text === '' || text.startsWith('HTTP/1.1 ')).toBe(true);
        expect(text).not.toMatch(/^X:y/m);
      }),
      { numRuns: 80 },
    );
    const client = await rawClient(port);
    client.send('GET /x?a=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(world.lines.filter(({ event }) => event === 'request failed')).toEqual([]);
  });
});
