/**
 * What a call costs is charged (D3): a time slice must not hold a second of work. Each call that can be made large is run
 * in two sizes. The charge must grow with the size, which shows calls that forget it whatever the machine does; and the
 * time must stay within a generous multiple of what as many instructions take, which shows charges that are far too low.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defineModule, type LuaModule } from '../../src/lua/index.ts';
import { PG_SCOPE_KIND } from '../../src/modules/pg/scopes.ts';
import { POLICY_KINDS, TOKEN_STORE_KIND } from '../../src/modules/security/catalog.ts';
import { MEMORY_STORE_KIND } from '../../src/modules/store/stores.ts';
import {
  createEntry,
  type EntryDefinition,
  KindTable,
  REGISTRY_KINDS,
  Registry,
} from '../../src/registry/index.ts';
import type { LuaState } from '../../src/vm/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { bootHttp } from '../support/http-world.ts';
import { createMemoryEnvironment, createMemoryTerminal, standardModules } from '../support/lua-modules.ts';
import { bootLua, HOST, resultOf } from '../support/lua-world.ts';
import { createLogDouble } from '../support/programs.ts';
import { BOUNDED, type CostCase, GROWING, GROWING_IN_HANDLERS, PRELUDE } from './cost-cases.ts';

const STUBS = `${import.meta.dirname}/../../lua/types`;
const SRC = `${import.meta.dirname}/../../src`;
const SIZE = 8000;
const SIZE_RATIO = 16;
/** Of several runs the fastest and the cheapest count: others were disturbed. */
const RUNS = 5;
/** A call may take so many times as long as its charge in plain additions. A slice of that is about 30 ms. */
const SLOWNESS_MAX = 20;
/** What no charge shows: the first steps of a call. */
const GRACE_NS = 200_000;

interface Measured {
  /** Instructions charged. */
  readonly cost: number;
  readonly ns: number;
}

/** A module whose `begin` and `finish` stand around what is measured. */
function createProbe(): { module: LuaModule; measured(): Measured } {
  const costs: number[] = [];
  const times: number[] = [];
  let spentBefore = 0;
  let startedMs = 0;
  const module = defineModule({
    name: 'probe',
    isGlobal: true,
    functions: {
      begin(L) {
        spentBefore = spentOf(L);
        startedMs = performance.now();
        return 0;
      },
      finish(L) {
        times.push((performance.now() - startedMs) * 1e6);
        costs.push(spentOf(L) - spentBefore);
        return 0;
      },
    },
  });
  return { module, measured: () => ({ cost: Math.min(...costs), ns: Math.min(...times) }) };
}

/** Instructions the running program has used, as its meter counts. */
function spentOf(L: LuaState): number {
  const { meter } = L as unknown as { meter: { used: number; grant: number; fuel: number } };
  return meter.used + meter.grant - meter.fuel;
}

/** The statements that measure a case. */
function body({ setup = '', call }: CostCase): string {
  return `${PRELUDE} ${setup} for i = 1, ${RUNS} do probe.begin() ${call} probe.finish() end`;
}

/** Entries a registry of size n has. */
function definitions(n: number): EntryDefinition[] {
  const few = Array.from({ length: n / 16 }, (_, i) => i + 1);
  const policy = { actions: ['a*', 'b'], resources: ['*'], effect: 'allow', conditions: [] };
  return [
    { id: 'app:store', kind: 'store.memory', data: {} },
    { id: 'app:full', kind: 'store.memory', data: { max_size: n } },
    { id: 'app:tokens', kind: 'security.token_store', data: { store: 'app:store' } },
    { id: 'app:scope', kind: 'pg.scope', data: {} },
    {
      id: 'app:big',
      kind: 'registry.entry',
      data: { rows: few.map((id) => ({ id, tags: ['a', 'b'] })) },
    },
    ...['other', ...few.map((i) => `p${i}`)].map((name) => ({
      id: `app:${name}`,
      kind: 'security.policy',
      data: { policy, groups: ['g'] },
    })),
    ...few.map((i) => ({ id: `app:e${i}`, kind: 'registry.entry', meta: { type: 'page', n: i }, data: {} })),
  ];
}

async function measure(testCase: CostCase, n: number): Promise<Measured> {
  const clock = createFakeClock();
  const { log } = createLogDouble();
  const probe = createProbe();
  const kinds = new KindTable([
    ...REGISTRY_KINDS,
    MEMORY_STORE_KIND,
    ...POLICY_KINDS,
    TOKEN_STORE_KIND,
    PG_SCOPE_KIND,
  ]);
  const standard = standardModules({
    clock,
    log,
    registry: new Registry(
      definitions(n).map((definition) => createEntry(definition)),
      { kinds },
    ),
    terminal: createMemoryTerminal().terminal,
    environment: createMemoryEnvironment(
      Object.fromEntries(Array.from({ length: n }, (_, i) => [`V${i}`, String(i)])),
    ),
  });
  const modules = standard.map(({ name }) => name);
  const limits = { turn_instructions: 0 };
  const world = bootLua(
    {
      'app:child': 'function main() end',
      'app:f': { kind: 'function.lua', source: 'function main() end' },
      'app:measured': { modules, limits, source: `function main(n) ${body(testCase)} end` },
      'app:with_context': {
        limits,
        source: `function main(n)
          ${PRELUDE}
          fields.rows = rows
          local _, err = process.with_context(fields):exec("app:measured", "${HOST}", n)
          if err then error(err) end
        end`,
      },
    },
    { modules: [...standard, probe.module], clock },
  );
  const main = testCase.hasContext === true ? 'app:with_context' : 'app:measured';
  resultOf(await world.run(main, n));
  return probe.measured();
}

