/** Stopping a server, and following its edited entry, while requests are in flight (`http.md` 1.1, `app-format.md` § 8). */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bootHttp, endless, gated, type Handler, otherServer, rawClient } from '../../support/http-world.ts';

/** Opens a TCP connection that says nothing by itself. */
async function open(host: string, port: number): Promise<Socket> {
  const socket = connect(port, host);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** Lets a stop get as far as it comes by itself: closing Node's server drops what is idle at that moment. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

const closed = (socket: Socket): Promise<unknown> => new Promise((resolve) => socket.once('close', resolve));

const pem = (name: string): string =>
  readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), 'utf8');
const TLS = { mode: 'manual', cert: pem('server.pem'), key: pem('server.key') };

const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

const clients = async (port: number) => [await rawClient(port), await rawClient(port)] as const;

const REQUEST = 'GET /x HTTP/1.1\r\nHost: h\r\n\r\n';

const hello: Handler = ({ response }) => {
  response.write(Buffer.from('hello'));
  return undefined;
};

describe('HttpServer.stop()', () => {
  test('lets a request in flight finish, refuses new connections, answers 503 on open ones, then drops them (relay.md L9)', async () => {
    const gate = gated('done');
    const world = await bootHttp({ routes: { 'GET /x': gate.handler, 'GET /y': hello } });
    const port = await world.listen();
    const [idle, late, offering, busy] = [
      await rawClient(port),
      await rawClient(port),
      await rawClient(port),
      await rawClient(port),
    ];
    late.send('GET /y HTTP/1.1\r\nHost: h\r\n\r\n');
    await late.until('hello');
    busy.send(REQUEST);
    await gate.started;
    const stopped = world.room.server('app:gateway')!.stop(60_000);
    await expect(rawClient(port)).rejects.toThrow('ECONNREFUSED');
    late.send('GET /y HTTP/1.1\r\nHost: h\r\n\r\n');
    offering.send(`GET /y HTTP/1.1\r\nHost: h\r\n${UPGRADE}\r\n`);
    for (const client of [late, offering]) {
      const text = await client.closed();
      const last = text.slice(text.lastIndexOf('HTTP/1.1'));
      expect(last).toMatch(/^HTTP\/1\.1 503 /);
      expect(last).toMatch(/^Connection: close\r$/m);
      expect(last).toMatch(/server is shutting down\n/);
    }
    expect(idle.socket.destroyed).toBe(false);
    gate.open();
    const text = await busy.closed();
    expect(text).toContain('done');
    expect(text).toContain('Connection: close');
    await Promise.all([stopped, idle.closed()]);
  });

  test('refuse() and drain() come before: nothing new, requests to their end, connections stay for a refusal', async () => {
    const gate = gated('done');
    const world = await bootHttp({ routes: { 'GET /x': gate.handler } });
    const server = world.room.server('app:gateway')!;
    const [busy, idle] = await clients(await world.listen());
    busy.send(REQUEST);
    await gate.started;
    server.refuse();
    expect([server.address, server.work]).toEqual([undefined, { requests: 1, connections: 0 }]);
    const drained = server.drain();
    gate.open();
    await drained;
    expect(await busy.closed()).toContain('done');
    expect(server.work).toEqual({ requests: 0, connections: 0 });
    idle.send(REQUEST);
    expect(await idle.closed()).toMatch(/^HTTP\/1\.1 503 /);
    await server.stop();
  });

  test('refuse() during a start: it ends well, and nothing can connect; no edit opens another address', async () => {
    const world = await bootHttp({ routes: { 'GET /x': hello } });
    const server = world.room.server('app:gateway')!;
    const starting = server.start();
    server.refuse();
    const { port } = await starting;
    await expect(rawClient(port)).rejects.toThrow('ECONNREFUSED');
    await world.change({ server: { addr: 'localhost:0' }, routes: { 'GET /x': hello } });
    expect([server.address, server.obstacle]).toEqual([undefined, undefined]);
    await server.stop();
  });

  test('drain() destroys what has not ended within stop_timeout', async () => {
    const slow = endless();
    const server = { lifecycle: { stop_timeout: '2s' } };
    const world = await bootHttp({ server, routes: { 'GET /x': slow.handler } });
    const client = await rawClient(await world.listen());
    client.send(REQUEST);
    await expect.poll(slow.count).toBe(1);
    const drained = world.room.server('app:gateway')!.drain();
    world.clock.advance(2_000);
    await Promise.all([drained, client.closed()]);
  });

  test('a request in the same packet as an earlier one is answered, one that comes after the stop is not', async () => {
    const gate = gated('done');
    const world = await bootHttp({ routes: { 'GET /x': gate.handler } });
    const client = await rawClient(await world.listen());
    client.send(REQUEST);
    await gate.started;
    const stopped = world.room.server('app:gateway')!.stop(60_000);
    client.send(REQUEST.repeat(3));
    gate.open();
    const text = await client.closed();
    expect(text.match(/HTTP\/1\.1 \d+/g)![0]).toBe('HTTP/1.1 200');
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(1);
    await stopped;
  });

  test('destroys what is left after the timeout', async () => {
    const gate = gated('late');
    const world = await bootHttp({ routes: { 'GET /x': gate.handler } });
    const client = await rawClient(await world.listen());
    client.send('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
    await gate.started;
    const stopped = world.room.server('app:gateway')!.stop(5_000);
    world.clock.advance(5_000);
    await Promise.all([stopped, client.closed()]);
  });

  test('D6: asking again with less time hurries', async () => {
    const slow = endless();
    const world = await bootHttp({ routes: { 'GET /x': slow.handler } });
    const client = await rawClient(await world.listen());
    client.send(REQUEST);
    await expect.poll(slow.count).toBe(1);
    const server = world.room.server('app:gateway')!;
    const patient = server.stop(60_000);
    await Promise.all([server.stop(0), patient, client.closed()]);
  });

  test('D6: asking again with more time changes nothing', async () => {
    const slow = endless();
    const world = await bootHttp({ routes: { 'GET /x': slow.handler } });
    const client = await rawClient(await world.listen());
    client.send(REQUEST);
    await expect.poll(slow.count).toBe(1);
    const server = world.room.server('app:gateway')!;
    const stops = [server.stop(1_000), server.stop(60_000)];
    world.clock.advance(1_000);
    await Promise.all([...stops, client.closed()]);
  });

  test('D6: is not held by a connection whose TLS handshake never comes', async () => {
    const world = await bootHttp({ server: { tls: TLS } });
    const socket = await open('127.0.0.1', await world.listen());
    await Promise.all([world.room.server('app:gateway')!.stop(60_000), closed(socket)]);
  });
});

describe('HttpServer.stop() and connections under way', () => {
  test('D7: tells an owner who took its connection over after everybody else was told', async () => {
    const gate = gated('');
    const told: string[] = [];
    const world = await bootHttp({
      router: { post_middleware: ['taker'] },
      middleware: [
        {
          name: 'taker',
          create: () => ({
            after(exchange) {
              const response = exchange.takeOverResponse({
                stop: () => {
                  told.push('bye');
                  response.end('bye');
                },
              });
              response.write('opened');
              told.push('opened');
              return 'answered';
            },
          }),
        },
      ],
      routes: { 'GET /x': gate.handler },
    });
    const client = await rawClient(await world.listen());
    client.send(REQUEST);
    await gate.started;
    const stopped = world.room.server('app:gateway')!.stop(60_000);
    await turns();
    gate.open();
    expect(await client.closed()).toContain('bye');
    await stopped;
    expect(told).toEqual(['opened', 'bye']);
  });

  test('D7: ends a kept-alive connection with the response that was on its way', async () => {
    let finish = (): void => {};
    const world = await bootHttp({
      routes: {
        'GET /x': async ({ response }) => {
          response.write(Buffer.from('first '));
          response.flush();
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          response.write(Buffer.from('last'));
          return undefined;
        },
      },
    });
    const client = await rawClient(await world.listen());
    client.send(REQUEST);
    await client.until('first');
    const stopped = world.room.server('app:gateway')!.stop(60_000);
    await turns();
    finish();
    expect(await client.closed()).toContain('last');
    await stopped;
  });
});

describe('HttpServer.reconfigure()', () => {
  test('takes over settings in place while connections stay open (app-format.md § 8)', async () => {
    const world = await bootHttp({ routes: { 'GET /x': hello } });
    const port = await world.listen();
    const client = await rawClient(port);
    client.send('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
    await client.until('hello');
    await world.change({
      server: { expose_errors: true },
      routes: { 'GET /x': () => Promise.reject(new Error('why')) },
    });
    client.send('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
    await client.until('why\n');
    expect(world.room.server('app:gateway')!.address?.port).toBe(port);
  });

  test('binds a new address and drains the old one (app-format.md § 8)', async () => {
    const gate = gated('drained');
    const routes = { 'GET /slow': gate.handler, 'GET /x': hello };
    const world = await bootHttp({ routes });
    const client = await rawClient(await world.listen());
    client.send('GET /slow HTTP/1.1\r\nHost: h\r\n\r\n');
    await gate.started;
    await world.change({ server: { addr: 'localhost:0' }, routes });
    const moved = await rawClient(world.room.server('app:gateway')!.address!.port);
    moved.send('GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    expect(await moved.closed()).toContain('hello');
    gate.open();
    expect(await client.closed()).toContain('drained');
  });

  test('stops a deleted server without making the change wait for it', async () => {
    const gate = gated('last');
    const routes = { 'GET /x': gate.handler };
    const world = await bootHttp({ routes, entries: otherServer('app:f0') });
    const { port } = await world.room.server('app:other')!.start();
    const client = await rawClient(port);
    client.send('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
    await gate.started;
    await world.change({ routes });
    expect(world.room.server('app:other')).toBeUndefined();
    gate.open();
    expect(await client.closed()).toContain('last');
  });

  test('keeps the old address when the new one is taken', async () => {
    const blocker = await bootHttp();
    const taken = await blocker.listen();
    const world = await bootHttp({ routes: { 'GET /x': hello } });
    const port = await world.listen();
    await world.change({ server: { addr: `127.0.0.1:${taken}` }, routes: { 'GET /x': hello } });
    expect(world.room.server('app:gateway')!.address?.port).toBe(port);
    const client = await rawClient(port);
    client.send('GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    expect(await client.closed()).toContain('hello');
    expect(world.lines.some(({ event }) => event === 'http server not moved')).toBe(true);
  });
});
