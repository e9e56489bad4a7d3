/**
 * The http room in a test: entries in memory, handlers as TypeScript functions or Lua, injected requests or
 * real sockets. Work runs at once; timers move only by `clock.advance`.
 */

import { connect, type Socket } from 'node:net';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { onTestFinished } from 'vitest';
import { ByteBudget, type Failure, type Log, type LogFields } from '../../src/base/index.ts';
import {
  builtinMiddleware,
  type Exchange,
  HttpRoom,
  httpModule,
  type MiddlewareFactory,
} from '../../src/http/index.ts';
import { createLuaRuntime, type LuaModule } from '../../src/lua/index.ts';
import { CORE_MODULES, spawnCoroutine } from '../../src/modules/core/index.ts';
import { type Call, type CallRequest, type Outcome, ProcessSystem } from '../../src/process/index.ts';
import {
  createEntry,
  createEntrySet,
  type EntryDefinition,
  type EntryLookup,
  type Mapping,
} from '../../src/registry/index.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { standardModules } from './lua-modules.ts';
import { createLogDouble } from './programs.ts';

/** A handler in TypeScript: returns the outcome, or nothing for "no value". Never settles = runs until aborted. */
export type Handler = (exchange: Exchange) => Outcome | undefined | Promise<Outcome | undefined>;

/** What `bootHttp` takes. */
export interface HttpWorldOptions {
  /** Fields of the `http.service` `app:gateway`. */
  readonly server?: Mapping;
  /** Fields of the `http.router` `app:api`. */
  readonly router?: Mapping;
  /** `GET /path` to a handler in TypeScript, or to the source of a Lua function. */
  readonly routes?: Readonly<Record<string, Handler | string>>;
  /** Further entries, or replacements of those above. */
  readonly entries?: readonly EntryDefinition[];
  readonly middleware?: readonly MiddlewareFactory[];
  /** Working directory of the hub. Default: that of the test. */
  readonly cwd?: string;
  /** Modules beside ours. */
  readonly modules?: readonly LuaModule[];
  /** Time that passes with every look at the clock, so that busy programs use up their turn. Default 0. */
  readonly tickMs?: number;
  /** Limit of the byte budget. Default 1 GB. */
  readonly budgetBytes?: number;
}

/** A room that serves. */
export interface HttpWorld {
  readonly room: HttpRoom;
  readonly clock: FakeClock;
  readonly lines: { level: string; event: string; fields: LogFields }[];
  readonly system: ProcessSystem;
  readonly budget: ByteBudget;
  inject(request: InjectOptions | string): Promise<LightMyRequestResponse>;
  /** Listens on a free loopback port. */
  listen(): Promise<number>;
  /** The entries as they are now. */
  entries(): EntryLookup;
  /** Applies a changed set of options. */
  change(options: HttpWorldOptions): Promise<void>;
}

/** Builds the room and applies the routes. */
export async function bootHttp(options: HttpWorldOptions = {}): Promise<HttpWorld> {
  const clock: FakeClock = Object.assign(createFakeClock(), {
    defer: (callback: () => void) => void setImmediate(callback),
  });
  const { tickMs = 0 } = options;
  if (tickMs > 0) {
    const monotonicMs = clock.monotonicMs.bind(clock);
    let looks = 0;
    clock.monotonicMs = () => monotonicMs() + tickMs * looks++;
  }
  const { log, lines } = createLogDouble();
  const budget = new ByteBudget({ limitBytes: options.budgetBytes ?? 1e9, clock });
  let handlers = new Map<string, Handler>();
  let lookup: EntryLookup = createEntrySet([]);
  const runtime = createLuaRuntime({
    registry: () => lookup,
    clock,
    log,
    modules: [...CORE_MODULES, ...standardModules({ clock, log }), httpModule, ...(options.modules ?? [])],
    coroutines: { spawn: spawnCoroutine },
  });
  const system = new ProcessSystem({ clock, log, source: runtime });
  runtime.attach(system);
  system.openHost('app:processes');
  const call = (request: CallRequest, ended: (outcome: Outcome) => void): Call => {
    const handler = handlers.get(request.entryId);
    return handler === undefined ? system.call(request, ended) : runHandler(handler, request, ended);
  };
  const factories = [...builtinMiddleware, ...(options.middleware ?? [])];
  const room = new HttpRoom({
    system: { call },
    clock,
    log: log as Log,
    budget,
    middleware: new Map(factories.map((factory) => [factory.name, factory])),
    cwd: options.cwd ?? process.cwd(),
  });
  const change = async (changed: HttpWorldOptions): Promise<void> => {
    const { definitions, functions } = toEntries(changed);
    handlers = functions;
    lookup = createEntrySet(definitions.map((definition) => createEntry(definition)));
    await room.applyRoutes(lookup);
    room.dropMissing();
  };
  await change(options);
  onTestFinished(async () => {
    const stopped = room.stop(0);
    clock.advance(1);
    await stopped;
  });
  return {
    room,
    clock,
    lines,
    system,
    budget,
    change,
    entries: () => lookup,
    inject: (request) =>
      room
        .server('app:gateway')!
        .inject(typeof request === 'string' ? { method: 'GET', url: request } : request),
    async listen() {
      return (await room.server('app:gateway')!.start()).port;
    },
  };
}

