/** The README's chat room is what it says: taken from the text, written to a folder, and talked to. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootHub, ROOT } from '../support/boot-hub.ts';
import { wsClient } from '../support/ws-client.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The code block that follows a mention of `chat/<file>`. */
function blockAfter(mention: string): string {
  const text = README.slice(README.indexOf(`\`${mention}\``));
  const match = /```\w+\n([\s\S]*?)```/.exec(text);
  if (match === null) throw new Error(`README has no block after ${mention}`);
  return match[1]!;
}

describe('the README', () => {
  it('shows a chat room that works as printed', async () => {
    const { wsUrl } = await bootHub({
      files: {
        'chat/_index.yaml': blockAfter('chat/_index.yaml').replace('127.0.0.1:8080', '127.0.0.1:0'),
        'chat/connect.lua': blockAfter('chat/connect.lua'),
        'chat/room.lua': blockAfter('chat/room.lua'),
      },
      path: 'chat',
    });
    const ann = await wsClient(`${wsUrl}/chat?name=Ann`);
    const someone = await wsClient(`${wsUrl}/chat`);
    // Joined once it hears itself; then what Ann says reaches both.
    someone.send('here');
    expect(await someone.nextJson()).toEqual({ topic: 'said', data: { by: 'someone', text: 'here' } });
    ann.send('hello');
    expect(await someone.nextJson()).toEqual({ topic: 'said', data: { by: 'Ann', text: 'hello' } });
  });

  it('lists every npm script it names in package.json', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...README.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1]!);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('links only to files that exist', () => {
    const links = [...README.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
    expect(links.filter((link) => !existsSync(join(ROOT, link)))).toEqual([]);
  });
});
