import { describe, expect, test } from 'vitest';
import { bootHttp, type Handler } from '../../support/http-world.ts';

const say =
  (text: string): Handler =>
  ({ response }) => {
    response.write(Buffer.from(text));
    return undefined;
  };

describe('answerRequest()', () => {
  test('answers HEAD from a GET endpoint, without body and with its length (http.md R7, W6)', async () => {
    const world = await bootHttp({ routes: { 'GET /a': say('hello') } });
    const answer = await world.inject({ method: 'HEAD', url: '/a' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-length']).toBe('5');
    expect(answer.body).toBe('');
  });

  test('prefers a HEAD endpoint of its own (http.md R7)', async () => {
    const world = await bootHttp({
      routes: {
        'GET /a': say('hello'),
        'HEAD /a': ({ response }) => {
          response.setHeader('X-Own', 'yes');
          return undefined;
        },
      },
    });
    const answer = await world.inject({ method: 'HEAD', url: '/a' });
    expect(answer.headers['x-own']).toBe('yes');
  });

  test('answers OPTIONS of every known path with 204 through the pre middleware (http.md R8, M2)', async () => {
    const seen: string[] = [];
    const world = await bootHttp({
      router: { middleware: ['watch'], post_middleware: ['watch'] },
      middleware: [
        {
          name: 'watch',
          create: ({ position }) => ({ before: () => void seen.push(position) as undefined }),
        },
      ],
      routes: { 'GET /a': say('x'), 'POST /a': say('y') },
    });
    const answer = await world.inject({ method: 'OPTIONS', url: '/a' });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers.allow).toBe('GET, POST, HEAD, OPTIONS');
    expect(seen).toEqual(['pre']);
  });

  test('answers 405 with Allow when only the method is unknown, 404 otherwise (http.md R9)', async () => {
    const world = await bootHttp({ routes: { 'GET /a': say('x') } });
    const wrong = await world.inject({ method: 'DELETE', url: '/a' });
    expect(wrong.statusCode).toBe(405);
    expect(wrong.headers.allow).toBe('GET, HEAD, OPTIONS');
    expect(wrong.headers['content-type']).toBe('text/plain; charset=utf-8');
    const missing = await world.inject('/b');
    expect(missing.statusCode).toBe(404);
    expect(missing.body).toBe('not found\n');
  });

  test('answers 400 to malformed percent-encoding and serves bytes that are no UTF-8 (http.md R5)', async () => {
    const world = await bootHttp({
      routes: {
        'GET /u/{id}': ({ request, response }) => {
          response.write(Buffer.from(request.params!.get('id')!, 'latin1'));
          return undefined;
        },
      },
    });
    expect((await world.inject('/u/%zz')).statusCode).toBe(400);
    expect((await world.inject('/u/%FF')).rawPayload).toEqual(Buffer.from([0xff]));
  });

  test('does not run middleware for 404s and hides parameters from pre middleware (http.md M2)', async () => {
    const seen: string[] = [];
    const world = await bootHttp({
      router: { middleware: ['watch'], post_middleware: ['watch'] },
      middleware: [
        {
          name: 'watch',
          create: ({ position }) => ({
            before: ({ request }) => void seen.push(`${position} ${request.params?.get('id')}`) as undefined,
          }),
        },
      ],
      routes: { 'GET /u/{id}': say('x') },
    });
    await world.inject('/nowhere');
    expect(seen).toEqual([]);
    await world.inject('/u/7');
    expect(seen).toEqual(['pre undefined', 'post 7']);
  });

  test('wraps layers in list order, outermost first, and stops at one that answers (http.md M1)', async () => {
    const seen: string[] = [];
    const layer = (name: string, answers = false) => ({
      name,
      create: () => ({
        before: ({ response }: Parameters<Handler>[0]) => {
          seen.push(`>${name}`);
          if (!answers) return undefined;
          response.answer(418, 'enough');
          return 'answered' as const;
        },
        after: () => void seen.push(`<${name}`) as undefined,
      }),
    });
    const world = await bootHttp({
      router: { middleware: ['a', 'b'], post_middleware: ['c', 'd'] },
      middleware: [layer('a'), layer('b'), layer('c', true), layer('d')],
      routes: { 'GET /x': say('x') },
    });
    expect((await world.inject('/x')).statusCode).toBe(418);
    expect(seen).toEqual(['>a', '>b', '>c', '<b', '<a']);
  });

  test('answers 500 and logs when a layer throws', async () => {
    const world = await bootHttp({
      router: { middleware: ['bad'] },
      middleware: [
        {
          name: 'bad',
          create: () => ({
            before() {
              throw new Error('secret');
            },
          }),
        },
      ],
      routes: { 'GET /x': say('x') },
    });
    const answer = await world.inject('/x');
    expect([answer.statusCode, answer.body]).toEqual([500, 'internal server error\n']);
    expect(world.lines.find(({ event }) => event === 'request failed')?.fields.message).toBe('secret');
  });
});

describe('HttpRoom.applyRoutes()', () => {
  test('swaps routes in one step while a request in flight finishes on the old ones (app-format.md § 8)', async () => {
    let release = (): void => {};
    const world = await bootHttp({
      routes: {
        'GET /slow': async ({ response }) => {
          await new Promise<void>((resolve) => {
            release = resolve;
          });
          response.write(Buffer.from('old'));
          return undefined;
        },
      },
    });
    const slow = world.inject('/slow');
    await new Promise(setImmediate);
    await world.change({ routes: { 'GET /new': say('new') } });
    expect((await world.inject('/slow')).statusCode).toBe(404);
    expect((await world.inject('/new')).body).toBe('new');
    release();
    expect((await slow).body).toBe('old');
  });

  test('changes nothing when one router cannot be built', async () => {
    const world = await bootHttp({ routes: { 'GET /a': say('a') } });
    const broken = world.change({ router: { middleware: ['nonsense'] }, routes: { 'GET /b': say('b') } });
    await expect(broken).rejects.toThrow('failed to create middleware');
    expect(
      world.room
        .server('app:gateway')!
        .generation.table.match('GET', { path: '/a', segments: ['a'], query: '' }),
    ).toBeDefined();
  });
});

describe('layers', () => {
  /** A middleware that says when it is closed; `bad` ones cannot be made in the position they name. */
  const closing = (closed: string[], options: { refuses?: boolean; throws?: boolean } = {}) => ({
    name: options.refuses === true ? 'refusing' : options.throws === true ? 'throwing' : 'quiet',
    create: ({ position }: { position: string }) => {
      if (options.refuses === true) throw new Error('no such layer');
      return {
        close() {
          closed.push(`${position} ${options.throws === true ? 'throwing' : 'quiet'}`);
          if (options.throws === true) throw new Error('close failed');
        },
      };
    },
  });

  test('D16: are closed again when a later one, of either list, cannot be made', async () => {
    const closed: string[] = [];
    const middleware = [closing(closed), closing(closed, { refuses: true })];
    const world = await bootHttp({ middleware, routes: { 'GET /x': say('x') } });
    const broken = { middleware: ['quiet'], post_middleware: ['quiet', 'refusing'] };
    await expect(world.change({ router: broken, routes: { 'GET /x': say('x') } })).rejects.toMatchObject({
      code: 'MH_HTTP_MIDDLEWARE_FAILED',
    });
    expect(closed.sort()).toEqual(['post quiet', 'pre quiet']);
  });

  test('D16: are all closed when their router changes, whatever one of them throws', async () => {
    const closed: string[] = [];
    const world = await bootHttp({
      router: { middleware: ['throwing', 'quiet'], post_middleware: ['quiet'] },
      middleware: [closing(closed), closing(closed, { throws: true })],
      routes: { 'GET /x': say('x') },
    });
    await world.change({ routes: { 'GET /x': say('x') } });
    expect(closed).toEqual(['pre throwing', 'pre quiet', 'post quiet']);
    expect(world.lines.find(({ event }) => event === 'middleware close failed')?.fields).toMatchObject({
      middleware: 'throwing',
      cause: 'close failed',
    });
  });
});

describe('Exchange.onClose()', () => {
  test('D16: calls everybody, whatever one of them throws', async () => {
    const released: string[] = [];
    const world = await bootHttp({
      routes: {
        'GET /x': (exchange) => {
          exchange.onClose(() => {
            throw new Error('release failed');
          });
          exchange.onClose(() => void released.push('second'));
          exchange.response.write(Buffer.from('x'));
          return undefined;
        },
      },
    });
    expect((await world.inject('/x')).body).toBe('x');
    expect(released).toEqual(['second']);
    expect(world.lines.some(({ event }) => event === 'request callback failed')).toBe(true);
  });
});
