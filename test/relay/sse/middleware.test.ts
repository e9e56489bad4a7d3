/** The middleware `sse_relay` over real sockets (`relay.md` § 13). */
import { describe, expect, it } from 'vitest';
import { type BootedHub, bootHub } from '../../support/boot-hub.ts';
import { gatewayYaml } from '../../support/gateway.ts';
import { wsClient } from '../../support/ws-client.ts';
import { until } from '../until.ts';

/** Greets whoever joins, then closes it when told so. */
const SOURCE = `
local function main()
    process.registry.register("source")
    local inbox, events = process.inbox(), process.events()
    while true do
        local result = channel.select({ inbox:case_receive(), events:case_receive() })
        if result.channel == events then return end
        local msg = result.value
        local data = msg:payload():data()
        if msg:topic() == "sse.join" then
            process.send(data.client_pid, "sse.message", { hello = data.metadata.user })
            process.send(data.client_pid, "sse.message", "second")
            process.send(data.client_pid, "sse.close", "that is all")
        elseif msg:topic() == "ws.join" then
            process.send(data.client_pid, "ws.send", "socket")
        elseif msg:topic() == "ws.leave" then
            process.send("waiting", "go")
        end
    end
end
return { main = main }
`;

const CONNECT = `
local http = require("http")
local json = require("json")
local function handler()
    local req, res = http.request(), http.response()
    if req:query("wait") then
        process.registry.register("waiting")
        process.inbox():receive()
    end
    res:set_header("X-SSE-Relay", req:query("raw") or json.encode({ target_pid = "source", metadata = { user = req:query("user") } }))
    if req:query("both") then res:set_header("X-WS-Relay", json.encode({ target_pid = "source" })) end
    if req:query("status") then res:set_status(tonumber(req:query("status"))) end
    if req:query("body") then res:write(req:query("body")) end
    res:set_header("Set-Cookie", "seen=1")
    if req:query("cache") then res:set_header("Cache-Control", req:query("cache")) end
end
return { handler = handler }
`;

const boot = (options: Readonly<Record<string, string>> = {}): Promise<BootedHub> =>
  bootHub({
    files: {
      '_index.yaml': gatewayYaml({
        router: { post_middleware: ['sse_relay', 'websocket_relay'], post_options: options },
        routes: { 'GET /events': 'connect' },
        processes: ['source'],
        services: ['source'],
      }),
      'source.lua': SOURCE,
      'connect.lua': CONNECT,
    },
  });

const relayJson = (fields: object): string => encodeURIComponent(JSON.stringify(fields));

describe('sse_relay', () => {
  it('streams events with its headers and ends with done (relay.md § 13)', async () => {
    const hub = await boot();
    const response = await fetch(`${hub.url}/events?user=${encodeURIComponent('é한')}`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'set-cookie': 'seen=1',
    });
    expect([...response.headers.keys()].filter((name) => name.endsWith('-relay'))).toEqual([]);
    expect(await response.text()).toBe(
      'event: sse.message\ndata: {"hello":"é한"}\n\n' +
        'event: sse.message\ndata: "second"\n\n' +
        'event: done\ndata: {"reason":"that is all"}\n\n',
    );
  });

  it('keeps headers the handler set itself', async () => {
    const hub = await boot();
    const response = await fetch(`${hub.url}/events?cache=private`);
    expect(response.headers.get('cache-control')).toBe('private');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    await response.text();
  });

  it.each([
    ['no JSON', 'raw=nonsense', 400, 'invalid relay configuration\n'],
    [
      'a bad heartbeat',
      `raw=${relayJson({ heartbeat_interval: 'soon' })}`,
      400,
      'invalid relay configuration\n',
    ],
    ['a negative timeout', `raw=${relayJson({ idle_timeout: '-1s' })}`, 400, 'invalid relay configuration\n'],
    ['a broken PID', `raw=${relayJson({ target_pid: '{x' })}`, 400, 'invalid target PID\n'],
    ['an unknown target', `raw=${relayJson({ target_pid: 'nobody' })}`, 503, 'target process not found\n'],
    ['a body of the handler', 'body=hello', 200, 'hello'],
    ['a status other than 200', 'status=201', 201, ''],
  ])('answers %s (relay.md § 13)', async (_name, query, status, body) => {
    const hub = await boot();
    const response = await fetch(`${hub.url}/events?${query}`);
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(body);
    expect(response.headers.get('x-sse-relay')).toBeNull();
  });

  it('checks the origin after the handler (relay.md § 3, § 13)', async () => {
    const hub = await boot({ 'sserelay.allowed.origins': 'https://good.test' });
    const refused = await fetch(`${hub.url}/events`, { headers: { Origin: 'https://evil.test' } });
    expect(refused.status).toBe(403);
    expect(await refused.text()).toBe(
      `origin is not allowed: https://evil.test is not of host ${new URL(hub.url).host}\n`,
    );
    const allowed = await fetch(`${hub.url}/events`, { headers: { Origin: 'https://good.test' } });
    expect(allowed.status).toBe(200);
    await allowed.text();
  });

  it('takes the header that fits the request when a handler sets both (relay.md H19)', async () => {
    const hub = await boot();
    const stream = await fetch(`${hub.url}/events?both=1`);
    expect(await stream.text()).toContain('event: done');
    const client = await wsClient(`${hub.wsUrl}/events?both=1`);
    expect(await client.next()).toBe('socket');
  });

  it('notices that the client went away, and says goodbye when the hub stops (relay.md Q6)', async () => {
    const hub = await boot();
    const streams = (): number =>
      hub.hub.inspect().processes.filter((process) => process.entryId === 'moonhub:sse').length;
    const gone = new AbortController();
    const first = await fetch(`${hub.url}/events?raw=%7B%7D`, { signal: gone.signal });
    const reader = first.body!.getReader();
    await reader.read();
    expect(streams()).toBe(1);
    gone.abort();
    await until(() => streams() === 0);
    const second = await fetch(`${hub.url}/events?raw=%7B%7D`);
    const stopped = hub.hub.stop();
    expect(await second.text()).toMatch(/event: done\ndata: \{"reason":"server shutdown"\}\n\n$/);
    await stopped;
  });

  it('D7: refuses a stream whose handler was still running when the hub began to stop; targets get their leaves before (L9)', async () => {
    const hub = await boot();
    await wsClient(`${hub.wsUrl}/events?both=1`); // its leave lets the handler go on
    const answer = fetch(`${hub.url}/events?wait=1`);
    const isWaiting = (): boolean =>
      hub.hub.inspect().processes.some(({ names }) => names.includes('waiting'));
    await until(isWaiting);
    const stopped = hub.hub.stop();
    const response = await answer;
    expect([response.status, await response.text()]).toEqual([503, 'server is shutting down\n']);
    await stopped;
  });
});
