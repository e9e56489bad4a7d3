import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../../src/process/index.ts';
import { bootHostile } from './world.ts';

/**
 * Every script of this folder is a program that means harm (`vm.md` § 3). Its head says what must become of it:
 *   `-- @expect killed`       the instruction budget ends it, whatever it catches
 *   `-- @expect error: text`  it fails with a message containing the text
 *   `-- @expect ok`           it ends well; its own asserts look at what was refused
 *   `-- @expect either`       it may go on for ever, as long as the others are served
 * Beside it lives a witness that answers a message in every round.
 */
const folder = new URL('./', import.meta.url);
const scripts = readdirSync(folder).filter((name) => name.endsWith('.lua'));

/** Budget of a program that should exceed it, and of one that should not. */
const SMALL_BUDGET = 3_000_000;
const LARGE_BUDGET = 200_000_000;
/** Rounds granted to a program that need not end. */
const ENDLESS_ROUNDS = 60;
const ROUNDS_MAX = 100_000;

describe('vm.md § 3: a hostile program harms nobody', () => {
  it.each(scripts)('%s', (name) => {
    const source = readFileSync(new URL(name, folder), 'utf8');
    const expected = /^-- @expect (.+)$/m.exec(source)?.[1];
    if (expected === undefined) throw new Error(`${name} does not say what it expects`);
    const modules = /^-- @modules (.+)$/m.exec(source)?.[1]?.split(', ') ?? [];
    const world = bootHostile(source, modules, expected === 'killed' ? SMALL_BUDGET : LARGE_BUDGET);

    const { outcome, rounds } = world.run(expected === 'either' ? ENDLESS_ROUNDS : ROUNDS_MAX);

    expect(describeOutcome(outcome)).toMatch(expectation(expected));
    // One round runs one step of one process: the witness had every other one at least.
    expect(world.answers()).toBeGreaterThanOrEqual(Math.floor(rounds / 2) - 1);
    expect(world.isWitnessServed()).toBe(true);
    expect(world.faults()).toEqual([]);
  });
});

function expectation(expected: string): RegExp {
  if (expected === 'killed') return /^failed: test:hostile:\d+: instruction budget exceeded/;
  if (expected === 'ok') return /^ok$/;
  if (expected === 'either') return /^(ok|failed|running)/;
  const text = expected.replace(/^error: /, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^failed: .*${text}`, 's');
}

function describeOutcome(outcome: Outcome | undefined): string {
  if (outcome === undefined) return 'running';
  return outcome.ok ? 'ok' : `failed: ${outcome.failure.message}`;
}
