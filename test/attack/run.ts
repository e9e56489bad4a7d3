/**
 * Attacks a host that runs in a process of its own, on the loopback only, and says what held.
 *
 *   npm run attack                     everything, about ten minutes
 *   npm run attack -- --small          small amounts, for every change
 *   npm run attack -- --only yaml      attacks whose name contains it; --list says which there are
 *
 * Exits with 1 when something did not hold.
 */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Bystander, startBystander } from './bystander/bystander.ts';
import type { Scenario } from './scenario.ts';
import { besiege, type SiegeOptions, type Verdict } from './siege.ts';
import { startVictim, type Victim } from './victim/victim.ts';

const HELP = `npm run attack -- [--small] [--only NAME] [--list] [--p99 MS]

  --small      small amounts: under three minutes
  --only NAME  only attacks whose name contains NAME
  --list       say what there is, and do nothing
  --p99 MS     what ordinary clients may wait during an attack (default 500, or 20 times what they waited before it)
`;

const { values } = parseArgs({
  options: {
    small: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
    p99: { type: 'string', default: '500' },
    help: { type: 'boolean', default: false },
  },
});

const scenarios = (await findScenarios()).filter(({ name }) => name.includes(values.only));
if (values.help) console.log(HELP);
else if (values.list)
  for (const { name, does, bound } of scenarios) console.log(`${name}\n  ${does}\n  ${bound}`);
else if (scenarios.length === 0) {
  console.error(`no attack has '${values.only}' in its name`);
  process.exitCode = 1;
} else await attackAll({ isSmall: values.small, p99Ms: Number(values.p99) });

async function attackAll(options: SiegeOptions): Promise<void> {
  const verdicts: Verdict[] = [];
  let site: Site | undefined;
  for (const scenario of scenarios) {
    process.stdout.write(`${scenario.name.padEnd(26)}`);
    if (site !== undefined && (scenario.machine !== undefined || site.isSpoiled)) {
      await site.stop();
      site = undefined;
    }
    site ??= await openSite(scenario);
    const verdict = await attackOne(scenario, site, options);
    verdicts.push(verdict);
    console.log(lineOf(verdict));
    for (const fault of verdict.faults) console.log(`    ${fault}`);
    site.isSpoiled = verdict.faults.length > 0 || scenario.machine !== undefined;
  }
  await site?.stop();
  printTable(verdicts);
  if (verdicts.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
}

/** A host and its ordinary clients. */
interface Site {
  readonly victim: Victim;
  readonly bystander: Bystander;
  /** The next attack needs another one. */
  isSpoiled: boolean;
  stop(): Promise<void>;
}

async function openSite({ machine = {} }: Scenario): Promise<Site> {
  const victim = await startVictim(machine);
  const bystander = await startBystander(victim.port);
  return {
    victim,
    bystander,
    isSpoiled: false,
    async stop() {
      await bystander.stop();
      await victim.stop();
    },
  };
}

async function attackOne(scenario: Scenario, site: Site, options: SiegeOptions): Promise<Verdict> {
  const startedMs = performance.now();
  try {
    return await besiege(scenario, site.victim, site.bystander, options);
  } catch (thrown) {
    // The host is gone or stands still: there is nothing to measure.
    const service = { count: 0, medianMs: 0, p99Ms: 0, worstMs: 0, failed: 0 };
    const report = { echo: service, get: service, newcomer: service, dropped: 0 };
    return {
      name: scenario.name,
      faults: [`the host: ${thrown instanceof Error ? thrown.message : String(thrown)}`],
      notes: [],
      quiet: report,
      under: report,
      worst: { gapMs: 0, starvedMs: 0, peakBytes: 0, cpuShare: 0 },
      grownBytes: 0,
      elapsedMs: performance.now() - startedMs,
    };
  }
}

function lineOf({ faults, notes, elapsedMs }: Verdict): string {
  return `${faults.length === 0 ? 'held' : 'FAIL'} ${(elapsedMs / 1000).toFixed(1)} s  ${notes.join(', ')}`;
}

/** p99 of ordinary clients in quiet and under attack, the longest gap of the loop, memory. */
function printTable(verdicts: readonly Verdict[]): void {
  const row = (cells: readonly (string | number)[]): string =>
    cells.map((cell, index) => (index === 0 ? String(cell).padEnd(26) : String(cell).padStart(11))).join('');
  console.log(
    `\n${row(['', '', 'echo p99', 'GET p99', 'new p99', 'gap ms', 'starved', 'CPU', 'peak MB', 'grown MB'])}`,
  );
  for (const { name, faults, quiet, under, worst, grownBytes } of verdicts) {
    const pair = (kind: 'echo' | 'get' | 'newcomer'): string =>
      `${Math.round(quiet[kind].p99Ms)}>${Math.round(under[kind].p99Ms)}`;
    const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
    console.log(
      row([
        name,
        faults.length === 0 ? 'held' : 'FAIL',
        pair('echo'),
        pair('get'),
        pair('newcomer'),
        Math.round(worst.gapMs),
        Math.round(worst.starvedMs),
        `${Math.round(worst.cpuShare * 100)}%`,
        megabytes(worst.peakBytes),
        megabytes(grownBytes),
      ]),
    );
  }
  const failed = verdicts.filter(({ faults }) => faults.length > 0).length;
  console.log(
    failed === 0 ? `\nall ${verdicts.length} held` : `\n${failed} of ${verdicts.length} did not hold`,
  );
}

/** Every scenario below `scenarios/`: those on the shared machine first, then by folder and name. */
async function findScenarios(): Promise<Scenario[]> {
  const folder = resolve(import.meta.dirname, 'scenarios');
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
  const found: Scenario[] = [];
  for (const file of files) {
    const { scenario } = (await import(join(folder, file))) as { scenario: Scenario };
    found.push(scenario);
  }
  const isShared = ({ machine }: Scenario): number => (machine === undefined ? 0 : 1);
  return found.sort((left, right) => isShared(left) - isShared(right));
}
