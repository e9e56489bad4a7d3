/** A server whose entry names another address or certificate (`app-format.md` § 8). */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Mapping } from '../../../src/registry/index.ts';
import { bootHttp, gated, type Handler, type HttpWorld, rawClient } from '../../support/http-world.ts';

const pem = (name: string): string =>
  readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), 'utf8');
const certificate = (name: string): Mapping => ({
  mode: 'manual',
  cert: pem(`${name}.pem`),
  key: pem(`${name}.key`),
});

const hello: Handler = ({ response }) => void response.write(Buffer.from('hello'));
const ROUTES = { 'GET /x': hello };
const CLOSING_REQUEST = 'GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1');

async function bootListening(server: Mapping = {}) {
  const world = await bootHttp({ server, routes: ROUTES });
  const port = await world.listen();
  return { world, port, edit: (edited: Mapping) => world.change({ server: edited, routes: ROUTES }) };
}

const serverOf = (world: HttpWorld) => world.room.server('app:gateway')!;
const said = (world: HttpWorld, event: string) => world.lines.filter((line) => line.event === event);

/** Somebody else on a port; 0 = any. */
async function occupy(port = 0, host = '127.0.0.1'): Promise<{ port: number; leave(): Promise<void> }> {
  const server: Server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const leave = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  onTestFinished(leave);
  return { port: (server.address() as { port: number }).port, leave };
}

async function ask(port: number): Promise<string> {
  const client = await rawClient(port);
  client.send(CLOSING_REQUEST);
  return client.closed();
}

/** A TLS connection, with the name on the certificate it was shown. */
async function secure(port: number): Promise<{ socket: TLSSocket; name: string }> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  return { socket, name: String(socket.getPeerCertificate().subject.CN) };
}

