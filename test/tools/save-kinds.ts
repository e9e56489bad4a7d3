/** The ways in which files are saved, well and badly, for `saves.ts`. */
import { mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a save works on. */
export interface SaveWorld {
  readonly folder: string;
  /** The version a good save brings; higher with every save. */
  readonly version: number;
  pause(ms: number): Promise<void>;
}

/** What went live with the last write: the code of the hub, its library, or nothing. */
export type Saved = 'hub' | 'word' | 'nothing';

/** One way to save. Resolves right after the write that counts. */
export interface SaveKind {
  readonly name: string;
  save(world: SaveWorld): Promise<Saved>;
}

/** In the order in which they are tried; bad ones between good ones. */
export const SAVE_KINDS: readonly SaveKind[] = [
  good('written in place', async ({ folder }, text) => writeFile(join(folder, 'hub.lua'), text)),
  bad('does not compile', (text) => text.replace('while true do', 'while true')),
  good('written beside and renamed over', async ({ folder }, text) => {
    await writeFile(join(folder, '.hub.lua.swp'), text);
    await rename(join(folder, '.hub.lua.swp'), join(folder, 'hub.lua'));
  }),
  {
    name: 'a library',
    async save({ folder, version }) {
      await writeFile(join(folder, 'word.lua'), `return { VERSION = ${version} }\n`);
      return 'word';
    },
  },
  bad('raises at its top level', (text) => `local nothing = nil\nnothing.here = 1\n${text}`),
  bad('renames its method', (text) => text.replace('return { main = main }', 'return { start = main }')),
  good('half-written first', async ({ folder, pause }, text) => {
    await writeFile(join(folder, 'hub.lua'), text.slice(0, text.length / 2));
    await pause(150);
    await writeFile(join(folder, 'hub.lua'), text);
  }),
  bad('requires what it does not list', (text) => `local yaml = require("yaml")\n${text}`),
  good('moved away, written anew, backup deleted', async ({ folder, pause }, text) => {
    await rename(join(folder, 'hub.lua'), join(folder, 'hub.lua~'));
    await pause(20);
    await writeFile(join(folder, 'hub.lua'), text);
    await unlink(join(folder, 'hub.lua~'));
  }),
  bad('never ends at its top level', (text) => `while true do end\n${text}`),
  definitions('emptied for a moment', async (file, text, pause) => {
    await writeFile(file, '');
    await pause(150);
    await writeFile(file, text);
  }),
  definitions('emptied', async (file, text, pause) => {
    await writeFile(file, '');
    await pause(1000);
    await writeFile(file, text);
  }),
  definitions('half-written', async (file, text, pause) => {
    await writeFile(file, text.slice(0, text.length - 30));
    await pause(500);
    await writeFile(file, text);
  }),
  definitions('gone for a second', async (file, text, pause) => {
    await unlink(file);
    await pause(1000);
    await writeFile(file, text);
  }),
  good('gone for a second', async ({ folder, pause }, text) => {
    await unlink(join(folder, 'hub.lua'));
    await pause(1000);
    await writeFile(join(folder, 'hub.lua'), text);
  }),
  {
    name: 'a library that raises',
    async save({ folder }) {
      await writeFile(join(folder, 'word.lua'), 'error("no")\n');
      return 'nothing';
    },
  },
  {
    name: 'the library again',
    async save({ folder, version }) {
      await writeFile(join(folder, 'word.lua'), `return { VERSION = ${version} }\n`);
      return 'word';
    },
  },
  good('with a hundred other files, as a checkout does', async ({ folder, version }, text) => {
    const others = join(folder, 'others');
    await rm(others, { recursive: true, force: true });
    await mkdir(others);
    const names = Array.from({ length: 100 }, (_, index) => `part${index}`);
    const entries = names.map(
      (name) => `  - {name: ${name}, kind: library.lua, source: file://${name}.lua}\n`,
    );
    await Promise.all(names.map((name) => writeFile(join(others, `${name}.lua`), `return ${version}\n`)));
    await writeFile(join(others, '_index.yaml'), `namespace: others\nentries:\n${entries.join('')}`);
    await writeFile(join(folder, 'hub.lua'), text);
  }),
];

function good(name: string, save: (world: SaveWorld, text: string) => Promise<void>): SaveKind {
  return {
    name: `the hub, ${name}`,
    async save(world) {
      await save(world, await hubSource(world.version));
      return 'hub';
    },
  };
}

function bad(name: string, spoil: (text: string) => string): SaveKind {
  return {
    name: `the hub, ${name}`,
    async save({ folder, version }) {
      await writeFile(join(folder, 'hub.lua'), spoil(await hubSource(version)));
      return 'nothing';
    },
  };
}

/** Damage to the definition file; it is as it was at the end. */
function definitions(
  name: string,
  damage: (file: string, text: string, pause: SaveWorld['pause']) => Promise<void>,
): SaveKind {
  return {
    name: `the definitions, ${name}`,
    async save({ folder, pause }) {
      const file = join(folder, '_index.yaml');
      await damage(file, await readFile(file, 'utf8'), pause);
      return 'nothing';
    },
  };
}

const FIXTURE = join(import.meta.dirname, '../fixtures/saves');

async function hubSource(version: number): Promise<string> {
  const text = await readFile(join(FIXTURE, 'hub.lua'), 'utf8');
  return text.replace('VERSION = 0', `VERSION = ${version}`);
}
