/** The real command in a process of its own: what only a process shows (signals, exit codes, streams). */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'vite';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { createTree } from '../registry/world.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

const START_MS = 60_000;

/** The command as one file without types, so that it starts as fast as for users. */
let command: string;

beforeAll(async () => {
  // Inside node_modules: there the packages are found, and package.json two folders up.
  const outDir = await mkdtemp(path.join(ROOT, 'node_modules', '.moonhub-command-'));
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    build: { ssr: 'src/cli.ts', outDir, target: 'node20', minify: false },
    ssr: { external: true },
  });
  command = path.join(outDir, 'cli.js');
  return () => rm(outDir, { recursive: true, force: true });
}, START_MS);

/** Starts the command; `until` waits for text on either stream. */
function start(cwd: string, ...argv: string[]) {
  const child = spawn(process.execPath, [command, ...argv], {
    cwd,
    env: { PATH: process.env.PATH, NO_COLOR: '1' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  let errors = '';
  const listeners = new Set<() => void>();
  const heard = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk;
    heard();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
    heard();
  });
  const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
  const until = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!(out + errors).includes(text)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
      void ended.then((code) => reject(new Error(`ended with ${code} before "${text}":\n${out}${errors}`)));
    });
  return { child, until, ended: async () => ({ code: await ended, out, errors }) };
}

const app = (entries: string): string => `namespace: app\nentries:\n${entries}`;

test(
  'run -x gives arguments to the process and takes its exit code (acceptance 9)',
  async () => {
    const cwd = await createTree({
      '_index.yaml': app(
        '  - {name: cli, kind: process.lua, source: "file://cli.lua", method: main, modules: [io]}\n',
      ),
      'cli.lua':
        'local io = require("io")\nlocal function main(...)\n  io.print(table.concat(io.args(), "+"), ...)\n  return 3\nend\nreturn { main = main }\n',
    });
    const result = await start(cwd, 'run', '-x', 'app:cli', 'a', '--b').ended();
    expect(result).toEqual({ code: 3, out: 'a+--b\ta\t--b\n', errors: '' });
  },
  START_MS,
);

test(
  'SIGTERM lets a service see CANCEL and exits 0 (acceptance 10)',
  async () => {
    const cwd = await createTree({
      '_index.yaml': app(
        '  - {name: p, kind: process.lua, source: "file://p.lua", method: main}\n' +
          '  - {name: s, kind: process.service, process: p, host: "system:processes", lifecycle: {auto_start: true}}\n',
      ),
      'p.lua':
        'local function main()\n  local event = process.events():receive()\n  print("saw " .. event.kind)\nend\nreturn { main = main }\n',
    });
    const { child, until, ended } = start(cwd, 'run');
    await until('Ctrl+C stops');
    child.kill('SIGTERM');
    const { code, out, errors } = await ended();
    expect(out + errors).toContain('saw pid.cancel');
    expect(code).toBe(0);
  },
  START_MS,
);

test(
  'M6: a stop that takes long says who is waited for; a second SIGINT ends at once with 1 (acceptance 10)',
  async () => {
    const cwd = await createTree({
      '_index.yaml': app(
        '  - {name: p, kind: process.lua, source: "file://p.lua", method: main}\n' +
          '  - {name: s, kind: process.service, process: p, host: "system:processes", lifecycle: {auto_start: true, stop_timeout: 1h}}\n',
      ),
      'p.lua':
        'local function main()\n  local events = process.events()\n  while true do\n    events:receive()\n    print("not yet")\n  end\nend\nreturn { main = main }\n',
    });
    const { child, until, ended } = start(cwd, 'run');
    await until('Ctrl+C stops');
    child.kill('SIGINT');
    await until('not yet');
    // Without a terminal, in the log.
    await until('still stopping');
    await until('app:s');
    child.kill('SIGINT');
    expect((await ended()).code).toBe(1);
  },
  START_MS,
);

test(
  'registry list survives a reader that has enough',
  async () => {
    const items = Array.from(
      { length: 3000 },
      (_, index) => `  - {name: entry-${index}, kind: registry.entry}\n`,
    );
    const cwd = await createTree({ '_index.yaml': app(items.join('')) });
    const { child, until, ended } = start(cwd, 'registry', 'list', '--json');
    await until('[');
    child.stdout.destroy();
    const { code, errors } = await ended();
    expect([code, errors]).toEqual([0, '']);
  },
  START_MS,
);
