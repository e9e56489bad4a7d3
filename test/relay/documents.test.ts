/** The programs of the mission documents, unmodified, over real sockets (`relay.md` § 12). */
import { describe, expect, it } from 'vitest';
import { type BootedHub, bootHub } from '../support/boot-hub.ts';
import { refusedBy, type WsClient, wsClient } from '../support/ws-client.ts';
import { until } from './until.ts';

/** Two endpoints that do to the hub what a neighbour in its application would do. */
const PROBE = {
  'registry/guide/probe.yaml': `
version: "1.0"
namespace: probe
entries:
  - name: reconfigure
    kind: library.lua
    source: file://guide/reconfigure_connection.lua
    modules: [json]
  - name: collector
    kind: process.lua
    source: |
      local function main()
          process.registry.register("collector")
          local inbox, events = process.inbox(), process.events()
          while true do
              local result = channel.select({ inbox:case_receive(), events:case_receive() })
              if result.channel == events then return end
              local msg = result.value
              process.send(msg:from(), "seen", { topic = msg:topic(), payload = msg:payload():data() })
          end
      end
      return { main = main }
    method: main
  - name: collector.service
    kind: process.service
    process: collector
    host: system:processes
    lifecycle: { auto_start: true }
  - name: move
    kind: function.lua
    source: |
      local http = require("http")
      local function handler()
          local client = http.request():query("client")
          local moved = reconfigureConnection(client, process.registry.lookup("collector"))
          http.response():write_json({ moved = moved })
      end
      return { handler = handler }
    method: handler
    modules: [http]
    imports: { reconfigure: reconfigure }
  - name: move.endpoint
    kind: http.endpoint
    method: GET
    path: /test/move
    func: move
  - name: cancel
    kind: function.lua
    source: |
      local http = require("http")
      local function handler()
          local hub = process.registry.lookup("my_ws_hub")
          local events = process.events()
          process.monitor(hub)
          process.cancel(hub, "test")
          local event = events:receive()
          http.response():write_json(event.result.value)
      end
      return { handler = handler }
    method: handler
    modules: [http]
  - name: cancel.endpoint
    kind: http.endpoint
    method: GET
    path: /test/cancel
    func: cancel
`,
};

