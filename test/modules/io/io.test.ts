import { expect, it } from 'vitest';
import { createIoModule } from '../../../src/modules/io/lua.ts';
import type { Terminal } from '../../../src/modules/io/terminal.ts';
import { createMemoryTerminal } from '../../support/lua-modules.ts';
import { bootLua, type LuaWorld, resultOf } from '../../support/lua-world.ts';

/** Runs to the end; input comes from real streams, which need turns of the event loop. */
async function finish(world: LuaWorld): Promise<void> {
  const seen = world.watch(world.spawn('app:main'));
  while (seen.outcome === undefined) {
    await world.clock.settle();
    await new Promise(setImmediate);
  }
  resultOf(seen.outcome);
}

function program(body: string, terminal?: Terminal) {
  return bootLua(
    {
      'app:main': {
        source: `local io = require("io")\nlocal function main()\n${body}\nend\nreturn main`,
        modules: ['io'],
      },
    },
    { modules: [createIoModule(() => terminal)] },
  );
}

it('io.write, print and eprint keep their order and their separators (modules.md § 24)', async () => {
  const { terminal, written } = createMemoryTerminal();
  const world = program(
    `assert(io.write("a", 1, "b") == true)
     assert(io.print("x", 2, nil, true) == true)
     assert(io.eprint("e", errors.new("bad")) == true)
     assert(io.write("\\255") == true and io.flush() == true)`,
    terminal,
  );
  await finish(world);
  expect(written()).toBe('a1bx\t2\tnil\ttrue\ne\tbad\n\ufffd');
});

it('io.args() and io.readline() read what the command was given, then nil (modules.md § 33)', async () => {
  const { terminal, input } = createMemoryTerminal(['one', 'two']);
  input.end('first\r\nsecond');
  const world = program(
    `local args = io.args()
     assert(#args == 2 and args[1] == "one")
     assert(io.readline() == "first" and io.readline() == "second")
     assert(io.readline() == nil and io.readline() == nil and io.read() == nil)`,
    terminal,
  );
  await finish(world);
});

it('io.read() gives up to n bytes as soon as there are any', async () => {
  const { terminal, input } = createMemoryTerminal();
  input.end('abcdef');
  const world = program(
    `assert(io.read(2) == "ab" and io.read(1) == "c" and io.read() == "def" and io.read() == nil)
     assert(not pcall(io.read, 0))`,
    terminal,
  );
  await finish(world);
});

it('io.readline() suspends only the coroutine that reads', async () => {
  const { terminal, input } = createMemoryTerminal();
  const world = program(
    `local ch = channel.new(1)
     coroutine.spawn(function() ch:send(io.readline()) end)
     print("not blocked")
     assert(ch:receive() == "typed")`,
    terminal,
  );
  const pid = world.spawn('app:main');
  const seen = world.watch(pid);
  await world.clock.settle();
  expect(world.printed()).toEqual(['not blocked']);
  input.write('typed\n');
  while (seen.outcome === undefined) {
    await new Promise(setImmediate);
    await world.clock.settle();
  }
  expect(seen.outcome).toMatchObject({ ok: true });
});

it('io.raw() counts who wants it and lets go when the program ends', async () => {
  const modes: boolean[] = [];
  const { terminal } = createMemoryTerminal();
  const world = program('io.raw() io.raw(true) io.raw(false) assert(io.raw(true) == true)', {
    ...terminal,
    setRaw: (isRaw) => modes.push(isRaw),
  });
  await finish(world);
  expect(modes).toEqual([true, false]);
});

it('io outside a terminal host is UNAVAILABLE, and has no arguments', async () => {
  const world = program(
    `for _, call in ipairs({function() return io.write("x") end, io.print, io.readline, io.read, io.flush, io.raw}) do
       local value, err = call()
       assert(value == nil and err:kind() == errors.UNAVAILABLE, tostring(err))
     end
     assert(#io.args() == 0 and io.open == nil)`,
  );
  await finish(world);
});

it('createStreamTerminal() reads long lines in linear time', async () => {
  const { terminal, input } = createMemoryTerminal();
  const chunk = Buffer.alloc(65_536, 'x');
  const line = terminal.readLine();
  for (let i = 0; i < 64; i++) input.write(chunk);
  input.end('\nrest');
  expect((await line)?.length).toBe(64 * 65_536);
  expect(Buffer.from((await terminal.readLine())!).toString()).toBe('rest');
});
