import { expect, test } from 'vitest';
import { compileIdPattern, compilePattern } from '../../../src/registry/entry/id-pattern.ts';

test.each([
  ['app', 'app', true],
  ['app', 'app.x', false],
  ['app.*', 'app.x', true],
  ['app.*', 'app.x.y', false],
  ['app.**', 'app', true],
  ['app.**', 'app.x.y', true],
  ['**.test', 'a.b.test', true],
  ['**.test.**', 'test', true],
  ['app.(a|b).x', 'app.b.x', true],
  ['app.(a|b).x', 'app.c.x', false],
  ['test_*', 'test_one', true],
  ['a+b', 'aab', false],
  ['(a', '(a', true],
  ['*', '', true],
])('compilePattern(%j) over %j is %s (app-format.md § 3.2)', (pattern, text, matches) => {
  expect(compilePattern(pattern)(text)).toBe(matches);
});

test('compilePattern() stays cheap with many wildcards', () => {
  const matches = compilePattern(`${'**.'.repeat(30)}end`);
  expect(matches('a.'.repeat(2000))).toBe(false);
});

test('compileIdPattern() matches namespace and name', () => {
  const matches = compileIdPattern('app.**:*.test');
  expect(matches({ namespace: 'app.x', name: 'a.test' })).toBe(true);
  expect(matches({ namespace: 'app.x', name: 'a' })).toBe(false);
  expect(compileIdPattern('app.x')({ namespace: 'app.x', name: 'anything' })).toBe(true);
});
