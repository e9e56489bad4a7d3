/** Handshakes that come to nothing, as whoever can repair them sees it: the line in the log (`relay.md` H18, O2, O4). */
import { describe, expect, it } from 'vitest';
import { type BootedHub, bootHub } from '../../support/boot-hub.ts';
import { gatewayYaml } from '../../support/gateway.ts';
import { rawClient } from '../../support/http-world.ts';
import { refusedBy, wsClient } from '../../support/ws-client.ts';

const ROOM = `
local function main()
    process.registry.register("room")
    process.events():receive()
end
return { main = main }
`;

const CONNECT = `
local http = require("http")
local json = require("json")
local function handler()
    local req, res = http.request(), http.response()
    local value = req:query("raw") or json.encode({ target_pid = "room" })
    if req:query("sse") then res:set_header("X-SSE-Relay", value) else res:set_header("X-WS-Relay", value) end
end
return { handler = handler }
`;

const boot = (options: Readonly<Record<string, unknown>> = {}): Promise<BootedHub> =>
  bootHub({
    files: {
      '_index.yaml': gatewayYaml({
        router: {
          middleware: ['real_ip'],
          post_middleware: ['websocket_relay', 'sse_relay'],
          post_options: { 'wsrelay.subprotocols': 'v1' },
          ...options,
        },
        routes: { 'GET /connect': 'connect' },
        processes: ['room'],
        services: ['room'],
      }),
      'room.lua': ROOM,
      'connect.lua': CONNECT,
    },
  });

const refusals = (hub: BootedHub): BootedHub['log']['lines'] =>
  hub.log.lines.filter(({ event }) => event === 'relay handshake refused');

const asked = (fields: object): string => `raw=${encodeURIComponent(JSON.stringify(fields))}`;

