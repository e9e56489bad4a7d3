import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileSource, eraseTypes } from '../../../src/vm/dialect/index.ts';
import { LuaSyntaxError } from '../../../src/vm/index.ts';

/** Blanks are hard to count by eye: compares with runs of blanks joined, and checks the length apart. */
function erased(source: string): string {
  const result = eraseTypes(source);
  expect(result.length).toBe(source.length);
  expect(result.replace(/[^\n]/g, '')).toBe(source.replace(/[^\n]/g, ''));
  return result.replace(/ +/g, ' ').replace(/ +$/gm, '').trim();
}

describe('eraseTypes() app-format.md § 5.5', () => {
  const constructs: readonly (readonly [construct: string, source: string, expected: string])[] = [
    ['a local annotation', 'local x: number = 1', 'local x = 1'],
    ['several annotations', 'local a: A, b: B? = f()', 'local a , b = f()'],
    ['parameters and a result', 'function f(a: T, b: U?): R return a end', 'function f(a , b ) return a end'],
    ['an optional parameter', 'local function f(a?: T, b?) end', 'local function f(a , b ) end'],
    ['a typed vararg', 'function f(...: V) return ... end', 'function f(... ) return ... end'],
    ['several results', 'function f(): (R, S?) return 1 end', 'function f() return 1 end'],
    ['a method', 'function M.a:b(x: T) end', 'function M.a:b(x ) end'],
    ['an anonymous function', 'x = function(a: T): R return a end', 'x = function(a ) return a end'],
    ['a numeric for', 'for i: integer = 1, 2 do end', 'for i = 1, 2 do end'],
    ['a generic for', 'for k: K, v: {[K]: V} in p(t) do end', 'for k , v in p(t) do end'],
    ['a declaration', 'type Name = string\nf()', '\nf()'.trim()],
    ['an exported declaration', 'export type A<T: C> = {T}', ''],
    ['a cast with ::', 'local x = y :: T', 'local x = y'],
    ['a cast with as', 'local x = y as T', 'local x = y'],
    ['a cast in the middle', 'return (x :: T).y + z as U * 2', 'return (x ).y + z * 2'],
    ['a cast to a record', 'local x = f() as {a: T, b?: U}', 'local x = f()'],
    ['a cast to an array', 'local x = f() as {T}', 'local x = f()'],
    ['a cast of an argument', 'f(a as T, b :: {U}, c)', 'f(a , b , c)'],
    ['a double cast', 'local x = y :: any :: T', 'local x = y'],
    ['a cast before a comparison', 'if x :: T < 5 then end', 'if x < 5 then end'],
    ['a cast with type arguments', 'local x = y :: Map<A, List<B>>', 'local x = y'],
    ['a cast before a shift', 'x = y as T << 2', 'x = y << 2'],
    ['non-nil', 'x = y!', 'x = y'],
    ['non-nil in a chain', 'x = a!.b!:c()![1]', 'x = a .b :c() [1]'],
    ['non-nil of a call', 'f(g()!, h!)', 'f(g() , h )'],
    ['generics', 'function f<T, U: C>(a: T): U end', 'function f (a ) end'],
    ['generics of an anonymous function', 'x = function<T>(a: T) end', 'x = function (a ) end'],
    ['validators', 'local x: number @min(0) @max(10) = 5', 'local x = 5'],
    ['a validator with a text', 'type P = {e: string @pattern("^[a-z)]+$")}', ''],
    ['a bare validator', 'local x: string @email = y', 'local x = y'],
    ['a dotted type', 'local x: a.b.C? = y', 'local x = y'],
    ['a union', 'local x: A | B | nil = y', 'local x = y'],
    ['an intersection', 'local x: A & {b: B} = y', 'local x = y'],
    ['a map', 'local x: {[string]: {number}} = {}', 'local x = {}'],
    ['a function type', 'local x: (A, b: B, ...C) -> R = f', 'local x = f'],
    ['a curried function type', 'local x: (A) -> (B) -> (C, D) = f', 'local x = f'],
    ['a generic function type', 'local x: <T>(a: T) -> T = f', 'local x = f'],
    ['the word function', 'local cb: function = f\n;(g)()', 'local cb = f\n;(g)()'],
    ['literal types', 'local x: "a" | \'b\' | 1 | -2 | true = y', 'local x = y'],
    ['a field named like a keyword', 'type A = {end: B, type: C, nil: D, "x-y": E}', ''],
    ['a readonly field', 'type A = {readonly a: B, readonly: C}', ''],
    ['typeof', 'type A = typeof(x.y)', ''],
    ['keyof', 'local k: keyof T = "a"', 'local k = "a"'],
    ['closing brackets against =', 'local x: A<B<C>>= 5', 'local x = 5'],
    ['an array', 'local names: string[] = {}', 'local names = {}'],
    ['arrays of arrays', 'local x: A[][] = {}', 'local x = {}'],
    ['an optional array', 'local x: string[]? = y', 'local x = y'],
    ['an array of optionals', 'local x: string?[] = y', 'local x = y'],
    ['an array of records', 'local x: {a: string}[] = y', 'local x = y'],
    ['an array of a union', 'local x: (A | B)[] | C[] = y', 'local x = y'],
    ['an array of type arguments', 'local x: Map<A, B[]>[] = y', 'local x = y'],
    ['a map to arrays', 'local x: {[string]: any[]} = {}', 'local x = {}'],
    ['an array parameter and result', 'function f(a: A[], ...: B[]): C[] end', 'function f(a , ... ) end'],
    ['an array in a for', 'for i: T[], v: T[]? in p do end', 'for i , v in p do end'],
    ['a cast to an array of names', 'x = y :: string[]', 'x = y'],
    ['a cast to an array in a chain', 'x = (y as T[])[1]', 'x = (y )[1]'],
    ['casts to arrays among arguments', 'f(a :: T[], b as U[], #c :: number)', 'f(a , b , #c )'],
    ['a cast in a table', 'x = {a :: T[], b = c :: U, [d :: V] = e as W}', 'x = {a , b = c , [d ] = e }'],
    ['a cast of a function', 'x = function(a: T) end :: F', 'x = function(a ) end'],
    ['an indexed type', 'local x: User["name"] = y', 'local x = y'],
    ['bare results', 'function f(): string?, string? end', 'function f() end'],
    [
      'bare results of a method',
      'function M:f(a: A): B[], {C}, D? return a end',
      'function M:f(a ) return a end',
    ],
    ['bare results of an anonymous function', 'x = function(): A, B return end', 'x = function() return end'],
    ['no results', 'local function f(): () end', 'local function f() end'],
    ['a result before a bracket', 'function f(): T\n(g or h)() end', 'function f()\n(g or h)() end'],
    ['fun', 'local f: fun(a: A, ...B): C? = g', 'local f = g'],
    ['fun without results', 'function m(cb: fun(), n: fun(): (A, B)) end', 'function m(cb , n ) end'],
    ['the word fun', 'local f: fun\n(g)()', 'local f\n(g)()'],
    ['function with a signature', 'local f: function (a: A): B = g', 'local f = g'],
    ['an assertion', 'function f(x): asserts x is string end', 'function f(x) end'],
    ['an interface', 'interface A<T>: B, C\n  function m(self, a: T): T?, D\nend f()', 'f()'],
    ['an inline interface', 'type A = interface { a: B }', ''],
    ['comparisons behind a cast', 'f(x :: A < b, c > d)', 'f(x < b, c > d)'],
    ['comments inside a type', 'local x: A --[[why]] | B = 1 -- c: D', 'local x = 1 -- c: D'],
  ];
  it.each(constructs)('eraseTypes() blanks %s', (_construct, source, expected) => {
    expect(erased(source)).toBe(expected);
  });

  it('eraseTypes() keeps line and column of everything else when a declaration spans lines', () => {
    const source = 'type A =\n  | { a: B,\n      c: D }\n  | "x"\nlocal y = 1 + A';
    expect(eraseTypes(source).split('\n')).toEqual([
      '        ',
      '           ',
      '            ',
      '       ',
      'local y = 1 + A',
    ]);
  });

  it('eraseTypes() keeps carriage returns when it blanks over them', () => {
    expect(eraseTypes('type A = {\r\n  b: C\r\n}\r\nf()')).toBe(`${' '.repeat(10)}\r\n      \r\n \r\nf()`);
  });

  it('eraseTypes() erases what it understood before a mistake when the source does not compile', () => {
    expect(eraseTypes('local x: T = 1\nlocal = 2\nlocal y: U')).toBe('local x    = 1\nlocal = 2\nlocal y: U');
  });
});

