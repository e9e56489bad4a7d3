/**
 * Replay one seed:   SIMULATION_SEED=17 npx vitest run test/simulation
 * Run many:          SIMULATION_RUNS=500 npx vitest run test/simulation
 */
import { expect, test } from 'vitest';
import { ProcessSimulation, type SimulationOptions } from './process-simulation.ts';

const SIZE = { ticks: 1000, processesMax: 2000 };

async function simulate(options: SimulationOptions) {
  try {
    return await new ProcessSimulation(options).run();
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.stack : String(thrown);
    throw new Error(
      `seed ${options.seed}: replay with SIMULATION_SEED=${options.seed} npx vitest run test/simulation\n${reason}`,
    );
  }
}

const fixedSeed = process.env.SIMULATION_SEED;
const runs = Number(process.env.SIMULATION_RUNS ?? 4);
const seeds =
  fixedSeed === undefined ? Array.from({ length: runs }, (_, index) => index + 1) : [Number(fixedSeed)];

test.each(seeds)('processes keep every promise under chaos, seed %d', { timeout: 60_000 }, async (seed) => {
  const summary = await simulate({ seed, ...SIZE });
  // A run in which nothing happens proves nothing.
  expect(summary.started).toBeGreaterThan(1500);
  expect(summary.taken).toBeGreaterThan(10_000);
  expect(summary.exits).toBeGreaterThan(100);
});

test('the same seed gives the same run', { timeout: 60_000 }, async () => {
  const options = { seed: 42, ticks: 100, processesMax: 500 };
  expect(await simulate(options)).toEqual(await simulate(options));
});
