import { describe, expect, it } from 'vitest';
import {
  call,
  callK,
  createMeter,
  getTop,
  type HostFunction,
  hostYield,
  kill,
  pushInteger,
  pushText,
  pushValue,
  raise,
  resume,
  traceback,
} from '../../src/vm/index.ts';
import { evaluate, finish, prepare } from './world.ts';

/** Waits for the host; gives 42 afterwards. */
const wait: HostFunction = (L) =>
  hostYield(L, (inner) => {
    pushInteger(inner, 42);
    return 1;
  });

/** Calls its argument in JavaScript recursion, as a comparator is called. */
const callNow: HostFunction = (L) => {
  pushValue(L, 1);
  call(L, 0, 0);
  return 0;
};

describe('slices (vm.md S1)', () => {
  it.each([
    ['a loop', 'while true do end'],
    ['a loop inside pcall', 'pcall(function() while true do end end)'],
    ['a coroutine', 'coroutine.wrap(function() while true do end end)()'],
    ['a metamethod', 'local t = setmetatable({}, {__index = function() while true do end end}) return t.x'],
    ['recursion without loops', 'local function f() f() end pcall(f) local function g() return g() end g()'],
    ['goto', '::again:: goto again'],
    ['an iterator', 'for _ in function() return 1 end do end'],
    ['an error handler', 'xpcall(error, function() while true do end end)'],
  ])('suspend %s, again and again, or end it past its budget', (_name, source) => {
    const L = prepare(source, {}, createMeter({ slice: 10_000, limit: 100_000 }));
    const { status } = finish(L, 1000);
    expect(status).toBe('killed');
  });

  it('lose nothing: a sliced program computes what an unsliced one does', () => {
    const source = `
      local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
      local co = coroutine.wrap(function(a) for i = 1, 50 do a = a + coroutine.yield(a * i) end return a end)
      local sum = co(1)
      for i = 1, 50 do sum = sum + co(i) end
      local mt = {__add = function(a, b) for _ = 1, 20 do end return b end, __lt = function() return true end}
      local o = setmetatable({}, mt)
      local words = {}
      for i = 1, 200 do words[#words + 1] = tostring(i) .. (o + i) end
      return fib(15), sum, table.concat(words), o < o, select("#", table.unpack(words))`;
    const expected = finish(prepare(source, {}, createMeter({ slice: 1_000_000 })));
    expect(expected.status).toBe('done');
    for (const slice of [1, 50])
      expect(finish(prepare(source, {}, createMeter({ slice })), 1e6)).toEqual(expected);
  });
});

describe('a kill (vm.md S2)', () => {
  it.each([
    ['pcall', 'pcall(stop) return 1'],
    ['xpcall', 'xpcall(stop, function() return 1 end) return 1'],
    ['a coroutine', 'coroutine.wrap(function() pcall(stop) end)() return 1'],
    ['a loop of pcalls', 'while true do pcall(stop) end'],
  ])('passes through %s', (_name, source) => {
    const L = prepare(source, { stop: (inner) => kill(inner) });
    expect(finish(L).status).toBe('killed');
    expect(resume(L, null, 0)).toBe('killed');
  });
});

describe('waiting for the host (concurrency.md § 2)', () => {
  it.each([
    ['directly', 'return wait()'],
    ['inside pcall', 'return select(2, pcall(wait))'],
    ['inside xpcall', 'return select(2, xpcall(wait, tostring))'],
    ['in a coroutine', 'return coroutine.wrap(function() return wait() end)()'],
    [
      'in a coroutine of a coroutine, between its own yields',
      `local inner = coroutine.wrap(function() coroutine.yield(1) coroutine.yield(wait() + 1) end)
       local outer = coroutine.wrap(function() inner() coroutine.yield(inner() - 1) end)
       return outer()`,
    ],
    ['in __index', 'return setmetatable({}, {__index = function() return wait() end}).x'],
    ['in __add', 'return setmetatable({}, {__add = function() return wait() end}) + 1'],
    ['in __concat', 'return setmetatable({}, {__concat = function() return wait() end}) .. "x"'],
    [
      'in __eq',
      'local m = {__eq = function() return wait() == 42 end} local a, b = setmetatable({}, m), setmetatable({}, m) return a == b and 42',
    ],
    [
      'in __lt',
      'local m = {__lt = function() return wait() == 42 end} local a = setmetatable({}, m) return a < a and 42',
    ],
    ['in an iterator', 'for v in function() return wait() end do return v end'],
    ['in a tail call', 'local function f() return wait() end return f()'],
  ])('works %s', (_name, source) => {
    const L = prepare(source, { wait });
    expect(resume(L, null, 0)).toBe('yield');
    expect(finish(L)).toEqual({ status: 'done', results: ['42'] });
  });

  it('raises inside a host call, without any other effect', () => {
    const source = 'return pcall(callNow, function() wait() end)';
    const { status, results } = finish(prepare(source, { wait, callNow }));
    expect(status).toBe('done');
    expect(results).toEqual(['false', expect.stringContaining('attempt to yield across a C-call boundary')]);
  });

  it('raises what the continuation raises, inside the inner coroutine', () => {
    const fail: HostFunction = (L) => hostYield(L, (inner) => raise(inner, 'no answer'));
    const L = prepare('return coroutine.wrap(function() return pcall(fail) end)()', { fail });
    expect(resume(L, null, 0)).toBe('yield');
    expect(finish(L).results).toEqual(['false', 'no answer']);
  });
});