async function answerOn(socket: TLSSocket): Promise<string> {
  socket.write(CLOSING_REQUEST);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

describe('a server moved to a taken address', () => {
  test('D17: says so with both addresses, serves the old one, and moves once it can', async () => {
    const { world, port, edit } = await bootListening();
    const other = await occupy();
    const wanted = `127.0.0.1:${other.port}`;
    await edit({ addr: wanted, max_body: 5 });
    const server = serverOf(world);
    expect(server.address).toEqual({ host: '127.0.0.1', port });
    expect(server.obstacle).toMatchObject({ wanted, attempts: 1, retryInMs: 1_000 });
    expect(said(world, 'http server not moved')).toMatchObject([
      { level: 'warn', fields: { server: 'app:gateway', wanted, serving: `127.0.0.1:${port}` } },
    ]);
    expect(await ask(port)).toContain('hello');

    world.clock.advance(1_000);
    await expect.poll(() => server.obstacle).toMatchObject({ attempts: 2, retryInMs: 2_000 });
    await other.leave();
    world.clock.advance(2_000);
    await expect.poll(() => server.address).toEqual({ host: '127.0.0.1', port: other.port });
    expect(server.obstacle).toBeUndefined();
    expect(await ask(other.port)).toContain('hello');
  });

  test('D17: waits longer each time, at most half a minute', async () => {
    const { world, edit } = await bootListening();
    await edit({ addr: `127.0.0.1:${(await occupy()).port}` });
    const server = serverOf(world);
    const waits: (number | undefined)[] = [];
    for (let attempt = 1; attempt <= 7; attempt++) {
      await expect.poll(() => server.obstacle?.attempts).toBe(attempt);
      waits.push(server.obstacle?.retryInMs);
      world.clock.advance(server.obstacle!.retryInMs!);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  test('D17: other settings of the edit take effect meanwhile', async () => {
    const failing = { 'GET /x': () => Promise.reject(new Error('why')) };
    const world = await bootHttp({ routes: failing });
    const port = await world.listen();
    const { port: taken } = await occupy();
    await world.change({ server: { addr: `127.0.0.1:${taken}`, expose_errors: true }, routes: failing });
    expect(await ask(port)).toContain('why\n');
  });

  test('D17: forgets the wish when the edit is taken back, and when it is stopped', async () => {
    const { world, port, edit } = await bootListening();
    const { port: taken } = await occupy();
    const timersBefore = world.clock.timerCount;
    for (const end of [() => edit({ addr: '127.0.0.1:0' }), () => serverOf(world).stop(0)]) {
      await edit({ addr: `127.0.0.1:${taken}` });
      expect(serverOf(world).obstacle).toBeDefined();
      await end();
      expect([serverOf(world).obstacle, world.clock.timerCount]).toEqual([undefined, timersBefore]);
    }
    expect(said(world, 'http server moved')).toEqual([]);
    expect((await occupy(port)).port).toBe(port);
  });

  test.runIf(hasIpv6)('D17: opens the old place again when letting go of it did not help', async () => {
    const { world, port, edit } = await bootListening();
    await occupy(port, '::1');
    await edit({ addr: `:${port}` });
    expect(serverOf(world).address).toEqual({ host: '127.0.0.1', port });
    expect(serverOf(world).obstacle).toMatchObject({ wanted: `:${port}`, attempts: 1 });
    expect(await ask(port)).toContain('hello');
  });
});

describe('a server moved on its own port', () => {
  test('D18: takes a new certificate in place; nothing is closed and nothing refused', async () => {
    const { world, port, edit } = await bootListening({ tls: certificate('server') });
    const before = await secure(port);
    const during = Promise.all(Array.from({ length: 20 }, () => secure(port)));
    await edit({ tls: certificate('stranger') });
    const after = await secure(port);
    await during;
    expect([before.name, after.name]).toEqual(['localhost', 'stranger']);
    expect(await answerOn(before.socket)).toContain('hello');
    expect(await answerOn(after.socket)).toContain('hello');
    expect(said(world, 'http certificate renewed')).toHaveLength(1);
  });

  test('D18: keeps the certificate it has when the new one is none', async () => {
    const { world, port, edit } = await bootListening({ tls: certificate('server') });
    await edit({ tls: { mode: 'manual', cert: 'no PEM', key: 'no PEM' } });
    expect(serverOf(world).obstacle).toMatchObject({ attempts: 1, retryInMs: undefined });
    expect((await secure(port)).name).toBe('localhost');
  });

  test('D18: becomes HTTPS and HTTP again; requests in flight finish', async () => {
    const gate = gated('drained');
    const routes = { 'GET /slow': gate.handler, ...ROUTES };
    const world = await bootHttp({ routes });
    const port = await world.listen();
    const slow = await rawClient(port);
    slow.send('GET /slow HTTP/1.1\r\nHost: h\r\n\r\n');
    await gate.started;
    await world.change({ server: { tls: certificate('server') }, routes });
    expect([serverOf(world).isSecure, serverOf(world).address?.port]).toEqual([true, port]);
    expect(await answerOn((await secure(port)).socket)).toContain('hello');
    await world.change({ routes });
    expect([serverOf(world).isSecure, serverOf(world).address?.port]).toEqual([false, port]);
    expect(await ask(port)).toContain('hello');
    gate.open();
    expect(await slow.closed()).toContain('drained');
  });

  test('D18: asks clients for certificates from then on', async () => {
    const { port, edit } = await bootListening({ tls: certificate('server') });
    await edit({ tls: { ...certificate('server'), client_auth: 'require_any' } });
    const { socket } = await secure(port);
    await new Promise((resolve) => socket.once('close', resolve).resume());
  });

  test('D18: goes from one interface to all of them', async () => {
    const { world, port, edit } = await bootListening();
    await edit({ addr: `:${port}` });
    expect(serverOf(world).address).toEqual({ host: '', port });
    expect(await ask(port)).toContain('hello');
  });
});

describe('HttpServer.start()', () => {
  test('D18: refuses a certificate that is none with a code', async () => {
    const world = await bootHttp({ server: { tls: { mode: 'manual', cert: 'no PEM', key: 'no PEM' } } });
    await expect(world.listen()).rejects.toMatchObject({ code: 'MH_HTTP_TLS_INVALID' });
  });

  test('D17: gives up when it is stopped meanwhile, and may be started again', async () => {
    const world = await bootHttp({ routes: ROUTES });
    const server = serverOf(world);
    const starting = server.start().catch((error: { code?: unknown }) => error.code);
    await server.stop(0);
    expect(await starting).toBe('MH_HTTP_LISTEN_FAILED');
    expect(server.address).toBeUndefined();
    expect(await ask((await server.start()).port)).toContain('hello');
  });
});
