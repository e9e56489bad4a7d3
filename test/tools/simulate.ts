/**
 * Runs the simulations from a shell, for as long and as often as told; prints the command that replays a failure.
 *
 *   npm run simulate -- --seed 7                     one run of each
 *   npm run simulate -- --runs 500 --steps 2000      many runs, seeds counting up from --seed
 *   npm run simulate -- --only application           saves, mistakes, kills and a stop; `processes` is the other one
 */
import { parseArgs } from 'node:util';
import { ApplicationSimulation } from '../simulation/application-simulation.ts';
import { ProcessSimulation } from '../simulation/process-simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    steps: { type: 'string', default: '1000' },
    processes: { type: 'string', default: '2000' },
    events: { type: 'string', default: '60' },
  },
});
const first = Number(values.seed);
const ticks = Number(values.steps);
const processesMax = Number(values.processes);
const events = Number(values.events);

/** A run of one seed, and what replays it beside the seed. */
const SIMULATIONS: Readonly<Record<string, { run(seed: number): Promise<object>; replay: string }>> = {
  processes: {
    run: (seed) => new ProcessSimulation({ seed, ticks, processesMax }).run(),
    replay: `--steps ${ticks} --processes ${processesMax}`,
  },
  application: {
    run: (seed) => new ApplicationSimulation({ seed, events }).run(),
    replay: `--events ${events}`,
  },
};

for (const [name, { run, replay }] of Object.entries(SIMULATIONS)) {
  if (!name.includes(values.only)) continue;
  for (let seed = first; seed < first + Number(values.runs); seed++) {
    try {
      console.log(JSON.stringify({ simulation: name, seed, ...(await run(seed)) }));
    } catch (thrown) {
      console.error(thrown instanceof Error ? thrown.stack : thrown);
      console.error(`replay: npm run simulate -- --only ${name} --seed ${seed} ${replay}`);
      process.exitCode = 1;
      break;
    }
  }
}
