/** A host with one hostile program and one witness, in which every round is one step of one process. */

import { createLuaRuntime } from '../../../../src/lua/index.ts';
import { CORE_MODULES, spawnCoroutine } from '../../../../src/modules/core/index.ts';
import { type Outcome, ProcessSystem } from '../../../../src/process/index.ts';
import { createEntry, createEntrySet } from '../../../../src/registry/index.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';
import { standardModules } from '../../../support/lua-modules.ts';
import { createLogDouble } from '../../../support/programs.ts';

const HOST = 'app:host';

const WITNESS = `
  local inbox = process.inbox()
  while true do inbox:receive() print("here") end`;
const IDLE = 'process.inbox():receive()';

/** The world as the test sees it. */
export interface HostileWorld {
  run(roundsMax: number): { outcome: Outcome | undefined; rounds: number };
  /** How often the witness has answered. */
  answers(): number;
  /** Ends the hostile program and asks the witness once more. */
  isWitnessServed(): boolean;
  /** Errors the host logged: there must be none, whatever a program does. */
  faults(): unknown[];
}

/** Starts the witness and then the program. @param limit turn budget of programs, in instructions */
export function bootHostile(source: string, modules: readonly string[], limit: number): HostileWorld {
  const fake = createFakeClock();
  let nowMs = 0;
  // Time runs so fast that every turn of the scheduler has room for one step only.
  const clock = { ...fake, monotonicMs: () => (nowMs += 100) };
  const { log, lines } = createLogDouble();
  const process = (id: string, body: string, listed: readonly string[] = []) =>
    createEntry({
      id,
      kind: 'process.lua',
      data: {
        source: `local function main() ${body}\nend\nreturn main`,
        method: 'main',
        modules: listed,
        imports: {},
      },
    });
  const entries = createEntrySet([
    process('test:hostile', source, modules),
    process('test:witness', WITNESS),
    process('test:idle', IDLE),
  ]);
  const runtime = createLuaRuntime({
    registry: () => entries,
    clock,
    log,
    modules: [...CORE_MODULES, ...standardModules({ clock: fake, log })],
    coroutines: { spawn: spawnCoroutine },
    limits: { turnInstructions: limit },
  });
  const system = new ProcessSystem({ clock, log, source: runtime });
  runtime.attach(system);
  system.openHost(HOST);
  const witness = system.spawn({ entryId: 'test:witness', hostId: HOST, args: [] });
  fake.flush();
  let outcome: Outcome | undefined;
  const hostile = system.spawn({ entryId: 'test:hostile', hostId: HOST, args: [] });
  system.watch(hostile, (ended) => {
    outcome = ended;
  });
  const answers = (): number => lines.filter(({ event }) => event === 'here').length;
  return {
    answers,
    run(roundsMax) {
      let rounds = 0;
      for (; outcome === undefined && rounds < roundsMax; rounds++) {
        system.send(undefined, witness, 'ping', []);
        fake.turn();
      }
      return { outcome, rounds };
    },
    isWitnessServed() {
      if (outcome === undefined) system.terminate(hostile);
      const before = answers();
      system.send(undefined, witness, 'ping', []);
      for (let i = 0; i < 100 && answers() === before; i++) fake.turn();
      return answers() > before;
    },
    faults: () => lines.filter(({ level, event }) => level === 'error' && event !== 'here'),
  };
}
