import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tryParseTarget } from '../../../src/http/exchange/request-target.ts';
import { findNearRoute } from '../../../src/http/routes/near-route.ts';
import { parseRoutePattern } from '../../../src/http/routes/route-pattern.ts';
import type { EndpointPlan } from '../../../src/http/routes/topology.ts';
import { bootHttp, rawClient, say } from '../../support/http-world.ts';

const endpoints = [
  ['GET', '/hosted/app', '/ws'],
  ['GET', '/hosted/app', '/rooms/{id}'],
  ['GET', '/hosted/app', '/'],
  ['POST', '/hosted/app', '/send'],
  ['GET', '/', '/{anything}'],
].map(([method, prefix, path]) => ({ method, pattern: parseRoutePattern(prefix!, path!) })) as EndpointPlan[];

const nearest = (path: string): string | undefined => {
  const near = findNearRoute(endpoints, 'GET', tryParseTarget(path)!);
  return near && `${near.endpoint.method} ${near.endpoint.pattern.text}: ${near.difference}`;
};

describe('findNearRoute()', () => {
  test.each([
    ['/hosted/app/ws/', 'GET /hosted/app/ws: slashes'],
    ['//hosted/app//ws', 'GET /hosted/app/ws: slashes'],
    ['/hosted/app/rooms/7/', 'GET /hosted/app/rooms/{id}: slashes'],
    ['/hosted/app/WS', 'GET /hosted/app/ws: upper and lower case'],
    ['/Hosted/App/Rooms/A/', 'GET /hosted/app/rooms/{id}: upper and lower case'],
    ['/app/ws', 'GET /hosted/app/ws: prefix'],
    ['/app/rooms/7', 'GET /hosted/app/rooms/{id}: prefix'],
    ['/outer/hosted/app/ws', 'GET /hosted/app/ws: prefix'],
    ['/hosted/app/send', 'POST /hosted/app/send: method'],
    ['/hosted/app/send/', 'POST /hosted/app/send: method'],
    ['/hosted/ap/ws', 'GET /hosted/app/ws: spelling'],
    ['/hosted/app/wss', 'GET /hosted/app/ws: spelling'],
    ['/entirely/else/where/to/go/now', undefined],
    [`/hosted/app/ws${'/x'.repeat(1000)}`, undefined],
  ])('takes %s for %s', (path, expected) => {
    expect(nearest(path)).toBe(expected);
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        const target = tryParseTarget(path);
        if (target !== undefined) findNearRoute(endpoints, 'GET', target);
      }),
    );
  });
});

describe('an upgrade that matches no route', () => {
  const upgrade = (path: string): string =>
    `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;

  test('gets 404, never a redirect, and a log line that names the nearest route', async () => {
    const world = await bootHttp({ router: { prefix: '/app' }, routes: { 'GET /ws': say('x') } });
    const port = await world.listen();
    const missed = () => world.lines.filter(({ event }) => event === 'upgrade without a route');
    const ask = async (path: string): Promise<string> => {
      const client = await rawClient(port);
      client.send(upgrade(path));
      return client.closed();
    };
    expect(await ask('/app/ws/')).toMatch(/^HTTP\/1\.1 404 (?![\s\S]*location:)/i);
    expect(missed()).toMatchObject([
      {
        level: 'warn',
        fields: {
          path: '/app/ws/',
          host: 'h',
          nearest: 'GET /app/ws',
          endpoint: 'app:f0.endpoint',
          difference: 'slashes',
        },
      },
    ]);
    // Strangers can knock as often as they like: one line a second, the others counted (relay.md H18).
    for (let i = 0; i < 3; i++) await ask('/ws');
    expect(missed()).toHaveLength(1);
    world.clock.advance(1000);
    expect(missed().at(-1)!.fields).toMatchObject({ difference: 'prefix', count: 3 });
    // Nothing is near: no news for anybody who does not ask for all of it.
    world.clock.advance(1000);
    expect(await ask(`/${'zebra'.repeat(900)}`)).toMatch(/^HTTP\/1\.1 404 /);
    expect(missed().at(-1)).toMatchObject({ level: 'debug', fields: { host: 'h' } });
    expect(String(missed().at(-1)!.fields.path).length).toBeLessThan(300);
  });

  test('is none at the root of a prefix, with or without its slash, with or without a query', async () => {
    const world = await bootHttp({ router: { prefix: '/hosted/app' }, routes: { 'GET /': say('root') } });
    const port = await world.listen();
    for (const path of ['/hosted/app', '/hosted/app/', '/hosted/app?token=x', '/hosted/app/?token=x']) {
      const client = await rawClient(port);
      client.send(upgrade(path));
      expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 /);
    }
    expect(world.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('is named where files answer instead', async () => {
    const world = await bootHttp({
      router: { prefix: '/app' },
      routes: { 'GET /ws': say('x') },
      entries: [
        { id: 'app:root', kind: 'fs.directory', data: { directory: import.meta.dirname } },
        {
          id: 'app:files',
          kind: 'http.static',
          meta: { server: 'app:gateway' },
          data: { path: '/', fs: 'app:root', static_options: { spa: true, index: 'near-route.test.ts' } },
        },
      ],
    });
    const client = await rawClient(await world.listen());
    client.send(upgrade('/App/ws'));
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 /);
    expect(world.lines.at(-1)).toMatchObject({ fields: { difference: 'upper and lower case' } });
  });
});

describe('a head that is refused', () => {
  test('is said at debug, and at warn where it was a socket: somebody misses it', async () => {
    const world = await bootHttp();
    const port = await world.listen();
    for (const lines of [
      'Host: a b\r\n',
      'Host: a b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n',
      'X\r\n',
    ]) {
      const client = await rawClient(port);
      client.send(`GET /x HTTP/1.1\r\n${lines}\r\n`);
      await client.closed();
    }
    const lines = world.lines.filter(({ level }) => level !== 'info');
    expect(lines.map(({ level, event, fields }) => [level, event, fields.cause, fields.host])).toEqual([
      ['debug', 'request head refused', 'bad request: malformed Host', 'a b'],
      ['warn', 'request head refused', 'bad request: malformed Host', 'a b'],
      ['debug', 'request head refused', 'bad request', undefined],
    ]);
  });
});