describe('deep recursion (vm.md S6)', () => {
  it.each([
    ['Lua functions', 'local function f() return 1 + f() end return f()'],
    [
      'metamethods',
      'local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return t[k .. "x"] end return t.x',
    ],
    [
      'tostring',
      'local t = setmetatable({}, {__tostring = function(t) return tostring(t) end}) return tostring(t)',
    ],
    ['host calls', 'local function f() callNow(f) end f()'],
    ['sort', 'local function f() table.sort({1, 2, 3}, function() f() return true end) end f()'],
    ['gsub', 'local function f() return (string.gsub("x", "x", f)) end return f()'],
    ['pcall', 'local function f() return pcall(f) end local r = {f()} error(r[#r], 0)'],
    ['coroutines', 'local function f() return coroutine.wrap(f)() end return f()'],
    ['error handlers', 'local function f() error("x") end local ok, e = xpcall(f, f) error(e, 0)'],
  ])('of %s is a Lua error', (_name, body) => {
    const { status, results } = finish(
      prepare(`local ok, e = pcall(function() ${body} end) return ok, tostring(e)`, { callNow }),
      1e6,
    );
    expect(status).toBe('done');
    expect(results[0]).toBe('false');
    expect(results[1]).toMatch(
      /stack overflow|too many C levels|too many coroutines|error in error handling/,
    );
  });

  it('leaves the machine usable', () => {
    const source = 'local function f() return 1 + f() end for _ = 1, 3 do pcall(f) end return 7';
    expect(evaluate(source)).toEqual(['7']);
  });
});

describe('errors (vm.md § 4)', () => {
  it.each([
    ['local client; client.x = 1', "attempt to index a nil value (local 'client')"],
    ['local t = {} ; return t.metadata.id', "attempt to index a nil value (field 'metadata')"],
    ['return x.y', "attempt to index a nil value (global 'x')"],
    ['nope()', "attempt to call a nil value (global 'nope')"],
    ['local t = {} t:go()', "attempt to call a nil value (method 'go')"],
    ['local a = {} return a + 1', "attempt to perform arithmetic on a table value (local 'a')"],
    ['local a = {} return 1 .. a', "attempt to concatenate a table value (local 'a')"],
    ['return #nil', 'attempt to get length of a nil value'],
    ['return {} < {}', 'attempt to compare two table values'],
    ['return 1 < "2"', 'attempt to compare number with string'],
    ['return 1.5 | 1', 'number has no integer representation'],
    ['local t = {} t[nil] = 1', 'table index is nil'],
    ['local t = {} t[0/0] = 1', 'table index is NaN'],
    ['return 1 // 0', 'attempt to divide by zero'],
    ['for i = 1, {} do end', "'for' limit must be a number"],
    ['string.rep()', "bad argument #1 to 'rep' (string expected, got no value)"],
    ['("x"):rep({})', "bad argument #1 to 'rep' (number expected, got table)"],
  ])('%s raises with names', (source, text) => {
    expect(finish(prepare(source))).toEqual({ status: 'error', results: [`test:1: ${text}`] });
  });

  it('keep the stack of the place where they happened', () => {
    const L = prepare(
      'local function inner()\n error("x")\nend\nlocal function outer()\n inner()\n return 1\nend\nouter()',
    );
    expect(finish(L).status).toBe('error');
    expect(traceback(L, L)).toEqual([
      { source: '[host]', line: -1, name: 'error' },
      { source: 'test', line: 2, name: 'inner' },
      { source: 'test', line: 5, name: 'outer' },
      { source: 'test', line: 8, name: '' },
    ]);
  });

  it('of a JavaScript kind are thrown through, past every pcall (vm.md S8)', () => {
    const broken: HostFunction = () => {
      throw new TypeError('our bug');
    };
    expect(() => finish(prepare('pcall(broken)', { broken }))).toThrow('our bug');
  });
});

describe('strings are keys by their bytes (vm.md X1)', () => {
  it('over all strings of one and two bytes', () => {
    const source = `
      local t, n = {}, 0
      for a = 0, 255 do
        t[string.char(a)] = a
        for b = 0, 255 do t[string.char(a, b)] = a * 256 + b end
      end
      for _ in pairs(t) do n = n + 1 end
      return n, t["\\1\\17"], t["\\17\\1"], "\\1\\17" == "\\17\\1"`;
    expect(evaluate(source)).toEqual(['65792', String(256 + 17), String(17 * 256 + 1), 'false']);
  });
});

describe('callK()', () => {
  it('calls host functions in a chain, up to the limit of C levels', () => {
    let left = 150;
    const chain: HostFunction = (L) => {
      if (left-- === 0) {
        pushText(L, 'bottom');
        return 1;
      }
      pushValue(L, 1);
      pushValue(L, 1);
      return callK(L, 1, 1, (inner) => Math.min(1, getTop(inner)));
    };
    expect(evaluate('return chain(chain)', { chain })).toEqual(['bottom']);
  });
});
