/** Requests against the byte budget of their hub (`relay.md` L8: one budget for everything connections hold). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bootHttp, rawClient } from '../../support/http-world.ts';

/** Longer than a machine under load needs for a fact to come. */
const PATIENCE = { timeout: 15_000 };

const lua = (body: string): string => `
  local http = require("http")
  local function handle()
    local req, res = http.request(), http.response()
    ${body}
  end
  return handle`;

describe('a request and the byte budget', () => {
  test('a body that does not fit is answered with 503 and Retry-After, and its handler ends', async () => {
    const world = await bootHttp({
      budgetBytes: 100_000,
      routes: { 'POST /x': lua('local body = req:body() res:write("got " .. #body)') },
    });
    const { socket, text } = await rawClient(await world.listen());
    socket.write(`POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n${'x'.repeat(150_000)}`);
    await expect.poll(text, PATIENCE).toContain('503');
    expect(text()).toContain('overloaded');
    expect(text().toLowerCase()).toContain('retry-after: 1');
    await expect.poll(() => world.system.inspect(), PATIENCE).toEqual([]);
    await expect.poll(() => world.budget.usedBytes, PATIENCE).toBe(0);
  });

  test('bodies that fit one after the other are all read: those under way wait in their sockets', async () => {
    const world = await bootHttp({
      budgetBytes: 1_000_000,
      routes: { 'POST /x': lua('local body = req:body() res:write("got " .. #body)') },
    });
    const port = await world.listen();
    const clients = await Promise.all(Array.from({ length: 5 }, () => rawClient(port)));
    const head = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n';
    for (const { socket } of clients) socket.write(head + 'x'.repeat(299_000));
    await expect.poll(() => world.budget.inspect().paused, PATIENCE).toBeGreaterThan(0);
    for (const { socket } of clients) socket.write('x'.repeat(1_000));
    const answered = () => clients.filter(({ text }) => text().includes('got 300000')).length;
    await expect
      .poll(() => {
        world.clock.advance(250);
        return answered();
      }, PATIENCE)
      .toBe(5);
    expect(world.budget.inspect()).toMatchObject({ dropsTotal: 0 });
  });

  test('uploads go to the disk when memory is scarce', async () => {
    const world = await bootHttp({
      budgetBytes: 200_000,
      routes: {
        'POST /x': lua(
          'local form, err = req:parse_multipart() res:write("size " .. form.files.a[1]:size())',
        ),
      },
    });
    const { socket, text } = await rawClient(await world.listen());
    const body = `--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n${'x'.repeat(1_000_000)}\r\n--b--\r\n`;
    socket.write(
      `POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await expect.poll(text, PATIENCE).toContain('size 1000000');
    expect(world.budget.inspect()).toMatchObject({ dropsTotal: 0 });
    await expect.poll(() => world.budget.usedBytes, PATIENCE).toBe(0);
  });

  test('a large response that nobody fetches is cut off; another client is served', async () => {
    const world = await bootHttp({
      budgetBytes: 3_000_000,
      routes: {
        'GET /big': lua('res:write(string.rep("y", 20000000))'),
        'GET /small': lua('res:write("fine")'),
      },
    });
    const port = await world.listen();
    const slow = await rawClient(port);
    slow.socket.pause();
    slow.socket.write('GET /big HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect.poll(() => world.budget.inspect().dropsTotal, PATIENCE).toBe(1);
    const other = await rawClient(port);
    other.socket.write('GET /small HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect.poll(other.text, PATIENCE).toContain('fine');
    await expect.poll(() => world.budget.usedBytes, PATIENCE).toBe(0);
  });

  test('a file that is fetched slowly holds a piece, not the file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'moonhub-budget-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'big.bin'), Buffer.alloc(20_000_000));
    const world = await bootHttp({
      entries: [
        { id: 'app:files', kind: 'fs.directory', data: { directory: folder } },
        {
          id: 'app:static',
          kind: 'http.static',
          meta: { server: 'app:gateway' },
          data: { path: '/files', fs: 'app:files' },
        },
      ],
    });
    const client = await rawClient(await world.listen());
    client.socket.once('data', () => client.socket.pause());
    client.send('GET /files/big.bin HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until('200 OK');
    expect(world.budget.usedBytes).toBeLessThan(100_000);
    client.socket.destroy();
    await expect.poll(() => world.budget.inspect(), PATIENCE).toMatchObject({ usedBytes: 0, accounts: 0 });
  });

  test('what came behind an upgrade request is charged while its handler takes its time', async () => {
    let go: () => void = () => {};
    const world = await bootHttp({
      routes: {
        'GET /x': () =>
          new Promise((resolve) => {
            go = () => resolve(undefined);
          }),
      },
    });
    const { socket } = await rawClient(await world.listen());
    const head = 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    socket.write(head + 'z'.repeat(30_000));
    await expect.poll(() => world.budget.inspect().bytesByKind.handshakes ?? 0, PATIENCE).toBeGreaterThan(0);
    for (let i = 0; i < 100; i++) socket.write('z'.repeat(100_000));
    go();
    await expect.poll(() => world.budget.usedBytes, PATIENCE).toBe(0);
  });
});
