/** `localhost` stands for both loopback addresses where there is IPv6 (`http.md` 1.1). */
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bootHttp, type Handler } from '../../support/http-world.ts';

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1');

async function open(host: string, port: number): Promise<Socket> {
  const socket = connect(port, host);
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

describe.runIf(hasIpv6)('a server on localhost', () => {
  test('D6: answers on both addresses, and stopping cuts the connections of both', async () => {
    let count = 0;
    const never: Handler = () => {
      count++;
      return new Promise(() => {});
    };
    const world = await bootHttp({ server: { addr: 'localhost:0' }, routes: { 'GET /x': never } });
    const port = await world.listen();
    const sockets = [await open('127.0.0.1', port), await open('::1', port)];
    for (const socket of sockets) socket.write('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
    await expect.poll(() => count).toBe(2);
    const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await Promise.all([world.room.server('app:gateway')!.stop(0), ...closed]);
    await expect(open('::1', port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('D17: says so when one of them is taken', async () => {
    const other = createServer().listen(0, '::1');
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const world = await bootHttp({ server: { addr: `localhost:${port}` } });
    await expect(world.listen()).rejects.toMatchObject({ code: 'MH_HTTP_ADDRESS_TAKEN' });
    await expect(open('127.0.0.1', port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
