/**
 * Tests written in Lua: `test/modules/<module>/<behaviour>.lua`, one behaviour per file, asserts with a sentence each.
 *
 * A file is the body of a process's main function. Directives, each on a line of its own:
 *   `-- @modules time, json`          modules of the section
 *   `-- @kind function.lua`           kind of the section (default `process.lua`)
 *   `-- @imports util=test:util`      imports of the section
 *   `-- @default_host app:host`       the process is callable like a function
 *   `-- @chunk`                       the section is the whole chunk, not the body of main
 *   `-- @fails text`                  the program must fail with a message containing the text
 *   `-- @logs event`                  lines of level error: exactly one with this event
 *   `-- @entry test:child`            begins another entry; the first section is `test:main`
 * Line numbers in errors are those of the file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootLua, type LuaEntry, type LuaWorldOptions, resultOf } from './lua-world.ts';

interface Script {
  readonly entries: Record<string, LuaEntry>;
  readonly fails: string | undefined;
  /** Event of the one error line that must be logged. */
  readonly logs: string | undefined;
}

/** Declares one test per `.lua` file in a folder. */
export function testLuaFolder(folder: string, options: LuaWorldOptions = {}): void {
  describe(folder.replace(/^.*test\//, ''), () => {
    for (const file of readdirSync(folder)
      .filter((name) => name.endsWith('.lua'))
      .sort()) {
      it(file.replace(/\.lua$/, '').replaceAll('-', ' '), async () => {
        const { entries, fails, logs } = readScript(readFileSync(join(folder, file), 'utf8'));
        const world = bootLua(entries, options);
        const isFunction = entries['test:main']!.kind === 'function.lua';
        const outcome = await (isFunction ? world.call('test:main') : world.run('test:main'));
        if (fails === undefined) resultOf(outcome);
        else expect(outcome.ok ? 'a success' : outcome.failure.message).toContain(fails);
        const errors = world.lines.filter(({ level }) => level === 'error');
        expect(errors).toEqual(logs === undefined ? [] : [expect.objectContaining({ event: logs })]);
      });
    }
  });
}

/** Splits a file into entries. */
export function readScript(text: string): Script {
  const entries: Record<string, LuaEntry> = {};
  let fails: string | undefined;
  let logs: string | undefined;
  let id = 'test:main';
  let begin = 0;
  const lines = text.split('\n');
  const close = (end: number): void => {
    const section = lines.slice(begin, end);
    const directives = new Map<string, string>();
    for (const line of section) {
      const found = /^-- @(\w+)\s*(.*)$/.exec(line);
      if (found !== null) directives.set(found[1]!, found[2]!);
    }
    fails ??= directives.get('fails');
    logs ??= directives.get('logs');
    const body = '\n'.repeat(begin) + section.join('\n');
    const kind = directives.get('kind') ?? 'process.lua';
    const isChunk = directives.has('chunk') || kind === 'library.lua';
    entries[id] = {
      kind,
      source: isChunk ? body : `local function main(...) ${body}\nend\nreturn main`,
      modules: words(directives.get('modules')),
      meta: directives.has('default_host') ? { default_host: directives.get('default_host')! } : {},
      imports: Object.fromEntries(
        words(directives.get('imports')).map((pair) => pair.split('=', 2)),
      ) as Record<string, string>,
    };
  };
  lines.forEach((line, i) => {
    const entry = /^-- @entry (\S+)/.exec(line);
    if (entry === null) return;
    close(i);
    id = entry[1]!;
    begin = i;
  });
  close(lines.length);
  return { entries, fails, logs };
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,]+/).filter((word) => word !== '');
}