describe('eraseTypes() vm.md § 6: plain Lua stays as it is', () => {
  const plain: readonly (readonly [what: string, source: string])[] = [
    ['a variable named type', 'type = 5 type.x = 1 f(type) local type = type(x) type"a" type{} type(y)'],
    ['a variable named export', 'export = 1 export.type = 2 export(type)'],
    ['a variable named as', 'local as = f\nlocal x = y as(x) as{1} as"a" as.b = 1 as[1] = 2 as:m()'],
    ['a call of as on its own line', 'local x = y\nas(x)'],
    ['an assignment to as', 'local x = y as = 5'],
    ['as as a field', 'x = t.as x = t:as() x = {as = 1}'],
    ['labels', 'do goto a f() ::a:: g() end\n::b::\n::c:: ::d:: goto b'],
    ['a label behind an expression', 'local x = y ::top:: goto top'],
    ['a label on its own line', 'local x = y\n::continue::\nfoo()'],
    ['a label before end', 'while x do local z = y ::continue:: end'],
    [
      'labels nobody goes to',
      'x = y ::a:: g() x = y ::b:: t.u = 1 x = y ::c:: (f)() x = y ::d:: function f() end',
    ],
    [
      'variables named like words of types',
      'interface = 1 interface.x = 2 fun() asserts(x) is = asserts keyof = 1',
    ],
    ['an index and a call behind a comparison', 'x = a < b[1] x = a > b(1) f(a < b, c > (d))'],
    ['a method call on the next line', 'local x\nx:method()'],
    ['a method call', 'local x = y:z() :w()'],
    ['comparisons and shifts', 'x = a < b x = a > b x = a >> b x = a << b x = a >= b x = a <= b x = a ~= b'],
    ['bit operators', 'x = a | b & ~c ~ d // e'],
    ['numbers', 'x = 0xA.8p-2 + 1e+5 + 3. + .5 + 0x.1 + 3e-2 .. 4'],
    [
      'strings',
      String.raw`x = "a\"b: c" .. 'd\'e :: T' .. [[f: G]] .. [==[h ]] as I]==] .. "\z
       next: T" .. "line\
       break: T"`,
    ],
    ['comments', '-- local x: T\n--[[ x :: T\n]] --[==[ x as T ]==] f() --x!'],
    ['a shebang line', '#!/usr/bin/lua x: T\nf()'],
    ['tables', 'x = {a = 1, [b] = 2; "c", f(), {}; function() end}'],
    ['all statements', 'if a then elseif b then else end repeat local x until x while a do break end'],
  ];
  it.each(plain)('eraseTypes() leaves %s alone', (_what, source) => {
    expect(eraseTypes(source)).toBe(source);
  });

  it('eraseTypes() returns every Lua file of the repository unchanged when it is plain', () => {
    const folder = new URL('../../../lua/', import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.lua'),
    );
    for (const name of files) {
      const source = readFileSync(new URL(name, folder), 'utf8');
      expect(eraseTypes(source), name).toBe(source);
    }
  });

  it.each([
    ['an inequality of another language', 'if x != y then end'],
    ['an attribute of Lua 5.4', 'local x <const> = 1'],
    ['an unclosed string', 'local x = "abc\nlocal y: T'],
    ['an unclosed comment', '--[[ x: T'],
    ['a stray bracket', 'local x = ) y: T'],
  ])('eraseTypes() leaves %s to the compiler', (_what, source) => {
    expect(eraseTypes(source)).toBe(source);
  });
});

