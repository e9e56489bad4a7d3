/** A process world with WebSocket connections in it, on wires instead of sockets and a clock that stands still. */
import type { Duplex } from 'node:stream';
import { ByteBudget, LimitedLog, type NodeIdentity, type Pid } from '../../src/base/index.ts';
import { MiddlewareOptions } from '../../src/http/middleware/middleware-options.ts';
import {
  fromHost,
  type HostValue,
  type LuaValue,
  payloadOf,
  toHost,
  unwrapPayload,
} from '../../src/lua/index.ts';
import type { Message, Outcome } from '../../src/process/index.ts';
import type { RelayContext } from '../../src/relay/client/context.ts';
import { Farewell } from '../../src/relay/client/farewell.ts';
import { ObserverSlot } from '../../src/relay/client/observer.ts';
import { SharedFrames } from '../../src/relay/flow/outbox.ts';
import { Turns } from '../../src/relay/flow/turns.ts';
import { WebSocketConnection, type WebSocketSettings } from '../../src/relay/websocket/connection.ts';
import { FrameEncoder } from '../../src/relay/websocket/frame-encoder.ts';
import { parseRelayOptions } from '../../src/relay/websocket/options.ts';
import { NO_EXTENSIONS } from '../../src/relay/websocket/ws-package.ts';
import { createMachine } from '../../src/vm/index.ts';
import {
  createLogDouble,
  createProcessWorld,
  type ProcessWorld,
  type ScriptedProgram,
} from '../support/programs.ts';
import { createDuplexPair } from './duplex-pair.ts';
import { maskedFrame, readFrames, type ServerFrame } from './wire.ts';

/** A connected client. */
export interface TestClient {
  readonly pid: Pid;
  readonly connection: WebSocketConnection;
  /** The client's end of the wire. */
  readonly wire: Duplex;
  /** Sends a frame; text is one byte per character. */
  send(opcode: number, payload: string | Uint8Array): void;
  /** Everything the server sent. */
  frames(): ServerFrame[];
  /** From now on the client takes nothing of what is sent to it. */
  stall(): void;
  /** How the process behind the PID ended. */
  readonly ended: { outcome: Outcome | undefined };
}

export interface RelayWorld extends ProcessWorld {
  readonly relay: RelayContext;
  /** Opens a connection to a target; `options` are `wsrelay.*` options. */
  connect(target: ScriptedProgram, settings?: ClientSettings): TestClient;
  /** Lets wires and processes hand over what they hold. No time passes. */
  settle(): Promise<void>;
}

export interface ClientSettings {
  readonly options?: Readonly<Record<string, string>>;
  readonly messageTopic?: string;
  readonly heartbeatMs?: number;
  readonly metadata?: HostValue;
  readonly head?: Buffer;
  /** Address of the client. */
  readonly owner?: string;
}

/** What a relay world is made with. */
export interface RelayWorldOptions {
  /** Limit of the byte budget. Default 1 GB. */
  readonly budgetBytes?: number;
  readonly node?: NodeIdentity;
}

export function createRelayWorld(options: RelayWorldOptions = {}): RelayWorld {
  createMachine(); // values need one
  const world = createProcessWorld(options.node);
  const { log, lines } = createLogDouble();
  const encoder = new FrameEncoder();
  const clientPids = new Set<Pid>();
  const { system, clock } = world;
  const relay: RelayContext = {
    system,
    clock,
    log,
    limitedLog: new LimitedLog({ clock, log }),
    clientPids,
    farewell: new Farewell({ system, clock, clientPids }),
    slot: new ObserverSlot(log),
    budget: new ByteBudget({ limitBytes: options.budgetBytes ?? 1e9, clock }),
    frames: new SharedFrames(),
    turns: new Turns(clock),
  };
  return {
    ...world,
    lines,
    relay,
    connect(target, given = {}) {
      const parsed = parseRelayOptions(new MiddlewareOptions(new Map(Object.entries(given.options ?? {}))));
      const settings: WebSocketSettings = {
        options: parsed.options,
        encoder,
        target: target.pid,
        messageTopic: given.messageTopic ?? 'ws.message',
        heartbeatMs: given.heartbeatMs ?? parsed.options.heartbeatMs,
        metadata: given.metadata === undefined ? undefined : fromHost(given.metadata),
        owner: given.owner ?? '192.0.2.1',
        onEnd: () => {},
      };
      const connection = new WebSocketConnection(relay, settings);
      const pid = world.system.spawnProgram({ hostId: 'app:gateway', program: connection.process });
      const ended: TestClient['ended'] = { outcome: undefined };
      world.system.watch(pid, (outcome) => {
        ended.outcome = outcome;
      });
      const [near, wire] = createDuplexPair();
      const chunks: Buffer[] = [];
      wire.on('data', (chunk: Buffer) => chunks.push(chunk));
      connection.open(near, given.head ?? Buffer.alloc(0), NO_EXTENSIONS);
      return {
        pid,
        connection,
        wire,
        ended,
        stall: () => {
          near._write = () => {};
        },
        send: (opcode, payload) => void wire.write(maskedFrame(opcode, payload)),
        frames: () => readFrames(Buffer.concat(chunks)),
      };
    },
    async settle() {
      for (let i = 0; i < 10; i++) {
        await new Promise((resolve) => setImmediate(resolve));
        await world.clock.settle();
      }
    },
  };
}

/** Messages a program read, as topic and plain value. */
export function mailOf(program: ScriptedProgram): [topic: string, value: HostValue][] {
  return messagesOf(program).map((message) => [message.topic, plainValueOf(message)]);
}

export function messagesOf(program: ScriptedProgram): Message[] {
  return program.received.filter((mail): mail is Message => mail.kind === 'message');
}

/** What `msg:payload():data()` would give, as plain data. */
export function plainValueOf(message: Message): HostValue {
  return toHost(unwrapPayload(message.payloads[0] as LuaValue));
}

/** What `msg:payload():get_format()` would give. */
export function formatOf(message: Message): string {
  return payloadOf(message.payloads[0] as LuaValue).format;
}
