/** What extensions have to do with a stop, and who is said to be waited for (`app-format.md` § 10). */
import { describe, expect, it } from 'vitest';
import type { Contribution } from '../../src/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { codeOf, load, pass } from './stop-world.ts';

describe('extensions at a stop', () => {
  const EMPTY = { '_index.yaml': 'version: "1.0"\nnamespace: app\nentries: []\n' };

  it('refuse and drain before services stop, close after them, whatever one of them throws', async () => {
    const order: string[] = [];
    const bug = (what: string) => (): never => {
      order.push(what);
      throw new Error('bug of the embedder');
    };
    const kind = {
      kind: 'app.thing',
      summary: 'Anything.',
      hasLifecycle: true,
      schema: { type: 'object' },
      run: () => ({
        start: () => {},
        stop: bug('stop'),
        kill: bug('kill'),
        update: () => 'followed' as const,
      }),
    };
    const { hub, log } = await load(
      {
        '_index.yaml': `${EMPTY['_index.yaml'].replace(' []', '')}  - name: thing\n    kind: app.thing\n    lifecycle: { auto_start: true }\n`,
      },
      {
        kinds: [kind],
        refuse: bug('refuse'),
        drain: () => Promise.reject(bug('drain')()),
        work: bug('work'),
        close: bug('close'),
      },
    );
    await hub.start();
    await hub.stop();
    expect(order).toEqual(['refuse', 'drain', 'stop', 'kill', 'close']);
    const { level, fields } = log.lines.find(({ event }) => event === 'extension does not refuse')!;
    expect([level, fields]).toEqual([
      'error',
      expect.objectContaining({ extension: 'probe', cause: 'bug of the embedder' }),
    ]);
  });

  it('one that never closes is told to do it at once after ten seconds, and left behind after one more', async () => {
    const told: unknown[] = [];
    const clock = createFakeClock();
    const { hub, log } = await load(
      EMPTY,
      {
        close(options) {
          told.push(options);
          return new Promise(() => {});
        },
      },
      { clock },
    );
    await hub.start();
    const stopped = hub.stop();
    await pass(clock, 9_900);
    expect(told).toEqual([{}]);
    await pass(clock, 1_400);
    await stopped;
    expect(told).toEqual([{}, { timeoutMs: 0 }]);
    expect(log.lines.map(({ event }) => event)).toContain('stop goes on without waiting');
    expect(clock.timerCount).toBe(0);
  });

  it('a drain that never ends takes half of the time, a close that never ends the rest', async () => {
    const clock = createFakeClock();
    const order: string[] = [];
    const never = (what: string) => (): Promise<never> => {
      order.push(`${what} ${clock.monotonicMs()}`);
      return new Promise(() => {});
    };
    const { hub } = await load(EMPTY, { drain: never('drain'), close: never('close') }, { clock });
    await hub.start();
    const stopped = codeOf(hub.stop({ timeoutMs: 4_000 }));
    await pass(clock, 10_000);
    expect(await stopped).toBe('MH_HUB_STOP_TIMEOUT');
    expect(order).toEqual(['drain 0', 'close 2000', 'close 4000']);
    expect(clock.timerCount).toBe(0);
  });
});

describe('HubOptions.onStopProgress', () => {
  const EMPTY = { '_index.yaml': 'version: "1.0"\nnamespace: app\nentries: []\n' };

  it('M6: is told after a second who is waited for, and again when that changes; the log by default', async () => {
    const told: unknown[] = [];
    for (const onStopProgress of [(progress: unknown) => void told.push(progress), undefined]) {
      const clock = createFakeClock();
      let things = 2;
      let end = (): void => {};
      const contribution: Contribution = {
        work: () => ({ things, others: 0 }),
        drain: () =>
          new Promise((resolve) => {
            end = resolve;
          }),
      };
      const { hub, log } = await load(EMPTY, contribution, { clock, onStopProgress });
      await hub.start();
      const stopped = hub.stop();
      await pass(clock, 900);
      expect(told).toEqual([]);
      await pass(clock, 2_100);
      things = 1;
      await pass(clock, 2_000);
      end();
      await stopped;
      const lines = log.lines.filter(({ event }) => event === 'still stopping').map(({ fields }) => fields);
      const common = { stage: 'drain', services: [] };
      const facts = [
        [1_000, 2],
        [4_000, 1],
      ];
      if (onStopProgress === undefined) {
        expect(lines).toEqual(facts.map(([elapsedMs, count]) => ({ ...common, things: count, elapsedMs })));
      } else {
        expect(told.splice(0)).toEqual(
          facts.map(([elapsedMs, count]) => ({ ...common, work: { things: count }, elapsedMs })),
        );
        expect(lines).toEqual([]);
      }
      expect(hub.inspect().stopping).toBeUndefined();
    }
  });
});
