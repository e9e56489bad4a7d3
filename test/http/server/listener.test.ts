/** Behaviour that only shows on a real socket: framing, limits, upgrades, stopping. */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { PIPELINED_REQUESTS_MAX } from '../../../src/base/index.ts';
import { bootHttp, gated, type Handler, listenerCounts, rawClient } from '../../support/http-world.ts';

const hello: Handler = ({ response }) => {
  response.write(Buffer.from('hello'));
  return undefined;
};

const never = (): Promise<never> => new Promise(() => {});

async function exchangeRaw(text: string, options: Parameters<typeof bootHttp>[0] = {}): Promise<string> {
  const world = await bootHttp({ routes: { 'GET /x': hello, 'POST /x': hello }, ...options });
  const client = await rawClient(await world.listen());
  client.send(text);
  return client.closed();
}

describe('Listener', () => {
  test('answers 431 to a request head above 16 KiB (http.md C11)', async () => {
    const text = await exchangeRaw(`GET /x HTTP/1.1\r\nHost: h\r\nX-Big: ${'a'.repeat(17_000)}\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 431 /);
  });

  test.each([
    [
      'Content-Length and Transfer-Encoding together',
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two different lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['a length that is no number', 'Content-Length: 5x\r\n\r\nhello'],
    ['an obscured chunked coding', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['a line fold', 'X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n'],
    ['a space before the colon', 'X-A : b\r\n\r\n'],
    ['two hosts', 'Host: other\r\nConnection: close\r\n\r\n'],
  ])('answers 400 to %s (http.md C11)', async (_what, rest) => {
    const text = await exchangeRaw(`POST /x HTTP/1.1\r\nHost: h\r\n${rest}`);
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).not.toContain('hello');
  });

  test('answers 400 without Host and to bytes that are no HTTP', async () => {
    expect(await exchangeRaw('GET /x HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await exchangeRaw('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('serves pipelined requests in order', async () => {
    const text = await exchangeRaw(
      'GET /x HTTP/1.1\r\nHost: h\r\n\r\nGET /none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    );
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404']);
  });

  test('hangs up on a client that sends 65 requests ahead, and aborts every one of them (http.md C9)', async () => {
    let begun = 0;
    const gone: Promise<void>[] = [];
    const waiting: Handler = (exchange) => {
      begun++;
      gone.push(new Promise((resolve) => exchange.onGone(resolve)));
      return never();
    };
    const world = await bootHttp({ routes: { 'GET /x': hello, 'GET /wait': waiting } });
    const client = await rawClient(await world.listen());
    client.send('GET /wait HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(1000));
    expect(await client.closed()).toBe('');
    await Promise.all(gone);
    expect(begun).toBe(PIPELINED_REQUESTS_MAX);
    expect((await world.inject('/x')).body).toBe('hello');
  });

  test('closes the file of a client that went while its response was prepared', async () => {
    const file = new Readable({ read() {} });
    let began = (): void => {};
    const begun = new Promise<void>((resolve) => {
      began = resolve;
    });
    const serve: Handler = async (exchange) => {
      began();
      await new Promise<void>((resolve) => exchange.onGone(resolve));
      exchange.response.setBodyStream(file, 5);
      return undefined;
    };
    const world = await bootHttp({ routes: { 'GET /x': serve } });
    const client = await rawClient(await world.listen());
    client.send('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
    await begun;
    client.socket.destroy();
    await once(file, 'close');
    expect(file.destroyed).toBe(true);
  });

  test('keeps the connection after a short unread body and closes it after a long one (http.md C12)', async () => {
    const short = await exchangeRaw(
      `POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n${'a'.repeat(1000)}` +
        'GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    );
    expect(short.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    const long = await exchangeRaw(
      `POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 400000\r\n\r\n${'a'.repeat(300_000)}`,
    );
    expect(long).toContain('Connection: close');
    expect(long).toContain('hello');
  });

  test('cuts off an endless unread chunked body (http.md C12)', async () => {
    const world = await bootHttp({ routes: { 'POST /x': hello } });
    const client = await rawClient(await world.listen());
    client.send('POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.until('hello');
    const chunk = `10000\r\n${'a'.repeat(65_536)}\r\n`;
    for (let i = 0; i < 6; i++) client.send(chunk);
    await client.closed();
  });

  test('ignores an offered upgrade that is not WebSocket, body included (RFC 9110 7.8)', async () => {
    const echo: Handler = async (exchange) => {
      exchange.response.write(await exchange.body.readWhole({ bytesMax: 100, timeoutMs: 1000 }));
      return undefined;
    };
    const text = await exchangeRaw(
      'POST /x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n' +
        'Content-Length: 4\r\n\r\nbodyGET /none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
      { routes: { 'POST /x': echo } },
    );
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404']);
    expect(text).toContain('body');
  });

  test('D12: puts no listener on a connection twice, however often it offers an upgrade', async () => {
    const world = await bootHttp({ routes: { 'GET /x': listenerCounts } });
    const client = await rawClient(await world.listen());
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n';
    const counts: unknown[] = [];
    for (let round = 0; round < 3; round++) {
      const seen = client.text().length;
      client.send(`GET /x HTTP/1.1\r\nHost: h\r\n${offer}\r\n`);
      const text = await client.until((all) => all.length > seen && all.endsWith('}'));
      counts.push(JSON.parse(text.slice(text.lastIndexOf('{'))));
    }
    expect(counts[2]).toEqual(counts[0]);
  });

  test('sends an ordinary answer to an upgrade nobody takes and closes (relay.md H6)', async () => {
    const text = await exchangeRaw(
      'GET /x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(text).toContain('Connection: close');
    expect(text.endsWith('hello')).toBe(true);
  });

  test('hangs up on an upgrade pipelined behind an unanswered request', async () => {
    const gate = gated('late');
    const world = await bootHttp({ routes: { 'GET /x': gate.handler, 'GET /y': hello } });
    const port = await world.listen();
    for (const protocol of ['websocket', 'h2c']) {
      const client = await rawClient(port);
      client.send(
        `GET /x HTTP/1.1\r\nHost: h\r\n\r\nGET /y HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
      );
      expect(await client.closed()).toBe('');
    }
    expect((await world.inject('/y')).body).toBe('hello');
  });

  test('flushes streamed bytes before the handler ends (http.md W2)', async () => {
    const world = await bootHttp({
      routes: {
        'GET /x': ({ response }) => {
          response.write(Buffer.from('early'));
          response.flush();
          return never();
        },
      },
    });
    const client = await rawClient(await world.listen());
    client.send('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
    await client.until('early');
    expect(client.text()).toContain('Transfer-Encoding: chunked');
  });

  test('answers 408 when a request head does not arrive in time (http.md 1.1)', async () => {
    const world = await bootHttp({ server: { timeouts: { read: '100ms' } }, routes: { 'GET /x': hello } });
    const client = await rawClient(await world.listen());
    client.send('GET /x HTTP/1.1\r\nHost: h\r\nX-Slow: ');
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('drops a client that does not take its response within timeouts.write (http.md 1.1)', async () => {
    const gate = gated('late');
    const world = await bootHttp({
      server: { timeouts: { write: '5s', handler: '0s' } },
      routes: { 'GET /x': gate.handler },
    });
    const client = await rawClient(await world.listen());
    client.send('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
    await gate.started;
    world.clock.advance(5_000);
    expect(await client.closed()).toBe('');
  });

  test('reports an address in use', async () => {
    const world = await bootHttp();
    const port = await world.listen();
    const other = await bootHttp({ server: { addr: `127.0.0.1:${port}` } });
    await expect(other.listen()).rejects.toMatchObject({ code: 'MH_HTTP_ADDRESS_TAKEN' });
  });

  test('listens on both families when the host is empty', async () => {
    const world = await bootHttp({ server: { addr: ':0' }, routes: { 'GET /x': hello } });
    const port = await world.listen();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const call = httpRequest({ host: '127.0.0.1', port, path: '/x' }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      call.on('error', reject);
      call.end();
    });
    expect(status).toBe(200);
  });
});
