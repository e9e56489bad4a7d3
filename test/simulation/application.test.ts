/** Replay one seed, or run many: npm run simulate -- --only application --seed 17 --runs 100 */
import { expect, test } from 'vitest';
import { ApplicationSimulation } from './application-simulation.ts';

test('an application keeps its promises while it is saved, mistyped, killed and stopped', {
  timeout: 120_000,
}, async () => {
  const seed = 3;
  const events = 20;
  const replay = `replay: npm run simulate -- --only application --seed ${seed} --events ${events}`;
  const summary = await new ApplicationSimulation({ seed, events }).run().catch((thrown: unknown) => {
    throw new Error(replay, { cause: thrown });
  });
  // A run in which nothing happens proves nothing.
  expect(summary.messages).toBeGreaterThan(20);
  expect(summary.saves).toBeGreaterThan(2);
});
