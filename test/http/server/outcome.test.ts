import { describe, expect, test } from 'vitest';
import { HubError, LimitedLog } from '../../../src/base/index.ts';
import { fromHost } from '../../../src/lua/index.ts';
import { bootHttp, failed, type Handler, rawClient } from '../../support/http-world.ts';
import { createLogDouble } from '../../support/programs.ts';

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
    const { log, lines } = createLogDouble();
    const limitedLog = new LimitedLog({ clock: world.clock, log });
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
                limitedLog,
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
    // Strangers can bring it about: one line a second says so.
    for (let i = 0; i < 3; i++) await refused.inject('/x');
    world.clock.advance(1000);
    expect(lines.map(({ fields }) => [fields.message, fields.endpoint, fields.count])).toEqual([
      ['pool is full', 'app:f0.endpoint', undefined],
      ['pool is full', 'app:f0.endpoint', 3],
    ]);
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
