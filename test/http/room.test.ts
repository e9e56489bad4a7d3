/** All servers of an application, as their entries change and as they stop (`app-format.md` § 8). */
import { describe, expect, test } from 'vitest';
import { createEntrySet } from '../../src/registry/index.ts';
import { bootHttp, endless, otherServer, rawClient, say } from '../support/http-world.ts';

const REQUEST = 'GET /x HTTP/1.1\r\nHost: h\r\n\r\n';

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
        .generation.table.match('GET', { path: '/a', segments: ['a'], query: '', host: undefined }),
    ).toBeDefined();
  });
});

describe('HttpRoom.dropMissing()', () => {
  test('stops a server whose entry is gone; until then, and when the change is taken back, it serves', async () => {
    const world = await bootHttp({ routes: { 'GET /x': say('served') } });
    const port = await world.listen();
    const ask = async (): Promise<string> => {
      const client = await rawClient(port);
      client.send('GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
      return client.closed();
    };
    const server = world.room.server('app:gateway')!;
    const before = world.entries();
    await world.room.applyRoutes(createEntrySet([]));
    expect(await ask()).toContain('served');
    await world.room.applyRoutes(before);
    world.room.dropMissing();
    expect(world.room.server('app:gateway')).toBe(server);
    expect(await ask()).toContain('served');
    await world.room.applyRoutes(createEntrySet([]));
    world.room.dropMissing();
    expect(world.room.server('app:gateway')).toBeUndefined();
    await expect(rawClient(port)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('HttpRoom.stop()', () => {
  test('D6: hurries a listener that moved away', async () => {
    const slow = endless();
    const routes = { 'GET /x': slow.handler };
    const world = await bootHttp({ routes });
    const client = await rawClient(await world.listen());
    client.send(REQUEST);
    await expect.poll(slow.count).toBe(1);
    await world.change({ server: { addr: 'localhost:0' }, routes });
    await Promise.all([world.room.stop(0), client.closed()]);
  });

  test('D6: hurries a server that was deleted', async () => {
    const slow = endless();
    const routes = { 'GET /x': slow.handler };
    const world = await bootHttp({ routes, entries: otherServer('app:f0') });
    const client = await rawClient((await world.room.server('app:other')!.start()).port);
    client.send(REQUEST);
    await expect.poll(slow.count).toBe(1);
    await world.change({ routes });
    await Promise.all([world.room.stop(0), client.closed()]);
  });
});
