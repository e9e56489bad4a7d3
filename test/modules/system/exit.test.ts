import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeFiles } from '../../support/boot-hub.ts';
import { startCli } from '../../support/cli.ts';

it.each([
  ['a command that returns at once', 'return 0', 5],
  ['a command that would wait for ever', 'process.inbox():receive()', 6],
])('moonhub run ends with the code of system.exit: %s', async (_, rest, code) => {
  const folder = await mkdtemp(join(tmpdir(), 'moonhub-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFiles(folder, {
    '_index.yaml':
      'version: "1.0"\nnamespace: app\nentries:\n  - { name: main, kind: process.lua, source: file://main.lua, method: main, modules: [system] }\n',
    'main.lua': `local system = require("system")\nreturn { main = function() assert(system.exit(${code})) ${rest} end }`,
  });
  const { ended } = await startCli(['run', '.', '-x', 'app:main'], { cwd: folder });
  expect(await ended).toEqual({ exit: code, stdout: '', stderr: '' });
});
