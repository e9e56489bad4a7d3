/** The hub of document 004 and the receivers of documents 000-003, as published, without sockets. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Pid } from '../../src/base/index.ts';
import { fromHost, type HostValue, type LuaValue, toHost } from '../../src/lua/index.ts';
import { bootLua, HOST, type LuaWorld } from '../support/lua-world.ts';
import { ScriptedProgram } from '../support/programs.ts';

const read = (path: string): string => readFileSync(resolve(import.meta.dirname, '../..', path), 'utf8');

/** A client: a process without Lua that keeps what it is sent. */
function client(world: LuaWorld): { pid: Pid; got: { topic: string; data: HostValue }[] } {
  const got: { topic: string; data: HostValue }[] = [];
  const program = new ScriptedProgram({
    step(self) {
      for (
        let mail = self.context.mailbox.takeNext();
        mail !== undefined;
        mail = self.context.mailbox.takeNext()
      ) {
        if (mail.kind === 'message') {
          got.push({
            topic: mail.topic,
            data: mail.payloads.length === 0 ? null : toHost(mail.payloads[0] as LuaValue),
          });
        }
      }
      return { kind: 'waiting' };
    },
  });
  return { pid: world.system.spawnProgram({ hostId: HOST, program }), got };
}

describe('the hub of the integration guide', () => {
  const start = () => {
    const world = bootLua({
      'app:hub': { source: read('lua/ws_hub_process.lua'), method: 'run', modules: ['time', 'json'] },
    });
    const hub = world.spawn('app:hub');
    world.clock.flush();
    const say = (from: Pid, topic: string, data: unknown) => {
      world.system.send(from, 'my_ws_hub', topic, [fromHost(JSON.stringify(data))]);
      world.clock.flush();
    };
    return { world, hub, say };
  };

  it('welcomes, broadcasts chat and commands, and forgets who left', () => {
    const { world, hub, say } = start();
    const [a, b] = [client(world), client(world)];
    say(a.pid, 'ws.join', { ClientPID: a.pid, Metadata: { nickname: 'Ann' } });
    say(b.pid, 'ws.join', { ClientPID: b.pid });
    expect(a.got).toEqual([
      { topic: 'welcome', data: { message: 'Connected successfully', client_count: 1 } },
    ]);
    expect(b.got).toEqual([
      { topic: 'welcome', data: { message: 'Connected successfully', client_count: 2 } },
    ]);
    say(a.pid, 'ws.message', { type: 'chat', message: 'hi' });
    expect(b.got.at(-1)).toMatchObject({ topic: 'chat', data: { from: 'Ann', message: 'hi' } });
    say(b.pid, 'ws.message', { type: 'chat', message: 'ho' });
    expect(a.got.at(-1)).toMatchObject({ topic: 'chat', data: { from: 'Anonymous', message: 'ho' } });
    say(b.pid, 'ws.message', { type: 'command', command: 'broadcast', message: 'all' });
    expect(a.got.at(-1)).toEqual({ topic: 'broadcast', data: { from: 'system', message: 'all' } });
    say(a.pid, 'ws.heartbeat', { ClientPID: a.pid, Uptime: 5 });
    say(b.pid, 'ws.leave', { ClientPID: b.pid });
    const before = b.got.length;
    say(a.pid, 'ws.message', { type: 'chat', message: 'alone' });
    expect(b.got.length).toBe(before);
    expect(world.printed()).toEqual([
      `WebSocket hub started with PID: ${hub}`,
      `Client joined: ${a.pid}`,
      `Client joined: ${b.pid}`,
      `Client left: ${b.pid}`,
    ]);
    const seen = world.watch(hub);
    world.system.cancel('', hub, 'service stopping');
    world.clock.flush();
    expect(seen.outcome?.ok && toHost(seen.outcome.value as LuaValue)).toEqual({
      status: 'shutdown',
      clients: 1,
    });
  });

  it('survives payloads that are no JSON, lack fields or are no text', () => {
    const { world, hub, say } = start();
    const a = client(world);
    world.system.send(a.pid, hub, 'ws.join', [fromHost('{')]);
    world.system.send(a.pid, hub, 'ws.join', [fromHost({ ClientPID: a.pid })]);
    world.system.send(a.pid, hub, 'ws.message', []);
    say(a.pid, 'ws.join', {});
    say(a.pid, 'unknown', {});
    expect(world.system.isAlive(hub)).toBe(true);
    expect(world.printed().slice(1)).toEqual([
      expect.stringContaining('Error decoding join payload:'),
      'Missing ClientPID in join payload',
    ]);
  });
});

describe.each(['en', 'es', 'ru', 'ko'])('the receiver of the relay guide (%s)', (language) => {
  it('takes joins, messages and leaves', () => {
    // The guide leaves the two functions to the reader; here they answer.
    const helpers = `
      function handle_message(pid, content) process.send(pid, "ws.send", content) end
      function cleanup(pid) process.send(pid, "bye") end
    `.replaceAll('\n', ' ');
    const world = bootLua({
      'app:receiver': {
        source: helpers + read(`lua/relay/${language}/receiver.lua`),
        method: 'handler',
        modules: ['json'],
      },
    });
    const receiver = world.spawn('app:receiver');
    const a = client(world);
    const send = (topic: string, data: HostValue) =>
      world.system.send(a.pid, receiver, topic, [fromHost(data)]);
    send('ws.join', { client_pid: a.pid, metadata: {} });
    send('ws.message', { client_pid: a.pid, type: 'text', data: '{"n":1}' });
    send('ws.leave', { client_pid: a.pid, reason: 'gone' });
    world.clock.flush();
    expect(a.got.map(({ topic }) => topic)).toEqual(['ws.send', 'bye']);
    expect(a.got[0]?.data).toEqual({ n: 1 });
    expect(world.system.isAlive(receiver)).toBe(true);
  });
});
