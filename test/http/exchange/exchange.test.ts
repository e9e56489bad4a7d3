/** What middleware may do with an exchange beside answering it. */
import { describe, expect, test } from 'vitest';
import type { ConnectionOwner, MiddlewareFactory, TakenSocket } from '../../../src/http/index.ts';
import { bootHttp, listenerCounts, rawClient, say } from '../../support/http-world.ts';

const hello = say('hello');

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
describe('Exchange.takeOver()', () => {
  function taker(stop: ConnectionOwner['stop'], seen: TakenSocket[]): MiddlewareFactory {
    return {
      name: 'taker',
      create: () => ({
        after(exchange) {
          if (exchange.upgrade === undefined) return undefined;
          const taken = exchange.takeOver({ stop: (timeoutMs) => stop(timeoutMs) });
          seen.push(taken);
          taken.socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\nwelcome');
          return 'answered';
        },
      }),
    };
  }

  const upgrade = 'GET /x HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n';

  test('hands over socket, early bytes and headers; timeouts no longer apply (relay.md L7, H11)', async () => {
    const seen: TakenSocket[] = [];
    const world = await bootHttp({
      server: { timeouts: { write: '1s', handler: '1s' } },
      router: { post_middleware: ['taker'] },
      middleware: [taker(() => {}, seen)],
      routes: {
        'GET /x': ({ response, request }) => {
          expect(request.method).toBe('GET');
          response.setHeader('Set-Cookie', 'a=1');
          response.setHeader('X-WS-Relay', 'private');
          return undefined;
        },
      },
    });
    const client = await rawClient(await world.listen());
    client.send(`${upgrade}early`);
    await client.until('welcome');
    world.clock.advance(60_000);
    expect(seen[0]!.head.toString()).toBe('early');
    expect(seen[0]!.headers).toEqual([['Set-Cookie', 'a=1']]);
    client.send('more');
    const data = await new Promise((resolve) => seen[0]!.socket.once('data', resolve));
    expect(String(data)).toBe('more');
  });

  test('is told when the server stops, once, and not when routes change (relay.md L9)', async () => {
    const seen: TakenSocket[] = [];
    const stops: number[] = [];
    const options = {
      router: { post_middleware: ['taker'] },
      routes: { 'GET /x': hello },
      middleware: [
        taker((timeoutMs) => {
          stops.push(timeoutMs);
          seen[0]!.socket.end('bye');
        }, seen),
      ],
    };
    const world = await bootHttp(options);
    const client = await rawClient(await world.listen());
    client.send(upgrade);
    await client.until('welcome');
    await world.change({ ...options, routes: { 'GET /y': hello } });
    expect(stops).toEqual([]);
    client.socket.on('end', () => client.socket.end());
    await world.room.server('app:gateway')!.stop(3_000);
    expect(stops).toEqual([3_000]);
    expect(await client.closed()).toContain('bye');
  });
});

describe('Exchange.takeOverResponse()', () => {
  test('D12: leaves nothing on a connection that carries one stream after the other', async () => {
    const owner: MiddlewareFactory = {
      name: 'owner',
      create: () => ({
        after(exchange) {
          if (exchange.request.path !== '/stream') return undefined;
          exchange.takeOverResponse({ stop: () => {} }).end('streamed');
          return 'answered';
        },
      }),
    };
    const world = await bootHttp({
      router: { post_middleware: ['owner'] },
      middleware: [owner],
      routes: { 'GET /stream': hello, 'GET /x': listenerCounts },
    });
    const client = await rawClient(await world.listen());
    const countsAfter = async (streams: number): Promise<unknown> => {
      for (let i = 0; i < streams; i++) {
        const seen = client.text().length;
        client.send('GET /stream HTTP/1.1\r\nHost: h\r\n\r\n');
        await client.until((text) => text.indexOf('streamed', seen) >= 0);
      }
      const seen = client.text().length;
      client.send('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
      const text = await client.until((all) => all.endsWith('}') && all.length > seen);
      return JSON.parse(text.slice(text.lastIndexOf('{')));
    };
    const before = await countsAfter(0);
    expect(await countsAfter(3)).toEqual(before);
  });
});
