import { describe, expect, test } from 'vitest';
import { bootHttp, type Handler, say } from '../../support/http-world.ts';

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
