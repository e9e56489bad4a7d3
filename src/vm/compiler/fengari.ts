/**
 * Fengari, loaded with our parts in place. Its modules read each other's exports while they load, so a part that
 * others copy at load must be exchanged before they do; `REPLACEMENTS` in replacements.ts lists them all.
 *
 * What is left running of Fengari is its compiler (lexer, parser, code generator). Values, tables, calls and the
 * interpreter are ours.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { assert } from '../../base/index.ts';
import { REPLACEMENTS } from './replacements.ts';

/** The Fengari release the replacements were written against. */
export const FENGARI_VERSION = '0.1.5';

/** One of Fengari's modules: its exports by name. */
export type FengariModule = Record<string, unknown>;

const load = createRequire(import.meta.url);

/**
 * Modules in the order in which they must be loaded: one whose exports others copy comes before them. `lapi` is
 * the root of the cycle all the others form; entered elsewhere, they would see each other half made.
 */
const LOAD_ORDER = ['defs', 'llimits', 'lstring', 'lapi', 'lobject', 'lvm', 'ldebug', 'ldo'] as const;

let isInstalled = false;

/** A Fengari module with our parts installed. */
export function fengariModule(name: string): FengariModule {
  if (!isInstalled) install();
  return load(`fengari/src/${name}.js`) as FengariModule;
}

function install(): void {
  isInstalled = true;
  const manifest = JSON.parse(readFileSync(load.resolve('fengari/package.json'), 'utf8')) as {
    version: string;
  };
  assert(
    manifest.version === FENGARI_VERSION,
    `the engine needs fengari ${FENGARI_VERSION}, found ${manifest.version}`,
  );
  for (const name of LOAD_ORDER) {
    const loaded = load(`fengari/src/${name}.js`) as FengariModule;
    for (const part of REPLACEMENTS.filter((it) => it.module === name)) {
      assert(part.export in loaded, `fengari's ${name} has no ${part.export} to replace`);
      loaded[part.export] = part.ours;
    }
  }
  for (const part of REPLACEMENTS) {
    const loaded = load(`fengari/src/${part.module}.js`) as FengariModule;
    assert(loaded[part.export] === part.ours, `our ${part.module}.${part.export} did not take effect`);
  }
}