async function measureInHandler(testCase: CostCase, n: number): Promise<Measured> {
  const probe = createProbe();
  const query = Array.from({ length: n }, (_, i) => `${i % 10}`).join('&');
  const source = `local http = require("http")
    function handler()
      local n, req, res = ${n}, http.request(), http.response()
      ${body(testCase)}
    end`;
  const world = await bootHttp({
    routes: { 'GET /': source },
    modules: [probe.module],
    server: { timeouts: { handler: '0s' } },
  });
  await world.inject({ method: 'GET', url: `/?${query}`, headers: { accept: 'a/b,'.repeat(n / 4) } });
  return probe.measured();
}

/** What as many instructions take here and now. */
async function nsPerInstruction(): Promise<number> {
  const { cost, ns } = await measure({ call: 'local x = 0 for j = 1, 100000 do x = x + j end' }, 16);
  return ns / cost;
}

function growing(
  cases: Readonly<Record<string, CostCase>>,
  measureCase: (testCase: CostCase, n: number) => Promise<Measured>,
): void {
  it.each(Object.entries(cases))('%s', async (_, testCase) => {
    const { size = SIZE } = testCase;
    const small = await measureCase(testCase, size / SIZE_RATIO);
    let large = await measureCase(testCase, size);
    expect(large.cost - small.cost, 'instructions charged for more of it').toBeGreaterThan(size / 32);
    const isTooSlow = async (): Promise<boolean> =>
      large.ns > GRACE_NS + large.cost * (await nsPerInstruction()) * SLOWNESS_MAX;
    // A machine that is busy with something else is not slow every time.
    for (let tries = 1; tries < 5 && (await isTooSlow()); tries++) large = await measureCase(testCase, size);
    expect(await isTooSlow(), `${large.ns / large.cost} ns per instruction charged`).toBe(false);
  });
}

describe('a call whose work grows is charged for it', () => {
  growing(GROWING, measure);
});

describe('a call of a handler whose work grows is charged for it', () => {
  growing(GROWING_IN_HANDLERS, measureInHandler);
});

describe('the list of calls', () => {
  const names = stubCalls();

  it('names every call there is once: measured, or bounded for a reason', () => {
    const measured = new Set([...Object.keys(GROWING), ...Object.keys(GROWING_IN_HANDLERS)]);
    const places = (name: string): number =>
      (measured.has(name) ? 1 : 0) + BOUNDED.filter(({ calls }) => calls.test(name)).length;
    expect(names.filter((name) => places(name) !== 1)).toEqual([]);
  });

  it('names nothing that is gone', () => {
    const known = new Set(names);
    const measured = [...Object.keys(GROWING), ...Object.keys(GROWING_IN_HANDLERS)];
    expect(measured.filter((name) => !known.has(name))).toEqual([]);
    expect(BOUNDED.filter(({ calls }) => !names.some((name) => calls.test(name)))).toEqual([]);
  });
});

describe('the table of costs (src/lua/README.md)', () => {
  const names = stubCalls();
  const rows = tableOfCosts();

  it('has one row for each call', () => {
    // A name that is written out counts before one with a star.
    const rowsOf = (name: string): number => {
      const exact = rows.filter(({ calls }) => calls.includes(name)).length;
      return exact > 0 ? exact : rows.filter(({ calls }) => calls.some((call) => covers(call, name))).length;
    };
    expect(names.filter((name) => rowsOf(name) !== 1)).toEqual([]);
  });

  it('names no call that is gone', () => {
    const calls = rows.flatMap((row) => row.calls);
    expect(calls.filter((call) => !names.some((name) => covers(call, name)))).toEqual([]);
  });

  it('names bounds there are', () => {
    const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(`${SRC}/${file}`, 'utf8'))
      .join('\n');
    const bounds = [...new Set(rows.flatMap((row) => row.bounds))];
    expect(bounds.filter((bound) => !sources.includes(`const ${bound}`))).toEqual([]);
    expect(bounds.length).toBeGreaterThan(30);
  });
});

/** Every call the editor stubs know. */
function stubCalls(): string[] {
  return readdirSync(STUBS)
    .filter((file) => file.endsWith('.lua'))
    .flatMap((file) => [...readFileSync(`${STUBS}/${file}`, 'utf8').matchAll(/^function ([\w.:]+)\(/gm)])
    .map(([, name]) => name!);
}

/** Its rows: the calls in the first column, and the constants in the others. */
function tableOfCosts(): { calls: string[]; bounds: string[] }[] {
  const text = readFileSync(`${SRC}/lua/README.md`, 'utf8');
  const section = text.slice(text.indexOf('## What a call costs'));
  return [...section.matchAll(/^\| (`[^|]*) \|(.*)\|$/gm)].map(([, first, rest]) => ({
    calls: [...first!.matchAll(/`([^`]+)`/g)].map(([, call]) => call!),
    bounds: [...rest!.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, bound]) => bound!),
  }));
}

function covers(call: string, name: string): boolean {
  const stem = call.slice(0, -1);
  return (
    call === name || (call.endsWith('*') && name.startsWith(stem) && !name.slice(stem.length).includes('.'))
  );
}
