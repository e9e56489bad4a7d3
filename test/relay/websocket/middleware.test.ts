/** The middleware over real sockets: what a client sees of every handshake (`relay.md` § 1-3). */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type BootedHub, bootHub } from '../../support/boot-hub.ts';
import { gatewayYaml } from '../../support/gateway.ts';
import { refusedBy, wsClient } from '../../support/ws-client.ts';
import { until } from '../until.ts';
import { maskedFrame, readFrames } from '../wire.ts';

/** Answers every message with everything it knows about it. */
const ECHO = `
local json = require("json")
local function main()
    process.registry.register("echo")
    local inbox, events = process.inbox(), process.events()
    while true do
        local result = channel.select({ inbox:case_receive(), events:case_receive() })
        if result.channel == events then return end
        local msg = result.value
        local data = msg:payload():data()
        if msg:topic() == "ws.message" and data.data == "close" then
            process.send(data.client_pid, "ws.close", { code = 4003, reason = "as you wish" })
        elseif msg:topic() == "ws.message" and data.data == "flood" then
            for _ = 1, 200 do process.send(data.client_pid, "ws.send", string.rep("x", 100000)) end
        elseif msg:topic() == "ws.message" then
            process.send(data.client_pid, "echo", { text = data.data, user = data.metadata.user_id, from = msg:from() == data.client_pid })
        end
    end
end
return { main = main }
`;

/** Does what the query says; counts how often it ran. */
const CONNECT = `
local http = require("http")
local json = require("json")
local function handler()
    local req, res = http.request(), http.response()
    if req:query("ran") then process.registry.register("handler ran") process.spawn("app:echo", "app:processes") end
    if req:query("raw") then res:set_header("X-WS-Relay", req:query("raw"))
    elseif req:query("none") == nil then
        res:set_header("x-ws-relay", "first value, replaced")
        res:set_header("X-WS-RELAY", json.encode({ target_pid = "echo", metadata = { user_id = req:query("user") } }))
    end
    if req:query("status") then res:set_status(tonumber(req:query("status"))) end
    if req:query("body") then res:write(req:query("body")) end
    if req:query("fail") then return nil, "refused by the handler" end
    if req:query("raise") then error("broken") end
    res:set_header("Set-Cookie", "seen=1")
    res:set_header("Content-Language", "en")
    res:set_header("Sec-WebSocket-Protocol", "chosen")
end
return { handler = handler }
`;

const boot = (options: Readonly<Record<string, string>> = {}): Promise<BootedHub> =>
  bootHub({
    files: {
      '_index.yaml': gatewayYaml({
        router: { post_middleware: ['websocket_relay'], post_options: options },
        routes: { 'GET /connect': 'connect', 'POST /connect': 'connect' },
        processes: ['echo'],
        services: ['echo'],
        entries: [
          { name: 'plain', kind: 'http.router', meta: { server: 'gateway' }, prefix: '/plain' },
          {
            name: 'connect.plain',
            kind: 'http.endpoint',
            meta: { router: 'plain' },
            method: 'GET',
            path: '/connect',
            func: 'connect',
          },
        ],
      }),
      'echo.lua': ECHO,
      'connect.lua': CONNECT,
    },
  });

const relayJson = (fields: object): string => encodeURIComponent(JSON.stringify(fields));