describe('compileSource() app-format.md § 6.3', () => {
  const failure = (source: string): { line: number; column: number | undefined; reason: string } => {
    try {
      compileSource(source, 'app:x');
    } catch (error) {
      if (error instanceof LuaSyntaxError)
        return { line: error.line, column: error.column, reason: error.reason };
      throw error;
    }
    throw new Error('it compiles');
  };

  it.each([
    ['a record that is not closed', 'local a = 1\nlocal b: {string = 5', 2, 18, "'}' expected near '='"],
    ['a type that is missing', 'local a: = 1', 1, 10, "type expected near '='"],
    ['a parameter', 'local function f(a: {A)\nend', 1, 23, "'}' expected near ')'"],
    ['a result', 'function f(): A,\nreturn 1 end', 2, 1, "type expected near 'return'"],
    ['a declaration', 'type A = {\n  a: B\n  c: D\n}', 3, 3, "'}' expected near 'c'"],
    ['a declaration without an end', 'type A = {', 1, 11, 'type expected near <eof>'],
    ['a cast', 'return x :: {A', 1, 15, "'}' expected near <eof>"],
    ['generics', 'function f<T, 5>() end', 1, 15, "<name> expected near '5'"],
  ])('compileSource() points at %s where it cannot be read', (_what, source, line, column, reason) => {
    expect(failure(source)).toEqual({ line, column, reason });
  });

  it('compileSource() leaves a mistake of Lua before the type to the compiler', () => {
    expect(failure('local = 5\nlocal a: {').line).toBe(1);
  });

  it('compileSource() takes what compiles only as plain Lua for plain Lua', () => {
    const source = 'local x, y = 1 ::a:: x, y = 2, 3';
    expect(compileSource(source, 'app:x').text).toBe(source);
  });
});

