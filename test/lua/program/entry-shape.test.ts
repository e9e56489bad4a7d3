/** Where the main function of an entry is found, and what is refused (`errors-and-payloads.md` § 9-10). */
import { describe, expect, it } from 'vitest';
import { HubError } from '../../../src/base/index.ts';
import { bootLua, type LuaEntry, resultOf } from '../../support/lua-world.ts';

const value = async (entry: LuaEntry): Promise<unknown> => {
  const world = bootLua({ 'app:main': { kind: 'function.lua', method: 'handler', ...entry } });
  return resultOf(await world.call('app:main'));
};

const refusal = (source: string, method = 'handler'): HubError => {
  const world = bootLua({ 'app:main': { source, method } });
  try {
    world.spawn('app:main');
  } catch (thrown) {
    if (thrown instanceof HubError) return thrown;
  }
  throw new Error('the spawn was not refused');
};

describe('the main function of an entry', () => {
  it.each([
    ['a field of the returned table', 'return { handler = function() return "field" end }', 'field'],
    [
      'a returned function, whatever its name',
      'local function other() return "returned" end return other',
      'returned',
    ],
    ['a global', 'function handler() return "global" end', 'global'],
    ['a trailing local function', 'local function handler() return "local" end', 'local'],
    ['a local function before a comment', 'local function handler() return "local" end -- the end', 'local'],
    ['a global beside a returned table', 'function handler() return "global" end return {}', 'global'],
    [
      'a field, not its metatable',
      'function handler() return "g" end return setmetatable({}, {__index = {handler = print}})',
      'g',
    ],
    [
      'the field rather than a global',
      'function handler() return 1 end return { handler = function() return 2 end }',
      2,
    ],
  ])('may be %s', async (_, source, expected) => {
    expect(await value({ source })).toBe(expected);
  });

  it('is named by the entry', async () => {
    expect(await value({ source: 'function run() return "run" end', method: 'run' })).toBe('run');
  });

  it('must exist', () => {
    const error = refusal('local function handle() end');
    expect(error.code).toBe('MH_PROCESS_METHOD_NOT_FOUND');
    expect(error.kind).toBe('NotFound');
    expect(error.message).toContain('method "handler" not found in module');
    expect(refusal('handler = 5').code).toBe('MH_PROCESS_METHOD_NOT_FOUND');
  });

  it('keeps goto continue before the end of a loop', async () => {
    const source = `function handler()
      local n = 0
      for i = 1, 4 do
        if i % 2 == 0 then goto continue end
        local x = i
        n = n + x
        ::continue::
      end
      return n
    end`;
    expect(await value({ source })).toBe(4);
  });

  it('may use types of the dialect', async () => {
    const source =
      'local function handler(a: number?): string\n  local x: {[string]: number} = {a = 1}\n  return "n" .. x.a\nend';
    expect(await value({ source })).toBe('n1');
  });
});

describe('code that does not load', () => {
  it('fails the spawn with the place of the syntax error', () => {
    const error = refusal('local function handler()\n  x = = 1\nend');
    expect(error.code).toBe('MH_PROCESS_LOAD_FAILED');
    expect(error.message).toContain('app:main:2:');
  });

  it('fails the spawn when its top level runs for ever', () => {
    const world = bootLua(
      { 'app:main': 'while true do end' },
      { limits: { slice: 1000, turnInstructions: 100_000 } },
    );
    expect(() => world.spawn('app:main')).toThrow(/app:main/);
  });

  it('is refused when precompiled', () => {
    expect(refusal('\u001bLuaS\u0000').code).toBe('MH_PROCESS_LOAD_FAILED');
  });
});

describe('runtime.check()', () => {
  it('tells the line of a syntax error, and runs nothing', () => {
    const world = bootLua({});
    const entry = {
      id: 'app:x',
      kind: 'process.lua',
      data: { source: 'print("ran")\nlocal a = = 2', method: 'm' },
    };
    const [problem, ...more] = world.runtime.check(world.entry(entry));
    expect(more).toEqual([]);
    expect(problem?.reason).toContain('app:x:2:');
    expect(problem?.field).toBe('source');
    expect(world.lines).toEqual([]);
  });
});

describe('a changed entry', () => {
  it('runs new code in new processes, also when an import changed', async () => {
    const world = bootLua({
      'app:main': { source: 'function main() return lib.v end', imports: { lib: 'app:lib' } },
      'app:lib': { kind: 'library.lua', source: 'return { v = 1 }' },
    });
    expect(resultOf(await world.run('app:main'))).toBe(1);
    world.change({ 'app:lib': { kind: 'library.lua', source: 'return { v = 2 }' } });
    expect(resultOf(await world.run('app:main'))).toBe(2);
    world.change({ 'app:main': 'function main() return "new" end' });
    expect(resultOf(await world.run('app:main'))).toBe('new');
  });

  it('is announced to processes that import it', async () => {
    const world = bootLua({
      'app:main': {
        source: `function main()
          process.set_options{upgradable = true}
          local e = process.events():receive()
          return { kind = e.kind, from = e.from == process.pid(), sources = e.sources }
        end`,
        imports: { lib: 'app:lib' },
      },
      'app:lib': { kind: 'library.lua', source: 'return {}' },
    });
    const seen = world.watch(world.spawn('app:main'));
    world.clock.flush();
    world.runtime.invalidate(['app:lib']);
    world.system.notifyOutdated(new Set(['app:lib', 'app:other'] as never[]));
    world.clock.flush();
    expect(resultOf(seen.outcome!)).toEqual({ kind: 'pid.outdated', from: true, sources: ['app:lib'] });
  });
});

describe('imports', () => {
  it('run in no circle', () => {
    const world = bootLua({
      'app:main': { source: 'function main() end', imports: { a: 'app:a' } },
      'app:a': { kind: 'library.lua', source: 'return 1', imports: { b: 'app:b' } },
      'app:b': { kind: 'library.lua', source: 'return 1', imports: { a: 'app:a' } },
    });
    expect(() => world.spawn('app:main')).toThrow(/imports itself/);
  });

  it('must exist', () => {
    const world = bootLua({ 'app:main': { source: 'function main() end', imports: { a: 'app:a' } } });
    expect(() => world.spawn('app:main')).toThrow(/import 'a' not found, got 'app:a'/);
  });

  it('may name built-in modules, with or without a colon', async () => {
    const world = bootLua({
      'app:main': {
        source: 'function main() return a.encode({1}) .. b.encode({2}) end',
        imports: { a: ':json', b: 'json' },
      },
    });
    expect(resultOf(await world.run('app:main'))).toBe('[1][2]');
  });
});
