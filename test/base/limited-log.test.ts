import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LimitedLog } from '../../src/base/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createLogDouble } from '../support/programs.ts';

function createWorld() {
  const clock = createFakeClock();
  const { log, lines } = createLogDouble();
  const limited = new LimitedLog({ clock, log });
  return { clock, lines, limited, fields: () => lines.map(({ fields }) => fields) };
}

describe('LimitedLog', () => {
  it('writes one line per kind and second, and says how many it stands for (relay.md H18)', () => {
    const { clock, limited, fields } = createWorld();
    for (let i = 0; i < 5; i++) limited.write('a', 'warn', 'refused', { i });
    limited.write('b', 'warn', 'refused', { other: true });
    expect(fields()).toEqual([{ i: 0 }, { other: true }]);
    clock.advance(999);
    expect(fields()).toHaveLength(2);
    clock.advance(1);
    expect(fields().at(-1)).toEqual({ i: 4, count: 4 });
    limited.write('a', 'warn', 'refused', { i: 5 });
    expect(fields()).toHaveLength(3);
    clock.advance(1000);
    expect(fields().at(-1)).toEqual({ i: 5 });
    expect(clock.timerCount).toBe(0);
  });

  it('keeps no state for what it does not write', () => {
    const clock = createFakeClock();
    const { log, lines } = createLogDouble();
    const limited = new LimitedLog({ clock, log: { ...log, isEnabled: () => false } });
    for (let i = 0; i < 5; i++) limited.write('a', 'debug', 'refused', {});
    expect([lines.length, clock.timerCount]).toEqual([0, 0]);
  });

  it('counts kinds beyond a bound as one, and forgets those that are quiet', () => {
    const { clock, limited, lines } = createWorld();
    for (let i = 0; i < 2000; i++) limited.write(`kind ${i}`, 'warn', 'refused', { i });
    expect(lines).toHaveLength(1001);
    clock.advance(1000);
    expect(lines.at(-1)!.fields).toEqual({ i: 1999, count: 999 });
    clock.advance(1000);
    limited.write('new', 'warn', 'refused', {});
    expect(lines).toHaveLength(1003);
  });

  it('says every line or counts it, and never two of a kind within a second', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 });
    fc.assert(
      fc.property(waits, (times) => {
        const { clock, limited, lines } = createWorld();
        const said: number[] = [];
        for (const ms of times) {
          limited.write('a', 'warn', 'refused', {});
          while (said.length < lines.length) said.push(clock.monotonicMs());
          for (let i = 0; i < ms; i++) {
            clock.advance(1);
            while (said.length < lines.length) said.push(clock.monotonicMs());
          }
        }
        clock.advance(2000);
        const counted = lines.map(({ fields }) => Number(fields.count ?? 1));
        expect(counted.reduce((sum, count) => sum + count, 0)).toBe(times.length);
        for (let i = 1; i < said.length; i++) expect(said[i]! - said[i - 1]!).toBeGreaterThanOrEqual(1000);
      }),
      { numRuns: 30 },
    );
  });
});
