/**
 * `moonhub test`: runs the processes the application declares for it, or else its test functions, and says
 * which passed (`app-format.md` § 11).
 */

import { describeFailure, HubError } from '../base/index.ts';
import type { CallResult } from '../hub/index.ts';
import { type Entry, type EntryLookup, suggest } from '../registry/index.ts';
import { type ApplicationFlags, toHubOptions } from './flags.ts';
import type { CliHub, CliWorld } from './hub-port.ts';
import { namedCommands } from './named-command.ts';
import { count, printError } from './report.ts';
import { toExitCode } from './run-command.ts';

/**
 * Never throws. @returns 1 when anything failed.
 * @param filters only functions whose ID or suite contains one of these; arguments of a test process.
 */
export async function test(
  filters: readonly string[],
  flags: ApplicationFlags,
  path: string | undefined,
  world: CliWorld,
): Promise<number> {
  const { console } = world;
  let hub: CliHub | undefined;
  const stopListening = console.onSignal(() => console.exit(1));
  try {
    hub = await world.createHub(await toHubOptions(flags, { path, logsByDefault: false }, console));
    await hub.start();
    const commands = namedCommands(hub.registry, 'test');
    const hasFailed =
      commands.length > 0
        ? await runProcesses(
            hub,
            commands.map(({ entry }) => entry),
            filters,
            world,
          )
        : await runFunctions(hub, selectTests(findTests(hub.registry), filters), world);
    await hub.stop();
    return hasFailed ? 1 : 0;
  } catch (error) {
    printError(console, error);
    await hub?.stop().catch(() => {});
    return 1;
  } finally {
    stopListening();
  }
}

async function runProcesses(
  hub: CliHub,
  entries: readonly Entry[],
  args: readonly string[],
  { console }: CliWorld,
): Promise<boolean> {
  let hasFailed = false;
  // One after the other: they share the terminal.
  for (const { id } of entries) {
    const outcome = await hub.runCommand({ entryId: id, args }).ended;
    if (toExitCode(outcome, console) !== 0) hasFailed = true;
  }
  return hasFailed;
}

interface TestFunction {
  readonly entry: Entry;
  readonly suite: string;
  readonly order: number;
}

/** Functions with `meta.type: test`, by suite, order and ID. */
function findTests(entries: EntryLookup): TestFunction[] {
  return entries
    .ofKind('function.lua')
    .filter(({ meta }) => meta.type === 'test')
    .map((entry) => ({
      entry,
      suite: typeof entry.meta.suite === 'string' ? entry.meta.suite : entry.namespace,
      order: typeof entry.meta.order === 'number' ? entry.meta.order : 0,
    }))
    .sort((a, b) => compare(a.suite, b.suite) || a.order - b.order || compare(a.entry.id, b.entry.id));
}

/** A run that tests nothing must not look like one that passed. @throws MH_CLI_TEST_NOT_FOUND */
function selectTests(tests: readonly TestFunction[], filters: readonly string[]): readonly TestFunction[] {
  if (tests.length === 0) {
    throw new HubError('MH_CLI_TEST_NOT_FOUND', {
      message: 'Cannot test: the application has no tests',
      hint: 'A test is a function.lua with "meta: { type: test }", or a process.lua with "meta: { command: { use_case: test } }".',
    });
  }
  const isMeant = ({ entry, suite }: TestFunction, text: string): boolean =>
    entry.id.includes(text) || suite.includes(text);
  const unknown = filters.find((text) => !tests.some((test) => isMeant(test, text)));
  if (unknown !== undefined) {
    const names = [...new Set(tests.flatMap(({ entry, suite }) => [entry.id as string, suite]))];
    const nearest = suggest(unknown, names);
    const listed = tests.slice(0, TESTS_SHOWN_MAX).map(({ entry }) => entry.id);
    const more = tests.length > listed.length ? ` and ${tests.length - listed.length} more` : '';
    throw new HubError('MH_CLI_TEST_NOT_FOUND', {
      message: `Cannot test "${unknown}": no test has it in its ID or suite`,
      hint: `${nearest === undefined ? '' : `${nearest} `}Tests: ${listed.join(', ')}${more}`,
    });
  }
  return filters.length === 0 ? tests : tests.filter((test) => filters.some((text) => isMeant(test, text)));
}

/** A hint names no more tests than this. */
const TESTS_SHOWN_MAX = 20;

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

async function runFunctions(
  hub: CliHub,
  tests: readonly TestFunction[],
  { console }: CliWorld,
): Promise<boolean> {
  const { paint } = console;
  let failed = 0;
  let suite: string | undefined;
  for (const test of tests) {
    if (test.suite !== suite) console.write(`${paint.bold(test.suite)}\n`);
    suite = test.suite;
    const reason = toFailureReason(await hub.call({ entryId: test.entry.id }));
    if (reason !== undefined) failed++;
    const verdict = reason === undefined ? paint.green('ok  ') : paint.red('FAIL');
    console.write(`  ${verdict}  ${test.entry.id}${reason === undefined ? '' : `: ${reason}`}\n`);
  }
  const total = count(tests.length, 'test', 'tests');
  console.write(`${tests.length > 0 ? '\n' : ''}${total}, ${failed} failed\n`);
  return failed > 0;
}

/** Why a test failed: its error, or the value `false`. */
function toFailureReason(outcome: CallResult): string | undefined {
  if (!outcome.ok) return describeFailure(outcome.failure);
  return outcome.value === false ? 'returned false' : undefined;
}
