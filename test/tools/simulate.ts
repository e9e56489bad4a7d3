/**
 * Runs the process simulation from a shell, for as long and as often as told; prints the command that replays a
 * failure.
 *
 *   npm run simulate -- --seed 7                  one run
 *   npm run simulate -- --runs 500 --steps 2000   many runs, seeds counting up from --seed
 */
import { parseArgs } from 'node:util';
import { ProcessSimulation } from '../simulation/process-simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1' },
    steps: { type: 'string', default: '1000' },
    processes: { type: 'string', default: '2000' },
  },
});
const first = Number(values.seed);
const ticks = Number(values.steps);
const processesMax = Number(values.processes);

for (let seed = first; seed < first + Number(values.runs); seed++) {
  try {
    console.log(
      JSON.stringify({ seed, ...(await new ProcessSimulation({ seed, ticks, processesMax }).run()) }),
    );
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.stack : thrown);
    console.error(`replay: npm run simulate -- --seed ${seed} --steps ${ticks} --processes ${processesMax}`);
    process.exitCode = 1;
    break;
  }
}