describe('the hub of document 004', () => {
  const bootGuide = (): Promise<BootedHub> =>
    bootHub({ copies: ['registry/guide', 'lua'], files: PROBE, path: 'registry/guide' });
  const connect = ({ wsUrl }: BootedHub): Promise<WsClient> => wsClient(`${wsUrl}/api/v1/ws/connect`);
  /** The next message of a topic; earlier ones are skipped. */
  const nextOf = async (client: WsClient, topic: string): Promise<unknown> => {
    for (;;) {
      const message = (await client.nextJson()) as { topic: string; data: unknown };
      if (message.topic === topic) return message.data;
    }
  };

  it('welcomes, ignores update_metadata, and passes chat and commands to all (relay.md D3)', async () => {
    const hub = await bootGuide();
    const ann = await connect(hub);
    expect(await ann.nextJson()).toEqual({
      topic: 'welcome',
      data: { message: 'Connected successfully', client_count: 1 },
    });
    const bob = await connect(hub);
    expect(await nextOf(bob, 'welcome')).toEqual({ message: 'Connected successfully', client_count: 2 });

    ann.send(JSON.stringify({ type: 'update_metadata', nickname: 'User123', avatar: 'default' }));
    ann.send(JSON.stringify({ type: 'chat', message: 'привет 한' }));
    for (const client of [ann, bob]) {
      const data = (await nextOf(client, 'chat')) as { timestamp: number };
      expect(data).toEqual({ from: 'Anonymous', message: 'привет 한', timestamp: expect.any(Number) });
      expect(Number.isInteger(data.timestamp)).toBe(true);
    }

    bob.send(JSON.stringify({ type: 'command', command: 'broadcast', message: 'hello' }));
    for (const client of [ann, bob]) {
      expect(await nextOf(client, 'broadcast')).toEqual({ from: 'system', message: 'hello' });
    }
  });

  it('counts clients down when they leave', async () => {
    const hub = await bootGuide();
    const ann = await connect(hub);
    await ann.next();
    ann.socket.close();
    await ann.closed;
    const bob = await connect(hub);
    expect(await nextOf(bob, 'welcome')).toMatchObject({ client_count: 1 });
  });

  it.each(['5', 'null'])(
    'dies of the frame %s alone and is back after its delay (relay.md D4)',
    async (frame) => {
      const hub = await bootGuide();
      const ann = await connect(hub);
      const bob = await connect(hub);
      await nextOf(bob, 'welcome');
      ann.send(frame);
      expect(await ann.closed).toEqual({ code: 1011, reason: 'target process exited' });
      expect(await bob.closed).toEqual({ code: 1011, reason: 'target process exited' });
      const refused = await refusedBy(`${hub.wsUrl}/api/v1/ws/connect`);
      expect(refused.status).toBe(400);
      expect(refused.body).toMatch(/^invalid target PID/);
      expect(refused.headers['x-ws-relay']).toBeUndefined();
      const client = await until(() => connect(hub).catch(() => undefined));
      expect(await nextOf(client, 'welcome')).toMatchObject({ client_count: 1 });
    },
  );

  it('returns its table when it is cancelled, closes its clients with 1000 and stays down (relay.md D5)', async () => {
    const hub = await bootGuide();
    const ann = await connect(hub);
    await nextOf(ann, 'welcome');
    const response = await fetch(`${hub.url}/api/v1/test/cancel`);
    expect(await response.json()).toEqual({ status: 'shutdown', clients: 1 });
    expect(await ann.closed).toEqual({ code: 1000, reason: 'target process exited' });
    const service = hub.hub.inspect().services.find((one) => one.id.endsWith('ws_hub.service'));
    expect(service?.state).toBe('exited');
  });

  it('hands a connection over with the program of its section 6 (relay.md D6)', async () => {
    const hub = await bootGuide();
    const ann = await connect(hub);
    await nextOf(ann, 'welcome');
    const pid = hub.hub.inspect().processes.find((one) => one.entryId === 'moonhub:websocket')!.pid;
    const response = await fetch(`${hub.url}/api/v1/test/move?client=${encodeURIComponent(pid)}`);
    expect(await response.json()).toEqual({ moved: true });
    expect(await nextOf(ann, 'seen')).toEqual({
      topic: 'ws.join',
      payload: JSON.stringify({ ClientPID: pid, Metadata: { new_property: 'value' } }),
    });
    ann.send('to the new one');
    expect(await nextOf(ann, 'seen')).toEqual({ topic: 'ws.new_topic', payload: 'to the new one' });
    const bob = await connect(hub);
    expect(await nextOf(bob, 'welcome')).toMatchObject({ client_count: 1 }); // the hub was told of the leave
  });
});

describe('the programs of documents 000-003', () => {
  const bootRelay = (): Promise<BootedHub> =>
    bootHub({ copies: ['registry/relay', 'lua'], path: 'registry/relay' });

  it('connect without user_id, answer, and clean up (relay.md D1, D2, H14)', async () => {
    const hub = await bootRelay();
    const client = await wsClient(`${hub.wsUrl}/ws/connect`);
    client.send(JSON.stringify({ n: 42 }));
    expect(await client.nextJson()).toEqual({ event: 'update', value: { n: 42 } });
    client.socket.close(4000, 'done');
    expect((await client.closed).code).toBe(4000);
  });

  it('accept pages of the listed origin only (relay.md § 3)', async () => {
    const hub = await bootRelay();
    const good = await wsClient(`${hub.wsUrl}/ws/connect`, { origin: 'https://app.example.com' });
    good.send('1');
    expect(await good.nextJson()).toEqual({ event: 'update', value: 1 });
    const before = hub.hub.inspect().processes.length;
    const refused = await refusedBy(`${hub.wsUrl}/ws/connect`, { origin: 'https://evil.example.com' });
    expect(refused).toMatchObject({ status: 403, body: expect.stringMatching(/^origin is not allowed/) });
    expect(hub.hub.inspect().processes).toHaveLength(before);
  });
});
