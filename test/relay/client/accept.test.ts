import { describe, expect, it } from 'vitest';
import { HubError, type Pid } from '../../../src/base/index.ts';
import type { Exchange } from '../../../src/http/index.ts';
import { createEntry, createEntrySet } from '../../../src/registry/index.ts';
import { accept } from '../../../src/relay/client/accept.ts';
import type { RelayContext } from '../../../src/relay/client/context.ts';
import type { RelayLayer } from '../../../src/relay/client/refusal.ts';
import { SseConnection } from '../../../src/relay/sse/connection.ts';
import { createRelayWorld, mailOf } from '../relay-world.ts';

/** The part of an exchange that accepting uses. */
function createExchange({ isTaken = false, isGone = false } = {}) {
  const answers: [status: number, body: string][] = [];
  const socket = {
    destroyed: false,
    destroy: () => {
      socket.destroyed = true;
    },
  };
  const exchange = {
    server: { id: 'app:gateway' },
    request: { path: '/', remoteAddress: '127.0.0.1', raw: { socket } },
    response: { answer: (status: number, body: string) => answers.push([status, body]) },
    isTaken,
    isGone,
  };
  return { exchange: exchange as unknown as Exchange, answers, socket };
}

const LAYER: RelayLayer = {
  prefix: 'sserelay',
  place: {
    router: createEntry({ id: 'app:api', kind: 'http.router' }),
    position: 'post',
    entries: createEntrySet([]),
  },
};

function createConnection(relay: RelayContext, target?: Pid): SseConnection {
  return new SseConnection(relay, {
    target,
    messageTopic: 'sse.message',
    heartbeatMs: 1000,
    idleTimeoutMs: 0,
    hardTimeoutMs: 0,
    metadata: undefined,
    owner: '127.0.0.1',
  });
}

describe('accept()', () => {
  it('starts the process, then hands the socket over', () => {
    const { relay } = createRelayWorld();
    const { exchange } = createExchange();
    const { process } = createConnection(relay);
    let wasAlive = false;
    accept(relay, LAYER, exchange, process, () => {
      wasAlive = relay.system.isAlive(process.pid);
    });
    expect(wasAlive).toBe(true);
    expect(relay.clientPids).toEqual(new Set([process.pid]));
  });

  it('tells the target of a client that went before its connection began, and takes nothing (relay.md H13)', async () => {
    const world = createRelayWorld();
    const { relay } = world;
    const target = world.start();
    const { exchange, answers } = createExchange({ isGone: true });
    const { process } = createConnection(relay, target.pid);
    accept(relay, LAYER, exchange, process, () => expect.unreachable());
    await world.settle();
    expect(mailOf(target).map(([topic]) => topic)).toEqual(['sse.join', 'sse.leave']);
    expect(mailOf(target)[1]![1]).toMatchObject({ reason: 'connection lost' });
    expect(relay.system.isAlive(process.pid)).toBe(false);
    expect(answers).toEqual([]);
  });

  it('refuses with 503 when the system stops, and takes nothing', async () => {
    const { relay, system, lines } = createRelayWorld();
    const { exchange, answers, socket } = createExchange();
    await system.stop();
    accept(relay, LAYER, exchange, createConnection(relay).process, () => expect.unreachable());
    expect(answers).toEqual([[503, 'server is shutting down']]);
    expect(lines.map(({ event }) => event)).toEqual(['relay handshake refused']);
    expect(socket.destroyed).toBe(false);
  });

  it('refuses with 503 when as many processes run as may', () => {
    const { relay, system } = createRelayWorld();
    const { exchange, answers } = createExchange();
    system.spawnProgram = () => {
      throw new HubError('MH_PROCESS_TOO_MANY', { message: 'Cannot start a process: too many run' });
    };
    accept(relay, LAYER, exchange, createConnection(relay).process, () => expect.unreachable());
    expect(answers).toEqual([[503, 'too many connections']]);
  });

  it.each([true, false])(
    'leaves no process behind when the hand-over throws (socket taken: %s)',
    (isTaken) => {
      const { relay, clock } = createRelayWorld();
      const { exchange, answers, socket } = createExchange({ isTaken });
      const { process } = createConnection(relay);
      const handOver = (): void => {
        process.open();
        throw new Error('broken');
      };
      expect(() => accept(relay, LAYER, exchange, process, handOver)).toThrow('broken');
      expect(relay.system.isAlive(process.pid)).toBe(false);
      expect(relay.clientPids.size).toBe(0);
      expect(clock.timerCount).toBe(0);
      expect(answers).toEqual([]); // http answers what was not taken
      expect(socket.destroyed).toBe(isTaken);
    },
  );
});