describe('eraseTypes() under hostile input', () => {
  it.each([
    ['brackets', '('],
    ['tables', '{'],
    ['calls', 'f('],
    ['functions', 'x=function() '],
    ['blocks', 'do '],
    ['type brackets', 'local x: {'],
    ['type arguments', 'local x: A<'],
    ['function types', 'local x: ('],
    ['arrows', 'local x: () -> '],
    ['attempts', 'x = typeof(y as T<'],
    ['attempts inside types', 'x = y as A<typeof(z as '],
    ['validators', 'local x: A @b('],
    ['arrays', 'local x: A['],
    ['results', 'function f(): A, '],
    ['interfaces', 'interface A function f(a: '],
    ['labels', 'x = y ::a:: ('],
    ['comparisons', 'x = y :: A < b, '],
    ['operators', 'x = not '],
    ['escapes', 'x = "\\'],
    ['dots', '.'],
    ['long brackets', '[=['],
    ['casts', 'x = y :: T :: '],
  ])('eraseTypes() answers in linear time when %s never close', (_what, piece) => {
    const source = piece.repeat(20_000);
    const first = `x = ${piece.repeat(20_000)}`;
    expect(eraseTypes(source).length).toBe(source.length);
    expect(eraseTypes(first).length).toBe(first.length);
  });

  it('eraseTypes() never throws and keeps length and line breaks when given any text', () => {
    const words = [
      ...'local function end x as T :: : ( ) { } < > , = ! ? | & -> ... type export nil "s" 1 @ \n - if then'.split(
        ' ',
      ),
      '\n',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 60 }), (pieces) => {
        const source = pieces.join(' ');
        const result = eraseTypes(source);
        expect(result.length).toBe(source.length);
        for (let i = 0; i < source.length; i++) {
          if (result[i] !== source[i]) expect([result[i], source[i] === '\n']).toEqual([' ', false]);
        }
      }),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => eraseTypes(text).length === text.length));
  });

  it('eraseTypes() gives plain Lua that erases to itself when it understood everything', () => {
    const types = fc.letrec((tie) => ({
      type: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('T', 'a.b', 'nil', '"s"', '1', 'string', 'true'),
        tie('type').map((t) => `{${t}}`),
        fc.tuple(tie('type'), tie('type')).map(([a, b]) => `{[${a}]: ${b}}`),
        fc.tuple(tie('type'), tie('type')).map(([a, b]) => `{a: ${a}, b?: ${b}}`),
        fc.tuple(tie('type'), tie('type')).map(([a, b]) => `(${a}) | ${b}`),
        fc.tuple(tie('type'), tie('type')).map(([a, b]) => `(${a}, x: ${b}) -> ${a}`),
        fc.tuple(tie('type'), tie('type')).map(([a, b]) => `M<${a}, ${b}>`),
      ),
    })).type as fc.Arbitrary<string>;
    const statements = fc.oneof(
      types.map((t) => `local x: ${t} = f()`),
      types.map((t) => `function f(a: ${t}): ${t} return a end`),
      types.map((t) => `type A<T> = ${t}`),
      types.map((t) => `f(x :: ${t}, y as ${t})`),
      types.map((t) => `local function g<T>(a: ${t}, ...: ${t}): (${t}, T) end`),
    );
    fc.assert(
      fc.property(fc.array(statements, { maxLength: 8 }), (lines) => {
        const result = eraseTypes(lines.join('\n'));
        expect(result).not.toMatch(/::|\bas\b|\btype\b|[?|@<]|->/);
        expect(eraseTypes(result)).toBe(result);
      }),
    );
  });

  const hasLua = spawnSync('lua5.3', ['-v']).status === 0;
  it.skipIf(!hasLua)(
    'eraseTypes() gives source that PUC Lua compiles when the dialect is used throughout',
    () => {
      const source = `
      export type Id = string @pattern("^%x+$")
      type User<T: {id: Id}> = {
        id: Id, tags?: {string},
        on: (self: any, ...any) -> (boolean, string?),
      } & T | nil
      local M = {}
      function M.find<T>(id: Id, options: {limit: integer?}?): (User<T>?, string?)
        for i: integer = 1, (options!.limit as integer?) or 10 do
          if i :: number > 5 and id ~= "x" then goto continue end
          local f = function(a: T, ...: any): T return a as any :: T end
          f(id :: any)
          ::continue::
        end
        return nil, "none"
      end
      return M`;
      const lua = spawnSync('lua5.3', ['-e', 'assert(load(io.read("a")))'], { input: eraseTypes(source) });
      expect(lua.stderr.toString()).toBe('');
    },
  );
});
