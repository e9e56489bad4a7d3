/**
 * Behind a real nginx with the configuration of the README: sockets, streams and addresses as they arrive through a
 * proxy. Its clients are 127.0.0.2 and further, so that a proxy at 127.0.0.1 can be told from them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHub, type Hub } from '../../src/index.ts';
import { ROOT } from '../support/boot-hub.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { createLogDouble } from '../support/programs.ts';
import { findNginx } from '../support/tools.ts';
import { refusedBy, wsClient } from '../support/ws-client.ts';

const nginx = findNginx();

const FILES = {
  'room.lua': `
local function main()
    process.registry.register("room")
    local inbox, events = process.inbox(), process.events()
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == events then return end
        local data = got.value:payload():data()
        if got.value:topic() == "ws.message" then process.send(data.client_pid, "ws.send", data.data) end
    end
end
return { main = main }`,
  'connect.lua': `
local http = require("http")
local function handler() http.response():set_header("X-WS-Relay", '{"target_pid":"room"}') end
return { handler = handler }`,
  'who.lua': `
local http = require("http")
local function handler() http.response():write(http.request():remote_addr()) end
return { handler = handler }`,
  // Each event waits until the one before it was seen.
  'events.lua': `
local http = require("http")
local function handler()
    process.registry.register("events")
    for i = 1, 3 do
        http.response():write_event({ name = "tick", data = i })
        process.inbox():receive()
    end
end
return { handler = handler }`,
  'pieces.lua': `
local http = require("http")
local function handler()
    process.registry.register("events")
    for i = 1, 3 do
        http.response():write("tick" .. i)
        http.response():flush()
        process.inbox():receive()
    end
end
return { handler = handler }`,
  'seen.lua': `
local http = require("http")
local function handler() process.send("events", "seen") http.response():write("ok") end
return { handler = handler }`,
};

describe.skipIf(nginx === undefined)('behind a real nginx', () => {
  let folder: string;
  let hub: Hub;
  let proxy: ChildProcess;
  let port: number;
  const log = createLogDouble();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'moonhub-nginx-'));
    const routes = ['connect', 'events', 'pieces', 'seen'].map((name) => [`GET /${name}`, name]);
    const limited = { name: 'limited', kind: 'http.router', meta: { server: 'gateway' }, prefix: '/limited' };
    const trusted = { 'real_ip.trusted.subnets': '127.0.0.1/32' };
    const index = gatewayYaml({
      router: {
        middleware: ['real_ip'],
        options: trusted,
        post_middleware: ['websocket_relay'],
        post_options: { 'wsrelay.ping.interval': '150ms', 'wsrelay.ping.timeout': '5s' },
      },
      routes: { ...Object.fromEntries(routes), 'GET /who': 'who' },
      processes: ['room'],
      services: ['room'],
      entries: [
        { ...limited, middleware: ['real_ip', 'ratelimit'], options: { ...trusted, 'ratelimit.burst': 3 } },
        {
          name: 'limited.who',
          kind: 'http.endpoint',
          meta: { router: 'limited' },
          method: 'GET',
          path: '/who',
          func: 'who',
        },
      ],
    });
    for (const [name, text] of Object.entries({ ...FILES, '_index.yaml': index }))
      await writeFile(join(folder, name), text);
    hub = await createHub({ path: folder, cwd: folder, log: log.log, environment: { PORT: '0' } });
    await hub.start();
    port = await findFreePort();
    await writeFile(join(folder, 'nginx.conf'), await configure(folder, port, hub.listening()[0]!.port));
    proxy = spawn(nginx!, ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' });
    await eventually(async () => expect((await get('/who')).status).toBe(200));
  }, 60_000);

  afterAll(async () => {
    proxy?.kill('SIGKILL');
    await hub?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const host = (): string => `chat.localhost:${port}`;

  interface Answer {
    readonly status: number;
    readonly text: string;
  }

  /** Asks through nginx as the client with that address; `onData` sees every piece as it comes. */
  const get = (
    path: string,
    { from = '127.0.0.2', headers = {}, onData = (_text: string): void => {} } = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, localAddress: from, rejectUnauthorized: false };
      const request = httpsRequest({ ...options, agent: false, headers: { Host: host(), ...headers } });
      request.on('error', reject);
      request.on('response', (response: IncomingMessage) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
          onData(text);
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      });
      request.end();
    });

  const socketOptions = (origin: string) => ({
    rejectUnauthorized: false,
    headers: { Host: host(), Origin: origin },
  });

  it.each(['', '/bare', '/old'])(
    'opens a socket to a page of the public host, with Host passed on or rewritten: %s/connect (relay.md O2)',
    async (location) => {
      const url = `wss://127.0.0.1:${port}${location}/connect`;
      if (location === '/old') {
        // A location without the lines for sockets: the refusal says what came instead of an upgrade.
        const refused = await refusedBy(url, socketOptions(`https://${host()}`));
        expect(refused.status).toBe(426);
        return;
      }
      const client = await wsClient(url, socketOptions(`https://${host()}`));
      client.send('hello');
      expect(await client.next()).toBe('hello');
      const refused = await refusedBy(url, socketOptions('https://evil.example'));
      expect(refused.status).toBe(403);
      expect(refused.body).toContain('https://evil.example');
    },
  );

  it('keeps an idle socket open longer than the proxy waits (relay.md L6)', async () => {
    const client = await wsClient(`wss://127.0.0.1:${port}/connect`, socketOptions(`https://${host()}`));
    let pings = 0;
    client.socket.on('ping', () => pings++);
    await eventually(() => expect(pings).toBeGreaterThan(9)); // more than proxy_read_timeout
    client.send('still here');
    expect(await client.next()).toBe('still here');
  });

  it.each(['/events', '/pieces', '/old/events', '/old/pieces'])(
    'passes on what a handler writes while it still waits: %s (http.md W2, 5.5)',
    async (path) => {
      let ticks = 0;
      const answer = await get(path, {
        onData(text) {
          const count = text.match(/tick/g)?.length ?? 0;
          for (; ticks < count; ticks++) void get('/seen');
        },
      });
      expect(answer.text.match(/tick/g)).toHaveLength(3);
    },
  );

  it('tells clients apart, whatever they invent (http.md 3.4)', async () => {
    const invented = {
      'X-Forwarded-For': '203.0.113.1',
      'X-Real-IP': '203.0.113.1',
      'True-Client-IP': '203.0.113.1',
    };
    expect((await get('/who', { from: '127.0.0.3' })).text).toBe('127.0.0.3');
    expect((await get('/who', { from: '127.0.0.3', headers: invented })).text).toBe('127.0.0.3');
    const statuses = async (from: string): Promise<number[]> => {
      const all: number[] = [];
      for (let i = 0; i < 4; i++) {
        const headers = { 'X-Forwarded-For': `203.0.113.${i}` };
        all.push((await get('/limited/who', { from, headers })).status);
      }
      return all;
    };
    expect(await statuses('127.0.0.4')).toEqual([200, 200, 200, 429]);
    expect(await statuses('127.0.0.5')).toEqual([200, 200, 200, 429]);
  });
});

