/** `app-format.md` § 5.5 as a law: a program with annotations is the program without them. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eraseTypes } from '../../../src/vm/dialect/index.ts';
import { tokenize } from '../../../src/vm/dialect/tokens.ts';
import { compile, LuaSyntaxError } from '../../../src/vm/index.ts';
import { createLibraryMachine, normalize, runOnOurs } from '../../support/lua-oracle.ts';
import { Dice } from '../differential/dice.ts';
import { generateProgram } from '../differential/generator.ts';
import { annotate } from './annotate.ts';

const RANDOM_PROGRAMS = 80;
/** How often each file is annotated anew. */
const ROUNDS = 3;

/** What the compiler reads: every token, without its place. */
function tokensOf(source: string): string {
  const { kinds, starts, ends } = tokenize(source);
  return kinds.map((_, at) => source.slice(starts[at], ends[at])).join('\n');
}

/** Every Lua file below a folder of the repository; test scripts of several chunks are no program. */
function luaFiles(folder: string): string[] {
  const root = new URL(`../../../${folder}/`, import.meta.url);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.lua'))
    .map((name) => readFileSync(new URL(name, root), 'utf8'))
    .filter(isProgram);
}

function isProgram(source: string): boolean {
  try {
    compile(source, 'program');
    return true;
  } catch (error) {
    if (error instanceof LuaSyntaxError) return false;
    throw error;
  }
}

describe('eraseTypes() app-format.md § 5.5: annotations change nothing', () => {
  it('random programs have the same tokens as before when they are annotated and erased', () => {
    for (let seed = 1; seed <= RANDOM_PROGRAMS; seed++) {
      const plain = generateProgram(seed);
      const annotated = annotate(plain, new Dice(seed));
      const result = eraseTypes(annotated);
      expect(tokensOf(result) === tokensOf(plain), `seed ${seed}`).toBe(true);
      expect(result.replace(/[^\n]/g, '')).toBe(annotated.replace(/[^\n]/g, ''));
    }
  });

  it('the Lua files of the repository have the same tokens as before when they are annotated and erased', () => {
    for (const plain of [...luaFiles('lua'), ...luaFiles('test')]) {
      for (let round = 1; round <= ROUNDS; round++) {
        const annotated = annotate(plain, new Dice(round));
        expect(tokensOf(eraseTypes(annotated)), annotated).toBe(tokensOf(plain));
      }
    }
  });

  it('random programs print the same with annotations as without', () => {
    const machine = createLibraryMachine();
    for (let seed = 1; seed <= 8; seed++) {
      const plain = generateProgram(seed);
      const annotated = eraseTypes(annotate(plain, new Dice(seed)));
      expect(withoutLines(runOnOurs(machine, annotated))).toBe(withoutLines(runOnOurs(machine, plain)));
    }
  });
});

/** Types of several lines move what stands behind them. */
function withoutLines(output: string): string {
  return normalize(output).replace(/:\d+:/g, ':line:');
}
