/** A hub with a room that stops when it is told to, and ways to look into it from outside and inside. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import {
  type Contribution,
  createHub,
  type ExtensionPorts,
  type Hub,
  type HubOptions,
} from '../../src/index.ts';
import { writeFiles } from '../support/boot-hub.ts';
import { eventually } from '../support/eventually.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { createLogDouble } from '../support/programs.ts';

/** Says what it reads to the log. After its CANCEL it goes on until it is told `finish`: a service that takes long. */
const ROOM = `
local logger = require("logger")
local function main()
    process.registry.register("room")
    local inbox, events = process.inbox(), process.events()
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == events then
            logger:info("room cancel")
        else
            local msg = got.value
            if msg:topic() == "finish" then return end
            local data = msg:payload():data()
            logger:info("room " .. msg:topic(), { reason = data.reason, text = data.data })
        end
    end
end
return { main = main }`;

/** Hands the connection to the room; with \`?wait\` only once somebody has sent it a word. */
export const CONNECT = `
local http = require("http")
local json = require("json")
local function handler()
    local req, res = http.request(), http.response()
    if req:query("wait") then
        process.registry.register("waiting")
        process.inbox():receive()
    end
    if req:query("plain") then return res:write("done") end
    res:set_header(req:query("sse") and "X-SSE-Relay" or "X-WS-Relay", json.encode({ target_pid = "room" }))
end
return { handler = handler }`;

const CALLED = `local function handler()
    process.registry.register("called")
    return process.inbox():receive():topic()
end
return { handler = handler }`;

/** Ends with its CANCEL. */
const COMMAND = `local function main()
    process.registry.register("command")
    return process.events():receive().kind
end
return { main = main }`;

export const APPLICATION = {
  '_index.yaml': gatewayYaml({
    router: { post_middleware: ['sse_relay', 'websocket_relay'] },
    routes: { 'GET /ws': 'connect' },
    entries: [
      { name: 'room', kind: 'process.lua', source: 'file://room.lua', method: 'main', modules: ['logger'] },
      {
        name: 'room.service',
        kind: 'process.service',
        process: 'room',
        host: 'processes',
        lifecycle: { auto_start: true },
      },
      { name: 'command', kind: 'process.lua', source: 'file://command.lua', method: 'main' },
      { name: 'called', kind: 'function.lua', source: 'file://called.lua', method: 'handler' },
    ],
  }),
  'room.lua': ROOM,
  'connect.lua': CONNECT,
  'called.lua': CALLED,
  'command.lua': COMMAND,
};

export interface World {
  readonly hub: Hub;
  readonly ports: ExtensionPorts;
  readonly url: string;
  readonly wsUrl: string;
  readonly port: number;
  /** What was logged, as \`event\` or, for the room's lines, \`event reason\`. */
  events(): string[];
  isAlive(name: string): boolean;
}

export async function load(
  files: Readonly<Record<string, string>>,
  contribution: Contribution = {},
  options: Partial<HubOptions> = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'moonhub-stop-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFiles(folder, files);
  const log = createLogDouble();
  let ports: ExtensionPorts | undefined;
  const probe = {
    name: 'probe',
    open(given: ExtensionPorts) {
      ports = given;
      return contribution;
    },
  };
  const environment = { PORT: '0' };
  const hub = await createHub({
    path: folder,
    cwd: folder,
    environment,
    log: log.log,
    extensions: [probe],
    ...options,
  });
  onTestFinished(() => hub.stop({ timeoutMs: 0 }).catch(() => {}));
  return { hub, log, ports: ports! };
}

export async function boot(
  files: Readonly<Record<string, string>> = {},
  contribution?: Contribution,
): Promise<World> {
  const { hub, log, ports } = await load({ ...APPLICATION, ...files }, contribution);
  await hub.start();
  const { url, port } = hub.listening()[0]!;
  const isAlive = (name: string): boolean =>
    hub.inspect().processes.some(({ names }) => names.includes(name));
  await eventually(() => expect(isAlive('room')).toBe(true));
  return {
    hub,
    ports,
    url,
    wsUrl: url.replace('http:', 'ws:'),
    port,
    events: () =>
      log.lines.map(({ event, fields }) => [event, fields.reason, fields.text].filter(Boolean).join(' ')),
    isAlive,
  };
}

/** Moves time in small steps: what one of them sets off is over before the next. */
export async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    await clock.advanceAndSettle(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: { code?: unknown }) => error.code,
  );
