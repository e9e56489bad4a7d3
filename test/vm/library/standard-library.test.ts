import { describe, expect, it } from 'vitest';
import { createLibraryMachine, runOnOurs } from '../../support/lua-oracle.ts';

/** Runs a program and gives what it printed, line by line. */
function printed(source: string): string[] {
  return runOnOurs(createLibraryMachine(), source).split('\n');
}

describe('installBaseLibrary() errors-and-payloads.md § 7', () => {
  it('offers exactly the functions of the list', () => {
    const names = (table: string): string[] =>
      printed(`local names = {} for name in pairs(${table}) do names[#names + 1] = name end
        table.sort(names) print(table.concat(names, " "))`)[0]!.split(' ');
    expect(names('string').join(' ')).toBe(
      'byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper',
    );
    expect(names('table').join(' ')).toBe('concat create freeze getn insert move pack remove sort unpack');
    expect(names('os').join(' ')).toBe('clock date difftime platform time');
    expect(names('math')).toEqual(
      expect.arrayContaining(['pow', 'log10', 'atan2', 'sinh', 'cosh', 'tanh', 'ult']),
    );
    expect(names('_G')).not.toEqual(expect.arrayContaining(['load']));
  });

  it('rule 1: refuses to change standard tables, and lets pairs look at them', () => {
    expect(
      printed(`print(pcall(function() string.rep = nil end)) print(pcall(rawset, math, "pi", 3))
        print(pcall(setmetatable, os, {})) local n = 0 for _ in pairs(utf8) do n = n + 1 end print(n)`),
    ).toEqual([
      'false\tp:1: attempt to modify a readonly table',
      'false\tattempt to modify a readonly table',
      'false\tattempt to modify a readonly table',
      '6',
    ]);
  });

  it('rule 3: table.freeze() returns its table and refuses later writes', () => {
    expect(
      printed(`local t = table.freeze({1, 2}) print(#t, table.getn(t), #table.create(5, 5), unpack(t))
        print(pcall(function() t[3] = 3 end)) print(pcall(table.insert, t, 1)) print(pcall(table.sort, t))`),
    ).toEqual([
      '2\t2\t0\t1\t2',
      'false\tp:2: attempt to modify a readonly table',
      'false\tattempt to modify a readonly table',
      'false\tattempt to modify a readonly table',
    ]);
  });

  it('rule 4: math has the functions of Lua 5.2 too', () => {
    expect(
      printed(
        'print(math.pow(2, 10), math.log10(1000), math.atan2(0, -1), math.sinh(0), math.cosh(0), math.tanh(0))',
      ),
    ).toEqual(['1024.0\t3.0\t3.1415926535898\t0.0\t1.0\t0.0']);
  });

  it('rule 6: os.time() reads a table as local time with midnight as the default hour and leaves it alone', () => {
    expect(
      printed(`print(os.time(), math.type(os.time()), os.platform, os.clock(), os.difftime(5, 3))
        local t = {year = 2024, month = 14, day = 31} local s = os.time(t)
        print(os.date("%Y-%m-%d %H:%M:%S", s), t.month, t.day, t.hour)
        print(pcall(os.time, {year = 1.5})) print(pcall(os.time, {year = 2024, month = "x"}))`),
    ).toEqual([
      '1600000000\tinteger\tmoonhub\t0.0\t2.0',
      '2025-03-03 00:00:00\t14\t31\tnil',
      "false\tfield 'year' is not an integer",
      "false\tfield 'month' is not an integer",
    ]);
  });

  it('rule 6: os.date() formats as the reference does, ISO weeks and unknown letters included', () => {
    expect(
      printed(`print(os.date("!%c", 0)) print(os.date("!%U %W %V %G %j %y %p %I %e|%Q|%%", 1704067199))
        local t = os.date("!*t", 951782400) print(t.year, t.month, t.day, t.yday, t.wday, t.isdst)
        print(pcall(os.date, "%c", 1e300)) print(os.date("!%F %T %z %Z", 86399))`),
    ).toEqual([
      'Thu Jan  1 00:00:00 1970',
      '52 52 52 2023 365 23 PM 11 31|%Q|%',
      '2000\t2\t29\t60\t3\tfalse',
      "false\tbad argument #2 to 'os.date' (number has no integer representation)",
      '1970-01-01 23:59:59 +0000 GMT',
    ]);
  });

  it('rule 8: the casts give their value back or say what they expected', () => {
    expect(
      printed(`print(string("a"), integer(3), integer(3.0), number(1.5), boolean(false))
        print(pcall(string, 1)) print(pcall(integer, 1.5)) print(pcall(number, "1")) print(pcall(boolean, nil))`),
    ).toEqual([
      'a\t3\t3\t1.5\tfalse',
      'false\texpected string, got number',
      'false\texpected integer, got number',
      'false\texpected number, got string',
      'false\texpected boolean, got nil',
    ]);
  });

  it('§ 3.3: assert() raises its message unchanged', () => {
    expect(
      printed(
        'local t = {} print(select(2, pcall(assert, false, t)) == t) print(pcall(function() assert(nil) end))',
      ),
    ).toEqual(['true', 'false\tassertion failed!']);
  });
});

describe('math.random()', () => {
  it('gives the same numbers after the same seed and stays within its bounds', () => {
    expect(
      printed(`math.randomseed(7) local a, b = math.random(1000), math.random() math.randomseed(7)
        print(math.random(1000) == a, math.random() == b)
        for i = 1, 1000 do local n, f = math.random(-3, 3), math.random() assert(n >= -3 and n <= 3 and f >= 0 and f < 1) end
        local n = math.random(math.mininteger, -1) print(n < 0, math.type(math.random(5)))`),
    ).toEqual(['true\ttrue', 'true\tinteger']);
  });

  it('keeps the numbers of one program from another (vm.md § 3)', () => {
    const machine = createLibraryMachine();
    const draw = 'print(math.random(1, 2^53 | 0))';
    runOnOurs(machine, 'math.randomseed(1)');
    const first = runOnOurs(machine, draw);
    runOnOurs(machine, 'math.randomseed(1)');
    expect(runOnOurs(machine, draw)).not.toBe(first);
  });
});
