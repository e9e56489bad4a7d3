/**
 * Compares our machine with PUC Lua on random programs for as long as it is told to.
 *
 *   node --import ./test/tools/register.mjs test/tools/fuzz-lua.ts --programs 100000 --seed 1
 *
 * Prints the seed and the first difference of every program that differs; exits with 1 if there were any.
 */
import { parseArgs } from 'node:util';
import { createLibraryMachine, hasOracle, normalize, runOnOurs, runOnPuc } from '../support/lua-oracle.ts';
import { generateProgram } from '../vm/differential/generator.ts';

const BATCH_PROGRAMS = 200;
const SHOWN_MAX = 20;

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    show: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed);
const count = Number(values.programs);

if (values.show) {
  console.log(generateProgram(first));
} else if (!hasOracle) {
  console.log('skipped: lua5.3 is not installed');
} else {
  process.exitCode = compareAll() === 0 ? 0 : 1;
}

function compareAll(): number {
  const machine = createLibraryMachine();
  let different = 0;
  for (let seed = first; seed < first + count; seed += BATCH_PROGRAMS) {
    const seeds = Array.from({ length: Math.min(BATCH_PROGRAMS, first + count - seed) }, (_, i) => seed + i);
    const programs = seeds.map(generateProgram);
    const expected = runOnPuc(programs);
    programs.forEach((program, i) => {
      const wanted = normalize(expected[i]!).split('\n');
      const got = normalize(attempt(() => runOnOurs(machine, program))).split('\n');
      const at = wanted.findIndex((line, index) => line !== got[index]);
      if (at < 0 && wanted.length === got.length) return;
      if (++different > SHOWN_MAX) return;
      const line = at < 0 ? wanted.length : at;
      console.log(`seed ${seeds[i]}, output line ${line + 1}\n  PUC:  ${wanted[line]}\n  ours: ${got[line]}`);
    });
  }
  console.log(`${count} programs from seed ${first}: ${different} differ`);
  return different;
}

function attempt(run: () => string): string {
  try {
    return run();
  } catch (thrown) {
    return `JavaScript exception: ${thrown instanceof Error ? thrown.stack : String(thrown)}`;
  }
}
