import { describe, expect, test } from 'vitest';
import { HubError } from '../../../src/base/index.ts';
import { fromHost } from '../../../src/lua/index.ts';
import { bootHttp, failed, type Handler, rawClient } from '../../support/http-world.ts';

const never = (): Promise<never> => new Promise(() => {});

async function ask(handler: Handler, server = {}) {
  const world = await bootHttp({ server, routes: { 'GET /x': handler } });
  const answer = await world.inject('/x');
  return { world, answer };
}

describe('callHandler()', () => {
  test('sends a touched response; a header alone is 200 with an empty body (http.md C1)', async () => {
    const { answer } = await ask(({ response }) => {
      response.setHeader('X-Some', 'v');
      return undefined;
    });
    expect([answer.statusCode, answer.body, answer.headers['x-some']]).toEqual([200, '', 'v']);
  });

  test('sends an untouched return value as JSON (http.md C2)', async () => {
    const { answer } = await ask(() => ({ ok: true, value: fromHost({ a: [1, 2] }) }));
    expect([answer.statusCode, answer.body]).toEqual([200, '{"a":[1,2]}']);
    expect(answer.headers['content-type']).toBe('application/json');
  });

  test('answers 500 when nothing was sent and nothing returned (http.md C4)', async () => {
    const { answer } = await ask(() => undefined);
    expect([answer.statusCode, answer.body]).toEqual([500, 'no response sent\n']);
  });

  test('discards the prepared response when the handler raises (http.md C5, C7)', async () => {
    const { answer, world } = await ask(({ response }) => {
      response.setStatus(201);
      response.setHeader('X-Secret', 'v');
      response.setHeader('X-WS-Relay', '{}');
      response.write(Buffer.from('half'));
      return failed('boom');
    });
    expect([answer.statusCode, answer.body]).toEqual([500, 'internal server error\n']);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['x-secret']).toBeUndefined();
    const line = world.lines.find(({ event }) => event === 'handler failed');
    expect(line?.fields).toMatchObject({
      message: 'boom',
      method: 'GET',
      path: '/x',
      endpoint: 'app:f0.endpoint',
    });
  });

  test('shows the message with expose_errors, never a stack (http.md C7)', async () => {
    const { answer } = await ask(() => failed('boom'), { expose_errors: true });
    expect(answer.body).toBe('boom\n');
  });

  test('answers 500 whatever the kind of the failure (http.md C3, C7)', async () => {
    const { answer } = await ask(() => failed('no such user', { returned: true, kind: 'NotFound' }));
    expect(answer.statusCode).toBe(500);
  });

  test('sends a touched response when the failure was returned (http.md C6)', async () => {
    const { answer, world } = await ask(({ response }) => {
      response.setStatus(422);
      response.write(Buffer.from('why'));
      return failed('logged', { returned: true });
    });
    expect([answer.statusCode, answer.body]).toEqual([422, 'why']);
    expect(world.lines.some(({ event }) => event === 'handler failed')).toBe(true);
  });

  test('answers 504 and aborts the call at the handler timeout (http.md C8)', async () => {
    const world = await bootHttp({ server: { timeouts: { handler: '2s' } }, routes: { 'GET /x': never } });
    const answer = world.inject('/x');
    await new Promise(setImmediate);
    world.clock.advance(1_999);
    world.clock.advance(1);
    expect([(await answer).statusCode, (await answer).body]).toEqual([504, 'handler timeout\n']);
  });

  test('lets a streaming handler go on beyond the handler timeout (http.md C8)', async () => {
    let finish = (): void => {};
    const world = await bootHttp({
      server: { timeouts: { handler: '2s' } },
      routes: {
        'GET /x': async ({ response }) => {
          response.write(Buffer.from('first '));
          response.flush();
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          response.write(Buffer.from('second'));
          return undefined;
        },
      },
    });
    const answer = world.inject('/x');
    await new Promise(setImmediate);
    world.clock.advance(10_000);
    finish();
    expect((await answer).body).toBe('first second');
  });

  test('aborts the handler when the client goes (http.md C9)', async () => {
    let sawGone = false;
    const world = await bootHttp({
      routes: {
        'GET /x': (exchange) =>
          new Promise((resolve) => {
            exchange.onGone(() => {
              sawGone = true;
              resolve(undefined);
            });
          }),
      },
    });
    const client = await rawClient(await world.listen());
    client.send('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
    await new Promise(setImmediate);
    client.socket.destroy();
    await expect.poll(() => sawGone).toBe(true);
  });

  test('cuts the connection when a streaming handler raises (http.md C5)', async () => {
    const world = await bootHttp({
      routes: {
        'GET /x': ({ response }) => {
          response.write(Buffer.from('half'));
          response.flush();
          return failed('boom');
        },
      },
    });
    const client = await rawClient(await world.listen());
    client.send('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
    const text = await client.closed();
    expect(text).toContain('half');
    expect(text).not.toMatch(/\r\n0\r\n\r\n$/); // The chunked body has no end: the client can tell.
  });

  test('answers 503 when the function cannot take more, 500 when it cannot start (http.md C10)', async () => {
    const world = await bootHttp({ routes: { 'GET /x': () => undefined } });
    const busy = new HubError('MH_PROCESS_MAILBOX_FULL', { message: 'pool is full' });
    const { callHandler } = await import('../../../src/http/server/handler-call.ts');
    const refused = await bootHttp({
      router: { middleware: ['refuse'] },
      middleware: [
        {
          name: 'refuse',
          create: () => ({
            async before(exchange) {
              const call = (): never => {
                throw busy;
              };
              const settings = {
                system: { call },
                clock: world.clock,
                handlerTimeoutMs: 0,
                exposeErrors: false,
              };
              await callHandler(exchange, 'app:f', settings);
              return 'answered' as const;
            },
          }),
        },
      ],
      routes: { 'GET /x': () => undefined },
    });
    const answer = await refused.inject('/x');
    expect([answer.statusCode, answer.body]).toEqual([503, 'service unavailable\n']);
    const lost = await bootHttp({
      entries: [
        {
          id: 'app:e',
          kind: 'http.endpoint',
          meta: { router: 'app:api' },
          data: { method: 'GET', path: '/lost', func: 'app:none' },
        },
      ],
    });
    expect((await lost.inject('/lost')).statusCode).toBe(500);
  });
});

describe('PreparedResponse', () => {
  test('refuses to change status and headers once committed, and goes on (http.md W1)', async () => {
    const { answer } = await ask(({ response }) => {
      response.write(Buffer.from('a'));
      expect(() => response.setStatus(404)).toThrow('cannot set status after headers are sent');
      expect(() => response.setHeader('X', 'y')).toThrow('cannot set header after headers are sent');
      expect(() => response.setTransfer('sse')).toThrow('cannot set transfer after headers are sent');
      return undefined;
    });
    expect([answer.statusCode, answer.body]).toEqual([200, 'a']);
  });

  test.each(['a\r\nSet-Cookie: x=1', 'a\nb', 'a\0b', 'a\rb'])(
    'refuses to split headers with %j',
    async (value) => {
      const { answer } = await ask(({ response }) => {
        expect(() => response.setHeader('X-Split', value)).toThrow('control character');
        expect(() => response.setHeader(`X${value}`, 'v')).toThrow('no token');
        response.write(Buffer.from('ok'));
        return undefined;
      });
      expect(answer.headers['x-split']).toBeUndefined();
      expect(answer.headers['set-cookie']).toBeUndefined();
    },
  );

  test('strips the private headers from every response and warns when nobody took them (http.md W7, relay.md E3)', async () => {
    const { answer, world } = await ask(({ response }) => {
      for (const name of ['X-WS-Relay', 'x-sse-relay', 'X-Sendfile', 'X-File-Path', 'X-File-Name']) {
        response.setHeader(name, 'v');
      }
      response.write(Buffer.from('ok'));
      return undefined;
    });
    expect(Object.keys(answer.headers).filter((name) => /relay|file/i.test(name))).toEqual([]);
    expect(world.lines.filter(({ event }) => event === 'header without middleware')).toHaveLength(4);
  });

  test('keeps relay values of up to 64 KiB of any bytes and refuses longer ones (relay.md H5)', async () => {
    await ask(({ response }) => {
      const value = `${Buffer.from('\u00e9\ud55c').toString('latin1')}${'x'.repeat(65_531)}`;
      response.setHeader('x-Ws-reLay', value);
      expect(response.privateHeader('x-ws-relay')?.toString('latin1')).toBe(value);
      expect(() => response.setHeader('X-WS-Relay', `${value}y`)).toThrow('longer than 65536 bytes');
      return undefined;
    });
  });

  test('ignores framing headers that contradict the body (http.md W8)', async () => {
    const { answer } = await ask(({ response }) => {
      response.setHeader('Content-Length', '99');
      response.setHeader('Transfer-Encoding', 'gzip');
      response.setHeader('Connection', 'upgrade');
      response.write(Buffer.from('abc'));
      return undefined;
    });
    expect(answer.headers['content-length']).toBe('3');
    expect(answer.headers['transfer-encoding']).toBeUndefined();
    expect(answer.headers.connection).toBe('keep-alive');
  });

  test.each([
    ['<!DOCTYPE html><p>', 'text/html; charset=utf-8'],
    ['  \n<html lang="en">', 'text/html; charset=utf-8'],
    ['<data/>', 'text/plain; charset=utf-8'],
    ['gr\u00fc\u00dfe', 'text/plain; charset=utf-8'],
  ])('names the type of %j as %s (http.md W4)', async (body, type) => {
    const { answer } = await ask(({ response }) => {
      response.write(Buffer.from(body));
      return undefined;
    });
    expect(answer.headers['content-type']).toBe(type);
  });

  test('sends bytes unchanged and calls them bytes (http.md W4, W5)', async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
    const { answer } = await ask(({ response }) => {
      response.write(bytes);
      return undefined;
    });
    expect(answer.rawPayload).toEqual(bytes);
    expect(answer.headers['content-type']).toBe('application/octet-stream');
  });

  test('calls a cut character text only while more may follow (http.md W4)', async () => {
    const half = Buffer.from([0x61, 0xe2, 0x82]);
    const whole = await ask(({ response }) => void response.write(half) as undefined);
    expect(whole.answer.headers['content-type']).toBe('application/octet-stream');
    const streamed = await ask(({ response }) => {
      response.write(half);
      response.flush();
      response.write(Buffer.from([0xac]));
      return undefined;
    });
    expect(streamed.answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(streamed.answer.body).toBe('a\u20ac');
  });

  test.each([204, 304])('discards the body of a %i (http.md W6)', async (status) => {
    const { answer } = await ask(({ response }) => {
      response.setStatus(status);
      response.write(Buffer.from('ghost'));
      return undefined;
    });
    expect([answer.statusCode, answer.body]).toEqual([status, '']);
  });

  test('buffers up to 1 MiB with its length and streams beyond (http.md W2)', async () => {
    const exact = await ask(({ response }) => {
      response.write(Buffer.alloc(1_048_576, 'a'));
      return undefined;
    });
    expect(exact.answer.headers['content-length']).toBe('1048576');
    const beyond = await ask(({ response }) => {
      response.write(Buffer.alloc(1_048_577, 'a'));
      return undefined;
    });
    expect(beyond.answer.headers['transfer-encoding']).toBe('chunked');
    expect(beyond.answer.rawPayload).toHaveLength(1_048_577);
  });

  test('sends several lines for a list of values (http.md 5.2)', async () => {
    const { answer } = await ask(({ response }) => {
      response.setHeader('Set-Cookie', 'a=1', 'b=2');
      return undefined;
    });
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });
});
