import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LuaFloat } from '../../../src/vm/value/float.ts';
import { Table } from '../../../src/vm/value/table.ts';
import type { Value } from '../../../src/vm/value/value.ts';

/** Keys that meet each other: array part, its edge, far integers, floats, strings, booleans. */
const keys = fc.oneof(
  fc.integer({ min: -2, max: 12 }),
  fc.constantFrom(1e6, 2 ** 40, 0.5, true, false, '', 'a', 'length', '__proto__', 'constructor'),
  fc.integer({ min: 0, max: 30 }).map((n) => `k${n}`),
  fc.constantFrom(9007199254740993n, -9223372036854775808n),
);
const values = fc.option(fc.integer(), { nil: undefined });
const writes = fc.array(fc.tuple(keys, values), { maxLength: 120 });

function pairsOf(table: Table): [Value, Value][] {
  const pairs: [Value, Value][] = [];
  for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at))
    pairs.push([table.keyAt(at), table.valueAt(at)]);
  return pairs;
}

function build(steps: readonly (readonly [Value, Value])[]): { table: Table; model: Map<Value, Value> } {
  const table = new Table();
  const model = new Map<Value, Value>();
  for (const [key, value] of steps) {
    table.set(key, value);
    if (value === undefined) model.delete(key);
    else model.set(key, value);
  }
  return { table, model };
}

describe('Table (vm.md F1, X5)', () => {
  it('holds what a map would hold', () => {
    fc.assert(
      fc.property(writes, (steps) => {
        const { table, model } = build(steps);
        for (const [key] of steps) expect(table.get(key)).toBe(model.get(key));
        expect(new Map(pairsOf(table))).toEqual(model);
      }),
    );
  });

  it('length() is a border', () => {
    fc.assert(
      fc.property(writes, (steps) => {
        const { table } = build(steps);
        const length = table.length();
        if (length > 0) expect(table.get(length)).not.toBe(undefined);
        expect(table.get(length + 1)).toBe(undefined);
      }),
    );
  });

  it('visits every key once while the visited ones are cleared', () => {
    fc.assert(
      fc.property(writes, (steps) => {
        const { table, model } = build(steps);
        const seen: Value[] = [];
        for (let key: Value; ; ) {
          const at = table.nextPosition(table.positionOf(key));
          if (at === 0) break;
          key = table.keyAt(at);
          seen.push(key);
          table.valueAt(at);
          table.set(key, undefined);
        }
        expect(new Set(seen)).toEqual(new Set(model.keys()));
        expect(seen.length).toBe(model.size);
        expect(pairsOf(table)).toEqual([]);
      }),
      // A key that moved from the slots to the array part, and was cleared there.
      {
        numRuns: 1000,
        examples: [
          [
            [
              ['k0', 0],
              [2, 0],
              [1, 0],
            ],
          ],
        ],
      },
    );
  });

  it('shallowCopy() is independent of the original', () => {
    fc.assert(
      fc.property(writes, writes, (steps, more) => {
        const { table, model } = build(steps);
        const copy = table.shallowCopy();
        for (const [key, value] of more) copy.set(key, value);
        expect(new Map(pairsOf(table))).toEqual(model);
        const both = build([...steps, ...more]).model;
        expect(new Map(pairsOf(copy))).toEqual(both);
      }),
    );
  });

  it('treats integral floats as the integers they stand for', () => {
    const table = new Table();
    table.set(new LuaFloat(1), 'one');
    table.set(new LuaFloat(2 ** 53), 'big');
    table.set(new LuaFloat(1e300), 'huge');
    expect(table.get(1)).toBe('one');
    expect(table.length()).toBe(1);
    expect(table.get(9007199254740992n)).toBe('big');
    expect(table.get(new LuaFloat(1e300))).toBe('huge');
    const huge = pairsOf(table).find(([, value]) => value === 'huge')?.[0];
    expect(huge).toBeInstanceOf(LuaFloat);
  });

  it('setList() overrides keys the constructor set before', () => {
    const table = new Table();
    table.set(2, 'old');
    table.setList(1, ['a', 'b'], 0, 2);
    expect(pairsOf(table)).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });

  it('does not grow when used as a queue', () => {
    const table = new Table();
    for (let i = 1; i <= 20_000; i++) {
      table.set(i, 'job');
      if (i > 10) table.set(i - 10, undefined);
    }
    expect(table.array.length + table.slots.length).toBeLessThan(2_000);
    expect(pairsOf(table).length).toBe(10);
  });

  it('keeps its size when keys come and go', () => {
    const table = new Table();
    for (let i = 0; i < 20_000; i++) {
      table.set(`session ${i}`, true);
      table.set(`session ${i}`, undefined);
    }
    expect(table.slots.length).toBeLessThan(200);
  });
});
