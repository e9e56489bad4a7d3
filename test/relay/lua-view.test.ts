/** What Lua programs see of connections: PIDs, events, payload formats (`relay.md` § 4, § 5). */
import { describe, expect, it } from 'vitest';
import { type BootedHub, type BootOptions, bootHub, writeFiles } from '../support/boot-hub.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { wsClient } from '../support/ws-client.ts';
import { until } from './until.ts';

const CONNECT = `
local http = require("http")
local json = require("json")
local function handler()
    local pid = process.spawn("app:target", "app:processes")
    http.response():set_header("X-WS-Relay", json.encode({ target_pid = pid, metadata = { n = 1 } }))
end
return { handler = handler }
`;

/** The relay's place in its router. */
interface RelayPlace {
  readonly list?: 'middleware' | 'post_middleware';
  readonly options?: Readonly<Record<string, string>>;
}

const definition = ({ list = 'post_middleware', options = {} }: RelayPlace): string =>
  gatewayYaml({
    router: {
      [list]: ['websocket_relay'],
      [list === 'middleware' ? 'options' : 'post_options']: options,
    },
    routes: { 'GET /connect': 'connect' },
    processes: ['target'],
  });

const boot = (
  target: string,
  place: RelayPlace = {},
  options: Pick<BootOptions, 'watch' | 'onReload'> = {},
): Promise<BootedHub> =>
  bootHub({
    ...options,
    files: {
      '_index.yaml': definition(place),
      'connect.lua': CONNECT,
      'target.lua': `local json = require("json")\n${target}\nreturn { main = main }\n`,
    },
  });