/** A failed outcome; `returned` = by a second return value. */
export function failed(message: string, options: { returned?: boolean; kind?: string } = {}): Outcome {
  const failure: Failure = { kind: options.kind ?? 'Internal', message, retryable: undefined };
  return options.returned === true ? { ok: false, failure, returned: true } : { ok: false, failure };
}

/** A handler that answers with a text. */
export const say =
  (text: string): Handler =>
  ({ response }) => {
    response.write(Buffer.from(text));
    return undefined;
  };

/** Answers with how many listeners its socket has, by event. */
export const listenerCounts: Handler = ({ request, response }) => {
  const { socket } = request.raw;
  const counts = socket.eventNames().map((name) => [String(name), socket.listenerCount(name)]);
  response.write(Buffer.from(JSON.stringify(Object.fromEntries(counts.sort()))));
  return undefined;
};

/** A handler that waits, and says when it began. */
export function gated(text: string): { handler: Handler; started: Promise<void>; open(): void } {
  let start = (): void => {};
  let open = (): void => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const handler: Handler = async ({ response }) => {
    start();
    await opened;
    response.write(Buffer.from(text));
    return undefined;
  };
  return { handler, started, open: () => open() };
}

/** A handler that never answers, and counts how often it began. */
export function endless(): { handler: Handler; count(): number } {
  let count = 0;
  const handler: Handler = () => {
    count++;
    return new Promise(() => {});
  };
  return { handler, count: () => count };
}

/** A second server, `app:other`, whose `GET /x` is answered by `func`. */
export const otherServer = (func: string): EntryDefinition[] => [
  { id: 'app:other', kind: 'http.service', data: { addr: '127.0.0.1:0' } },
  { id: 'app:r', kind: 'http.router', meta: { server: 'app:other' }, data: {} },
  {
    id: 'app:e',
    kind: 'http.endpoint',
    meta: { router: 'app:r' },
    data: { method: 'GET', path: '/x', func },
  },
];

/** A raw client: what goes over the wire is exactly what the test writes. */
export interface RawClient {
  readonly socket: Socket;
  send(text: string): void;
  /** Everything received so far. */
  text(): string;
  /** Resolves when what was received matches. */
  until(pattern: RegExp | string | ((text: string) => boolean)): Promise<string>;
  /** Resolves with everything once the server closed the connection. */
  closed(): Promise<string>;
}

/** Opens a TCP connection to a server under test. */
export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let received = '';
  let isClosed = false;
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const check of waiting) check();
  };
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    look();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
    look();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const wait = (isDone: () => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (isDone()) resolve(received);
        else if (isClosed) reject(new Error(`connection closed after: ${received}`));
        else return;
        waiting.delete(check);
      };
      waiting.add(check);
      check();
    });
  return {
    socket,
    send: (text) => void socket.write(text, 'latin1'),
    text: () => received,
    until: (pattern) => wait(() => matches(received, pattern)),
    closed: () => wait(() => isClosed),
  };
}

function matches(text: string, pattern: Parameters<RawClient['until']>[0]): boolean {
  if (typeof pattern === 'string') return text.includes(pattern);
  return typeof pattern === 'function' ? pattern(text) : pattern.test(text);
}

function runHandler(handler: Handler, request: CallRequest, ended: (outcome: Outcome) => void): Call {
  let isOver = false;
  const end = (outcome: Outcome): void => {
    if (isOver) return;
    isOver = true;
    ended(outcome);
  };
  queueMicrotask(async () => {
    try {
      end((await handler(request.attachment as Exchange)) ?? { ok: true, value: undefined });
    } catch (error) {
      end(failed(error instanceof Error ? error.message : String(error)));
    }
  });
  return { pid: '{app:f|0x00001}' as Call['pid'], abort: (failure) => end({ ok: false, failure }) };
}

function toEntries(options: HttpWorldOptions): {
  readonly definitions: EntryDefinition[];
  readonly functions: Map<string, Handler>;
} {
  const functions = new Map<string, Handler>();
  const definitions = new Map<string, EntryDefinition>();
  const add = (definition: EntryDefinition): void => void definitions.set(definition.id, definition);
  add({ id: 'app:gateway', kind: 'http.service', data: { addr: '127.0.0.1:0', ...options.server } });
  add({ id: 'app:api', kind: 'http.router', meta: { server: 'app:gateway' }, data: { ...options.router } });
  let count = 0;
  for (const [route, handler] of Object.entries(options.routes ?? {})) {
    const [method = '', path = ''] = route.split(' ');
    const func = `app:f${count++}`;
    if (typeof handler === 'string') {
      const data = { source: handler, method: 'handler', modules: ['http', 'json', 'logger', 'time'] };
      add({ id: func, kind: 'function.lua', data });
    } else functions.set(func, handler);
    add({
      id: `${func}.endpoint`,
      kind: 'http.endpoint',
      meta: { router: 'app:api' },
      data: { method, path, func },
    });
  }
  for (const definition of options.entries ?? []) add(definition);
  return { definitions: [...definitions.values()], functions };
}