describe('websocket_relay handshake', () => {
  it('upgrades, copies headers of the handler, and delivers metadata byte for byte (relay.md H5, H11, D2)', async () => {
    const hub = await boot();
    const headers = new Promise<Record<string, unknown>>((resolve) => {
      void wsClient(`${hub.wsUrl}/connect?user=${encodeURIComponent('é한')}`).then(async (client) => {
        client.send('hi');
        expect(await client.nextJson()).toEqual({
          topic: 'echo',
          data: { text: 'hi', user: 'é한', from: true },
        });
        resolve({});
      });
    });
    await headers;
  });

  it('writes a 101 with the copied headers and without the private ones (relay.md H4, H11)', async () => {
    const hub = await boot();
    const answer = await rawUpgrade(hub, '/connect', []);
    expect(answer.head).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer.head).toMatch(/\r\nSet-Cookie: seen=1\r\n/);
    expect(answer.head).not.toMatch(/relay|content-|transfer-encoding|chosen/i);
  });

  it('processes frames that came in the same packet as the request after the join (relay.md H12)', async () => {
    const hub = await boot();
    const answer = await rawUpgrade(hub, '/connect', [maskedFrame(1, 'early'), maskedFrame(1, 'bird')]);
    while (readFrames(answer.rest()).length < 2) await once(answer.socket, 'data');
    expect(readFrames(answer.rest()).map((frame) => JSON.parse(frame.payload).data.text)).toEqual([
      'early',
      'bird',
    ]);
  });

  it('selects the subprotocol the handler names, else the first configured (relay.md H11)', async () => {
    const hub = await boot({ 'wsrelay.subprotocols': 'v1, v2' });
    const chosen = await wsClient(`${hub.wsUrl}/connect`, { protocols: ['v2', 'chosen'] });
    expect(chosen.socket.protocol).toBe('chosen');
    const first = await wsClient(`${hub.wsUrl}/connect`, { protocols: ['v9', 'v2', 'v1'] });
    expect(first.socket.protocol).toBe('v2');
  });

  it('compresses when asked to (relay.md § 1)', async () => {
    const hub = await boot({ 'wsrelay.compression': 'true' });
    const client = await wsClient(`${hub.wsUrl}/connect`, { perMessageDeflate: true });
    expect(client.socket.extensions).toBe('permessage-deflate');
    const text = 'squeeze '.repeat(1000);
    client.send(text);
    expect(await client.nextJson()).toMatchObject({ data: { text } });
    const plain = await wsClient(`${hub.wsUrl}/connect`);
    plain.send('x');
    expect(await plain.nextJson()).toMatchObject({ data: { text: 'x' } });
  });
});

describe('websocket_relay refusals before the handler', () => {
  it.each([
    ['a foreign origin', { origin: 'https://evil.test' }, 403, 'origin is not allowed'],
    ['an origin that is none', { origin: 'evil' }, 403, 'origin is not allowed'],
    ['a wrong version', { protocolVersion: 8 }, 400, 'unsupported websocket version'],
  ])('answers %s without running anything (relay.md H2)', async (_name, options, status, body) => {
    const hub = await boot();
    const before = hub.hub.inspect().processes.length;
    const refused = await refusedBy(`${hub.wsUrl}/connect?ran=1`, options);
    expect(refused).toMatchObject({ status, body: expect.stringMatching(new RegExp(`^${body}`)) });
    expect(hub.hub.inspect().processes).toHaveLength(before);
  });

  it('answers 405 to an upgrade that is not GET (relay.md H2)', async () => {
    const hub = await boot();
    const answer = await rawUpgrade(hub, '/connect?ran=1', [], 'POST');
    expect(answer.head).toMatch(/^HTTP\/1\.1 405 /);
    expect(answer.head).toMatch(/\r\nAllow: GET\r\n/i);
  });

  it('counts connections per router (relay.md § 1)', async () => {
    const hub = await boot({ 'wsrelay.max.connections': '1' });
    const client = await wsClient(`${hub.wsUrl}/connect`);
    expect(await refusedBy(`${hub.wsUrl}/connect`)).toMatchObject({
      status: 503,
      body: 'too many connections\n',
    });
    client.socket.close();
    await client.closed;
    await wsClient(`${hub.wsUrl}/connect`);
  });
});