describe('a refused handshake', () => {
  it('names both hosts, and the option, entry and place that repair it (relay.md H18, O4)', async () => {
    const hub = await boot();
    const headers = { Host: 'ide.example', Origin: 'https://other.example' };
    const { body } = await refusedBy(`${hub.wsUrl}/connect?x=1`, { headers });
    expect(body).toBe('origin is not allowed: https://other.example is not of host ide.example\n');
    expect(refusals(hub)).toEqual([
      {
        level: 'warn',
        event: 'relay handshake refused',
        fields: {
          path: '/connect',
          remoteAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
          status: 403,
          cause: 'origin is not allowed',
          origin: 'https://other.example',
          host: 'ide.example',
          allowed: 'its own host only',
          router: 'app:router',
          endpoint: 'app:connect.endpoint0',
          option: 'post_options.wsrelay.allowed.origins',
          entry: 'app:router',
          at: expect.stringMatching(/^_index\.yaml:6:\d+$/),
          hint: expect.stringContaining('add the origin'),
        },
      },
    ]);
    // A default is no warning.
    const start = hub.log.lines.filter(({ event }) => event === 'relay allows its own host only');
    expect(start.map(({ level }) => level)).toEqual(['debug']);
  });

  it('is one line per cause, router and relay, however often it happens (relay.md H18)', async () => {
    const hub = await boot();
    const headers = { Origin: 'https://other.example' };
    for (let i = 0; i < 5; i++) await refusedBy(`${hub.wsUrl}/connect`, { headers });
    for (let i = 0; i < 5; i++) await fetch(`${hub.url}/connect?sse=1`, { headers });
    // On a slow machine a second may pass meanwhile; the lines then count what they stand for.
    const counts = refusals(hub).map(({ fields }) => [fields.option, fields.count ?? 1]);
    expect(counts[0]).toEqual(['post_options.wsrelay.allowed.origins', 1]);
    expect(counts).toContainEqual(['post_options.sserelay.allowed.origins', 1]);
    expect(counts.length).toBeLessThan(6);
  });

  it.each([
    [
      'no JSON',
      'raw=x',
      { cause: expect.stringContaining('decode failed'), entry: 'app:connect', at: /_index\.yaml:\d+:\d+/ },
    ],
    [
      'no target',
      'raw=%7B%7D',
      { cause: 'target_pid is missing', hint: expect.stringContaining('target_pid') },
    ],
    [
      'an unknown name',
      asked({ target_pid: 'nobody' }),
      { status: 503, target: 'nobody', entry: 'app:connect' },
    ],
    ['a broken PID', asked({ target_pid: '{x' }), { cause: "'{x' is no PID", entry: 'app:connect' }],
    [
      'an unknown name, long',
      asked({ target_pid: 'n'.repeat(900) }),
      { target: /^n{200}\.\.\. \(900 characters\)$/ },
    ],
    [
      'no JSON, event stream',
      'sse=1&raw=x',
      { cause: expect.stringContaining('decode failed'), entry: 'app:connect' },
    ],
    [
      'a bad duration, event stream',
      `sse=1&${asked({ idle_timeout: 'soon' })}`,
      { cause: 'a duration is malformed' },
    ],
  ])('says what the handler asked for: %s (relay.md § 2, § 13)', async (_what, query, expected) => {
    const hub = await boot();
    if (query.startsWith('sse')) await fetch(`${hub.url}/connect?${query}`);
    else await refusedBy(`${hub.wsUrl}/connect?${query}`);
    const [line, ...others] = refusals(hub);
    expect(others).toEqual([]);
    for (const [name, value] of Object.entries(expected)) {
      if (value instanceof RegExp) expect(line!.fields[name]).toMatch(value);
      else expect(line!.fields[name]).toEqual(value);
    }
  });

  it('says what only the client can repair, and limits (relay.md H2, H18)', async () => {
    const hub = await boot({ post_options: { 'wsrelay.max.connections': '1' } });
    await fetch(`${hub.url}/connect`);
    const old = await rawClient(Number(new URL(hub.url).port));
    const lines = ['Host: h', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 12'];
    old.send(`GET /connect HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    await old.closed();
    await wsClient(`${hub.wsUrl}/connect`);
    await refusedBy(`${hub.wsUrl}/connect`);
    expect(refusals(hub).map(({ fields }) => fields)).toMatchObject([
      { status: 426, cause: 'the request is no upgrade' },
      { status: 400, cause: 'unsupported websocket version', version: '12' },
      {
        status: 503,
        cause: 'as many are open as may be',
        option: 'post_options.wsrelay.max.connections',
        open: '1',
      },
    ]);
  });

  it('is said for an event stream too, with its own option, of the list it stands in (relay.md § 13)', async () => {
    const hub = await boot({
      post_middleware: [],
      middleware: ['sse_relay'],
      options: { 'sserelay.allowed.origins': 'https://good.example' },
    });
    await fetch(`${hub.url}/connect?sse=1`, { headers: { Origin: 'null' } });
    expect(refusals(hub)[0]!.fields).toMatchObject({
      origin: 'null',
      allowed: 'https://good.example',
      option: 'options.sserelay.allowed.origins',
    });
  });
});

describe('the host a proxy forwards', () => {
  const statusOf = async (hub: BootedHub, headers: Record<string, string>): Promise<number> => {
    try {
      const client = await wsClient(`${hub.wsUrl}/connect`, { headers });
      client.socket.terminate();
      return 101;
    } catch (refused) {
      return (refused as { status: number }).status;
    }
  };

  it('counts beside Host for a peer that real_ip trusts (relay.md O2, http.md 3.4)', async () => {
    const hub = await boot();
    const cases: [Record<string, string>, number][] = [
      [{ Origin: 'https://a.example', 'X-Forwarded-Host': 'a.example' }, 101],
      [{ Origin: 'https://a.example', 'X-Forwarded-Host': 'A.example:443' }, 101],
      [{ Origin: 'https://a.example:8443', 'X-Forwarded-Host': 'a.example:8443' }, 101],
      // TLS ended further out, and the port is the default of the scheme the proxy says.
      [{ Origin: 'https://a.example', 'X-Forwarded-Host': 'a.example:80', 'X-Forwarded-Proto': 'http' }, 101],
      [{ Origin: 'https://a.example', Host: 'a.example:80', 'X-Forwarded-Proto': 'http' }, 101],
      [{ Origin: 'https://a.example', Host: 'a.example', 'X-Forwarded-Host': 'inner' }, 101],
      // Of several values the last is the trusted proxy's; those before it may be anybody's.
      [{ Origin: 'https://a.example', 'X-Forwarded-Host': 'evil.example, a.example' }, 101],
      [{ Origin: 'https://evil.example', 'X-Forwarded-Host': 'evil.example, a.example' }, 403],
      [{ Origin: 'https://a.example:8443', 'X-Forwarded-Host': 'a.example' }, 403],
      [{ Origin: 'https://a.example', 'X-Forwarded-Host': 'a.example:80' }, 403],
      [{ Origin: 'https://a.example', 'X-Forwarded-Host': 'b@a.example' }, 403],
      [{ Origin: 'https://a.example', 'X-Forwarded-Host': '' }, 403],
      [{ Origin: 'null', 'X-Forwarded-Host': 'null' }, 403],
      [{ Origin: 'https://a.example', 'X-Forwarded-Server': 'a.example', Forwarded: 'host=a.example' }, 403],
    ];
    for (const [headers, status] of cases)
      expect([headers, await statusOf(hub, headers)]).toEqual([headers, status]);
  });

  it('counts for nothing from any other peer, and the refusal says what is missing (relay.md O2, H18)', async () => {
    const headers = { Origin: 'https://a.example', 'X-Forwarded-Host': 'a.example' };
    for (const router of [
      { options: { 'real_ip.trusted.subnets': '10.0.0.0/8' } },
      { middleware: [] },
      // Behind the check it comes too late.
      { middleware: [], post_middleware: ['websocket_relay', 'real_ip'] },
    ]) {
      const hub = await boot(router);
      expect(await statusOf(hub, headers)).toBe(403);
      expect(refusals(hub)[0]!.fields).toMatchObject({
        forwardedHost: 'a.example',
        hint: expect.stringContaining('real_ip.trusted.subnets'),
      });
    }
  });
});