describe('a connection in Lua', () => {
  it('is monitored like any process; EXIT says how it ended (relay.md P1, P3, P4)', async () => {
    const hub = await boot(`
local function main()
    local inbox, events = process.inbox(), process.events()
    local first = inbox:receive():payload():data().client_pid
    assert(process.monitor(first))
    process.registry.register("reporter")
    local second
    while true do
        local result = channel.select({ inbox:case_receive(), events:case_receive() })
        if result.channel == inbox then
            local data = result.value:payload():data()
            if result.value:topic() == "ws.message" then
                process.send(data.client_pid, "alive", process.registry.lookup("watched") == first)
                process.registry.register("watched", first)
            end
        else
            local event = result.value
            if event.kind ~= process.event.EXIT then return end
            local gone, err = process.send(first, "ws.send", "x")
            hub_report(event, first, gone, err)
            return
        end
    end
end
function hub_report(event, first, gone, err)
    print((json.encode({
        same = event.from == first, value = event.result.value, code = event.result.code, reason = event.result.reason,
        failed = event.result.error ~= nil, sent = gone or false, kind = err:kind(),
        name = process.registry.lookup("watched") or "free",
    })))
end
`);
    const client = await wsClient(`${hub.wsUrl}/connect`);
    client.send('hello');
    expect(await client.nextJson()).toEqual({ topic: 'alive', data: false });
    client.send('again');
    expect(await client.nextJson()).toEqual({ topic: 'alive', data: true });
    client.socket.close(4002, 'bye');
    expect(await printed(hub)).toEqual({
      same: true,
      value: 'websocket connection closed',
      code: 4002,
      reason: 'bye',
      failed: false,
      sent: false,
      kind: 'NotFound',
      name: 'free',
    });
  });

  it('gives an error of kind UNAVAILABLE when it broke (relay.md P4)', async () => {
    const hub = await boot(`
local function main()
    local first = process.inbox():receive():payload():data().client_pid
    process.monitor(first)
    process.send(first, "ready")
    local event = process.events():receive()
    print((json.encode({
        kind = event.result.error:kind(), message = event.result.error:message(),
        value = event.result.value == nil, code = event.result.code,
    })))
end
`);
    const client = await wsClient(`${hub.wsUrl}/connect`);
    await client.next();
    client.socket.terminate();
    expect(await printed(hub)).toEqual({
      kind: 'Unavailable',
      message: 'connection lost',
      value: true,
      code: 1006,
    });
  });

  it.each([
    [
      'table',
      [
        'ws.join table lua/any',
        'ws.message table lua/any',
        'ws.message table lua/any',
        'ws.leave table lua/any',
      ],
    ],
    [
      'json',
      [
        'ws.join string text/plain',
        'ws.message string text/plain',
        'ws.message string application/octet-stream',
        'ws.leave string text/plain',
      ],
    ],
    [
      'raw',
      [
        'ws.join table json/plain',
        'ws.message string text/plain',
        'ws.message string application/octet-stream',
        'ws.leave table json/plain',
      ],
    ],
  ])('arrives in %s mode with these types and formats (relay.md I1, I3)', async (mode, expected) => {
    const hub = await boot(
      `
local function main()
    local inbox, seen = process.inbox(), {}
    while true do
        local msg = inbox:receive()
        seen[#seen + 1] = msg:topic() .. " " .. type(msg:payload():data()) .. " " .. msg:payload():get_format()
        if msg:topic() == "ws.leave" then break end
    end
    print((json.encode(seen)))
end
`,
      { options: { 'wsrelay.payload': mode } },
    );
    const client = await wsClient(`${hub.wsUrl}/connect`);
    client.send('text');
    client.send(Buffer.from([1, 2]));
    client.socket.close();
    expect(await printed(hub)).toEqual(expected);
  });

  it('tells its target, which is still running, that the server stops (relay.md L9)', async () => {
    const hub = await boot(`
local function main()
    local inbox = process.inbox()
    process.send(inbox:receive():from(), "ws.send", "joined")
    print((json.encode(inbox:receive():payload():data().reason)))
end
`);
    const client = await wsClient(`${hub.wsUrl}/connect`);
    await client.next();
    const stopped = hub.hub.stop();
    expect(await client.closed).toEqual({ code: 1001, reason: 'server shutdown' });
    await stopped;
    expect(hub.log.lines.map(({ event }) => event)).toContain('"server shutdown"');
  });

  it('outlives a reload of its route, its handler and its target (app-format.md § 8)', async () => {
    const target = (answer: string): string => `
local function main()
    local inbox = process.inbox()
    while true do
        local msg = inbox:receive()
        if msg:topic() == "ws.leave" then return end
        if msg:topic() == "ws.message" then process.send(msg:from(), "ws.send", "${answer}") end
    end
end
`;
    const reloads: string[] = [];
    const hub = await boot(
      target('old'),
      {},
      {
        watch: true,
        onReload: ({ kind }) => void reloads.push(kind),
      },
    );
    const before = await wsClient(`${hub.wsUrl}/connect`);
    before.send('x');
    expect(await before.next()).toBe('old');
    await writeFiles(hub.folder, {
      'target.lua': `local json = require("json")\n${target('new')}\nreturn { main = main }\n`,
      'connect.lua': `${CONNECT}-- changed\n`,
      '_index.yaml': definition({ options: { 'wsrelay.max.connections': '2' } }),
    });
    // Several files may come as several reloads; the last of them brings the limit.
    await until(async () => {
      const after = await wsClient(`${hub.wsUrl}/connect`);
      after.send('x');
      const isNew = (await after.next()) === 'new';
      const refused = await wsClient(`${hub.wsUrl}/connect`).then(
        (third) => third.socket.terminate(),
        (refusal: { status: number }) => refusal.status,
      );
      after.socket.terminate();
      return isNew && refused === 503;
    });
    before.send('x');
    expect(await before.next()).toBe('old');
    expect(reloads).not.toContain('rejected');
  });

  it('works the same from the middleware list (relay.md E1)', async () => {
    const hub = await boot(
      `
local function main()
    local inbox = process.inbox()
    process.send(inbox:receive():from(), "ws.send", "joined")
    inbox:receive()
end
`,
      { list: 'middleware' },
    );
    const client = await wsClient(`${hub.wsUrl}/connect`);
    expect(await client.next()).toBe('joined');
  });

  it('keeps a flood in order through a small mailbox window (relay.md G2, L2)', async () => {
    const hub = await boot(
      `
local function main()
    local inbox, expected = process.inbox(), 0
    while true do
        local msg = inbox:receive()
        if msg:topic() == "ws.message" then
            assert(tonumber(msg:payload():data().data) == expected)
            expected = expected + 1
            if expected == 20000 then process.send(msg:from(), "all", expected) end
        elseif msg:topic() == "ws.leave" then
            return
        end
    end
end
`,
      { options: { 'wsrelay.mailbox.limit': '5' } },
    );
    const client = await wsClient(`${hub.wsUrl}/connect`);
    for (let i = 0; i < 20_000; i++) client.send(String(i));
    expect(await client.nextJson()).toEqual({ topic: 'all', data: 20_000 });
  });
});

/** The JSON a program printed, once it has. */
async function printed(hub: BootedHub): Promise<unknown> {
  const line = await until(() =>
    hub.log.lines.find(({ event }) => event.startsWith('{') || event.startsWith('[')),
  );
  return JSON.parse(line.event);
}
