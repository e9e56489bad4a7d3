/**
 * Runs Lua programs twice: on PUC's `lua5.3` and on the machine of moonhub, each program in fresh globals, what it
 * prints collected as bytes.
 */
import { spawnSync } from 'node:child_process';
import {
  compile,
  createMachine,
  createMeter,
  getTop,
  LuaSyntaxError,
  type Machine,
  newUnitThread,
  pushChunk,
  pushFunction,
  pushGlobals,
  resume,
  setField,
  setGlobalsTemplate,
  setHostOwned,
  toBinary,
} from '../../src/vm/index.ts';
import { pushDisplay } from '../../src/vm/library/arguments.ts';
import { installBaseLibrary } from '../../src/vm/library/index.ts';

/** Is `lua5.3` installed? */
export const hasOracle = spawnSync('lua5.3', ['-v']).status === 0;

/** Instructions one program may take. Beyond: it counts as failed. */
const PROGRAM_INSTRUCTIONS_MAX = 50_000_000;

/** Time one batch may take on `lua5.3`; a program that never ends there is a fault of the test. */
const ORACLE_MS_MAX = 60_000;

/** Reads programs (length, text), answers outputs (length, text). */
const DRIVER = `
local function run(source)
  local out = {}
  local env = {}
  for k, v in pairs(_G) do env[k] = v end
  env._G = env
  env.unpack = table.unpack
  env.print = function(...)
    local t = table.pack(...)
    for i = 1, t.n do t[i] = tostring(t[i]) end
    out[#out + 1] = table.concat(t, "\\t")
  end
  local f, e = load(source, "=p", "t", env)
  if not f then return "syntax: " .. e end
  local results = table.pack(pcall(f))
  if not results[1] then out[#out + 1] = "error: " .. tostring(results[2]) end
  return table.concat(out, "\\n")
end
while true do
  local n = io.read("n")
  if not n then break end
  io.read(1)
  local result = run(io.read(n))
  io.write(#result, "\\n", result)
end
`;

/** Output of each program on PUC Lua. @throws when the interpreter itself fails */
export function runOnPuc(programs: readonly string[]): string[] {
  const input = programs
    .map((text) => Buffer.from(text, 'utf8'))
    .map((b) => Buffer.concat([Buffer.from(`${b.length}\n`), b]));
  const run = spawnSync('lua5.3', ['-e', DRIVER], {
    input: Buffer.concat(input),
    maxBuffer: 2 ** 30,
    timeout: ORACLE_MS_MAX,
  });
  if (run.status !== 0) throw new Error(`lua5.3 failed: ${run.stderr.toString() || run.signal}`);
  const outputs: string[] = [];
  for (let at = 0; at < run.stdout.length; ) {
    const line = run.stdout.indexOf(10, at);
    const length = Number(run.stdout.toString('latin1', at, line));
    outputs.push(run.stdout.toString('latin1', line + 1, line + 1 + length));
    at = line + 1 + length;
  }
  return outputs;
}

/** A machine with the standard library and a clock that stands still. */
export function createLibraryMachine(): Machine {
  const machine = createMachine();
  const clock = { epochMs: () => 1_600_000_000_000, monotonicMs: () => 0 };
  setGlobalsTemplate(machine, installBaseLibrary(machine, { clock }));
  return machine;
}

/** Output of one program on our machine. A JavaScript exception passes: it is a bug. */
export function runOnOurs(machine: Machine, program: string): string {
  const lines: string[] = [];
  const meter = createMeter({ limit: PROGRAM_INSTRUCTIONS_MAX });
  const L = newUnitThread(machine, {}, meter);
  setHostOwned(L);
  let chunk: ReturnType<typeof compile>;
  try {
    chunk = compile(program, 'p');
  } catch (thrown) {
    if (thrown instanceof LuaSyntaxError)
      return `syntax: ${Buffer.from(thrown.message, 'utf8').toString('latin1')}`;
    throw thrown;
  }
  pushGlobals(L, machine);
  pushFunction(
    L,
    (inner) => {
      const count = getTop(inner);
      const parts: string[] = [];
      for (let index = 1; index <= count; index++) parts.push(pushDisplay(inner, index));
      lines.push(parts.join('\t'));
      return 0;
    },
    'print',
  );
  setField(L, -2, 'print');
  pushChunk(L, chunk, -1);
  let outcome = resume(L, null, 0);
  while (outcome === 'slice' || outcome === 'yield') outcome = resume(L, null, 0);
  if (outcome === 'error') {
    lines.push(`error: ${toBinary(L, -1) ?? pushDisplay(L, -1)}`);
  } else if (outcome === 'killed') lines.push('killed');
  return lines.join('\n');
}

/** Takes out of an output what the language leaves open: addresses and the sign of NaN. */
export function normalize(output: string): string {
  return (
    output
      .replace(
        /(table|function|thread|userdata|Named|builtin): (?:builtin: )?(?:0x)?[0-9a-fA-F]+/g,
        '$1: ADDRESS',
      )
      // Addresses that a program took to pieces: both sides write them with twelve digits.
      .replace(/0x[0-9a-f]{12}\b/gi, 'ADDRESS')
      // What PUC says of a message handler that fails depends on how deep in C it happened.
      .replace(/error in __gc metamethod \(C stack overflow\)/g, 'error in error handling')
      .replace(/[-+]nan/g, 'nan')
  );
}