describe('websocket_relay refusals after the handler', () => {
  it.each([
    ['no JSON', 'raw=nonsense', 400, 'invalid relay configuration'],
    ['an array', 'raw=%5B1%5D', 400, 'invalid relay configuration'],
    ['a number as target', `raw=${relayJson({ target_pid: 5 })}`, 400, 'invalid relay configuration'],
    [
      'a system topic',
      `raw=${relayJson({ target_pid: 'echo', message_topic: '@x' })}`,
      400,
      'invalid relay configuration',
    ],
    [
      'a reserved topic',
      `raw=${relayJson({ target_pid: 'echo', message_topic: 'ws.join' })}`,
      400,
      'invalid relay configuration',
    ],
    [
      'metadata that is no object',
      `raw=${relayJson({ target_pid: 'echo', metadata: 'x' })}`,
      400,
      'invalid relay configuration',
    ],
    ['no target', 'raw=%7B%7D', 400, 'invalid target PID'],
    ['an empty target', `raw=${relayJson({ target_pid: '' })}`, 400, 'invalid target PID'],
    ['a null target', `raw=${relayJson({ target_pid: null })}`, 400, 'invalid target PID'],
    ['a broken PID', `raw=${relayJson({ target_pid: '{broken' })}`, 400, 'invalid target PID'],
    [
      'a dead PID',
      `raw=${relayJson({ target_pid: '{app:processes|0xfffff}' })}`,
      503,
      'target process not found',
    ],
    [
      'a PID of another node',
      `raw=${relayJson({ target_pid: '{b@app:processes|0x00001}' })}`,
      503,
      'target process not found',
    ],
    ['an unknown name', `raw=${relayJson({ target_pid: 'nobody' })}`, 503, 'target process not found'],
    ['a status of the handler', 'status=401', 401, ''],
    ['a body of the handler', 'body=hello', 200, 'hello'],
    ['no header', 'none=1', 200, ''],
    ['a handler that fails', 'fail=1', 200, ''],
    ['a handler that raises', 'raise=1', 500, 'internal server error'],
  ])('answers %s (relay.md H4, H6, H7, § 2)', async (_name, query, status, body) => {
    const hub = await boot();
    const refused = await refusedBy(`${hub.wsUrl}/connect?${query}`);
    expect(refused.status).toBe(status);
    expect(refused.body).toMatch(new RegExp(`^${body}`));
    expect(Object.keys(refused.headers).filter((name) => name.endsWith('-relay'))).toEqual([]);
  });

  it('answers 426 when the request is no upgrade (relay.md H8)', async () => {
    const hub = await boot();
    const response = await fetch(`${hub.url}/connect`);
    expect(response.status).toBe(426);
    expect(response.headers.get('upgrade')).toBe('websocket');
    expect(await response.text()).toBe('websocket upgrade required\n');
    expect(response.headers.get('x-ws-relay')).toBeNull();
  });

  it('refuses a connection as a target (relay.md § 2)', async () => {
    const hub = await boot();
    await wsClient(`${hub.wsUrl}/connect`);
    const client = hub.hub.inspect().processes.find((process) => process.entryId === 'moonhub:websocket');
    const refused = await refusedBy(`${hub.wsUrl}/connect?raw=${relayJson({ target_pid: client!.pid })}`);
    expect(refused).toMatchObject({ status: 400, body: 'invalid target PID\n' });
  });

  it('accepts empty metadata in any spelling and a heartbeat that makes no sense (relay.md H14, H17)', async () => {
    const hub = await boot();
    for (const fields of [
      { metadata: [] },
      { metadata: null },
      { metadata: {} },
      { heartbeat_interval: 'soon' },
      { heartbeat_interval: -1 },
      { unknown_field: 1, message_topic: '' },
    ]) {
      const client = await wsClient(
        `${hub.wsUrl}/connect?raw=${relayJson({ target_pid: 'echo', ...fields })}`,
      );
      client.send('x');
      expect(await client.nextJson()).toMatchObject({ topic: 'echo' });
    }
  });

  it('strips the header with a warning on a router without the relay (relay.md E3)', async () => {
    const hub = await boot();
    const response = await fetch(`${hub.url}/plain/connect`);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-ws-relay')).toBeNull();
    expect(hub.log.lines.some((line) => line.level === 'warn')).toBe(true);
  });
});

describe('websocket_relay options', () => {
  it.each([
    ['wsrelay.payload', 'xml'],
    ['wsrelay.max.message.size', 'many'],
    ['wsrelay.ping.interval', 'soon'],
    ['wsrelay.compression', 'maybe'],
    ['wsrelay.subprotocols', 'a b'],
  ])('refuses to load %s: %s, naming the key (relay.md E2)', async (key, value) => {
    await expect(boot({ [key]: value })).rejects.toMatchObject({ code: 'MH_REGISTRY_LOAD_FAILED' });
  });

  it('warns about an unknown key and goes on (relay.md E2)', async () => {
    const hub = await boot({ 'wsrelay.speed': '11' });
    await wsClient(`${hub.wsUrl}/connect`);
    const warnings = hub.log.lines.filter((line) => line.fields.key === 'wsrelay.speed');
    expect(warnings).toHaveLength(1);
  });
});