/**
 * The README's nginx, listening where the test wants it, on a short fuse; and two locations that say less: `/bare/`
 * rewrites Host, as nginx does by default, `/old/` speaks HTTP/1.0 and knows no sockets.
 */
async function configure(folder: string, port: number, upstream: number): Promise<string> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const certificates = join(ROOT, 'test/fixtures/tls');
  const printed = /```nginx\n([\s\S]*?)```/
    .exec(readme)![1]!
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace('/etc/ssl/chat.pem', join(certificates, 'server.pem'))
    .replace('/etc/ssl/chat.key', join(certificates, 'server.key'))
    .replaceAll('http://127.0.0.1:8080', `http://127.0.0.1:${upstream}`);
  const location = /location \/ \{[\s\S]*?\n {4}\}/.exec(printed)![0];
  const bare = location
    .replace('location / {', 'location /bare/ {')
    .replace(`127.0.0.1:${upstream};`, `127.0.0.1:${upstream}/;`)
    .replace(/^.*proxy_set_header Host .*$/m, '');
  const old = `location /old/ { proxy_pass http://127.0.0.1:${upstream}/; }`;
  const server = printed.replace(location, `proxy_read_timeout 1s;\n${location}\n${bare}\n${old}`);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  return `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
http { access_log off; ${paths.join(' ')}\n${server}\n}`;
}

/** A port nobody listens on at this moment. */
function findFreePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
