import { describe, expect, it } from 'vitest';
import { Deadline } from '../../src/base/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';

function createDeadline() {
  const clock = createFakeClock();
  const reached: number[] = [];
  const deadline = new Deadline(clock, () => reached.push(clock.monotonicMs()));
  return { clock, reached, deadline };
}

describe('Deadline', () => {
  it('D6: moves closer and never away', () => {
    const { clock, reached, deadline } = createDeadline();
    deadline.within(10_000);
    clock.advance(1_000);
    deadline.within(2_000);
    deadline.within(60_000);
    expect(deadline.leftMs).toBe(2_000);
    clock.advance(60_000);
    expect(reached).toEqual([3_000]);
    expect(deadline.leftMs).toBe(0);
  });

  it('D6: is reached at once with no time left, and once only', () => {
    const { clock, reached, deadline } = createDeadline();
    deadline.within(5_000);
    deadline.within(0);
    expect(reached).toEqual([0]);
    deadline.within(0);
    clock.advance(5_000);
    expect(reached).toEqual([0]);
  });

  it('is not reached after cancel()', () => {
    const { clock, reached, deadline } = createDeadline();
    deadline.within(5_000);
    deadline.cancel();
    deadline.within(0);
    clock.advance(5_000);
    expect(reached).toEqual([]);
    expect(clock.timerCount).toBe(0);
  });
});
