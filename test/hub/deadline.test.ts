import { expect, test } from 'vitest';
import { Deadline } from '../../src/hub/deadline.ts';
import { createFakeClock } from '../support/fake-clock.ts';

test('Deadline comes closer and never goes back', async () => {
  const clock = createFakeClock();
  const deadline = new Deadline(clock);
  let hasPassed = false;
  void deadline.passed.then(() => {
    hasPassed = true;
  });
  deadline.within(1000);
  deadline.within(5000);
  deadline.within(300);
  await clock.advanceAndSettle(299);
  expect(hasPassed).toBe(false);
  await clock.advanceAndSettle(1);
  expect([hasPassed, clock.timerCount]).toEqual([true, 0]);
});

test('Deadline.withdraw() leaves no timer, then or later', async () => {
  const clock = createFakeClock();
  const deadline = new Deadline(clock);
  deadline.within(1000);
  deadline.withdraw();
  deadline.within(10);
  expect(clock.timerCount).toBe(0);
});