describe('websocket_relay under attack', () => {
  it('closes with 1009, 1007 and 1002 and serves everybody else (relay.md L1, L8)', async () => {
    const hub = await boot({ 'wsrelay.max.message.size': '100' });
    const witness = await wsClient(`${hub.wsUrl}/connect`);
    const big = await wsClient(`${hub.wsUrl}/connect`);
    big.send('x'.repeat(101));
    expect(await big.closed).toEqual({ code: 1009, reason: 'message too big' });
    const attacks: [Buffer, number][] = [
      [maskedFrame(1, '\xff'), 1007],
      [Buffer.from([0x81, 0x01, 0x61]), 1002],
      [maskedFrame(0x3, 'x'), 1002],
    ];
    for (const [bytes, code] of attacks) {
      const answer = await rawUpgrade(hub, '/connect', [bytes]);
      await once(answer.socket, 'end');
      const frames = readFrames(answer.rest());
      expect(Buffer.from(frames[0]!.payload, 'latin1').readUInt16BE()).toBe(code);
      answer.socket.destroy();
    }
    witness.send('alive');
    expect(await witness.nextJson()).toMatchObject({ data: { text: 'alive' } });
  });

  it('counts compressed messages by what they unpack to (relay.md L1)', async () => {
    const hub = await boot({ 'wsrelay.compression': 'true' });
    const bomb = await wsClient(`${hub.wsUrl}/connect`, { perMessageDeflate: true });
    bomb.send('x'.repeat(5_000_000));
    expect(await bomb.closed).toEqual({ code: 1009, reason: 'message too big' });
    const whole = await wsClient(`${hub.wsUrl}/connect`, { perMessageDeflate: true });
    whole.send('x'.repeat(1_048_576));
    expect(await whole.nextJson()).toMatchObject({ topic: 'echo' });
  });

  it('writes what was sent before a close, compressed or not (relay.md G4)', async () => {
    const hub = await boot({ 'wsrelay.compression': 'true' });
    const client = await wsClient(`${hub.wsUrl}/connect`, { perMessageDeflate: true });
    for (let i = 0; i < 20; i++) client.send('y'.repeat(10_000));
    client.send('close');
    for (let i = 0; i < 20; i++) expect(await client.nextJson()).toMatchObject({ topic: 'echo' });
    expect(await client.closed).toEqual({ code: 4003, reason: 'as you wish' });
  });

  it('drops a client that does not read, and only that one (relay.md L5, L8)', async () => {
    const hub = await boot({ 'wsrelay.send.limit': '100000', 'wsrelay.close.timeout': '50ms' });
    const witness = await wsClient(`${hub.wsUrl}/connect`);
    const deaf = await rawUpgrade(hub, '/connect', []);
    deaf.socket.pause();
    deaf.socket.write(maskedFrame(1, 'flood'));
    await until(() => count(hub) <= 1);
    witness.send('alive');
    expect(await witness.nextJson()).toMatchObject({ data: { text: 'alive' } });
  });

  it('drops a client that answers no ping (relay.md L6)', async () => {
    const hub = await boot({ 'wsrelay.ping.interval': '20ms', 'wsrelay.ping.timeout': '20ms' });
    const living = await wsClient(`${hub.wsUrl}/connect`);
    const dead = await rawUpgrade(hub, '/connect', []);
    await once(dead.socket, 'close');
    living.send('still here');
    expect(await living.nextJson()).toMatchObject({ data: { text: 'still here' } });
  });

  it('survives clients that vanish at every moment', async () => {
    const hub = await boot();
    for (let i = 0; i < 20; i++) {
      const socket = createConnection({ port: Number(new URL(hub.url).port), host: '127.0.0.1' });
      await once(socket, 'connect');
      const request = upgradeRequest(hub, '/connect', 'GET');
      socket.write(request.slice(0, Math.ceil((request.length * i) / 15)));
      socket.destroy();
    }
    const client = await wsClient(`${hub.wsUrl}/connect`);
    client.send('x');
    expect(await client.nextJson()).toMatchObject({ topic: 'echo' });
    await until(() => count(hub) <= 1);
  });

  it('says goodbye to everybody when the hub stops (relay.md L9)', async () => {
    const hub = await boot();
    const clients = await Promise.all(Array.from({ length: 20 }, () => wsClient(`${hub.wsUrl}/connect`)));
    const stopped = hub.hub.stop();
    for (const client of clients) expect((await client.closed).code).toBeOneOf([1000, 1001, 1011]);
    await stopped;
  });
});

/** Open connections. */
function count({ hub }: BootedHub): number {
  return hub.inspect().processes.filter((process) => process.entryId === 'moonhub:websocket').length;
}

function upgradeRequest(hub: BootedHub, path: string, method: string): string {
  return (
    `${method} ${path} HTTP/1.1\r\nHost: ${new URL(hub.url).host}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
  );
}

/** An upgrade with further bytes in the same packet. */
async function rawUpgrade(
  hub: BootedHub,
  path: string,
  frames: readonly Buffer[],
  method = 'GET',
): Promise<{ head: string; socket: import('node:net').Socket; rest(): Buffer }> {
  const socket = createConnection({ port: Number(new URL(hub.url).port), host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(Buffer.concat([Buffer.from(upgradeRequest(hub, path, method), 'latin1'), ...frames]));
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  socket.on('error', () => {});
  while (!bytes.includes('\r\n\r\n')) await once(socket, 'data');
  const end = bytes.indexOf('\r\n\r\n') + 4;
  return { head: bytes.toString('latin1', 0, end), socket, rest: () => bytes.subarray(end) };
}
