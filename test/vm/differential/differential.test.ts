import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { eraseTypes } from '../../../src/vm/dialect/index.ts';
import type { Machine } from '../../../src/vm/index.ts';
import { createLibraryMachine, hasOracle, normalize, runOnOurs, runOnPuc } from '../../support/lua-oracle.ts';
import { generateProgram } from './generator.ts';

const folder = new URL('./programs/', import.meta.url);
const programs = readdirSync(folder).filter((name) => name.endsWith('.lua'));

/** Random programs of the default run; `npm run fuzz:lua` does as many as it is told to. */
const RANDOM_PROGRAMS = 300;
/** Programs per test, so that none of them takes long on a busy machine. */
const BATCH_PROGRAMS = 50;
/** The run is the same every time; other seeds are for `fuzz:lua`. */
const FIRST_SEED = 1;
/** Seeds that once found a difference. */
const FORMER_FAILURES: readonly number[] = [];

if (!hasOracle && process.env.CI === 'true') throw new Error('lua5.3 is needed in CI: install the package');
if (!hasOracle) console.log('skipped: the differential suite needs lua5.3');

describe.skipIf(!hasOracle)('vm.md § 2: programs print the same on lua5.3 and here', () => {
  let machine: Machine;
  beforeAll(() => {
    machine = createLibraryMachine();
  });

  it.each(programs)('%s', (name) => {
    const source = readFileSync(new URL(name, folder), 'utf8');
    const [expected] = runOnPuc([source]);
    expect(normalize(runOnOurs(machine, source)).split('\n')).toEqual(normalize(expected!).split('\n'));
  });

  const seeds = [...FORMER_FAILURES, ...Array.from({ length: RANDOM_PROGRAMS }, (_, i) => FIRST_SEED + i)];
  const batches = Array.from({ length: Math.ceil(seeds.length / BATCH_PROGRAMS) }, (_, i) =>
    seeds.slice(i * BATCH_PROGRAMS, (i + 1) * BATCH_PROGRAMS),
  );

  it.each(batches.map((batch) => [batch[0], batch.at(-1), batch] as const))(
    'random programs, seeds %i to %i',
    (_first, _last, batch) => {
      const sources = batch.map(generateProgram);
      const expected = runOnPuc(sources);
      const different = batch.filter(
        (_, i) => normalize(runOnOurs(machine, sources[i]!)) !== normalize(expected[i]!),
      );
      // Look at one with: npm run fuzz:lua -- --programs 1 --seed <seed>
      expect(different).toEqual([]);
    },
  );

  it('vm.md § 6: the eraser returns every one of these programs unchanged', () => {
    for (const seed of seeds)
      expect(eraseTypes(generateProgram(seed)) === generateProgram(seed), String(seed)).toBe(true);
    for (const name of programs) {
      const source = readFileSync(new URL(name, folder), 'utf8');
      expect(eraseTypes(source) === source, name).toBe(true);
    }
  });
});
