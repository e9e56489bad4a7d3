/** Pings and silence on a clock that stands still (`relay.md` L4, L6). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClientSocket } from '../../../src/relay/websocket/client-socket.ts';
import { Liveness, phaseOf } from '../../../src/relay/websocket/liveness.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

function createWorld({ intervalMs = 1000, timeoutMs = 3000, phase = 0 } = {}) {
  const clock = createFakeClock();
  const pings: number[] = [];
  const silences: number[] = [];
  const socket = {
    isPaused: false,
    pauseCount: 0,
    bytesRead: 0,
    ping: () => pings.push(clock.monotonicMs()),
  };
  const liveness = new Liveness({
    clock,
    socket: socket as unknown as ClientSocket,
    timeoutMs,
    onSilence: () => {
      silences.push(clock.monotonicMs());
      liveness.stop();
    },
  });
  liveness.start(intervalMs, phase);
  return {
    clock,
    socket,
    pings,
    silences,
    liveness,
    hear: () => socket.bytesRead++,
    pause(isPaused: boolean) {
      socket.isPaused = isPaused;
      if (isPaused) socket.pauseCount++;
    },
  };
}

describe('Liveness', () => {
  it('pings every interval, also while an answer is awaited (relay.md L6)', () => {
    const { clock, pings, silences } = createWorld({ intervalMs: 300, timeoutMs: 3000 });
    clock.advance(1700);
    expect(pings).toEqual([300, 600, 900, 1200, 1500]);
    expect(silences).toEqual([]);
  });

  it('judges silence from the first ping without an answer (relay.md L6)', () => {
    const { clock, silences } = createWorld({ intervalMs: 1000, timeoutMs: 3000 });
    clock.advance(10_000);
    expect(silences).toEqual([4000]);
    expect(clock.timerCount).toBe(0);
  });

  it('takes any byte for an answer, and judges from the first ping after it (relay.md L6)', () => {
    const { clock, silences, hear } = createWorld({ intervalMs: 1000, timeoutMs: 3000 });
    clock.advance(3900);
    hear();
    clock.advance(3000);
    expect(silences).toEqual([]);
    clock.advance(10_000);
    expect(silences).toEqual([7000]);
  });

  it('lets a timeout below the interval end before the next ping', () => {
    const { clock, silences, hear } = createWorld({ intervalMs: 30_000, timeoutMs: 10_000 });
    clock.advance(30_000);
    hear();
    clock.advance(69_999 - 30_000);
    expect(silences).toEqual([]);
    clock.advance(1);
    expect(silences).toEqual([70_000]);
  });

  it('pings but concludes nothing while paused, and judges anew afterwards (relay.md L4)', () => {
    const { clock, pings, silences, pause } = createWorld({ intervalMs: 1000, timeoutMs: 3000 });
    clock.advance(1500); // a ping waits for its answer
    pause(true);
    clock.advance(20_000);
    expect(pings).toHaveLength(21);
    expect(silences).toEqual([]);
    pause(false);
    clock.advance(10_000);
    expect(silences).toEqual([25_000]);
  });

  it('concludes nothing from a time in which it was paused for a moment (relay.md L4)', () => {
    const { clock, silences, pause } = createWorld({ intervalMs: 10_000, timeoutMs: 3000 });
    clock.advance(11_000);
    pause(true);
    pause(false);
    clock.advance(8_999);
    expect(silences).toEqual([]);
  });

  it('hears what lies unread in the sockets when the machine was too busy to look', () => {
    const { clock, silences, hear } = createWorld({ intervalMs: 10_000, timeoutMs: 3000 });
    const defer = clock.defer.bind(clock);
    clock.defer = (callback) => {
      defer(hear); // the sockets have their turn first
      defer(callback);
    };
    clock.advance(13_000);
    expect(silences).toEqual([]);
  });

  it('keeps its rhythm after the machine stood still', () => {
    const { clock, pings } = createWorld({ intervalMs: 1000, timeoutMs: 100_000, phase: 0.5 });
    clock.advance(750);
    let now = 0;
    const monotonicMs = clock.monotonicMs.bind(clock);
    clock.monotonicMs = () => monotonicMs() + now;
    now = 5_400; // no timer ran in that time
    clock.advance(1000);
    clock.advance(1000);
    expect(pings.map((at) => at % 1000)).toEqual([750, 150, 750]);
  });

  it('holds no timer once stopped', () => {
    const { clock, liveness, pings } = createWorld();
    clock.advance(1000);
    liveness.stop();
    expect(clock.timerCount).toBe(0);
    clock.advance(10_000);
    expect(pings).toHaveLength(1);
  });

  it('never calls a peer silent that answers within the timeout, and always one that stopped', () => {
    const times = fc.record({
      intervalMs: fc.integer({ min: 10, max: 5000 }),
      timeoutMs: fc.integer({ min: 10, max: 5000 }),
      answerMs: fc.integer({ min: 0, max: 5000 }),
      phase: fc.double({ min: 0, max: 0.999, noNaN: true }),
      diesAtMs: fc.integer({ min: 0, max: 20_000 }),
    });
    fc.assert(
      fc.property(times, ({ answerMs, diesAtMs, ...options }) => {
        const world = createWorld(options);
        const { clock, socket, silences, pings } = world;
        const ping = socket.ping;
        socket.ping = () => {
          if (clock.monotonicMs() < diesAtMs) clock.setTimer(answerMs, world.hear);
          return ping();
        };
        clock.advance(diesAtMs);
        if (answerMs < options.timeoutMs) expect(silences).toEqual([]);
        clock.advance(answerMs + 2 * options.intervalMs + options.timeoutMs);
        expect(silences).toHaveLength(1);
        expect(pings.length).toBeGreaterThanOrEqual(Math.floor(silences[0]! / options.intervalMs) - 1);
      }),
    );
  });
});

describe('phaseOf()', () => {
  it('spreads the pings of connections that came in one moment over half an interval', () => {
    const slots = new Array<number>(50).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const phase = phaseOf(`{app:gateway|0x${i.toString(16).padStart(5, '0')}}`);
      expect(phase).toBeGreaterThanOrEqual(0);
      slots[Math.floor(phase * 50)]!++;
    }
    for (const count of slots) expect(count).toBeLessThan(260); // 200 each would be even
  });
});
