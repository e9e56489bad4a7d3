/**
 * Twelve kernels on four machines (`vm.md` F5): ours, stock Fengari, PUC Lua 5.3 and wasmoon (PUC 5.4 in WebAssembly).
 *
 *   node --import ./test/tools/register.mjs test/bench/vm.ts [--rounds 5] [--only fib,sort] [--json]
 *
 * Rounds alternate between the machines, so that a busy moment hits all of them; the best time of each counts. Every
 * kernel returns a checksum that all machines must agree on. Ratios above 1 mean that ours is faster.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import {
  compile,
  createMeter,
  newUnitThread,
  pushChunk,
  pushGlobals,
  resume,
  setHostOwned,
  toBinary,
} from '../../src/vm/index.ts';
import { createLibraryMachine, hasOracle } from '../support/lua-oracle.ts';
import { KERNELS, type Kernel } from './vm-kernels.ts';

/** Runs a kernel once: milliseconds and checksum. */
type Runner = (kernel: Kernel) => Promise<{ ms: number; checksum: string }>;

/** Runs of one kernel in a fresh Fengari, so that it too is measured when the compiler has warmed up. */
const WARM_RUNS = 3;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const runners: Record<string, Runner> = {
  ours: runOurs,
  fengari: runFengari,
  ...(hasOracle ? { 'lua5.3': runPuc } : {}),
  wasmoon: runWasmoon,
};

const chosen = KERNELS.filter(({ name }) => values.only?.split(',').includes(name) ?? true);
const best = new Map<string, number>();
for (const kernel of chosen) {
  let expected: string | undefined;
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [machine, run] of Object.entries(runners)) {
      const { ms, checksum } = await run(kernel);
      expected ??= checksum;
      if (checksum !== expected)
        throw new Error(`${kernel.name} on ${machine}: ${checksum}, expected ${expected}`);
      const key = `${kernel.name} ${machine}`;
      best.set(key, Math.min(best.get(key) ?? Number.POSITIVE_INFINITY, ms));
    }
  }
}
report();

async function runOurs(kernel: Kernel): Promise<{ ms: number; checksum: string }> {
  const machine = createLibraryMachine();
  const L = newUnitThread(machine, {}, createMeter());
  setHostOwned(L);
  pushGlobals(L, machine);
  pushChunk(L, compile(kernel.source, kernel.name), -1);
  const start = performance.now();
  let outcome = resume(L, null, 0);
  while (outcome === 'slice') outcome = resume(L, null, 0);
  const ms = performance.now() - start;
  return { ms, checksum: toBinary(L, -1) ?? outcome };
}

async function runFengari(kernel: Kernel): Promise<{ ms: number; checksum: string }> {
  // A child of its own, because our engine puts its parts into the Fengari of this process.
  const script = `
    const { lua, lauxlib, lualib, to_luastring, to_jsstring } = require('fengari');
    const L = lauxlib.luaL_newstate();
    lualib.luaL_openlibs(L);
    let best = Infinity;
    let checksum;
    for (let run = 0; run < ${WARM_RUNS}; run++) {
      if (lauxlib.luaL_loadstring(L, to_luastring(process.env.KERNEL)) !== 0) throw new Error(lua.lua_tojsstring(L, -1));
      const start = performance.now();
      lua.lua_call(L, 0, 1);
      best = Math.min(best, performance.now() - start);
      checksum = lua.lua_tojsstring(L, -1);
      lua.lua_pop(L, 1);
    }
    console.log(best, checksum);`;
  const cwd = createRequire(import.meta.url)
    .resolve('fengari/package.json')
    .replace(/node_modules.*$/, '');
  return fromOutput(
    spawnSync(process.execPath, ['-e', script], { cwd, env: { ...process.env, KERNEL: kernel.source } }),
  );
}

async function runPuc(kernel: Kernel): Promise<{ ms: number; checksum: string }> {
  const script = `local f = load(os.getenv("KERNEL")) local t = os.clock() local r = f() print((os.clock() - t) * 1000, r)`;
  return fromOutput(spawnSync('lua5.3', ['-e', script], { env: { ...process.env, KERNEL: kernel.source } }));
}

async function runWasmoon(kernel: Kernel): Promise<{ ms: number; checksum: string }> {
  const { LuaFactory } = await import('wasmoon');
  const engine = await new LuaFactory().createEngine();
  const start = performance.now();
  const checksum = await engine.doString(kernel.source);
  const ms = performance.now() - start;
  engine.global.close();
  return { ms, checksum: String(checksum) };
}

function fromOutput(run: ReturnType<typeof spawnSync>): { ms: number; checksum: string } {
  if (run.status !== 0) throw new Error(String(run.stderr));
  const [ms, ...checksum] = String(run.stdout).trim().split(/\s+/);
  return { ms: Number(ms), checksum: checksum.join(' ') };
}

function report(): void {
  const names = Object.keys(runners);
  const ratios = new Map(names.map((name) => [name, [] as number[]]));
  const rows = chosen.map(({ name }) => {
    const times = names.map((machine) => best.get(`${name} ${machine}`)!);
    for (const [i, machine] of names.entries()) ratios.get(machine)!.push(times[i]! / times[0]!);
    return { name, times };
  });
  const mean = (list: number[]): number =>
    Math.exp(list.reduce((sum, ratio) => sum + Math.log(ratio), 0) / list.length);
  if (values.json) {
    const kernels = rows.map(({ name, times }) => ({
      name,
      ms: Object.fromEntries(names.map((n, i) => [n, times[i]])),
    }));
    const means = Object.fromEntries(names.map((name) => [name, mean(ratios.get(name)!)]));
    console.log(JSON.stringify({ bench: 'vm', node: process.version, kernels, ratioMeans: means }));
    return;
  }
  console.log(`${'kernel'.padEnd(16)}${names.map((name) => name.padStart(20)).join('')}`);
  for (const { name, times } of rows) {
    const cells = times.map((ms) => `${ms.toFixed(1)} ms (${(ms / times[0]!).toFixed(2)})`.padStart(20));
    console.log(name.padEnd(16) + cells.join(''));
  }
  const means = names.map((name) => mean(ratios.get(name)!).toFixed(2).padStart(20));
  console.log(`${'geometric mean'.padEnd(16)}${means.join('')}`);
}
