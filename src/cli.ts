#!/usr/bin/env node
/** The `moonhub` command: plugs the command line into this node process. */
import { createSystemClock } from './base/index.ts';
import { createNodeConsole, runCli } from './cli/index.ts';

/** How long output still in pipes may take to leave after everything was stopped. */
const DRAIN_MS = 1000;

const clock = createSystemClock();
process.exitCode = await runCli(process.argv.slice(2), {
  console: createNodeConsole(process),
  clock,
  // Loaded when needed: help and version answer at once.
  createHub: async (options) => (await import('./hub/index.ts')).createHub(options),
});
// Everything of ours is stopped now; a handle that somebody forgot must not keep the command from ending.
clock.setTimer(DRAIN_MS, () => process.exit());
