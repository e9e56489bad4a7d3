import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { OP } from '../../../src/vm/compiler/opcodes.ts';

const source = readFileSync(new URL('../../../src/vm/loop/interpreter.ts', import.meta.url), 'utf8');

it('the labels of the interpreter are the numbers of opcodes.ts', () => {
  // Literals because only they give V8 a jump table; so a test keeps number and name together.
  const labels = [...source.matchAll(/(\d+) \/\* ([A-Z]+)[ ,*]/g)];
  expect(labels.length).toBeGreaterThan(60);
  for (const [, number, name] of labels)
    expect([name, Number(number)]).toEqual([name, OP[name as keyof typeof OP]]);
});
