/** Editor stubs (`lua/types/*.lua`) say what the modules have: no more, no less. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { httpModule } from '../../src/http/index.ts';
import { compile, createMachine } from '../../src/vm/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { standardModules } from '../support/lua-modules.ts';
import { bootLua, resultOf } from '../support/lua-world.ts';
import { createLogDouble } from '../support/programs.ts';

const FOLDER = `${import.meta.dirname}/../../lua/types`;
const CORE = ['process', 'channel', 'errors', 'payload', 'pubsub'];
/** Tables of constants whose stub gives a type for all members at once. */
const OPEN_TABLES = ['http.METHOD', 'http.STATUS', 'http.CONTENT', 'http.TRANSFER', 'http.ERROR'];

const stub = (name: string): string => readFileSync(`${FOLDER}/${name}.lua`, 'utf8');
const listed = [...standardModules({ clock: createFakeClock(), log: createLogDouble().log }), httpModule].map(
  ({ name }) => name,
);

/** `json.encode`, `process.registry.LOCAL`, ...: what the tables really hold. */
async function members(): Promise<Set<string>> {
  const tables = [...listed.filter((name) => name !== 'logger'), ...CORE];
  const world = bootLua(
    {
      'app:main': {
        modules: listed,
        source: `
          local function list(t, prefix, out)
            for k, v in pairs(t) do
              if type(v) == "table" then list(v, prefix .. k .. ".", out) else out[#out + 1] = prefix .. k end
            end
            return out
          end
          return { main = function()
            local out = {}
            for _, name in ipairs({${tables.map((name) => `"${name}"`).join(', ')}}) do
              list(require(name), name .. ".", out)
            end
            return out
          end }`,
      },
    },
    { modules: [...standardModules({ clock: createFakeClock(), log: createLogDouble().log }), httpModule] },
  );
  return new Set(resultOf(await world.run('app:main')) as string[]);
}

/** What the stub of a module declares: functions, `---@field`s, and fields of inline tables. */
function declared(name: string): Set<string> {
  const found = new Set<string>();
  let owner = name;
  for (const line of stub(name).split('\n')) {
    const owned = /^---@class ([\w.]+)/.exec(line);
    if (owned !== null) owner = owned[1]!.replace(/^terminal\./, '');
    const called = /^function ([\w.]+)\(/.exec(line);
    if (called !== null) found.add(called[1]!);
    const field = /^---@field (\w+)\??\s+(.*)$/.exec(line);
    if (field === null || (owner !== name && !owner.startsWith(`${name}.`))) continue;
    const inline = /^\{(.*)\}$/.exec(field[2]!);
    if (inline === null) found.add(`${owner}.${field[1]}`);
    else for (const [, key] of inline[1]!.matchAll(/(\w+):/g)) found.add(`${owner}.${field[1]}.${key}`);
  }
  return found;
}

describe('editor stubs', () => {
  it('exist for every module, and for nothing else', () => {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith('.lua'));
    expect(files.map((file) => file.replace(/\.lua$/, '')).sort()).toEqual(
      [...listed, ...CORE, 'globals'].sort(),
    );
  });

  it('are Lua', () => {
    createMachine();
    for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.lua'))) {
      expect(() => compile(readFileSync(`${FOLDER}/${file}`, 'utf8'), file)).not.toThrow();
    }
  });

  it('declare what the modules hold', async () => {
    const open = (name: string): boolean => OPEN_TABLES.some((table) => name.startsWith(table));
    const real = [...(await members())].filter((name) => !open(name)).sort();
    const stubs = [...listed.filter((name) => name !== 'logger'), ...CORE].flatMap((name) => [
      ...declared(name),
    ]);
    expect(stubs.filter((name) => !open(name)).sort()).toEqual(real);
  });
});
