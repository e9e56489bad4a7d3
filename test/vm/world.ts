/** A machine with the standard library for tests of the engine alone. */
import {
  compile,
  createMachine,
  createMeter,
  getTop,
  type HostFunction,
  type LuaState,
  type Machine,
  type Meter,
  newUnitThread,
  pushChunk,
  pushFunction,
  pushGlobals,
  type ResumeStatus,
  remove,
  resume,
  setField,
  setGlobalsTemplate,
  setHostOwned,
  toDisplay,
} from '../../src/vm/index.ts';
import { installBaseLibrary } from '../../src/vm/library/index.ts';

export function createTestMachine(): Machine {
  const machine = createMachine();
  const clock = { epochMs: () => 0, monotonicMs: () => 0 };
  setGlobalsTemplate(machine, installBaseLibrary(machine, { clock }));
  return machine;
}

/** A thread ready to run a program, with host functions as globals. */
export function prepare(
  source: string,
  functions: Readonly<Record<string, HostFunction>> = {},
  meter: Meter = createMeter(),
  machine: Machine = createTestMachine(),
): LuaState {
  const L = newUnitThread(machine, undefined, meter);
  pushGlobals(L, machine);
  for (const [name, fn] of Object.entries(functions)) {
    pushFunction(L, fn, name);
    setField(L, 1, name);
  }
  pushChunk(L, compile(source, 'test'), 1);
  remove(L, 1);
  setHostOwned(L);
  return L;
}

/** Runs to the end (slices included). @returns how it ended and its results, or the error, as text. */
export function finish(L: LuaState, slicesMax = 10_000): { status: ResumeStatus; results: string[] } {
  let status = resume(L, null, 0);
  for (let slices = 1; status === 'slice' && slices < slicesMax; slices++) status = resume(L, null, 0);
  if (status === 'error') return { status, results: [toDisplay(L, -1)] };
  const results = status === 'done' ? Array.from({ length: getTop(L) }, (_, i) => toDisplay(L, i + 1)) : [];
  return { status, results };
}

/** Runs a program that must succeed. */
export function evaluate(source: string, functions: Readonly<Record<string, HostFunction>> = {}): string[] {
  const { status, results } = finish(prepare(source, functions));
  if (status !== 'done') throw new Error(`${status}: ${results.join()}`);
  return results;
}
