/**
 * Writes random Lua programs that print what they compute. A program is decided by its seed alone, always ends, and
 * prints nothing that the language leaves open (addresses, the order of hash keys).
 */

import { Dice } from './dice.ts';
import { FLOATS, INTEGERS, PATTERNS, STRINGS } from './samples.ts';

/** Writes the program of a seed. */
export function generateProgram(seed: number): string {
  return new ProgramWriter(new Dice(seed)).write();
}

class ProgramWriter {
  readonly #dice: Dice;
  readonly #lines: string[] = [];
  #names = 0;
  #indent = '';
  /** Names in scope by what they hold. */
  #scope: Readonly<Record<'number' | 'string' | 'table' | 'function', readonly string[]>> = {
    number: [],
    string: [],
    table: [],
    function: [],
  };

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  write(): string {
    this.#line('local function show(...) local t = table.pack(...) for i = 1, t.n do');
    this.#line('  local v = t[i] t[i] = type(v) == "table" and "T" or type(v) == "function" and "F" or');
    this.#line('  type(v) == "number" and math.type(v):sub(1, 1) .. tostring(v) or tostring(v) end');
    this.#line('  print(table.concat(t, " ")) end');
    // The sign of a NaN, and so the length of its text, is the machine's own.
    this.#line('local tostring = (function(t) return function(...) local v = ...');
    this.#line('  if v ~= v then return "nan" end return t(...) end end)(tostring)');
    this.#line('local function solid(v) if v == nil then return 0 end return v end');
    const count = 12 + this.#dice.below(25);
    for (let i = 0; i < count; i++) this.#statement(3);
    return `${this.#lines.join('\n')}\n`;
  }

  #line(text: string): void {
    this.#lines.push(this.#indent + text);
  }

  #name(kind: 'number' | 'string' | 'table' | 'function'): string {
    const name = `${kind[0]}${++this.#names}`;
    this.#scope = { ...this.#scope, [kind]: [...this.#scope[kind], name] };
    return name;
  }

  #block(write: () => void): void {
    const [scope, indent] = [this.#scope, this.#indent];
    this.#indent += '  ';
    write();
    this.#scope = scope;
    this.#indent = indent;
  }

  #statement(depth: number): void {
    const dice = this.#dice;
    const choices: (() => void)[] = [
      () => this.#line(`show(pcall(function() return ${this.#any(3)} end))`),
      () => this.#line(`show(pcall(function() return ${this.#number(3)} end))`),
      () => this.#line(`show(pcall(function() return ${this.#string(3)} end))`),
      () => {
        const value = this.#protected(this.#number(2), '1');
        this.#line(`local ${this.#name('number')} = ${value}`);
      },
      () => {
        const value = this.#protected(this.#string(2), '"s"');
        this.#line(`local ${this.#name('string')} = ${value}`);
      },
      () => {
        const value = this.#table(2);
        this.#line(`local ${this.#name('table')} = ${value}`);
      },
      () => this.#assignment(),
      () => this.#pattern(),
      () => this.#format(),
      () => this.#tableCall(),
      () => this.#pack(),
      () => this.#errors(),
    ];
    if (depth > 0) {
      choices.push(
        () => this.#function(depth),
        () => this.#function(depth),
        () => this.#if(depth),
        () => this.#numericFor(depth),
        () => this.#genericFor(depth),
        () => this.#while(depth),
        () => this.#goto(depth),
        () => this.#coroutine(depth),
        () => this.#metatable(),
        () => this.#closures(),
        () => this.#sort(),
      );
    }
    dice.pick(choices)();
  }

  #protected(expression: string, fallback: string): string {
    const type = fallback.startsWith('"') ? 'string' : 'number';
    return `(function() local ok, v = pcall(function() return ${expression} end) return ok and type(v) == "${type}" and v or ${fallback} end)()`;
  }

  #any(depth: number): string {
    const dice = this.#dice;
    const choices = [
      () => this.#number(depth - 1),
      () => this.#string(depth - 1),
      () => this.#boolean(depth - 1),
      () => 'nil',
      () => this.#table(depth - 1),
      () => this.#variable('table') ?? '{}',
      () => `type(${this.#any(depth - 1)})`,
      () => `(${this.#any(depth - 1)})[${this.#any(depth - 1)}]`,
      () => `(${this.#any(depth - 1)}) ${dice.pick(['and', 'or'])} (${this.#any(depth - 1)})`,
      () => `${dice.pick(['undefined_global', 'string.nothing', 'math.pi.x', 'undefined_global.x'])}`,
      () => `#(${this.#any(depth - 1)})`,
      () => `(${this.#any(depth - 1)}) .. (${this.#any(depth - 1)})`,
      () => `(${this.#any(depth - 1)}) ${this.#arithmetic()} (${this.#any(depth - 1)})`,
      () =>
        `select(${dice.pick(["'#'", '1', '2', '-1', '0'])}, ${this.#any(depth - 1)}, ${this.#any(depth - 1)})`,
      () => `(${this.#variable('function') ?? 'print'})(${this.#any(depth - 1)})`,
    ];
    return depth <= 0 ? this.#number(0) : dice.pick(choices)();
  }

  #arithmetic(): string {
    return this.#dice.pick(['+', '-', '*', '/', '//', '%', '^', '&', '|', '~', '<<', '>>']);
  }

  #number(depth: number): string {
    const dice = this.#dice;
    if (depth <= 0) {
      const known = this.#variable('number');
      if (known !== undefined && dice.chance(0.4)) return known;
      return dice.chance(0.65) ? dice.pick(INTEGERS) : dice.pick(FLOATS);
    }
    const choices = [
      () => `(${this.#number(depth - 1)}) ${this.#arithmetic()} (${this.#number(depth - 1)})`,
      () => `(${this.#number(depth - 1)}) ${this.#arithmetic()} (${this.#number(depth - 1)})`,
      () => `-(${this.#number(depth - 1)})`,
      () => `~(${this.#number(depth - 1)})`,
      () => `#(${this.#string(depth - 1)})`,
      () => `math.${dice.pick(['abs', 'ceil', 'floor', 'tointeger', 'type'])}(${this.#number(depth - 1)})`,
      () => `math.${dice.pick(['max', 'min'])}(${this.#number(depth - 1)}, ${this.#number(depth - 1)})`,
      () => `math.fmod(${this.#number(depth - 1)}, ${this.#number(depth - 1)})`,
      () => `math.modf(${this.#number(depth - 1)})`,
      () => `math.ult(${this.#number(depth - 1)}, ${this.#number(depth - 1)})`,
      () => `tonumber(${this.#string(depth - 1)})`,
      () => `tonumber(${this.#string(depth - 1)}, ${dice.pick(['2', '8', '10', '16', '36'])})`,
      () => `(${this.#string(depth - 1)}) ${this.#arithmetic()} (${this.#number(depth - 1)})`,
      () => this.#number(0),
      () => this.#number(0),
    ];
    return dice.pick(choices)();
  }

  #string(depth: number): string {
    const dice = this.#dice;
    if (depth <= 0) {
      const known = this.#variable('string');
      return known !== undefined && dice.chance(0.5) ? known : dice.pick(STRINGS);
    }
    const small = () => dice.pick(['0', '1', '2', '3', '-1', '-2', '5', '10', '-100', 'math.maxinteger']);
    const choices = [
      () => `(${this.#string(depth - 1)}) .. (${this.#string(depth - 1)})`,
      () => `(${this.#number(depth - 1)}) .. (${this.#string(depth - 1)})`,
      () => `tostring(${this.#number(depth - 1)})`,
      () => `(${this.#string(depth - 1)}):sub(${small()}, ${small()})`,
      () => `(${this.#string(depth - 1)}):rep(${dice.below(4)}, ${dice.pick(STRINGS)})`,
      () => `(${this.#string(depth - 1)}):${dice.pick(['upper', 'lower', 'reverse'])}()`,
      () => `string.char(${dice.below(256)}, ${dice.below(300)})`,
      () => `(${this.#string(depth - 1)}):byte(${small()}, ${small()})`,
      () => `string.format("%q", ${this.#string(depth - 1)})`,
      () => `table.concat({${this.#string(depth - 1)}, ${this.#number(depth - 1)}}, ${dice.pick(STRINGS)})`,
      () => `utf8.char(${dice.pick(['65', '228', '8364', '128512', '0x7FF', '1114112'])})`,
    ];
    return dice.pick(choices)();
  }

  #boolean(depth: number): string {
    const dice = this.#dice;
    const operator = dice.pick(['==', '~=', '<', '<=', '>', '>=']);
    return dice.pick([
      () => dice.pick(['true', 'false']),
      () => `not (${this.#any(depth - 1)})`,
      () => `(${this.#number(depth)}) ${operator} (${this.#number(depth)})`,
      () => `(${this.#string(depth)}) ${operator} (${this.#string(depth)})`,
      () => `(${this.#any(depth - 1)}) == (${this.#any(depth - 1)})`,
      () => `(${this.#any(depth - 1)}) < (${this.#any(depth - 1)})`,
    ])();
  }

  #table(depth: number): string {
    const dice = this.#dice;
    const fields: string[] = [];
    for (let i = dice.below(5); i > 0; i--) {
      const value = dice.chance(0.5) ? dice.pick(INTEGERS.slice(0, 12)) : dice.pick(STRINGS);
      fields.push(
        dice.pick([
          value,
          value,
          `x${dice.below(3)} = ${value}`,
          `[${dice.pick(['1', '"k"', '1.0', '2^53', 'true', '-1'])}] = ${value}`,
        ]),
      );
    }
    if (depth > 1 && dice.chance(0.3)) fields.push(`{${dice.below(9)}, ${dice.below(9)}}`);
    return `{${fields.join(', ')}}`;
  }

  #variable(kind: 'number' | 'string' | 'table' | 'function'): string | undefined {
    const known = this.#scope[kind];
    return known.length === 0 ? undefined : this.#dice.pick(known);
  }

  #assignment(): void {
    const dice = this.#dice;
    const table = this.#variable('table');
    const [a, b] = [this.#variable('number'), this.#variable('number')];
    if (a !== undefined && b !== undefined && dice.chance(0.3)) {
      this.#line(`${a}, ${b} = ${b}, ${a}`);
      this.#line(`show(${a}, ${b})`);
    } else if (table !== undefined) {
      const key = dice.pick([
        '1',
        `#${table} > 1 and 2 or 1`,
        '"k"',
        'x1',
        `#${table} > 1 and 2.0 or 1.0`,
        `#${table}`,
        `#${table} + 1`,
        'nil',
        '0/0',
        '1.5',
      ]);
      // Clearing a key in the middle would leave `#` open: any border is right.
      const mayClear = ['"k"', 'x1', 'nil', '0/0', '1.5', `#${table}`].includes(key);
      const value = dice.pick([mayClear ? 'nil' : '0', this.#number(1), this.#string(1)]);
      this.#line(
        `show(pcall(function() ${table}[${key}] = ${mayClear ? value : `solid(${value})`} return ${table}[${key}], #${table} >= 0 end))`,
      );
    }
  }

  #function(depth: number): void {
    const dice = this.#dice;
    const isVararg = dice.chance(0.4);
    const parameters = ['a', 'b'].slice(0, dice.below(3));
    const name = `f${++this.#names}`;
    this.#line(`local function ${name}(${[...parameters, ...(isVararg ? ['...'] : [])].join(', ')})`);
    this.#block(() => {
      this.#scope = { ...this.#scope, number: [...this.#scope.number, ...parameters] };
      for (let i = dice.below(3); i > 0; i--) this.#statement(depth - 2);
      const results = [this.#any(2), ...parameters];
      if (isVararg)
        results.push(
          dice.pick(['...', 'select("#", ...)', '(...)', '(select(2, ...))', 'table.unpack({...})']),
        );
      this.#line(`return ${results.join(', ')}`);
    });
    this.#line('end');
    this.#scope = { ...this.#scope, function: [...this.#scope.function, name] };
    const argumentsList = Array.from({ length: dice.below(4) }, () => this.#any(1)).join(', ');
    this.#line(`show(pcall(${name}${argumentsList === '' ? '' : `, ${argumentsList}`}))`);
    this.#line(`show(pcall(function() return (${name}(${argumentsList})) end))`);
  }

  #if(depth: number): void {
    this.#line(`if ${this.#protected2(this.#boolean(2))} then`);
    this.#block(() => this.#statement(depth - 1));
    if (this.#dice.chance(0.5)) {
      this.#line('else');
      this.#block(() => this.#statement(depth - 1));
    }
    this.#line('end');
  }

  #protected2(expression: string): string {
    return `(select(2, pcall(function() return ${expression} end)))`;
  }

  #numericFor(depth: number): void {
    const dice = this.#dice;
    const [from, to, step] = dice.pick([
      ['1', '3', '1'],
      ['3', '1', '-1'],
      ['1', '0', '1'],
      ['1.0', '2', '0.5'],
      ['math.maxinteger - 1', 'math.maxinteger', '1'],
      ['math.mininteger + 1', 'math.mininteger', '-1'],
      ['1', '3.7', '1'],
      ['1', 'math.huge', '1 << 62'],
      ['-1', '-3', '-1'],
      ['2^53', '2^53 + 4', '2'],
      ['1', '3', '0'],
      ['"1"', '2', '1'],
      ['1', 'nil', '1'],
    ]);
    const counter = `c${++this.#names}`;
    const name = `i${++this.#names}`;
    this.#line(`show(pcall(function() local ${counter} = 0 for ${name} = ${from}, ${to}, ${step} do`);
    this.#block(() => {
      this.#line(`${counter} = ${counter} + 1 if ${counter} > 5 then break end`);
      this.#line(`show("for", ${name})`);
      this.#scope = { ...this.#scope, number: [...this.#scope.number, name] };
      this.#statement(depth - 2);
    });
    this.#line(`end return ${counter} end))`);
  }

  #genericFor(depth: number): void {
    const dice = this.#dice;
    const table = this.#variable('table') ?? '{10, 20, nil, 40}';
    if (dice.chance(0.5)) {
      this.#line(`for i, v in ipairs(${table}) do show("ipairs", i, v) if i > 6 then break end`);
      this.#block(() => this.#statement(depth - 2));
      this.#line('end');
      return;
    }
    // Keys in their natural order: the order of `pairs` is nobody's business.
    this.#line(
      `do local keys = {} for k, v in pairs(${table}) do keys[#keys + 1] = tostring(k) .. "=" .. type(v) end`,
    );
    this.#line('table.sort(keys) show("pairs", table.concat(keys, " ")) end');
  }

  #while(depth: number): void {
    const counter = `w${++this.#names}`;
    const isRepeat = this.#dice.chance(0.5);
    this.#line(`local ${counter} = 0`);
    this.#line(isRepeat ? 'repeat' : `while ${counter} < 3 do`);
    this.#block(() => {
      this.#line(`${counter} = ${counter} + 1`);
      this.#statement(depth - 2);
      if (this.#dice.chance(0.3)) this.#line(`if ${counter} == 2 then break end`);
    });
    this.#line(isRepeat ? `until ${counter} >= 3` : 'end');
    this.#line(`show("${counter}", ${counter})`);
  }

  #goto(depth: number): void {
    const [label, counter] = [`l${++this.#names}`, `g${++this.#names}`];
    this.#line(`do local ${counter} = 0 local fs = {}`);
    this.#block(() => {
      this.#line(`::${label}::`);
      this.#line(
        `do local captured = ${counter} fs[#fs + 1] = function() captured = captured + 1 return captured end`,
      );
      this.#block(() => this.#statement(depth - 2));
      this.#line('end');
      this.#line(`${counter} = ${counter} + 1`);
      this.#line(`if ${counter} < 3 then goto ${label} end`);
      this.#line('for i = 1, #fs do show(fs[i](), fs[i]()) end');
    });
    this.#line('end');
  }

  #coroutine(depth: number): void {
    const dice = this.#dice;
    const name = `co${++this.#names}`;
    const isWrap = dice.chance(0.4);
    this.#line(`local ${name} = coroutine.${isWrap ? 'wrap' : 'create'}(function(a, ...)`);
    this.#block(() => {
      this.#line('show("in", a, select("#", ...))');
      for (let i = 1 + dice.below(3); i > 0; i--) {
        if (depth > 1 && dice.chance(0.3)) this.#statement(depth - 2);
        const yielded = dice.pick([this.#number(1), `${this.#any(1)}, ${this.#any(1)}`, '...', '']);
        this.#line(
          dice.pick([
            `show("got", coroutine.yield(${yielded}))`,
            `show("got", pcall(coroutine.yield, 1))`,
            `for i = 1, 2 do show("loop", coroutine.yield(i)) end`,
            `show(select(2, pcall(function() return coroutine.yield(${yielded}) end)))`,
          ]),
        );
      }
      if (dice.chance(0.3))
        this.#line(`error(${dice.pick(['"oops"', '{}', '"oops", 0', '"oops", 2', '42', 'nil'])})`);
      this.#line(`return ${this.#any(1)}, "end"`);
    });
    this.#line('end)');
    for (let i = 2 + dice.below(4); i > 0; i--) {
      const values = dice.pick(['', '1', '"x", nil', this.#any(1)]);
      if (isWrap) this.#line(`show(pcall(${name}${values === '' ? '' : `, ${values}`}))`);
      else {
        this.#line(`show(coroutine.resume(${name}${values === '' ? '' : `, ${values}`}))`);
        this.#line(`show(coroutine.status(${name}))`);
      }
    }
  }

  #metatable(): void {
    const dice = this.#dice;
    const name = `t${++this.#names}`;
    const event = dice.pick([
      'add',
      'sub',
      'mul',
      'div',
      'mod',
      'pow',
      'idiv',
      'band',
      'bor',
      'bxor',
      'shl',
      'shr',
      'concat',
      'eq',
      'lt',
      'le',
    ]);
    const events = [
      `__${event} = function(a, b) return type(a) == "table" and "L" or "R" end`,
      dice.pick([
        '__index = function(t, k) return tostring(k) .. "!" end',
        '__index = {x1 = "base", [1] = "one"}',
      ]),
      dice.pick([
        '__newindex = function(t, k, v) rawset(t, k, v) show("set", k) end',
        '__newindex = {}',
        '__call = print',
      ]),
      '__call = function(self, ...) return "called", ... end',
      '__len = function() return 42 end',
      '__unm = function() return "minus" end',
      '__tostring = function() return "object" end',
      '__metatable = "locked"',
      '__name = "Named"',
      '__bnot = function() return "flip" end',
    ];
    const chosen = events.filter(() => dice.chance(0.6));
    this.#line(`local ${name} = setmetatable({}, {${chosen.join(', ')}})`);
    const other = dice.pick([name, '1', '"s"', '1.5', `setmetatable({}, getmetatable(${name}))`]);
    const operators: Readonly<Record<string, string>> = {
      add: '+',
      sub: '-',
      mul: '*',
      div: '/',
      mod: '%',
      pow: '^',
      idiv: '//',
      band: '&',
      bor: '|',
      bxor: '~',
      shl: '<<',
      shr: '>>',
      concat: '..',
      eq: '==',
      lt: '<',
      le: '<=',
    };
    const uses = [
      `${name} ${operators[event]} ${other}`,
      `${other} ${operators[event]} ${name}`,
      `${name}.x1`,
      `${name}[1]`,
      `${name}(1, 2)`,
      `#${name}`,
      `-${name}`,
      `~${name}`,
      `getmetatable(${name}) == "locked"`,
      `rawget(${name}, "x1")`,
      `rawlen(${name})`,
      `${name} == ${other}`,
      `${name} < ${other}`,
      `${name} >= ${other}`,
      `(function() ${name}.new = 5 return ${name}.new end)()`,
      `${name}:method()`,
      `${name}.a.b.c`,
    ];
    for (let i = 3; i > 0; i--) this.#line(`show(pcall(function() return ${dice.pick(uses)} end))`);
    if (chosen.some((text) => text.startsWith('__tostring')))
      this.#line(`show(tostring(${name}), (("%s"):format(${name})))`);
  }

  #closures(): void {
    const dice = this.#dice;
    const name = `fs${++this.#names}`;
    this.#line(`local ${name} = {}`);
    this.#line(`for i = 1, ${2 + dice.below(3)} do local x = i * 10`);
    this.#line(
      `  ${name}[i] = {get = function() return x, i end, set = function(v) x = v ${dice.pick(['', 'i = v'])} end}`,
    );
    this.#line('end');
    this.#line(`${name}[1].set(${this.#number(0)}) show(${name}[1].get()) show(${name}[2].get())`);
  }

  #sort(): void {
    const dice = this.#dice;
    const numbers = Array.from({ length: 3 + dice.below(12) }, () => String(dice.below(20)));
    const order = dice.pick([
      '',
      ', function(a, b) return a > b end',
      ', function(a, b) return a % 5 < b % 5 end',
      ', function(a, b) return true end',
      ', function(a, b) error("cmp") end',
    ]);
    this.#line(
      `do local t = {${numbers.join(', ')}} show(pcall(table.sort, t${order})) show(table.concat(t, ",")) end`,
    );
  }

  #pattern(): void {
    const dice = this.#dice;
    const [subject, pattern] = [this.#string(1), JSON.stringify(dice.pick(PATTERNS))];
    const replacement = dice.pick([
      '"-"',
      '"<%0>"',
      '"%1"',
      '"%2%1"',
      '"%%"',
      '"%"',
      '"%9"',
      '{a = "A", l = false, o = 1, ["10"] = {}}',
      'function(a, b) return b or a end',
      'function() return nil end',
      'function() return 1.5 end',
      '5',
      'nil',
    ]);
    this.#line(
      dice.pick([
        `show(pcall(string.find, ${subject}, ${pattern}, ${dice.pick(['1', '2', '-2', '100', '0'])}))`,
        `show(pcall(string.match, ${subject}, ${pattern}))`,
        `show(pcall(string.find, ${subject}, ${pattern}, 1, true))`,
        `show(pcall(string.gsub, ${subject}, ${pattern}, ${replacement}))`,
        `show(pcall(string.gsub, ${subject}, ${pattern}, ${replacement}, ${dice.below(3)}))`,
        `show(pcall(function() local n = 0 for a, b in (${subject}):gmatch(${pattern}) do n = n + 1 show(a, b) if n > 8 then break end end end))`,
      ]),
    );
  }

  #format(): void {
    const dice = this.#dice;
    const flags = ['', '-', '+', ' ', '#', '0', '-+', '0+'];
    const width = ['', '', '5', '12', '1'];
    const precision = ['', '', '.0', '.3', '.10', '.'];
    const directive = `%${dice.pick(flags)}${dice.pick(width)}${dice.pick(precision)}`;
    const letter = dice.pick([...'dixXoucsqeEfgGaA']);
    const value = dice.chance(0.7) ? this.#number(1) : this.#any(1);
    this.#line(`show(pcall(string.format, "<${directive}${letter}>", ${value}))`);
  }

  #tableCall(): void {
    const dice = this.#dice;
    const table = this.#variable('table') ?? '{1, 2, 3}';
    const index = dice.pick(['1', '2', '0', '-1', '10', `#${table}`]);
    this.#line(
      dice.pick([
        `show(pcall(function() local t = {table.unpack(${table})} table.insert(t, ${index}, "new") return table.unpack(t) end))`,
        `show(pcall(function() local t = {table.unpack(${table})} return table.remove(t, ${index}), #t end))`,
        `show(pcall(function() local t = {5, 6, 7} return table.remove(t), table.remove(t, 1), #t end))`,
        `show(pcall(table.concat, {1, 2.5, "x"}, ${this.#string(0)}, ${index}, ${dice.pick(['1', '2', '3', '4'])}))`,
        `show(pcall(table.unpack, {1, 2, nil, 4}, ${index}, ${dice.pick(['1', '4', '5'])}))`,
        `show(pcall(function() return table.unpack(table.move({1, 2, 3, 4}, ${dice.pick(['1', '2'])}, ${dice.pick(['2', '4'])}, ${dice.pick(['1', '2', '3'])})) end))`,
        `show(table.pack(${this.#any(1)}, nil).n)`,
        `show(next({}), rawlen({1, 2}), rawequal("a", "a"), rawget({7}, 1))`,
      ]),
    );
  }

  #pack(): void {
    const dice = this.#dice;
    const format = dice.pick([
      '<i8',
      '>i8',
      'i4',
      'I2',
      'b',
      'B',
      'd',
      'f',
      'z',
      's1',
      's4',
      '!4 i1 i4',
      'i16',
      '>I3',
      'i3',
      'j',
      'c5',
      'xb',
    ]);
    // The sign of a NaN and the last bit of a library function differ between machines; packing would show them.
    const number = /^[df]$/.test(format) ? dice.pick(FLOATS) : this.#number(1);
    const value = /[zsc]/.test(format) ? this.#string(1) : number;
    const values = format === '!4 i1 i4' ? `1, ${value}` : value;
    this.#line(
      `show(pcall(function() local p = string.pack("${format}", ${values}) return #p, p:byte(1, -1) end))`,
    );
    this.#line(
      `show(pcall(function() return string.unpack("${format}", string.pack("${format}", ${values})) end))`,
    );
  }

  #errors(): void {
    const dice = this.#dice;
    const value = dice.pick([
      '"text"',
      '"text", 0',
      '"text", 2',
      '{1}',
      'nil',
      '42',
      'true',
      'setmetatable({}, {__tostring = function() return "E" end})',
    ]);
    const body = dice.pick([
      `error(${value})`,
      'local x = nil; x.y = 1',
      'local x = {} ; x.y.z = 1',
      'local s = "a" + 1',
      'local f = 5; f()',
      'undefined_function()',
      'local t = {} t.method()',
      'local t = {} t:method()',
      'return {} .. "x"',
      'return #5',
      'return 1 < "2"',
      'return {} < {}',
      'return nil > 1',
      'return 1 // 0',
      'return 1 % 0',
      'return 1 & 1.5',
      'return 2^63 | 0',
      'return "a" | 1',
      'return -{}',
      'for i = 1, 10, 0 do end',
      'for i = "a", 2 do end',
      'return math.floor({})',
      'return ("x"):rep(-1, 5, {})',
      'return ("x"):bad()',
      'string.rep()',
      'return setmetatable(1, {})',
      'return pcall(assert, false)',
      'return pcall(assert, nil, "message")',
      'assert(false, {})',
      'return assert(1, 2, 3)',
      'local a <close> = 1',
      'return select(0)',
      'return tostring()',
      'return ipairs()',
      'return next({}, "nope")',
      'rawset({}, nil, 1)',
      'local t = setmetatable({}, {__index = function(t, k) error("idx " .. k) end}) return t.foo',
      'local t = setmetatable({}, {__newindex = function(t, k) error("new " .. k, 2) end}) t.foo = 1',
      'local up = nil; local function g() return up.field end return g()',
    ]);
    if (body.includes('<close>')) return;
    const handler = dice.pick([
      '',
      '',
      'function(m) return "H:" .. tostring(m) end',
      'function(m) error("again") end',
      'type',
    ]);
    if (handler === '') this.#line(`show(pcall(function() ${body} end))`);
    else this.#line(`show(xpcall(function() ${body} end, ${handler}))`);
  }
}
