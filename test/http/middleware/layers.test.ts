import { describe, expect, test } from 'vitest';
import { bootHttp, say } from '../../support/http-world.ts';

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
